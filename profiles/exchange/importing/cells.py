"""Cells as values in normal form: one reader per kind of column, which says what it cannot take."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final, NamedTuple

from babel import Locale

from events.catalogue.fields import HIGHEST_HANDICAP, LARGEST_MEMBER_ID, LOWEST_HANDICAP
from profiles.club import Club
from profiles.exchange.importing.columns import Target
from profiles.exchange.importing.days import read_day
from profiles.normalise import folded

LONGEST_TEXT: Final = 200
LONGEST_TAG: Final = 50
MOST_TAGS: Final = 50
SCIENTIFIC: Final = re.compile(r"\+?\d+(?:[.,]\d+)?[eE]\+?\d{1,2}")
# What a number in a spreadsheet holds exactly.
EXACT_DIGITS: Final = 15
CODE_LENGTH: Final = 2
WHOLE: Final = re.compile(r"(\d+)[.,]0+")
# What spreadsheets show instead of a value, and people instead of nothing.
NOTHING: Final = frozenset(
    {
        "-",
        "--",
        "n/a",
        "na",
        "none",
        "null",
        "nil",
        "#n/a",
        "#ref!",
        "#value!",
        "#name?",
        "#div/0!",
        "unknown",
        "?",
        "tbc",
    }
)
BETWEEN_EMAILS: Final = re.compile(r"[;,/|\s]+")
BETWEEN_PHONES: Final = re.compile(r"\s*(?:[;,/|\n]|\bor\b)\s*", re.IGNORECASE)
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
STATUSES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("active", "current", "paid", "paid up", "aktief", "aktiv", "yes", "live"), "ACTIVE"),
    **dict.fromkeys(("lapsed", "expired", "overdue"), "LAPSED"),
    **dict.fromkeys(("cancelled", "canceled", "resigned", "left", "terminated", "bedank"), "CANCELLED"),
    **dict.fromkeys(("suspended", "on hold", "frozen"), "SUSPENDED"),
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


class Read(NamedTuple):
    """A value, and a remark where something was left aside on the way."""

    value: Any
    remark: str = ""


def plain(cell: str) -> str:
    """The cell without odd spaces; empty where it stands for nothing."""
    text = " ".join(cell.replace("\xa0", " ").replace("\u200b", "").split())
    return "" if text.casefold() in NOTHING else text


def read_cell(target: Target, cell: str, reader: Reader) -> Read:
    """A value in normal form, None for nothing; raises Unreadable."""
    text = plain(cell)
    return READERS.get(target, _text)(text, reader) if text else Read(None)


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
    text = _unspoiled(text)
    parts = [
        LABELLED.sub("", part) for part in BETWEEN_PHONES.split(text) if any(char.isdigit() for char in part)
    ]
    for part in (*parts, text) if len(parts) > 1 else [LABELLED.sub("", text)]:
        number = _as_phone(part, reader.club)
        if number is not None:
            if not reader.club.identifies("phoneNumber", number):
                raise Unreadable(f"{text} stands for nobody in particular")
            return Read(
                number, f"holds several; {number} was taken" if len(parts) > 1 and part != text else ""
            )
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
    return _text(whole[1] if whole else text, reader)


def _day(*, may_be_ahead: bool) -> Callable[[str, Reader], Read]:
    def read(text: str, reader: Reader) -> Read:
        try:
            day = read_day(
                text, month_first=reader.month_first, today=reader.today, may_be_ahead=may_be_ahead
            )
        except ValueError as error:
            raise Unreadable(str(error)) from None
        return Read(day.isoformat())

    return read


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
    sign = -1 if text.startswith("+") or text.startswith("-") else 1
    try:
        number = Decimal(text.lstrip("+-").rstrip("*").replace(",", ".").strip()) * sign
    except InvalidOperation:
        raise Unreadable(f"{text!r} is no handicap") from None
    if not LOWEST_HANDICAP <= number <= HIGHEST_HANDICAP:
        raise Unreadable(f"a handicap lies between +{-LOWEST_HANDICAP} and {HIGHEST_HANDICAP}")
    return Read(int(number.quantize(TENTH) * 10))


def _gender(text: str, reader: Reader) -> Read:
    return Read(GENDERS.get(folded(text), text.casefold()[:LONGEST_TEXT]))


def _status(text: str, reader: Reader) -> Read:
    words = folded(text)
    return Read(STATUSES.get(words, words.upper().replace(" ", "_")[:LONGEST_TEXT]))


def _country(text: str, reader: Reader) -> Read:
    code = text.upper()
    territories = Locale("en").territories
    if len(code) == CODE_LENGTH and code in territories:
        return Read("GB" if code == "UK" else code)
    found = _countries().get(folded(text))
    if found is None:
        raise Unreadable(f"{text!r} is no country")
    return Read(found)


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Folded English names and three common short forms → two letters."""
    names = {
        folded(name): code
        for code, name in Locale("en").territories.items()
        if len(code) == CODE_LENGTH and code.isalpha()
    }
    home = dict.fromkeys(("uk", "england", "scotland", "wales", "great britain", "northern ireland"), "GB")
    return {**names, **home, "usa": "US", "rsa": "ZA"}


def _postcode(text: str, reader: Reader) -> Read:
    """In capitals; a spreadsheet takes the zeroes in front for ornaments."""
    whole = WHOLE.fullmatch(text)
    code = (whole[1] if whole else text).upper()
    return _text(code.zfill(POSTCODE_DIGITS.get(reader.club.country, 0)) if code.isdigit() else code, reader)


def _tags(text: str, reader: Reader) -> Read:
    tags = sorted({tag.strip() for tag in re.split(r"[;,|]", text) if tag.strip()})
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        raise Unreadable(f"at most {MOST_TAGS} tags of at most {LONGEST_TAG} characters")
    return Read(tags)


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
    Target.BIRTH: _day(may_be_ahead=False),
    Target.MEMBER_SINCE: _day(may_be_ahead=False),
    Target.EXPIRY: _day(may_be_ahead=True),
    Target.HANDICAP: _handicap,
    Target.GENDER: _gender,
    Target.STATUS: _status,
    Target.POSTCODE: _postcode,
    Target.COUNTRY: _country,
    Target.TAGS: _tags,
    Target.CREATED_AT: _moment,
}
