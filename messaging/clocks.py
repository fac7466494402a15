"""Wall-clock times as instants, on both changes of the clock, and the windows of quiet hours."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a wall-clock time without zone.

    A time that the clock shows twice is the first; one that it skips is the first instant after the gap.
    """
    first = local.replace(tzinfo=zone, fold=0)
    found = first.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local:
        return found
    return _end_of_gap(local.replace(tzinfo=zone, fold=1).astimezone(UTC), found, zone)


def said_if_skipped(local: datetime, zone: ZoneInfo) -> str:
    """A sentence to append where the zone's clock never shows a wall-clock time (without zone); else ""."""
    is_shown = instant(local, zone).astimezone(zone).replace(tzinfo=None) == local
    return "" if is_shown else f" The clock shows no {local:%H:%M} on that day."


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The change of the clock between two instants, to the second."""
    offset = before.astimezone(zone).utcoffset()
    low, high = before, after
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == offset else (low, middle)
    return high


class QuietWindow(NamedTuple):
    """From when until when (UTC) nobody in the zone is written to."""

    zone: str
    starts: datetime
    until: datetime


@lru_cache(maxsize=50_000)
def _window(zone: str, day: date, quiet_from: time, quiet_until: time) -> QuietWindow:
    there = ZoneInfo(zone)
    last = day if quiet_until > quiet_from else day + DAY
    return QuietWindow(
        zone,
        instant(datetime.combine(day, quiet_from), there),
        instant(datetime.combine(last, quiet_until), there),
    )


def quiet_windows(
    zone: str, quiet_from: time, quiet_until: time, first: datetime, last: datetime
) -> Iterator[QuietWindow]:
    """The windows that touch the time between two instants, and the next one after."""
    there = ZoneInfo(zone)
    day = first.astimezone(there).date() - DAY
    end = last.astimezone(there).date() + DAY
    while day <= end:
        yield _window(zone, day, quiet_from, quiet_until)
        day += DAY
