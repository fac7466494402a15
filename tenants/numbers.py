"""Whole numbers of forms and addresses."""

from typing import Final

# What a `bigint` of PostgreSQL holds.
BIGGEST: Final = 2**63 - 1


def whole_number(text: str, most: int = BIGGEST) -> int | None:
    """The number from 0 to `most` that the text spells in plain digits, else None.

    `int` also takes digits of other scripts, and refuses thousands of them with an error of its own.
    """
    text = text.strip()
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(most)):
        return None
    number = int(text)
    return number if number <= most else None
