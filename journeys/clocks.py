"""When a wait ends: calendar arithmetic on the wall clock, then conversion to an instant. Pure.

Minutes and hours elapse. Days, weeks and months are steps of the calendar: over a change of the clock Saturday 09:00
and one day is Sunday 09:00. A local time that does not exist is the first instant after the gap; one that exists
twice is the first of the two. Every page, preview and the engine ask here.
"""

import calendar
from collections.abc import Collection, Iterator
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from journeys.definition.parts import Length, Unit
from journeys.definition.triggers import LeapDay

# Who arrives within this after the hour goes on at once.
TOLERANCE: Final = timedelta(minutes=30)
ELAPSING: Final = {Unit.MINUTES: timedelta(minutes=1), Unit.HOURS: timedelta(hours=1)}
DAYS_OF: Final = {Unit.DAYS: 1, Unit.WEEKS: 7}
MONTHS_A_YEAR: Final = 12
LEAP: Final = (2, 29)
# Programs write the ends of their calendars where they know no date (0001-01-01, 9999-12-31). What would lie beyond is
# as far as a clock goes: long over, or never.
EARLIEST: Final = datetime(1, 1, 2)
LATEST: Final = datetime(9999, 12, 30)
MOST_YEARS_AHEAD: Final = 3
DAYS_A_YEAR: Final = 365.25


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock time (naive) as an instant in UTC."""
    naive = _within(local.replace(tzinfo=None, fold=0))
    found = naive.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == naive:
        return found
    return _end_of_gap(naive, zone)


def _within(local: datetime) -> datetime:
    """As near as any clock can show it."""
    return min(max(local, EARLIEST), LATEST)


def _end_of_gap(naive: datetime, zone: ZoneInfo) -> datetime:
    """The change of the clock that skips this wall-clock time, to the second."""
    before = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    low, high = min(before, after), max(before, after)
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


def local_time(text: str) -> time:
    """`09:30` as a time."""
    hours, minutes = text.split(":")
    return time(int(hours), int(minutes))


def shifted(moment: datetime, length: Length, zone: ZoneInfo, *, sign: int = 1) -> datetime:
    """The instant a length after (or before) another."""
    if length.unit in ELAPSING:
        return moment + ELAPSING[length.unit] * length.amount * sign
    return instant(moved(moment.astimezone(zone).replace(tzinfo=None), length, sign=sign), zone)


def moved(local: datetime, length: Length, *, sign: int = 1) -> datetime:
    """A wall-clock time moved on the calendar; a day that the month does not have is its last one."""
    try:
        return _within(_moved(local, length, sign))
    except (OverflowError, ValueError):
        return LATEST if sign > 0 else EARLIEST


def _moved(local: datetime, length: Length, sign: int) -> datetime:
    if length.unit in ELAPSING:
        return local + ELAPSING[length.unit] * length.amount * sign
    if length.unit in DAYS_OF:
        return local + timedelta(days=DAYS_OF[length.unit] * length.amount * sign)
    months = local.year * MONTHS_A_YEAR + local.month - 1 + length.amount * sign
    year, month = divmod(months, MONTHS_A_YEAR)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)


def day_after(day: date, days: int) -> date:
    """The day so many days after another, or before."""
    length = Length(amount=abs(days), unit=Unit.DAYS)
    return moved(datetime.combine(day, time.min), length, sign=1 if days >= 0 else -1).date()


def next_time(
    moment: datetime,
    at: time,
    weekdays: Collection[int],
    zone: ZoneInfo,
    *,
    tolerance: timedelta = TOLERANCE,
) -> datetime:
    """The next instant at which the clock shows `at` on one of the weekdays (1 = Monday; none: any).

    Whoever comes at most `tolerance` after the hour goes on at once: the answer is the moment itself. Whoever comes
    round in a circle has been there at this hour, and is given none.
    """
    local = moment.astimezone(zone)
    for days in range(-1, 8):
        day = local.date() + timedelta(days=days)
        if weekdays and day.isoweekday() not in weekdays:
            continue
        found = instant(datetime.combine(day, at), zone)
        if found > moment:
            return found
        if moment - found <= tolerance and tolerance:
            return moment
    raise AssertionError("A week has every weekday.")


def occurrence(born: date, year: int, leap_day: LeapDay = LeapDay.FEBRUARY_28) -> date:
    """The anniversary of a date in a year; 29 February is kept on another day in common years."""
    if (born.month, born.day) == LEAP and not calendar.isleap(year):
        return date(year, 2, 28) if leap_day is LeapDay.FEBRUARY_28 else date(year, 3, 1)
    return date(year, born.month, born.day)


def next_occurrence(born: date, after: date, leap_day: LeapDay = LeapDay.FEBRUARY_28) -> date:
    """The first anniversary on or after a day."""
    found = occurrence(born, after.year, leap_day)
    return found if found >= after else occurrence(born, after.year + 1, leap_day)


def occurrence_from(born: date, after: date, offset: Length, sign: int, leap_day: LeapDay) -> date:
    """The first anniversary whose day, moved by an offset, is `after` or later."""
    away = round(sign * offset.days / DAYS_A_YEAR)
    for year in range(after.year - away - 2, after.year - away + MOST_YEARS_AHEAD + 1):
        found = occurrence(born, min(max(year, MINYEAR), MAXYEAR), leap_day)
        if moved(datetime.combine(found, time.min), offset, sign=sign).date() >= after:
            return found
    return found


def born_on(day: date, leap_day: LeapDay = LeapDay.FEBRUARY_28) -> list[tuple[int, int]]:
    """(month, day) pairs whose anniversary is kept on this day; the inverse of `occurrence`."""
    pairs = [(day.month, day.day)]
    if not calendar.isleap(day.year):
        kept = (2, 28) if leap_day is LeapDay.FEBRUARY_28 else (3, 1)
        if (day.month, day.day) == kept:
            pairs.append(LEAP)
    return pairs


def at_date(
    day: date | datetime, zone: ZoneInfo, *, offset: int, unit: Unit, at: time | None = None
) -> datetime:
    """The instant at an offset from a date (midnight of the clock, unless `at`) or from a moment."""
    length = Length(amount=abs(offset), unit=unit)
    sign = 1 if offset >= 0 else -1
    if isinstance(day, datetime) and day.tzinfo is not None:
        moment = min(max(day, EARLIEST.replace(tzinfo=UTC)), LATEST.replace(tzinfo=UTC))
        if unit in ELAPSING:
            return moved(moment.astimezone(UTC).replace(tzinfo=None), length, sign=sign).replace(tzinfo=UTC)
        local = moved(_on_clock(moment, zone), length, sign=sign)
    else:
        start = day.replace(tzinfo=None) if isinstance(day, datetime) else datetime.combine(day, time.min)
        local = moved(start, length, sign=sign)
    return instant(datetime.combine(local.date(), at) if at is not None else local, zone)


def _on_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clock shows at an instant; at the ends of the calendar what the one in UTC shows."""
    try:
        return moment.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return moment.replace(tzinfo=None)


def check_cron(text: str) -> str | None:
    """What is wrong with a schedule; None: nothing."""
    try:
        next(CronSim(text, datetime(2026, 1, 1)))
    except (CronSimError, StopIteration):
        return "Write a schedule with five fields, as in 0 9 * * 1 (Mondays at nine)."
    return None


def cron_times(text: str, after: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants of a schedule on the wall clock, each local occurrence once."""
    seen: set[datetime] = set()
    for local in CronSim(text, after.astimezone(zone).replace(tzinfo=None) - timedelta(hours=2)):
        found = instant(local, zone)
        if found > until:
            return
        if found > after and found not in seen:
            seen.add(found)
            yield found


def newest_due(text: str, after: datetime, now: datetime, zone: ZoneInfo) -> tuple[datetime | None, int]:
    """Of the occurrences in (after, now] the newest, and how many there were: missed ones are one."""
    times = list(cron_times(text, after, now, zone))
    return (times[-1], len(times)) if times else (None, 0)
