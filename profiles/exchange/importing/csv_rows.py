"""A text as rows of cells, stray quotation marks survived.

One mark that is never closed makes a reader swallow everybody below. A quoted cell that runs over lines each of which
is a row by itself, or to the end of the file, is such a mark: its line is then read with the mark taken as it stands.
Pure.
"""

import csv
import re
from collections.abc import Iterator
from typing import Final

MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 10_000
# Of all rows together: what a process may hold of a file.
MOST_CELLS: Final = 6_000_000
# In a file with more of them no mark means anything.
MOST_STRAYS: Final = 1_000
# A cell may be as long as a file; it is cut when it is kept.
csv.field_size_limit(2**31 - 1)
# A cell of an address or a note has no more lines.
MOST_LINES: Final = 100
MARK: Final = '"'
# Not by `splitlines`: signs that Unicode takes for line ends (U+0085, U+2028) stand in cells copied from web pages.
LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

Cells = list[str]


class TooManyRows(Exception):
    """More rows than wanted, or more cells than a process should hold."""


def lines_of(text: str) -> list[str]:
    """The lines of a text, each with its end."""
    return LINE.findall(text)


def csv_rows(text: str, separator: str, *, most: int) -> tuple[list[tuple[int, Cells]], list[str]]:
    """Rows that hold anything, each with its line (1: the first), and notes on stray marks and columns left out.

    Raises TooManyRows, csv.Error.
    """
    rows: list[tuple[int, Cells]] = []
    strays: list[int] = []
    lines = lines_of(text)
    usual = _usual_separators(lines, separator)
    place = filled = widest = 0
    while place < len(lines):
        if len(strays) < MOST_STRAYS:
            taken, is_stray = _record(lines, place, separator, usual)
        else:
            taken, is_stray = 1, MARK in lines[place]
        if is_stray:
            strays.append(place + 1)
        cells = _cells("".join(lines[place : place + taken]), separator, is_stray=is_stray)
        widest = max(widest, len(cells))
        cells = cells[:MOST_COLUMNS]
        if any(cells):
            filled += len(cells)
            if len(rows) >= most or filled > MOST_CELLS:
                raise TooManyRows
            rows.append((place + 1, cells))
        place += taken
    notes = [f"Only the first {MOST_COLUMNS} columns are read"] if widest > MOST_COLUMNS else []
    if not strays:
        return rows, notes
    named = ", ".join(map(str, strays[:10]))
    return rows, [*notes, f"A quotation mark that is never closed was read as it stands (line {named})"]


def _record(lines: list[str], place: int, separator: str, usual: int) -> tuple[int, bool]:
    """How many lines the record that begins here has, and whether its mark is stray."""
    marks = _Marks(separator)
    if MARK not in lines[place] or not marks.is_open_after(lines[place]):
        return 1, False
    for taken in range(2, min(MOST_LINES, len(lines) - place) + 1):
        line = lines[place + taken - 1]
        if not marks.is_open_after(line):
            return (1, True) if marks.is_torn else (taken, False)
        if usual > 0 and line.count(separator) == usual:
            # It runs over a row.
            return 1, True
    return 1, True


class _Marks:
    """Follows the quoted cells of a record, line by line; marks in cells that do not begin with one mean nothing.

    `is_torn`: one has ended in the middle of a word.
    """

    def __init__(self, separator: str) -> None:
        self._opening = re.compile(rf"(?:^|[{re.escape(separator)}\r\n]) *{MARK}")
        self._behind = f"{separator}\r\n "
        self._is_open = self.is_torn = False

    def is_open_after(self, line: str) -> bool:
        """Whether a quoted cell goes on behind this line."""
        place = 0
        while True:
            if self._is_open:
                place = line.find(MARK, place) + 1
                if not place:
                    return True
                if line.startswith(MARK, place):
                    place += 1
                    continue
                self._is_open = False
                self.is_torn = self.is_torn or line[place : place + 1].strip(self._behind) != ""
            opening = self._opening.search(line, place)
            if opening is None:
                return False
            self._is_open, place = True, opening.end()


def _usual_separators(lines: list[str], separator: str) -> int:
    counts = [line.count(separator) for line in lines[:200] if line.strip()]
    return max(set(counts), key=counts.count, default=0)


def _cells(record: str, separator: str, *, is_stray: bool) -> Cells:
    rows: Iterator[list[str]]
    if is_stray:
        rows = csv.reader([record], delimiter=separator, quoting=csv.QUOTE_NONE)
    else:
        rows = csv.reader(lines_of(record), delimiter=separator, skipinitialspace=True)
    cells = next(rows, [])
    if is_stray:
        cells = [cell.strip().strip(MARK) for cell in cells]
    return [cell.strip()[:LONGEST_CELL] for cell in cells]
