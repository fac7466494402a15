"""What a file is that is no table, or that cannot be opened, and what to do about it. Pure: looks at bytes only."""

import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Final

ENCIPHERED: Final = (
    "The workbook has a password: open it with the password in Excel, take it away (File, Info, Protect Workbook,"
    " Encrypt with Password: empty the field) and save it; in LibreOffice save it anew without “Save with password”."
)
OLD: Final = "The workbook is of Excel 95 or older: open it in Excel or LibreOffice and save it as XLSX."
BROKEN: Final = (
    "The workbook cannot be opened, it seems to be broken: open it in Excel and save it anew as XLSX."
)
NO_TABLE: Final = "This is {kind}, not a table: open it there and save the people as CSV or XLSX."
UNPACK: Final = "This is a packed file: unpack it and upload the table that is in it."
FIRST_RECORD: Final = b"\x09\x08\x10\x00\x00\x06"
FILEPASS: Final = 0x2F
RECORDS_LOOKED_AT: Final = 12
OLE_SIGN: Final = b"\xd0\xcf\x11\xe0"
ZIP_SIGN: Final = b"PK\x03\x04"
# Excel 2 to 4 write their records without a container; what follows is the record's length.
OLDEST_SIGNS: Final = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
# Files that are no tables, by how they begin; letters folded.
BEGINNINGS: Final[Mapping[bytes, str]] = {
    b"%pdf": "a PDF",
    b"{\\rtf": "a text document",
    b"begin:vcard": "a file of address cards",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<table": "a web page",
    b"mime-version:": "a web page",
    b"<?xml": "an XML file",
    b"<": "an XML file",
    b"[{": "a JSON file",
    b'{"': "a JSON file",
    b"\x89png": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"gif8": "a picture",
    b"\x00\x01\x00\x00standard jet db": "an Access database",
    b"\x00\x01\x00\x00standard ace db": "an Access database",
    b"sqlite format 3": "a database",
}
PACKED_SIGNS: Final = (b"\x1f\x8b", b"7z\xbc\xaf", b"rar!", b"bzh9", b"\xfd7zxz")
# What OLE containers of other programs hold, by a name in their directory.
OLE_KINDS: Final[Mapping[str, str]] = {
    "WordDocument": "a Word document",
    "PowerPoint Document": "a presentation",
    "__properties_version1.0": "an e-mail of Outlook",
}
ZIP_KINDS: Final[Mapping[str, str]] = {
    "word/": "a Word document",
    "ppt/": "a presentation",
    "Index/": "a file of Apple's Numbers or Pages",
}
TABLES: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".xlsb", ".ods")


def refusal_of(content: bytes) -> str:
    """Why a file is no table at all, and what to do; empty where it may be one."""
    start = content[:100].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for sign, kind in BEGINNINGS.items():
        if start.startswith(sign):
            return NO_TABLE.format(kind=kind)
    if start.startswith(PACKED_SIGNS):
        return UNPACK
    if content.startswith(OLDEST_SIGNS):
        return OLD
    # A header may begin so: ID;PLZ;Ort. SYLK has a line for each cell, and ends with E.
    if start.startswith(b"id;p") and b"\nC;" in content and content.rstrip().endswith(b"\nE"):
        return NO_TABLE.format(kind="a SYLK file")
    return ""


def why_closed(content: bytes, error: str) -> str:
    """Why a workbook cannot be opened, and what to do. `error`: what its reader said."""
    if content.startswith(OLE_SIGN):
        return _why_container(content, error)
    return _why_zip(content)


def _why_container(content: bytes, error: str) -> str:
    def has(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if has("EncryptedPackage") or "password" in error.lower() or _is_enciphered(content):
        return ENCIPHERED
    for name, kind in OLE_KINDS.items():
        if has(name):
            return NO_TABLE.format(kind=kind)
    return OLD if has("Book") and not has("Workbook") else BROKEN


def _is_enciphered(content: bytes) -> bool:
    """Whether the first records of an XLS say that all others are enciphered (FILEPASS)."""
    place = content.find(FIRST_RECORD)
    for _ in range(RECORDS_LOOKED_AT if place >= 0 else 0):
        kind, length = int.from_bytes(content[place : place + 2], "little"), content[place + 2 : place + 4]
        if kind == FILEPASS:
            return True
        place += 4 + int.from_bytes(length, "little")
    return False


def _why_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
            manifest = (
                archive.open("META-INF/manifest.xml").read(200_000)
                if "META-INF/manifest.xml" in names
                else b""
            )
            is_locked = any(entry.flag_bits & 1 for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error):
        return BROKEN
    if is_locked or b"encryption-data" in manifest:
        return ENCIPHERED if manifest else UNPACK
    for beginning, kind in ZIP_KINDS.items():
        if any(name.startswith(beginning) for name in names):
            return NO_TABLE.format(kind=kind)
    if b"opendocument.text" in manifest:
        return NO_TABLE.format(kind="a text document")
    return UNPACK if any(name.lower().endswith(TABLES) for name in names) else BROKEN
