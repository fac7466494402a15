"""A file as a table: which encoding and separator a text has, which sheet and which row the header stands in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from profiles.exchange.importing import blocks, file_kinds, sheets, texts
from profiles.exchange.importing.csv_rows import MOST_CELLS, Cells
from profiles.exchange.importing.encodings import NAMES as ENCODING_NAMES
from profiles.exchange.importing.headers import is_known_header
from profiles.exchange.importing.own_process import read_apart
from profiles.normalise import folded
from tenants.errors import InvalidError

MOST_BYTES: Final = 30 * 1024 * 1024
# A text that is no longer is read in the process that serves: it cannot become more than some megabytes.
MOST_BYTES_HERE: Final = 256 * 1024
MOST_ROWS: Final = 200_000
TOO_MANY: Final = (
    f"The file has more than {MOST_ROWS:,} rows, or {MOST_CELLS // 1_000_000} million cells: split it, or leave out"
    " columns."
)
TOO_FAR: Final = (
    "The workbook has cells far outside of its table, or is too large: copy the rows of people into a new sheet and"
    " save that."
)
BESIDE: Final = (
    "Two tables stand side by side on the sheet: put one below the other, or each on a sheet of its own, and upload"
    " that."
)
HEADER_WITHIN: Final = 30
SEPARATOR_NAMES: Final[Mapping[str, str]] = {
    ";": "semicolons",
    ",": "commas",
    "\t": "tabs",
    "|": "bars",
    ":": "colons",
}
WORKBOOK_SIGNS: Final = (file_kinds.ZIP_SIGN, file_kinds.OLE_SIGN)
# No cell of people is merged over more rows.
TALLEST_MERGED: Final = 500
# How a line of sums, or of who printed the list, begins; folded.
OF_SUMS: Final = re.compile(
    r"(?:(?:grand|sub|overall|net) ?)?(?:totals?|sums?|averages?|avg|counts?|printed|page \d+|end of (?:list|report)|"
    r"summe|gesamt|zwischensumme|gesamtsumme|anzahl|durchschnitt|mittelwert|seite \d+|gedruckt|totaal|subtotaal|"
    r"groottotaal|gemiddelde?|aantal|totaux|somme|moyenne|nombre|suma|promedio|media|totale|soma)\b.*"
)
# Below so many columns one filled cell is no sign of anything.
NARROW: Final = 3
HEADER_WORDS: Final = 2
FEWEST_OF_PHONE: Final = 9
# A title stands at the left; sums are known by their words.
TITLES_WITHIN: Final = 2


class UnreadableFile(InvalidError):
    """A file that is no table."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


@dataclass(slots=True)
class Table:
    """A header and the rows below it, each with its line in the file (1: the first); `notes` say what was found."""

    header: list[str]
    header_line: int
    rows: list[tuple[int, Cells]]
    notes: list[str] = field(default_factory=list)
    headings: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Grid:
    """All cells of a file, and which of them a workbook merged: row → first and last columns, from 0."""

    rows: list[tuple[int, Cells]]
    notes: list[str]
    spans: dict[int, list[tuple[int, int]]] = field(default_factory=dict)


