"""Siblings of the trials' cells: other countries, other programs, other habits; what is not understood is refused."""

from datetime import date
from typing import Any

import pytest

from profiles.club import Club as ClubRules
from profiles.exchange.importing.cells import Reader, Unreadable, read_cell
from profiles.exchange.importing.countries import country_code
from profiles.exchange.importing.statuses import status_of
from profiles.exchange.importing.targets import Target
from profiles.exchange.importing.written_names import is_family, people_in, split_name
from profiles.shouted_names import as_written
from tenants.models import Tenant

TODAY = date(2026, 11, 29)


def reader(country: str) -> Reader:
    club = Tenant(default_country=country, locale=f"en_{country}", time_zone="Africa/Johannesburg")
    return Reader(ClubRules.of(club), TODAY)


def value(target: Target, cell: str, country: str = "ZA") -> Any:
    return read_cell(target, cell, reader(country)).value


@pytest.mark.parametrize(
    ("printed", "tenths"),
    [
        ("plus 2", -20),
        ("+.5", -5),
        ("−2.1", -21),
        ("scratch", 0),
        ("Scr.", 0),
        ("12.4 R", 124),
        ("N12.4", 124),
        ("HI 12,4", 124),
        ("WHS 12.4", 124),
        ("12½", 125),
        ("9.3 (9H)", 93),
        ("(12)", 120),
        ("no h'cap", None),
        ("Kein HCP", None),
        ("zonder", None),
        ("Pro", None),
        (".5", 5),
        ("12.", 120),
        ("12٫4", 124),
        ("12·4", 124),
        ("HI=12.4", 124),
        ("12.4 WHS", 124),
        ("54.0*", 540),
        ("SCR*", 0),
        ("Non classé", None),
        ("TBC", None),
    ],
)
def test_handicaps_as_they_are_printed(printed: str, tenths: int | None) -> None:
    assert value(Target.HANDICAP, printed) == tenths


@pytest.mark.parametrize("printed", ["1,234", "55", "1 2 . 4", "36 rabbit", "eighteen", "+", "12/18"])
def test_what_is_no_handicap_is_refused(printed: str) -> None:
    with pytest.raises(Unreadable):
        value(Target.HANDICAP, printed)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("U.K.", "GB"),
        ("N. Ireland", "GB"),
        ("England & Wales", "GB"),
        ("R.S.A", "ZA"),
        ("South Africa (ZA)", "ZA"),
        ("ZA - South Africa", "ZA"),
        ("Republic of Namibia", "NA"),
        ("GER", "DE"),
        ("SUI", "CH"),
        ("D", "DE"),
        ("Polska", "PL"),
        ("Suomi", "FI"),
        ("Česko", "CZ"),
        ("Ελλάδα", "GR"),
        ("Россия", "RU"),
        ("日本", "JP"),
        ("Korea, Republic of", "KR"),
        ("Tanzania, United Republic of", "TZ"),
        ("Bolivia (Plurinational State of)", "BO"),
        ("Bosnia and Herzegovina", "BA"),
        ("DR Congo", "CD"),
        ("Hong Kong", "HK"),
        ("Burma", "MM"),
        ("🇿🇦", "ZA"),
        ("🇬🇧 United Kingdom", "GB"),
        ("710", "ZA"),
        ("DE-Deutschland", "DE"),
        ("Oesterreich", "AT"),
        ("iNingizimu Afrika", "ZA"),
        ("Sydafrika", "ZA"),
        ("Niemcy", "DE"),
        ("Écosse", "GB"),
        ("Großbritannien", "GB"),
        ("EE. UU.", "US"),
        ("Île Maurice", "MU"),
        ("한국", "KR"),
    ],
)
def test_countries_as_people_write_them(written: str, code: str) -> None:
    assert country_code(written) == code


@pytest.mark.parametrize(
    "written", ["EU", "ZZ", "XX", "Europe", "Wakanda", "+27", "Korea (Democratic People's)", "ZA / NA", "Y"]
)
def test_what_is_no_country_is_none(written: str) -> None:
    assert country_code(written) is None


def test_sa_is_where_the_club_is() -> None:
    assert (value(Target.COUNTRY, "SA", "ZA"), value(Target.COUNTRY, "SA", "GB")) == ("ZA", "SA")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Resigned 2020", "CANCELLED"),
        ("Deceased (12/2021)", "DECEASED"),
        ("Suspended - non payment", "LAPSED"),
        ("Active - Paid", "ACTIVE"),
        ("left in 2019", "CANCELLED"),
        ("Waiting List (2026)", "WAITING_LIST"),
        ("Estate late", "DECEASED"),
        ("Y", "ACTIVE"),
        ("Past member", "CANCELLED"),
        ("Aktywny", "ACTIVE"),
        ("ausgeschieden", "CANCELLED"),
        ("actif.", "ACTIVE"),
    ],
)
def test_statuses_of_several_words_mean_the_weakest(said: str, status: str) -> None:
    assert status_of(said, {}) == status


