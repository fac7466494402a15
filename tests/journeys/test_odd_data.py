"""Values that nobody expects: ends of calendars, amounts that are none, circles without a wait, names in JSON."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from journeys import clocks
from journeys.calling import filled_body
from journeys.definition import parse
from journeys.definition.checking import check
from journeys.definition.parts import Length, Operator, PayloadCondition, Unit
from journeys.definition.triggers import LeapDay
from journeys.models import Conversion, Run, Task
from journeys.payloads import holds
from tenants.models import Tenant
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, on_event, send, step, until_date, wait
from tests.journeys.outside import Outside
from tests.journeys.playing import START, Play, person

BOOKED, ROUND, ENTERED = "TEETIME_BOOKED", "ROUND_COMPLETED", "COMPETITION_ENTERED"
HAS_MAIL: Json = {"combinator": "AND", "rules": [{"field": "email", "operator": "isNotNull"}]}


@pytest.fixture
def out(fairview: Club) -> Outside:
    return Outside(fairview.tenant)


# --- Amounts


@pytest.mark.parametrize(
    ("told", "cents"),
    [
        (2500, 2500), ("2500", 2500), (-5, -5), (0, 0), (None, 0), ("25,00", 0), ("25.00", 0), (25.5, 0), (True, 0),
        (10**30, 0), ("1e3", 0), ("٣", 0), ({"value": 25}, 0), ([2500], 0), ("", 0),
    ],
)  # fmt: skip
def test_a_goal_whose_amount_is_none_counts_and_stops_nobody(out: Outside, told: Any, cents: int) -> None:
    anna = person(out.tenant)
    out.started(journey(wait("w"), triggers=[on_event(BOOKED)], goal={"event": ENTERED}))
    out.tell(anna, BOOKED)
    out.later(hours=1)
    out.tell(anna, ENTERED, amountCents=told)
    assert out.ended(anna) == [("EXITED", "GOAL_REACHED")]
    with out.open():
        assert Conversion.objects.get().value_cents == cents


# --- The ends of the calendar


@pytest.mark.parametrize("offset", [7, 0, -7])
@pytest.mark.parametrize("day", [date(9999, 12, 31), date(1, 1, 1)])
def test_a_membership_without_end_stops_nobodys_reminder(out: Outside, day: date, offset: int) -> None:
    anna, ben = person(out.tenant), person(out.tenant, "Ben")
    trigger = {"kind": "DATE", "field": "membershipExpiry", "offsetDays": offset, "at": "09:00"}
    one = out.started(journey(send("mail"), triggers=[trigger]))
    out.changed(anna, membership_expiry=day)
    out.changed(ben, membership_expiry=(START + timedelta(days=7 - offset)).date())
    out.scanned(one, datetime(2026, 11, 9, 7, tzinfo=UTC))
    assert (out.sent(anna), out.sent(ben)) == ([], [("mail", "PLANNED")])


def test_a_date_that_moves_to_the_end_of_the_calendar_ends_its_run(out: Outside) -> None:
    anna = person(out.tenant, membership_expiry=date(2026, 11, 9))
    trigger = {"kind": "DATE", "field": "membershipExpiry", "offsetDays": 7, "at": "09:00"}
    one = out.started(
        journey(wait("w", 3, to="mail"), send("mail"), triggers=[trigger], entry={"policy": "AFTER_EXIT"})
    )
    out.scanned(one, datetime(2026, 11, 16, 7, tzinfo=UTC))
    assert out.run(anna) is not None
    out.changed(anna, membership_expiry=date(9999, 12, 31))
    assert out.ended(anna) == [("EXITED", "DATE_MOVED")]


@pytest.mark.parametrize("unit", ["HOURS", "DAYS", "WEEKS", "MONTHS"])
@pytest.mark.parametrize("offset", [400, 7, 0, -7, -400])
def test_a_wait_for_the_end_of_the_calendar_lasts_and_one_for_its_beginning_is_over(
    out: Outside, offset: int, unit: str
) -> None:
    times = {
        "late": ["9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999-10:00"],
        "early": ["0001-01-01", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"],
    }
    out.started(
        journey(until_date("w", "event.startTime", offset, to="mail", unit=unit), send("mail", to="end"),
                step("end", "GOAL"), triggers=[on_event(BOOKED)])
    )  # fmt: skip
    people = {
        text: person(out.tenant, f"p{len(text)}{text[:3]}{text[-3]}")
        for text in [*times["late"], *times["early"]]
    }
    for text, who in people.items():
        out.tell(who, BOOKED, startTime=text)
    out.later(days=1)
    for text in times["late"]:
        run = out.run(people[text])
        assert run is not None
        assert run.due_at is not None
        assert run.due_at.year >= 9900
    assert [out.story(people[text]) for text in times["early"]] == [
        [("w", "PAST"), ("mail", "SKIPPED"), ("end", "GOAL")]
    ] * 4


@pytest.mark.parametrize("amount", [400, 70, 20, 3])
@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("born", [date(1960, 2, 29), date(1, 1, 1), date(1999, 12, 31)])
def test_the_next_anniversary_is_the_first_whatever_the_offset(
    born: date, unit: Unit, amount: int, sign: int
) -> None:
    after, offset = date(2026, 11, 2), Length(amount=amount, unit=unit)
    found = clocks.occurrence_from(born, after, offset, sign, LeapDay.FEBRUARY_28)

    def day(year: int) -> date:
        kept = clocks.occurrence(born, year)
        return clocks.moved(datetime(kept.year, kept.month, kept.day), offset, sign=sign).date()

    assert day(found.year) >= after > day(found.year - 1)


# --- Circles in which nothing is waited for


def test_a_circle_through_a_date_that_is_over_makes_one_task(out: Outside) -> None:
    anna = person(out.tenant, membership_expiry=date(2026, 1, 1))
    raw = journey(
        until_date("w", "membershipExpiry", 0, to="call", ifPast="CONTINUE"),
        step("call", "NOTIFY", title="Call", to="q"), ask("q", yes="w", no=None, rule=HAS_MAIL),
    )  # fmt: skip
    one = out.started(raw)
    out.enrol(one, anna)
    out.later(minutes=5)
    with out.open():
        assert Task.objects.count() == 1
    assert out.ended(anna) == [("FAILED", "WENT_ROUND")]
    assert out.why(one, anna)["story"][-1]["title"].endswith("there was nothing to wait for")


def test_a_circle_through_a_condition_that_holds_sends_one_message(out: Outside) -> None:
    anna = person(out.tenant)
    raw = journey(
        {"id": "w", "kind": "WAIT_UNTIL", "condition": HAS_MAIL, "timeout": {"amount": 5, "unit": "DAYS"},
         "ways": {"happened": "mail", "timeout": None}},
        send("mail", to="w"),
    )  # fmt: skip
    out.enrol(out.started(raw), anna)
    out.later(minutes=5)
    assert (out.sent(anna), out.ended(anna)) == ([("mail", "PLANNED")], [("FAILED", "WENT_ROUND")])


def test_a_circle_through_a_condition_and_a_day_goes_on(out: Outside) -> None:
    anna = person(out.tenant)
    raw = journey(
        {"id": "w", "kind": "WAIT_UNTIL", "condition": HAS_MAIL, "timeout": {"amount": 5, "unit": "DAYS"},
         "ways": {"happened": "mail", "timeout": None}},
        send("mail", to="day"), wait("day", to="w"),
    )  # fmt: skip
    out.enrol(out.started(raw), anna)
    for _ in range(3):
        out.later(days=1, minutes=1)
    assert out.sent(anna) == [("mail", "PLANNED")] * 4


def test_in_a_circle_each_round_counts_once_also_where_they_count_from_the_entry(out: Outside) -> None:
    anna = person(out.tenant)
    raw = journey(
        {"id": "w", "kind": "WAIT_UNTIL", "event": {"event": ROUND}, "since": "ENTRY",
         "timeout": {"amount": 5, "unit": "DAYS"}, "ways": {"happened": "call", "timeout": None}},
        step("call", "NOTIFY", title="Thank", to="w"),
    )  # fmt: skip
    out.enrol(out.started(raw), anna)
    out.later(hours=1)
    out.tell(anna, ROUND, out.now)
    out.tell(anna, ROUND, out.now - timedelta(minutes=9))  # told late, and before the one that counted
    out.later(minutes=1)
    out.tell(anna, ROUND)
    out.later(minutes=1)
    with out.open():
        assert Task.objects.count() == 2
    assert out.run(anna) is not None


def test_a_circle_that_may_not_wait_is_remarked(out: Outside) -> None:
    back = ask("q", yes="w", no=None, rule=HAS_MAIL)

    def remarks(*steps: Json) -> list[str]:
        return [one.code for one in check(parse(journey(*steps, back)))]

    assert "CIRCLE_MAY_NOT_WAIT" in remarks(until_date("w", "membershipExpiry", 0, to="q"))
    assert "CIRCLE_MAY_NOT_WAIT" not in remarks(until_date("w", "dateOfBirth", 0, to="q", yearly=True))
    assert "CIRCLE_MAY_NOT_WAIT" not in remarks(wait("w", to="q"))
    assert "LOOP_WITHOUT_WAIT" in remarks(send("w", to="q"))


# --- Names in the body of a call


HOSTILE = 'x", "admin": true, "y": "'


@pytest.mark.parametrize(
    "body",
    [
        '{"age": {{ event.age }}, "name": "{{ profile.firstName }}"}',
        '{"age": {{ event.age | plus: 0 }}, "name": "{{ profile.firstName }}", "more": [{{ event.age }}]}',
        '{"name": "{{ profile.firstName }}"{% if event.age > 1 %}, "age": {{ event.age }}{% endif %}}',
        '{"name": "{{ profile.firstName | default: "nobody" }}", "age": {{ event.age }}}',
    ],
)
def test_a_name_adds_nothing_to_the_body_of_a_call(body: str) -> None:
    values = {"event": {"age": 3}, "profile": {"firstName": HOSTILE}}
    found = orjson.loads(filled_body(body, values))
    assert (found["name"], found["age"], found.keys() & {"admin", "y"}) == (HOSTILE, 3, set())


def test_what_stands_without_quotes_is_one_value() -> None:
    values = {"event": {"age": '3, "admin": true'}}
    with pytest.raises(orjson.JSONDecodeError):
        filled_body('{"age": {{ event.age }}}', values)


# --- Moments, and a midnight that comes twice


@pytest.mark.parametrize(
    ("told", "wanted", "is_later"),
    [
        ("2026-11-02T10:00:00+02:00", "2026-11-02T09:00:00Z", False),
        ("2026-11-02T10:00:00Z", "2026-11-02T11:30:00+02:00", True),
        ("2026-11-02", "2026-11-01", True), ("2026-11-02T10:00", "2026-11-02T09:00", True), ("9", 10, False),
    ],
)  # fmt: skip
def test_moments_are_compared_as_instants(told: Any, wanted: Any, is_later: bool) -> None:
    assert holds(PayloadCondition(path="at", operator=Operator.GT, value=wanted), told) is is_later


def test_the_cap_of_a_day_counts_from_its_first_midnight(fairview: Club) -> None:
    """In Havana the hour after midnight comes twice on 1 November 2026."""
    Tenant.objects.filter(pk=fairview.tenant.pk).update(time_zone="America/Havana")
    fairview.tenant.refresh_from_db()
    first, second = (
        datetime(2026, 11, 1, 0, 30, fold=fold, tzinfo=ZoneInfo("America/Havana")) for fold in (0, 1)
    )
    play = Play(fairview.tenant, first.astimezone(UTC))
    one = play.start(journey(wait("w", 9), entry={"dailyCap": 1}))
    assert play.enter(one, person(play.tenant)) == {"ENROLLED": 1}
    play.now = second.astimezone(UTC)
    assert play.enter(one, person(play.tenant, "Ben")) == {"DAILY_CAP": 1}
    with play.open():
        assert Run.objects.count() == 1
