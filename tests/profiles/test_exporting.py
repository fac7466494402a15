"""Exports: what the list shows, as CSV, XLSX or NDJSON, noted, and harmless in a spreadsheet."""

import csv
import json
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command

from profiles.customer_table import NAMES
from profiles.exchange.exporting import files
from profiles.exchange.exporting.files import ExportFormat, defused
from profiles.exchange.exporting.workbook import workbook
from profiles.exchange.importing.plain_cells import plain
from profiles.models import CustomerProfile
from tenants.models import LoggedAction, Tenant
from tenants.scope import tenant_scope
from tests.back_office import counted_queries
from tests.cast import Club
from tests.profiles.api_callers import CUSTOMERS, caller, error_of, happened
from tests.profiles.stories import event, member

EVIL = '=HYPERLINK("http://evil.example";"Click")'
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}c"


def fill(tenant: Tenant) -> None:
    happened(
        tenant,
        member(1, firstName="Anna", lastName=EVIL, phoneNumber="082 123 4567", at=1),
        member(2, firstName="Zoë", lastName="van Wyk", email="zoe@example.com", at=2),
        member(3, firstName="Ben", at=3),
    )


def export(tenant: Tenant, query: str = "") -> Any:
    return caller(tenant).get(f"{CUSTOMERS}/export?tenantId={tenant.slug}{query}")


def cells(document: bytes) -> list[list[str]]:
    with ZipFile(BytesIO(document)) as archive:
        assert archive.testzip() is None
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own file
    return [["".join(cell.itertext()) for cell in row.iter(CELL)] for row in sheet[0]]


def test_csv_has_a_row_per_customer_and_no_formula(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(fairview.tenant)
    monkeypatch.setattr(files, "BLOCK", 2)

    answer = export(fairview.tenant)

    rows = list(csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig"))))
    by_name = {row["firstName"]: row for row in rows}
    assert (answer.status_code, set(by_name), len(rows)) == (200, {"Anna", "Zoë", "Ben"}, 3)
    assert (by_name["Anna"]["lastName"], by_name["Anna"]["phoneNumber"]) == (f"'{EVIL}", "+27821234567")


def test_a_workbook_says_the_same_with_texts_as_texts(fairview: Club) -> None:
    fill(fairview.tenant)

    header, *rows = cells(export(fairview.tenant, "&format=xlsx").getvalue())

    column = header.index("lastName")
    assert (header, {row[column] for row in rows}) == (list(NAMES), {EVIL, "van Wyk", ""})


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profiles.exchange.exporting.workbook.MOST_ROWS", 3)

    document = b"".join(workbook(["n"], [[(1,), (2,)], [("a\x00<",), (True,)]]))

    assert cells(document) == [["n"], ["1"], ["2"]]
    with ZipFile(BytesIO(document)) as archive:
        assert "a&lt;" in archive.read("xl/worksheets/sheet2.xml").decode()


def test_ndjson_is_what_the_api_says_of_each(fairview: Club) -> None:
    fill(fairview.tenant)

    lines = export(fairview.tenant, "&format=ndjson&search=zoe").getvalue().splitlines()

    (listed,) = caller(fairview.tenant).get(f"{CUSTOMERS}?tenantId=fairview&search=zoe").json()["data"]
    assert [json.loads(line) for line in lines] == [listed]


def test_an_export_is_noted_with_who_what_and_how_many(fairview: Club) -> None:
    fill(fairview.tenant)

    export(fairview.tenant, "&format=xlsx&search=zoe&status=ACTIVE")

    with tenant_scope(fairview.tenant):
        noted = LoggedAction.objects.get(action="customers.exported")
    assert noted.details == {"format": "xlsx", "filters": ["search", "status"], "count": 1}
    assert noted.actor_id


def test_an_unknown_format_is_refused(fairview: Club) -> None:
    assert error_of(export(fairview.tenant, "&format=pdf")) == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "  =1", "＝1"])
def test_what_a_spreadsheet_would_calculate_begins_with_an_apostrophe(text: str) -> None:
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x;=HYPERLINK(1)", "x;'=HYPERLINK(1)"),
        ("x; +1", "x; '+1"),
        ("x\n=1", "x\n'=1"),
        ("x|@a", "x|'@a"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("a; b", "a; b"),
    ],
)
def test_no_cell_of_another_separator_is_a_formula_either(text: str, written: str) -> None:
    assert defused(text) == written


