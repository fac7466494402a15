"""A text as rows of cells, stray quotation marks survived.

One mark that is never closed makes a reader swallow everybody below. A quoted cell that runs over lines each of which
is a row by itself, or to the end of the file, is such a mark: its line is then read with the mark taken as it stands.
Pure.
"""

import csv
import re
from collections.abc import Iterator
from enum import Enum
from typing import Final

MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 10_000
# A cell of an address or a note has no more lines.
MOST_LINES: Final = 100
MARK: Final = '"'
# Not by `splitlines`: signs that Unicode takes for line ends (U+0085, U+2028) stand in cells copied from web pages.
LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

Cells = list[str]


class TooManyRows(Exception):
    """More rows than wanted."""


def lines_of(text: str) -> list[str]:
    """The lines of a text, each with its end."""
    return LINE.findall(text)


def csv_rows(text: str, separator: str, *, most: int) -> tuple[list[tuple[int, Cells]], list[str]]:
    """Rows that hold anything, each with its line (1: the first), and notes on marks that were stray.

    Raises TooManyRows, csv.Error.
    """
    rows: list[tuple[int, Cells]] = []
    strays: list[int] = []
    lines = lines_of(text)
    usual = _usual_separators(lines, separator)
    place = 0
    while place < len(lines):
        taken, is_stray = _record(lines, place, separator, usual)
        if is_stray:
            strays.append(place + 1)
        cells = _cells("".join(lines[place : place + taken]), separator, is_stray=is_stray)
        if any(cells):
            if len(rows) >= most:
                raise TooManyRows
            rows.append((place + 1, cells))
        place += taken
    if not strays:
        return rows, []
    named = ", ".join(map(str, strays[:10]))
    return rows, [f"A quotation mark that is never closed was read as it stands (line {named})"]


def _record(lines: list[str], place: int, separator: str, usual: int) -> tuple[int, bool]:
    """How many lines the record that begins here has, and whether its mark is stray."""
    if MARK not in lines[place] or _state(lines[place], separator) is not _State.OPEN:
        return 1, False
    whole = lines[place]
    is_over_rows = False
    for taken in range(2, min(MOST_LINES, len(lines) - place) + 1):
        line = lines[place + taken - 1]
        whole += line
        state = _state(whole, separator)
        if state is not _State.OPEN:
            is_stray = is_over_rows or state is _State.TORN
            return (1, True) if is_stray else (taken, False)
        is_over_rows = is_over_rows or (usual > 0 and line.count(separator) == usual)
    return 1, True


class _State(Enum):
    """Of the quoted cells of a text: all are closed; the last is open; one ends in the middle of a word."""

    CLOSED = "closed"
    OPEN = "open"
    TORN = "torn"


def _state(text: str, separator: str) -> _State:
    """Marks inside of cells that do not begin with one mean nothing."""
    is_quoted, is_start, is_torn = False, True, False
    place = 0
    while place < len(text):
        char = text[place]
        if is_quoted:
            if char == MARK and text[place + 1 : place + 2] == MARK:
                place += 1
            elif char == MARK:
                is_quoted = False
                is_torn = is_torn or text[place + 1 : place + 2].strip(f"{separator}\r\n ") != ""
        else:
            is_quoted = char == MARK and is_start
            is_start = char in (separator, "\n", "\r") or (is_start and char == " ")
        place += 1
    if is_quoted:
        return _State.OPEN
    return _State.TORN if is_torn else _State.CLOSED


def _usual_separators(lines: list[str], separator: str) -> int:
    counts = [line.count(separator) for line in lines[:200] if line.strip()]
    return max(set(counts), key=counts.count, default=0)


def _cells(record: str, separator: str, *, is_stray: bool) -> Cells:
    rows: Iterator[list[str]]
    if is_stray:
        rows = csv.reader([record], delimiter=separator, quoting=csv.QUOTE_NONE)
    else:
        rows = csv.reader(lines_of(record), delimiter=separator)
    cells = next(rows, [])[:MOST_COLUMNS]
    if is_stray:
        cells = [cell.strip().strip(MARK) for cell in cells]
    return [cell.strip()[:LONGEST_CELL] for cell in cells]
