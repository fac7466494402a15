"""Waits over both changes of the clock, 29 February, weekdays, dates and schedules."""

import os
import time as system_time
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys import clocks
from journeys.definition.parts import Length, Unit
from journeys.definition.triggers import LeapDay

LONDON, SANDTON = ZoneInfo("Europe/London"), ZoneInfo("Africa/Johannesburg")
ONE_DAY = Length(amount=1, unit=Unit.DAYS)


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Kolkata"], autouse=True)
def server_zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """The clock of the server must not matter."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    system_time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    system_time.tzset()


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_a_day_is_a_step_of_the_calendar_over_both_changes_of_the_clock() -> None:
    # Sat 30 Oct 2027 16:00 BST → Sun 16:00 GMT: 25 hours; Sat 27 Mar 2027 09:00 GMT → Sun 09:00 BST: 23 hours.
    assert clocks.shifted(utc(2027, 10, 30, 15), ONE_DAY, LONDON) == utc(2027, 10, 31, 16)
    assert clocks.shifted(utc(2027, 3, 27, 9), ONE_DAY, LONDON) == utc(2027, 3, 28, 8)


def test_hours_elapse_over_a_change_of_the_clock() -> None:
    day = Length(amount=24, unit=Unit.HOURS)
    assert clocks.shifted(utc(2027, 10, 30, 15), day, LONDON) == utc(2027, 10, 31, 15)


def test_a_doubled_hour_counts_once_and_the_first_time() -> None:
    found = clocks.next_time(utc(2027, 10, 30, 12), time(1, 30), (), LONDON)

    assert found == utc(2027, 10, 31, 0, 30)
    assert clocks.next_time(found + clocks.TOLERANCE * 2, time(1, 30), (), LONDON) == utc(2027, 11, 1, 1, 30)


def test_an_hour_that_is_missing_is_the_first_instant_after_the_gap() -> None:
    assert clocks.next_time(utc(2027, 3, 27, 12), time(1, 30), (), LONDON) == utc(2027, 3, 28, 1)
    assert clocks.instant(datetime(2027, 3, 28, 1, 0, 1), LONDON) == utc(2027, 3, 28, 1)


def test_whoever_comes_just_after_the_hour_goes_on_at_once() -> None:
    late = utc(2026, 11, 30, 7, 20)
    assert clocks.next_time(late, time(9), (), SANDTON) == late
    assert clocks.next_time(utc(2026, 11, 30, 7, 31), time(9), (), SANDTON) == utc(2026, 12, 1, 7)


def test_weekdays_are_those_of_the_wall_clock() -> None:
    # Sunday 23:30 UTC is Monday 01:30 in Johannesburg: Monday 09:00 is today.
    assert clocks.next_time(utc(2026, 11, 29, 23, 30), time(9), (1,), SANDTON) == utc(2026, 11, 30, 7)
    assert clocks.next_time(utc(2026, 11, 30, 8), time(9), (1,), SANDTON) == utc(2026, 12, 7, 7)


def test_29_february_is_kept_on_the_28th_in_common_years_and_by_choice_on_1_march() -> None:
    born = date(1960, 2, 29)

    assert clocks.occurrence(born, 2027) == date(2027, 2, 28)
    assert clocks.occurrence(born, 2027, LeapDay.MARCH_1) == date(2027, 3, 1)
    assert clocks.occurrence(born, 2028) == date(2028, 2, 29)
    before = clocks.at_date(date(2027, 2, 28), LONDON, offset=-1, unit=Unit.DAYS, at=time(9))
    assert before == utc(2027, 2, 27, 9)


def test_the_next_occurrence_counts_from_the_local_day_that_fired() -> None:
    # Midnight in Sandton is 22:00 UTC of the day before: the next one is next year.
    fired = clocks.at_date(date(2027, 5, 4), SANDTON, offset=0, unit=Unit.DAYS)
    assert fired == utc(2027, 5, 3, 22)
    following = fired.astimezone(SANDTON).date() + timedelta(days=1)
    assert clocks.next_occurrence(date(1980, 5, 4), following) == date(2028, 5, 4)


@given(st.dates(date(1920, 1, 1), date(2020, 12, 31)), st.integers(2021, 2110), st.sampled_from(LeapDay))
def test_who_is_looked_for_on_a_day_is_who_keeps_it(born: date, year: int, leap_day: LeapDay) -> None:
    day = clocks.occurrence(born, year, leap_day)
    assert (born.month, born.day) in clocks.born_on(day, leap_day)


def test_a_month_without_the_day_ends_with_its_last() -> None:
    month = Length(amount=1, unit=Unit.MONTHS)
    assert clocks.moved(datetime(2027, 1, 31, 9), month) == datetime(2027, 2, 28, 9)
    assert clocks.moved(datetime(2027, 1, 31, 9), month, sign=-1) == datetime(2026, 12, 31, 9)


def test_an_offset_from_a_moment_keeps_its_wall_clock() -> None:
    tee_time = utc(2027, 3, 28, 9)  # Sunday 10:00 BST, the day of the change
    assert clocks.at_date(tee_time, LONDON, offset=-1, unit=Unit.DAYS) == utc(2027, 3, 27, 10)
    assert clocks.at_date(tee_time, LONDON, offset=-2, unit=Unit.HOURS) == utc(2027, 3, 28, 7)


def test_missed_times_of_a_schedule_are_one() -> None:
    newest, count = clocks.newest_due("0 9 * * *", utc(2026, 11, 1, 12), utc(2026, 11, 7, 12), SANDTON)
    assert (newest, count) == (utc(2026, 11, 7, 7), 6)
    assert clocks.newest_due("0 9 * * *", utc(2026, 11, 7, 7), utc(2026, 11, 7, 12), SANDTON) == (None, 0)


def test_a_schedule_in_the_doubled_hour_comes_once() -> None:
    times = list(clocks.cron_times("30 1 * * *", utc(2027, 10, 30, 12), utc(2027, 11, 1, 12), LONDON))
    assert times == [utc(2027, 10, 31, 0, 30), utc(2027, 11, 1, 1, 30)]


def test_a_schedule_that_is_none_is_refused() -> None:
    assert clocks.check_cron("0 9 * * 1") is None
    assert "five fields" in (clocks.check_cron("every day") or "")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from([LONDON, SANDTON, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/New_York")]),
)
def test_an_instant_shows_the_wall_clock_or_comes_right_after_its_gap(
    local: datetime, zone: ZoneInfo
) -> None:
    local = local.replace(microsecond=0)
    found = clocks.instant(local, zone)
    shown = found.astimezone(zone).replace(tzinfo=None)
    if shown != local:
        assert shown > local
        assert (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None) < local
    else:
        earlier = (found - timedelta(hours=1)).astimezone(zone).replace(tzinfo=None)
        assert earlier != local
