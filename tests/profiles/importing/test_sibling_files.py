"""Siblings of the trials' files: other encodings, other programs' headers, other people's columns, hostile ones."""

from typing import Any, Final

import pytest

from profiles.exchange.importing.columns import guess_columns
from profiles.exchange.importing.tables import UnreadableFile, read_table
from profiles.exchange.importing.targets import Target
from profiles.models import CustomerProfile, Identifier, ImportOutcome, ImportRow
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.importing.acts import brought_in, checked, row
from tests.profiles.importing.spreadsheets import csv_file


def rows_of(content: bytes) -> list[list[str]]:
    return [cells for _, cells in read_table(content).rows]


@pytest.mark.parametrize(
    ("encoding", "header", "cells"),
    [
        ("cp1250", "Imię;Nazwisko;E-mail", ["Łukasz", "Żółć", "l@x.example"]),
        ("cp1251", "Имя;Фамилия;E-mail", ["Иван", "Петров", "i@x.example"]),
        ("mac_roman", "Vorname;Nachname;E-Mail", ["Jörg", "Müller", "j@x.example"]),
        ("cp1252", "Prénom;Nom;E-mail", ["Éloïse", "D’Aÿ", "e@x.example"]),
        ("cp1252", "Fornavn;Efternavn;E-mail", ["Åse", "ØSTERGÅRD", "a@x.example"]),
        ("utf-16-le", "Vorname;Nachname;E-Mail", ["Jörg", "Müller", "j@x.example"]),
        ("utf-16-be", "Vorname;Nachname;E-Mail", ["Jörg", "Müller", "j@x.example"]),
        ("utf-32", "Vorname;Nachname;E-Mail", ["Jörg", "Müller", "j@x.example"]),
        ("cp850", "Vorname;Nachname;E-Mail", ["Jörg", "Müller", "j@x.example"]),
        ("cp866", "Имя;Фамилия;E-mail", ["Иван", "Петров", "i@x.example"]),
        ("koi8-r", "Имя;Фамилия;E-mail", ["Иван", "Петров", "i@x.example"]),
        ("gb18030", "姓名;手机;邮箱", ["王小明", "13812345678", "w@x.example"]),
    ],
)
def test_what_a_program_wrote_without_a_word_is_read(encoding: str, header: str, cells: list[str]) -> None:
    assert rows_of(csv_file(header, ";".join(cells), encoding=encoding)) == [cells]


def test_a_line_of_windows_pasted_into_unicode_spoils_itself_only() -> None:
    content = csv_file("Vorname;Nachname;E-Mail", "Jörg;Müller;j@x.example") + "Zoë;X;z@x.example".encode(
        "cp1252"
    )

    assert [cells[0] for cells in rows_of(content)] == ["Jörg", "Zoë"]


@pytest.mark.parametrize("cells", [["Jörg", "Müßig", "É"], ["D’Aÿ", "São – João", "Żółć"]])
def test_unicode_that_was_written_as_unicode_twice_is_read_once(cells: list[str]) -> None:
    twice = csv_file("Vorname;Nachname;E-Mail", ";".join(cells)).decode("utf-8")
    as_windows = b"".join(sign.encode("utf-8") for sign in twice)
    content = "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in as_windows)

    assert rows_of(content.encode()) == [cells]


def test_capitals_that_only_look_like_it_stay() -> None:
    assert rows_of(csv_file("Nome;Apelido;E-Mail", "JOÃO;CONCEIÇÃO;É")) == [["JOÃO", "CONCEIÇÃO", "É"]]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ('"First name,Surname,Email"\n"Ann,""Bell, Jr"",a@x.example"\n', ["Ann", "Bell, Jr", "a@x.example"]),
        ('"First name;Surname";;\n"Ann;Bell";;\n', ["Ann", "Bell"]),
        ('"First name","Surname","Cell"\n"Ann \\"Nan\\"","Bell","12"\n', ['Ann "Nan"', "Bell", "12"]),
        ('"Folder","Surname","Email"\n"C:\\","Bell","a@x.example"\n', ["C:\\", "Bell", "a@x.example"]),
    ],
)  # fmt: skip
def test_marks_as_other_programs_set_them(text: str, cells: list[str]) -> None:
    assert rows_of(text.encode()) == [cells]


def test_two_byte_order_marks_are_none_of_the_header() -> None:
    table = read_table(b"\xef\xbb\xbf" * 2 + csv_file("Vorname;E-Mail", "Jörg;j@x.example"))

    assert table.header == ["Vorname", "E-Mail"]


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029", "\x0b", "\x0c"])
def test_a_sign_that_only_unicode_takes_for_a_line_end_parts_nobody(sign: str) -> None:
    assert rows_of(csv_file("Name,Email,Cell", f"Anna{sign}Bo,a@x.example,1")) == [
        [f"Anna{sign}Bo", "a@x.example", "1"]
    ]


