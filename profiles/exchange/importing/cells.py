"""Cells as values in normal form: one reader per kind of column, which says what it cannot take."""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from events.catalogue.fields import HIGHEST_HANDICAP, LARGEST_MEMBER_ID, LOWEST_HANDICAP
from events.identity_hints import stands_for_nothing
from profiles.births import doubt
from profiles.club import Club
from profiles.exchange.importing.columns import Target
from profiles.exchange.importing.countries import country_code
from profiles.exchange.importing.days import bare_year, read_day
from profiles.exchange.importing.plain_cells import plain
from profiles.exchange.importing.statuses import STATUSES
from profiles.normalise import folded

LONGEST_TEXT: Final = 200
LONGEST_TAG: Final = 50
NAMES: Final = frozenset({Target.FIRST_NAME, Target.LAST_NAME, Target.FULL_NAME})
# Where words for nothing mean something.
MEANT: Final = frozenset({Target.STATUS, Target.HANDICAP})
MOST_TAGS: Final = 50
SCIENTIFIC: Final = re.compile(r"\+?\d+(?:[.,]\d+)?[eE]\+?\d{1,2}")
# What a number in a spreadsheet holds exactly.
EXACT_DIGITS: Final = 15
CODE_LENGTH: Final = 2
WHOLE: Final = re.compile(r"(\d+)[.,]0+")
# What spreadsheets show instead of a value: nothing in any column.
NO_VALUE: Final = frozenset(
    {
        "-",
        "--",
        "—",
        "–",
        "n/a",
        "#n/a",
        "#ref!",
        "#value!",
        "#name?",
        "#div/0!",
        "#null!",
        "#num!",
        "?",
        "<na>",
    }
)
# What programs write for nothing; in a column of names these are names: Jennifer Null, Na Shikongo.
NAMES_TOO: Final = frozenset({"na", "nan", "nat", "none", "null", "nil"})
NOT_YET: Final = frozenset(
    {"unknown", "tbc", "tba", "tbd", "pending", "undefined", "not known", "n.a.", "n.a"}
)
BETWEEN_EMAILS: Final = re.compile(r"(?:[;,/|\s]|:::)+")
BETWEEN_PHONES: Final = re.compile(r"\s*(?:[;,/|\n]|:::|\bor\b|\boder\b|\bof\b|\bou\b)\s*", re.IGNORECASE)
# How Google parts several values in one cell; a label that begins with a star is its own.
GOOGLE_MARK: Final = ":::"
# As in Anna & Piet, Mr and Mrs: two people.
COUPLE: Final = re.compile(r"\s*(?:&|\+|\band\b|\bund\b|\ben\b|\bet\b)\s*", re.IGNORECASE)
BIRTHDAY_WITHOUT_YEAR: Final = re.compile(r"--\d{2}-?\d{2}")
# As printed: 12.4M, 8.1R, 15*, +2.1; letters say how a handicap came about.
PRINTED_HANDICAP: Final = re.compile(r"([+-]?)\s*(\d{1,2}(?:[.,]\d+)?)\s*[A-Za-z*]{0,2}")
NO_HANDICAP: Final = frozenset({"nh", "n h", "no handicap", "no hcp", "none", "pending", "ohne", "sans"})
# The first letter of a name, of each half of a double one, and behind an apostrophe.
CAPITAL: Final = re.compile(r"(?:^|(?<=[-'’]))[^\W\d_]")
INITIALS: Final = 2
LABELLED: Final = re.compile(r"^\s*\(?[A-Za-z]{1,9}\)?[.:\s]+(?=[+(\d])")
IN_BRACKETS: Final = re.compile(r"<([^<>]+)>")
TITLES: Final = frozenset(
    "mr mrs ms miss mx dr prof rev sir dame lady lord capt col maj lt adv hon mnr mev me ds herr frau".split()  # noqa: SIM905
)
PARTICLES: Final = frozenset(
    "van von der den de du des la le di da dos das del della ter ten te vd bin ibn al el st".split()  # noqa: SIM905
)
GENDERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("m", "male", "man", "men", "gent", "gents", "mr", "manlik", "mannlich", "herr"), "male"),
    **dict.fromkeys(
        ("f", "female", "woman", "women", "lady", "ladies", "w", "vroulik", "weiblich", "frau"), "female"
    ),
}
# Countries whose postcodes are numbers of so many digits, some of which begin with a zero.
POSTCODE_DIGITS: Final = {"ZA": 4, "DE": 5, "ES": 5, "FR": 5, "IT": 5, "US": 5}
TENTH: Final = Decimal("0.1")


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
    text = plain(cell)
    words = text.casefold()
    if not text or words in NO_VALUE:
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


