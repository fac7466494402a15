"""Spreadsheets as clubs' offices send them."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook


def csv_file(*lines: str, encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    """A text file of the lines."""
    return (end.join(lines) + end).encode(encoding)


def office_workbook() -> bytes:
    """A title over all columns, a header of two rows, merged surnames, headings, sums, spoiled numbers, three dates."""
    file = BytesIO()
    book = Workbook(file)
    book.add_worksheet("Notes").write(0, 0, "Please see the next sheet")
    sheet = book.add_worksheet("Members")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.merge_range("A1:G1", "FAIRVIEW GOLF CLUB: MEMBERS 2026")
    sheet.merge_range("A3:A4", "Member No")
    sheet.merge_range("B3:C3", "Name")
    sheet.write("B4", "First")
    sheet.write("C4", "Surname")
    sheet.merge_range("D3:E3", "Contact")
    sheet.write("D4", "E-Mail")
    sheet.write("E4", "Cell")
    sheet.merge_range("F3:F4", "D.O.B.")
    sheet.merge_range("G3:G4", "Category")
    sheet.merge_range("A5:G5", "FULL MEMBERS")
    sheet.write_row("A6", [1001, "THANDI"])
    sheet.merge_range("C6:C7", "VAN DER MERWE")
    sheet.write_row("D6", ["thandi@example.com", 27821234567])
    sheet.write_datetime("F6", datetime(1984, 5, 17), day)
    sheet.write("G6", "Gold")
    sheet.write_row("A7", [1002, "Pieter"])
    sheet.write_row("D7", ["pieter@example.com", "082 765 4321 / 011 555 1234", "17 May 1984", "Gold"])
    sheet.write_row("A8", [1003, "Zoë", "O'Brien", "none@none.com", "2.78212E+10", "03/04/1990", "Silver"])
    sheet.write_formula("A9", "=1/0", None, "#DIV/0!")
    sheet.write_row("B9", ["Ben", "Adams", "ben.adams@example", 823334444, 30819, ""])
    sheet.write("A11", "Total: 4")
    book.close()
    return file.getvalue()


def workbook_of(*rows: Sequence[Any]) -> bytes:
    """One sheet with these rows."""
    file = BytesIO()
    book = Workbook(file)
    sheet = book.add_worksheet("Sheet1")
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    book.close()
    return file.getvalue()
