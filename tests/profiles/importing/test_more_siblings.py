"""Files of offices that no trial had: sums, repeated headers, titles above, other marks; read without a database."""

import time
from datetime import date
from typing import Any

import pytest

from profiles.club import Club as ClubRules
from profiles.exchange.importing.columns import guess_columns
from profiles.exchange.importing.csv_rows import csv_rows
from profiles.exchange.importing.handicaps import read_strokes
from profiles.exchange.importing.subjects import RowReader, stage_of_values
from profiles.exchange.importing.tables import UnreadableFile, read_table
from profiles.models import LifecycleStage
from tenants.models import Tenant
from tests.profiles.importing.spreadsheets import workbook_of

TODAY = date(2026, 11, 29)


def read(content: bytes, country: str = "ZA") -> tuple[list[dict[str, Any]], list[list[str]], list[int]]:
    """Values and remarks of each row that is about a person, and the lines of headings."""
    table = read_table(content)
    people = [cells for line, cells in table.rows if line not in table.headings]
    targets = [guess.target for guess in guess_columns(table.header, people, {})]
    club = ClubRules.of(
        Tenant(default_country=country, locale=f"en_{country}", time_zone="Africa/Johannesburg")
    )
    reader = RowReader(club, targets, people, TODAY)
    rows = [reader.read(cells) for cells in people]
    told = [[remark["text"] for remark in row.remarks] for row in rows]
    return [row.values for row in rows], told, sorted(table.headings)


@pytest.mark.parametrize(
    ("text", "people", "headings"),
    [
        ("Vorname;Nachname;E-Mail\nFirst name;Last name;E-mail\nAnke;Beispiel;a@example.com", 1, [2]),
        ("Name,Surname,Email\nA,Bee,a@x.co\nName,Surname,Email\nC,Dee,c@x.co", 2, [3]),
        ("No,Name,Surname,Handicap\n1,Ann,Bell,12.4\n2,Ben,Cole,8.1\nTotal,,,10.2", 2, [4]),
        ("First name,Surname,Fees\nAnn,Bell,100\nTotal,2 members,100\nGrand total,,100", 1, [3, 4]),
        ("Nachname;Vorname;Beitrag\nMuster;Bernd;100,00\nSumme:;;100,00\nAnzahl;1;", 1, [3, 4]),
        ("Name,Surname,Email\nAnn,Bell,a@x.co\nPrinted on 2026-11-01 by admin,Page 1 of 2,", 1, [3]),
        # People may be called so.
        ("First name,Surname,Email\nJimmy,Page,j@x.co\nMedia,Smith,\nCount,,count@x.co", 3, []),
        ("Surname,Cell\nCount,0825551234\nNombre,082 555 1235", 2, []),
    ],
)
def test_sums_and_repeated_headers_are_nobody(text: str, people: int, headings: list[int]) -> None:
    values, _, found = read(text.encode())

    assert (len(values), found) == (people, headings)


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        # Titles above, without a separator; rows of different length.
        (
            "Fairview Golf Club\nMembers as at 1 November 2026\n\nMember No,Name,Surname\n1001,Ann,Bell",
            "ZA",
            {"sclMemberId": "1001", "firstName": "Ann", "lastName": "Bell"},
        ),
        (
            "First name,Surname,Email\nAnn,Bell\nBen,Cole,b@x.co,extra,more\nCy",
            "ZA",
            {"firstName": "Ann", "lastName": "Bell"},
        ),
        # Name beside Vorname is the last name; beside a first name that it repeats, it is both.
        (
            "Name;Vorname;HCP;Geb.\nMuster;Bernd;12,4;04.05.1960",
            "DE",
            {"lastName": "Muster", "firstName": "Bernd", "handicap": 124, "dateOfBirth": "1960-05-04"},
        ),
        ("Name,First name\nAnn Bell,Ann\nBen Cole,Ben", "ZA", {"firstName": "Ann", "lastName": "Bell"}),
        # Spaces before marks, apostrophes as marks, run-together headers.
        (
            '"First name", "Surname", "Email"\n"Ann", "Bell", "a@example.com"',
            "ZA",
            {"firstName": "Ann", "lastName": "Bell", "email": "a@example.com"},
        ),
        ("'First name','Surname'\n'Ann',''t Hooft'", "ZA", {"firstName": "Ann", "lastName": "''t Hooft'"}),
        (
            "LastName,FirstName,MobilePhone\nBell,Ann,0825551234",
            "ZA",
            {"lastName": "Bell", "firstName": "Ann", "phoneNumber": "+27825551234"},
        ),
        # Chinese.
        (
            "姓名,手机,出生日期,邮箱\n王小明,13812345678,1985年3月4日,wang@example.com",
            "CN",
            {
                "firstName": "王小明",
                "phoneNumber": "+8613812345678",
                "dateOfBirth": "1985-03-04",
                "email": "wang@example.com",
            },
        ),
        # What a message reaches first.
        (
            "First name,Surname,Home Phone,Mobile Phone\nAnn,Bell,011 555 1234,082 555 1234",
            "ZA",
            {"firstName": "Ann", "lastName": "Bell", "phoneNumber": "+27825551234"},
        ),
        (
            "First name,Surname,Mobile Phone,Home Phone\nAnn,Bell,082 555 1234,011 555 1234",
            "ZA",
            {"firstName": "Ann", "lastName": "Bell", "phoneNumber": "+27825551234"},
        ),
    ],
)
def test_what_offices_write(text: str, country: str, expected: dict[str, Any]) -> None:
    values, _, _ = read(text.encode(), country)

    assert values[0] == expected


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("iso8859-15", "Lebœuf"),
        ("cp1250", "Dvořák"),
        ("cp1250", "Nováček"),
        ("cp1252", "Sørensen"),
        ("cp1252", "Élèvé"),
        ("mac_roman", "Lefèvre"),
        ("utf-16-be", "Müller"),
    ],
)
def test_letters_of_an_encoding_that_nobody_named(encoding: str, name: str) -> None:
    values, _, _ = read(f"First name;Last name\nA;{name}\n".encode(encoding))

    assert values[0]["lastName"] == name