def couple_in(name: str, last: str = "") -> tuple[str, str] | None:
    """The two people of a cell such as "Mr & Mrs J Smithers" or "Anna & Piet Bothma"; None: it is one."""
    one, *others = [half.strip(" ,") for half in COUPLE.split(name)]
    if len(others) != 1 or not one or not others[0]:
        return None
    other = others[0]
    if not (any(map(str.isalpha, one)) and any(map(str.isalpha, other))):
        return None
    family = last or (other.split()[-1] if len(other.split()) > 1 else "")
    rest = other if last else other.removesuffix(family).strip()
    if folded(one) in TITLES and folded(rest.split()[0] if rest else "") in TITLES:
        # Mr & Mrs J Smithers: the initial is the first one's.
        title, *initials = rest.split()
        return " ".join([one, *initials, family]).strip(), f"{title} {family}".strip()
    is_whole = not last and len(one.split()) > 1 and folded(one.split()[0]) not in TITLES
    first = one if is_whole else f"{one} {family}".strip()
    return first, f"{rest} {family}".strip()


def split_name(text: str) -> tuple[str, str]:
    """First and last name of a full one, as in "van der Merwe, Dr Anna" or "Mr Pieter van der Merwe"."""
    last, comma, first = text.partition(",")
    if comma:
        return _without_titles(first), last.strip()
    words = _without_titles(text).split()
    if len(words) <= 1:
        return " ".join(words), ""
    start = len(words) - 1
    while start > 1 and folded(words[start - 1]) in PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def _without_titles(text: str) -> str:
    words = text.split()
    while len(words) > 1 and folded(words[0]) in TITLES:
        words.pop(0)
    return " ".join(words)


def _text(text: str, reader: Reader) -> Read:
    if len(text) > LONGEST_TEXT:
        raise Unreadable(f"is longer than {LONGEST_TEXT} characters")
    return Read(text)


def _name(text: str, reader: Reader) -> Read:
    """A name all in capitals is written as names are: VAN DER MERWE becomes van der Merwe, O'BRIEN O'Brien."""
    return _text(as_written(text), reader)


def as_written(name: str) -> str:
    """The name without shouting; one with any small letter, and a pair of initials, stays as it is."""
    if not name.isupper() or len(name) <= INITIALS:
        return name
    words = [word.lower() if folded(word) in PARTICLES else _capitalised(word) for word in name.split()]
    return " ".join(words)


def _capitalised(word: str) -> str:
    text = CAPITAL.sub(lambda match: match[0].upper(), word.lower())
    return f"Mc{text[2:].capitalize()}" if text.startswith("Mc") and len(text) > INITIALS else text


def _email(text: str, reader: Reader) -> Read:
    inside = IN_BRACKETS.search(text)
    if inside:
        text = inside[1]
    parts = [
        part.removeprefix("mailto:").strip(".<>()'\" ") for part in BETWEEN_EMAILS.split(text) if "@" in part
    ]
    normal = [(part, address) for part in parts if (address := reader.club.email(part))]
    if not normal:
        raise Unreadable(f"{text!r} is no e-mail address")
    address = normal[0][1]
    if not reader.club.identifies("email", address):
        raise Unreadable(f"{address} stands for nobody in particular")
    return Read(address, f"holds several; {address} was taken" if len(parts) > 1 else "")


def _phone(text: str, reader: Reader) -> Read:
    """The first number of the cell: the whole text is tried before its parts, as area codes stand before a slash."""
    text = LABELLED.sub("", _unspoiled(text))
    parts = [LABELLED.sub("", part) for part in BETWEEN_PHONES.split(text) if any(map(str.isdigit, part))]
    for part in (text, *parts):
        number = _as_phone(part, reader.club)
        if number is None:
            continue
        if not reader.club.identifies("phoneNumber", number):
            raise Unreadable(f"{text} stands for nobody in particular")
        return Read(number, f"holds several; {number} was taken" if part != text else "")
    raise Unreadable(f"{text!r} is no phone number")


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
    return number