@pytest.mark.parametrize(
    "said", ["Active - half price", "Honorary", "1", "✓", "paid in full", "guest member"]
)
def test_an_unknown_word_makes_nobody_a_member(said: str) -> None:
    assert status_of(said, {}) is None


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("17 de mayo de 1984", "1984-05-17"),
        ("1er mai 1984", "1984-05-01"),
        ("1º de maio de 1984", "1984-05-01"),
        ("17 мая 1984 г.", "1984-05-17"),
        ("17 maja 1984 r.", "1984-05-17"),
        ("1984. május 17.", "1984-05-17"),
        ("17. toukokuuta 1984", "1984-05-17"),
        ("1984年5月17日", "1984-05-17"),
        ("17.V.1984", "1984-05-17"),
        ("84-05-17", "1984-05-17"),
        ("1984 May 17", "1984-05-17"),
        ("the 17th of May 1984", "1984-05-17"),
        ("vr 17 mei 1984", "1984-05-17"),
        ("17 Mrz. 1984", "1984-03-17"),
        ("١٧/٠٥/١٩٨٤", "1984-05-17"),
        ("17051984", "1984-05-17"),
        ("1051984", "1984-05-01"),
        ("20111984", "1984-11-20"),
        ("19840517000000", "1984-05-17"),
        ("17‑05–1984", "1984-05-17"),
        ("*17.05.1984", "1984-05-17"),
        ("né le 17/05/1984", "1984-05-17"),
        ("geb. am 17. Mai 1984", "1984-05-17"),
    ],
)
def test_dates_of_birth_of_other_countries(written: str, day: str) -> None:
    assert value(Target.BIRTH, written) == day


@pytest.mark.parametrize(
    "written",
    ["1969-12-31", "31/12/1899", "1753-01-01", "0000-00-00", "9999-12-31", "2084-05-17", "05/1984", "May 1984",
     "17 May", "5月17日", "c. 1984", "listopad 1984"],
)  # fmt: skip
def test_days_that_nobody_was_born_on_are_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        value(Target.BIRTH, written)


@pytest.mark.parametrize(
    ("target", "written", "day"),
    [
        (Target.EXPIRY, "12/2026", "2026-12-31"),
        (Target.EXPIRY, "Feb 2028", "2028-02-29"),
        (Target.EXPIRY, "lifetime", None),
        (Target.EXPIRY, "Lebenslang", None),
        (Target.EXPIRY, "9999-12-31", None),
        (Target.MEMBER_SINCE, "March 2019", "2019-03-01"),
        (Target.MEMBER_SINCE, "2019-03", "2019-03-01"),
    ],
)
def test_a_month_of_a_membership_has_a_first_and_a_last_day(
    target: Target, written: str, day: str | None
) -> None:
    read = read_cell(target, written, reader("ZA"))

    assert read.value == day
    assert read.remark.endswith(("was taken", "taken for nothing"))


@pytest.mark.parametrize(
    ("country", "written", "number"),
    [
        ("DE", "49 (0)171 3920055", "+491713920055"),
        ("DE", "030 23125555 Durchwahl", "+493023125555"),
        ("FR", "06 12 34 56 78 / 01 42 68 53 00", "+33612345678"),
        ("IT", "06/69812345", "+390669812345"),
        ("GB", "07911 123456 Mob / 020 7946 0018 Home", "+447911123456"),
        ("GB", "07911123456 - wife", "+447911123456"),
        ("US", "212 555 0123 (cell)", "+12125550123"),
        ("ZA", "082 555 1801 (wife: 083 222 3333)", "+27825551801"),
        ("ZA", "082 5551801 & 083 222 3333", "+27825551801"),
        ("ZA", "082·555·1801", "+27825551801"),
        ("ZA", "０８２ ５５５ １８０１", "+27825551801"),
        ("NL", "06 - 1234 5678", "+31612345678"),
        ("SE", "08/123 456 78", "+46812345678"),
        ("BR", "0 XX 11 91234-5678", "+5511912345678"),
        ("AT", "+43/664/1234567", "+436641234567"),
        ("AT", "0664/1234567 privat", "+436641234567"),
        ("AT", "0664/1234567 oder 01/2345678", "+436641234567"),
        ("DE", "030/23125555 (Büro)", "+493023125555"),
        ("DE", "030/23125555 / 0171/3920055", "+493023125555"),
        ("SE", "08/123 456 78 hem", "+46812345678"),
        ("ZA", "825551801 / 832223333", "+27825551801"),
    ],
)
def test_phones_of_other_countries(country: str, written: str, number: str) -> None:
    assert value(Target.PHONE, written, country) == number


