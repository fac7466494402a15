"""The rule builder with the keyboard alone and on a phone; the list and the tags by few clicks."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from profiles.models import CustomerProfile
from segments.models import Segment
from segments.views import furnish
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.back_office import CUSTOMERS
from tests.browser.test_back_office import fits, log_in
from tests.browser.test_privacy import look
from tests.cast import Club
from tests.profiles.records import activity, profile
from tests.segments.makers import refresh

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


COUNTED = """
document.addEventListener("pointerdown", (event) => {
  if (event.isTrusted) { sessionStorage.presses = Number(sessionStorage.presses || 0) + 1; }
}, true);
document.addEventListener("change", (event) => {
  // A choice from a list is two presses: the list is opened, and one of its lines is pressed.
  if (event.target.tagName === "SELECT") { sessionStorage.presses = Number(sessionStorage.presses || 0) + 2; }
}, true);
"""


def presses(page: Page) -> int:
    """How often something was pressed since the count began."""
    return int(page.evaluate("Number(sessionStorage.presses || 0)"))


def count_presses(page: Page) -> None:
    """Begin to count, over pages too."""
    page.add_init_script(COUNTED)
    page.reload()
    page.evaluate("sessionStorage.presses = 0")


def quiet(club: Club, count: int, **values: Any) -> None:
    """So many active members who have not played for 90 days."""
    for number in range(count):
        profile(
            club.tenant,
            first_name=f"Quiet{number}",
            membership_status="ACTIVE",
            last_booking_at=timezone.now() - timedelta(days=90),
            **values,
        )


def test_gold_not_seen_for_60_days_with_consent_takes_six_presses(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    with tenant_scope(fairview.tenant):
        furnish(fairview.tenant)
    quiet(fairview, 2, membership_tier="Gold", email_opt_in=True)
    quiet(fairview, 1, membership_tier="Gold")
    quiet(fairview, 1, membership_tier="Silver", email_opt_in=True)
    profile(fairview.tenant, membership_tier="Gold", email_opt_in=True, last_booking_at=timezone.now())
    log_in(page, live_server, fairview.viewer)
    page.goto(f"{live_server.url}{CUSTOMERS}")
    count_presses(page)

    page.get_by_role("link", name="Not played for 60 days").click()
    page.wait_for_url("**view=*")
    is_folded = page.evaluate("!document.querySelector('.crm-filter-box').open")
    if is_folded:
        page.locator(".crm-filter-box > summary").click()
    page.locator("select[name=tier]").select_option("Gold")
    page.locator("select[name=opt_in]").select_option("email")
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page.get_by_role("status").first).to_contain_text("2 customers")
    # On a phone the filter is folded away first.
    assert presses(page) <= (7 if is_folded else 6)
    assert fits(page)


def test_forty_people_are_tagged_in_four_presses(page: Page, live_server: LiveServer, fairview: Club) -> None:
    quiet(fairview, 40)
    log_in(page, live_server, fairview.marketing_manager)
    page.goto(f"{live_server.url}{CUSTOMERS}")
    count_presses(page)

    page.get_by_label("All 40, not only those marked").click()
    page.get_by_role("button", name="Tag", exact=False).first.click()
    page.get_by_label("Tag", exact=True).click()
    page.keyboard.type("winback")
    page.get_by_role("button", name="Tag them").click()

    expect(page.get_by_role("heading").first).to_be_visible()
    assert presses(page) <= 4
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.filter(tags__contains=["winback"]).count() == 40


def test_rows_are_marked_from_one_to_another_with_shift(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    quiet(fairview, 45)
    log_in(page, live_server, fairview.marketing_manager)
    page.goto(f"{live_server.url}{CUSTOMERS}")
    boxes = page.locator("input[name=ids]")

    boxes.nth(2).click()
    boxes.nth(41).click(modifiers=["Shift"])
    expect(page.locator("[data-marked]")).to_have_text("40 marked")
    boxes.nth(41).click()
    boxes.nth(12).click(modifiers=["Shift"])

    expect(page.locator("[data-marked]")).to_have_text("10 marked")
    assert page.evaluate("getSelection().toString()") == ""


def test_the_button_that_uses_a_rule_stands_below_its_conditions(
    page: Page, live_server: LiveServer, club: Club
) -> None:
    log_in(page, live_server, club.viewer)
    page.goto(f"{live_server.url}{CUSTOMERS}?build=1")
    page.get_by_role("button", name="Condition").click()
    page.get_by_label("Value", exact=True).fill("Gold")
    expect(page.locator("[data-rb-people]")).to_contain_text("Ann")

    show = page.get_by_role("button", name="Show them")
    place, charts = show.bounding_box(), page.locator("[data-rb-people]").bounding_box()
    assert place is not None
    assert charts is not None
    assert place["y"] < charts["y"] + 300
    show.click()

    expect(page.get_by_role("status").first).to_contain_text("3 customers")


def played(
    club: Club, person: CustomerProfile, *, rounds: int = 0, booked: int = 0, read: bool = True
) -> None:
    """Two rounds a month in the half year before the last 60 days, bookings since, and mails opened."""
    now = timezone.now()
    for number in range(rounds):
        activity(
            club.tenant, person.pk, type="ROUND_COMPLETED", occurred_at=now - timedelta(days=70 + 14 * number)
        )
    for number in range(booked):
        activity(club.tenant, person.pk, type="TEETIME_BOOKED", occurred_at=now - timedelta(days=5 + number))
    if read:
        activity(club.tenant, person.pk, type="EMAIL_OPENED", occurred_at=now - timedelta(days=10))


def the_people(club: Club) -> None:
    """One whom the question means, and for each of its parts one who lacks that."""
    gold: dict[str, Any] = {"membership_tier": "Gold", "handicap_tenths": 90}
    played(club, profile(club.tenant, first_name="Wanted", **gold), rounds=12)
    played(club, profile(club.tenant, first_name="Busy", **gold), rounds=12, booked=1)
    played(club, profile(club.tenant, first_name="Rare", **gold), rounds=5)
    played(club, profile(club.tenant, first_name="Deaf", **gold), rounds=12, read=False)
    played(club, profile(club.tenant, first_name="High", **(gold | {"handicap_tenths": 190})), rounds=12)
    played(
        club,
        profile(club.tenant, first_name="Silver", **(gold | {"membership_tier": "Silver"})),
        rounds=12,
    )


def build_the_question(page: Page) -> None:
    condition = page.get_by_role("button", name="Condition")
    did = page.get_by_role("button", name="What they did")
    leaf_at = page.get_by_role("group", name="Condition", exact=True)

    condition.click()
    leaf_at.nth(0).get_by_label("Value").fill("Gold")
    condition.click()
    field = leaf_at.nth(1).get_by_label("Field, search by name")
    field.fill("Handicap")
    field.press("Tab")
    leaf_at.nth(1).get_by_label("Comparison").select_option(label="is less than")
    leaf_at.nth(1).get_by_label("Value").fill("15")
    did.click()
    leaf_at.nth(2).get_by_label("What they did").select_option("ROUND_COMPLETED")
    leaf_at.nth(2).get_by_label("How many").fill("12")
    leaf_at.nth(2).get_by_label("Days; empty: ever").fill("240")
    leaf_at.nth(2).get_by_label("Except the last days").fill("60")
    did.click()
    leaf_at.nth(3).get_by_label("How often").select_option("never")
    leaf_at.nth(3).get_by_label("Days; empty: ever").fill("60")
    did.click()
    leaf_at.nth(4).get_by_label("What they did").select_option("EMAIL_OPENED")
    leaf_at.nth(4).get_by_label("Or something else they did").select_option("EMAIL_CLICKED")


def test_the_question_of_the_issue_is_built_by_hand(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    """Gold under handicap 15 who used to play twice a month, have not booked for 60 days and read our mails."""
    the_people(fairview)
    log_in(page, live_server, fairview.marketing_manager)
    page.goto(f"{live_server.url}/admin/segments/new/")
    page.get_by_label("Name", exact=True).fill("Win back")
    build_the_question(page)

    expect(page.locator("[data-rb-count]")).to_contain_text("1 customer")
    expect(page.locator("[data-rb-people]")).to_contain_text("Wanted")
    words = page.locator("[data-rb-words]")
    expect(words).to_contain_text(
        "at least 12 times “round completed” in the last 240 days, more than 60 days ago"
    )
    expect(words).to_contain_text("never “tee time booked” in the last 60 days")
    assert fits(page)
    look(page, "segment-question")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Win back")).to_be_visible()
    assert refresh(fairview.tenant) >= 1
    page.reload()
    expect(page.get_by_role("link", name="Wanted").first).to_be_visible()
    with tenant_scope(fairview.tenant):
        made = Segment.objects.get(name="Win back")
        assert made.member_count == 1
    assert made.criteria["rules"][2:] == [
        {
            "event": {
                "types": ["ROUND_COMPLETED"],
                "count": {"op": "gte", "value": 12},
                "inLastDays": 240,
                "beforeDaysAgo": 60,
            }
        },
        {"event": {"types": ["TEETIME_BOOKED"], "never": True, "inLastDays": 60}},
        {
            "event": {
                "types": ["EMAIL_CLICKED", "EMAIL_OPENED"],
                "count": {"op": "gte", "value": 1},
                "inLastDays": 90,
            }
        },
    ]


def test_the_builder_says_when_it_cannot_load_count_or_read(
    page: Page, live_server: LiveServer, club: Club
) -> None:
    log_in(page, live_server, club.marketing_manager)
    page.route("**/build/fields/*", lambda route: route.abort())
    page.goto(f"{live_server.url}/admin/segments/new/")
    expect(page.get_by_text("The fields could not be loaded.")).to_be_visible()
    page.unroute("**/build/fields/*")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Condition").click()
    expect(page.locator("[data-rb-count]")).to_contain_text("customers")

    page.route("**/build/count/*", lambda route: route.fulfill(status=500, body="<h1>Error</h1>"))
    page.get_by_label("Value").first.fill("Silver")
    expect(page.locator("[data-rb-problems]")).to_contain_text("It could not be counted.")
    expect(page.locator("[data-rb-count]")).to_have_text("–")
    page.unroute("**/build/count/*")

    page.get_by_text("As JSON, for experts").click()
    page.locator("[data-rb-json]").fill('{"combinator": "AND", "rules": [')
    page.locator("[data-rb-json]").blur()
    expect(page.locator("[data-rb-problems]")).to_contain_text("The JSON cannot be read")
    expect(page.locator("[data-rb-count]")).to_have_text("–")


def test_fields_are_found_as_people_write_them_and_enter_sends_nothing_around(
    page: Page, live_server: LiveServer, club: Club
) -> None:
    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}/admin/segments/new/")
    page.get_by_label("Name", exact=True).fill("With consent")
    page.get_by_role("button", name="Condition").click()
    field = page.get_by_label("Field, search by name").first

    field.fill("consent")
    field.press("Enter")
    said = field.evaluate("each => each.validationMessage")
    assert said.startswith("No field is called “consent”.")
    field.fill("email")
    field.press("Enter")

    expect(field).to_have_value("E-mail")
    expect(page.locator("[data-rb-words]")).to_contain_text("contacted by E-mail")
    assert page.url.endswith("/admin/segments/new/")
    with tenant_scope(club.tenant):
        assert not Segment.objects.filter(name="With consent").exists()


def test_a_tree_of_react_querybuilder_may_be_pasted_and_is_shown_as_it_is(
    page: Page, live_server: LiveServer, club: Club
) -> None:
    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}/admin/segments/new/")
    page.get_by_text("As JSON, for experts").click()
    page.locator("[data-rb-json]").fill(
        '{"rules": [{"field": "handicap", "operator": "<", "value": "15"}, "and",'
        ' {"field": "membershipTier", "operator": "in", "value": "Gold,Silver"}]}'
    )
    page.locator("[data-rb-json]").blur()

    expect(page.get_by_label("Comparison").first).to_have_value("lt")
    expect(page.get_by_label("Value", exact=True).first).to_have_value("15")
    expect(page.get_by_role("button", name="Take away Silver")).to_be_visible()
    expect(page.locator("[data-rb-count]")).to_contain_text("customers")


def test_sums_are_told_in_the_parts_of_the_clubs_money(
    page: Page, live_server: LiveServer, club: Club
) -> None:
    Tenant.objects.filter(pk=club.tenant.pk).update(currency="JPY")
    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}/admin/segments/new/")
    page.get_by_role("button", name="What they did").click()
    page.get_by_label("How often").select_option("sum:gte")

    page.get_by_label("How many").fill("5000")

    expect(page.locator("[data-rb-json]")).to_have_value(re.compile(r'"value": 5000\b'))
