"""Cells, ids and addresses of kinds that the trials have, as no trial and no other test writes them."""

from datetime import date

import pytest

from events.empty_ids import stands_for_nothing
from profiles.club import Club as ClubRules
from profiles.exchange.importing.cells import Reader, Unreadable, read_cell
from profiles.exchange.importing.countries import country_code
from profiles.exchange.importing.headers import BY_WORDS, words_of_header
from profiles.exchange.importing.targets import Target
from profiles.role_addresses import is_role_email
from tenants.models import Tenant

CLUB = ClubRules.of(Tenant(default_country="ZA", locale="en_ZA", time_zone="Africa/Johannesburg"))
READER = Reader(CLUB, date(2026, 12, 1))


@pytest.mark.parametrize(
    "word",
    ["S/N", "zzz", "refused", "fehlt", "same", "ditto", "idem", "cash", "counter", "NaT", "pd.NA", "NR",
     "someone", "no", "yes", "off", "n.a", "+inf", "-Infinity", "1.#INF", "-1.#IND", "1.#QNAN",
     "Optional.empty", "Some(null)", "nil:NilClass", "NULL::text", "=NA()", "#SPILL!", "#CALC!", "#GETTING_DATA",
     "[id]", ":member_id", "__ID__", "#{id}", "%{id}"],
)  # fmt: skip
def test_more_of_what_programs_write_for_nothing(word: str) -> None:
    assert stands_for_nothing(word)


@pytest.mark.parametrize(
    "value",
    ["no-12", "cash-90012", "[12]", "id:7", "x7", "guest123", "anon-5", "admin-77x", "__7__", "Nat01"],
)
def test_what_only_looks_like_it_is_an_id(value: str) -> None:
    assert not stands_for_nothing(value)


@pytest.mark.parametrize(
    "local",
    ["kasse", "hola", "welcome", "contact-us", "mailer-daemon", "caddymaster", "mitgliederservice", "treasurer",
     "general.manager", "kassenwart", "schatzmeister", "spielfuehrer", "hcp", "wettspiele", "startzeiten", "greenfees",
     "headpro", "driving-range", "facturen", "facturacion", "creditors", "payroll", "directie", "informatie",
     "kundenservice", "klantenservice", "datenschutz", "privacy", "sponsoring", "vacatures"],
)  # fmt: skip
def test_more_mailboxes_of_roles(local: str) -> None:
    assert is_role_email(f"{local}@fairview.example")


@pytest.mark.parametrize(
    "local",
    ["kassel", "holanda", "welcome.ncube", "privacek", "ditto.m", "rangel", "treasure", "infante", "barnard"],
)
def test_people_who_are_called_nearly_so_are_people(local: str) -> None:
    assert not is_role_email(f"{local}@fairview.example")


@pytest.mark.parametrize(
    ("written", "number"),
    [("No. 123", "123"), ("Nr. 17", "17"), ("nº 4", "4"), ("N° 12", "12"), ("mbr 17", "17"), ("Member no 8", "8"),
     ("Lid nr 9", "9"), ("#0042", "42")],
)  # fmt: skip
def test_what_is_said_in_front_of_a_member_number_is_no_part_of_it(written: str, number: str) -> None:
    assert read_cell(Target.MEMBER, written, READER) == (number, "")


@pytest.mark.parametrize("written", ["NO-123", "M 12 345", "17a", "123/456", "-5", "1e5"])
def test_a_member_number_of_other_signs_is_no_whole_one(written: str) -> None:
    with pytest.raises(Unreadable):
        read_cell(Target.MEMBER, written, READER)


@pytest.mark.parametrize(
    ("written", "number"), [("No. GC-1", "NO.GC-1"), ("Nr 17", "17"), ("NO-123", "NO-123")]
)
def test_the_clubs_own_number_keeps_what_belongs_to_it(written: str, number: str) -> None:
    assert read_cell(Target.MEMBER_NUMBER, written, READER) == (number, "")


