"""The rule builder with the keyboard alone and on a phone; the list and the tags by few clicks."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from segments.models import Segment
from tenants.scope import tenant_scope
from tests.browser.test_back_office import fits, log_in
from tests.browser.test_privacy import look
from tests.cast import Club
from tests.profiles.records import profile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def club(fairview: Club) -> Club:
    """Three gold members, one of whom plays off 9 and may be written to; and a silver one."""
    for first, tier, handicap, opted in (
        ("Ann", "Gold", 90, True),
        ("Ben", "Gold", 200, True),
        ("Cas", "Gold", 80, False),
        ("Dee", "Silver", 60, True),
    ):
        profile(
            fairview.tenant,
            first_name=first,
            membership_tier=tier,
            handicap_tenths=handicap,
            email_opt_in=opted,
        )
    return fairview


def test_gold_members_under_15_are_found_with_the_keyboard_alone(
    page: Page, live_server: LiveServer, club: Club
) -> None:
    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}/admin/segments/new/")
    page.get_by_label("Name", exact=True).fill("Gold under 15")
    add = page.get_by_role("button", name="Condition")
    expect(add).to_be_visible()

    add.focus()
    page.keyboard.press("Enter")
    # The new condition has the focus: tier, "is", Gold are chosen already.
    expect(page.get_by_label("Field, search by name").first).to_be_focused()
    expect(page.locator("[data-rb-count]")).to_contain_text("customers")
    page.get_by_label("Value").first.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Gold")
    expect(page.locator("[data-rb-count]")).to_contain_text("3 customers")

    page.get_by_role("button", name="Condition").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Field, search by name").nth(1)
    expect(field).to_be_focused()
    field.press("ControlOrMeta+a")
    page.keyboard.type("Handicap")
    page.keyboard.press("Tab")
    page.get_by_label("Comparison").nth(1).select_option("lt")
    page.get_by_label("Value").nth(1).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("15")

    expect(page.locator("[data-rb-count]")).to_contain_text("2 customers")
    expect(page.locator("[data-rb-words]")).to_contain_text("handicap is less than 15")
    expect(page.locator("[data-rb-people]")).to_contain_text("Ann")
    assert fits(page)
    look(page, "segment-builder")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Gold under 15")).to_be_visible()
    with tenant_scope(club.tenant):
        rule = Segment.objects.get(name="Gold under 15").criteria
    assert rule["rules"] == [
        {"field": "membershipTier", "operator": "eq", "value": "Gold"},
        {"field": "handicap", "operator": "lt", "value": 15},
    ]
