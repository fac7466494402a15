"""Cells as values in normal form: one reader per kind of column, which says what it cannot take."""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from events.catalogue.fields import (
    HIGHEST_HANDICAP,
    LARGEST_MEMBER_ID,
    LOWEST_HANDICAP,
    day_at_midnight,
    is_rounded,
    to_tenth,
)
from events.empty_ids import stands_for_nothing
from profiles.beside_numbers import MORE_THAN_ONE, beside_number, times_told
from profiles.births import doubt
from profiles.club import Club
from profiles.exchange.importing.clock_times import LAST_MINUTE, day_and_clock
from profiles.exchange.importing.countries import country_code
from profiles.exchange.importing.days import bare_month, bare_year, read_day
from profiles.exchange.importing.empty_cells import NAMES_TOO, NOT_YET, is_no_value
from profiles.exchange.importing.everyday_words import gender_of, language_code
from profiles.exchange.importing.handicaps import as_printed, read_strokes
from profiles.exchange.importing.plain_cells import plain, undefused
from profiles.exchange.importing.statuses import status_of
from profiles.exchange.importing.targets import Target
from profiles.normalise import BETWEEN_NUMBERS, folded, normal_id, printed_number, said_once
from profiles.shouted_names import as_written

LONGEST_TEXT: Final = 200
LONGEST_TAG: Final = 50
NAMES: Final = frozenset({Target.FIRST_NAME, Target.LAST_NAME, Target.FULL_NAME})
# Where words for nothing mean something.
MEANT: Final = frozenset({Target.STATUS, Target.HANDICAP})
MOST_TAGS: Final = 50
SCIENTIFIC: Final = re.compile(r"\+?\d+(?:[.,]\d+)?[eE]\+?\d{1,2}")
# What a number in a spreadsheet holds exactly.
EXACT_DIGITS: Final = 15
WHOLE: Final = re.compile(r"(\d+)[.,]0+")
# Said in front of a number, and no part of it: No. 123, Nr 17, n° 4, Member 12. With a hyphen it is one: NO-123.
NUMBER_LABEL: Final = re.compile(
    r"^\s*(?:#|(?:member|mem|mbr|lid|mitglied|membre|socio|no|nr|num|number|nummer|numero)?[.:]?\s*(?:no|nr|num|number|n°|nº|№)?"
    r"[.:]?\s+|(?:no|nr|n°|nº|№)[.:]?\s*)(?=\d[\d.,' ]*$)",
    re.IGNORECASE,
)
THOUSANDS: Final = re.compile(r"\d{1,3}(?:[ .,']\d{3})+")
BETWEEN_EMAILS: Final = re.compile(r"(?:[;,/|\s]|:::)+")
# The shortest that stand beside another: those of one town.
DIGITS_OF_ANOTHER: Final = 4
# How Google parts several values in one cell; a label that begins with a star is its own.
GOOGLE_MARK: Final = ":::"
BIRTHDAY_WITHOUT_YEAR: Final = re.compile(r"--\d{2}-?\d{2}")
LABELLED: Final = re.compile(r"^\s*\(?[A-Za-z]{1,9}\)?[.:\s]+(?=[+(\d])")
# 49 (0)171: a country's code that has lost its plus.
CODE_AND_ZERO: Final = re.compile(r"[1-9]\d{0,2} ?\(0\)")
IN_BRACKETS: Final = re.compile(r"<([^<>]+)>")
# What may stand beside an address: a label, another word in brackets; in front of it a name as well.
BESIDE_EMAIL: Final = re.compile(
    r"[(\[][^()\[\]]*[)\]]|\b[^\W\d_]{1,10}:|\b(?:and|or|und|oder|en|of|et|ou)\b|:::|[;,/|<>\"'().\s]",
    re.IGNORECASE,
)
NAME_IN_FRONT: Final = re.compile(r"^(?:[^\W\d_]{3,}[.,]?\s+)+")
LINK: Final = re.compile(r"^mailto:([^?\s]+)(?:\?.*)?$", re.IGNORECASE)
# Countries whose postcodes are numbers of so many digits, some of which begin with a zero.
POSTCODE_DIGITS: Final = {"ZA": 4, "DE": 5, "ES": 5, "FR": 5, "IT": 5, "US": 5}
POSTCODE_SIGN: Final = re.compile(r"[A-Z]{1,3}-(\d{4,5})")
LIFELONG: Final = frozenset(
    "life|lifetime|life member|for life|never|never expires|no expiry|does not expire|permanent|unlimited|lebenslang|"  # noqa: SIM905
    "unbegrenzt|lewenslank|levenslang|a vie|vitalicio|vitalicia|a vita".split("|")
)
# Beyond it a day is a program's word for "never".
LATEST_YEAR: Final = 2100
LISTS: Final = (("[", "]"), ("{", "}"), ("(", ")"))
OTHER_COMMAS: Final = str.maketrans({"،": ",", "、": ",", "，": ",", "；": ";"})
# What our own export writes needs no reading, but for values that are kept in another form.
AS_THEY_STAND: Final = frozenset(
    {
        Target.FIRST_NAME,
        Target.LAST_NAME,
        Target.GENDER,
        Target.COUNTRY,
        Target.LANGUAGE,
        Target.POSTCODE,
        Target.STATUS,
        Target.TIER,
        Target.HOME_CLUB,
        Target.PLAYER,
    }
)