def test_a_dropped_phone_is_told() -> None:
    _, told, _ = read(b"First name,Surname,Home Phone,Mobile Phone\nAnn,Bell,011 555 1234,082 555 1234")

    assert told == [["Phone: a second one, '+27115551234'; left out."]]


def test_a_formula_is_no_name() -> None:
    values, told, _ = read(b"First name,Surname\n=CONCAT(A1),Bell\n")

    assert values == [{"lastName": "Bell"}]
    assert told == [["First name: '=CONCAT(A1)' is no name; left out."]]


@pytest.mark.parametrize(("printed", "strokes"), [("2.1+", "-2.1"), ("+2.1", "-2.1"), ("12.4", "12.4")])
def test_a_plus_behind_a_handicap(printed: str, strokes: str) -> None:
    assert str(read_strokes(printed)) == strokes


def test_a_status_that_nobody_knows_makes_nobody_a_member_whatever_else_the_row_says() -> None:
    values, told, _ = read(
        b"Member No,First name,Surname,Status,Category\n1001,Ann,Bell,Ehrenhalber,Gold\n"
        b"1002,Ben,Cole,Active,Gold\n1003,Cy,Dunn,,Gold\n"
    )

    assert [stage_of_values(one) for one in values] == [
        LifecycleStage.SUBSCRIBER,
        LifecycleStage.MEMBER,
        LifecycleStage.MEMBER,
    ]
    assert told[0] == ["Membership status: 'Ehrenhalber' is no membership status that is known; left out."]


def test_marks_that_are_never_closed_cost_no_time() -> None:
    """Each of them would look through a hundred lines, each time from the first."""
    text = "First name,Surname,Note\n" + 'A,"B' * 40 + "\n" + '"x,y' * 60 + "\n"
    lines = "".join(f'"{"x" * 300}{n}\n' for n in range(20_000))
    began = time.process_time()

    csv_rows(text + lines, ",", most=200_000)

    assert time.process_time() - began < 5


def test_a_cell_as_long_as_a_file_spoils_no_other() -> None:
    values, _, _ = read(b"First name,Surname,Notes\nAnn,Bell," + b"x" * 300_000 + b"\nBen,Cole,\n")

    assert [one["firstName"] for one in values] == ["Ann", "Ben"]


@pytest.mark.parametrize(
    "content",
    [
        b"First name,Surname\n" + (b"ab," * 150 + b"ab\n") * 50_000,
        b"First name,Surname" + b",x" * 198 + b"\n" + b"a,b\n" * 190_000,
    ],
    ids=["seven million cells of two letters", "a wide row above two hundred thousand narrow ones"],
)
def test_a_file_of_too_many_cells_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match="million cells"):
        read_table(content)


def test_a_workbook_hands_over_what_is_filled_only() -> None:
    table = read_table(
        workbook_of(["First name", "Surname", "", " "], ["Ann", "Bell", "", " "], ["", "", "", " "])
    )

    assert [cells for _, cells in table.rows] == [["Ann", "Bell"]]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1250", "Łukasz;Żak"), ("gb18030", "伟;王"), ("cp1252", "Zoë;Müller"), ("mac_roman", "Zoë;Müller")],
)
def test_a_sign_of_money_or_degrees_is_no_letter(encoding: str, name: str) -> None:
    text = "First name;Last name;E-mail\n" + f"{name};zoe@example.com\n" * 3

    values, _, _ = read(text.encode(encoding), "DE")

    assert f"{values[0]['firstName']};{values[0]['lastName']}" == name


def test_columns_parted_by_a_tilde_are_columns() -> None:
    values, _, _ = read(
        b"First name~Last name~E-mail\nAnna~Botha~anna@example.com\nBen~Cole~ben@example.com\n"
    )

    assert values[0] == {"firstName": "Anna", "lastName": "Botha", "email": "anna@example.com"}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("'Jaco", "Jaco"),
        ("'Ndlovu", "Ndlovu"),
        ("'t Hooft", "'t Hooft"),
        ("'s Gravesande", "'s Gravesande"),
        ("'tHooft", "'tHooft"),
    ],
)
def test_an_apostrophe_that_marks_a_text_is_no_part_of_a_name(written: str, name: str) -> None:
    values, _, _ = read(f"First name,Last name\nAnna,{written}\nBen,Cole\n".encode())

    assert values[0]["lastName"] == name


@pytest.mark.parametrize(
    "word", ["Not active", "No longer active", "nicht mehr aktiv", "niet actief", "No longer a member"]
)
def test_who_is_no_longer_active_is_no_member(word: str) -> None:
    values, told, _ = read(f"First name,Last name,Status\nAnna,Botha,{word}\n".encode())

    assert values[0]["membershipStatus"] in {"LAPSED", "CANCELLED"}
    assert told == [[]]
