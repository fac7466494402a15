"""Campaigns as a new employee makes one: from the empty list over the wizard to the page of what was sent."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from campaigns.actions import schedule_campaign
from campaigns.models import Campaign
from campaigns.results import COUNT
from messaging.models import Delivery
from profiles.models import CustomerProfile
from segments.models import Segment
from tenants.scope import tenant_scope
from tests.browser.test_back_office import fits, log_in
from tests.browser.test_privacy import look
from tests.campaigns.world import draft, people, segment, step
from tests.cast import Club

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def club(fairview: Club) -> Iterator[Club]:
    """A club with forty members, five of whom want no mail."""
    with tenant_scope(fairview.tenant):
        members = [
            *people(fairview.tenant, 35, membership_tier="Gold"),
            *people(fairview.tenant, 5, email_opt_in=False),
        ]
        segment(fairview.tenant, members, "Saturday golfers")
        yield fairview


def test_a_newcomer_sends_a_first_campaign(page: Page, live_server: LiveServer, club: Club) -> None:
    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}{reverse('admin:campaigns')}")
    expect(page.get_by_role("heading", name="No campaign yet")).to_be_visible()
    assert fits(page)
    look(page, "campaigns-empty")

    page.get_by_role("button", name="Make the first one").click()
    page.get_by_label("What do you call it?").fill("Spring Open")
    page.get_by_label("Saturday golfers").first.check()
    expect(page.locator("#reach")).to_contain_text("35 of 40 people")
    assert fits(page)
    look(page, "campaigns-audience")
    page.get_by_role("button", name="Save and go on").click()

    page.get_by_label("Subject").fill("Hello {{ firstName }}")
    page.locator("#EMAIL-body").fill("Come and play. {{ fristName }}")
    expect(page.locator("#preview")).to_contain_text("“fristName” is not known here.")
    page.locator("#EMAIL-body").fill("Come and play on Saturday.\n\nYour club")
    expect(page.locator("#preview")).to_contain_text("Hello P0")
    assert fits(page)
    look(page, "campaigns-content")
    page.get_by_role("button", name="Save and go on").click()

    page.get_by_label("What shall people do?").select_option("ENTERED")
    page.get_by_label("Try versions against each other").check()
    page.get_by_label("Subject of version B").fill("Saturday is yours, {{ firstName }}")
    assert fits(page)
    look(page, "campaigns-test")
    page.get_by_role("button", name="Save and go on").click()
    assert fits(page)
    look(page, "campaigns-time")
    page.get_by_role("button", name="Save and go on").click()

    expect(page.get_by_text("35 people of Saturday golfers will get it by e-mail.")).to_be_visible()
    assert fits(page)
    look(page, "campaigns-review")
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_role("heading", name="Where it stands")).to_be_visible()

    campaign = Campaign.objects.get()
    step(campaign)
    expect(page.get_by_role("img", name="0 sent, 35 waiting, 0 failed, 5 not sent")).to_be_visible()
    assert fits(page)
    look(page, "campaigns-live")


def test_the_report_and_the_calendar(page: Page, live_server: LiveServer, club: Club) -> None:
    now = timezone.now()
    members = club.tenant
    campaign = draft(
        segment(members, people(members, 30, membership_tier="Gold"), "Gold members"), goal="BOOKED"
    )
    schedule_campaign(campaign.pk)
    step(campaign)
    sent = Delivery.objects.filter(source_id=campaign.pk)
    sent.update(status="DELIVERED", handed_over_at=now, delivered_at=now)
    some = list(sent.values_list("pk", flat=True)[:12])
    sent.filter(pk__in=some).update(opened_at=now)
    sent.filter(pk__in=some[:4]).update(clicked_at=now)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"tenant": members.pk, "campaign": campaign.pk, "occurrence": "1"})
    step(campaign)
    hour = (now + timedelta(days=2)).replace(microsecond=0)
    others = campaign.segment_ids
    for name in ("Ladies' day", "Winter league"):
        schedule_campaign(draft(name=name, segment_ids=others).pk, hour)

    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}{reverse('admin:campaign', args=[campaign.pk])}")
    expect(page.get_by_role("row", name=re.compile(r"Opened by people 12 40,0\s%"))).to_be_visible()
    assert fits(page)
    look(page, "campaigns-report")
    page.get_by_role("link", name="Who got it, who did not").click()
    assert fits(page)
    look(page, "campaigns-recipients")
    page.goto(f"{live_server.url}{reverse('admin:campaigns')}")
    assert fits(page)
    look(page, "campaigns-list")

    day = hour.astimezone(members.zone).date()
    page.goto(f"{live_server.url}{reverse('admin:campaign_calendar')}?day={day}")
    expect(page.get_by_text("clashes with Winter league")).to_be_visible()
    assert fits(page)
    look(page, "campaigns-calendar")
    entry = page.locator(".crm-camp-entry", has=page.get_by_role("link", name="Winter league"))
    entry.locator("summary").click()
    entry.get_by_label("New day").fill((day + timedelta(days=2)).isoformat())
    entry.get_by_role("button", name="Move").click()
    expect(page.get_by_text("Moved.")).to_be_visible()
    assert Campaign.objects.get(name="Winter league").scheduled_at == hour + timedelta(days=2)


def test_the_whole_wizard_by_keyboard_in_few_acts(page: Page, live_server: LiveServer, club: Club) -> None:
    """Nobody touches the mouse; each act is counted, each page clean for axe and not too wide; phones are dark."""
    page.emulate_media(color_scheme="dark" if is_phone(page) else "light")
    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}{reverse('admin:campaigns')}")
    acts = 0

    def press(target: Locator, key: str = "Enter") -> None:
        nonlocal acts
        target.focus()
        expect(target).to_be_focused()
        page.keyboard.press(key)
        acts += 1

    def write(target: Locator, text: str) -> None:
        target.focus()
        expect(target).to_be_focused()
        page.keyboard.type(text)

    def go_on(heading: str) -> None:
        press(page.get_by_role("button", name="Save and go on"))
        expect(page.get_by_text(heading).first).to_be_visible()
        looked_at(page, f"wizard-{heading}")

    press(page.get_by_role("button", name="Make the first one"))
    write(page.get_by_label("What do you call it?"), "Spring Open")
    press(page.get_by_label("Saturday golfers").first, "Space")
    expect(page.locator("#reach")).to_contain_text("35 of 40 people")
    assert violations(page) == []
    go_on("Text")
    write(page.get_by_label("Subject"), "Hello {{ firstName }}")
    write(page.locator("#EMAIL-body"), "Come and play on Saturday.")
    go_on("What shall people do?")
    go_on("How often?")
    go_on("What will happen")
    press(page.get_by_role("button", name="Send now"))
    expect(page.get_by_role("heading", name="Where it stands")).to_be_visible()
    looked_at(page, "campaign-begun")

    assert acts == 7
    sent = Campaign.objects.get()
    assert (sent.name, sent.status) == ("Spring Open", "SCHEDULED")


def test_what_was_written_is_kept_on_the_way_and_pause_appears_by_itself(
    page: Page, live_server: LiveServer, club: Club
) -> None:
    campaign = draft(Segment.objects.get(name="Saturday golfers"))
    log_in(page, live_server, club.marketing_manager)
    page.goto(f"{live_server.url}{reverse('admin:campaign_edit', args=[campaign.pk, 'content'])}")

    page.get_by_label("Subject").fill("Dear ")
    page.get_by_text("What you can put in").click()
    page.get_by_role("button", name="lastName", exact=True).click()
    expect(page.get_by_label("Subject")).to_have_value("Dear {{ lastName }}")
    page.get_by_role("button", name="When", exact=True).click()
    expect(page.get_by_text("How often?")).to_be_visible()
    assert Campaign.objects.get().content["EMAIL"]["subject"] == "Dear {{ lastName }}"
    expect(page.get_by_label("Until")).to_be_hidden()
    page.get_by_label("When something happens").check()
    expect(page.get_by_label("Until")).to_be_visible()
    expect(page.get_by_label("Spread evenly over some hours")).to_be_hidden()

    schedule_campaign(campaign.pk)
    page.goto(f"{live_server.url}{reverse('admin:campaign', args=[campaign.pk])}")
    expect(page.get_by_role("button", name="Back to a draft")).to_be_visible()
    step(campaign)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("button", name="Back to a draft")).to_be_hidden()


def is_phone(page: Page) -> bool:
    return (page.viewport_size or {"width": 0})["width"] < 500


def looked_at(page: Page, name: str) -> None:
    """Clean for axe, nothing sticks out, and a picture where one is wanted."""
    look(page, name.replace(" ", "-").replace("?", "").lower())
    assert violations(page) == []
    assert fits(page)


def test_the_rhythm_and_the_letter_are_read_on_a_phone_in_the_dark(
    page: Page, live_server: LiveServer, club: Club
) -> None:
    page.emulate_media(color_scheme="dark" if is_phone(page) else "light")
    with tenant_scope(club.tenant):
        members = Segment.objects.get(name="Saturday golfers")
        weekly = draft(members, name="Monday letter", type="RECURRING", recur_pattern="0 9 * * 1")
        schedule_campaign(weekly.pk)
        anna = CustomerProfile.objects.filter(email_opt_in=True).first()
        assert anna is not None
    log_in(page, live_server, club.marketing_manager)

    page.goto(f"{live_server.url}{reverse('admin:campaign_rhythms')}")
    page.get_by_text("Change the rhythm").click()
    looked_at(page, "rhythm")
    page.get_by_label("or a rhythm of your own").fill("30 18 * * 4")
    page.get_by_role("button", name="Use this rhythm").click()
    expect(page.get_by_text("At 18:30 on Thursday")).to_be_visible()
    page.goto(f"{live_server.url}{reverse('admin:customer_write', args=[anna.pk])}")
    page.get_by_label("Subject").fill("Your lesson")
    page.get_by_label("Text").fill("Dear {{ firstName }}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="as P")).to_be_visible()
    looked_at(page, "letter")
    page.goto(f"{live_server.url}{reverse('admin:campaign_calendar')}")
    looked_at(page, "calendar")


def violations(page: Page) -> list[str]:
    """What axe finds wrong in the page itself (the frame is every page's), serious or worse."""
    found = Axe().run(page, context="#main")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:160]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]