class Unreadable(ValueError):
    """A cell that cannot be taken; the text says why, in words for staff."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading a cell depends on besides the cell."""

    club: Club
    today: date
    month_first: bool = False
    # The club's own words for statuses, folded → status; whether the file is our own export.
    statuses: Mapping[str, str] = field(default_factory=dict)
    is_own: bool = False


class Read(NamedTuple):
    """A value, and a remark where something was left aside on the way."""

    value: Any
    remark: str = ""


def read_cell(target: Target, cell: str, reader: Reader) -> Read:
    """A value in normal form, None for nothing; raises Unreadable.

    What is taken for nothing in a column of names is remarked, because it may be a name.
    """
    if reader.is_own and target in AS_THEY_STAND:
        return _text(undefused(cell), reader) if cell else Read(None)
    if reader.is_own and target is Target.TAGS:
        return Read(next(csv.reader([undefused(cell)], delimiter=";", skipinitialspace=True), None) or None)
    text = plain(cell)
    if target is not Target.TAGS:
        text = said_once(text)
    words = text.casefold()
    if not text:
        return Read(None)
    if is_no_value(words):
        return Read(None)
    if words in NOT_YET and target not in MEANT:
        return Read(None, f"{text!r} was taken for nothing" if target in NAMES else "")
    if (
        words in NAMES_TOO
        and target not in NAMES | MEANT
        and not (target is Target.COUNTRY and words == "na")
    ):
        return Read(None)
    try:
        return READERS.get(target, _text)(text, reader)
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        # No text of a cell may end more than its own cell.
        raise Unreadable(f"{text[:50]!r} cannot be read") from None


def _text(text: str, reader: Reader) -> Read:
    if len(text) > LONGEST_TEXT:
        raise Unreadable(f"is longer than {LONGEST_TEXT} characters")
    return Read(text)


def _name(text: str, reader: Reader) -> Read:
    """A name all in capitals is written as names are: VAN DER MERWE becomes van der Merwe, O'BRIEN O'Brien."""
    if not any(map(str.isalpha, text)) or text.startswith(("=", "@")):
        raise Unreadable(f"{text[:50]!r} is no name")
    if "@" in text and reader.club.email(text) is not None:
        raise Unreadable(f"{text[:50]!r} is an e-mail address and no name")
    return _text(as_written(text), reader)


def _email(text: str, reader: Reader) -> Read:
    """The first address of the cell that is somebody's, where what stands beside it is a name, a label or another."""
    inside = IN_BRACKETS.search(text)
    if inside and "@" in inside[1]:
        text = inside[1]
    if link := LINK.fullmatch(text):
        text = link[1]
    parts = [
        part.removeprefix("mailto:").strip(".<>()'\" ") for part in BETWEEN_EMAILS.split(text) if "@" in part
    ]
    normal = [(part, address) for part in parts if (address := reader.club.email(part))]
    beside = NAME_IN_FRONT.sub("", text)
    for part in parts:
        beside = beside.replace(part, " ", 1)
    if not normal or BESIDE_EMAIL.sub("", beside):
        # In "a b@x.example" and "b@x.exampl e" a part of the address is outside of it: it would be somebody else's.
        raise Unreadable(f"{text!r} is no e-mail address")
    address = next((one for _, one in normal if reader.club.identifies("email", one)), None)
    if address is None:
        raise Unreadable(f"{normal[0][1]} stands for nobody in particular")
    several = {reader.club.email(part) or part for part in parts}
    return Read(address, f"holds several; {address} was taken" if len(several) > 1 else "")