@pytest.mark.parametrize("separator", ["^", "\x1f"])
def test_rare_separators_are_found(separator: str) -> None:
    lines = ["Name,Email,Cell", "Anna,a@x.example,0821234567"]

    assert rows_of(csv_file(*[line.replace(",", separator) for line in lines])) == [lines[1].split(",")]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n1 0 obj\n2 0 obj\n", "a PDF"),
        (b"<html><table><tr><td>Anna</td></tr></table></html>\n<p>x</p>\n", "a web page"),
        (b"\xef\xbb\xbf<!DOCTYPE html>\n<p>x\n", "a web page"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna\r\nEND:VCARD\r\n", "a file of address cards"),
        (b'[{"name": "Anna", "email": "a@x.example"}]\n\n', "a JSON file"),
        (b"{\\rtf1\\ansi Name\\par}\n", "a text document"),
        (b'<?xml version="1.0"?>\n<Workbook></Workbook>\n', "an XML file"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(content: bytes, kind: str) -> None:
    with pytest.raises(UnreadableFile, match=f"This is {kind}, not a table"):
        read_table(content)


def targets(header: str, line: str, separator: str = ",") -> dict[str, str]:
    names = header.split(separator)
    guesses = guess_columns(names, [line.split(separator)], {})
    return {name: guess.target.value for name, guess in zip(names, guesses, strict=True) if guess.target}


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        (
            "Last Name,First Name,GHIN,Handicap Index,Member Number",
            "Botha,Piet,1234567,12.4M,A-0123",
            {"Last Name": "lastName", "First Name": "firstName", "Handicap Index": "handicap",
             "Member Number": "memberNumber"},
        ),
        (
            "Vorname,Nachname,Telefon privat,HCPI,Mitgliedsnr.,Mitgliedsart,Eintrittsdatum,Austrittsdatum",
            "Piet,Botha,0351/123456,12.4,A-12,Voll,01.04.10,",
            {"Vorname": "firstName", "Nachname": "lastName", "Telefon privat": "phoneNumber", "HCPI": "handicap",
             "Mitgliedsnr.": "memberNumber", "Mitgliedsart": "membershipTier", "Eintrittsdatum": "memberSince"},
        ),
        (
            "Tessera,Cognome,Nome,Data di nascita,Cellulare",
            "12,Botha,Piet,17/05/1984,347 1234567",
            {"Tessera": "sclMemberId", "Cognome": "lastName", "Nome": "firstName", "Data di nascita": "dateOfBirth",
             "Cellulare": "phoneNumber"},
        ),
        (
            "Nº socio,Nombre,Primer apellido,Teléfono móvil,Fecha de alta",
            "12,Piet,García,612345678,01/04/2010",
            {"Nº socio": "sclMemberId", "Nombre": "firstName", "Primer apellido": "lastName",
             "Teléfono móvil": "phoneNumber", "Fecha de alta": "memberSince"},
        ),
        (
            "Mailing Zip/Postal Code,Mailing Country,Exact H'cap",
            "8001,South Africa,12.4",
            {"Mailing Zip/Postal Code": "postcode", "Mailing Country": "country", "Exact H'cap": "handicap"},
        ),
        (
            "Name,Surname,Email,Spouse Email,Parent's phone,Emergency contact,Invited by",
            "Piet,Botha,p@x.example,a@x.example,0825550000,a@x.example,b@x.example",
            {"Name": "firstName", "Surname": "lastName", "Email": "email"},
        ),
    ],
)  # fmt: skip
def test_headers_of_other_programs(header: str, line: str, expected: dict[str, str]) -> None:
    assert targets(header, line) == expected


# How the columns of the next test are called here, in letters, with a cell of each.
COLUMNS: Final = {
    "M": ("sclMemberId", "12"),
    "F": ("firstName", "Anna"),
    "L": ("lastName", "Anna"),
    "N": ("fullName", "Anna"),
    "E": ("email", "a@b.example"),
    "P": ("phoneNumber", "+27821234567"),
    "B": ("dateOfBirth", "1980-05-03"),
    "H": ("handicap", "12.4"),
    "-": (None, "x"),
}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("会員番号,氏名,フリガナ,メールアドレス,携帯電話,生年月日,ハンディキャップ", "MN-EPBH"),
        ("회원번호,성명,이메일,휴대폰,생년월일,핸디캡", "MNEPBH"),
        ("會員編號,姓名,電子郵件,手機,出生日期,差點", "MNEPBH"),
        ("Номер члена,Имя,Фамилия,Эл. почта,Телефон,Дата рождения", "MFLEPB"),
        ("Όνομα,Επώνυμο,E-mail,Κινητό,Ημερομηνία γέννησης", "FLEPB"),
        ("Jméno,Příjmení,E-mail,Mobil,Datum narození", "FLEPB"),
        ("Keresztnév,Vezetéknév,E-mail cím,Telefonszám,Születési dátum", "FLEPB"),
        ("Üye No,Ad,Soyad,E-posta,Cep Telefonu,Doğum Tarihi", "MFLEPB"),
        ("Sócio,Nome,Apelido,Email,Telemóvel,Data nascimento", "MFLEPB"),
        ("Prénom,Nom d'usage,Nom de naissance,Courriel,Portable,Né(e) le,Hcp EGA", "FL-EPBH"),
        ("First Name,Last Name,Email,Mobile Phone Number", "FLEP"),
    ],
)
def test_headers_of_other_languages(header: str, expected: str) -> None:
    columns = [COLUMNS[letter] for letter in expected]
    line = ",".join(cell for _, cell in columns)

    assert targets(header, line) == {
        name: target
        for name, (target, _) in zip(header.split(","), columns, strict=True)
        if target is not None
    }


