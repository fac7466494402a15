"""Values that stand for nothing: never a key, never a date of birth, and always a remark on the event."""

from datetime import date
from typing import Any

import pytest

from events.empty_ids import stands_for_nothing
from events.models import InboxEvent
from events.plain_text import visible
from events.replay import repair_event
from profiles.ingest import process_pending
from profiles.models import Activity, CustomerProfile
from profiles.normalise import is_placeholder_email, is_placeholder_phone, normal_email
from profiles.role_addresses import is_role_email
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.profiles.stories import contact, event, member, player, tell


def people(tenant: Tenant) -> list[CustomerProfile]:
    with tenant_scope(tenant):
        return list(CustomerProfile.objects.order_by("first_name", "last_name"))


def remarks(tenant: Tenant, event_id: str) -> list[dict[str, str]]:
    with tenant_scope(tenant):
        found = InboxEvent.objects.get(event_id=event_id)
        assert found.status == "SUCCESS", found.error_message
        return found.remarks or []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(
            (word, True)
            for word in ("undefined", "NULL", " None ", "NaN", "N/A", "guest", "anonymous", "TBA", "pending")
        ),
        *(
            (word, True)
            for word in ("0", "0000000000", "00000000-0000-0000-0000-000000000000", "-1", "-", "")
        ),
        *((word, True) for word in ("9999999999", "1234567890", "ffffffff-ffff-ffff-ffff-ffffffffffff")),
        *(
            (word, False)
            for word in ("1", "7", "p-0", "10", "4711", "player-82018", "2700012345", "Nan01", "abc")
        ),
    ],
)
def test_which_ids_stand_for_nothing(value: str, expected: bool) -> None:
    assert stands_for_nothing(value) is expected


@pytest.mark.parametrize("word", ["undefined", "0", "None", "club-own"])
def test_strangers_with_the_same_empty_id_stay_strangers(word: str, fairview: Club) -> None:
    Tenant.objects.filter(pk=fairview.tenant.pk).update(settings={"placeholders": ["Club-Own"]})
    fairview.tenant.refresh_from_db()
    tell(
        fairview.tenant,
        player(word, name="Aletta", surname="Bruwer", email="aletta@example.com"),
        player(word, name="Bongani", surname="Cele", email="bongani@example.com"),
        contact("c-1", firstName="Dora", email="dora@example.com")
        | {"id": "e-1", "identity": {"externalIds": {"golfRsaId": word}}},
        contact("c-2", firstName="Eben", email="eben@example.com")
        | {"identity": {"externalIds": {"golfRsaId": word}}},
    )

    assert [one.first_name for one in people(fairview.tenant)] == ["Aletta", "Bongani", "Dora", "Eben"]
    assert remarks(fairview.tenant, "e-1") == [
        {"field": "golfRsaId", "text": f"{word!r} stands for nothing and was not taken as an id."}
    ]


def test_an_event_whose_only_id_stands_for_nothing_names_nobody(fairview: Club) -> None:
    tell(fairview.tenant, player("undefined", name="Aletta", surname="Bruwer") | {"id": "e-1"})

    with tenant_scope(fairview.tenant):
        assert InboxEvent.objects.get(event_id="e-1").error_code == "NO_IDENTITY"
    assert people(fairview.tenant) == []


def test_odd_but_real_addresses_and_numbers_are_taken(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(82014, firstName="Nadia", email="nadia.old@example.com", phoneNumber="082 555 0141"),
        event(
            "scl.member.updated",
            {
                "id": 82014,
                "changes": ["email", "phoneNumber"],
                "email": "na@abrams.example.com",
                "phoneNumber": "083 111 2222",
            },
            at=5,
        ),
    )

    [nadia] = people(fairview.tenant)
    assert (nadia.email, nadia.phone_number) == ("na@abrams.example.com", "+27831112222")


def test_an_address_that_is_replaced_by_an_unusable_one_does_not_go_on_looking_valid(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(82014, firstName="Nadia", email="nadia.old@example.com"),
        event(
            "scl.member.updated",
            {"id": 82014, "changes": ["email"], "email": "none@none.com"},
            at=5,
            id="e-1",
        ),
    )

    assert people(fairview.tenant)[0].email is None
    assert remarks(fairview.tenant, "e-1") == [
        {"field": "email", "text": "This e-mail address stands for nobody; it was left aside."}
    ]