def _phone(text: str, reader: Reader) -> Read:
    """The first number of the cell: the whole text is tried before its parts, as area codes stand before a slash."""
    text = LABELLED.sub("", _unspoiled(text))
    # Each part lacks what a spreadsheet takes away, zero or plus.
    parts = [LABELLED.sub("", part) for part in BETWEEN_NUMBERS.split(text) if any(map(str.isdigit, part))]
    number = _as_phone(text, reader.club) or reader.club.first_phone(text)
    others = [one for part in parts if (one := _as_phone(part.strip(), reader.club)) is not None]
    number = number or next(iter(others), None)
    if number is None:
        raise Unreadable(f"{text!r} is no phone number")
    if not reader.club.identifies("phoneNumber", number):
        number = next((one for one in others if reader.club.identifies("phoneNumber", one)), None)
    if number is None:
        raise Unreadable(f"{text} stands for nobody in particular")
    return Read(number, f"holds {beside}; {number} was taken" if (beside := _beside(text, number)) else "")


def _beside(text: str, number: str) -> str:
    """What the cell has besides a number, in words; where nobody can tell, digits enough for a second one."""
    if beside := beside_number(text, number):
        return beside
    left = sum(map(str.isdigit, text)) - sum(map(str.isdigit, number)) * times_told(text, number)
    return MORE_THAN_ONE if left >= DIGITS_OF_ANOTHER else ""


def _unspoiled(text: str) -> str:
    """What a spreadsheet made a number of, as digits again; raises Unreadable where it has thrown digits away."""
    whole = WHOLE.fullmatch(text)
    if whole:
        return whole[1]
    if not SCIENTIFIC.fullmatch(text):
        return text
    number = Decimal(text.replace(",", "."))
    _, digits, exponent = number.as_tuple()
    digits_lost = exponent if isinstance(exponent, int) else 0
    # 2.782E+10 was longer; 2.7821234567E+10 is whole, but for at most one zero at its end.
    if digits_lost > 1 or len(digits) + max(digits_lost, 0) > EXACT_DIGITS:
        raise Unreadable(
            f"{text} is a number that Excel has cut short: format the column as text and enter it anew"
        )
    return str(int(number))


def _as_phone(text: str, club: Club) -> str | None:
    number = club.phone(text)
    if number is None and text.isdigit():
        # A spreadsheet takes the plus and the zero in front for ornaments.
        number = club.phone(f"+{text}") or club.phone(f"0{text}")
    if number is None and CODE_AND_ZERO.match(text):
        number = club.phone(f"+{text}")
    return number


def _member_number(text: str, reader: Reader) -> Read:
    """The membership service's number, a whole one."""
    text = _unspoiled(NUMBER_LABEL.sub("", text)).strip()
    if THOUSANDS.fullmatch(text):
        text = "".join(filter(str.isdigit, text))
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= LARGEST_MEMBER_ID:
        raise Unreadable(f"{text!r} is no member number: it is a whole number")
    return Read(str(int(text)))


def _printed_number(text: str, reader: Reader) -> Read:
    """A number as the club prints it, in capitals and without spaces: GC-00123/A. Raises Unreadable without a digit."""
    number = printed_number(NUMBER_LABEL.sub("", text))
    if stands_for_nothing(number) or not any(map(str.isdigit, number)):
        raise Unreadable(f"{text[:50]!r} stands for nothing")
    if len(number) > LONGEST_TAG:
        raise Unreadable(f"is longer than {LONGEST_TAG} characters")
    return Read(number)