def _member_number(text: str, reader: Reader) -> Read:
    whole = WHOLE.fullmatch(text)
    text = (whole[1] if whole else text).lstrip("#").strip()
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= LARGEST_MEMBER_ID:
        raise Unreadable(f"{text!r} is no member number: it is a whole number")
    return Read(str(int(text)))


def _key(text: str, reader: Reader) -> Read:
    whole = WHOLE.fullmatch(text)
    text = whole[1] if whole else text
    if stands_for_nothing(text):
        raise Unreadable(f"{text!r} stands for nothing")
    return _text(text, reader)


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
    read = _day(text, reader, may_be_ahead=False)
    if reason := doubt(read, reader.today, reader.club.default_births):
        raise Unreadable(reason)
    return Read(read.isoformat())


def _since(text: str, reader: Reader) -> Read:
    if (year := bare_year(text)) is not None and year <= reader.today.year:
        return Read(f"{year}-01-01", f"{year} was read as 1 January {year}; that day was taken")
    return Read(_day(text, reader, may_be_ahead=False).isoformat())


def _until(text: str, reader: Reader) -> Read:
    """Who has paid until 2026 has paid for all of it."""
    if (year := bare_year(text)) is not None:
        return Read(f"{year}-12-31", f"{year} was read as the end of {year}; that day was taken")
    return Read(_day(text, reader, may_be_ahead=True).isoformat())


def _day(text: str, reader: Reader, *, may_be_ahead: bool) -> date:
    try:
        return read_day(text, month_first=reader.month_first, today=reader.today, may_be_ahead=may_be_ahead)
    except ValueError as error:
        raise Unreadable(str(error)) from None


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
    if folded(text) in NO_HANDICAP:
        return Read(None)
    printed = PRINTED_HANDICAP.fullmatch(text)
    if printed is None:
        raise Unreadable(f"{text[:20]!r} is no handicap")
    number = Decimal(printed[2].replace(",", ".")) * (-1 if printed[1] else 1)
    if not LOWEST_HANDICAP <= number <= HIGHEST_HANDICAP:
        raise Unreadable(f"a handicap lies between +{-LOWEST_HANDICAP} and {HIGHEST_HANDICAP}")
    return Read(int(number.quantize(TENTH) * 10))


def _gender(text: str, reader: Reader) -> Read:
    return Read(GENDERS.get(folded(text), text.casefold()[:LONGEST_TEXT]))


def _status(text: str, reader: Reader) -> Read:
    """A status that is known, by the club's own words first; what is not known makes nobody a member."""
    words = folded(text)
    known = reader.statuses.get(words) or STATUSES.get(words)
    if known is None and reader.is_own:
        known = text
    if known is None:
        raise Unreadable(f"{text[:50]!r} is no membership status that is known")
    return Read(known)


def _country(text: str, reader: Reader) -> Read:
    found = country_code(text)
    if found is None:
        raise Unreadable(f"{text[:50]!r} is no country")
    return Read(found)


def _postcode(text: str, reader: Reader) -> Read:
    """In capitals; a spreadsheet takes the zeroes in front for ornaments."""
    whole = WHOLE.fullmatch(text)
    code = (whole[1] if whole else text).upper()
    return _text(code.zfill(POSTCODE_DIGITS.get(reader.club.country, 0)) if code.isdigit() else code, reader)


def _tags(text: str, reader: Reader) -> Read:
    """Parted as CSV parts cells, so that marks around a tag go; Google's own labels are none."""
    line = text.replace(GOOGLE_MARK, ";").replace("|", ";")
    parts = [
        part.strip().strip("\"'")
        for piece in line.split(";")
        for part in next(csv.reader([piece.strip()], skipinitialspace=True), [])
    ]
    tags = sorted({part for part in parts if part and not part.startswith("*")})
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        raise Unreadable(f"at most {MOST_TAGS} tags of at most {LONGEST_TAG} characters")
    return Read(tags or None)


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
    Target.GOLF_RSA: _key,
    Target.CDH: _key,
    Target.CUSTOMER: _customer,
    Target.BIRTH: _birth,
    Target.MEMBER_SINCE: _since,
    Target.EXPIRY: _until,
    Target.HANDICAP: _handicap,
    Target.GENDER: _gender,
    Target.STATUS: _status,
    Target.POSTCODE: _postcode,
    Target.COUNTRY: _country,
    Target.TAGS: _tags,
    Target.CREATED_AT: _moment,
}