def read_table(
    content: bytes,
    *,
    encoding: str = "",
    separator: str = "",
    sheet: str = "",
    remembered: Mapping[str, str] | None = None,
) -> Table:
    """The table in a file: CSV in any usual encoding, or a workbook (XLSX, XLS, XLSB, ODS).

    Empty `encoding`, `separator`, `sheet`: found out. `remembered`: folded headers that the club has used before.
    Raises UnreadableFile with what to do.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(f"The file is larger than {MOST_BYTES // 1024**2} MB: split it.")
    if not content.strip():
        raise UnreadableFile("The file is empty.")
    if refusal := file_kinds.refusal_of(content):
        raise UnreadableFile(refusal)
    if content.startswith(WORKBOOK_SIGNS):
        grid = _read_workbook(content, sheet, remembered or {})
    else:
        grid = _read_text(content, encoding, separator)
    table = _with_header(grid, remembered or {})
    if not table.rows:
        raise UnreadableFile("There is no row below the header.")
    if len(table.rows) > MOST_ROWS:
        raise UnreadableFile(TOO_MANY)
    return table


# --- text


def _read_text(content: bytes, encoding: str, separator: str) -> _Grid:
    wanted: dict[str, Any] = {
        "encoding": encoding,
        "separator": separator,
        "most_rows": MOST_ROWS + HEADER_WITHIN,
    }
    if len(content) <= MOST_BYTES_HERE:
        found = texts.read(content, **wanted)
    else:
        found = read_apart("text", content, wanted) or {"error": texts.TOO_MANY}
    match found.get("error"):
        case texts.NO_TEXT:
            raise UnreadableFile("This is neither a text nor a workbook: save it as CSV or XLSX.")
        case texts.TOO_MANY:
            raise UnreadableFile(TOO_MANY)
        case texts.OTHER_ENCODING:
            name = ENCODING_NAMES.get(encoding, encoding)
            raise UnreadableFile(f"The file is not in {name}: choose another encoding, or let it be found.")
        case texts.SEVERAL_FIT:
            names = " or ".join(ENCODING_NAMES[one] for one in found["encodings"])
            raise UnreadableFile(
                f"The text may be {names}: choose its encoding, and look whether the names are right."
            )
        case texts.NO_CSV:
            raise UnreadableFile(f"This cannot be read as CSV ({found['text']}): save the file as XLSX.")
    used, sign = ENCODING_NAMES.get(found["encoding"], found["encoding"]), found["separator"]
    named = SEPARATOR_NAMES.get(sign, repr(sign))
    rows = [(line, cells) for line, cells in found["rows"]]
    return _Grid(rows, [f"Text in {used}, columns separated by {named}", *found["notes"]])


# --- workbooks


def _read_workbook(content: bytes, sheet: str, remembered: Mapping[str, str]) -> _Grid:
    found = _sheets_of(content, sheet)
    candidates = [_grid_of(one) for one in found["sheets"]]
    best = max(
        range(len(candidates)), key=lambda place: (_known_names(candidates[place].rows, remembered), -place)
    )
    chosen, name = candidates[best], found["sheets"][best]["name"]
    if found["sheets"][best].get("error"):
        raise UnreadableFile(TOO_FAR)
    others = [one for one in found["shown"] if one != name]
    chosen.notes.append(f"Sheet “{name}”")
    if others:
        chosen.notes.append(f"Other sheets: {', '.join(f'“{other}”' for other in others)}")
    if found["hidden"]:
        chosen.notes.append(f"{found['hidden']} hidden and not looked at")
    chosen.notes += _notes_on(found["sheets"][best])
    return chosen


def _notes_on(sheet: Mapping[str, Any]) -> list[str]:
    """What nobody would expect who looks at the sheet."""
    notes = []
    if hidden := sheet.get("hidden_rows"):
        notes.append(f"Rows that are hidden in the sheet are read as well: {hidden}")
    if uncalculated := sheet.get("uncalculated"):
        notes.append(
            f"Cells whose formula was never calculated, and which are empty here: {uncalculated}. Open the file in a"
            " spreadsheet program, save it and upload it again"
        )
    if sheet["is_cut"]:
        notes.append(f"Only the first {sheets.MOST_COLUMNS} columns are read")
    return notes


def _sheets_of(content: bytes, sheet: str) -> dict[str, Any]:
    """What `sheets` reads; whatever a file does to that process is words here."""
    wanted = {"wanted": sheet, "most_rows": MOST_ROWS + HEADER_WITHIN}
    found = read_apart("workbook", content, wanted) or {"error": sheets.FAR}
    error = found.get("error")
    if error == sheets.NO_SHEET:
        raise UnreadableFile(f"There is no sheet {sheet!r}; there are: {', '.join(found['sheets'])}.")
    if error == sheets.LOCKED:
        raise UnreadableFile(file_kinds.why_closed(content, found["text"]))
    if error:
        raise UnreadableFile(TOO_FAR)
    if not found["sheets"]:
        raise UnreadableFile(file_kinds.why_closed(content, ""))
    return found


def _grid_of(sheet: Mapping[str, Any]) -> _Grid:
    grid: list[Cells] = sheet["rows"]
    spans = _fill_merged(grid, sheet["merged"])
    return _Grid(list(enumerate(grid, start=1)), [], spans)


def _known_names(rows: Sequence[tuple[int, Cells]], remembered: Mapping[str, str]) -> int:
    """How many known names of columns the best row at the top holds."""
    return max(
        (sum(is_known_header(cell, remembered) for cell in cells) for _, cells in rows[:HEADER_WITHIN]),
        default=0,
    )


def _fill_merged(grid: list[Cells], merged: Sequence[Any]) -> dict[int, list[tuple[int, int]]]:
    """Say a merged cell's text in each row that it spans; returns row → the spans over several columns."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, right) in merged:
        text = grid[top][left] if top < len(grid) and left < len(grid[top]) else ""
        for row in range(top, min(bottom, len(grid) - 1, top + TALLEST_MERGED) + 1):
            if text:
                grid[row] += [""] * (left + 1 - len(grid[row]))
                grid[row][left] = text
            if right > left:
                spans.setdefault(row, []).append((left, right))
    return spans


# --- the header