def _key(text: str, reader: Reader) -> Read:
    whole = WHOLE.fullmatch(text)
    text = whole[1] if whole else text
    if stands_for_nothing(text):
        raise Unreadable(f"{text!r} stands for nothing")
    return _text(normal_id(text), reader)


def _numbered_key(text: str, reader: Reader) -> Read:
    """The number of a federation: words such as "see office" are none."""
    text = _unspoiled(text)
    if not any(map(str.isdigit, text)):
        raise Unreadable(f"{text[:50]!r} is no number")
    return _key(text, reader)


def _customer(text: str, reader: Reader) -> Read:
    try:
        return Read(str(UUID(text)))
    except ValueError:
        raise Unreadable(f"{text!r} is no customer id of this platform") from None


def _birth(text: str, reader: Reader) -> Read:
    """A whole date of birth; a bare year or a birthday without one is none, and says so."""
    if (year := bare_year(text)) is not None:
        raise Unreadable(f"{year} is a year and no date of birth")
    if BIRTHDAY_WITHOUT_YEAR.fullmatch(text):
        raise Unreadable(f"{text} has no year")
    if bare_month(text) is not None:
        raise Unreadable(f"{text} has no day")
    read, remark = _day(text, reader, may_be_ahead=False)
    if remark:
        raise Unreadable(f"{text!r} has a time of day, and could be the day before or after")
    if reason := doubt(read, reader.today, reader.club.default_births):
        raise Unreadable(reason)
    return Read(read.isoformat())


def _since(text: str, reader: Reader) -> Read:
    if (year := bare_year(text)) is not None and year <= reader.today.year:
        return Read(f"{year}-01-01", f"{year} was read as 1 January {year}; that day was taken")
    if (month := bare_month(text)) is not None and month[0] <= reader.today:
        return Read(month[0].isoformat(), f"{text} was read as its first day; that day was taken")
    read, remark = _day(text, reader, may_be_ahead=False)
    return Read(read.isoformat(), remark)


def _until(text: str, reader: Reader) -> Read:
    """Who has paid until 2026 has paid for all of it; a membership for life has no day on which it ends."""
    if folded(text) in LIFELONG:
        return Read(None, f"{text!r} means no end and was taken for nothing")
    if (year := bare_year(text)) is not None:
        return Read(f"{year}-12-31", f"{year} was read as the end of {year}; that day was taken")
    if (month := bare_month(text)) is not None:
        return Read(month[1].isoformat(), f"{text} was read as its last day; that day was taken")
    read, remark = _day(text, reader, may_be_ahead=True)
    if read.year >= LATEST_YEAR and not reader.is_own:
        return Read(None, f"{text!r} means no end and was taken for nothing")
    _, clock = day_and_clock(text)
    # The last minute of a day says no more than the day.
    is_whole = clock is not None and clock.offset is None and clock.at >= LAST_MINUTE
    return Read(read.isoformat(), "" if is_whole else remark)


def _day(text: str, reader: Reader, *, may_be_ahead: bool) -> tuple[date, str]:
    """The day, and a remark where a time of day was left out that is no midnight, as written or on the club's clock."""
    written, clock = day_and_clock(text)
    try:
        day = read_day(written, month_first=reader.month_first, today=reader.today, may_be_ahead=may_be_ahead)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if clock is None:
        return day, ""
    moment = clock.on(day)
    begun = day_at_midnight(moment, reader.club.zone)
    if begun is not None:
        return begun, ""
    shown = day if moment.tzinfo is None else moment.astimezone(reader.club.zone).date()
    return shown, f"the time of day of {text!r} was left out; {shown.isoformat()} was taken"


