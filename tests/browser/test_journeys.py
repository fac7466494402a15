"""Journeys as a marketing manager makes them: from a template, with the keyboard only, and while people are in."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from journeys import entering, lifecycle
from journeys.definition import Definition, parse
from journeys.drafts import draft_of, get_journey, save_draft
from journeys.engine.passing import move_due
from journeys.models import Journey, Run
from journeys.staff_tasks import TaskFields, make_task
from profiles.models import CustomerProfile
from tenants.scope import tenant_scope
from tests.browser.test_back_office import fits, log_in
from tests.browser.test_privacy import look
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, send, step, wait
from tests.journeys.playing import person

pytestmark = pytest.mark.django_db(transaction=True)
RULE: Json = {"combinator": "AND", "rules": [{"field": "handicap", "operator": "lt", "value": 18}]}


@pytest.fixture
def club(fairview: Club) -> Iterator[Club]:
    """A club with Anna, who plays off 12, and Ben, who plays off 25."""
    person(fairview.tenant, "Anna", handicap_tenths=120)
    person(fairview.tenant, "Ben", handicap_tenths=250)
    with tenant_scope(fairview.tenant):
        yield fairview


def violations(page: Page) -> list[str]:
    """What axe finds wrong in the page, serious or worse."""
    found = Axe().run(page, context="#main")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:160]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def checked(page: Page, name: str) -> None:
    """Nothing sticks out, axe is content, a picture where a folder is named."""
    assert fits(page)
    assert violations(page) == []
    look(page, name)


def said(page: Page) -> Locator:
    """The line in which the builder says what was done."""
    return page.locator("#jy-said")


def test_a_newcomer_makes_a_welcome_from_a_template(  # noqa: PLR0915 - one walk from the empty list to the start
    page: Page, live_server: LiveServer, club: Club
) -> None:
    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}{reverse('admin:journeys')}")
    checked(page, "journeys-empty")
    page.get_by_role("link", name="New journey").first.click()
    checked(page, "journeys-gallery")
    page.get_by_role("button", name="Use Welcome a new member").click()
    checked(page, "builder-full")

    page.locator("#step-welcome").click()
    page.get_by_label("Subject of the e-mail").fill("Good to have you, ")
    page.get_by_role("button", name="{{ profile.firstName").click()
    expect(page.get_by_label("Subject of the e-mail")).to_have_value(
        "Good to have you, {{ profile.firstName | default: 'golfer' }}"
    )
    page.get_by_label("Subject of the e-mail").fill("Good to have you, {{ profile.firstName }}")
    page.get_by_role("button", name="Save").click()
    expect(said(page)).to_have_text("Changed “Welcome to {{ club.name }}”.")
    expect(page.locator("#step-welcome")).to_contain_text("Good to have you")
    expect(page.locator("#jy-save")).to_be_focused()

    page.get_by_role("button", name="Add a step after Welcome to").click()
    page.locator("#add-CONDITION").click()
    expect(said(page)).to_have_text("Added “Ask”.")
    expect(page.locator("#step-condition-1")).to_contain_text("Asks nothing: add a condition")
    page.locator("[data-rb-tree]").get_by_role("button", name="Condition").click()
    page.get_by_label("Field, search by name").fill("Handicap")
    page.get_by_label("Field, search by name").press("Tab")
    page.locator(".rb-operator").select_option("lt")
    page.get_by_label("Value", exact=True).fill("18")
    expect(page.locator("[data-rb-count]")).to_have_text("1 customer")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#step-condition-1")).to_contain_text("handicap is less than 18")
    expect(page.locator("#count-condition-1")).to_have_text("1 customer fits now")

    page.locator("#plus-condition-1no").click()
    page.locator("#add-WAIT").click()
    page.get_by_label("How long", exact=True).fill("2")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#step-wait-1")).to_contain_text("2 days, at the same hour")
    page.locator("#jy-close").click()

    page.get_by_role("link", name="Try it").click()
    page.get_by_label("Customer: name, e-mail or id").fill("Anna")
    page.get_by_role("button", name="Try with this person").click()
    expect(page.locator("pre").first).to_contain_text("Dear Anna,")
    expect(page.get_by_text("Anna waits at “Wait”.")).to_be_visible()
    checked(page, "journeys-try")
    page.locator("#jy-time").click()
    expect(page.get_by_text("Anna waits at “Wait for something”.")).to_be_visible()
    page.get_by_role("link", name="It happens: a tee time was booked").click()
    expect(page.get_by_text("The journey is over for Anna.")).to_be_visible()
    page.get_by_role("link", name="Start it…").click()
    checked(page, "journeys-start")
    page.get_by_role("button", name="Start it").click()
    expect(page.get_by_text("It runs from now on.")).to_be_visible()
    checked(page, "journeys-page-empty")
    row = Journey.objects.get()
    assert row.status == "ACTIVE"


def test_the_builder_is_worked_with_the_keyboard_only(
    page: Page, live_server: LiveServer, club: Club
) -> None:
    """Every act goes by keys; after each the keyboard is where one goes on."""
    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}{reverse('admin:journey_new')}")
    press(page.get_by_role("button", name="Use After the round"), "Enter")
    first = page.locator("#step-morning")
    focus(first)

    page.keyboard.press("ArrowDown")
    expect(page.locator("#step-ask")).to_be_focused()
    page.keyboard.press("Enter")
    subject = page.get_by_label("Channel")
    expect(subject).to_be_focused()
    focus(page.get_by_label("Subject of the e-mail"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Well played")
    page.keyboard.press("Enter")
    expect(page.locator("#step-ask")).to_contain_text("Well played")
    settle(page)
    page.keyboard.press("Escape")
    expect(page.locator("#step-ask")).to_be_focused()

    page.keyboard.press("a")
    expect(page.locator("#add-SEND")).to_be_focused()
    press(page.locator("#add-WAIT"), "Enter")
    expect(page.get_by_role("combobox", name="Wait", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#step-wait-1")).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(said(page)).to_have_text("Moved “Wait” up.")
    expect(page.locator("#step-wait-1")).to_be_focused()
    assert walk() == ["morning", "wait-1", "ask"]
    delete_and_take_back(page)

    press(page.locator("#jy-add-start"), "Enter")
    press(page.locator("#start-MANUAL"), "Enter")
    press(page.get_by_role("button", name="Add this start"), "Enter")
    expect(page.locator("#trigger-1")).to_contain_text("By hand")
    press(page.get_by_role("link", name="Start it…"), "Enter")
    press(page.get_by_role("button", name="Start it"), "Enter")
    expect(page.get_by_text("It runs from now on.")).to_be_visible()
    assert len(definition().triggers) == 2


def delete_and_take_back(page: Page) -> None:
    """The new wait goes, comes back, and goes again."""
    page.keyboard.press("Delete")
    expect(said(page)).to_have_text("Deleted “Wait”. Ctrl+Z takes it back.")
    expect(page.locator("#step-morning")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(said(page)).to_have_text("Taken back: Deleted “Wait”.")
    assert walk() == ["morning", "wait-1", "ask"]
    page.keyboard.press("Control+y")
    expect(said(page)).to_have_text("Done again: Deleted “Wait”.")
    assert walk() == ["morning", "ask"]


def press(target: Locator, key: str) -> None:
    focus(target)
    target.page.keyboard.press(key)


def focus(target: Locator) -> None:
    target.wait_for()
    settle(target.page)
    target.focus()
    expect(target).to_be_focused()


def settle(page: Page) -> None:
    """Wait until a piece that is being changed has put the focus where it belongs; a person is not as quick."""
    page.wait_for_function("!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")


def definition() -> Definition:
    """The draft of the only journey."""
    return parse(draft_of(Journey.objects.get()).definition)


def walk() -> list[str]:
    """Its steps in order."""
    return list(definition().walk())


def test_branches_fold_and_stay_folded(page: Page, live_server: LiveServer, club: Club) -> None:
    row = lifecycle.create_journey(name="Branches", definition=branches())
    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}{reverse('admin:journey_builder', args=[row.pk])}")
    page.get_by_role("button", name="Fold all").click()
    expect(page.locator("#step-tips")).to_be_hidden()
    expect(page.get_by_text("1 step folded").first).to_be_visible()
    page.locator("#step-hello").click()
    page.locator("#jy-down").click()
    expect(said(page)).to_have_text("Moved “Send a message” down.")
    expect(page.locator("#step-tips")).to_be_hidden()
    checked(page, "builder-folded")


def branches() -> Json:
    """A message, a wait, a question with a step on each way."""
    return journey(
        send("hello", to="pause"), wait("pause", 3, to="low"), ask("low", yes="tips", no="call", rule=RULE),
        send("tips"), step("call", "NOTIFY", title="Offer a lesson"),
    )  # fmt: skip


def test_a_running_journey_is_changed_with_people_in_it(
    page: Page, live_server: LiveServer, club: Club
) -> None:
    row = lifecycle.create_journey(name="Welcome", definition=branches())
    lifecycle.publish(row.pk)
    row = get_journey(row.pk)
    people = list(CustomerProfile.objects.order_by("display_name"))
    entering.enter(row, [entering.Entrant(one.pk, cause="MANUAL") for one in people], each=True)
    move_due(now=timezone.now(), seconds=30, only=row.pk)
    after = journey(
        send("hello", to="news"), send("news", name="News", subject="News of the club", to="low"),
        ask("low", yes="tips", no=None, rule=RULE), send("tips", subject="Five tips"),
    )  # fmt: skip
    save_draft(row, after, "Changed")

    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}{reverse('admin:journey_page', args=[row.pk])}")
    expect(page.get_by_role("link", name="2 here")).to_be_visible()
    checked(page, "journeys-page")
    page.goto(f"{live_server.url}{reverse('admin:journey_publish', args=[row.pk])}")
    expect(page.locator("#step-news")).to_contain_text("New")
    expect(page.locator("#gone-pause")).to_contain_text("Removed")
    expect(page.locator("#gone-call")).to_contain_text("Removed")
    expect(page.locator("#step-tips")).to_contain_text("Subject: Hello → Five tips")
    expect(page.get_by_text("2 people finish the version they entered")).to_be_visible()
    checked(page, "journeys-difference")
    page.get_by_label("What becomes of them").select_option("MOVE")
    page.get_by_label("Go on at").select_option("news")
    expect(page.locator(".jy-consequence")).to_contain_text("2 get “News of the club” by e-mail")
    expect(page.get_by_text("Tick that they may get a message at once")).to_be_visible()
    page.get_by_label("They may get a message at once").check()
    expect(page.get_by_text("Tick that they may get a message at once")).to_be_hidden()
    expect(page.locator("#jy-in-sum")).to_contain_text("2 get a message at once")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("It runs from now on.")).to_be_visible()
    assert set(Run.objects.values_list("step", flat=True)) == {"news"}
    page.get_by_role("button", name="Take that back for all who have not gone on").click()
    expect(page.get_by_text("2 of 2 stand where they stood.")).to_be_visible()
    assert set(Run.objects.values_list("step", flat=True)) == {"pause"}

    look_at_people(page, live_server.url, row)


def look_at_people(page: Page, url: str, row: Journey) -> None:
    """The list, one person's way, and why."""
    page.goto(f"{url}{reverse('admin:journey_people', args=[row.pk])}?step=pause")
    checked(page, "journeys-people")
    page.get_by_role("link", name="Anna").click()
    expect(page.locator("#step-hello")).to_contain_text("Passed")
    expect(page.locator("#step-pause")).to_contain_text("Is here")
    checked(page, "journeys-run")
    page.goto(f"{url}{reverse('admin:journey_why', args=[row.pk])}?customer=Anna")
    expect(page.get_by_text("Is in the journey now.")).to_be_visible()
    checked(page, "journeys-why")


def test_tasks_and_my_day_are_done_and_put_off(page: Page, live_server: LiveServer, club: Club) -> None:
    log_in(page, live_server, club.staff)
    page.goto(f"{live_server.url}{reverse('admin:tasks')}")
    checked(page, "tasks-empty")
    anna, ben = CustomerProfile.objects.order_by("display_name")
    make_task(anna.pk, TaskFields(title="Call Anna", reason="Has not played"))
    make_task(ben.pk, TaskFields(title="Call Ben"))
    page.goto(f"{live_server.url}{reverse('admin:index')}")
    expect(page.get_by_text("Call Anna")).to_be_visible()
    checked(page, "my-day")
    page.goto(f"{live_server.url}{reverse('admin:tasks')}")
    checked(page, "tasks-full")
    page.get_by_role("button", name="Put off a week: Call Ben").click()
    page.get_by_role("button", name="Called: Call Anna").click()
    expect(page.get_by_text("Call Anna")).to_have_count(0)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("Call Anna")).to_be_visible()