@pytest.mark.parametrize("text", ["x;=1", "x; -1", "=1;=2", "a|+b"])
def test_what_was_defused_is_read_as_it_was(text: str) -> None:
    assert plain(defused(text)) == text


@pytest.mark.parametrize("value", ["+27821234567", -2.4, "O'Brien", None, True])
def test_what_is_harmless_stays(value: Any) -> None:
    assert defused(value) == value


def test_the_command_writes_the_format_of_the_ending(fairview: Club, tmp_path: Path) -> None:
    fill(fairview.tenant)
    target = tmp_path / "members.ndjson"

    call_command("export_customers", str(target), tenant="fairview")

    assert len(target.read_text().splitlines()) == 3
    with pytest.raises(CommandError, match="must end in"):
        call_command("export_customers", str(tmp_path / "members.pdf"), tenant="fairview")


def test_an_export_holds_all_whom_the_search_finds(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list shows the best; a file that silently lacked the others would be taken for all of them."""
    monkeypatch.setattr("profiles.reading.MOST_FOUND", 2)
    monkeypatch.setattr("profiles.search.finding.MOST_MATCHES", 2)
    monkeypatch.setattr(files, "BLOCK", 2)
    happened(
        fairview.tenant,
        *(member(number, firstName="Anna", lastName=f"of{number}", at=number) for number in range(1, 7)),
        member(7, firstName="Annabel", at=7),
        member(8, firstName="Ben", at=8),
        event("scl.member.deleted", {"id": 6}, at=9),
    )

    lines = export(fairview.tenant, "&format=ndjson&search=anna&status=ACTIVE").getvalue().splitlines()

    assert [json.loads(line)["sclMemberId"] for line in lines] == [5, 4, 3, 2, 1, 7]
    assert len(export(fairview.tenant, "&format=ndjson&search=anan").getvalue().splitlines()) == 6, "a slip"
    assert export(fairview.tenant, "&format=ndjson&search=nobody").getvalue() == b""
    with tenant_scope(fairview.tenant):
        counts = [
            noted.details["count"] for noted in LoggedAction.objects.filter(action="customers.exported")
        ]
    assert sorted(counts) == [0, 6, 6]


@pytest.mark.parametrize("search", ["", "&search=anna"])
def test_nobody_of_another_club_is_ever_in_an_export(fairview: Club, kingsmere: Club, search: str) -> None:
    fill(fairview.tenant)
    fill(kingsmere.tenant)

    for file_format in ExportFormat:
        ours = export(fairview.tenant, f"&format={file_format}{search}")
        assert ours.status_code == 200
        with tenant_scope(kingsmere.tenant):
            theirs = [str(key) for key in CustomerProfile.objects.values_list("pk", flat=True)]
        text = str(cells(ours.getvalue())) if file_format == "xlsx" else ours.getvalue().decode()
        assert [key for key in theirs if key in text] == []
    foreign = caller(fairview.tenant).get(f"{CUSTOMERS}/export?tenantId={kingsmere.tenant.slug}")
    assert foreign.status_code in (403, 404)


@pytest.mark.parametrize("search", ["", "&search=anna"])
def test_a_page_of_an_export_takes_one_query_however_many_are_on_it(fairview: Club, search: str) -> None:
    numbers = []
    for most in (1, 9):
        happened(fairview.tenant, *(member(100 * most + number, firstName="Anna") for number in range(most)))
        export(fairview.tenant, search).getvalue()
        with counted_queries() as queries:
            export(fairview.tenant, search).getvalue()
        numbers.append(queries[0])

    assert numbers[0] == numbers[1]


def test_people_who_were_made_at_one_moment_are_all_in_the_file_once(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BLOCK", 3)
    with tenant_scope(fairview.tenant):
        CustomerProfile.objects.bulk_create(CustomerProfile(tenant=fairview.tenant) for _ in range(8))
        made = {str(key) for key in CustomerProfile.objects.values_list("pk", flat=True)}

    lines = export(fairview.tenant, "&format=ndjson").getvalue().splitlines()

    keys = [json.loads(line)["id"] for line in lines]
    assert (set(keys), len(keys)) == (made, 8)
