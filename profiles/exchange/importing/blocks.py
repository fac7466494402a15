"""Several tables on one sheet: below each other they are read as one, or told; side by side they are refused. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from profiles.exchange.importing.csv_rows import Cells
from profiles.exchange.importing.empty_cells import is_no_value
from profiles.exchange.importing.headers import BY_WORDS, is_known_header, words_of_header
from profiles.exchange.importing.targets import Target
from profiles.normalise import folded

Row = tuple[int, Cells]
FEWEST_NAMES: Final = 2
FEWEST_ROWS: Final = 2
# Of a column's cells so many are addresses, or numbers as long as phones, where it is one of these.
MOSTLY: Final = 0.8
PHONE_DIGITS: Final = 9
# Lines of one cell above a table; in a list of one column all are.
MOST_TITLES: Final = 5


@dataclass(frozen=True, slots=True)
class United:
    """The rows below a header, those of other tables put under its names; `names` grows by what only those have.

    `notes` say which lines were found to be of other tables; `others`: lines that are no people.
    """

    names: list[str]
    rows: list[Row]
    notes: list[str]
    others: frozenset[int]


def unite(rows: Sequence[Row], place: int, remembered: Mapping[str, str]) -> United:
    """Read tables with other columns, above or below the one whose header stands at `place`, as part of it."""
    names = list(rows[place][1])
    headers = [
        number
        for number in range(len(rows))
        if number == place or _is_header(rows, number, place, remembered)
    ]
    ends = [*headers[1:], len(rows)]
    found: list[Row] = []
    notes: list[str] = []
    for start, end in zip(headers, ends, strict=True):
        block = [row for row in rows[start + 1 : end] if any(row[1])]
        if start == place or not block:
            found += block
            continue
        columns = _columns(rows[start][1], names)
        found += [(line, _placed(cells, columns, len(names))) for line, cells in block]
        notes.append(f"Another table with other columns begins in line {rows[start][0]}; it is read as well")
    others = set()
    for block in _foreign(found, names, rows, place):
        lines = [line for line, _ in block]
        others.update(lines)
        words = ", ".join(cell for cell in block[0][1] if cell)
        notes.append(f"Lines {lines[0]} to {lines[-1]} are another table ({words}) and are not brought in")
    return United(names, found, notes, frozenset(others))


def are_beside(names: Sequence[str]) -> bool:
    """Whether a header names the same columns again behind an empty one: two tables side by side."""
    groups: list[set[str]] = [set()]
    for name in names:
        if name:
            groups[-1].add(folded(name))
        elif groups[-1]:
            groups.append(set())
    return any(
        len(one & other) >= FEWEST_NAMES for place, one in enumerate(groups) for other in groups[place + 1 :]
    )


def _is_header(rows: Sequence[Row], number: int, place: int, remembered: Mapping[str, str]) -> bool:
    """Whether a row names columns, other ones than the header does, and stands apart from the people above it."""
    cells = rows[number][1]
    filled = [cell for cell in cells if cell]
    if len(filled) < FEWEST_NAMES or any("@" in cell or cell.isdigit() for cell in filled):
        return False
    known = sum(is_known_header(cell, remembered) for cell in filled)
    if known < FEWEST_NAMES or 2 * known < len(filled) or not (number < place or _stands_apart(rows, number)):
        return False
    if number < place and not any(_reaches(cell) for row in rows[number + 1 : place] for cell in row[1]):
        # Titles and a header of two rows stand above as well.
        return False
    header = rows[place][1]
    return _meanings(cells) != _meanings(header)[: len(cells)]


def _stands_apart(rows: Sequence[Row], number: int) -> bool:
    for place in range(number, max(number - MOST_TITLES - 1, 0), -1):
        line, above = rows[place - 1]
        if not any(above) or rows[place][0] - line > 1:
            return True
        # Its title may stand between.
        if sum(map(bool, above)) != 1:
            return False
    return False


def _meanings(names: Sequence[str]) -> list[str]:
    """What each column is, so that Surname and Last name are one; beside a last name, Name is the first one."""
    words = [words_of_header(name) for name in names]
    found = [
        BY_WORDS[word].value if word in BY_WORDS else folded(name)
        for word, name in zip(words, names, strict=True)
    ]
    if Target.LAST_NAME in found and Target.FIRST_NAME not in found:
        return [Target.FIRST_NAME.value if one == Target.FULL_NAME else one for one in found]
    return found


def _columns(theirs: Sequence[str], names: list[str]) -> list[int]:
    """For each column of another table the one that it is; what only that table has is added to the names."""
    meanings = _meanings(names)
    columns: list[int] = []
    for name, meaning in zip(theirs, _meanings(theirs), strict=True):
        if not name or meaning not in meanings or meanings.index(meaning) in columns:
            names.append(name)
            meanings.append(meaning)
            columns.append(len(names) - 1)
        else:
            columns.append(meanings.index(meaning))
    return columns


def _placed(cells: Cells, columns: Sequence[int], width: int) -> Cells:
    placed = [""] * width
    for column, cell in enumerate(cells):
        if column < len(columns):
            placed[columns[column]] = cell
        elif cell:
            placed.append(cell)
    return placed


def _foreign(
    found: Sequence[Row], names: Sequence[str], rows: Sequence[Row], place: int
) -> Iterator[list[Row]]:
    """Blocks behind an empty line that hold something else where all people have an address or a phone."""
    known = {line for line, _ in found}
    blocks: list[list[Row]] = []
    for number in range(place + 1, len(rows)):
        line, cells = rows[number]
        if not any(cells) or line not in known:
            continue
        if not blocks or _stands_apart(rows, number):
            blocks.append([])
        blocks[-1].append((line, cells))
    if len(blocks) < FEWEST_ROWS:
        return
    people = blocks[0]
    columns = [column for column in range(len(names)) if _is_of_addresses(people, column)]
    for block in blocks[1:]:
        said = [[_said(row[1], column) for row in block] for column in columns]
        is_other = any(
            all(column) and not any(map(_reaches, column)) and _is_of_numbers(column) for column in said
        )
        if (
            len(block) >= FEWEST_ROWS
            and is_other
            and not any(_reaches(cell) for _, row in block for cell in row)
        ):
            yield block


def _is_of_numbers(column: Sequence[str]) -> bool:
    """Whether there are numbers below a word."""
    return not any(map(str.isdigit, column[0])) and all(any(map(str.isdigit, cell)) for cell in column[1:])


def _said(cells: Cells, column: int) -> str:
    """What a cell says, if anything."""
    cell = cells[column] if column < len(cells) else ""
    return "" if is_no_value(cell.casefold()) else cell


def _is_of_addresses(people: Sequence[Row], column: int) -> bool:
    cells = [row[column] for _, row in people if column < len(row) and row[column]]
    return len(cells) >= FEWEST_ROWS and sum(map(_reaches, cells)) >= MOSTLY * len(cells)


def _reaches(cell: str) -> bool:
    """Whether it is an address or a number that is long enough for a phone."""
    return "@" in cell or sum(map(str.isdigit, cell)) >= PHONE_DIGITS