def test_an_id_that_a_service_gives_to_two_people_is_told(fairview: Club) -> None:
    tell(
        fairview.tenant,
        player("p-1", name="Xander", surname="Een", email="x@example.com"),
        player("p-1", name="Xander", surname="Twee", email="x2@example.com", at=1) | {"id": "e-1"},
        player("p-1", name="Yvonne", surname="Drie", email="y@example.com", at=2) | {"id": "e-2"},
        player("p-1", name="Yvonne", surname="Drie", email="y@example.com", at=3) | {"id": "e-3"},
    )

    told = [[one["field"] for one in remarks(fairview.tenant, each)] for each in ("e-1", "e-2", "e-3")]
    assert told == [[], ["teetimePlayerId"], []]


@pytest.mark.parametrize(
    "birth",
    [
        *("2084-05-17", "0001-01-01", "1900-01-01", "1970-01-01", "1899-05-01", "1980-02-02"),
        *("1901-01-01", "1950-01-01", "1980-01-01", "2000-01-01", "2001-01-01", "2026-03-01", "2026-02-28"),
    ],
)
def test_births_that_nobody_has_are_not_believed_and_contradict_nobody(birth: str, fairview: Club) -> None:
    Tenant.objects.filter(pk=fairview.tenant.pk).update(settings={"placeholders": ["1980-02-02"]})
    fairview.tenant.refresh_from_db()
    tell(
        fairview.tenant,
        member(82018, firstName="Zane", email="zane@example.com", dateOfBirth=birth) | {"id": "e-1"},
        member(82018, firstName="Zane", email="zane@example.com", dateOfBirth="1984-05-17", at=5),
    )

    [zane] = people(fairview.tenant)
    assert zane.date_of_birth == date(1984, 5, 17)
    assert [one["field"] for one in remarks(fairview.tenant, "e-1")] == ["dateOfBirth"]


@pytest.mark.parametrize("first", ["1984-01-01", "1984-05-17"])
def test_a_year_of_birth_contradicts_nobody_and_gives_way_to_a_day(first: str, fairview: Club) -> None:
    then = {"1984-01-01": "1984-05-17", "1984-05-17": "1984-01-01"}[first]
    whose: dict[str, Any] = {"firstName": "Gugu", "lastName": "Nkosana", "email": "gugu@example.com"}
    tell(
        fairview.tenant,
        member(82001, **whose, dateOfBirth=first),
        contact("c-1", **whose, at=1),
        member(82001, **whose, dateOfBirth=then, at=2) | {"identity": {"externalIds": {"golfRsaId": "77"}}},
        player("p-1", name="Gugu", surname="Nkosana", email="gugu@example.com", at=3),
    )

    [gugu] = people(fairview.tenant)
    assert gugu.date_of_birth == date.fromisoformat(then)


def test_two_years_of_birth_in_one_mailbox_are_no_two_people_and_the_day_of_one_counts(
    fairview: Club,
) -> None:
    tell(
        fairview.tenant,
        member(1, firstName="Gugu", lastName="Nkosana", email="gugu@example.com", dateOfBirth="1984-05-17"),
        event(
            "scl.member.updated",
            {"email": "gugu@example.com", "firstName": "Gugu", "dateOfBirth": "1985-01-01"},
            at=5,
        ),
    )

    [gugu] = people(fairview.tenant)
    assert gugu.date_of_birth == date(1984, 5, 17)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("s.o’haraigh@example.com", "s.o'haraigh@example.com"),
        ("“anna@example.com”", "anna@example.com"),
        ('"anna@example.com"', "anna@example.com"),
        ("ａｎｎａ＠example.com", "anna@example.com"),
        ("\ufeffilse.j@example.com", "ilse.j@example.com"),
        ("аnnа@example.com", "anna@example.com"),
        ("ju\u0308rgen@example.com", "jürgen@example.com"),
    ],
)
def test_typographic_variants_of_an_address_are_one(address: str, expected: str) -> None:
    assert normal_email(address) == expected


@pytest.mark.parametrize(
    ("address", "expected"), [("na@na.com", True), ("no@no.example", True), ("no@lan.example", False)]
)
def test_a_word_that_may_be_a_name_stands_for_nothing_only_at_an_empty_domain(
    address: str, expected: bool
) -> None:
    assert is_placeholder_email(address) is expected


