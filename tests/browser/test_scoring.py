"""Scoring rules and retention periods as an administrator works them."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_back_office import fits, log_in
from tests.browser.test_privacy import look
from tests.cast import Club

pytestmark = pytest.mark.django_db(transaction=True)


def test_weights_are_put_right_and_an_old_version_comes_back(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    log_in(page, live_server, fairview.admin)
    page.goto(f"{live_server.url}{reverse('admin:scoring_rules')}")
    assert fits(page)
    look(page, "scoring")

    page.get_by_label("No longer opening e-mails").fill("30")
    page.get_by_role("button", name="See who would change band").click()
    expect(page.get_by_text("The weights add up to 110")).to_be_visible()
    assert fits(page)
    look(page, "scoring-refused")
    page.get_by_label("Playing and doing less than before").fill("25")
    page.get_by_role("button", name="See who would change band").click()
    expect(page.get_by_text("Nobody would change band")).to_be_visible()
    page.get_by_role("button", name="Save and score everybody").first.click()

    expect(page.get_by_text("Version 1", exact=True)).to_be_visible()
    expect(page.get_by_text("Churn risk: weights: decline 35 → 25, opens 20 → 30")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.documentElement.classList.add('dark')")
    assert fits(page)
    look(page, "scoring-changed-dark")
    page.get_by_role("button", name="Go back to this version").click()
    expect(page.get_by_text("Version 2", exact=True)).to_be_visible()


def test_what_would_go_is_seen_before_periods_are_saved(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    log_in(page, live_server, fairview.admin)
    page.goto(f"{live_server.url}{reverse('admin:privacy')}")
    page.get_by_role("link", name="Retention periods").click()

    page.get_by_label("Notes", exact=True).fill("12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Write whole days from 30")).to_be_visible()
    page.get_by_label("Notes", exact=True).fill("365")
    page.get_by_role("button", name="See what would go").click()
    expect(page.get_by_text("Would go: nothing").first).to_be_visible()
    assert fits(page)
    look(page, "retention")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved. What is past its period goes next night.")).to_be_visible()
    expect(page.get_by_label("Notes", exact=True)).to_have_value("365")
