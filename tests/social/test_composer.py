"""The form that a post is written in keeps what it does not show, and says times and kinds as staff mean them."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from campaigns.calendar import entries_between
from social.library.keeping import add_media
from social.models import Connection, Media, Post, PostMedia, Touch
from social.posts import Words, duplicate_post, unschedule_post, write_post
from social.promoting.actions import approve_promotion
from tests.back_office import desk, text_of
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox
from tests.social.test_promoting import CUP, START, plan

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db


def fields_of(page: Any) -> dict[str, Any]:
    """The form as a browser sends it unchanged: the pieces that a test looks at."""
    html = page.content.decode()
    found: dict[str, Any] = {"media": []}
    for part in html.split("<input ")[1:]:
        tag = part.split(">", 1)[0]
        if 'name="media"' in tag and " checked" in tag:
            found["media"].append(tag.split('value="')[1].split('"')[0])
    for name in ("repeats", "late_after_minutes"):
        select = html.split(f'name="{name}"')[1].split("</select>")[0]
        chosen = [one for one in select.split("<option ")[1:] if " selected" in one]
        found[name] = chosen[0].split('value="')[1].split('"')[0] if chosen else ""
    return found


def shade(number: int) -> Media:
    """A picture of its own."""
    buffer = BytesIO()
    Image.new("RGB", (60, 60), (number, 80, 80)).save(buffer, "PNG")
    return add_media(BytesIO(buffer.getvalue()), name=f"{number}.png")


def test_a_draft_that_is_saved_unchanged_loses_nothing(stage: Stage) -> None:
    old = [shade(1), shade(2)]
    draft = write_post(
        Words(
            text="Ladies’ day", connection_ids=[stage.accounts["TWITTER"].pk], utm_campaign="spring",
            media_ids=[old[1].pk, old[0].pk], late_after_minutes=95, is_duplicate_allowed=True,
            repeats="30 7 * * 2,4", repeats_until=timezone.now() + timedelta(days=30),
        )
    )  # fmt: skip
    for number in range(30, 60):
        shade(number)
    staff, url = desk(stage.club.marketing_manager), f"/admin/social/posts/{draft.pk}/edit/"

    page = staff.get(url)
    form = fields_of(page)
    assert 'name="is_duplicate_allowed" checked' in page.content.decode()
    until = (timezone.now() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
    staff.post(url, {**form, "text": "Ladies’ day", "accounts": [str(stage.accounts["TWITTER"].pk)],
                     "is_duplicate_allowed": "on", "repeats_until": until, "act": "draft"})  # fmt: skip

    after = Post.objects.get(pk=draft.pk)
    files = list(PostMedia.objects.filter(post=after).order_by("position").values_list("media_id", flat=True))
    assert files == [old[1].pk, old[0].pk]
    assert (after.utm_campaign, after.late_after_minutes, after.is_duplicate_allowed) == ("spring", 95, True)
    assert after.repeats == "30 7 * * 2,4"


@pytest.mark.parametrize(
    ("choice", "cron"), [("daily", "20 18 * * *"), ("weekly", "20 18 * * 0"), ("monthly", "20 18 7 * *")]
)
def test_a_post_repeats_at_the_time_that_was_chosen(stage: Stage, choice: str, cron: str) -> None:
    form = {"text": "A tip", "accounts": [str(stage.accounts["TWITTER"].pk)], "act": "draft",
            "scheduled_at": "2090-05-07T18:20", "repeats": choice, "repeats_until": "2091-01-01T00:00"}  # fmt: skip

    desk(stage.club.marketing_manager).post("/admin/social/posts/new/", form)

    assert datetime(2090, 5, 7).isoweekday() == 7
    assert Post.objects.get().repeats == cron


def test_how_late_a_post_may_be_follows_from_its_kind_unless_it_says_so(stage: Stage) -> None:
    until = timezone.now() + timedelta(days=9)

    news = write_post(Words(text="Open again"))
    tip = write_post(Words(text="Keep your head down", is_evergreen=True))
    series = write_post(Words(text="Mondays", repeats="0 9 * * 1", repeats_until=until))
    own = write_post(Words(text="Now or never", late_after_minutes=5, is_evergreen=True))

    assert [one.late_after_minutes for one in (news, tip, series, own)] == [60, 720, 720, 5]
    assert duplicate_post(own.pk).late_after_minutes == 5


def test_posts_of_a_plan_are_questions_the_sooner_the_more_they_are_of_the_day(stage: Stage) -> None:
    approve_promotion(plan(stage).pk)

    lateness = {
        touch.kind: Post.objects.get(pk=touch.post_id).late_after_minutes
        for touch in Touch.objects.filter(post_id__isnull=False)
    }

    assert lateness == {"ANNOUNCE": 720, "REMINDER": 360, "RESULTS": 1440}


def test_a_post_of_a_plan_stays_in_it_and_is_shown_with_its_event(stage: Stage) -> None:
    promotion = approve_promotion(plan(stage).pk)
    touch = Touch.objects.get(key="reminder:POST:7")
    assert touch.post_id is not None
    unschedule_post(touch.post_id)
    staff = desk(stage.club.marketing_manager)
    words = {"text": "Soon: {{ event.name }}", "accounts": [str(stage.accounts["TWITTER"].pk)]}

    card = text_of(staff.post(f"/admin/social/posts/preview/?post={touch.post_id}", words))
    staff.post(f"/admin/social/posts/{touch.post_id}/edit/", {**words, "act": "draft"})

    assert f"Soon: {CUP['name']}" in card
    assert "A token is wrong" not in card
    after = Post.objects.get(pk=touch.post_id)
    assert (after.promotion_id, after.utm_campaign) == (promotion.pk, "event-cup")


def test_parts_of_a_plan_that_waits_stand_in_the_calendar_with_their_way(stage: Stage) -> None:
    plan(stage)

    found = entries_between(START - timedelta(days=4), START)

    told = {one.title for one in found if one.kind == "Promotion"}
    assert {"Spring Cup: Reminder (post)", "Spring Cup: Reminder (e-mail)"} <= told


def test_the_end_of_an_account_stands_in_the_calendar(stage: Stage) -> None:
    now = timezone.now()
    ends = now + timedelta(days=5)
    Connection.objects.filter(network="INSTAGRAM").update(data_access_expires_at=ends)
    Connection.objects.filter(network="TWITTER").update(status="NEEDS_RECONNECT", problem="TOKEN_DEAD")

    found = entries_between(now - timedelta(hours=1), now + timedelta(days=8))

    told = {(one.title.rpartition(": ")[2], one.at.date()) for one in found if one.kind == "Account"}
    assert told == {("access ends", ends.date()), ("must be connected again", now.date())}


def test_scheduling_without_a_time_asks_for_one_instead_of_publishing(stage: Stage) -> None:
    form = {"text": "Soon", "accounts": [str(stage.accounts["TWITTER"].pk)], "act": "schedule"}

    answer = desk(stage.club.marketing_manager).post("/admin/social/posts/new/", form)

    assert answer.status_code == 422
    assert "Choose when it goes out, or publish it now." in text_of(answer)
    assert "Soon" in text_of(answer)
    assert not Post.objects.exists()
