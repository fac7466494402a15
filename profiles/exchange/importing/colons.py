"""Columns parted by colons, where colons stand in times and web addresses as well. Pure.

A colon parts a file only where no other sign does and its first line then holds names of columns: lists such as
"Name: Ann" are no table.
"""

import re
from collections.abc import Sequence
from itertools import combinations
from typing import Final

from profiles.exchange.importing.headers import BY_WORDS, words_of_header

COLON: Final = ":"
# In the place of a colon that parts nothing; a sign of Unicode's private use.
HIDDEN: Final = "\ue03a"
FEWEST_NAMES: Final = 2
# https://…, mailto:ann@…, and a time behind a date or with an offset: 2026-03-14T07:30:00+02:00.
NO_SEPARATOR: Final = re.compile(
    r"\b(?:https?|ftp):(?=//)|\b(?:mailto|tel):"
    r"|(?<=\d[T ])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:[.,]\d+)?(?:[+-]\d\d:\d\d)?",
    re.IGNORECASE,
)
HOUR: Final = re.compile(r"(?:[01]?\d|2[0-3])", re.ASCII)
SIXTIETH: Final = re.compile(r"[0-5]\d(?: ?[ap]m)?", re.ASCII | re.IGNORECASE)
TIME: Final = re.compile(
    r"(?:[01]?\d|2[0-3]):[0-5]\d(?P<seconds>:[0-5]\d)?(?: ?[ap]m)?", re.ASCII | re.IGNORECASE
)
# Beyond it the places of times are not looked for.
MOST_TIMES: Final = 12

Cells = list[str]


def has_header(text: str) -> bool:
    """Whether the first line that holds anything is a header of columns parted by colons."""
    return len(names_of(text)) >= FEWEST_NAMES


def names_of(text: str) -> list[str]:
    """The names of columns in the first line, of which two at least are known; empty: it is no such header."""
    first = next((line for line in text[:10_000].splitlines() if line.strip()), "")
    names = [name.strip().strip('"') for name in first.split(COLON)]
    known = sum(words_of_header(name) in BY_WORDS for name in names)
    return names if known >= FEWEST_NAMES else []


def hide(text: str) -> str:
    """The text with another sign for each colon that surely parts no columns."""
    return NO_SEPARATOR.sub(lambda match: match[0].replace(COLON, HIDDEN), text)


def show(cells: Sequence[str]) -> Cells:
    """Cells with their colons again."""
    return [cell.replace(HIDDEN, COLON) for cell in cells]


def put_together(cells: Sequence[str], names: Sequence[str]) -> tuple[Cells, bool]:
    """A row with as many cells as there are columns, its times whole again, and whether that is certain.

    12:45 may be a time, or a number beside a handicap: only what is too much is put together, and only in columns that
    no known name says to be something else. Where it remains doubtful, what stands before the first doubt is kept.
    """
    too_many = len(cells) - len(names)
    if too_many <= 0:
        return list(cells), True
    places = _places(cells)
    chosen = combinations(places, too_many) if len(places) <= MOST_TIMES else ()
    ways = {way for one in chosen if (way := _joined(cells, one, names)) is not None}
    # 10:30:14:45 are two times, though the first could have seconds.
    plain = [way for way, has_seconds in ways if not has_seconds] or [way for way, _ in ways]
    if len(plain) == 1:
        return list(plain[0]), True
    sure = places[0] if places else len(names)
    return [*cells[:sure], *[""] * (len(names) - sure)][: len(names)], False


def _places(cells: Sequence[str]) -> list[int]:
    """Where a cell and its next may be parts of one time."""
    places: list[int] = []
    for place in range(len(cells) - 1):
        is_behind_hour = bool(places) and places[-1] == place - 1
        begins = HOUR if not is_behind_hour else SIXTIETH
        if SIXTIETH.fullmatch(cells[place + 1].strip()) and (
            begins.fullmatch(cells[place].strip()) or HOUR.fullmatch(cells[place].strip())
        ):
            places.append(place)
    return places


def _joined(
    cells: Sequence[str], places: Sequence[int], names: Sequence[str]
) -> tuple[tuple[str, ...], bool] | None:
    """The cells with each of these and its next as one, and whether that makes seconds.

    None where it makes no times, or a name of a column forbids one.
    """
    joined: Cells = []
    times: set[int] = set()
    behind = {place + 1 for place in places}
    for place, cell in enumerate(cells):
        if place in behind:
            joined[-1] = f"{joined[-1].strip()}{COLON}{cell.strip()}"
            times.add(len(joined) - 1)
        else:
            joined.append(cell)
    found = [TIME.fullmatch(joined[column]) for column in times]
    if not all(found) or any(words_of_header(names[column]) in BY_WORDS for column in times):
        return None
    return tuple(joined), any(time and time["seconds"] for time in found)
