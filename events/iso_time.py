"""Reading ISO 8601 times strictly: calendar date and clock, with or without an offset."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

# Narrower than datetime.fromisoformat, which also takes bare dates, week dates and forms without separators.
MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
# Offsets from here on are none of a place on earth, and none that PostgreSQL reads.
FAR: Final = timedelta(hours=16)


def moment_from_iso(text: str) -> datetime | None:
    """The time that a text gives: aware if it has an offset, else naive; None when it is no such text.

    Parts of a second beyond microseconds are cut off. What lies sixteen hours or more from UTC comes in UTC.
    """
    if MOMENT.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text if text[-1] != "z" else text.upper())
        return within_reach(moment)
    except (ValueError, OverflowError):
        return None


def within_reach(moment: datetime) -> datetime:
    """The same time, in UTC where its offset is one that PostgreSQL refuses; raises OverflowError."""
    return moment.astimezone(UTC) if abs(moment.utcoffset() or timedelta()) >= FAR else moment


def utc_text(moment: datetime) -> str:
    """A time as it is told to others: in UTC, with `Z` at its end."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
