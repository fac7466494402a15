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

from profiles.exporting import files
from profiles.exporting.files import defused
from profiles.exporting.workbook import workbook
from profiles.representation import NAMES
from tenants.models import LoggedAction, Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.api_callers import CUSTOMERS, caller, error_of, happened
from tests.profiles.stories import member

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
    monkeypatch.setattr("profiles.exporting.workbook.MOST_ROWS", 3)

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


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_what_a_spreadsheet_would_calculate_begins_with_an_apostrophe(text: str) -> None:
    assert defused(text) == f"'{text}"


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
