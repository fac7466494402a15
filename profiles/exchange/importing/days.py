"""Dates as people type them, and as spreadsheets spoil them."""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import get_date_format

from profiles.births import EARLIEST
from profiles.exchange.importing.clock_times import day_and_clock
from profiles.normalise import folded

YEAR_FIRST: Final = re.compile(r"(\d{4})\s?[-/. ]\s?(\d{1,2})\s?[-/. ]\s?(\d{1,2})")
ASIAN: Final = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
NUMBERS: Final = re.compile(r"(\d{1,2})\s?[-/. ]\s?(\d{1,2})\s?[-/. ]\s?(\d{4}|\d{2})")
# 17 May 1984, 17th of May 1984, 17 de mayo de 1984, 1er mai 1984, 17.V.1984
DAY_AND_WORD: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|°|\.)?[\s\-/,]*(?:(?:of|de|den|di) )?"
    r"([^\W\d]+)\.?[\s\-/,]*(?:(?:de|del|of) )?(\d{4}|\d{2})",
    re.IGNORECASE,
)
WORD_AND_DAY: Final = re.compile(r"([^\W\d]+)\.?\s*(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.IGNORECASE)
# 1984 May 17, 1984. május 17.
YEAR_AND_WORD: Final = re.compile(r"(\d{4})[.,]?[\s\-/]*([^\W\d]+)\.?[\s\-/]*(\d{1,2})", re.IGNORECASE)
PACKED: Final = re.compile(r"(19\d\d|20\d\d)(0\d|1[0-2])(\d\d)")
# 17051984, of which Excel leaves 1051984 on the first; as year, month and day it would have a month 19 or 20.
PACKED_DAY_FIRST: Final = re.compile(r"(\d{1,2})(\d\d)(19\d\d|20\d\d)")
HYPHENS: Final = str.maketrans({**dict.fromkeys("‐‑‒–—−﹣－", "-"), **dict.fromkeys("·_", ".")})
# Said in front of a date of birth: a star, geb., né le.
IN_FRONT: Final = re.compile(
    r"^(?:\*\s*|dob:?\s*|b\.\s+|(?:geb|gebore?n|née?|nato|nata|nacid[oa]|nascid[oa]|born)\.?(?:\s+(?:le|il|el|em|am|op|on|a))?\s+)",
    re.IGNORECASE,
)
SERIAL: Final = re.compile(r"(\d{5})")
YEAR: Final = re.compile(r"(?:19|20)\d\d")
MONTH_AND_YEAR: Final = re.compile(r"(\d{1,2}|[^\W\d]+)\.?[\s\-/.]+(\d{4})")
YEAR_AND_MONTH: Final = re.compile(r"(\d{4})[\s\-/.]+(\d{1,2}|[^\W\d]+)")
WEEKDAY: Final = re.compile(
    r"^[^\W\d]{2,}(?:[.,]\s*(?=\d)|\.?\s+(?=\d{1,2}(?:st|nd|rd|th|\.)?[\s\-/]+[^\W\d]))", re.IGNORECASE
)
# 17 May '84
APOSTROPHE: Final = re.compile(r"(?<=[^\W\d]) ?['’](?=\d{2}$)")
# The word for year, or a full stop, behind a date: 17.05.1984 r., 17 мая 1984 г.
BEHIND: Final = re.compile(r"\s*(?:\b(?:r|rok|roku|г|года)\.?|\.)$")
# Day 0 of Excel's calendar, in which 1900 has a 29 February.
EXCEL_EPOCH: Final = date(1899, 12, 30)
LATEST_MONTH: Final = 12
LATEST_DAY: Final = 31
WHOLE_YEAR: Final = 4
# Languages whose headers are understood; whose names of months as well.
LANGUAGES: Final = ("en", "af", "de", "fr", "es", "pt", "nl", "it")
MONTH_LANGUAGES: Final = (
    "sv",
    "da",
    "nb",
    "fi",
    "pl",
    "cs",
    "sk",
    "hu",
    "ro",
    "tr",
    "ru",
    "uk",
    "el",
    "id",
    "et",
)
SHORTEST_MONTH: Final = 3
SHORT_FORMS: Final = {"sept": 9, "mrz": 3, "mrt": 3, "okt": 10, "dez": 12, "ago": 8}
ROMAN: Final = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
YEARS_AHEAD: Final = 50


def is_month_first(country: str) -> bool:
    """Whether 3/4/2026 is the fourth of March in a country (two letters), by the Unicode CLDR."""
    try:
        locale = Locale.parse(f"und_{country}")
    except (UnknownLocaleError, ValueError):
        return False
    return str(get_date_format("short", locale=locale).pattern).startswith("M")


def month_first_of(texts: Iterable[str], default: bool) -> bool:
    """Which order a column's dates have: what its unambiguous ones show, else, or where they differ, the default."""
    is_day_first_seen = is_month_first_seen = False
    for text in texts:
        match = NUMBERS.fullmatch(day_and_clock(text.strip())[0])
        if match:
            first, second = int(match[1]), int(match[2])
            is_day_first_seen = is_day_first_seen or first > LATEST_MONTH >= second
            is_month_first_seen = is_month_first_seen or second > LATEST_MONTH >= first
    if is_day_first_seen == is_month_first_seen:
        return default
    return is_month_first_seen


def bare_year(text: str) -> int | None:
    """The year, where the text is a year and nothing more; None: it is something else."""
    text = text.strip()
    return int(text) if YEAR.fullmatch(text) else None


def bare_month(text: str) -> tuple[date, date] | None:
    """The first and last day of a month with its year, as in 03/2019 or March 2019; None: it is something else."""
    text = " ".join(text.split())
    if match := MONTH_AND_YEAR.fullmatch(text):
        word, year = match[1], match[2]
    elif match := YEAR_AND_MONTH.fullmatch(text):
        word, year = match[2], match[1]
    else:
        return None
    month = int(word) if word.isdigit() else _months().get(folded(word), 0)
    if not 1 <= month <= LATEST_MONTH or not YEAR.fullmatch(year):
        return None
    return date(int(year), month, 1), date(int(year), month, monthrange(int(year), month)[1])


def read_day(text: str, *, month_first: bool, today: date, may_be_ahead: bool) -> date:
    """The day a text means, whatever time stands behind it; raises ValueError with the reason.

    Of two-digit years the one is meant that is not ahead of today, or, where it may be, not more than 50 years ahead.
    """
    text = IN_FRONT.sub("", " ".join(text.translate(HYPHENS).split()))
    text, _ = day_and_clock(BEHIND.sub("", WEEKDAY.sub("", APOSTROPHE.sub(" ", text))))
    found = _parts(text, month_first)
    if found is None:
        raise ValueError(f"{text!r} is no date that can be understood; write it as 1984-05-17.")
    year, month, day, has_century = found
    try:
        read = date(year if has_century else 2000 + year, month, day)
        if not has_century and read > (
            today.replace(day=1) + timedelta(days=365 * YEARS_AHEAD) if may_be_ahead else today
        ):
            read = read.replace(year=read.year - 100)
    except ValueError:
        raise ValueError(f"{text!r} is no day of the calendar.") from None
    if read < EARLIEST or (read > today and not may_be_ahead):
        raise ValueError(f"{text!r} does not lie between 1900 and today.")
    return read


def _parts(text: str, month_first: bool) -> tuple[int, int, int, bool] | None:
    """Year, month, day, and whether the year has its century."""
    if match := YEAR_FIRST.fullmatch(text) or PACKED.fullmatch(text) or ASIAN.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3]), True
    if match := NUMBERS.fullmatch(text) or PACKED_DAY_FIRST.fullmatch(text):
        first, second = int(match[1]), int(match[2])
        if first > LATEST_DAY and len(match[3]) < WHOLE_YEAR:
            # 84-05-17
            return first, second, int(match[3]), False
        is_swapped = second > LATEST_MONTH if first <= LATEST_MONTH else False
        day, month = (
            (second, first) if is_swapped or (month_first and first <= LATEST_MONTH) else (first, second)
        )
        return int(match[3]), month, day, len(match[3]) == WHOLE_YEAR
    if match := SERIAL.fullmatch(text):
        day_meant = EXCEL_EPOCH + timedelta(days=int(match[1]))
        return day_meant.year, day_meant.month, day_meant.day, True
    return _parts_in_words(text)


