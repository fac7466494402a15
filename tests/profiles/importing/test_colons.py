"""Files whose columns are parted by colons, with times and addresses in their cells; and what they are not."""

import pytest

from profiles.exchange.importing.tables import UnreadableFile, read_table
from tests.profiles.importing.spreadsheets import csv_file


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (["First name:Surname:Email", "Ann:Bell:a@x.co"], [["Ann", "Bell", "a@x.co"]]),
        (
            [
                "First name:Surname:Tee time:Email",
                "Ann:Bell:10:30:a@x.co",
                "Ben:Cole:9:05:b@x.co",
                "Cy:Dube::c@x.co",
            ],
            [
                ["Ann", "Bell", "10:30", "a@x.co"],
                ["Ben", "Cole", "9:05", "b@x.co"],
                ["Cy", "Dube", "", "c@x.co"],
            ],
        ),
        (
            ["Vorname:Nachname:Start:E-Mail", "Jörg:Müller:07:30:15:j@x.co"],
            [["Jörg", "Müller", "07:30:15", "j@x.co"]],
        ),
        (["First name:Surname:Tee time", 'Ann:Bell:"10:30"'], [["Ann", "Bell", "10:30"]]),
        (["First name:Surname:Page", "Ann:Bell:https://x.co/a"], [["Ann", "Bell", "https://x.co/a"]]),
        (["Surname:Link:First name", "Bell:mailto:a@x.co:Ann"], [["Bell", "mailto:a@x.co", "Ann"]]),
        (
            ["Surname:Joined:Email", "Bell:2019-03-01T08:00:00+02:00:a@x.co", "Cole:2020-01-15 00:00:b@x.co"],
            [["Bell", "2019-03-01T08:00:00+02:00", "a@x.co"], ["Cole", "2020-01-15 00:00", "b@x.co"]],
        ),
        # A handicap beside a number looks like a time and is none: no cell is too much, or its name forbids it.
        (["Surname:Member no:Handicap", "Bell:12:45"], [["Bell", "12", "45"]]),
        (["Surname:Member no:Handicap:Start", "Bell:12:45:10:30"], [["Bell", "12", "45", "10:30"]]),
        (["First name:Surname:Start:End", "Ann:Bell:10:30:14:45"], [["Ann", "Bell", "10:30", "14:45"]]),
    ],
)
def test_columns_parted_by_colons(lines: list[str], rows: list[list[str]]) -> None:
    table = read_table(csv_file(*lines))

    assert [cells for _, cells in table.rows] == rows
    assert table.notes[0].endswith("columns separated by colons")


@pytest.mark.parametrize(
    "lines",
    [
        ["First name,Surname,Tee time", "Ann,Bell,10:30:00", "Ben,Cole,09:15:00"],
        ["First name;Tee time", "Ann;10:30:00", "Ben;09:15:00", "Cy;11:00:00"],
        ["First name\tSurname: maiden", "Ann\tBell: Cole"],
    ],
)
def test_colons_part_nothing_where_another_sign_does(lines: list[str]) -> None:
    assert not read_table(csv_file(*lines)).notes[0].endswith(" colons")


def test_a_list_of_names_and_values_is_no_table_of_colons() -> None:
    try:
        notes = read_table(csv_file("First name: Ann", "Surname: Bell", "E-mail: a@x.co")).notes
    except UnreadableFile:
        return
    assert not notes[0].endswith(" colons")


def test_what_is_doubtful_is_left_out_and_told() -> None:
    table = read_table(
        csv_file(
            "First name:Surname:Start:Players:Email",
            "Ann:Bell:10:30:12:4:a@x.co",
            "Ben:Cole:9:10:11:b@x.co",
            "Cy:Dube:9:45:4:c@x.co",
        )
    )

    assert [cells for _, cells in table.rows] == [
        ["Ann", "Bell", "10:30:12", "4", "a@x.co"],
        # From nine to ten with eleven, or at nine with 10:11?
        ["Ben", "Cole", "", "", ""],
        ["Cy", "Dube", "9:45", "4", "c@x.co"],
    ]
    assert "Lines with more colons than columns were read up to the first doubt (line 3)" in table.notes


def test_a_line_with_more_cells_than_names_is_told() -> None:
    table = read_table(csv_file("First name,Surname,Email", "Ann,Bell,Jr,a@x.co", "Ben,Cole,b@x.co"))

    assert "More cells than the header has names: is a sign missing around a text? (line 2)" in table.notes
