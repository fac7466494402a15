"""Whether two names may belong to one person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.names import PersonName, is_slip_of, may_be_one_name, may_be_one_person, names_disagree

ONE = [
    ("Lindiwe", "Lindi"),
    ("Lindiwe", "Lindwie"),
    ("P", "Pieter"),
    ("William", "Bill"),
    ("Stephanus", "Fanie"),
    ("Małgorzata", "Gosia"),
    ("Johannes", "Jan"),
    ("Zoë", "Zoe"),
    ("Lena", "Lean"),
    ("Leonard", "Len"),
    ("Grzegorz", "Grzesiek"),
    ("Francisco", "Paco"),
    ("Anna Maria", "Maria"),
    ("O’Neil", "O'Neil"),
    ("محمد", "Mohamed"),
    ("", "Anyone"),
    ("Anna", "Anni"),
    ("Anna", "Annie"),
    ("Marie", "Maria"),
    ("Ann", "Anne"),
    ("Caroline", "Carolin"),
    ("Caroline", "Carol"),
    ("Dani", "Daniella"),
    ("Susanne", "Susanna"),
    ("Linda", "Lindi"),
    ("Thembi", "Thembisile"),
    ("Catherine", "Katherine"),
    ("Francisco Javier", "Javi"),
    ("María del Carmen", "Carmen"),
    ("Jean-Pierre", "J.-P."),
    ("Ana María", "Ana M."),
    ("Maria del Carmen", "Maria Carmen"),
    ("Jean-Pierre", "JP"),
    ("Pieter-Jan", "P.J."),
    ("Philippe", "Filip"),
    ("Jordi", "Jorge"),
    ("Seán", "John"),
    ("Κωνσταντίνος", "Kostas"),
    ("Konstantinos", "Kostas"),
    ("Vassilis", "Vasileios"),
    ("Jiří", "Jirka"),
    ("Volodymyr", "Vladimir"),
    ("Ferenc", "Feri"),
]
TWO = [
    ("Thabo", "Nomsa"),
    ("Pieter", "Jan"),
    ("Anna", "Sipho"),
    ("محمد", "فاطمة"),
    ("Bill", "Bob"),
    ("Luís", "Luísa"),
    ("Amy", "May"),
    ("Vincenzo", "Lorenzo"),
    ("Themba", "Thembi"),
    ("Mario", "Maria"),
    ("Paolo", "Paola"),
    ("Daniel", "Danielle"),
    ("Michel", "Michèle"),
    ("Jean", "Jeanne"),
    ("Wilhelm", "Wilhelmina"),
    ("Joseph", "Joséphine"),
    ("Viktor", "Viktoria"),
    ("Vuyo", "Vuyokazi"),
    ("Denis", "Denise"),
    ("María José", "José Luis"),
    ("Jean-Pierre", "Jean-Luc"),
    ("Jean-Pierre", "JL"),
    ("Christian", "Christine"),
    ("Stéphane", "Stéphanie"),
    ("Ioannis", "Ioanna"),
    ("Andreas", "Andrea"),
    ("Léon", "Léonie"),
    ("Alexander", "Alexandra"),
    ("Jean", "JP"),
]


@pytest.mark.parametrize(("one", "other"), ONE)
def test_spellings_short_forms_and_scripts_may_be_one_person(one: str, other: str) -> None:
    assert may_be_one_person(PersonName.of(one, "Nkosi"), PersonName.of(other, "Nkosi"))
    assert may_be_one_person(PersonName.of(other, "Nkosi"), PersonName.of(one, "Nkosi"))


@pytest.mark.parametrize(("one", "other"), TWO)
def test_different_first_names_are_two_people_of_one_family(one: str, other: str) -> None:
    assert not may_be_one_person(PersonName.of(one, "Botha"), PersonName.of(other, "Botha"))
    assert not may_be_one_person(PersonName.of(other, "Botha"), PersonName.of(one, "Botha"))


def test_first_and_last_name_may_have_been_swapped() -> None:
    assert may_be_one_person(PersonName.of("Nkosi", "Lindiwe"), PersonName.of("Lindiwe", "Nkosi"))
    assert not may_be_one_person(PersonName.of("Nkosi", "Thabo"), PersonName.of("Lindiwe", "Nkosi"))


@pytest.mark.parametrize(
    "other",
    [("Nkosi", "L."), ("Nkosi", "Lindi"), ("Nkosi", "Lindwie"), ("Nksoi", "Lindiwe")],
)
def test_swapped_names_may_be_short_or_mistyped_as_well(other: tuple[str, str]) -> None:
    one, turned = PersonName.of("Lindiwe", "Nkosi"), PersonName.of(*other)

    assert may_be_one_person(one, turned)
    assert may_be_one_person(turned, one)


@pytest.mark.parametrize(
    ("one", "other", "is_slip"),
    [
        ("+27829102322", "+27829102320", True),
        ("asnyman98@x.example", "asnymanu98@x.example", True),
        ("chuman82", "chuamn82", True),
        ("abc", "abc", True),
        ("abcd", "badc", False),
        ("abc", "abcde", False),
        ("abc", "xbz", False),
    ],
)
def test_a_slip_is_one_sign_or_two_exchanged(one: str, other: str, is_slip: bool) -> None:
    assert is_slip_of(one, other) == is_slip
    assert is_slip_of(other, one) == is_slip


def test_an_initial_needs_the_last_name_beside_it() -> None:
    assert may_be_one_person(PersonName.of("A", "Hargreaves"), PersonName.of("Alan", "Hargreaves"))
    assert may_be_one_person(PersonName.of("A", ""), PersonName.of("Alan", "Hargreaves"))
    assert not may_be_one_person(PersonName.of("A", "Hargreaves"), PersonName.of("Ayanda", "Cele"))


def test_an_initial_says_nothing_where_the_name_is_known() -> None:
    tebogo = [PersonName.of("Tebogo", "Phiri"), PersonName.of("T", "Phiri")]

    assert names_disagree(tebogo, [PersonName.of("Thabo", "Phiri")])
    assert not names_disagree(tebogo[1:], [PersonName.of("Thabo", "Phiri")])


def test_the_likeness_of_two_names_does_not_depend_on_which_comes_first() -> None:
    assert may_be_one_name("iaaiat", "aiaaait") == may_be_one_name("aiaaait", "iaaiat")


@given(st.text("aeilnrst ", max_size=9), st.text("aeilnrst ", max_size=9))
def test_whether_two_names_may_be_one_is_symmetric(one: str, other: str) -> None:
    first, second = PersonName.of(one, "").first, PersonName.of(other, "").first

    assert may_be_one_name(first, second) == may_be_one_name(second, first)


@pytest.mark.parametrize(
    ("known", "claimed", "expected"),
    [
        ([], ["Thabo"], False),
        (["Thabo"], [], False),
        (["Thabo"], [""], False),
        (["Thabo"], ["Nomsa"], True),
        (["Thabo", "Nomsa"], ["Nomsa"], False),
    ],
)
def test_names_disagree_only_where_both_sides_have_one_and_no_pair_fits(
    known: list[str], claimed: list[str], expected: bool
) -> None:
    ones, others = ([PersonName.of(name, "") for name in names] for names in (known, claimed))

    assert names_disagree(ones, others) is expected


def test_a_latin_letter_that_does_not_decompose_is_no_foreign_script() -> None:
    assert not may_be_one_name(PersonName.of("Małgorzata", "").first, PersonName.of("Rekha", "").first)
    assert may_be_one_name(PersonName.of("Małgorzata", "").first, PersonName.of("Malgorzata", "").first)
    assert may_be_one_name(PersonName.of("Светлана", "").first, PersonName.of("Svetlana", "").first)


@pytest.mark.parametrize(
    ("short", "full"),
    [("Lebo", "Kelebogile"), ("Thuli", "Nokuthula"), ("Bongi", "Sibongile"), ("Dave", "David")],
)
def test_a_part_of_a_name_may_stand_for_the_whole(short: str, full: str) -> None:
    assert may_be_one_person(PersonName.of(short, ""), PersonName.of(full, ""))
    assert may_be_one_person(PersonName.of(full, ""), PersonName.of(short, ""))
