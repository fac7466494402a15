"""The export of the back office: exactly whom the list is filtered to."""

import csv
import re
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.test import Client

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
