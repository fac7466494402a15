"""Files of real offices: what each odd form means, and that what is not understood is weaker and said."""

from io import BytesIO
from typing import Any

import pytest
from django.core.management import call_command
from xlsxwriter import Workbook

from profiles.exchange.exporting.files import ExportFormat, export_customers
from profiles.exchange.importing.opening import open_import, remember_statuses, unknown_statuses
from profiles.exchange.importing.tables import UnreadableFile, read_table
from profiles.models import CustomerProfile, ImportOutcome, ImportRow, MemberImport
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.importing.acts import brought_in, checked
from tests.profiles.importing.spreadsheets import csv_file
from tests.profiles.stories import member, tell


def read(club: Tenant, header: str, *lines: str, country: str = "") -> list[dict[str, Any]]:
    """The values of each line, as the check reads them."""
    if country:
        Tenant.objects.filter(pk=club.pk).update(default_country=country)
    with tenant_scope(club):
        done = checked(*lines, header=header)
        rows = ImportRow.objects.filter(import_id=done.pk).order_by("line")
        return [dict(row.values or {}) for row in rows]


def values(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row.get(name) for row in rows]


def test_of_two_columns_for_one_field_the_more_telling_one_counts(fairview: Club) -> None:
    names = read(
        fairview.tenant,
        "First name,Second name,Surname,Cell",
        "Pieter,Willem,Coetsee,0825550501",
        "Themba,,Nenezi,",
    )
    states = read(
        fairview.tenant,
        "First Name,Last Name,Email,State,Status",
        "Hank,Milleron,hank@example.com,TX,Active",
        "Peg,Olsonic,peg@example.com,MA,Lapsed",
    )
    handicaps = read(
        fairview.tenant,
        "index,Name,Surname,Handicap",
        "0,Tina,Reedman,18.2",
        "1,Uli,Sandberg,24.1",
        "2,Vic,Tollman,5.5",
    )

    assert values(names, "lastName") == ["Coetsee", "Nenezi"]
    assert values(states, "membershipStatus") == ["ACTIVE", "LAPSED"]
    assert values(handicaps, "handicap") == [182, 241, 55]


