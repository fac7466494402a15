"""When a campaign is due, on both changes of the clock and in a zone without any."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns import schedule
from campaigns.schedule import InvalidPattern
from messaging.clocks import instant

LONDON, JOHANNESBURG = ZoneInfo("Europe/London"), ZoneInfo("Africa/Johannesburg")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "zone", "moment"),
    [
        ("2026-03-28T09:00", LONDON, "2026-03-28T09:00"),
        ("2026-03-30T09:00", LONDON, "2026-03-30T08:00"),
        ("2026-03-29T01:30", LONDON, "2026-03-29T01:00"),  # no clock shows it: when the jump is over
        ("2026-03-29T01:00", LONDON, "2026-03-29T01:00"),
        ("2026-03-29T02:00", LONDON, "2026-03-29T01:00"),
        ("2026-10-25T01:30", LONDON, "2026-10-25T00:30"),  # twice: the first time
        ("2026-10-25T02:00", LONDON, "2026-10-25T02:00"),
        ("2026-03-29T01:30", JOHANNESBURG, "2026-03-28T23:30"),
        ("2026-10-25T01:30", JOHANNESBURG, "2026-10-24T23:30"),
    ],
)
def test_a_time_on_the_wall_is_one_moment(wall: str, zone: ZoneInfo, moment: str) -> None:
    assert instant(datetime.fromisoformat(wall), zone) == utc(moment)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-27T12:00", ["2026-03-28T09:00", "2026-03-29T08:00", "2026-03-30T08:00"]),
        ("2026-10-23T12:00", ["2026-10-24T08:00", "2026-10-25T09:00", "2026-10-26T09:00"]),
    ],
)
def test_nine_in_the_morning_stays_nine_in_the_morning(after: str, expected: list[str]) -> None:
    found = schedule.next_occurrences("0 9 * * *", LONDON, after=utc(after), count=3)

    assert found == [utc(text) for text in expected]


def test_a_pattern_is_due_once_on_the_days_on_which_the_clock_changes() -> None:
    spring = schedule.occurrences(
        "30 1 * * *", LONDON, after=utc("2026-03-28T12:00"), until=utc("2026-03-30T12:00")
    )
    autumn = schedule.occurrences(
        "30 1 * * *", LONDON, after=utc("2026-10-24T12:00"), until=utc("2026-10-26T12:00")
    )

    assert list(spring) == [utc("2026-03-29T01:00"), utc("2026-03-30T00:30")]
    assert list(autumn) == [utc("2026-10-25T00:30"), utc("2026-10-26T01:30")]


@pytest.mark.parametrize(
    ("pattern", "zone", "after", "expected"),
    [
        # One o'clock does not exist that night: it and two o'clock are the same moment, and one sending.
        ("0 1,2 * * *", "Europe/London", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]),
        # One o'clock comes twice; two o'clock once.
        ("0 1,2 * * *", "Europe/London", "2026-10-24T12:00", ["2026-10-25T00:00", "2026-10-25T02:00"]),
        # Asked between the two half past ones: the second is none.
        ("30 1 * * *", "Europe/London", "2026-10-25T00:45", ["2026-10-26T01:30"]),
        # The last Sunday of the month is the night of the change.
        ("0 2 * * 0#5", "Europe/London", "2026-03-01T12:00", ["2026-03-29T01:00", "2026-05-31T01:00"]),
        # Clocks that go by half an hour, and at midnight, where the day begins at one.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T10:00", ["2026-10-03T15:30", "2026-10-04T15:15"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T10:00", ["2026-04-04T14:45", "2026-04-05T15:15"]),
        ("0 0 * * *", "Africa/Cairo", "2026-04-22T23:00", ["2026-04-23T22:00", "2026-04-24T21:00"]),
        ("0 0 * * *", "Africa/Cairo", "2026-10-29T10:00", ["2026-10-29T22:00", "2026-10-30T22:00"]),
        # Days that most months do not have.
        ("0 9 31 * *", "Africa/Johannesburg", "2026-04-01T00:00", ["2026-05-31T07:00", "2026-07-31T07:00"]),
        ("0 9 29 2 *", "Africa/Johannesburg", "2026-03-01T00:00", ["2028-02-29T07:00", "2032-02-29T07:00"]),
    ],
)
def test_odd_patterns_on_odd_nights(pattern: str, zone: str, after: str, expected: list[str]) -> None:
    found = schedule.next_occurrences(pattern, ZoneInfo(zone), after=utc(after), count=len(expected))

    assert found == [utc(text) for text in expected]


def test_recurrence_ends() -> None:
    last = utc("2026-06-08T07:00")

    found = schedule.next_occurrence("0 9 * * 1", JOHANNESBURG, after=utc("2026-06-02T00:00"), until=last)

    assert found == last
    assert schedule.next_occurrence("0 9 * * 1", JOHANNESBURG, after=last, until=last) is None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("0 9 * *", "five fields"),
        ("0 0 9 * * 1", "five fields"),
        ("0 25 * * *", "Bad hour"),
        ("0 9 30 2 *", "Bad day-of-month"),
        ("*/5 * * * *", "too often"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_the_reason(pattern: str, why: str) -> None:
    with pytest.raises(InvalidPattern, match=why):
        schedule.check_pattern(pattern)


def test_a_pattern_is_told_in_words() -> None:
    assert schedule.explain("0 9 * * 1") == "At 09:00 on Monday"


def test_each_country_has_its_own_nine_in_the_morning() -> None:
    at_home = utc("2026-07-01T07:00")  # 09:00 in Johannesburg

    found = schedule.local_instants(at_home, JOHANNESBURG, ["ZA", "GB", "US", "AU", "", "XX"])

    assert found == {
        "ZA": at_home,
        "GB": utc("2026-07-01T08:00"),
        "US": utc("2026-07-01T13:00"),
        "AU": utc("2026-06-30T23:00"),
        "": at_home,
        "XX": at_home,
    }


def test_everybody_is_planned_before_the_first_clock_shows_the_time() -> None:
    moment = utc("2026-07-01T07:00")
    planned = schedule.planned_at(moment, is_own_zone=True)

    assert all(
        at >= planned for at in schedule.local_instants(moment, JOHANNESBURG, ["KI", "NZ", "US"]).values()
    )
    assert schedule.planned_at(moment, is_own_zone=False) == moment


def test_every_hour_comes_within_a_day_and_not_before_the_start() -> None:
    start = utc("2026-03-28T10:20")

    found = schedule.hours_of_day(start, LONDON)

    assert len(found) == 24
    assert found[11] == utc("2026-03-28T11:00")
    assert found[10] == utc("2026-03-29T09:00")
    assert found[1] == utc("2026-03-29T01:00")
    assert all(start <= at <= start + timedelta(days=1) for at in found)


def test_a_country_has_one_clock() -> None:
    assert schedule.zone_of_country("za") == "Africa/Johannesburg"
    assert schedule.zone_of_country("US") == "America/New_York"
    assert schedule.zone_of_country("") is None
    zones = [schedule.zone_of_country(country) for country in schedule.LARGEST]
    assert all(ZoneInfo(zone) for zone in zones if zone)


def test_late_is_more_than_the_grace_time() -> None:
    due = utc("2026-07-01T07:00")

    assert not schedule.is_late(due, due + timedelta(minutes=60), timedelta(minutes=60))
    assert schedule.is_late(due, due + timedelta(minutes=61), timedelta(minutes=60))
