"""The main paths of the back office as a person at the club walks them, on a wide screen and on a phone."""

import json
import re

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from events.models import InboxEvent
from profiles.ingest import process_pending
from tenants.models import Tenant, User
from tenants.roles import STAFF_SEE_MONEY
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import CUSTOMERS, DEAD_LETTERS, INDEX, page_of
from tests.cast import Club
from tests.profiles import stories
from tests.profiles.api_callers import thandi


def log_in(page: Page, server: LiveServer, user: User) -> None:
    """Through the login page, to the dashboard."""
    page.goto(f"{server.url}/admin/login/")
    page.locator("input[name=username]").fill(user.username)
    page.locator("input[name=password]").fill(factories.PASSWORD)
    page.locator("button[type=submit], input[type=submit]").first.click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def fits(page: Page) -> bool:
    """Whether nothing sticks out at the side; of the page to which the last click leads, if that comes meanwhile."""
    while True:
        page.wait_for_load_state()
        try:
            return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
        except PlaywrightError as error:
            if "because of a navigation" not in str(error):
                raise


def test_a_receptionist_finds_a_golfer_reads_and_adds_a_note(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    Tenant.objects.filter(pk=fairview.tenant.pk).update(settings={STAFF_SEE_MONEY: True})
    thandi(fairview.tenant)
    stories.tell(fairview.tenant, *(stories.payment(4711, 100 * n, at=n * 1500) for n in range(1, 80)))
    log_in(page, live_server, fairview.staff)

    page.keyboard.press("/")
    page.keyboard.type("0821234")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thandi Mokoena")).to_be_visible()
    assert fits(page)

    rows = page.locator(".crm-moment")
    expect(rows).to_have_count(30)
    page.locator("[data-more]").scroll_into_view_if_needed()
    expect(rows).to_have_count(60)

    page.locator(".crm-chip", has_text="Membership").click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("category=MEMBERSHIP"))
    page.locator("[data-reset]").click()
    expect(rows).to_have_count(30)

    page.get_by_role("tab", name="Notes").click()
    page.get_by_label("New note").fill("Wants lessons")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".crm-note")).to_contain_text("Wants lessons")
    page.get_by_role("tab", name="Timeline").click()
    expect(rows.first).to_contain_text("Note: Wants lessons")


