"""What an XLSX says about its cells that the reader of cells does not tell: found in its XML, never parsed. Pure."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from typing import Final

WORKBOOK: Final = "xl/workbook.xml"
RELATIONS: Final = "xl/_rels/workbook.xml.rels"
PART_BYTES: Final = 4 * 1024 * 1024
TAG: Final = re.compile(rb"<(?:\w+:)?(sheet|Relationship|workbookPr)\b([^>]*)>")
ATTRIBUTE: Final = re.compile(rb"""([\w:]+)\s*=\s*["']([^"']*)["']""")
HIDDEN_ROW: Final = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden\s*=\s*[\"'](?:1|true)[\"']")
# A formula and no value behind it: a program wrote it, and none has worked it out since.
UNCALCULATED: Final = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^>]*/>)\s*</(?:\w+:)?c>")
CELL_ENDS: Final = re.compile(rb"</(?:\w+:)?c>")
UNREADABLE: Final = (
    KeyError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """Of one sheet: rows that are not shown, cells whose formula was never calculated."""

    hidden_rows: int = 0
    uncalculated: int = 0


@dataclass(frozen=True, slots=True)
class WorkbookMarks:
    """Where the sheets of a workbook are (name → part), and whether it counts its days from 1904."""

    parts: Mapping[str, str]
    is_from_1904: bool = False


def marks_of_workbook(content: bytes) -> WorkbookMarks:
    """What an XLSX says; nothing of any other file."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            targets = {
                told["Id"]: told["Target"]
                for kind, told in _tags(archive.read(RELATIONS))
                if kind == b"Relationship" and {"Id", "Target"} <= told.keys()
            }
            parts, is_from_1904 = {}, False
            for kind, told in _tags(archive.read(WORKBOOK)):
                if kind == b"workbookPr":
                    is_from_1904 = told.get("date1904") in ("1", "true")
                elif kind == b"sheet" and (target := targets.get(told.get("r:id", ""))):
                    parts[told.get("name", "")] = target.lstrip("/") if target[0] == "/" else f"xl/{target}"
            return WorkbookMarks(parts, is_from_1904)
    except UNREADABLE:
        return WorkbookMarks({})


def marks_of_sheet(content: bytes, part: str) -> SheetMarks:
    """What the part of a sheet says, read piece by piece."""
    hidden = uncalculated = 0
    try:
        for piece in _pieces(content, part):
            hidden += sum(1 for _ in HIDDEN_ROW.finditer(piece))
            uncalculated += sum(1 for _ in UNCALCULATED.finditer(piece))
    except UNREADABLE:
        return SheetMarks()
    return SheetMarks(hidden, uncalculated)


def _tags(xml: bytes) -> Iterator[tuple[bytes, dict[str, str]]]:
    for kind, attributes in TAG.findall(xml):
        told = {name.decode(): unescape(value.decode()) for name, value in ATTRIBUTE.findall(attributes)}
        yield kind, told


def _pieces(content: bytes, part: str) -> Iterator[bytes]:
    """The part in pieces that end behind a cell."""
    rest = b""
    with zipfile.ZipFile(BytesIO(content)) as archive, archive.open(part) as file:
        while read := file.read(PART_BYTES):
            rest += read
            end = max((found.end() for found in CELL_ENDS.finditer(rest)), default=0)
            # What has no cell in so many bytes is no table.
            yield rest[:end]
            rest = rest[end:] if len(rest) - end < PART_BYTES else b""
    yield rest
