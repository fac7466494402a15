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
    digits = "".join(filter(str.isdigit, ZEROES.sub("", text)))
    national = number[1 + _code_length(number) :]
    before, found, behind = digits.partition(national)
    if not found:
        return ""
    if EXTENSION.search(text):
        return AN_EXTENSION
    if len(behind) > MOST_OF_EXTENSION or len(before) > LONGEST_PREFIX:
        return MORE_THAN_ONE
    return AN_EXTENSION if behind else ""


def _code_length(number: str) -> int:
    return len(str(phonenumbers.parse(number).country_code))