def _parts_in_words(text: str) -> tuple[int, int, int, bool] | None:
    if match := DAY_AND_WORD.fullmatch(text):
        day, word, year = int(match[1]), match[2], match[3]
    elif match := WORD_AND_DAY.fullmatch(text):
        day, word, year = int(match[2]), match[1], match[3]
    elif match := YEAR_AND_WORD.fullmatch(text):
        day, word, year = int(match[3]), match[2], match[1]
    else:
        return None
    month = _months().get(folded(word))
    return (int(year), month, day, len(year) == WHOLE_YEAR) if month else None


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Folded names of months, whole and short → number; what two languages mean differently is none of both's."""
    meant: dict[str, set[int]] = {}
    for language in MONTH_LANGUAGES:
        for word, number in _months_of(language):
            meant.setdefault(word, set()).add(number)
    names = {word: next(iter(numbers)) for word, numbers in meant.items() if len(numbers) == 1}
    for language in reversed(LANGUAGES):
        names.update(_months_of(language))
    return {**names, **SHORT_FORMS, **{sign: number for number, sign in enumerate(ROMAN, start=1)}}


def _months_of(language: str) -> list[tuple[str, int]]:
    locale = Locale(language)
    return [
        (word, number)
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in locale.months[context][width].items()
        if len(word := folded(name)) >= SHORTEST_MONTH
    ]