@pytest.mark.parametrize("written", ["082 555 180l", "O82 555 18O1", "111 111 1111", "see e-mail", "12"])
def test_a_number_with_a_letter_for_a_digit_is_nobodys(written: str) -> None:
    with pytest.raises(Unreadable):
        value(Target.PHONE, written)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("mailto:anna@x.example?subject=Hi", "anna@x.example"),
        ("anna＠x.example", "anna@x.example"),
        ("anna@x.example (work)", "anna@x.example"),
        ("E: anna@x.example", "anna@x.example"),
        ("Anna Nel anna@x.example", "anna@x.example"),
        ("anna@x.example and piet@x.example", "anna@x.example"),
        ("o´neil@x.example", "o'neil@x.example"),
        ("‘anna@x.example’", "anna@x.example"),
    ],
)
def test_addresses_in_other_surroundings(written: str, address: str) -> None:
    assert value(Target.EMAIL, written) == address


@pytest.mark.parametrize(
    "written",
    [
        "a b@x.example",
        "anna@x.exampl e",
        "anna@x,example",
        "n/a@x.example",
        "x@y.z",
        "anna[at]x.example",
        "anna@gmail",
    ],
)
def test_a_part_of_an_address_is_somebody_elses(written: str) -> None:
    with pytest.raises(Unreadable):
        value(Target.EMAIL, written)


@pytest.mark.parametrize(
    ("target", "cell", "read"),
    [
        (Target.TAGS, "['Golf','VIP']", ["Golf", "VIP"]),
        (Target.TAGS, "{Golf,VIP}", ["Golf", "VIP"]),
        (Target.TAGS, "Golf،VIP", ["Golf", "VIP"]),
        (Target.TAGS, "Golf, golf, GOLF", ["Golf"]),
        (Target.TAGS, '"Golf, Senior",VIP', ["Golf, Senior", "VIP"]),
        (Target.GENDER, "Mevr.", "female"),
        (Target.GENDER, "Hombre", "male"),
        (Target.GENDER, "divers", "other"),
        (Target.GENDER, "女", "female"),
        (Target.LANGUAGE, "Deutsch", "de"),
        (Target.LANGUAGE, "pt-BR,pt;q=0.9", "pt"),
        (Target.LANGUAGE, "isiZulu", "zu"),
        (Target.POSTCODE, "D-01067", "01067"),
        (Target.FIRST_NAME, "O&#39;Brien", "O'Brien"),
        (Target.FIRST_NAME, "ＡＮＮＡ", "Anna"),
        (Target.FIRST_NAME, "“Anna”", "Anna"),
        (Target.LAST_NAME, "'O''Brien'", "O'Brien"),
        (Target.FIRST_NAME, "J.P.", "J.P."),
        (Target.FIRST_NAME, "<null>", None),
        (Target.EMAIL, "#BEZUG!", None),
        (Target.HANDICAP, "#NV", None),
        (Target.PHONE, "#¡REF!", None),
        (Target.MEMBER, "\\N", None),
        (Target.MEMBER, "1,234", "1234"),
        (Target.MEMBER_NUMBER, "gc-00123 /a", "GC-00123/A"),
        (Target.MEMBER_NUMBER, "№12-Б", "NO12-Б"),
        (Target.CDH, "applied for", None),
    ],
)
def test_other_cells_of_other_programs(target: Target, cell: str, read: Any) -> None:
    assert value(target, cell) == read


