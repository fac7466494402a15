"""Reading cells and headers, as clubs' offices fill them."""

from datetime import date
from typing import Any

import pytest

from profiles.club import Club as ClubRules
from profiles.exchange.importing.cells import Reader, Unreadable, read_cell
from profiles.exchange.importing.columns import Guess, guess_columns
from profiles.exchange.importing.days import is_month_first, month_first_of, read_day
from profiles.exchange.importing.tables import MOST_BYTES_HERE, UnreadableFile, read_table
from profiles.exchange.importing.targets import Target
from profiles.exchange.importing.written_names import split_name
from profiles.shouted_names import as_written
from tenants.models import Tenant
from tests.profiles.importing.spreadsheets import csv_file, office_workbook, workbook_of

TODAY = date(2026, 11, 21)
ZA = ClubRules.of(Tenant(default_country="ZA", locale="en_ZA", time_zone="Africa/Johannesburg"))
READER = Reader(ZA, TODAY)


def value(target: Target, cell: str) -> Any:
    return read_cell(target, cell, READER).value


@pytest.mark.parametrize(
    ("cell", "month_first", "read"),
    [
        ("1984-05-17", False, date(1984, 5, 17)),
        ("1984/05/17", True, date(1984, 5, 17)),
        ("1984-05-17 00:00:00", False, date(1984, 5, 17)),
        ("03/04/1990", False, date(1990, 4, 3)),
        ("03/04/1990", True, date(1990, 3, 4)),
        ("17.5.84", False, date(1984, 5, 17)),
        ("05/17/1984", False, date(1984, 5, 17)),
        ("17/05/1984", True, date(1984, 5, 17)),
        ("17 May 1984", False, date(1984, 5, 17)),
        ("17-Mei-1984", False, date(1984, 5, 17)),
        ("3. März 1971", False, date(1971, 3, 3)),
        ("Thu, 17 May 1984", False, date(1984, 5, 17)),
        ("May 17, 1984", False, date(1984, 5, 17)),
        ("1st Sept 2001", False, date(2001, 9, 1)),
        ("19840517", False, date(1984, 5, 17)),
        ("30819", False, date(1984, 5, 17)),
        ("1/2/25", False, date(2025, 2, 1)),
        ("1/2/27", False, date(1927, 2, 1)),
    ],
)
def test_dates_are_read_in_every_form(cell: str, month_first: bool, read: date) -> None:
    assert read_day(cell, month_first=month_first, today=TODAY, may_be_ahead=False) == read


@pytest.mark.parametrize("cell", ["31/02/1990", "soon", "1/1/2030", "12/1850", "00/00/0000", "1/1/1850"])
def test_what_is_no_day_of_the_past_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"1984-05-17|no day|between 1900"):
        read_day(cell, month_first=False, today=TODAY, may_be_ahead=False)


def test_an_expiry_may_lie_ahead_with_two_digits_too() -> None:
    assert read_day("31/12/27", month_first=False, today=TODAY, may_be_ahead=True) == date(2027, 12, 31)


@pytest.mark.parametrize(
    ("country", "month_first"), [("ZA", False), ("GB", False), ("US", True), ("DE", False), ("XX", False)]
)
def test_the_country_says_what_comes_first(country: str, month_first: bool) -> None:
    assert is_month_first(country) is month_first


def test_a_column_shows_its_own_order() -> None:
    assert month_first_of(["01/02/1990", "12/31/1990"], False)
    assert not month_first_of(["01/02/1990", "31/12/1990"], True)
    # Both are there: the country decides on those that could be either.
    assert month_first_of(["31/12/1990", "12/31/1990"], True)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("082 123 4567", "+27821234567"),
        ("27821234567", "+27821234567"),
        ("821234567", "+27821234567"),
        ("27821234567.0", "+27821234567"),
        ("2.7821234567E+10", "+27821234567"),
        ("2,7821234567E+10", "+27821234567"),
        ("8.2123456E+08", "+27821234560"),
        ("+44 7911 123456", "+447911123456"),
        ("Cell: 082-123-4567", "+27821234567"),
        ("(082) 123 4567", "+27821234567"),
        ("082 123 4567 / 011 555 1234", "+27821234567"),
        ("tbc", None),
        ("#REF!", None),
    ],
)
def test_phones_are_read_as_spreadsheets_spoil_them(cell: str, number: str | None) -> None:
    assert value(Target.PHONE, cell) == number


