"""The time of day that stands behind a date in a cell. Pure."""

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Final, NamedTuple

# 1984-05-17T22:00:00.000Z, 5/17/1984 12:00:00 AM, 17.05.1984 0:00, 1984-05-17 00:00:00 +0200, 17/05/1984 14h30
BEHIND_DAY: Final = re.compile(
    r"(?P<day>.*\d)(?:T|,? +)(?P<hour>[01]?\d|2[0-4])[:h](?P<minute>[0-5]\d)"
    r"(?::(?P<second>[0-5]\d)(?:[.,]\d{1,9})?)?(?: ?(?P<half>[ap])\.? ?m\.?)?"
    r"(?: ?(?P<offset>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?))?(?: ?\(?[A-Z]{2,5}\)?)?",
    re.IGNORECASE,
)
# 1984-05-17T00:00+02:00[Africa/Johannesburg], as Java writes it; 1984-05-17Z and 1984-05-17+02:00, as XML does.
NAMED_ZONE: Final = re.compile(r"(?<=[\dZ])\[\w+(?:/[\w+-]+)*\]$")
XML_DAY: Final = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)")
PACKED: Final = re.compile(
    r"(?P<day>(?:19|20)\d{6})T?(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?P<second>[0-5]\d)(?P<offset>Z)?"
)
# A day of a spreadsheet's calendar, its time as a part of the day.
SERIAL: Final = re.compile(r"(?P<day>\d{5})[.,](?P<part>\d+)")
SECONDS_OF_DAY: Final = 86_400
NOON: Final = 12
LAST_MINUTE: Final = time(23, 59)


class Clock(NamedTuple):
    """A time of day; `offset`: from UTC, where it says so."""

    at: time
    offset: timedelta | None = None

    def on(self, day: date) -> datetime:
        """The time on a day; without an offset on nobody's clock."""
        zone = None if self.offset is None else timezone(self.offset)
        return datetime.combine(day, self.at, zone)


def day_and_clock(text: str) -> tuple[str, Clock | None]:
    """A cell without the time behind its day, and that time; None: there is none."""
    text = NAMED_ZONE.sub("", text)
    if match := XML_DAY.fullmatch(text):
        # A day of a zone is that day.
        return match["day"], None
    if match := SERIAL.fullmatch(text):
        seconds = round(float(f"0.{match['part']}") * SECONDS_OF_DAY) % SECONDS_OF_DAY
        return match["day"], Clock((datetime.min + timedelta(seconds=seconds)).time())
    match = PACKED.fullmatch(text) or BEHIND_DAY.fullmatch(text)
    if match is None:
        return text, None
    told = match.groupdict()
    hour = int(told["hour"])
    if told.get("half"):
        hour = hour % NOON + (NOON if told["half"] in "pP" else 0)
    at = time(hour % 24, int(told["minute"]), int(told["second"] or 0))
    return told["day"], Clock(at, _offset(told.get("offset")))


def _offset(text: str | None) -> timedelta | None:
    if text is None:
        return None
    digits = "".join(filter(str.isdigit, text)).ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if size >= timedelta(days=1):
        return None
    return -size if "-" in text else size
