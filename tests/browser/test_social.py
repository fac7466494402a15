"""Social publishing as a newcomer meets it: an account, a first post, the calendar, the pages beside them."""

import re
import time
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import transaction
from django.utils import timezone
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from social.models import Connection, Media, Post
from social.posts import Words, schedule_post, write_post
from social.sandbox.server import Sandbox
from social.series import set_slots
from tests.browser.test_back_office import fits, log_in
from tests.browser.test_privacy import look
from tests.cast import Club
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import control, sandbox
from tests.social.test_promoting import plan

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


def test_a_picture_is_added_beside_the_words(page: Page, live_server: LiveServer, stage: Stage) -> None:
    picture = BytesIO()
    Image.new("RGB", (1080, 1080), "green").save(picture, "JPEG")
    files: list[FilePayload] = [
        {"name": "ninth.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()},
        {"name": "list.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"},
    ]
    log_in(page, live_server, stage.club.marketing_manager)
    page.goto(f"{live_server.url}/admin/social/")
    page.get_by_role("link", name="Write a post").last.click()
    page.get_by_label("What to say").fill("The ninth is open again")

    page.get_by_label("Add pictures or a video").set_input_files(files)
    expect(page.get_by_text("list.pdf: The file is no picture")).to_be_visible()
    expect(page.locator(".crm-social-pick input:checked")).to_have_count(1)
    words = page.get_by_label("What is to be seen on ninth.jpg")
    words.fill("The ninth green in the morning")
    with page.expect_response(lambda answer: "/act/" in answer.url) as described:
        words.press("Tab")
    assert described.value.status == 204
    expect(page.locator(".crm-preview-media img").first).to_be_visible()
    assert fits(page)
    look(page, "social-composer-picture")

    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("It is in the queue.")).to_be_visible()
    stage.turn()
    row = Media.objects.get()
    assert row.alt_text == "The ninth green in the morning"
    assert list(Post.objects.get().media.values_list("media_id", flat=True)) == [row.pk]
    assert stage.seen("x")[-1]["text"].startswith("The ninth is open again")


def is_above(page: Page, upper: str, lower: str) -> bool:
    """Whether one part of the page ends before another begins, or stands beside it where the page is wide."""
    first, second = page.locator(upper).first.bounding_box(), page.locator(lower).first.bounding_box()
    assert first
    assert second
    is_beside = first["x"] >= second["x"] + second["width"]
    return first["y"] + first["height"] <= second["y"] or is_beside


def test_a_newcomers_first_post_with_a_picture_and_a_time(
    page: Page, live_server: LiveServer, stage: Stage
) -> None:
    picture = BytesIO()
    Image.new("RGB", (1600, 1067), "green").save(picture, "JPEG")
    at = timezone.now().astimezone(stage.club.tenant.zone) + timedelta(days=1)
    log_in(page, live_server, stage.club.marketing_manager)
    page.add_init_script(COUNT_CLICKS)
    page.goto(f"{live_server.url}/admin/social/")
    started = time.monotonic()

    page.get_by_role("link", name="Write a post").last.click()
    page.get_by_label("What to say").fill("The terrace is open again")
    file: FilePayload = {"name": "terrace.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    page.get_by_label("Add pictures or a video").set_input_files(file)
    page.get_by_label("What is to be seen on terrace.jpg").fill("The terrace in the sun")
    expect(page.get_by_label("Until")).to_be_hidden()
    page.get_by_label("When, on the club’s clock").fill(at.strftime("%Y-%m-%dT%H:%M"))
    expect(page.locator(".crm-preview-media img").first).to_be_visible()
    assert is_above(page, ".crm-social-previews", "button[value=schedule]")
    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.get_by_text("It is in the queue.")).to_be_visible()
    assert page.evaluate("Number(sessionStorage.clicks)") <= FIRST_POST_CLICKS
    assert time.monotonic() - started < FIRST_POST_SECONDS

    stage.turn(1)
    page.reload()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="See it there").first.click()
    expect(opened.value.get_by_text("The terrace is open again")).to_be_visible()


def test_a_part_of_a_plan_and_its_people_are_seen_before_they_are_saved(
    page: Page, live_server: LiveServer, stage: Stage
) -> None:
    with transaction.atomic():
        promotion = plan(stage)
    log_in(page, live_server, stage.club.marketing_manager)
    page.goto(f"{live_server.url}/admin/promotions/{promotion.pk}/")

    part = page.locator(".crm-plan li", has_text="Reminder").filter(has_text="Post").first
    part.get_by_text("Change this part").click()
    expect(part.get_by_label("Words")).to_have_value(re.compile(r"^[^%]*entries close"))
    part.get_by_label("Words").fill("Soon: {{ event.name }} on golf.club")
    expect(part.locator(".crm-part-preview")).to_contain_text("Soon: Spring Cup on golf.club")
    assert is_above(page, "details[open] .crm-part-preview", "details[open] button[value=part]")
    page.get_by_text("Change the plan", exact=True).first.click()
    form = page.locator("form", has=page.locator("button[value=plan]"))
    expect(form.locator(".crm-part-preview")).to_contain_text("0 fit the event and this choice")
    form.get_by_label("Active", exact=True).check()
    form.get_by_role("button", name="Change the plan").click()

    expect(page.get_by_text("The plan is changed.")).to_be_visible()
    expect(page.locator(".crm-pairs")).to_contain_text("Active")
    assert fits(page)
    look(page, "promotion-part")


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
