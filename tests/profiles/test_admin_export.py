"""The export of the back office: exactly whom the list is filtered to."""

import csv
import re
from datetime import UTC, date, datetime
from html import unescape
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from profiles.exchange.exporting.workbook import column_letters
from profiles.models import CustomerProfile
from tenants.models import LoggedAction, Role
from tenants.scope import tenant_scope
from tests.back_office import CUSTOMERS, desk, text_of
from tests.cast import Club
from tests.profiles.stories import event, member, tell

EXPORT = "/admin/customers/export/"


@pytest.fixture
def members(fairview: Club, kingsmere: Club) -> Club:
    """Four members of two tiers, one of whom left; somebody of another club."""
    tell(
        fairview.tenant,
        member(1, firstName="Anna", lastName="Botha", membershipTierName="Gold", status="ACTIVE"),
        member(2, at=1, firstName="Anna", lastName="Nel", membershipTierName="Silver", status="ACTIVE"),
        member(3, at=2, firstName="Ben", membershipTierName="Gold", status="ACTIVE", emailOptIn=True),
        member(4, at=3, firstName="Cleo", status="ACTIVE"),
        event("scl.member.deleted", {"id": 4}, at=9),
    )
    tell(kingsmere.tenant, member(1, firstName="Anna", membershipTierName="Gold", status="ACTIVE"))
    return fairview


def listed_and_exported(browser: Client, chosen: dict[str, str]) -> tuple[set[str], set[str]]:
    """Ids of the rows shown, and of those in the file that the page's own form asks for."""
    html = text_of(browser.post(CUSTOMERS, chosen, follow=True))
    form = html[html.index('class="crm-export"') :].partition("</form>")[0]
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    answer: Any = browser.post(EXPORT, {**{name: unescape(value) for name, value in fields}, "format": "csv"})
    rows = csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig")))
    return set(re.findall(r'data-href="[^"]*/([0-9a-f-]{36})/', html)), {row["id"] for row in rows}


@pytest.mark.parametrize(
    ("chosen", "number"),
    [
        ({}, 4),
        ({"tier": "Gold"}, 2),
        ({"q": "anna"}, 2),
        ({"q": "anna", "tier": "Gold"}, 1),
        ({"status": "INACTIVE"}, 1),
        ({"membership": "ACTIVE", "stage": "", "q": "anan"}, 2),
    ],
)
def test_the_file_holds_exactly_whom_the_list_shows(
    members: Club, chosen: dict[str, str], number: int
) -> None:
    listed, exported = listed_and_exported(desk(members.marketing_manager), chosen)

    assert listed == exported
    assert len(exported) == number


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "ndjson"])
def test_every_format_is_offered_and_noted(members: Club, file_format: str) -> None:
    browser = desk(members.admin)

    answer: Any = browser.post(EXPORT, {"format": file_format, "q": "anna", "tier": "Gold"})

    assert f'<option value="{file_format}">' in text_of(browser.get(CUSTOMERS))
    assert answer["Content-Disposition"].endswith(f'.{file_format}"')
    assert answer.getvalue()
    with tenant_scope(members.tenant):
        noted = LoggedAction.objects.get(action="customers.exported")
    assert noted.details == {"format": file_format, "filters": ["search", "tier"], "count": 1}
    assert noted.actor_name == "Fairview Admin"


def test_who_may_not_export_is_not_offered_it(members: Club) -> None:
    for role in (Role.STAFF, Role.VIEWER):
        browser = desk(members.member(role))

        assert "crm-export" not in text_of(browser.get(CUSTOMERS))
        assert browser.post(EXPORT, {"format": "csv"}).status_code == 403


def test_an_export_is_asked_for_by_form_and_in_a_known_format(members: Club) -> None:
    browser = desk(members.admin)

    assert browser.get(f"{EXPORT}?format=csv").status_code == 405
    assert browser.post(EXPORT, {"format": "pdf"}).status_code == 400


def rows_of(document: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(BytesIO(document)).get_sheet_by_index(0).to_python()


def sheet_of(document: bytes) -> str:
    with ZipFile(BytesIO(document)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


def test_excel_holds_money_in_the_whole_unit_of_the_clubs_currency(members: Club) -> None:
    members.tenant.currency = "JPY"
    members.tenant.save()
    with tenant_scope(members.tenant):
        CustomerProfile.objects.filter(first_name="Ben").update(lifetime_value_cents=5000)

    asked = {"format": "list", "q": "ben", "columns": "name,lifetimeValue"}
    answer: Any = desk(members.admin).post(EXPORT, asked)

    head, row = rows_of(answer.getvalue())
    assert (head[-1], row[-1]) == ("Lifetime value (JPY)", 5000)


def test_excel_holds_the_columns_of_the_list_in_words_with_real_dates(members: Club) -> None:
    with tenant_scope(members.tenant):
        CustomerProfile.objects.filter(first_name="Ben").update(
            date_of_birth=date(1990, 2, 28),
            last_activity_at=datetime(2026, 3, 1, 22, 30, tzinfo=UTC),
            lifetime_value_cents=123456,
            handicap_tenths=-14,
            tags=["Vets", "=1+1"],
            email_opt_in=True,
        )
    columns = "name,dateOfBirth,lastActivityAt,lifetimeValue,handicap,tags,optIns,lifecycleStage,email"

    answer: Any = desk(members.admin).post(EXPORT, {"format": "list", "q": "ben", "columns": columns})
    document = answer.getvalue()
    head, row = rows_of(document)

    assert head == [
        *("Customer", "Date of birth", "Last activity", "Lifetime value (ZAR)", "Handicap", "Tags"),
        *("May contact by", "Stage", "E-mail"),
    ]
    # On the club's clock, two hours ahead of UTC.
    assert row[:4] == ["Ben", date(1990, 2, 28), datetime(2026, 3, 2, 0, 30), 1234.56]
    assert row[4:] == [-1.4, "Vets; =1+1", "E-mail", "Member", ""]
    sheet = sheet_of(document)
    assert 'state="frozen"' in sheet
    assert '<autoFilter ref="A1:I2"/>' in sheet
    assert '<col min="1" max="1" width="28" customWidth="1"/>' in sheet
    assert '<c s="3" t="inlineStr"><is><t>Customer</t></is></c>' in sheet


def test_the_usual_columns_of_the_list_are_those_of_the_file(members: Club) -> None:
    browser = desk(members.admin)

    answer: Any = browser.post(EXPORT, {"format": "list", "tier": "Gold"})
    head, *rows = rows_of(answer.getvalue())

    assert head[:4] == ["Customer", "E-mail", "Membership", "Stage"]
    assert len(rows) == 2
    with tenant_scope(members.tenant):
        assert LoggedAction.objects.get(action="customers.exported").details == {
            "format": "list",
            "filters": ["tier"],
            "count": 2,
        }


def test_columns_have_the_letters_of_spreadsheets() -> None:
    assert [column_letters(number) for number in (1, 26, 27, 52, 53, 702, 703)] == [
        *("A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"),
    ]
