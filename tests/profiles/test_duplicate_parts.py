"""The parts of the search for duplicates: numbers, names, blocks, decisions, training."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlglot
from splink.internals.settings_creator import SettingsCreator

from profiles.matching.duplicates.backends import open_backend, open_duck
from profiles.matching.duplicates.blocking import block
from profiles.matching.duplicates.comparisons import (
    BIRTH,
    COMPARISONS,
    CONTACT,
    NAME,
    NEAR_EMAIL,
    SERVICES,
    Comparison,
)
from profiles.matching.duplicates.decisions import is_certain, lonely
from profiles.matching.duplicates.extraction import ADDRESS_COLUMNS, NAME_COLUMNS, PEOPLE_COLUMNS
from profiles.matching.duplicates.linking import Reason, ScoredPair, comparison_settings, train
from profiles.matching.duplicates.parameters import Parameters, key_of, shipped_parameters
from profiles.matching.duplicates.preparation import nickname_roots, prepare
from profiles.normalise import folded

FIRSTS = ("Ayanda", "Barend", "Charlotte", "Dumisani", "Esther", "Farouk", "Gideon", "Hanneke")
LASTS = ("Dube", "Fourie", "Whitfield", "Zulu", "Katz", "Adams", "Pryce", "Visagie", "Teixeira", "Mokoena")


def pair(
    *outcomes: tuple[Comparison, str], probability: float = 1.0, one: int = 1, other: int = 2
) -> ScoredPair:
    reasons = tuple(
        Reason(comparison, next(level for level in comparison.outcomes if level.code == code), 1.0)
        for comparison, code in outcomes
    )
    return ScoredPair(one, other, 20.0, probability, reasons)


def person(number: int, first: str, last: str, **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(PEOPLE_COLUMNS)
    row |= {
        "id": f"00000000-0000-7000-8000-{number:012}",
        "first_name": first,
        "last_name": last,
        "is_fresh": True,
    }
    row |= {"is_member": True, "is_player": False, "is_contact": False, "gender": "", "club": ""}
    return row | values


def prepared(folder: Path, people: list[dict[str, Any]]) -> Any:
    """A DuckDB with these people, as extraction leaves them, prepared; each has the e-mail and phone of the row."""
    duck = open_duck(folder)
    for table, columns in (
        ("raw_person", PEOPLE_COLUMNS),
        ("raw_address", ADDRESS_COLUMNS),
        ("raw_name", NAME_COLUMNS),
    ):
        duck.execute(
            f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
        )
    marks = ", ".join("?" * len(PEOPLE_COLUMNS))
    duck.executemany(
        f"INSERT INTO raw_person VALUES ({marks})", [[row[name] for name in PEOPLE_COLUMNS] for row in people]
    )
    addresses = [
        (row["id"], kind, row[column])
        for row in people
        for kind, column in (("email", "email"), ("phoneNumber", "phone"))
        if row[column]
    ]
    if addresses:
        duck.executemany("INSERT INTO raw_address VALUES (?, ?, ?)", addresses)
    prepare(duck)
    return duck


def a_club(people: int) -> list[dict[str, Any]]:
    """Members, of whom every tenth stands there again as a player with the same phone."""
    rng = Random(3)
    rows = []
    for number in range(people):
        first, last = rng.choice(FIRSTS), rng.choice(LASTS)
        born = f"19{rng.randrange(40, 99)}-0{rng.randrange(1, 9)}-1{rng.randrange(9)}"
        phone = f"+2782{number:07}"
        rows.append(person(number, first, last, email=f"m{number}@example.com", phone=phone, born=born))
        if number % 10 == 0:
            again = person(
                number + people, first, last, email=f"p{number}@example.com", phone=phone, born=born
            )
            rows.append(again | {"is_member": False, "is_player": True})
    return rows


def test_each_outcome_has_numbers_and_each_number_an_outcome() -> None:
    outcomes = {key_of(comparison, level) for comparison in COMPARISONS for level in comparison.outcomes}

    assert set(shipped_parameters().odds) == outcomes


def test_parameters_survive_json_and_their_version_tells_them_apart() -> None:
    shipped = shipped_parameters()
    other = Parameters(shipped.duplicates_each * 2, shipped.odds)

    assert Parameters.from_document(shipped.as_document()).version == shipped.version
    assert other.version != shipped.version


def test_of_two_strangers_in_a_large_club_fewer_share_a_mailbox() -> None:
    level = next(level for level in CONTACT.levels if level.code == "email")
    shipped = shipped_parameters()

    small, large = (shipped.odds_of(CONTACT, level, people)[1] for people in (1_001, 1_000_001))
    assert small == pytest.approx(1_000 * large)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda one: one.code)
def test_spark_can_be_asked_the_same(comparison: Comparison) -> None:
    creator = comparison_settings(comparison, shipped_parameters(), 1_000, "spark")
    document = SettingsCreator("dedupe_only", comparisons=[creator]).create_settings_dict("spark")

    for level in document["comparisons"][0]["comparison_levels"]:
        if level["sql_condition"] != "ELSE":
            assert sqlglot.parse_one(level["sql_condition"], read="spark").sql("spark")
            assert "list_" not in level["sql_condition"]


@pytest.mark.parametrize(
    "name",
    ["Łukasz", "Zoë", "O’Neil", "O'Neil", "MICHAŁ", "Anna-Maria", "  Gonçalo ", "J. P.", "Þór", "محمد"],
)
def test_names_are_folded_as_everywhere_else(name: str, tmp_path: Path) -> None:
    duck = prepared(tmp_path, [person(1, "Barend", "Esterhuizen")])

    ((found,),) = duck.execute("SELECT folded(?)", [name]).fetchall()
    assert found == folded(name).translate(str.maketrans("ł", "l"))


def test_a_short_form_of_two_names_leads_to_both() -> None:
    roots = [root for name, root in nickname_roots() if name == "charlie"]

    assert len(roots) == 2


def test_blocks_are_taken_from_the_smallest_until_the_budget_is_spent(tmp_path: Path) -> None:
    smiths = [person(number, f"{chr(97 + number) * 3}", "Smith") for number in range(20)]
    rare = [person(100, "Barend", "Esterhuizen"), person(101, "Barend", "Esterhuizen")]
    duck = prepared(tmp_path, [*smiths, *rare])

    # One pair, which several of its keys make.
    assert block(duck, 8) == 1


def test_only_pairs_with_a_fresh_side_are_blocked(tmp_path: Path) -> None:
    rows = [person(number, "Barend", "Esterhuizen", is_fresh=number == 2) for number in range(3)]

    assert block(prepared(tmp_path, rows), 1_000) == 2


def test_training_twice_gives_the_same_numbers_and_leaves_the_anchors(tmp_path: Path) -> None:
    versions = []
    for place in ("one", "other"):
        folder = tmp_path / place
        folder.mkdir()
        duck = prepared(folder, a_club(300))
        trained = train(open_backend(duck).register("person", duck), 330, shipped_parameters())
        versions.append(trained.version)
        for level in NAME.outcomes:
            key = key_of(NAME, level)
            assert trained.odds[key][0] == shipped_parameters().odds[key][0]

    assert versions[0] == versions[1] != shipped_parameters().version


CLEAR = ((NAME, "same"), (CONTACT, "email"))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (pair(*CLEAR), True),
        (pair(*CLEAR, probability=0.9), False),
        (pair(*CLEAR, (BIRTH, "same")), True),
        (pair(*CLEAR, (BIRTH, "different")), False),
        (pair(*CLEAR, (BIRTH, "swapped")), False),
        (pair(*CLEAR, (SERVICES, "two_members")), False),
        (pair(*CLEAR, (SERVICES, "complement")), True),
        (pair((NAME, "same"), (CONTACT, "different")), False),
        (pair((NAME, "same"), (BIRTH, "same")), True),
        (pair((CONTACT, "email"), (BIRTH, "same")), False),
        (pair((NAME, "first_only"), (CONTACT, "both")), False),
        (pair((NAME, "close_first"), (CONTACT, "email")), False),
        (pair((NAME, "close_first"), (CONTACT, "both")), True),
        (pair((NAME, "close_last"), (CONTACT, "phone"), (BIRTH, "same")), True),
        (pair((NAME, "same"), (CONTACT, "near")), True),
        (pair((NAME, "close_first"), (CONTACT, "near")), False),
        (pair(*CLEAR, (BIRTH, "same"), (SERVICES, "two_members")), True),
        (pair(*CLEAR, (BIRTH, "same"), (SERVICES, "logins")), False),
        (pair((NAME, "same"), (BIRTH, "same"), (SERVICES, "two_members")), False),
        (pair((NAME, "close_first"), (CONTACT, "both"), (BIRTH, "same"), (SERVICES, "two_members")), False),
    ],
)
def test_only_what_nothing_speaks_against_is_certain(found: ScoredPair, expected: bool) -> None:
    assert is_certain(found, 0.999) is expected


def test_of_three_alike_none_is_merged_without_a_person() -> None:
    two = pair(one=1, other=2)
    three = [pair(one=3, other=4), pair(one=3, other=5)]

    assert lonely([two, *three]) == [two]


def test_who_is_born_alike_counts_as_one_of_those_that_are_alike() -> None:
    born_alike = pair(*CLEAR, (BIRTH, "same"), one=1, other=2)
    third = [pair(*CLEAR, one=1, other=3), pair(*CLEAR, one=2, other=3)]
    fourth = [pair(*CLEAR, one=3, other=4)]

    assert lonely([born_alike, *third]) == [born_alike, *third]
    assert lonely([born_alike, *third, *fourth]) == [born_alike]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("asnyman98@x.example", "asnymanu98@x.example", "near"),
        ("chuman82@x.example", "chuamn82@x.example", "near"),
        ("leon.uys@x.example", "leon.uys1@x.example", ""),
        ("leon.uys12@x.example", "leon.uys13@x.example", ""),
        ("leon.uys@x.example", "leno.usy@x.example", ""),
        ("golfer@x.example", "glofer@y.example", ""),
    ],
)
def test_a_slip_of_the_pen_in_a_mailbox_is_no_digit_more_or_less(
    one: str, other: str, level: str, tmp_path: Path
) -> None:
    duck = prepared(tmp_path, [person(1, "Ann", "Nel", email=one), person(2, "Ann", "Nel", email=other)])

    sides = ("email", "mail_host", "mail_digits", "mail_sorted")
    columns = ", ".join(f"{side}.{name} AS {name}_{side}" for side in ("l", "r") for name in sides)
    pairs = f"SELECT {columns} FROM person AS l JOIN person AS r ON l.unique_id < r.unique_id"
    assert duck.execute(f"SELECT {NEAR_EMAIL} FROM ({pairs})").fetchall() == [(level == "near",)]


def test_a_title_is_no_first_name(tmp_path: Path) -> None:
    duck = prepared(tmp_path, [person(1, "Prof. Dr. Hans", "Nel"), person(2, "Frau", "Nel")])

    assert duck.execute("SELECT first FROM person ORDER BY unique_id").fetchall() == [("hans",), ("frau",)]


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("ann.nel@gmail.com", "annnel+golf@googlemail.com", True),
        ("ann@x.example", "ann+golf@x.example", True),
        ("ann.nel@x.example", "annnel@x.example", False),
        ("ann@x.example", "ann@y.example", False),
        ("+ann@x.example", "+ben@x.example", False),
    ],
)
def test_a_mailbox_is_one_however_it_is_spelled(one: str, other: str, is_one: bool, tmp_path: Path) -> None:
    duck = prepared(tmp_path, [person(1, "Ann", "Nel", email=one), person(2, "Ann", "Nel", email=other)])

    rows = duck.execute("SELECT email, emails FROM person").fetchall()
    assert all(email in emails for email, emails in rows)
    assert (rows[0] == rows[1]) is is_one
