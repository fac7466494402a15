"""An XLSX workbook written as it is made: libraries keep a sheet in memory or on disk until it is complete."""

import re
from collections.abc import Iterable, Iterator, Sequence
from io import RawIOBase
from typing import Any, Final
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

MOST_ROWS: Final = 1_048_576
LONGEST_CELL: Final = 32_767
FASTEST: Final = 1
NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# Nearly all texts: nothing in them has to be written otherwise, and no blank could get lost.
SIMPLE: Final = re.compile(r"[\w.,:;@/+-]+(?: [\w.,:;@/+-]+)*")
HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE: Final = "http://schemas.openxmlformats.org"
MAIN: Final = f"{OFFICE}/spreadsheetml/2006/main"
LINKS: Final = f"{OFFICE}/officeDocument/2006/relationships"
TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"


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


def workbook(header: Sequence[str], blocks: Iterable[Sequence[Sequence[Any]]]) -> Iterator[bytes]:
    """A workbook of the rows in parts; a further sheet where one is full.

    Texts are cells of type text: no spreadsheet takes one for a formula.
    """
    pipe = _Pipe()
    rows_of = iter(blocks)
    block: Sequence[Sequence[Any]] | None = next(rows_of, None)
    sheets = 0
    with ZipFile(pipe, "w", ZIP_DEFLATED, compresslevel=FASTEST) as archive:
        while block is not None or sheets == 0:
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{_row(header)}'.encode())
                rows = 1
                while block is not None and rows + len(block) <= MOST_ROWS:
                    sheet.write("".join(map(_row, block)).encode())
                    rows += len(block)
                    yield pipe.take()
                    block = next(rows_of, None)
                sheet.write(b"</sheetData></worksheet>")
        for name, text in _frame(sheets):
            archive.writestr(name, HEAD + text)
    yield pipe.take()


def _row(cells: Sequence[Any]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    text = str(value)[:LONGEST_CELL]
    if SIMPLE.fullmatch(text):
        return f'<c t="inlineStr"><is><t>{text}</t></is></c>'
    text = escape(NOT_IN_XML.sub("", text))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


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
        f"{parts}</Types>",
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
    yield "xl/_rels/workbook.xml.rels", f"{package}{links}</Relationships>"
    names = "".join(f'<sheet name="Customers {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{names}</sheets></workbook>',
    )