def test_a_number_that_excel_cut_short_is_not_guessed() -> None:
    with pytest.raises(Unreadable, match="cut short"):
        value(Target.PHONE, "2.78212E+10")


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        (" Thandi@Example.COM ", "thandi@example.com"),
        ("Thandi M <thandi@example.com>", "thandi@example.com"),
        ("mailto:thandi@example.com", "thandi@example.com"),
        ("tom.and.jerry@example.com; b@example.com", "tom.and.jerry@example.com"),
        ("thandi@example.com\xa0", "thandi@example.com"),
    ],
)
def test_addresses_are_found_in_what_surrounds_them(cell: str, address: str) -> None:
    assert value(Target.EMAIL, cell) == address


@pytest.mark.parametrize("cell", ["thandi@", "thandi at example.com", "none@none.com"])
def test_what_is_no_address_is_refused(cell: str) -> None:
    with pytest.raises(Unreadable):
        value(Target.EMAIL, cell)


@pytest.mark.parametrize(
    ("target", "cell", "read"),
    [
        (Target.MEMBER, "1001", "1001"),
        (Target.MEMBER, "#0042", "42"),
        (Target.HANDICAP, "12,4", 124),
        (Target.HANDICAP, "+2.1", -21),
        (Target.HANDICAP, "36", 360),
        (Target.GENDER, "Ladies", "female"),
        (Target.STATUS, "Resigned", "CANCELLED"),
        (Target.STATUS, "Verstorben", "DECEASED"),
        (Target.HANDICAP, "12.4M", 124),
        (Target.HANDICAP, "+2", -20),
        (Target.HANDICAP, "NH", None),
        (Target.EXPIRY, "2026", "2026-12-31"),
        (Target.COUNTRY, "Deutschland", "DE"),
        (Target.COUNTRY, "ZAF", "ZA"),
        (Target.COUNTRY, "NA", "NA"),
        (Target.TAGS, '"Golf","VIP"', ["Golf", "VIP"]),
        (Target.TAGS, "Juniors ::: * myContacts", ["Juniors"]),
        (Target.POSTCODE, "83.0", "0083"),
        (Target.POSTCODE, "sw1a  1aa", "SW1A 1AA"),
        (Target.COUNTRY, "South Africa", "ZA"),
        (Target.COUNTRY, "uk", "GB"),
        (Target.TAGS, "vip; Captain ;vip", ["Captain", "vip"]),
    ],
)
def test_other_columns_have_their_own_normal_forms(target: Target, cell: str, read: Any) -> None:
    assert value(target, cell) == read


@pytest.mark.parametrize(
    ("target", "cell"),
    [
        (Target.MEMBER, "M12"),
        (Target.MEMBER, "0"),
        (Target.HANDICAP, "70"),
        (Target.HANDICAP, "n.a."),
        (Target.COUNTRY, "Narnia"),
    ],
)
def test_what_a_column_cannot_hold_is_refused(target: Target, cell: str) -> None:
    with pytest.raises(Unreadable):
        value(target, cell)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Mr Pieter van der Merwe", "Pieter", "van der Merwe"),
        ("Smith, Dr Anna Maria", "Anna Maria", "Smith"),
        ("Anna Maria Smith", "Anna Maria", "Smith"),
        ("Madonna", "Madonna", ""),
    ],
)
def test_full_names_are_split(name: str, first: str, last: str) -> None:
    assert split_name(name) == (first, last)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("VAN DER MERWE", "van der Merwe"),
        ("O'BRIEN", "O'Brien"),
        ("SMITH-JONES", "Smith-Jones"),
        ("MCDONALD", "McDonald"),
        ("JP", "JP"),
        ("deVilliers", "deVilliers"),
    ],
)
def test_names_are_not_shouted(name: str, written: str) -> None:
    assert as_written(name) == written


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_found(encoding: str, separator: str) -> None:
    lines = [
        separator.join(cells) for cells in (["First name", "Surname", "Note"], ["Zoë", "Müller", '"a;b,c"'])
    ]

    table = read_table(csv_file(*lines, encoding=encoding))

    assert (table.header, table.rows) == (
        ["First name", "Surname", "Note"],
        [(2, ["Zoë", "Müller", "a;b,c"])],
    )


