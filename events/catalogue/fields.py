"""The kinds of values that payloads hold, and how each is read.

A reader is a plain function: it gives the value, None for null and blank text (both mean "nothing"), or
raises PydanticCustomError with words that follow the field's name. Lengths are in characters.

A refused value costs the event, except where less is safe: what an event tells besides costs its field only
(`incidental`), and so does a day that no calendar has.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Final, Never, TypeVar

from pydantic import PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from events.catalogue.losses import Loss
from events.empty_ids import stands_for_nothing
from events.iso_time import moment_from_iso
from events.plain_text import visible

LARGEST_CENTS: Final = 2**53  # What every JSON reader holds exactly.
LARGEST_MEMBER_ID: Final = 2**63 - 1
LOWEST_HANDICAP, HIGHEST_HANDICAP = -15, 54
TENTH: Final = Decimal("0.1")
NOISE: Final = Decimal("0.000001")
LARGEST_COUNT: Final = 100_000
LARGEST_DIFFERENTIAL: Final = 1_000
EARLIEST_YEAR, LATEST_YEAR = 1900, 9998  # Any offset applies to these without leaving the calendar.
MOST_CHANGES: Final = 100

MEMBER_ID: Final = re.compile(r"[0-9]{1,19}")
CURRENCY: Final = re.compile(r"[A-Za-z]{3}")
# The error of a value that costs its field and not the event.
LEFT_ASIDE: Final = "left_aside"
EMPTY_DAY: Final = "0000-00-00"
# The empty dates of MySQL and .NET.
EMPTY_MOMENTS: Final = (EMPTY_DAY, "0001-01-01T00:00:00", "0001-01-01 00:00:00")
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Written as days are, with too little or too much: a year, a month, 30 February, 1984-00-00, a time of day.
LIKE_A_DAY: Final = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}(?:[Tt ].*)?")
WEB_SCHEMES: Final = ("http://", "https://")


Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=StrEnum)


class Channel(StrEnum):
    """By which way a message goes."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    PUSH = "PUSH"
    WHATSAPP = "WHATSAPP"


def refuse(words: str) -> Never:
    """Refuse a value; the words follow the name of its field."""
    # The braces of a template would be filled in by pydantic.
    raise PydanticCustomError("unfit", "{words}", {"words": words})


def leave_aside(words: str) -> Never:
    """Refuse a value so that only its field is lost; the words follow the name of the field."""
    raise PydanticCustomError(LEFT_ASIDE, "{words}", {"words": words})


def incidental(read: Callable[[object], Value | None]) -> Callable[[object], Value | None]:
    """The reader of a field that is told besides: what cannot be read is left aside, and the event counts.

    Not for keys, consent, amounts and whatever an effect would be stronger without.
    """

    def read_incidental(value: object) -> Value | None:
        try:
            return read(value)
        except PydanticCustomError as error:
            leave_aside(error.message())

    return read_incidental


def required(read: Callable[[object], Value | None]) -> Callable[[object], Value]:
    """The reader of a field that must say something."""

    def read_required(value: object) -> Value:
        read_value = read(value)
        if read_value is None:
            refuse("is missing")
        return read_value

    return read_required


def text(longest: int, *, keep_lines: bool = False) -> Callable[[object], str | None]:
    """Reader of text, trimmed, without signs that nobody sees.

    Whole numbers count as text: so some services send ids and phones.
    """

    def read_text(value: object) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            check_nothing(value, "must be text")
            return None
        value = visible(value, keep_lines=keep_lines).strip()
        if len(value) > longest:
            refuse(f"has {len(value)} characters; {longest} is the limit")
        return value or None

    return read_text


def one_of(choices: type[Choice]) -> Callable[[object], Choice | None]:
    """Reader of an enumeration's value, in any case of letters."""
    by_name = {choice.value.casefold(): choice for choice in choices}
    words = f"must be one of {', '.join(choice.value for choice in choices)}"

    def read_choice(value: object) -> Choice | None:
        if not isinstance(value, str):
            check_nothing(value, words)
            return None
        name = value.strip().casefold()
        if name and name not in by_name:
            refuse(words)
        return by_name.get(name)

    return read_choice


def channel_or(default: Channel) -> Callable[[object], Channel]:
    """Reader of a channel that goes without saying."""
    read = one_of(Channel)
    return lambda value: read(value) or default


def count_from(lowest: int, highest: int, words: str) -> Callable[[object], int | None]:
    """Reader of a whole number; 5.0 is one, "5" and true are not."""

    def read_whole_number(value: object) -> int | None:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            check_nothing(value, words)
            return None
        if not lowest <= value <= highest:
            refuse(words)
        return value

    return read_whole_number


def check_nothing(value: object, words: str) -> None:
    """Refuse a value of the wrong kind, unless it says nothing: null or blank text."""
    if value is not None and not (isinstance(value, str) and not value.strip()):
        refuse(words)


