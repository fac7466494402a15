"""What hours, days and dates do to a journey: both changes of the clock, leap days, circles, late workers."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from journeys import scanning
from journeys.engine.holding import held_counts, release
from journeys.models import EntryRefusal, Run
from messaging.models import Delivery, SendPolicy
from profiles.models import CustomerProfile
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, leave, on_event, send, step, until_date, wait
from tests.journeys.playing import START, Play, person

FORWARD = datetime(2027, 3, 28, 1, tzinfo=UTC)  # Europe/London: 01:00 becomes 02:00
BACK = datetime(2027, 10, 31, 1, tzinfo=UTC)  # 02:00 becomes 01:00
BOOKED = "TEETIME_BOOKED"
ANY = {"combinator": "AND", "rules": [{"field": "email", "operator": "isNotNull"}]}


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


@pytest.fixture
def london(kingsmere: Club) -> Play:
    return Play(kingsmere.tenant)


def until_hour(step_id: str, at: str, *, to: str | None, weekdays: tuple[int, ...] = ()) -> Json:
    return step(step_id, "WAIT", to=to, until={"mode": "TIME", "at": at, "weekdays": list(weekdays)})


def hours(since: datetime, until: datetime, *, minutes: int = 60) -> Iterator[datetime]:
    while since <= until:
        yield since
        since += timedelta(minutes=minutes)


def planned(play: Play, who: CustomerProfile) -> list[datetime]:
    with play.open():
        rows = Delivery.objects.filter(profile_id=who.pk).exclude(status="SKIPPED").order_by("due_at")
        return [row.due_at for row in rows]


def due(play: Play, who: CustomerProfile) -> datetime | None:
    run = play.run(who)
    return run.due_at if run else None


# --- Circles that come by each day


def daily(at: str, **fields: Any) -> Json:
    """Each day at an hour a message and a look whether it is enough."""
    played = {"combinator": "AND", "rules": [{"field": "tags", "operator": "contains", "value": "enough"}]}
    return journey(
        until_hour("hour", at, to="mail"), send("mail", to="ask", expiresAfterHours=720),
        ask("ask", yes=None, no="hour", rule=played), **fields,
    )  # fmt: skip


@pytest.mark.parametrize("change", [FORWARD, BACK])
def test_a_circle_by_the_hour_comes_once_a_day_over_both_changes_of_the_clock(
    london: Play, change: datetime
) -> None:
    london.now = change - timedelta(days=2, hours=8)
    anna = person(london.tenant)
    london.enter(london.start(daily("01:30")), anna)
    for moment in hours(london.now, change + timedelta(days=2, hours=12), minutes=15):
        london.at(moment)
    days = [one.astimezone(london.tenant.zone).date() for one in planned(london, anna)]
    assert len(days) == len(set(days)) == 5
    run = london.run(anna)
    assert run is not None
    assert run.step == "hour"


def test_a_circle_by_the_hour_that_is_looked_at_late_goes_on_the_next_day(play: Play) -> None:
    anna = person(play.tenant)
    play.enter(play.start(daily("15:00")), anna)
    play.at(START + timedelta(hours=4, minutes=10))  # 15:10 in Johannesburg
    assert play.sent(anna) == [("mail", "PLANNED")]
    assert due(play, anna) == START + timedelta(days=1, hours=4)


def test_a_circle_of_days_after_an_outage_of_five_goes_round_once(play: Play) -> None:
    anna = person(play.tenant)
    raw = journey(wait("day", to="mail"), send("mail", to="day2"), wait("day2", to="ask"),
                  ask("ask", yes="day", no=None, rule=ANY))  # fmt: skip
    one = play.start(raw)
    play.enter(one, anna)
    play.later(days=5)
    with play.open():
        assert [(why, count) for why, count, _ in held_counts(one)] == [("OVERDUE", 1)]
        release(one, how="CONTINUE", now=play.now)
    play.later(minutes=1)
    play.later(minutes=1)
    assert play.sent(anna) == [("mail", "PLANNED")]


# --- Changes of the clock


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        (datetime(2027, 3, 27, 22, tzinfo=UTC), datetime(2027, 3, 28, 6, tzinfo=UTC)),
        (datetime(2027, 10, 30, 21, tzinfo=UTC), datetime(2027, 10, 31, 7, tzinfo=UTC)),
    ],
)
def test_a_message_that_sleeps_over_the_change_wakes_at_seven_by_the_new_clock(
    london: Play, now: datetime, morning: datetime
) -> None:
    london.now = now
    with london.open():
        SendPolicy.objects.create(tenant=london.tenant, quiet_from="21:00", quiet_until="07:00")
    anna = person(london.tenant)
    london.enter(london.start(journey(send("mail", to="day"), wait("day"))), anna)
    assert due(london, anna) == morning
    london.at(morning)
    # The day counts from when the message went.
    assert due(london, anna) == morning + timedelta(days=1)


@pytest.mark.parametrize(
    ("ended", "again", "enters"),
    [
        # A day by the calendar: 23 hours in spring, 25 in autumn.
        (datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 3, 28, 11, tzinfo=UTC), True),
        (datetime(2027, 10, 30, 11, tzinfo=UTC), datetime(2027, 10, 31, 11, 59, tzinfo=UTC), False),
        (datetime(2027, 10, 30, 11, tzinfo=UTC), datetime(2027, 10, 31, 12, 1, tzinfo=UTC), True),
    ],
)
def test_coming_back_after_a_day_is_a_day_of_the_calendar(
    london: Play, ended: datetime, again: datetime, enters: bool
) -> None:
    london.now = ended
    anna = person(london.tenant)
    one = london.start(journey(step("goal", "GOAL"), entry={"policy": "AFTER_DAYS", "days": 1}))
    london.enter(one, anna)
    london.now = again
    verdict = "ENROLLED" if enters else "TOO_SOON"
    assert london.enter(one, anna) == {verdict: 1}


def test_the_cap_of_a_day_covers_all_its_twenty_five_hours(london: Play) -> None:
    london.now = datetime(2027, 10, 30, 23, 5, tzinfo=UTC)  # 00:05 of the long day
    anna, ben, cara = (person(london.tenant, name) for name in ("Anna", "Ben", "Cara"))
    one = london.start(journey(wait("w", 9), entry={"dailyCap": 1}))
    assert london.enter(one, anna) == {"ENROLLED": 1}
    london.now = datetime(2027, 10, 31, 23, 55, tzinfo=UTC)
    assert london.enter(one, ben) == {"DAILY_CAP": 1}
    london.now += timedelta(minutes=10)
    assert london.enter(one, cara) == {"ENROLLED": 1}


def test_a_weekday_is_waited_for_over_the_change(london: Play) -> None:
    london.now = datetime(2027, 10, 29, 20, tzinfo=UTC)
    anna = person(london.tenant)
    london.enter(
        london.start(journey(until_hour("w", "09:00", to="mail", weekdays=(7, 1)), send("mail"))), anna
    )
    assert due(london, anna) == datetime(2027, 10, 31, 9, tzinfo=UTC)


def test_johannesburg_knows_no_change_and_hears_of_none(play: Play) -> None:
    play.now = FORWARD - timedelta(days=1)
    anna = person(play.tenant)
    play.enter(play.start(journey(wait("day", 2, to="mail"), send("mail"))), anna)
    assert due(play, anna) == FORWARD + timedelta(days=1)


# --- People who travel


def test_who_changes_clocks_past_the_hour_and_back_is_written_to_once(play: Play) -> None:
    with play.open():
        SendPolicy.objects.create(
            tenant=play.tenant, club_zones={"perth": "Australia/Perth", "lisbon": "Europe/Lisbon"}
        )
    anna = person(play.tenant, home_club_id="lisbon")
    play.enter(play.start(journey(until_hour("nine", "09:00", to="mail"), send("mail"))), anna)
    for club in ("perth", "lisbon", "perth"):
        play.later(hours=7)  # in Perth it is nine already after two of them
        with play.open():
            CustomerProfile.objects.filter(pk=anna.pk).update(home_club_id=club)
        play.hear("profile.changed", anna, changes=["homeClubId"])
    play.later(days=2)
    assert play.sent(anna) == [("mail", "PLANNED")]


# --- Dates of people


@pytest.mark.parametrize(
    ("leap_day", "year", "day"),
    [
        ("FEBRUARY_28", 2027, date(2027, 2, 28)), ("MARCH_1", 2027, date(2027, 3, 1)),
        ("MARCH_1", 2028, date(2028, 2, 29)),
    ],
)  # fmt: skip
def test_a_wait_keeps_the_leap_day_as_the_start_of_its_journey_does(
    play: Play, leap_day: str, year: int, day: date
) -> None:
    play.now = datetime(year, 1, 15, tzinfo=UTC)
    anna = person(play.tenant, date_of_birth=date(1960, 2, 29))
    raw = journey(
        until_date("w", "dateOfBirth", 0, to="mail", yearly=True), send("mail"),
        triggers=[{"kind": "DATE", "field": "dateOfBirth", "offsetDays": -7, "leapDay": leap_day}],
    )  # fmt: skip
    play.start(raw)
    for moment in hours(play.now, datetime(year, 3, 5, tzinfo=UTC), minutes=720):
        play.now = moment
        with play.open():
            scanning.scan(play.tenant, moment)
        play.tick()
    assert planned(play, anna)[0].date() == day


@pytest.mark.parametrize(("offset", "unit", "days"), [(2, "WEEKS", 14), (1, "MONTHS", 30), (3, "DAYS", 3)])
def test_a_wait_after_a_yearly_date_ends_in_the_same_year(
    play: Play, offset: int, unit: str, days: int
) -> None:
    anna = person(play.tenant, date_of_birth=date(1980, 11, 2))
    raw = journey(until_date("w", "dateOfBirth", offset, to="mail", yearly=True, unit=unit), send("mail"))
    play.enter(play.start(raw), anna)
    ends = (START + timedelta(days=days)).replace(hour=7)
    assert due(play, anna) == ends
    play.at(ends)
    assert play.sent(anna) == [("mail", "PLANNED")]


@pytest.mark.parametrize(
    ("offset", "late", "message"),
    [(-1, timedelta(hours=8), "PLANNED"), (-1, timedelta(days=2), "PAST"), (1, timedelta(days=2), "PAST")],
)
def test_an_outage_over_a_yearly_date_is_not_put_off_by_a_year(
    play: Play, offset: int, late: timedelta, message: str
) -> None:
    anna = person(play.tenant, date_of_birth=date(1980, 11, 6))
    raw = journey(until_date("w", "dateOfBirth", offset, to="mail", yearly=True), send("mail"))
    play.enter(play.start(raw), anna)
    play.at(START.replace(day=6 + offset, hour=7) + late)
    assert play.sent(anna) == ([("mail", "PLANNED")] if message == "PLANNED" else [])
    assert ("mail", "SKIPPED" if message == "PAST" else "PLANNED") in play.story(anna)


def test_a_month_after_the_last_day_of_january_is_the_last_of_february(play: Play) -> None:
    play.now = datetime(2027, 1, 31, 8, tzinfo=UTC)
    anna = person(play.tenant)
    play.enter(play.start(journey(wait("m", 1, "MONTHS", to="n"), wait("n", 1, "MONTHS"))), anna)
    assert due(play, anna) == datetime(2027, 2, 28, 8, tzinfo=UTC)
    play.at(datetime(2027, 2, 28, 8, tzinfo=UTC))
    assert due(play, anna) == datetime(2027, 3, 28, 8, tzinfo=UTC)


# --- Dates of events


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        ("2026-11-04T08:00:00+02:00", datetime(2026, 11, 4, 4, tzinfo=UTC)),
        # Without an offset it is what the clock at the club shows.
        ("2026-11-04T08:00:00", datetime(2026, 11, 4, 4, tzinfo=UTC)),
        ("2026-11-04", datetime(2026, 11, 3, 20, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_one_of_the_clubs_clock(play: Play, told: str, ends: datetime) -> None:
    anna = person(play.tenant)
    play.start(tee_time())
    play.tell(anna, BOOKED, bookingId="B1", teeTime=told)
    assert due(play, anna) == ends


@pytest.mark.parametrize("told", ["soon", "2026-13-45", 17, None, [], {"at": "2026-11-04"}])
def test_a_time_that_is_none_is_unknown_and_fails_nobody(play: Play, told: object) -> None:
    anna = person(play.tenant)
    play.start(tee_time())
    play.tell(anna, BOOKED, bookingId="B1", teeTime=told)
    assert play.story(anna) == [("w", "MISSING"), ("remind", "SKIPPED"), ("out", "EXITED")]


def tee_time(**fields: Any) -> Json:
    return journey(
        until_date("w", "event.teeTime", -2, to="remind", unit="HOURS", at=None),
        send("remind", to="out", messageClass="TRANSACTIONAL"), leave("out", "DONE"),
        triggers=[on_event(BOOKED, "bookingId")], entry={"policy": "ONCE_PER_KEY"}, **fields,
    )  # fmt: skip


def test_two_bookings_that_change_places_are_reminded_of_in_their_new_order(play: Play) -> None:
    anna = person(play.tenant)
    play.start(tee_time())
    first, second = START + timedelta(days=2), START + timedelta(days=3)
    play.tell(anna, BOOKED, bookingId="B1", teeTime=first.isoformat())
    play.tell(anna, BOOKED, bookingId="B2", teeTime=second.isoformat())
    play.later(hours=1)
    play.tell(anna, BOOKED, bookingId="B1", teeTime=(second + timedelta(days=1)).isoformat())
    with play.open():
        assert EntryRefusal.objects.get().reason == "ALREADY_IN"
        order = [run.key for run in Run.objects.order_by("due_at")]
    assert order == ["B2", "B1"]
    play.at(first)
    assert play.sent(anna) == []


# --- Late workers


def test_eight_hours_without_workers_over_three_kinds_of_waits(play: Play) -> None:
    people = [person(play.tenant, name) for name in ("Anna", "Ben", "Cara")]
    lasts, at_hour, before = (
        play.start(journey(one, send("mail")), name)
        for name, one in (
            ("Lasts", wait("w", 2, "HOURS", to="mail")),
            ("Hour", until_hour("w", "13:00", to="mail")),
            ("Date", until_date("w", "event.teeTime", -20, to="mail", unit="HOURS", at=None)),
        )
    )
    play.enter(lasts, people[0])
    play.enter(at_hour, people[1])
    play.enter(before, people[2], data={"teeTime": (START + timedelta(hours=23)).isoformat()})
    play.later(hours=9)
    assert [play.sent(one) for one in people] == [[("mail", "PLANNED")]] * 3
    # The hour comes again tomorrow; the others go at once.
    assert [planned(play, one)[0] - play.now for one in people] == [
        timedelta(), timedelta(hours=17), timedelta(),
    ]  # fmt: skip