def test_excels_own_hint_about_the_separator_is_taken() -> None:
    table = read_table(csv_file("sep=;", "Surname;E-mail", "Smith;a@example.com"))

    assert table.rows[0][1] == ["Smith", "a@example.com"]


def test_an_office_workbook_is_understood() -> None:
    table = read_table(office_workbook())

    assert table.header == [
        "Member No",
        "Name First",
        "Name Surname",
        "Contact E-Mail",
        "Contact Cell",
        "D.O.B.",
        "Category",
    ]
    assert (table.header_line, table.headings) == (4, {5, 11})
    by_line = dict(table.rows)
    # A merged cell is said of each row that it spans; numbers are digits, days are ISO, broken formulas nothing.
    assert by_line[7][:3] == ["1002", "Pieter", "VAN DER MERWE"]
    assert by_line[6][4:6] == ["27821234567", "1984-05-17"]
    assert by_line[9] == ["", "Ben", "Adams", "ben.adams@example", "823334444", "30819", ""]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"Surname,E-mail\r\n", "no row below"),
        (b"PK\x03\x04 nonsense", "cannot be opened"),
        (b"%PDF-1.7\x00\x00\x01", "This is a PDF, not a table"),
        (b"\x7fELF\x02\x00\x01", "neither a text nor a workbook"),
        (b"1,2,3\n4,5,6\n", "names of the columns"),
    ],
)
def test_files_that_are_no_tables_are_refused_with_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        read_table(content)


def test_a_wrong_encoding_is_said() -> None:
    with pytest.raises(UnreadableFile, match="not in UTF-8"):
        read_table(csv_file("Surname", "Müller", encoding="cp1252"), encoding="utf-8")


def test_columns_are_guessed_by_header_then_content_and_no_field_twice() -> None:
    header = ["Lid nr", "Naam", "Van", "Kontak", "Selnommer", "Cell 2", "Email opt in", "Type", "Category"]
    rows = [["7", "Anna", "Botha", "a@example.com", "0821234567", "", "yes", "Gold", "x"]]

    guesses = guess_columns(header, rows, {"cell 2": "phoneNumber"})

    assert [guess.target for guess in guesses] == [
        Target.MEMBER,
        Target.FIRST_NAME,
        Target.LAST_NAME,
        Target.EMAIL,
        Target.PHONE,
        Target.PHONE,
        Target.IGNORE,
        Target.IGNORE,
        Target.IGNORE,
    ]
    assert (guesses[3].why, guesses[5].why) == ("content", "remembered")
    assert guesses[7].note == "“Type”, “Category” could all be Membership tier: choose one of them."
    assert guesses[6] == Guess(
        Target.IGNORE, note="Consent is kept by the Messaging service and never imported."
    )


def test_member_numbers_with_letters_are_not_taken_for_ids_of_the_service() -> None:
    [guess] = guess_columns(["Member No"], [["M-17"], ["M-18"]], {})

    assert (guess.target, guess.note) == (Target.MEMBER_NUMBER, "")


def test_workbooks_hold_whole_numbers_as_digits() -> None:
    table = read_table(workbook_of(["Surname", "Handicap", "Phone"], ["Smith", 12.4, 27821234567]))

    assert table.rows == [(2, ["Smith", "12.4", "27821234567"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_large_text_is_read_in_a_process_of_its_own_as_a_small_one_is(encoding: str) -> None:
    head, rows = "First name;Last name;E-mail\n", [f"Zoë {n};Nel;zoe{n}@nel.example\n" for n in range(12_000)]
    small, large = ((head + "".join(rows[:end])).encode(encoding) for end in (500, 12_000))
    assert len(small) < MOST_BYTES_HERE < len(large)

    some, everybody = read_table(small), read_table(large)
    assert everybody.rows[:500] == some.rows
    assert (everybody.header, everybody.notes) == (some.header, some.notes)
    assert len(everybody.rows) == 12_000


def test_a_text_of_too_many_cells_ends_in_words_where_it_is_read() -> None:
    with pytest.raises(UnreadableFile, match="rows, or 6 million cells"):
        read_table(b"a;b;c\n" + (b"x" + b";" * 199 + b"\n") * 31_000)
