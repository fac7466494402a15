"""Privacy as an administrator works it: preview, the typed word, the receipt."""

import os

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from profiles.privacy.counting import count_erasures
from tenants.scope import tenant_scope
from tests.browser.test_back_office import fits, log_in
from tests.cast import Club
from tests.profiles.api_callers import thandi
from tests.profiles.stories import event, payment, tell

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_request_is_fulfilled_after_the_word_was_typed(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    thandi(fairview.tenant)
    tell(
        fairview.tenant, payment(4711, 500), event("scl.member.deleted", {"id": 4711, "deletionType": "hard"})
    )
    log_in(page, live_server, fairview.admin)
    page.goto(f"{live_server.url}{reverse('admin:privacy')}")
    assert fits(page)
    look(page, "privacy-open")

    page.get_by_role("link", name="Fulfil").click()
    expect(page.get_by_role("heading", name="What would be erased")).to_be_visible()
    assert fits(page)
    look(page, "privacy-erase")
    page.get_by_label("Type ERASE to confirm").fill("ERASE")
    page.get_by_role("button", name="Erase").click()
    expect(page.get_by_text("Being erased.")).to_be_visible()
    assert fits(page)
    look(page, "privacy-erasing")
    with tenant_scope(fairview.tenant):
        count_erasures()

    expect(page.get_by_text("Nothing waits.")).to_be_visible()
    expect(page.get_by_text("Erased. The receipt is below.")).to_be_visible()
    expect(page.get_by_text("Asked under POPIA")).to_be_visible()
    assert fits(page)
    look(page, "privacy-done")


def look(page: Page, name: str) -> None:
    """A picture where a folder for it is named."""
    if folder := os.environ.get("CRM_LOOK"):
        width = (page.viewport_size or {"width": 0})["width"]
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
