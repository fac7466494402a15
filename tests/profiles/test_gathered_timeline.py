"""The timeline of the customer page: one row for each message, names instead of ids, details, people with links."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from profiles.gathered_timeline import read_gathered
from profiles.models import CustomerProfile
from profiles.timeline import Place, TimelineFilter
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.back_office import CUSTOMERS, counted_queries, desk, page_of, text_of
from tests.cast import Club
from tests.profiles.api_callers import customers
from tests.profiles.records import NOON, activity, profile
from tests.profiles.stories import Event, booking, contact, event, player, tell


def mail(verb: str, minute: int, *, message: str = "m1", **payload: Any) -> Event:
    kind = "email" if verb in ("opened", "clicked") else "message"
    told = {"messageId": message, "contactId": "c1", **payload}
    return event(f"messaging.{kind}.{verb}", told, at=minute)


@pytest.fixture
def thandi(fairview: Club) -> CustomerProfile:
    tell(fairview.tenant, contact("c1", email="thandi@example.org", firstName="Thandi", emailOptIn=True))
    with tenant_scope(fairview.tenant):
        found: CustomerProfile = CustomerProfile.objects.get()
    return found


def rows_of(person: CustomerProfile, **chosen: Any) -> list[tuple[str, list[str]]]:
    with tenant_scope(person.tenant):
        page = read_gathered(person.pk, chosen=TimelineFilter(**chosen))
    return [(one.row.type, [state.type for state in one.states]) for one in page.rows]


def words(answer: Any) -> str:
    """What stands there, without tags."""
    return " ".join(unescape(re.sub("<[^>]+>", " ", text_of(answer))).split())


def fragment(browser: Client, person: CustomerProfile) -> str:
    return words(browser.get(f"{CUSTOMERS}{person.pk}/timeline/"))


def test_a_message_is_one_row_with_what_became_of_it(fairview: Club, thandi: CustomerProfile) -> None:
    tell(
        fairview.tenant,
        mail("sent", 1, channel="EMAIL", subject="Spring offer"),
        mail("delivered", 2, channel="EMAIL"),
        mail("opened", 3),
        mail("opened", 90),
        mail("sent", 4, message="m2", channel="SMS"),
        mail("clicked", 91, url="https://example.org/book"),
    )

    assert rows_of(thandi) == [
        ("MESSAGE_SENT", ["MESSAGE_SENT"]),
        (
            "MESSAGE_SENT",
            ["MESSAGE_SENT", "MESSAGE_DELIVERED", "EMAIL_OPENED", "EMAIL_OPENED", "EMAIL_CLICKED"],
        ),
    ]
    text = fragment(desk(fairview.viewer), thandi)
    assert "E-mail “Spring offer” delivered opened 2 times clicked" in text
    assert "Was sent an SMS" in text
    assert "https://example.org/book" in text


def test_a_message_whose_sending_nobody_told_stands_at_its_first_word(
    fairview: Club, thandi: CustomerProfile
) -> None:
    tell(fairview.tenant, mail("opened", 9), mail("delivered", 5, channel="EMAIL"))

    assert rows_of(thandi) == [("MESSAGE_DELIVERED", ["MESSAGE_DELIVERED", "EMAIL_OPENED"])]


def test_a_machine_that_opened_it_is_no_person(fairview: Club, thandi: CustomerProfile) -> None:
    tell(fairview.tenant, mail("sent", 1, channel="EMAIL"), mail("opened", 2, isMachine=True))

    assert "opened by a machine" in fragment(desk(fairview.viewer), thandi)


def test_an_answer_is_a_row_of_its_own(fairview: Club, thandi: CustomerProfile) -> None:
    reply = event("messaging.sms.replied", {"messageId": "m1", "contactId": "c1", "text": "OK"}, at=5)
    tell(fairview.tenant, mail("sent", 1, channel="SMS"), reply)

    assert rows_of(thandi) == [("SMS_REPLIED", []), ("MESSAGE_SENT", ["MESSAGE_SENT"])]


def test_a_filter_shows_a_message_by_its_first_word_within(fairview: Club, thandi: CustomerProfile) -> None:
    tell(fairview.tenant, mail("sent", 1, channel="EMAIL"), mail("opened", 60 * 24 * 3))

    day = timedelta(days=1)
    with tenant_scope(fairview.tenant):
        sent = read_gathered(thandi.pk, chosen=TimelineFilter()).rows[0].row.occurred_at
    assert rows_of(thandi, since=sent + day) == [("EMAIL_OPENED", ["MESSAGE_SENT", "EMAIL_OPENED"])]
    assert rows_of(thandi, types=["EMAIL_OPENED"]) == [("EMAIL_OPENED", ["MESSAGE_SENT", "EMAIL_OPENED"])]
    assert rows_of(thandi, categories=["GOLF"]) == []
    assert rows_of(thandi, without=["COMMUNICATION"]) == []


def test_pages_go_on_without_gaps_or_repeats(fairview: Club) -> None:
    person = profile(fairview.tenant)
    for number in range(12):
        told = {"category": "COMMUNICATION", "metadata": {"messageId": f"m{number // 2}"}}
        kind = "MESSAGE_SENT" if number % 2 == 0 else "EMAIL_OPENED"
        at = NOON + timedelta(minutes=number)
        activity(fairview.tenant, person.pk, type=kind, occurred_at=at, title=f"{number}", **told)
    seen, place = list[str](), None
    with tenant_scope(fairview.tenant):
        for _ in range(6):
            place = _read(person, seen, place)

    assert seen == ["10", "8", "6", "4", "2", "0"]


def _read(person: CustomerProfile, seen: list[str], place: Place | None) -> Place | None:
    page = read_gathered(person.pk, chosen=TimelineFilter(), after=place, take=1)
    seen += [one.row.title for one in page.rows]
    return page.next_place


def test_a_round_names_its_course_and_whom_they_played_with(fairview: Club) -> None:
    partner = {"playerId": "p2", "name": "Rebecca Gordon"}
    booked = booking(
        "p1", id="b77", courseName="West", holes=18, priceCents=45_000, currency="ZAR",
        players=[{"playerId": "p1", "name": "Sipho Dube"}, partner],
    )  # fmt: skip
    played = event("teetime.booking.completed", {"id": "b77", "playerId": "p1", "score": 82}, at=300)
    tell(fairview.tenant, player("p1", name="Sipho", surname="Dube"), booked, played)
    people = customers(fairview.tenant)
    sipho = people["Sipho"]

    answer = desk(fairview.admin).get(f"{CUSTOMERS}{sipho.pk}/timeline/")
    text = words(answer)

    assert "Completed a round: 82 West" in text
    assert "with Rebecca Gordon" in text
    assert page_of(people["Rebecca"].pk) in text_of(answer)
    assert "Holes 18" in text
    assert "Amount R450,00" in text


def test_who_sees_no_money_sees_no_price_of_a_booking(fairview: Club) -> None:
    tell(fairview.tenant, booking("p1", priceCents=45_000, currency="ZAR"))
    with tenant_scope(fairview.tenant):
        person = CustomerProfile.objects.get()

    assert "450" in fragment(desk(fairview.admin), person)
    assert "450" not in fragment(desk(fairview.member(Role.VIEWER)), person)


def test_staff_at_the_desk_get_no_link_to_the_inbox(fairview: Club, thandi: CustomerProfile) -> None:
    tell(fairview.tenant, mail("sent", 1, channel="EMAIL"))

    assert "The event as it came" in fragment(desk(fairview.admin), thandi)
    assert "The event as it came" not in fragment(desk(fairview.member(Role.STAFF)), thandi)


def test_as_many_queries_for_many_rows_as_for_one(fairview: Club) -> None:
    def told(number: int) -> list[Event]:
        given = [{"playerId": "p1"}, {"playerId": f"q{number}", "name": f"Guest {number}"}]
        booked = booking("p1", id=f"b{number}", at=number, players=given)
        return [
            booked,
            event("teetime.booking.completed", {"id": f"b{number}", "playerId": "p1"}, at=300 + number),
            event(
                "teetime.competition.entered", {"competitionId": f"k{number}", "playerId": "p1"}, at=number
            ),
        ]

    tell(fairview.tenant, player("p1", name="Sipho"), *told(1))
    address = f"{CUSTOMERS}{customers(fairview.tenant)['Sipho'].pk}/timeline/"
    browser = desk(fairview.admin)
    browser.get(address)
    with counted_queries() as one:
        browser.get(address)
    tell(fairview.tenant, *[each for number in range(2, 9) for each in told(number)])
    with counted_queries() as many:
        browser.get(address)

    assert many == one
