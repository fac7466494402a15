"""What a workbook says besides its cells is told to whoever brings it in."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from profiles.exchange.importing.sheet_marks import SheetMarks, marks_of_sheet, marks_of_workbook
from profiles.exchange.importing.tables import Table, read_table

HEADER = ("Member No", "First name", "Surname", "Handicap", "Date of birth")


def workbook(fill: Callable[[Workbook, Worksheet], None], *, is_from_1904: bool = False) -> bytes:
    file = BytesIO()
    book = Workbook(file, {"date_1904": is_from_1904})
    sheet = book.add_worksheet("Men & <Women>")
    sheet.write_row(0, 0, HEADER)
    fill(book, sheet)
    book.close()
    return file.getvalue()


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with other words in its XML."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as before, zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(old, new))
    return file.getvalue()


def cells(table: Table) -> list[list[str]]:
    return [row for _, row in table.rows]


def test_hidden_rows_are_read_and_said_so() -> None:
    def fill(_: Workbook, sheet: Worksheet) -> None:
        for line in range(1, 5):
            sheet.write_row(line, 0, [line, f"P{line}", "Nel"])
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_row(3, None, None, {"hidden": True})

    table = read_table(workbook(fill))

    assert len(table.rows) == 4
    assert "Rows that are hidden in the sheet are read as well: 2" in table.notes


def test_a_formula_that_nobody_calculated_is_told_instead_of_passing_for_an_empty_cell() -> None:
    def fill(_: Workbook, sheet: Worksheet) -> None:
        sheet.write_row(1, 0, [1, "Ann"])
        sheet.write_formula(1, 2, '="Nel"', None, "Nel")
        sheet.write_row(2, 0, [2, "Ben"])
        sheet.write_formula(2, 2, "=C2&1", None, "NEVER")

    calculated = read_table(workbook(fill))
    table = read_table(replaced(workbook(fill), b"<v>NEVER</v>", b""))

    assert (cells(calculated)[1][2], calculated.notes) == ("NEVER", ["Sheet “Men & <Women>”"])
    assert [row[2] for row in cells(table)] == ["Nel", ""]
    assert "Cells whose formula was never calculated, and which are empty here: 1" in table.notes[-1]


def test_days_that_lost_their_form_count_from_where_the_workbook_counts() -> None:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(1, 0, ["001", "Ann", "Nel", 12])
        sheet.write_datetime(1, 4, datetime(1984, 5, 17), day)
        sheet.write_row(2, 0, ["002", "Ben", "Nel"])
        # Excel made a date of the handicap 12.4.
        sheet.write_datetime(2, 3, datetime(2026, 4, 12), day)
        sheet.write_number(2, 4, 29357)

    from_1904 = cells(read_table(workbook(fill, is_from_1904=True)))

    assert [row[4] for row in from_1904] == ["1984-05-17", "1984-05-17"]
    assert [row[3] for row in from_1904] == ["12", "2026-04-12"]
    assert [row[4] for row in cells(read_table(workbook(fill)))] == ["1984-05-17", "29357"]


def test_columns_that_are_not_read_are_told() -> None:
    def fill(_: Workbook, sheet: Worksheet) -> None:
        sheet.write_row(1, 0, [1, "Ann", "Nel"])
        sheet.write(1, 300, "far")

    assert "Only the first 200 columns are read" in read_table(workbook(fill)).notes


def test_what_is_no_workbook_of_that_kind_says_nothing() -> None:
    broken = workbook(lambda _, sheet: None)[:-40]

    assert marks_of_workbook(b"PK\x03\x04").parts == {}
    assert marks_of_workbook(broken).parts == {}
    assert marks_of_sheet(broken, "xl/worksheets/sheet1.xml") == SheetMarks()
    assert marks_of_sheet(workbook(lambda _, sheet: None), "xl/nothing.xml") == SheetMarks()
