"""What is rounded or cut on its way in says so: events and imports by a remark, forms and the API by a refusal."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from events.catalogue.decoding import decode_payload
from events.catalogue.registry import canonical
from profiles.beside_numbers import beside_number
from profiles.club import Club as ClubRules
from profiles.editing import create_customer, update_customer
from profiles.errors import InvalidFields
from profiles.exchange.importing.cells import Reader, Unreadable, read_cell
from profiles.exchange.importing.csv_rows import csv_rows
from profiles.exchange.importing.targets import Target
from profiles.models import CustomerProfile
from profiles.normalise import first_phone, normal_email, normal_phone
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.importing.acts import brought_in, row
from tests.profiles.stories import booking, event, member, player, tell
from tests.profiles.test_left_aside import remarks

JOHANNESBURG = "Africa/Johannesburg"


def reader(country: str = "ZA", zone: str = JOHANNESBURG) -> Reader:
    club = ClubRules.of(Tenant(default_country=country, locale=f"en_{country}", time_zone=zone))
    return Reader(club, date(2026, 11, 29), is_month_first(country))


def is_month_first(country: str) -> bool:
    return country == "US"


# --- handicaps


@pytest.mark.parametrize(
    ("written", "tenths", "remark"),
    [
        ("12.45", 125, "'12.45' has more than one decimal; 12.5 was taken"),
        ("12,44", 124, "'12,44' has more than one decimal; 12.4 was taken"),
        ("+2.15", -22, "'+2.15' has more than one decimal; +2.2 was taken"),
        ("12.40", 124, ""),
        ("12.299999999999999", 123, ""),
        ("12½", 125, ""),
    ],
)
def test_a_handicap_of_a_cell_that_is_rounded_says_so(written: str, tenths: int, remark: str) -> None:
    assert read_cell(Target.HANDICAP, written, reader()) == (tenths, remark)


@pytest.mark.parametrize(
    ("told", "tenths", "taken"), [(12.45, 125, "12.5"), (-2.15, -22, "-2.2"), (12.4, 124, "")]
)
def test_a_handicap_of_an_event_is_rounded_as_in_a_file_and_says_so(
    told: float, tenths: int, taken: str, fairview: Club
) -> None:
    tell(
        fairview.tenant,
        player("p-1", name="Ann", surname="Bell") | {"id": "e-0"},
        event("teetime.handicap.updated", {"playerId": "p-1", "previousHandicap": 13.0, "newHandicap": told})
        | {"id": "e-1"},
    )

    words = [f"It has more than one decimal; {taken} was taken."] if taken else []
    assert [one["text"] for one in remarks(fairview.tenant, "e-1")] == words
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get().handicap_tenths == tenths


def test_a_row_that_comes_in_keeps_its_remark(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        done = brought_in("7001,Ann,Bell,ann@example.com,,,,12.45,")

        assert [one["text"] for one in row(done, 2).remarks] == [
            "Handicap: '12.45' has more than one decimal; 12.5 was taken."
        ]
        assert CustomerProfile.objects.get().handicap_tenths == 125


# --- days with a time


@pytest.mark.parametrize(
    ("told", "zone", "day"),
    [
        ("1980-05-03T22:00:00Z", JOHANNESBURG, date(1980, 5, 4)),
        ("1980-05-03T22:00:00.000Z", "Europe/Berlin", date(1980, 5, 4)),
        ("1980-05-03T23:00:00Z", "Europe/London", date(1980, 5, 4)),
        # All year an hour ahead of Greenwich.
        ("1970-01-14T23:00:00Z", "Europe/London", date(1970, 1, 15)),
        ("1984-05-17T04:00:00Z", "America/New_York", date(1984, 5, 17)),
        ("1984-12-17T05:00:00Z", "America/New_York", date(1984, 12, 17)),
        ("1990-06-01T10:00:00Z", "Pacific/Honolulu", date(1990, 6, 1)),
        ("1990-05-31T12:00:00Z", "Pacific/Auckland", date(1990, 6, 1)),
        ("1990-05-31T18:30:00Z", "Asia/Kolkata", date(1990, 6, 1)),
        # Midnight as it is written is that date, whatever the club's clock says.
        ("1984-05-17T00:00:00Z", "America/New_York", date(1984, 5, 17)),
        ("1984-05-17T00:00:00+02:00", "America/New_York", date(1984, 5, 17)),
        # Clocks went from 24:00 to 1:00: the day had no midnight.
        ("2017-10-15T03:00:00Z", "America/Sao_Paulo", date(2017, 10, 15)),
        # No midnight there: the day before, or the day after?
        ("1980-05-03T23:00:00Z", JOHANNESBURG, None),
        ("1980-12-03T22:00:00Z", "Europe/Berlin", None),
        ("1980-05-03T22:00:01Z", JOHANNESBURG, None),
        ("1980-05-03T22:00:00", JOHANNESBURG, None),
    ],
)
def test_a_birth_told_as_the_clubs_midnight_is_that_day(told: str, zone: str, day: date | None) -> None:
    known = canonical("scl.member.created")
    assert known is not None

    payload, aside = decode_payload(known, {"id": 1, "dateOfBirth": told}, ZoneInfo(zone))

    assert payload.stated().get("date_of_birth") == day
    assert [one.field for one in aside] == ([] if day else ["dateOfBirth"])


def test_a_birth_in_utc_leads_to_the_customer_of_that_birth(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(1, firstName="Ann", lastName="Bell", dateOfBirth="1980-05-03T22:00:00Z") | {"id": "e-1"},
    )

    assert remarks(fairview.tenant, "e-1") == []
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get().date_of_birth == date(1980, 5, 4)


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2026-03-13T22:00:00Z", "2026-03-14"),
        ("2026-03-14T00:00:00Z", "2026-03-14"),
        ("2026-03-14T09:30:00+02:00", "2026-03-14"),
    ],
)
def test_a_day_on_which_something_happened_is_one_of_the_clubs_clock(told: str, day: str) -> None:
    known = canonical("teetime.score.posted")
    assert known is not None

    payload, _ = decode_payload(known, {"playedAt": told}, ZoneInfo(JOHANNESBURG))

    assert payload.stated()["played_at"] == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("written", "country", "zone", "day"),
    [
        ("1980-05-03T22:00:00Z", "ZA", JOHANNESBURG, "1980-05-04"),
        ("1980-05-03 22:00:00 +0000", "DE", "Europe/Berlin", "1980-05-04"),
        ("1984-05-17T00:00:00.000Z", "US", "America/New_York", "1984-05-17"),
        ("5/17/1984 12:00:00 AM", "US", "America/New_York", "1984-05-17"),
        ("17.05.1984 0:00", "DE", "Europe/Berlin", "1984-05-17"),
        ("17/05/1984 00h00", "FR", "Europe/Paris", "1984-05-17"),
        ("1984-05-17 00:00:00 UTC", "ZA", JOHANNESBURG, "1984-05-17"),
        ("19840517000000", "ZA", JOHANNESBURG, "1984-05-17"),
        ("30819.0", "ZA", JOHANNESBURG, "1984-05-17"),
        # Another time of day could mean the day before or after.
        ("1984-05-17 14:30", "ZA", JOHANNESBURG, None),
        ("1984-05-17T20:00:00Z", "ZA", JOHANNESBURG, None),
        ("5/17/1984 12:00:00 PM", "US", "America/New_York", None),
        ("19840517103000", "ZA", JOHANNESBURG, None),
        ("30819.5", "ZA", JOHANNESBURG, None),
        ("1984-05-17 or 1985", "ZA", JOHANNESBURG, None),
    ],
)
def test_a_birth_of_a_cell_with_a_time(written: str, country: str, zone: str, day: str | None) -> None:
    if day is None:
        with pytest.raises(Unreadable):
            read_cell(Target.BIRTH, written, reader(country, zone))
    else:
        assert read_cell(Target.BIRTH, written, reader(country, zone)) == (day, "")


@pytest.mark.parametrize(
    ("target", "written", "read"),
    [
        (Target.MEMBER_SINCE, "2019-03-01 08:15", ("2019-03-01", True)),
        (Target.MEMBER_SINCE, "2019-02-28T23:30:00Z", ("2019-03-01", True)),
        (Target.MEMBER_SINCE, "2019-02-28T22:00:00Z", ("2019-03-01", False)),
        (Target.EXPIRY, "2027-12-31 23:59:59", ("2027-12-31", False)),
        (Target.EXPIRY, "31/12/2027 12:00", ("2027-12-31", True)),
        (Target.EXPIRY, "46752.75", ("2027-12-31", True)),
    ],
)
def test_the_time_of_day_of_a_membership_is_left_out_with_a_remark(
    target: Target, written: str, read: tuple[str, bool]
) -> None:
    value, remark = read_cell(target, written, reader())

    words = f"the time of day of {written!r} was left out; {read[0]} was taken"
    assert (value, remark) == (read[0], words if read[1] else "")


# --- phones


@pytest.mark.parametrize(
    ("text", "country", "beside"),
    [
        ("011 555 1234 ext 22", "ZA", "an extension"),
        ("011 555 1234 x22", "ZA", "an extension"),
        ("0115551234;ext=22", "ZA", "an extension"),
        ("011 555 1234 #22", "ZA", "an extension"),
        ("011 555 1234/5", "ZA", "an extension"),
        ("030/2312555 Durchwahl 15", "DE", "an extension"),
        ("01 42 34 56 78 poste 12", "FR", "an extension"),
        ("212-555-0123x4567", "US", "an extension"),
        ("082 555 1801 / 083 222 3333", "ZA", "more than one number"),
        ("082 555 1801", "ZA", ""),
        ("0825551801;0825551801", "ZA", ""),
        ("082 555 1801 / +27825551801", "ZA", ""),
        ("0825551801, 0825551801; 083 222 3333", "ZA", "more than one number"),
        ("+44 (0)20 7946 0018", "GB", ""),
        ("00353 (0)1 6797979", "IE", ""),
        ("27825551801.0", "ZA", ""),
        ("1-800-GOLF-NOW", "US", ""),
        ("0664/1234567 privat", "AT", ""),
        ("011 15-2345-6789", "AR", ""),
    ],
)
def test_what_stands_beside_a_number(text: str, country: str, beside: str) -> None:
    number = first_phone(text, country)
    assert number is not None

    assert beside_number(text, number) == beside


def test_events_files_and_staff_are_told_of_an_extension(fairview: Club) -> None:
    tell(
        fairview.tenant,
        player("p-1", name="Ann", surname="Bell", phone="011 555 1234 ext 22") | {"id": "e-1"},
    )

    assert remarks(fairview.tenant, "e-1") == [
        {"field": "phoneNumber", "text": "It holds an extension; the number alone was taken."}
    ]
    assert read_cell(Target.PHONE, "011 555 1234 ext 22", reader()) == (
        "+27115551234",
        "holds an extension; +27115551234 was taken",
    )
    with tenant_scope(fairview.tenant):
        known = CustomerProfile.objects.get()
        with pytest.raises(InvalidFields) as refused:
            update_customer(known.pk, {"phoneNumber": "011 555 9999 ext 3"})
        assert refused.value.fields == {"phoneNumber": "This holds an extension: write one number alone."}
        with pytest.raises(InvalidFields):
            create_customer({"firstName": "Ben", "phoneNumber": "082 555 1801 / 083 222 3333"})
        assert [one.phone_number for one in CustomerProfile.objects.all()] == ["+27115551234"]


def test_keys_of_a_partner_that_are_not_taken_are_told(fairview: Club) -> None:
    partners: list[dict[str, Any]] = [
        {"name": "Ben Cole", "playerId": "undefined", "email": "ben@example.com"},
        {"name": "Cas Dube", "email": "none@none.com", "phone": "082 555 1801 / 083 222 3333"},
    ]
    tell(fairview.tenant, booking("p-1", players=partners) | {"id": "e-1"})

    assert [(one["field"], one["text"].split(";")[0]) for one in remarks(fairview.tenant, "e-1")] == [
        ("players.0.playerId", "'undefined' stands for nothing and was not taken as an id."),
        ("players.1.email", "This e-mail address stands for nobody"),
        ("players.1.phone", "It holds more than one number"),
    ]


# --- texts that are cut


def test_tags_of_a_link_that_do_not_fit_are_told() -> None:
    known = canonical("teetime.competition.entered")
    assert known is not None
    utm = {"source": "mail", "utm_campaign": "x" * 201, "term": 7}

    payload, aside = decode_payload(known, {"competitionId": "c-1", "utm": utm})

    assert payload.stated()["utm"] == {"source": "mail", "campaign": "x" * 200}
    assert aside == [
        ("utm", "holds something that is no text of at most 200 characters", "what fits of campaign, term")
    ]


def test_the_subject_of_a_message_that_is_cut_is_told(fairview: Club) -> None:
    tell(
        fairview.tenant,
        event("messaging.message.sent", {"messageId": "m-1", "contactId": "c-1", "subject": "x" * 201})
        | {"id": "e-1"},
    )

    assert remarks(fairview.tenant, "e-1") == [
        {"field": "subject", "text": "It has more than 200 characters; its beginning was taken."}
    ]


def test_columns_beyond_the_last_that_is_read_are_told() -> None:
    line = ",".join(map(str, range(201)))

    rows, notes = csv_rows(f"{line}\n{line}\n", ",", most=10)

    assert ([len(cells) for _, cells in rows], notes) == ([200, 200], ["Only the first 200 columns are read"])


@pytest.mark.parametrize(
    ("target", "cell", "value"),
    [
        (Target.PHONE, "0825551801;0825551801", "+27825551801"),
        (Target.PHONE, "082 555 1801 / +27 82 555 1801", "+27825551801"),
        (Target.PHONE, "0825551801 ::: 0825551801", "+27825551801"),
        (Target.EMAIL, "ann@nel.example; Ann@Nel.example", "ann@nel.example"),
        (Target.EMAIL, "ann@nel.example, ann@nel.example", "ann@nel.example"),
        (Target.MEMBER, "4711; 4711", 4711),
        (Target.BIRTH, "1980-05-17|1980-05-17", date(1980, 5, 17)),
        (Target.LAST_NAME, "Nel; Nel", "Nel"),
    ],
)
def test_what_a_cell_says_twice_it_says_once(target: Target, cell: str, value: Any) -> None:
    read = read_cell(target, cell, reader())

    assert (str(read.value), read.remark) == (str(value), "")


def test_events_and_forms_that_say_an_address_twice_say_it_once() -> None:
    assert normal_email("ann@nel.example;ann@nel.example") == "ann@nel.example"
    assert normal_phone("0825551801; 0825551801", "ZA") == "+27825551801"
    assert normal_email("ann@nel.example;bo@nel.example") is None
