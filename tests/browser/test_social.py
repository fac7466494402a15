"""Social publishing as a newcomer meets it: an account, a first post, the calendar, the pages beside them."""

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from social.models import Connection, Post
from social.posts import Words, schedule_post, write_post
from social.sandbox.server import Sandbox
from social.series import set_slots
from tests.browser.test_back_office import fits, log_in
from tests.browser.test_privacy import look
from tests.cast import Club
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import control, sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db(transaction=True)
# What a newcomer needs from the empty list to a post that is out, without reading anything twice.
FIRST_POST_SECONDS = 60
# From the first page after the log-in: the list, "Write a post", "Publish now".
FIRST_POST_CLICKS = 3
COUNT_CLICKS = """
document.addEventListener('click', event => {
    if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true);
"""


def test_a_newcomers_first_post(page: Page, live_server: LiveServer, stage: Stage) -> None:
    log_in(page, live_server, stage.club.marketing_manager)
    page.add_init_script(COUNT_CLICKS)
    page.goto(f"{live_server.url}/admin/")
    started = time.monotonic()

    entry = page.get_by_role("link", name="Social posts").first
    if not entry.is_visible():
        # On a phone the menu is folded away.
        page.goto(f"{live_server.url}/admin/social/")
    else:
        entry.click()
    expect(page.get_by_role("heading", name="No post yet")).to_be_visible()
    look(page, "social-empty")
    page.get_by_role("link", name="Write a post").last.click()
    page.get_by_label("What to say").fill("The course is open, golf.club")
    expect(page.locator(".crm-social-previews")).to_contain_text("golf.club is a link: 23")
    expect(page.locator(".crm-social-previews")).to_contain_text("of 280")
    assert fits(page)
    look(page, "social-composer")
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("It is in the queue.")).to_be_visible()
    assert page.evaluate("Number(sessionStorage.clicks)") <= FIRST_POST_CLICKS
    stage.turn()
    page.reload()
    expect(page.get_by_text("Published", exact=True).first).to_be_visible()
    assert time.monotonic() - started < FIRST_POST_SECONDS

    assert fits(page)
    look(page, "social-post")
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.documentElement.classList.add('dark')")
    look(page, "social-post-dark")
    page.get_by_text("Reply", exact=True).first.click()
    page.get_by_label("Reply").first.fill("Until eight")
    page.get_by_role("button", name=re.compile("^Reply on")).first.click()
    expect(page.get_by_text("The reply is out.")).to_be_visible()
    assert [row["text"] for row in stage.seen("x")][-1].startswith("The course is open")


def test_a_post_is_moved_in_the_calendar(page: Page, live_server: LiveServer, stage: Stage) -> None:
    zone = stage.club.tenant.zone
    monday = timezone.now().astimezone(zone) + timedelta(days=7 - timezone.now().astimezone(zone).weekday())
    at = monday.replace(hour=9, minute=0, second=0, microsecond=0)
    words = Words(text="Ladies’ day", connection_ids=[stage.accounts["TWITTER"].pk], scheduled_at=at)
    post = schedule_post(write_post(words).pk)
    day = (at + timedelta(days=1)).date().isoformat()
    log_in(page, live_server, stage.club.marketing_manager)

    page.goto(f"{live_server.url}/admin/campaigns/calendar/?day={at.date().isoformat()}&view=week")
    entry = page.locator("[data-move]", has_text="Ladies’ day").first
    expect(entry).to_be_visible()
    look(page, "social-calendar")
    entry.locator("summary").click()
    entry.get_by_label("New day").fill(day)
    entry.get_by_role("button", name="Move").click()
    expect(page.get_by_text("Moved.").first).to_be_visible()

    post.refresh_from_db()
    assert post.scheduled_at == at + timedelta(days=1)
    assert fits(page)


@pytest.fixture
def bare(sandbox: Sandbox, fairview: Club, settings: Settings, live_server: LiveServer) -> Club:
    """Fairview without an account, beside a stand-in that knows its people."""
    settings.CRM_SOCIAL_SANDBOX_URL, settings.CRM_PUBLIC_URL = sandbox.url, live_server.url
    control(sandbox, "account", {"name": "Fairview Golf Club"})
    return fairview


def test_an_admin_connects_an_account_in_three_clicks(
    page: Page, live_server: LiveServer, bare: Club
) -> None:
    log_in(page, live_server, bare.admin)
    page.goto(f"{live_server.url}/admin/social/accounts/")
    expect(page.get_by_role("heading", name="No account is connected")).to_be_visible()
    look(page, "social-accounts-empty")

    page.get_by_role("link", name="Connect X").click()
    page.locator("button[value=yes], input[value=yes]").first.click()

    expect(page.get_by_text("Connected: X · Fairview Golf Club.")).to_be_visible()
    expect(page.get_by_text("Works.")).to_be_visible()
    assert fits(page)
    look(page, "social-accounts")
    page.get_by_role("link", name="Connect Instagram without a Facebook Page").click()
    expect(page.get_by_role("heading", name="Log in to Instagram")).to_be_visible()
    page.locator("button[value=yes]").first.click()
    expect(page.get_by_text("Connected: Instagram · Fairview Golf Club.")).to_be_visible()
    assert fits(page)
    look(page, "social-accounts-instagram")
    page.get_by_role("link", name="Connect Facebook and Instagram").click()
    page.locator("button[value=no], input[value=no]").first.click()
    expect(
        page.get_by_text("You said no on the network’s page").or_(page.get_by_text("You said no"))
    ).to_be_visible()


def test_the_pages_of_planning_fit(page: Page, live_server: LiveServer, stage: Stage) -> None:
    set_slots(Connection.objects.get(network="TWITTER"), [(day, 570) for day in range(7)])
    picture = stage.picture(1600, 900)
    words = Words(text="A tip of the pro", connection_ids=[stage.accounts["TWITTER"].pk], is_evergreen=True)
    write_post(words)
    log_in(page, live_server, stage.club.marketing_manager)

    for path, words_there in (
        ("queue/", "Next free"),
        ("evergreens/", "A tip of the pro"),
        ("reports/", "Nothing was published"),
        ("media/", "green.jpg"),
        (f"media/{picture.pk}/crop/", "From left to right"),
    ):
        page.goto(f"{live_server.url}/admin/social/{path}")
        expect(page.get_by_text(words_there).first).to_be_visible()
        assert fits(page), path
        look(page, f"social-{path.split('/')[0]}-{len(path)}")
    page.get_by_label("From left to right").fill("0")
    page.get_by_role("button", name="Keep the cut").click()
    expect(page.get_by_text("green.jpg · 4:5 is in the library.")).to_be_visible()
    page.goto(f"{live_server.url}/admin/promotions/new/")
    page.get_by_label("What is it called?").fill("Summer party")
    page.get_by_label("Starts, on the club’s clock").fill("2090-06-01T18:00")
    assert fits(page)
    page.get_by_role("button", name="Make the plan").click()
    expect(page.get_by_role("button", name="Approve the whole plan")).to_be_visible()
    assert fits(page)
    look(page, "social-promotion")
    assert Post.objects.count() == 1