_read_positive = count_from(1, LARGEST_MEMBER_ID, "must be a member number, a whole number above zero")


def read_member_id(value: object) -> int | None:
    """SCL's member id: a whole number above zero, or its digits as text."""
    if isinstance(value, str) and MEMBER_ID.fullmatch(value.strip()):
        value = int(value)
    return _read_positive(value)


def read_handicap(value: object) -> Decimal | None:
    """A handicap, rounded to one decimal; a plus handicap is negative."""
    words = f"must be a number from {LOWEST_HANDICAP} to {HIGHEST_HANDICAP}, negative for a plus handicap"
    if not isinstance(value, int | float) or isinstance(value, bool):
        check_nothing(value, words)
        return None
    if not LOWEST_HANDICAP <= value <= HIGHEST_HANDICAP:
        refuse(words)
    return to_tenth(Decimal(str(value)))


def to_tenth(strokes: Decimal) -> Decimal:
    """A handicap with one decimal, of two the nearer; the same at every door."""
    return strokes.quantize(TENTH, ROUND_HALF_UP)


def is_rounded(strokes: Decimal) -> bool:
    """Whether a handicap loses something by one decimal; 12.299999999999999 is how computers write 12.3."""
    return abs(strokes - to_tenth(strokes)) > NOISE


def rounded_handicap(value: object, read: Decimal | None) -> str:
    """What a handicap was rounded to, in words; empty where nothing was lost."""
    if read is None or not isinstance(value, int | float) or not is_rounded(Decimal(str(value))):
        return ""
    return f"{read + 0:.1f}"


def read_differential(value: object) -> float | None:
    """A score differential."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        check_nothing(value, "must be a number")
        return None
    if not -LARGEST_DIFFERENTIAL <= value <= LARGEST_DIFFERENTIAL:
        refuse(f"must be a number from -{LARGEST_DIFFERENTIAL} to {LARGEST_DIFFERENTIAL}")
    return float(value)


def read_flag(value: object) -> bool | None:
    """True or false and nothing that looks like it: consent hangs on it."""
    if isinstance(value, bool):
        return value
    check_nothing(value, "must be true or false")
    return None


def read_status(value: object) -> str | None:
    """A status of a service, as UPPER_SNAKE: "Pending payment" and "PENDING_PAYMENT" are one."""
    status = _read_short_text(value)
    return status and status.upper().replace(" ", "_").replace("-", "_")


def read_currency(value: object) -> str | None:
    """Three letters of ISO 4217, in capitals."""
    words = "must be a currency code of three letters, such as ZAR"
    if not isinstance(value, str) or not value.strip():
        check_nothing(value, words)
        return None
    code = value.strip()
    if not CURRENCY.fullmatch(code):
        refuse(words)
    return code.upper()


def read_web_address(value: object) -> str | None:
    """An address that a page may link to."""
    address = _read_address(value)
    if address and not address.lower().startswith(WEB_SCHEMES):
        refuse("must be a web address that begins with https:// or http://")
    return address


def read_moment(value: object) -> datetime | None:
    """An ISO 8601 time. Without an offset it stays naive: the clock on the club's wall (see `at_club`)."""
    words = "must be a date with a time in ISO 8601, such as 2026-03-14T07:30:00+02:00"
    if not isinstance(value, str) or not value.strip():
        check_nothing(value, words)
        return None
    if value.strip().startswith(EMPTY_MOMENTS):
        return None
    moment = moment_from_iso(value.strip())
    if moment is None or not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        refuse(words)
    return moment


def read_day(value: object, info: ValidationInfo) -> date | None:
    """A calendar day. A time is taken for its day only at midnight, as it is written or on the club's clock.

    Services that keep days as times send 1984-05-17T00:00:00.000Z, or the club's own midnight in UTC; any other time of
    day could mean the day before or after, and a birthday must not be guessed. The validation's context is the club's
    zone; without one only what is written counts.
    """
    words = "must be a date such as 2026-03-31, without a time of day"
    if isinstance(value, int) and EARLIEST_YEAR <= value <= LATEST_YEAR:
        leave_aside(words)
    moment = _day_or_moment(value, words)
    if isinstance(moment, datetime):
        return day_at_midnight(moment, _zone_of(info)) or leave_aside(words)
    return moment


def read_day_of(value: object, info: ValidationInfo) -> date | None:
    """The calendar day on which something happened: a date, or the day of a time on the club's clock.

    A midnight as it is written stands for its date, whatever the club's clock says.
    """
    moment = _day_or_moment(value, "must be a date such as 2026-03-31")
    if not isinstance(moment, datetime):
        return moment
    zone = _zone_of(info)
    if zone is None or moment.tzinfo is None or moment.time() == time.min:
        return moment.date()
    return moment.astimezone(zone).date()


