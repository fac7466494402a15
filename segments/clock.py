"""The club's calendar at one moment: what "today", "30 days ago" and "her birthday" mean there and then.

Windows count whole days on the club's clock, so that they move at its midnight and at no other time. A day begins at
midnight, or when the clock jumps over it. Whoever was born on 29 February has their day on 28 February in other years.
"""

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

LEAP_DAY = (2, 29)


@dataclass(frozen=True)
class Clock:
    """A moment and the zone in which its day is told; `is_past`: what happened after it does not count."""

    now: datetime
    zone: ZoneInfo
    is_past: bool = False

    @cached_property
    def today(self) -> date:
        """The club's date."""
        return self.now.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The first moment of a day on the club's clock, in UTC."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)

    def day(self, offset: int) -> date:
        """Today and so many days; beyond the calendar its first or last day."""
        try:
            return self.today + timedelta(days=offset)
        except OverflowError:
            return date.min if offset < 0 else date.max

    def exact(self, moment: datetime) -> datetime:
        """A point in time; one without an offset is meant on the club's clock."""
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def month(self) -> tuple[date, date]:
        """The first and the last day of the current month."""
        first = self.today.replace(day=1)
        return first, first.replace(day=monthrange(first.year, first.month)[1])

    def born_by(self, age: int) -> date:
        """The latest birthday of those who are at least so old today."""
        year = self.today.year - age
        if year < date.min.year:
            return date.min
        if year > date.max.year:
            return date.max
        month, day = self.today.month, self.today.day
        if (month, day) == LEAP_DAY and not isleap(year):
            return date(year, 2, 28)
        if (month, day) == (2, 28) and not isleap(self.today.year) and isleap(year):
            return date(year, *LEAP_DAY)
        return date(year, month, day)

    def days_of_year(self, days: int) -> dict[int, list[int]]:
        """Year → days (month × 100 + day) from today on whose anniversary is in the next so many days."""
        found: dict[int, list[int]] = {}
        for offset in range(days + 1):
            day = self.day(offset)
            keys = found.setdefault(day.year, [])
            keys.append(day.month * 100 + day.day)
            if (day.month, day.day) == (2, 28) and not isleap(day.year):
                keys.append(229)
        return found


def next_day(day: date) -> date:
    """The day after; the last one of the calendar has none."""
    return day if day == date.max else day + timedelta(days=1)