def test_seven_equal_digits_are_nobodys_number_and_four_are_somebodys() -> None:
    assert is_placeholder_phone("+27820000000")
    assert not is_placeholder_phone("+27831112222")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gelden\u00adhuys", "Geldenhuys"),
        ("Ha\u200dvenga", "Havenga"),
        ("a\u0001b\u001bc", "abc"),
        ("one\u00a0two\nthree", "one two three"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🦰", "👩\u200d🦰"),
        ("Rene\u0301e", "Renée"),
        ("Ｒｅｎｅｅ ７", "Renee 7"),
        ("Аnnа Соok", "Anna Cook"),
        ("Ναnа", "Nana"),
        ("Анна", "Анна"),
        ("Иванов-Smith", "Иванов-Smith"),
        ("Иvanov", "Иvanov"),
    ],
)
def test_signs_that_nobody_sees_go_but_for_joiners_that_are_needed(text: str, expected: str) -> None:
    assert visible(text) == expected


def test_invisible_signs_in_an_events_name_are_not_kept(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Frans", lastName="Gelden\u00adhuys"))

    assert people(fairview.tenant)[0].last_name == "Geldenhuys"


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        *(
            (f"{local}@firm.example", True)
            for local in ("büro", "buero", "toimisto", "iroda", "kancelar", "muhasebe")
        ),
        *(
            (f"{local}@firm.example", True)
            for local in ("vorstand", "ledenadministratie", "socios", "klubben")
        ),
        *(
            (f"{local}@firm.example", True)
            for local in ("info.za", "info-jhb", "booking.office", "members-office", "gm2")
        ),
        *(
            (f"{local}@firm.example", False)
            for local in ("anna", "post.maria", "bar.smith", "pro.jones", "officer")
        ),
        *(
            (f"{local}@firm.example", False)
            for local in ("infante", "mail.anna", "hi.lee", "spaan", "gm.botha")
        ),
    ],
)
def test_which_addresses_are_of_a_role(email: str, expected: bool) -> None:
    assert is_role_email(email) is expected


def test_a_uuid_in_capitals_is_the_same_id(fairview: Club) -> None:
    tell(
        fairview.tenant,
        player("0E9C5B0C-6A0F-4C55-9F0B-1A2B3C4D5E6F", name="Kas", surname="Nel", email="kas@example.com"),
        player("0e9c5b0c-6a0f-4c55-9f0b-1a2b3c4d5e6f", handicap=12.4, at=1),
    )

    [kas] = people(fairview.tenant)
    assert (kas.first_name, kas.handicap_tenths) == ("Kas", 124)


@pytest.mark.parametrize("written", ["0000-00-00", "0000-00-00 00:00:00", "null", "N/A", "unbekannt"])
def test_a_date_of_birth_that_says_nothing_costs_nobody_the_rest(written: str, fairview: Club) -> None:
    tell(
        fairview.tenant, member(4711, firstName="Anna", lastName="Botha", dateOfBirth=written) | {"id": "e-1"}
    )

    assert remarks(fairview.tenant, "e-1") == []
    assert [(one.first_name, one.date_of_birth) for one in people(fairview.tenant)] == [("Anna", None)]


@pytest.mark.parametrize("written", ["1984", "1984-02-30", "1984-00-00", "1984-05-16T23:00:00.000Z"])
def test_a_birth_that_is_no_day_costs_the_birth_and_says_so(written: str, fairview: Club) -> None:
    told = member(4711, firstName="Anna", lastName="Botha", dateOfBirth=written, createdAt="1 March")
    tell(fairview.tenant, member(4711, dateOfBirth="1984-05-17"), told | {"id": "e-1"})

    assert [one["field"] for one in remarks(fairview.tenant, "e-1")] == ["dateOfBirth", "createdAt"]
    assert "must be a date such as 2026-03-31" in remarks(fairview.tenant, "e-1")[0]["text"]
    assert [(one.first_name, str(one.date_of_birth)) for one in people(fairview.tenant)] == [
        ("Anna", "1984-05-17")
    ]


def test_an_event_that_names_nobody_makes_nobody_and_counts_once_staff_say_whose_it_is(
    fairview: Club,
) -> None:
    tell(fairview.tenant, member(1, at=1, firstName="Anna", lastName="Botha"))
    tell(fairview.tenant, event("teetime.score.posted", {"id": "s-1", "name": "Anna Botha"}, at=2, id="e-7"))
    with tenant_scope(fairview.tenant):
        row = InboxEvent.objects.get(event_id="e-7")
        assert (row.status, row.error_code, row.envelope["payload"]["id"]) == ("DEAD", "NO_IDENTITY", "s-1")
        assert CustomerProfile.objects.count() == 1

        repair_event(row.pk, {**row.envelope, "identity": {"sclMemberId": 1}}, by=factories.user())
        process_pending()

        told = Activity.objects.get(type="SCORE_POSTED")
        assert (told.profile_id, told.occurred_at) == (CustomerProfile.objects.get().pk, row.occurred_at)