def _with_header(grid: _Grid, remembered: Mapping[str, str]) -> Table:
    place = _header_place(grid.rows, remembered)
    if place is None:
        raise UnreadableFile("No row with the names of the columns was found: the first row must hold them.")
    line, names = grid.rows[place]
    if blocks.are_beside(names):
        raise UnreadableFile(BESIDE)
    above = _above(grid, place)
    united = blocks.unite(grid.rows, place, remembered)
    names = united.names
    width = max(len(names), *(len(cells) for _, cells in united.rows), 0)
    # Empty ones as well: each is stored.
    if width * len(united.rows) > MOST_CELLS:
        raise UnreadableFile(TOO_MANY)
    header = _unique(
        [
            _column_name(
                names[column] if column < len(names) else "", above.get(column, ""), column, remembered
            )
            for column in range(width)
        ]
    )
    table = Table(header, line, [], [*grid.notes, *united.notes])
    positions = {row_line: position for position, (row_line, _) in enumerate(grid.rows)}
    for row_line, cells in united.rows:
        row = cells + [""] * (width - len(cells))
        if (
            row_line in united.others
            or _is_heading(grid, positions[row_line], row)
            or _is_header_again(row, header, remembered)
            or _is_sum(row)
        ):
            table.headings.add(row_line)
        table.rows.append((row_line, row))
    if over := [row_line for row_line, cells in united.rows if any(cells[len(names) :])]:
        lines = ", ".join(map(str, over[:10]))
        table.notes.append(
            f"More cells than the header has names: is a sign missing around a text? (line {lines})"
        )
    if place:
        table.notes.append(f"The names of the columns stand in line {line}")
    return table


def _header_place(rows: Sequence[tuple[int, Cells]], remembered: Mapping[str, str]) -> int | None:
    """The row with most known names of columns; where none is known, the first that is as wide as any, all words."""
    candidates = list(enumerate(cells for _, cells in rows[:HEADER_WITHIN]))
    known = {
        place: sum(is_known_header(cell, remembered) for cell in cells)
        for place, cells in candidates
        if _is_worded(cells)
    }
    best = max(known, key=lambda place: (known[place], -place), default=None)
    if best is not None and known[best] > 0:
        return best
    widest = max((sum(map(bool, cells)) for _, cells in candidates), default=0)
    for place, cells in candidates:
        filled = [cell for cell in cells if cell]
        if filled and len(filled) == widest and _is_worded(cells):
            return place
    return None


def _is_worded(cells: Cells) -> bool:
    """Whether a row has neither an address nor a number of its own, as headers have."""
    return not any("@" in cell or cell.isdigit() for cell in cells)


def _above(grid: _Grid, place: int) -> dict[int, str]:
    """Column → the text of a merged cell in the row above the header that spans it, as "Contact" over two."""
    if place == 0:
        return {}
    cells = grid.rows[place - 1][1]
    spans = grid.spans.get(place - 1, [])
    # A title over the whole sheet names no column.
    return {
        column: cells[left]
        for left, right in spans
        if left < len(cells) and right - left + 1 < max(3, len(grid.rows[place][1]) - 1)
        for column in range(left, right + 1)
    }


def _column_name(own: str, above: str, column: int, remembered: Mapping[str, str]) -> str:
    own = " ".join(own.split())
    both = f"{above} {own}".strip()
    if above and own and (is_known_header(both, remembered) or not is_known_header(own, remembered)):
        return both
    return own or above or f"Column {column + 1}"


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique


def _is_header_again(row: Cells, header: Sequence[str], remembered: Mapping[str, str]) -> bool:
    """Whether the names of the columns stand there again: on each page of a print, or in a second language."""
    filled = [(cell, name) for cell, name in zip(row, header, strict=True) if cell]
    if len(filled) < HEADER_WORDS:
        return False
    return all(folded(cell) == folded(name) or is_known_header(cell, remembered) for cell, name in filled)


def _is_sum(row: Cells) -> bool:
    """Whether a line begins as sums do and nobody could be reached by it: Total, Summe, Printed on."""
    filled = [cell for cell in row if cell]
    if not filled or "@" in "".join(filled) or not OF_SUMS.fullmatch(folded(filled[0])):
        return False
    # Somebody may be called Count: with another name, an address or a phone number beside it they are a person.
    return all(
        any(map(str.isdigit, cell)) and sum(map(str.isdigit, cell)) < FEWEST_OF_PHONE
        for cell in filled[1:]
        if not OF_SUMS.fullmatch(folded(cell))
    )


def _is_heading(grid: _Grid, position: int, row: Cells) -> bool:
    """Whether a row is a title between the people: one text over merged cells, or alone in a wide table."""
    filled = [column for column, cell in enumerate(row) if cell]
    if len(filled) != 1 or len(row) < NARROW:
        return False
    cell = row[filled[0]]
    is_merged = any(left <= filled[0] <= right for left, right in grid.spans.get(position, ()))
    return is_merged or (filled[0] < TITLES_WITHIN and "@" not in cell and not cell.isdigit())