@pytest.mark.parametrize(
    ("target", "cell"),
    [
        (Target.GENDER, "F / M"),
        (Target.GENDER, "1"),
        (Target.LANGUAGE, "zz"),
        (Target.POSTCODE, "0"),
        (Target.GOLF_RSA, "see office"),
        (Target.GOLF_RSA, "xxxx"),
        (Target.GOLF_RSA, "2.7001E+09"),
        (Target.MEMBER_NUMBER, "NEW"),
        (Target.MEMBER_NUMBER, "00-000"),
        (Target.PLAYER, "not yet given"),
        (Target.FIRST_NAME, "12345"),
        (Target.LAST_NAME, "anna@x.example"),
    ],
)
def test_what_cannot_be_taken_says_so(target: Target, cell: str) -> None:
    with pytest.raises(Unreadable):
        value(target, cell)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("BOTHA Anna", "Anna", "BOTHA"),
        ("John Smith, Jr.", "John", "Smith Jr."),
        ("Smith, John, Mr", "John", "Smith"),
        ("Sir Ian McKellen OBE", "Ian", "McKellen"),
        ("Mr Smith", "", "Smith"),
        ("Mevr. de Vries", "", "de Vries"),
        ("Mrs A.B. Smith", "A.B.", "Smith"),
        ("Jan van 't Hoff", "Jan", "van 't Hoff"),
        ("Jan v.d. Berg", "Jan", "v.d. Berg"),
        ("Ludwig von und zu Stein", "Ludwig", "von und zu Stein"),
        ("Juan Carlos de la Vega y Ruiz", "Juan Carlos", "de la Vega y Ruiz"),
        ("Patrick Mac an Bhaird", "Patrick", "Mac an Bhaird"),
        ("Anna Botha (née Smit)", "Anna", "Botha (née Smit)"),
        ("Nguyễn Văn An", "Nguyễn Văn", "An"),
        ("Piet-Hein van der Berg-de Wit", "Piet-Hein", "van der Berg-de Wit"),
        ("田中 太郎", "太郎", "田中"),
        ("田中　太郎 様", "太郎", "田中"),
        ("王 小明", "小明", "王"),
        ("김 민수", "민수", "김"),
        ("ジョン スミス", "ジョン", "スミス"),
    ],
)
def test_full_names_of_other_countries(name: str, first: str, last: str) -> None:
    assert split_name(name) == (first, last)


@pytest.mark.parametrize(
    ("name", "written"),
    [("J.P.", "J.P."), ("SMITH III", "Smith III"), ("ST. JOHN", "St. John"), ("Ó SÉ", "Ó Sé")],
)
def test_names_are_not_shouted_nor_spoiled(name: str, written: str) -> None:
    assert as_written(name) == written


@pytest.mark.parametrize(
    ("name", "last", "people"),
    [
        ("Anna/Piet", "Botha", ["Anna Botha", "Piet Botha"]),
        ("Anna u. Piet", "Botha", ["Anna Botha", "Piet Botha"]),
        ("Anna og Per", "Hansen", ["Anna Hansen", "Per Hansen"]),
        ("Anna (& Piet)", "Botha", ["Anna Botha", "Piet Botha"]),
        ("John & Jane", "Smith & Jones", ["John Smith", "Jane Jones"]),
        ("Smith, John & Jane", "", ["John Smith", "Jane Smith"]),
        ("Mr. J. Smith and Ms. K. Jones", "", ["Mr. J. Smith", "Ms. K. Jones"]),
        ("Sr. y Sra. García", "", ["Sr. García", "Sra. García"]),
        ("Dhr. en Mevr. de Vries", "", ["Dhr. de Vries", "Mevr. de Vries"]),
        ("Mr/Mrs J Smith", "", ["Mr J Smith", "Mrs Smith"]),
        ("John & Jane & Jim", "Doe", ["John Doe", "Jane Doe", "Jim Doe"]),
        ("Anna y Pedro", "García", ["Anna García", "Pedro García"]),
        ("Anna i Piotr", "Nowak", ["Anna Nowak", "Piotr Nowak"]),
        ("Anna, Piet", "Botha", ["Anna Botha", "Piet Botha"]),
        ("Monsieur et Madame Jean Dupont", "", ["Monsieur Jean Dupont", "Madame Dupont"]),
    ],
)
def test_several_people_of_one_cell(name: str, last: str, people: list[str]) -> None:
    assert people_in(name, last) == people


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("José Ortega y Gasset", ""),
        ("Kumar s/o Ravi", ""),
        ("Anderson", "Land"),
        ("Mary Anne", "Clark"),
        ("Andy", "And"),
        ("Mary E Jane", "Clark"),
        ("Anna, Dr.", "Clark"),
        ("John, Jr", "Clark"),
        ("J, P", "Clark"),
    ],
)
def test_one_person_is_one(name: str, last: str) -> None:
    assert people_in(name, last) == []


@pytest.mark.parametrize(
    "name", ["Familie Müller", "The Smith Family", "Fam. Botha", "Eheleute Müller", "Gezin de Vries"]
)
def test_a_family_is_no_person(name: str) -> None:
    assert is_family(name)


def test_the_second_number_of_a_cell_is_told() -> None:
    read = read_cell(Target.PHONE, "0825551801 0832223333", reader("ZA"))

    assert read == ("+27825551801", "holds more than one number; +27825551801 was taken")