def test_a_fact_tells_where_it_came_from(page: Page, live_server: LiveServer, fairview: Club) -> None:
    stories.tell(
        fairview.tenant, stories.member(7, firstName="Anna", membershipTierName="Gold", status="ACTIVE")
    )
    log_in(page, live_server, fairview.viewer)
    page.goto(f"{live_server.url}{CUSTOMERS}")
    page.get_by_role("link", name="Anna").click()

    tier = page.locator(".crm-facts .crm-tip").first
    expect(tier.get_by_role("tooltip")).to_be_hidden()
    tier.get_by_role("button").focus()

    expect(tier.get_by_role("tooltip")).to_contain_text("SCL, 1 March 2026 10:00")
    box = tier.get_by_role("tooltip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.evaluate("window.innerWidth")
    page.keyboard.press("Escape")
    expect(tier.get_by_role("tooltip")).to_be_hidden()


def test_the_search_box_is_worked_with_the_keyboard(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    stories.tell(fairview.tenant, *(stories.member(n, firstName=f"Zanele{n}") for n in range(1, 4)))
    log_in(page, live_server, fairview.viewer)
    box = page.get_by_role("combobox", name="Find a customer")

    box.press_sequentially("zan")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    expect(options.nth(0).locator("mark")).to_have_text(["Zan"])
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    box.press("Escape")
    expect(options.first).to_be_hidden()

    box.fill("nobody at all")
    expect(page.get_by_text("Nobody found")).to_be_visible()
    assert fits(page)


def test_the_dashboard_renews_itself(page: Page, live_server: LiveServer, fairview: Club) -> None:
    thandi(fairview.tenant)
    page.clock.install()
    log_in(page, live_server, fairview.viewer)

    page.clock.fast_forward(11_000)

    expect(page.locator("[data-live]")).to_have_attribute("data-renewed", "1")
    expect(page.get_by_role("status")).to_have_text("Live")
    assert fits(page)


def test_an_admin_repairs_a_dead_letter_and_sees_it_succeed(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    stories.tell(fairview.tenant, stories.event("scl.member.created", {"id": "x", "firstName": "Late"}))
    log_in(page, live_server, fairview.admin)
    page.goto(f"{live_server.url}{DEAD_LETTERS}")
    page.get_by_role("link", name="Somebody became a member").click()
    page.get_by_role("link", name="Edit and replay").click()
    field = page.get_by_label("The event as JSON")
    envelope = json.loads(field.input_value())

    field.fill("{")
    page.get_by_role("button", name="Check and replay").click()
    expect(page.get_by_role("alert")).to_be_visible()
    field.fill(json.dumps(envelope | {"payload": {"id": 4712, "firstName": "Late"}}))
    page.get_by_role("button", name="Check and replay").click()
    expect(page.get_by_text("on its way again")).to_be_visible()
    with tenant_scope(fairview.tenant):
        process_pending()
        assert InboxEvent.objects.get().status == "SUCCESS"

    page.reload()
    expect(page.get_by_text("Done", exact=True)).to_be_visible()
    page.get_by_role("link", name="Open the customer").click()
    expect(page.get_by_role("heading", name="Late")).to_be_visible()


def test_the_menu_leads_everywhere(page: Page, live_server: LiveServer, fairview: Club) -> None:
    log_in(page, live_server, fairview.admin)
    menu = page.get_by_role("button", name="Open the menu")

    for name in (
        "Customers",
        "Events received",
        "Events that failed",
        "Background work",
        "Set aside",
        "Log-ins",
        "API keys",
    ):
        if menu.is_visible():
            menu.click()
        page.locator("#nav-sidebar").get_by_role("link", name=name, exact=True).click()
        expect(page.locator("h1.crm-title")).to_have_text(name)
        assert fits(page)


def test_another_club_is_one_choice_away(
    page: Page, live_server: LiveServer, fairview: Club, kingsmere: Club
) -> None:
    factories.membership(fairview.staff, kingsmere.tenant)
    customer_id = thandi(kingsmere.tenant)
    log_in(page, live_server, fairview.staff)

    page.get_by_label("Club you work in").select_option(label="Kingsmere Park")
    page.wait_for_url(f"{live_server.url}{INDEX}")
    expect(page.get_by_label("Club you work in")).to_have_value(str(kingsmere.tenant.pk))
    page.goto(f"{live_server.url}{page_of(customer_id)}")

    expect(page.get_by_role("heading", name="Thandi Mokoena")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_customer_page_can_be_read_in_both_themes(
    page: Page, live_server: LiveServer, fairview: Club, scheme: str
) -> None:
    customer_id = thandi(fairview.tenant)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    log_in(page, live_server, fairview.staff)
    page.goto(f"{live_server.url}{page_of(customer_id)}")

    ratios = page.evaluate(CONTRASTS)

    assert ratios
    assert min(ratios.values()) >= 4.5, ratios


# Text colour against the first opaque background behind it, by WCAG's formula.
CONTRASTS = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return Array.from(canvas.getImageData(0, 0, 1, 1).data);
  };
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const c = rgb(getComputedStyle(at).backgroundColor);
      if (c[3] === 255) { return c; }
    }
    return [255, 255, 255, 255];
  };
  const found = {};
  const texts = ["h1", "h2", "dt", "dd", "small", ".crm-badge", "time", "a", "p"].map((part) => "#main " + part);
  for (const e of document.querySelectorAll(texts.join(", "))) {
    if (!e.textContent.trim() || !e.offsetParent) { continue; }
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const key = e.tagName + "." + e.className;
    found[key] = Math.min(found[key] ?? 99, Math.round(ratio * 100) / 100);
  }
  return found;
}
"""


def test_pairs_are_decided_by_keyboard_and_taken_back(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    for number, name in ((1, "Pieter"), (2, "Johan"), (3, "Riaan")):
        person = stories.member(
            number, firstName=name, lastName="Botha", email="botha@example.com", at=number
        )
        stories.tell(fairview.tenant, person, stories.payment(number, 1_000 * number, at=9))
    log_in(page, live_server, fairview.marketing_manager)

    page.goto(f"{live_server.url}/admin/customers/review/")
    waiting = page.get_by_text(re.compile(r"\d+ pairs? waits?"))
    before = waiting.inner_text()
    expect(page.get_by_text("Same e-mail address")).to_be_visible()
    assert fits(page)

    page.keyboard.press("m")
    expect(page.get_by_text("Merged.")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("Taken back. The pair waits")).to_be_visible()
    assert waiting.inner_text() == before

    page.keyboard.press("k")
    expect(page.get_by_text("Kept apart, for good.")).to_be_visible()
    page.goto(f"{live_server.url}/admin/customers/review/decided/")
    expect(page.get_by_text("Kept apart, for good")).to_be_visible()
    assert fits(page)


def test_a_list_says_in_words_how_a_row_is_added(page: Page, live_server: LiveServer, fairview: Club) -> None:
    factories.api_key(fairview.tenant)
    log_in(page, live_server, fairview.admin)

    page.goto(f"{live_server.url}/admin/tenants/apikey/")

    expect(page.locator("#nav-sidebar [aria-current=page]")).to_have_attribute(
        "href", "/admin/tenants/apikey/"
    )
    shown = page.locator("a.addlink").evaluate("link => getComputedStyle(link, '::after').content")
    # A phone has no room for the words.
    is_wide = page.evaluate("innerWidth") > 760
    assert shown == ('"Add API key"' if is_wide else "none")
    assert fits(page)