def test_two_columns_that_could_be_the_same_are_a_question_and_neither_is_taken(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        _, guesses = open_import(
            "m.csv",
            csv_file("Surname,Expiry date,Valid until", "Botha,2027-01-31,2026-06-30", "Cele,2027-01-31,"),
        )

    assert [guess.why for guess in guesses] == ["header", "question", "question"]
    assert (
        guesses[1].note == "“Expiry date”, “Valid until” could all be Membership expiry: choose one of them."
    )


@pytest.mark.parametrize(
    ("country", "cells", "expected"),
    [
        (
            "AT",
            ["0664/1234567", "0676/1234567", "01/2345678"],
            ["+436641234567", "+436761234567", "+4312345678"],
        ),
        ("DE", ["030/23125555", "040/66969555"], ["+493023125555", "+494066969555"]),
        ("DE", ["4915228817386", "491713920055"], ["+4915228817386", "+491713920055"]),
        (
            "ZA",
            ["082 555 1801 ::: 011 555 1801", "011 555 1234 / 083 765 4321"],
            ["+27825551801", "+27115551234"],
        ),
    ],
)
def test_area_codes_behind_a_slash_and_a_lost_plus(
    country: str, cells: list[str], expected: list[str], fairview: Club
) -> None:
    rows = read(
        fairview.tenant,
        "Surname;Phone",
        *(f"Nobody{n};{cell}" for n, cell in enumerate(cells)),
        country=country,
    )

    assert values(rows, "phoneNumber") == expected


def test_a_bare_year_is_no_birthday_and_a_year_paid_ends_with_it(fairview: Club) -> None:
    rows = read(
        fairview.tenant,
        "Surname,Born,Paid until",
        "Nkosana,1984,2026",
        "Zuluka,1900-01-01,31/12/2026",
        "Cronje,--05-17,",
    )

    assert values(rows, "dateOfBirth") == [None, None, None]
    assert values(rows, "membershipExpiry") == ["2026-12-31", "2026-12-31", None]


def test_a_stray_quotation_mark_swallows_nobody(fairview: Club) -> None:
    rows = read(
        fairview.tenant,
        "First name,Last name,Nickname,Cell",
        "Ivan,Jordaan,,0825550801",
        'Joan,Kotzee,"Tiger,0825550802',
        "Kobus,Lourens,,0825550803",
        'Marco,Nortje,"Boet",0825550805',
        "Nina,Olivier,,0825550806",
    )

    assert values(rows, "firstName") == ["Ivan", "Joan", "Kobus", "Marco", "Nina"]
    assert rows[1]["phoneNumber"] == "+27825550802"


def test_a_quoted_cell_may_have_several_lines() -> None:
    table = read_table(
        csv_file("Surname,Address,Cell", 'Botha,"1 Long Street', 'Cape Town, 8001",0821234567', "Cele,,")
    )

    assert [cells[0] for _, cells in table.rows] == ["Botha", "Cele"]
    assert table.rows[0][1][1].split() == ["1", "Long", "Street", "Cape", "Town,", "8001"]


@pytest.mark.parametrize("cell", ["nan", "NaN", "1e9999999", "Infinity", "--", "twelve"])
def test_no_text_of_a_cell_ends_more_than_itself(cell: str, fairview: Club) -> None:
    rows = read(
        fairview.tenant, "Surname,E-mail,Handicap", f"Quinn,q@example.com,{cell}", "Steyl,s@example.com,7.1"
    )

    assert values(rows, "handicap") == [None, 71]
    assert values(rows, "email") == ["q@example.com", "s@example.com"]


def test_words_for_the_end_of_a_membership_and_unknown_ones_make_nobody_a_member(fairview: Club) -> None:
    header = "First name,Last name,E-mail,Status"
    with tenant_scope(fairview.tenant):
        brought_in(
            "Theo,Uysman,t@example.com,Deceased",
            "Ursula,Vosloo,u@example.com,Warteliste",
            "Vera,Wessels,v@example.com,Visitor",
            "Walt,Xulu,w@example.com,No",
            "Xena,Yusuf,x@example.com,Half price",
            "Yann,Zietsman,y@example.com,Aktiv",
            header=header,
        )
        found = {one.first_name: one for one in CustomerProfile.objects.all()}

    assert {name: one.lifecycle_stage for name, one in found.items()} == {
        **dict.fromkeys(["Theo", "Ursula", "Vera", "Walt", "Xena"], "SUBSCRIBER"),
        "Yann": "MEMBER",
    }
    assert (found["Theo"].status, found["Theo"].membership_status) == ("INACTIVE", "DECEASED")
    assert found["Xena"].membership_status == ""


def test_what_a_club_says_a_status_means_is_remembered(fairview: Club) -> None:
    header, line = "Last name,E-mail,Status", "Yusuf,x@example.com,Half price"
    with tenant_scope(fairview.tenant):
        before = unknown_statuses(checked(line, line.replace("x@", "z@"), header=header))
        remember_statuses({"Half price": "ACTIVE"})
        after = checked(line, header=header)
        row = ImportRow.objects.get(import_id=after.pk)

    assert before == {"Half price": 2}
    assert (unknown_in(fairview, after), row.values["membershipStatus"]) == ({}, "ACTIVE")


def unknown_in(club: Club, member_import: MemberImport) -> dict[str, int]:
    with tenant_scope(club.tenant):
        return unknown_statuses(member_import)


def test_people_called_null_keep_their_name_and_namibians_their_country(fairview: Club) -> None:
    rows = read(
        fairview.tenant,
        "First name,Last name,E-mail,Country",
        "Jennifer,Null,j@example.com,ZA",
        "Na,Shikongo,n@example.com,NA",
        "Nan,Goldin,g@example.com,na",
    )

    assert [(row["firstName"], row["lastName"], row["country"]) for row in rows] == [
        ("Jennifer", "Null", "ZA"),
        ("Na", "Shikongo", "NA"),
        ("Nan", "Goldin", "NA"),
    ]


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("Mr & Mrs J Smithers", "Mr J Smithers", "Mrs Smithers"),
        ("Anna & Piet Bothma", "Anna Bothma", "Piet Bothma"),
        ("Mr. and Mrs. Yates", "Mr. Yates", "Mrs. Yates"),
        ("Hans und Grete Weber", "Hans Weber", "Grete Weber"),
    ],
)
def test_a_line_for_a_couple_is_set_aside_with_the_two(
    name: str, one: str, other: str, fairview: Club
) -> None:
    with tenant_scope(fairview.tenant):
        done = checked(f"{name},c@example.com", header="Name,E-mail")
        row = ImportRow.objects.get(import_id=done.pk)

    assert row.outcome == ImportOutcome.ERROR
    assert row.reason.startswith(f"Names two people: {one} and {other}. ")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Anna,Bothma & Piet Nel", "Names two people: Anna Bothma and Piet Nel."),
        ("Anna ve Piet,Yilmaz", "Names two people: Anna Yilmaz and Piet Yilmaz."),
        ("Familie,Muster", "Names a family: Familie Muster."),
        ("The,Smithers Family", "Names a family: The Smithers Family."),
        ("Jeurys,Familia", ""),
        ("Anna,Bothma & van Wyk", ""),
    ],
)
def test_a_couple_over_two_columns_is_set_aside_too(line: str, words: str, fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        done = checked(f"{line},c@example.com", header="First name,Last name,E-mail")
        row = ImportRow.objects.get(import_id=done.pk)

    assert row.reason.startswith(words)
    assert (row.outcome == ImportOutcome.ERROR) == bool(words)


def test_one_person_with_a_double_name_is_no_couple(fairview: Club) -> None:
    rows = read(
        fairview.tenant, "Name,E-mail", "Anderson Andrews,a@example.com", "Jean-Pierre Bonnet,b@example.com"
    )

    assert values(rows, "lastName") == ["Andrews", "Bonnet"]


def test_googles_contacts_keep_addresses_numbers_and_labels(fairview: Club) -> None:
    rows = read(
        fairview.tenant,
        "First Name,Last Name,Birthday,Labels,E-mail 1 - Value,E-mail 2 - Value,Phone 1 - Value,Phone 2 - Value",
        "Abel,Barends,,Juniors ::: * myContacts,abel@example.com ::: a@example.org,,082 555 1801 ::: 011 555 1801,",
        "Betta,Cronje,--05-17,* myContacts,,b@example.com,,082 555 1803",
    )

    assert values(rows, "email") == ["abel@example.com", "b@example.com"]
    assert values(rows, "phoneNumber") == ["+27825551801", "+27825551803"]
    assert values(rows, "tags") == [["Juniors"], None]


def test_cells_that_were_kept_from_spreadsheets_are_read_as_they_are_meant(fairview: Club) -> None:
    rows = read(
        fairview.tenant,
        "First name,Last name,Member no,Cell,Postcode",
        '"=""Jaco""","=""Krige""","=""082023""","=""0825552301""","=""0081"""',
    )

    assert rows[0] == {
        "firstName": "Jaco",
        "lastName": "Krige",
        "sclMemberId": "82023",
        "phoneNumber": "+27825552301",
        "postcode": "0081",
    }


def test_signs_that_nobody_sees_are_no_part_of_a_name_or_an_address(fairview: Club) -> None:
    rows = read(
        fairview.tenant,
        "First name,Last name,E-mail",
        "Frans,Gelden\u00adhuys,f@example.com",
        "Hein,\u202aIngram\u202c,\ufeffh@example.com",
        "Sean,O\u2019Haraigh,s.o\u2019haraigh@example.com",
    )

    assert values(rows, "lastName") == ["Geldenhuys", "Ingram", "O\u2019Haraigh"]
    assert values(rows, "email") == ["f@example.com", "h@example.com", "s.o'haraigh@example.com"]


def workbook_with(far: bool = False, hidden: bool = False) -> bytes:
    file = BytesIO()
    book = Workbook(file)
    sheet = book.add_worksheet("Members 2026")
    sheet.write_row(0, 0, ["First name", "Last name", "Cell"])
    sheet.write_row(1, 0, ["Carla", "Deysel", "0825551901"])
    if far:
        sheet.write(1_048_575, 16_383, "solver")
    if hidden:
        other = book.add_worksheet("left before 2020")
        other.write_row(0, 0, ["First name", "Last name", "Cell", "E-mail"])
        for line in range(1, 9):
            other.write_row(line, 0, [f"Gone{line}", "Formerly", "0825551902", "g@example.com"])
        other.hide()
    book.close()
    return file.getvalue()


def test_a_cell_far_outside_is_refused_in_words_and_ends_no_process() -> None:
    with pytest.raises(UnreadableFile, match="cells far outside of its table"):
        read_table(workbook_with(far=True))


def test_a_hidden_sheet_is_never_taken_by_itself() -> None:
    table = read_table(workbook_with(hidden=True))

    assert [cells for _, cells in table.rows] == [["Carla", "Deysel", "0825551901"]]
    assert "1 hidden and not looked at" in table.notes


def test_a_file_of_line_ends_takes_no_memory() -> None:
    with pytest.raises(UnreadableFile, match="no row below the header"):
        read_table(b"Surname,E-mail\n" + b"\n" * 400_000)


def test_the_own_export_says_nothing_new_when_it_comes_back(
    fairview: Club, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(
        fairview.tenant,
        member(4711, firstName="Thandi", email="thandi@example.com", membershipTierName="Gold"),
    )
    with tenant_scope(fairview.tenant):
        brought_in("Frik,Formerly,frik@example.com,Lapsed", header="First name,Last name,E-mail,Status")
        brought_in("Nomsa,Only", header="First name,Last name")
        CustomerProfile.objects.filter(first_name="Frik").update(tags=["=1+1", "VIP"])
        before = sorted(
            CustomerProfile.objects.values_list("id", "lifecycle_stage", "membership_status", "version")
        )
        export = export_customers(CustomerProfile.objects.all(), ExportFormat.CSV, [])
        (tmp_path / "own.csv").write_bytes(b"".join(export.parts))

    call_command("import_members", str(tmp_path / "own.csv"), "--tenant", fairview.tenant.slug)

    assert "        3  No change" in capsys.readouterr().out
    with tenant_scope(fairview.tenant):
        after = sorted(
            CustomerProfile.objects.values_list("id", "lifecycle_stage", "membership_status", "version")
        )
    assert after == before