def _moment(text: str, reader: Reader) -> Read:
    """ISO 8601; without an offset the club's clock is meant, and a mere day is its beginning."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{text!r} is no date and time; write it as 2019-03-01T08:00:00Z") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=reader.club.zone)
    if aware.astimezone(reader.club.zone).date() > reader.today:
        raise Unreadable(f"{text!r} lies ahead")
    return Read(aware.isoformat())


def _handicap(text: str, reader: Reader) -> Read:
    """In tenths; a plus handicap is negative."""
    try:
        strokes = read_strokes(text)
    except ValueError:
        raise Unreadable(f"{text[:20]!r} is no handicap") from None
    if strokes is None:
        return Read(None)
    if not LOWEST_HANDICAP <= strokes <= HIGHEST_HANDICAP:
        raise Unreadable(f"a handicap lies between +{-LOWEST_HANDICAP} and {HIGHEST_HANDICAP}")
    tenths = int(to_tenth(strokes) * 10)
    if not is_rounded(strokes):
        return Read(tenths)
    return Read(tenths, f"{text!r} has more than one decimal; {as_printed(tenths)} was taken")


def _gender(text: str, reader: Reader) -> Read:
    gender = gender_of(text)
    if gender is None:
        raise Unreadable(f"{text[:50]!r} is no gender that is known")
    return Read(gender)


def _language(text: str, reader: Reader) -> Read:
    language = language_code(text)
    if language is None:
        raise Unreadable(f"{text[:50]!r} is no language")
    return Read(language)


def _status(text: str, reader: Reader) -> Read:
    """A status that is known, by the club's own words first; what is not known makes nobody a member."""
    known = status_of(text, reader.statuses)
    if known is None:
        raise Unreadable(f"{text[:50]!r} is no membership status that is known")
    return Read(known)


def _country(text: str, reader: Reader) -> Read:
    found = country_code(text, reader.club.country)
    if found is None:
        raise Unreadable(f"{text[:50]!r} is no country")
    return Read(found)


def _postcode(text: str, reader: Reader) -> Read:
    """In capitals; a spreadsheet takes the zeroes in front for ornaments."""
    whole = WHOLE.fullmatch(text)
    code = (whole[1] if whole else text).upper()
    code = signed[1] if (signed := POSTCODE_SIGN.fullmatch(code)) else code
    if SCIENTIFIC.fullmatch(code):
        raise Unreadable(
            f"{text} is what Excel made of a number: format the column as text and enter it anew"
        )
    if stands_for_nothing(code):
        raise Unreadable(f"{text!r} stands for nothing")
    return _text(code.zfill(POSTCODE_DIGITS.get(reader.club.country, 0)) if code.isdigit() else code, reader)


def _tags(text: str, reader: Reader) -> Read:
    """Parted as CSV parts cells, so that marks around a tag go; Google's own labels are none.

    Lists as programs print them ([a, b], {a,b}) lose their brackets; of one tag in two spellings the first counts.
    """
    line = text.replace(GOOGLE_MARK, ";").replace("|", ";").translate(OTHER_COMMAS)
    for left, right in LISTS:
        if line.startswith(left) and line.endswith(right):
            line = line[1:-1]
    tags: dict[str, str] = {}
    for part in (part for piece in line.split(";") for part in _csv_parts(piece)):
        tag = part.strip().strip("\"'").strip()
        if tag and not tag.startswith("*"):
            tags.setdefault(tag.casefold(), tag)
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags.values()):
        raise Unreadable(f"at most {MOST_TAGS} tags of at most {LONGEST_TAG} characters")
    return Read(sorted(tags.values()) or None)


def _csv_parts(piece: str) -> list[str]:
    return next(csv.reader([piece.strip()], skipinitialspace=True), [])


READERS: Final[Mapping[Target, Callable[[str, Reader], Read]]] = {
    Target.FIRST_NAME: _name,
    Target.LAST_NAME: _name,
    Target.FULL_NAME: _name,
    Target.EMAIL: _email,
    Target.PHONE: _phone,
    Target.MEMBER: _member_number,
    Target.PLAYER: _key,
    Target.MCA_ZA: _key,
    Target.MCA_UK: _key,
    Target.GOLF_RSA: _numbered_key,
    Target.CDH: _numbered_key,
    Target.MEMBER_NUMBER: _printed_number,
    Target.CUSTOMER: _customer,
    Target.BIRTH: _birth,
    Target.MEMBER_SINCE: _since,
    Target.EXPIRY: _until,
    Target.HANDICAP: _handicap,
    Target.GENDER: _gender,
    Target.LANGUAGE: _language,
    Target.STATUS: _status,
    Target.POSTCODE: _postcode,
    Target.COUNTRY: _country,
    Target.TAGS: _tags,
    Target.CREATED_AT: _moment,
}