def day_at_midnight(moment: datetime, zone: tzinfo | None) -> date | None:
    """The day that begins at a time: by the time's own offset, else in the zone; None: none begins then.

    Where clocks skip midnight, the day begins with the first moment it has.
    """
    if moment.time() == time.min:
        return moment.date()
    if zone is None or moment.tzinfo is None:
        return None
    day = moment.astimezone(zone).date()
    # As UTC: two times of one zone are compared by their faces.
    begins = datetime.combine(day, time.min, zone).astimezone(UTC)
    return day if begins == moment.astimezone(UTC) else None


def _zone_of(info: ValidationInfo) -> tzinfo | None:
    return info.context if isinstance(info.context, tzinfo) else None


def _day_or_moment(value: object, words: str) -> date | None:
    if not isinstance(value, str) or not value.strip():
        check_nothing(value, words)
        return None
    written = value.strip()
    # MySQL's empty date is 0000-00-00; others write null or N/A. The rest of the event counts.
    if written.startswith(EMPTY_DAY) or (" " not in written and stands_for_nothing(written)):
        return None
    if not LIKE_A_DAY.fullmatch(written):
        refuse(words)
    if not DAY.fullmatch(written):
        return moment_from_iso(written) or leave_aside(words)
    try:
        return date.fromisoformat(written)
    except ValueError:
        leave_aside(words)


def read_changes(value: object) -> tuple[str, ...]:
    """Names of changed fields, as the service calls them."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        refuse("must be a list of field names")
    if len(value) > MOST_CHANGES:
        refuse(f"names more than {MOST_CHANGES} fields")
    return tuple(name.strip() for name in value)


def at_club(moment: datetime, zone: tzinfo) -> datetime:
    """A payload's time as the club's clock shows it; a naive one is on that clock already."""
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


_read_short_text = text(200)
_read_address = text(4_000)
_read_cents = count_from(-LARGEST_CENTS, LARGEST_CENTS, "must be a whole number of cents")
_read_count = count_from(0, LARGEST_COUNT, f"must be a whole number from 0 to {LARGEST_COUNT}")

Name = Annotated[str | None, PlainValidator(_read_short_text)]
RequiredName = Annotated[str, PlainValidator(required(_read_short_text))]
Id = Annotated[str | None, PlainValidator(_read_short_text)]
RequiredId = Annotated[str, PlainValidator(required(_read_short_text))]
Prose = Annotated[str | None, PlainValidator(incidental(text(5_000, keep_lines=True)))]
Email = Annotated[str | None, PlainValidator(text(320))]
Phone = Annotated[str | None, PlainValidator(text(100))]
Address = Annotated[str | None, PlainValidator(_read_address)]
WebAddress = Annotated[str | None, PlainValidator(read_web_address)]
Status = Annotated[str | None, PlainValidator(read_status)]
RequiredStatus = Annotated[str, PlainValidator(required(read_status))]
MemberId = Annotated[int | None, PlainValidator(read_member_id)]
RequiredMemberId = Annotated[int, PlainValidator(required(read_member_id))]
Cents = Annotated[int | None, PlainValidator(_read_cents)]
RequiredCents = Annotated[int, PlainValidator(required(_read_cents))]
# What went back; some services write it as money below zero.
RequiredCentsBack = Annotated[int, PlainValidator(lambda value: abs(required(_read_cents)(value)))]
Currency = Annotated[str | None, PlainValidator(read_currency)]
Count = Annotated[int | None, PlainValidator(_read_count)]
IncidentalCount = Annotated[int | None, PlainValidator(incidental(_read_count))]
_TO_TENTH = Loss("has more than one decimal", rounded_handicap)
Handicap = Annotated[Decimal | None, PlainValidator(read_handicap), _TO_TENTH]
IncidentalHandicap = Annotated[Decimal | None, PlainValidator(incidental(read_handicap)), _TO_TENTH]
RequiredHandicap = Annotated[Decimal, PlainValidator(required(read_handicap)), _TO_TENTH]
Differential = Annotated[float | None, PlainValidator(incidental(read_differential))]
Flag = Annotated[bool | None, PlainValidator(read_flag)]
Moment = Annotated[datetime | None, PlainValidator(read_moment)]
IncidentalMoment = Annotated[datetime | None, PlainValidator(incidental(read_moment))]
RequiredMoment = Annotated[datetime, PlainValidator(required(read_moment))]
Day = Annotated[date | None, PlainValidator(read_day)]
DayOf = Annotated[date | None, PlainValidator(read_day_of)]
Changes = Annotated[tuple[str, ...], PlainValidator(read_changes)]
ChannelChoice = Annotated[Channel | None, PlainValidator(one_of(Channel))]
RequiredChannel = Annotated[Channel, PlainValidator(required(one_of(Channel)))]
