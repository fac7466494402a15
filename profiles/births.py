"""Which dates of birth are believed. Pure.

Programs write a date of their own where none is known; who believes it makes strangers of one person, or one person
of strangers.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

EARLIEST: Final = date(1900, 1, 1)
# Beginnings of calendars: of .NET, of SQL Server, of spreadsheets, of Unix; and where forms and migrations start.
DEFAULTS: Final = frozenset(
    {
        date(1, 1, 1),
        date(1753, 1, 1),
        date(1899, 12, 30),
        date(1899, 12, 31),
        date(1900, 1, 1),
        date(1901, 1, 1),
        date(1904, 1, 1),
        date(1950, 1, 1),
        # West of Greenwich Unix begins on the evening before.
        date(1969, 12, 31),
        date(1970, 1, 1),
        date(1980, 1, 1),
        date(2000, 1, 1),
        date(2001, 1, 1),
    }
)
# Clocks of services may be a zone behind the club's.
A_DAY: Final = timedelta(days=1)


def doubt(day: date, today: date, defaults: Collection[date] = (), *, told_on: date | None = None) -> str:
    """Why a date of birth is not believed, in words; empty where it is.

    `defaults`: the club's own. `told_on`: the day on which it was told, where that is not today: nobody comes to a club
    on the day of their birth.
    """
    if day in DEFAULTS or day in defaults:
        return f"{day.isoformat()} is what programs write where no date of birth is known"
    if day < EARLIEST or day > today:
        return f"{day.isoformat()} does not lie between 1900 and today"
    if abs(day - (told_on or today)) <= A_DAY:
        return f"{day.isoformat()} is the day on which it was told, and nobody's date of birth"
    return ""


def distinctive(day: date | None) -> date | None:
    """A date of birth as far as it tells people apart, or that they are one.

    1 January does neither: it is what programs make of a year of which they know no day.
    """
    return None if day is None or (day.month, day.day) == (1, 1) else day
