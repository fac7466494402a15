"""An import as staff walk it: file, columns, check, run, back; the worker's part is done between the clicks."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from profiles.exchange.importing.jobs import work_on
from profiles.models import CustomerProfile, MemberImport
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.browser.test_back_office import fits, log_in
from tests.browser.test_privacy import look
from tests.cast import Club
from tests.profiles.importing.spreadsheets import office_workbook

pytestmark = pytest.mark.django_db(transaction=True)


def work(tenant: Tenant) -> None:
    with tenant_scope(tenant):
        work_on(MemberImport.objects.get().pk)


def test_a_workbook_comes_in_and_goes_back(
    page: Page, live_server: LiveServer, fairview: Club, tmp_path: Path
) -> None:
    file = tmp_path / "members.xlsx"
    file.write_bytes(office_workbook())
    log_in(page, live_server, fairview.marketing_manager)
    page.goto(f"{live_server.url}{reverse('admin:imports')}")
    assert fits(page)
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Read the file").click()

    expect(page.get_by_label("Name Surname goes to")).to_have_value("lastName")
    assert fits(page)
    look(page, "import-columns")
    page.get_by_label("Category goes to").select_option(label="Leave out")
    page.get_by_role("button", name="Check the rows").click()

    expect(page.get_by_text("0 of 6 rows")).to_be_visible()
    work(fairview.tenant)
    # The page notices by itself.
    expect(page.get_by_role("heading", name="4 rows ready to come in")).to_be_visible()
    assert fits(page)
    look(page, "import-checked")
    page.get_by_role("button", name="Import").click()

    expect(page.get_by_text("0 of 4 rows")).to_be_visible()
    work(fairview.tenant)
    expect(page.get_by_role("heading", name="4 rows brought in")).to_be_visible()
    with tenant_scope(fairview.tenant):
        assert set(CustomerProfile.objects.values_list("membership_tier", flat=True)) == {""}
    page.get_by_text("Take this import back").click()
    page.get_by_role("button", name="Take back 4 rows").click()

    expect(page.get_by_text("0 of 4 rows")).to_be_visible()
    work(fairview.tenant)
    expect(page.get_by_role("heading", name="Taken back")).to_be_visible()
    assert fits(page)
    look(page, "import-undone")