def test_the_prefix_of_a_dutch_name_is_a_part_of_it(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        brought_in(
            "Piet,van der,Berg,p@x.example",
            "Anna,,Smit,a@x.example",
            header="Roepnaam,Tussenvoegsel,Achternaam,E-mail",
        )

        assert sorted(CustomerProfile.objects.values_list("last_name", flat=True)) == ["Smit", "van der Berg"]


NUMBERED = "Member No,First name,Last name,E-mail"


def test_a_member_number_with_letters_is_a_key_of_its_own(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        brought_in("GC-00123/A,Anna,Botha,", "GC-00123/B,Piet,Botha,", header=NUMBERED)
        brought_in("gc-00123 /a,Anna,Botha,anna@x.example", header=NUMBERED)

        anna = CustomerProfile.objects.get(email="anna@x.example")
        assert CustomerProfile.objects.count() == 2
        assert (anna.external_ids, anna.scl_member_id) == ({"memberNumber": "GC-00123/A"}, None)
        assert anna.lifecycle_stage == "MEMBER"
        assert Identifier.objects.filter(kind="memberNumber").count() == 2


def test_one_number_with_letters_among_whole_ones_is_kept_and_said(fairview: Club) -> None:
    lines = [f"{number},F{number},Botha," for number in range(101, 110)]
    with tenant_scope(fairview.tenant):
        done = checked(*lines, "123A,Anna,Botha,", header=NUMBERED)
        odd = row(done, 11)

    read = odd.values or {}
    assert done.targets[0] == Target.MEMBER.value
    assert (read.get("memberNumber"), read.get("sclMemberId")) == ("123A", None)
    assert [one["text"] for one in odd.remarks] == [
        "Member number: 123A is no whole number; as the club's own number it was taken."
    ]


def test_a_number_with_letters_at_somebody_else_is_a_contradiction(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        brought_in("GC-1,Anna,Botha,", header=NUMBERED)
        done = checked("GC-1,Themba,Nkosi,", header=NUMBERED)
        verdict = row(done, 2)

    assert (verdict.outcome, verdict.reason) == (
        ImportOutcome.CONFLICT,
        "Member number with letters GC-1 is Anna Botha, whose name is another.",
    )


CELLS: list[tuple[str, str, str]] = [
    ("Handicap", "eighteen", "handicap"),
    ("Country", "Wakanda", "country"),
    ("Date of birth", "1984", "dateOfBirth"),
    ("Date of birth", "31/02/1984", "dateOfBirth"),
    ("Cell", "ask his wife", "phoneNumber"),
    ("E-mail", "anna at x", "email"),
    ("Gender", "yes", "gender"),
    ("Language", "Gibberish", "language"),
    ("GolfRSA number", "see office", "golfRsaId"),
    ("Membership status", "Half price", "membershipStatus"),
    ("Postcode", "0", "postcode"),
    ("Member no", "0", "sclMemberId"),
    ("Member since", "long ago", "memberSince"),
    ("Expiry", "lifetime", "membershipExpiry"),
    ("First name", "TBA", "firstName"),
    ("Last name", "unknown", "lastName"),
    ("First name", "12", "firstName"),
    ("Tags", "x" * 51, "tags"),
    ("Cell,Phone 2", "0821234567,0831234567", "phoneNumber"),
    ("E-mail,E-mail 2", "p@x.example,b@x.example", "email"),
    ("E-mail,E-mail 2", "p@x.example,anna at x", "email"),
]


@pytest.mark.parametrize(("header", "cell", "field"), CELLS)
def test_every_value_that_is_dropped_leaves_a_remark(
    header: str, cell: str, field: str, fairview: Club
) -> None:
    with tenant_scope(fairview.tenant):
        names = f"Nickname,{header},Full name" if "name" in header.lower() else f"Full name,{header}"
        done = checked(f"Anna Botha,{cell}" if "Nick" not in names else f"x,{cell},Anna Botha", header=names)
        only: Any = ImportRow.objects.get(import_id=done.pk)

    assert [one["field"] for one in only.remarks] == [field]
    assert field in done.targets


def test_a_long_list_of_one_column_is_read() -> None:
    people = [f"p{number}@x.example" for number in range(5_000)]

    assert [cells[0] for cells in rows_of("\n".join(["Email", *people]).encode())] == people


def test_a_header_that_makes_millions_of_empty_cells_is_refused() -> None:
    header = ",".join(["Email", *(f"c{number}" for number in range(199))])

    with pytest.raises(UnreadableFile, match="million cells"):
        read_table("\n".join([header, *["a@x.example,1"] * 31_000]).encode())
