"""What a text says besides the phone number that was taken of it. Pure."""

import re
from functools import lru_cache
from typing import Final

import phonenumbers

AN_EXTENSION: Final = "an extension"
MORE_THAN_ONE: Final = "more than one number"
# What a spreadsheet writes behind a whole number.
ZEROES: Final = re.compile(r"[.,]0+\s*$")
# Extensions have fewer digits than the numbers of a small town.
MOST_OF_EXTENSION: Final = 3
# 00, the country's code, and a zero in brackets: 00 353 (0).
LONGEST_PREFIX: Final = 6
CACHE_SIZE: Final = 10_000
EXTENSION: Final = re.compile(
    r"(?:(?<![^\W\d_])(?:e?xt(?:n|ension|\.)?|x|int(?:erno|\.)?|poste?|post|apparat|app|durchwahl|dw|nst|toestel|tst|bylyn|ramal|anexo)"
    r"[.:]?|#|;ext=)\s*\d{1,7}\s*\)?\s*$",
    re.IGNORECASE,
)


@lru_cache(maxsize=CACHE_SIZE)
def beside_number(text: str, number: str) -> str:
    """An extension or another number that stands beside a number in normal form (E.164); empty where nothing does.

    Where the number is not found in the digits of the text, as in 1-800-GOLF-NOW, nothing is known of what is beside.
    """
    if text.removeprefix("+").isdigit():
        return ""
    national = _national(number)
    before, found, behind = _digits(text).partition(national)
    if not found:
        return ""
    # The same once more, with its prefix: it is one number.
    while national in behind and behind.find(national) <= LONGEST_PREFIX:
        behind = behind.partition(national)[2]
    if EXTENSION.search(text):
        return AN_EXTENSION
    if len(behind) > MOST_OF_EXTENSION or len(before) > LONGEST_PREFIX:
        return MORE_THAN_ONE
    return AN_EXTENSION if behind else ""


def times_told(text: str, number: str) -> int:
    """How often a number in normal form (E.164) stands in a text; at least once."""
    return max(1, _digits(text).count(_national(number)))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, ZEROES.sub("", text)))


def _national(number: str) -> str:
    return number[1 + len(str(phonenumbers.parse(number).country_code)) :]