@pytest.mark.parametrize(
    "written",
    ["17 May '84", "19840517T000000", "19840517T000000Z", "1984-05-17Z", "1984-05-17+02:00", "b. 17/05/1984",
     "DOB: 17/05/1984", "17·05·1984", "17_05_1984", "1984-05-17T00:00:00+02:00[Africa/Johannesburg]",
     "1984-05-16T22:00:00Z[UTC]", "Thu, 17 May 1984 00:00:00 GMT"],
)  # fmt: skip
def test_more_dates_of_birth(written: str) -> None:
    assert read_cell(Target.BIRTH, written, READER) == ("1984-05-17", "")


@pytest.mark.parametrize(
    "written",
    ["170584", "1984-138", "17/05/1984?", "age 42", "today", "453592800", "/Date(453592800000)/", "17/O5/1984",
     "昭和59年5月17日", "1984-05-17T24:30:00Z", "17/05/1984 (verified)"],
)  # fmt: skip
def test_what_may_be_another_day_is_no_date_of_birth(written: str) -> None:
    with pytest.raises(Unreadable):
        read_cell(Target.BIRTH, written, READER)


@pytest.mark.parametrize(
    ("target", "written", "read"),
    [
        # Of several the first that is somebody's, not the first that is none.
        (
            Target.EMAIL,
            "none@none.com; ann@bell.example",
            ("ann@bell.example", "holds several; ann@bell.example was taken"),
        ),
        (
            Target.EMAIL,
            "ann@bell.example | ben@cole.example",
            ("ann@bell.example", "holds several; ann@bell.example was taken"),
        ),
        (
            Target.PHONE,
            "000 000 0000 / 082 555 1801",
            ("+27825551801", "holds more than one number; +27825551801 was taken"),
        ),
        (Target.STATUS, "dec'd", ("DECEASED", "")),
        (Target.POSTCODE, "81.0", ("0081", "")),
    ],
)
def test_what_is_somebodys_is_taken(target: Target, written: str, read: tuple[str, str]) -> None:
    assert read_cell(target, written, READER) == read


@pytest.mark.parametrize("written", ["1.2345E4", "XXXX", "0000", "#REF!"])
def test_a_postcode_that_a_spreadsheet_spoiled_is_none(written: str) -> None:
    try:
        assert read_cell(Target.POSTCODE, written, READER).value is None
    except Unreadable:
        return


@pytest.mark.parametrize(
    ("written", "code"),
    [("Czech Rep.", "CZ"), ("Rep. Ireland", "IE"), ("Hong Kong SAR", "HK"), ("Russian Fed.", "RU"), ("Bosnia", "BA"),
     ("Trinidad", "TT"), ("Sud Africa", "ZA"), ("Taiwan R.O.C.", "TW"), ("Europe", None), ("Gauteng", None),
     ("Yugoslavia", None), ("+27", None)],
)  # fmt: skip
def test_more_countries(written: str, code: str | None) -> None:
    assert country_code(written, "ZA") == code


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("First name / Voornaam", Target.FIRST_NAME), ("Surname / Van", Target.LAST_NAME),
        ("Van/Surname", Target.LAST_NAME),
        ("Vorname (First name)", Target.FIRST_NAME), ("E-pos | E-mail", Target.EMAIL),
        ("Geboortedatum / Date of birth", Target.BIRTH), ("Date of birth (dd/mm/yyyy)", Target.BIRTH),
        ("D.O.B. (dd-mm-yyyy)", Target.BIRTH), ("Cell\nMobile", Target.PHONE),
        # Two things, or something unknown beside one.
        ("E-mail / Phone", None), ("Date of birth / Age", None), ("Phone (spouse)", None),
        ("First name (preferred)", None),
    ],
)  # fmt: skip
def test_a_header_in_two_languages_names_one_thing(header: str, target: Target | None) -> None:
    assert BY_WORDS.get(words_of_header(header)) == target
