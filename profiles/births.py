"""Which dates of birth are believed. Pure.

Programs write a date of their own where none is known; who believes it makes strangers of one person, or one person
of strangers.
"""

from collections.abc import Collection
from datetime import date
from typing import Final

EARLIEST: Final = date(1900, 1, 1)
# Beginnings of calendars: of .NET, of SQL Server, of spreadsheets, of Unix.
DEFAULTS: Final = frozenset(
    {
        date(1, 1, 1),
        date(1753, 1, 1),
        date(1899, 12, 30),
        date(1899, 12, 31),
        date(1900, 1, 1),
        date(1904, 1, 1),
        # West of Greenwich Unix begins on the evening before.
        date(1969, 12, 31),
        date(1970, 1, 1),
    }
)


def doubt(day: date, today: date, defaults: Collection[date] = ()) -> str:
    """Why a date of birth is not believed, in words; empty where it is. `defaults`: the club's own."""
    if day in DEFAULTS or day in defaults:
        return f"{day.isoformat()} is what programs write where no date of birth is known"
    if day < EARLIEST or day > today:
        return f"{day.isoformat()} does not lie between 1900 and today"
    return ""
