"""An XLSX workbook written as it is made: libraries keep a sheet in memory or on disk until it is complete."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import RawIOBase
from typing import Any, Final
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

MOST_ROWS: Final = 1_048_576
LONGEST_CELL: Final = 32_767
# Spreadsheets count from here; right from March 1900 on, before which they know a day that never was.
DAY_ZERO: Final = datetime(1899, 12, 30)
# Places in the list of styles below.
DAY, TIME, BOLD, MONEY = 1, 2, 3, 4
FASTEST: Final = 1
NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# Nearly all texts: nothing in them has to be written otherwise, and no blank could get lost.
SIMPLE: Final = re.compile(r"[\w.,:;@/+-]+(?: [\w.,:;@/+-]+)*")
HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE: Final = "http://schemas.openxmlformats.org"
MAIN: Final = f"{OFFICE}/spreadsheetml/2006/main"
LINKS: Final = f"{OFFICE}/officeDocument/2006/relationships"
TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"


# Each cell names one of the cellXfs by its place: plain, day, time, bold, money.
STYLES: Final = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="5"><xf/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/>'
    '<xf fontId="1" applyFont="1"/><xf numFmtId="4" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


class _Pipe(RawIOBase):
    """What the archive writes, until it is taken out; cannot seek, so that nothing waits for the end."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Keep it until the next `take`."""
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """All that was written since the last call."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


@dataclass(frozen=True, slots=True)
class Sheet:
    """How sheets for people look: the head bold, held still and with filters; `widths` of the columns in characters."""

    widths: Sequence[int]

    @property
    def head(self) -> str:
        """What stands before the rows."""
        columns = "".join(
            f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
            for n, width in enumerate(self.widths, 1)
        )
        still = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        return f'<sheetViews><sheetView workbookViewId="0">{still}</sheetView></sheetViews><cols>{columns}</cols>'

    def foot(self, rows: int) -> str:
        """What stands behind so many rows."""
        return f'<autoFilter ref="A1:{column_letters(len(self.widths))}{rows}"/>'


def column_letters(number: int) -> str:
    """As spreadsheets call columns: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def workbook(
    header: Sequence[str], blocks: Iterable[Sequence[Sequence[Any]]], looks: Sheet | None = None
) -> Iterator[bytes]:
    """A workbook of the rows in parts; a further sheet where one is full.

    Texts are cells of type text: no spreadsheet takes one for a formula. Dates and naive times are real ones.
    """
    head = looks.head if looks else ""
    first = _row(header) if looks is None else f"<row>{''.join(_cell(each, BOLD) for each in header)}</row>"
    pipe = _Pipe()
    rows_of = iter(blocks)
    block: Sequence[Sequence[Any]] | None = next(rows_of, None)
    sheets = 0
    with ZipFile(pipe, "w", ZIP_DEFLATED, compresslevel=FASTEST) as archive:
        while block is not None or sheets == 0:
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}">{head}<sheetData>{first}'.encode())
                rows = 1
                while block is not None and rows + len(block) <= MOST_ROWS:
                    sheet.write("".join(map(_row, block)).encode())
                    rows += len(block)
                    yield pipe.take()
                    block = next(rows_of, None)
                foot = looks.foot(rows) if looks else ""
                sheet.write(f"</sheetData>{foot}</worksheet>".encode())
        for name, text in _frame(sheets):
            archive.writestr(name, HEAD + text)
    yield pipe.take()


def _row(cells: Sequence[Any]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(value: Any, style: int = 0) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, date):
        return _moment(value)
    if isinstance(value, Decimal):
        return f'<c s="{MONEY}"><v>{value}</v></c>'
    if style:
        return f'<c s="{style}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    text = str(value)[:LONGEST_CELL]
    if SIMPLE.fullmatch(text):
        return f'<c t="inlineStr"><is><t>{text}</t></is></c>'
    text = escape(NOT_IN_XML.sub("", text))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _moment(value: date) -> str:
    """A day, or a moment by the clock of whoever reads it, as the number of days that spreadsheets count."""
    if isinstance(value, datetime):
        since = value.replace(tzinfo=None) - DAY_ZERO
        return f'<c s="{TIME}"><v>{since / timedelta(days=1):.10f}</v></c>'
    return f'<c s="{DAY}"><v>{(value - DAY_ZERO.date()).days}</v></c>'


def _frame(sheets: int) -> Iterator[tuple[str, str]]:
    numbers = range(1, sheets + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{OFFICE}/package/2006/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>{parts}</Types>',
    )
    package = f'<Relationships xmlns="{OFFICE}/package/2006/relationships">'
    yield (
        "_rels/.rels",
        f'{package}<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    links += f'<Relationship Id="styles" Type="{LINKS}/styles" Target="styles.xml"/>'
    yield "xl/_rels/workbook.xml.rels", f"{package}{links}</Relationships>"
    yield "xl/styles.xml", STYLES
    names = "".join(f'<sheet name="Customers {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{names}</sheets></workbook>',
    )
