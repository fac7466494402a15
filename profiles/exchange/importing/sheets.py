"""Reading a workbook: the cells of its sheets as texts. Pure; run in a process of its own (`own_process`)."""

import zipfile
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any, Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from profiles.exchange.importing.sheet_marks import marks_of_sheet, marks_of_workbook

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
# Where workbooks of old Macintoshes begin to count days, and which numbers are days: no handicaps, no telephones.
FIRST_DAY: Final = date(1904, 1, 1)
FEWEST_DAYS, MOST_DAYS = 1_000, 60_000


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
        marks = marks_of_workbook(content)
        sheets, kept = [], 0
        for name in names:
            sheet = _sheet(workbook.get_sheet_by_name(name), name, most_rows, marks.is_from_1904)
            if name in marks.parts:
                sheet |= asdict(marks_of_sheet(content, marks.parts[name]))
            sheets.append(sheet)
            kept += sum(map(len, sheets[-1]["rows"]))
            if kept > MOST_KEPT:
                return {"error": FAR}
    except (CalamineError, OSError) as error:
        return {"error": LOCKED, "text": str(error)}
    return {"sheets": sheets, "shown": shown, "hidden": len(workbook.sheet_names) - len(shown)}


def _sheet(sheet: CalamineSheet, name: str, most_rows: int, is_from_1904: bool) -> dict[str, Any]:
    if sheet.total_height * max(1, sheet.total_width) > MOST_CELLS:
        return {"name": name, "error": FAR, "rows": [], "merged": []}
    rows: list[list[str]] = []
    of_days = _columns_of_days(sheet) if is_from_1904 else frozenset()
    for row in sheet.iter_rows():
        cells = [
            _text(_from_1904(value) if place in of_days else value)
            for place, value in enumerate(row[:MOST_COLUMNS])
        ]
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
        "is_cut": sheet.width > MOST_COLUMNS,
    }


def _columns_of_days(sheet: CalamineSheet) -> frozenset[int]:
    return frozenset(
        place for row in sheet.iter_rows() for place, value in enumerate(row) if isinstance(value, date)
    )


def _from_1904(value: Any) -> Any:
    """The day of a number that lost its form; read elsewhere it would count from 1900 and be four years off."""
    if isinstance(value, float) and value.is_integer() and FEWEST_DAYS < value < MOST_DAYS:
        return FIRST_DAY + timedelta(days=int(value))
    return value


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
