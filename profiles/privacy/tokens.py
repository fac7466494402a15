"""What a text says, as numbers: the entries of the index by which mentions of a person are found. Pure.

A token is a hash of two neighbouring words, of a word in a link or an address, of the end of a phone number, of a
service's name for somebody, or of a profile's id. No word can be read out of it, so that the index holds no text, and a
search tells PostgreSQL no name. Whatever a part of `person_patterns.Traits` finds as whole words of a text has the
part's tokens: names and addresses are sequences of words to both, folded alike.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from profiles.coded_texts import decoded_texts
from profiles.models.identity import KINDS
from profiles.normalise import APOSTROPHE_SIGNS, folded
from profiles.privacy.handles import words_of_handles
from profiles.privacy.person_patterns import (
    ADDRESS_KINDS,
    FEWEST_DIGITS,
    ID_NAMES,
    MARKUP,
    RUN_TOGETHER,
    SUBJECT_ID,
    SUBSCRIBER_DIGITS,
    Part,
    pairs,
)
from profiles.privacy.unparted import pairs_of_letters

# As PostgreSQL writes an object. Of lists it is asked: "[erased] and Ann Nel" is none.
STARTS_OF_OBJECT: Final = re.compile(r'\{\s*["}]')
# A string of JSON, with the colon behind it where it is a name; or a number.
JSON_PARTS: Final = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|(-?\d[\d.]*)')
ASCII_WORDS: Final = re.compile(r"[a-z0-9]+")
UUIDS: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# Nobody is called like a moment, and each event has one of its own.
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?")
NUMBERS: Final = re.compile(r"\d[\d ().\-/]{5,}\d")
APOSTROPHES: Final = re.compile(f"[{re.escape(APOSTROPHE_SIGNS)}]")
GENITIVES: Final = re.compile(rf"(?<=\w)[{re.escape(APOSTROPHE_SIGNS)}]s?\b(?!\w)", re.IGNORECASE)
MARKED: Final = re.compile(MARKUP)
JOINTS: Final = re.compile(RUN_TOGETHER)
ID_KEYS: Final = frozenset(
    {*(name for names in ID_NAMES.values() for name in names), *KINDS, SUBJECT_ID} - set(ADDRESS_KINDS)
)


def seed_of(tenant_id: UUID) -> int:
    """Tokens of two clubs have nothing to do with each other."""
    return zlib.crc32(tenant_id.bytes)


def tokens_of_texts(
    texts: Iterable[str | None], seed: int, known: dict[str, frozenset[int]] | None = None
) -> set[int]:
    """The tokens of a row's texts.

    `known`: what texts and values of JSON have said, which the caller keeps from row to row: most say the same.
    """
    found: set[int] = set()
    known = {} if known is None else known
    for text in texts:
        if text:
            found |= (
                _tokens_of_json(text, seed, known) if is_json(text) else _tokens_of_text(text, seed, known)
            )
    return found


def is_json(text: str) -> bool:
    """Whether a text is an object or a list of JSON."""
    if text[0] != "[":
        return STARTS_OF_OBJECT.match(text) is not None
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def tokens_of_profile(profile_id: UUID, seed: int) -> set[int]:
    """The token of a profile's id."""
    return {_number(f"={profile_id}", seed)}


def tokens_of_part(part: Part, seed: int) -> frozenset[int]:
    """What to look for: a text that has the part has all of these."""
    return frozenset(_number(one, seed) for one in part.looked_for)


def _tokens_of_json(text: str, seed: int, known: dict[str, frozenset[int]]) -> set[int]:
    found: set[int] = set()
    key = ""
    for string, colon, number in JSON_PARTS.findall(text):
        if colon:
            key = string
            continue
        value = _unescaped(string) if "\\" in string else string or number
        if key in ID_KEYS:
            found.add(_number(f"{key}={value}", seed))
        key = ""
        if not number:
            found |= _tokens_of_text(value, seed, known)
        elif len(number) >= FEWEST_DIGITS:
            found.update(_number(end, seed) for end in _ends_of_numbers(number))
    return found


def _tokens_of_text(text: str, seed: int, known: dict[str, frozenset[int]]) -> frozenset[int]:
    if text not in known:
        parts = () if MOMENT.fullmatch(text) else _parts(text)
        known[text] = frozenset(_number(part, seed) for part in parts)
    return known[text]


def _unescaped(string: str) -> str:
    try:
        return str(json.loads(f'"{string}"'))
    except ValueError:
        return string


def _parts(text: str) -> Iterator[str]:
    """Of a text in words, and of what it says in codes."""
    yield from _written_parts(text)
    for reading in decoded_texts(text):
        yield from _written_parts(reading)


def _written_parts(text: str) -> Iterator[str]:
    if len(text) > 35:  # noqa: PLR2004 - the length of a UUID is 36
        yield from (f"={one.lower()}" for one in UUIDS.findall(text))
        text = UUIDS.sub(" ", text)
    if text.isascii() and "'" not in text and "`" not in text:
        yield from pairs(ASCII_WORDS.findall(text.lower()))
    else:
        # An apostrophe stands inside a name, or behind it: O'Rourke, Smith's, 'Smith'.
        yield from pairs(folded(text).split())
        yield from pairs(folded(GENITIVES.sub(" ", text)).split())
        yield from pairs(folded(APOSTROPHES.sub(" ", text)).split())
    yield from pairs_of_letters(text)
    for number in NUMBERS.findall(text):
        yield from _ends_of_numbers(number)
    for words, wholes in words_of_handles(text):
        yield from pairs([folded(word) for word in words])
        yield from (f"~{folded(one)}" for one in wholes)
    if JOINTS.search(text):
        yield from _written_parts(JOINTS.sub(" ", text))
    if ("<" in text or "&" in text) and MARKED.search(text):
        yield from _written_parts(MARKED.sub(" ", text))


def _ends_of_numbers(text: str) -> Iterator[str]:
    """Behind each group of digits a number may end, whatever stands before it."""
    digits = ""
    for group in re.findall(r"\d+", text):
        digits += group
        for length in range(FEWEST_DIGITS, min(SUBSCRIBER_DIGITS, len(digits)) + 1):
            yield f"#{digits[-length:]}"


def _number(part: str, seed: int) -> int:
    """Of 32 bits with a sign, as PostgreSQL's integer."""
    value = zlib.crc32(part.encode("utf-8", "surrogatepass"), seed)
    return value - (1 << 32) if value >= 1 << 31 else value
