"""Reading a workbook in a process of its own, with a memory limit: no file can end or fill the one that serves.

Run as a program: the workbook on standard input, the wanted sheet as the argument ("" for the best), one JSON document
on standard output. The reader allocates the whole rectangle of a sheet, and aborts where memory ends: a stray cell in
the last column is enough. Imports nothing of the product, so that it starts in a moment.
"""

import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any, Final

import orjson
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

MOST_MEMORY: Final = 1536 * 1024 * 1024
MOST_SECONDS: Final = 120
# What a zip may grow to, and how many times its size.
MOST_UNZIPPED: Final = 400 * 1024 * 1024
MOST_CELLS: Final = 40_000_000
# Handed over: of all sheets together, without what is empty at the end of rows.
MOST_KEPT: Final = 6_000_000
MOST_MERGED: Final = 5_000
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 10_000
FAR: Final = "FAR"
PACKED: Final = "PACKED"
LOCKED: Final = "LOCKED"
NO_SHEET: Final = "NO_SHEET"


def read(content: bytes, wanted: str, most_rows: int) -> dict[str, Any]:
    """The cells of one sheet as texts, its merged ranges, and the names of all sheets that are shown."""
    if _unzipped(content) > MOST_UNZIPPED:
        return {"error": PACKED}
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        shown = [one.name for one in workbook.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
        if wanted and wanted not in workbook.sheet_names:
            return {"error": NO_SHEET, "sheets": workbook.sheet_names}
        names = [wanted] if wanted else shown or workbook.sheet_names
        sheets, kept = [], 0
        for name in names:
            sheets.append(_sheet(workbook.get_sheet_by_name(name), name, most_rows))
            kept += sum(map(len, sheets[-1]["rows"]))
            if kept > MOST_KEPT:
                return {"error": FAR}
    except (CalamineError, OSError) as error:
        return {"error": LOCKED, "text": str(error)}
    return {"sheets": sheets, "shown": shown, "hidden": len(workbook.sheet_names) - len(shown)}


def _sheet(sheet: CalamineSheet, name: str, most_rows: int) -> dict[str, Any]:
    if sheet.total_height * max(1, sheet.total_width) > MOST_CELLS:
        return {"name": name, "error": FAR, "rows": [], "merged": []}
    rows: list[list[str]] = []
    for row in sheet.iter_rows():
        cells = [_text(value) for value in row[:MOST_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        rows.append(cells)
        if len(rows) >= most_rows:
            break
    # `iter_rows` begins with the first row that is not empty.
    above = sheet.start[0] if sheet.start else 0
    return {
        "name": name,
        "rows": [[]] * above + rows,
        "merged": (sheet.merged_cell_ranges or [])[:MOST_MERGED],
    }


def _unzipped(content: bytes) -> int:
    if not content.startswith(b"PK"):
        return 0
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        return 0


def _text(value: Any) -> str:
    """A cell as the text that somebody would have typed."""
    if isinstance(value, str):
        return value.replace("\x00", "").strip()[:LONGEST_CELL]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, timedelta):
        return str(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def main() -> None:
    """Read standard input under the limits, write what was found."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wanted, most_rows = sys.argv[1], int(sys.argv[2])
    sys.stdout.buffer.write(orjson.dumps(read(sys.stdin.buffer.read(), wanted, most_rows)))


if __name__ == "__main__":
    main()
