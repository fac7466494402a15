"""Files that cannot be read as they are: what they are, and what to do, in words; several tables on one sheet."""

import gzip
import struct
import zipfile
from io import BytesIO

import pytest

from profiles.exchange.importing.tables import UnreadableFile, read_table
from tests.profiles.importing.spreadsheets import csv_file, workbook_of

SECTOR, FREE, END = 512, 0xFFFFFFFF, 0xFFFFFFFE


def container(*streams: tuple[str, bytes]) -> bytes:
    """An OLE file, as Office wrote them and writes them around what has a password."""
    fat: list[int] = []
    content = b""

    def store(text: bytes) -> int:
        nonlocal content
        content += text + b"\0" * (-len(text) % SECTOR)
        start, count = len(fat), -(-len(text) // SECTOR)
        fat.extend([*range(start + 1, start + count), END])
        return start

    entries = _entry("Root Entry", 5, END, 0, child=1, right=FREE)
    for place, (name, text) in enumerate(streams, start=1):
        padded = text.ljust(4096, b"\0")
        right = place + 1 if place < len(streams) else FREE
        entries += _entry(name, 2, store(padded), len(padded), child=FREE, right=right)
    directory = store(entries)
    table = len(fat)
    fat.append(0xFFFFFFFD)
    content += b"".join(struct.pack("<I", one) for one in fat).ljust(SECTOR, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += b"\0" * 6 + struct.pack("<9I", 0, 1, directory, 0, 4096, END, 0, END, 0)
    return header + struct.pack("<I", table) + b"\xff" * (4 * 108) + content


def _entry(name: str, kind: int, start: int, size: int, *, child: int, right: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, FREE, right, child)
    return (head + b"\0" * 36 + struct.pack("<IQ", start, size)).ljust(128, b"\0")


def record(kind: int, text: bytes) -> bytes:
    """A record of an old workbook."""
    return struct.pack("<HH", kind, len(text)) + text


def packed(**files: bytes) -> bytes:
    """A zip; in the names `__` stands for a slash."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


BEGIN = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
LOCKED_OPEN_DOCUMENT = {
    "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
    "META-INF__manifest.xml": b"<manifest><file-entry><encryption-data/></file-entry></manifest>",
    "content.xml": b"\x01\x02",
}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (container(("EncryptionInfo", b"\4\0\4\0"), ("EncryptedPackage", b"x" * 5000)), "has a password"),
        (
            container(("Workbook", BEGIN + record(0xE1, b"\xb0\4") + record(0x2F, b"\1\0" * 27))),
            "has a password",
        ),
        (packed(**LOCKED_OPEN_DOCUMENT), "has a password"),
        (
            container(("Book", record(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)) + record(10, b""))),
            "Excel 95",
        ),
        (record(0x9, b"\2\0\x10\0") + record(10, b""), "Excel 95"),
        (record(0x409, b"\4\0\x10\0\0\0") + record(10, b""), "Excel 95"),
        (container(("WordDocument", b"x")), "a Word document"),
        (container(("__properties_version1.0", b"x")), "an e-mail of Outlook"),
        (packed(word__document=b"<x/>"), "a Word document"),
        (packed(Index__Document=b"x"), "Apple's Numbers"),
        (packed(**{"members.csv": b"First name,Email\n"}), "packed file"),
        (gzip.compress(b"First name,Email\n"), "packed file"),
        (b"\x00\x01\x00\x00Standard Jet DB\x00" + b"\0" * 90, "an Access database"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 90, "a picture"),
        (b'ID;PWXL;N;E\nC;Y1;X1;K"First name"\nC;Y2;X1;K"Anna"\nE\n', "a SYLK file"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n", "a web page"),
        (b"PK\x03\x04" + b"\0" * 100, "seems to be broken"),
    ],
)
def test_what_is_no_table_says_what_it_is_and_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_table(content)

    assert words in refused.value.message
    assert any(word in refused.value.message for word in ("save", "unpack"))


def test_a_header_that_begins_as_sylk_does_is_a_header() -> None:
    table = read_table(csv_file("ID;PLZ;Vorname;E-Mail", "7;80331;Anna;anna@example.com"))

    assert table.header == ["ID", "PLZ", "Vorname", "E-Mail"]


def test_a_second_table_of_people_is_read_by_the_names_of_its_columns() -> None:
    table = read_table(
        csv_file(
            "First name,Last name,Email",
            "Anna,Botha,anna@example.com",
            "",
            "JUNIORS,,",
            "Surname,Name,E-mail,Parent",
            "Nel,Ben,ben@example.com,Pieter",
        )
    )

    assert table.header == ["First name", "Last name", "Email", "Parent"]
    assert (2, ["Anna", "Botha", "anna@example.com", ""]) in table.rows
    assert (6, ["Ben", "Nel", "ben@example.com", "Pieter"]) in table.rows
    assert "Another table with other columns begins in line 5; it is read as well" in table.notes


def test_people_above_the_table_with_more_columns_are_not_lost() -> None:
    table = read_table(
        workbook_of(
            ["First name", "Last name", "Email"],
            ["Anna", "Botha", "anna@example.com"],
            [],
            ["Email", "Surname", "Name", "Phone"],
            ["pieter@example.com", "Nel", "Pieter", "0821234567"],
        )
    )

    assert [row for line, row in table.rows if line not in table.headings] == [
        ["anna@example.com", "Botha", "Anna", ""],
        ["pieter@example.com", "Nel", "Pieter", "0821234567"],
    ]


def test_a_table_of_something_else_makes_no_people_and_is_told() -> None:
    table = read_table(
        csv_file(
            "First name,Last name,Email",
            "Anna,Botha,anna@example.com",
            "Pieter,Nel,pieter@example.com",
            "",
            "Tee,Club,Green fee",
            "White,Fairview,300",
            "Red,Fairview,200",
        )
    )

    assert table.headings == {5, 6, 7}
    assert "Lines 5 to 7 are another table (Tee, Club, Green fee) and are not brought in" in table.notes


@pytest.mark.parametrize(
    "cells", [("none", "unknown"), ("", "ben@example.com"), ("see office", "see office")]
)
def test_people_behind_a_gap_are_people(cells: tuple[str, str]) -> None:
    table = read_table(
        csv_file(
            "First name,Last name,Email",
            "Anna,Botha,anna@example.com",
            "Pieter,Nel,pieter@example.com",
            "",
            f"Zoe,Adams,{cells[0]}",
            f"Ben,Smit,{cells[1]}",
        )
    )

    assert len(table.rows) == 4
    assert not table.headings


def test_two_tables_side_by_side_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="side by side"):
        read_table(csv_file("First name,Email,,First name,Email", "Anna,a@example.com,,Ben,b@example.com"))
