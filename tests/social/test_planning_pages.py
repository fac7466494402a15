"""The queue, evergreens, crops, reports and the calendar, as staff use them."""

from datetime import UTC, datetime, time, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from PIL import Image

from campaigns.calendar import entries_between
from social.library.keeping import add_media, crop_media
from social.library.serving import bytes_of
from social.measuring import measure_post
from social.models import Media, MetricSample, Post, QueueSlot, Target
from social.posts import Words, duplicate_post, schedule_post, write_post
from social.series import next_free_slot, set_slots
from tenants.admin.formatting import moment
from tenants.errors import InvalidError
from tenants.postgresql.base import as_owner
from tests.back_office import desk, text_of
from tests.social.publishing import Stage, connect, file_server, stage
from tests.social.sandboxes import control, sandbox

__all__ = ["connect", "file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db


def test_times_of_the_week_are_added_and_taken_away(stage: Stage) -> None:
    staff, account = desk(stage.club.marketing_manager), stage.accounts["TWITTER"]
    act = f"/admin/social/queue/{account.pk}/act/"

    staff.post(act, {"days": ["0", "4"], "time": "09:30"})
    staff.post(act, {"days": ["0", "9"], "time": "25:00"})
    staff.post(act, {"remove": "4-570"})

    assert list(QueueSlot.objects.values_list("weekday", "minute_of_day")) == [(0, 570)]
    page = text_of(desk(stage.club.viewer).get("/admin/social/queue/"))
    assert "09:30" in page
    assert "Next free" in page
    assert 'name="remove"' not in page


def test_the_best_hours_of_the_own_numbers_become_times(stage: Stage) -> None:
    account, zone = stage.accounts["TWITTER"], stage.club.tenant.zone
    evening = datetime(2026, 5, 4, 18, 20, tzinfo=zone)
    for number in range(12):
        at = evening - timedelta(days=number, hours=8 if number % 3 else 0)
        post = Post.objects.create(tenant=stage.club.tenant, text=f"P{number}")
        target = Target.objects.create(
            tenant=stage.club.tenant, post=post, connection=account, status="PUBLISHED", planned_at=at, due_at=at,
            published_at=at, network_post_id=f"n{number}",
        )  # fmt: skip
        MetricSample.objects.create(
            tenant=stage.club.tenant, target=target, at=at, version="2", views=10 if number % 3 else 900
        )
    staff = desk(stage.club.marketing_manager)

    page = text_of(staff.get("/admin/social/queue/"))
    staff.post(f"/admin/social/queue/{account.pk}/act/", {"act": "best"})

    assert "seen most at 18:00, 10:00" in page
    assert QueueSlot.objects.count() == 10
    assert "Seen most:" in text_of(staff.get("/admin/social/posts/new/"))


def test_an_evergreen_goes_into_the_next_free_slot_and_stays(stage: Stage) -> None:
    account = stage.accounts["TWITTER"]
    ids = [account.pk]
    tip = write_post(Words(text="A tip of the pro", connection_ids=ids, is_evergreen=True))
    staff, url = desk(stage.club.marketing_manager), f"/admin/social/posts/{tip.pk}/act/"

    without = text_of(staff.post(url, {"act": "requeue"}, follow=True))
    set_slots(account, [(day, 600) for day in range(7)])
    free = next_free_slot(account)
    staff.post(url, {"act": "requeue"})
    copy = Post.objects.get(status="SCHEDULED")

    assert "Add times to the queue first." in without
    assert (copy.text, copy.scheduled_at, copy.is_evergreen) == ("A tip of the pro", free, True)
    assert next_free_slot(account) != free
    assert "A tip of the pro" in text_of(staff.get("/admin/social/evergreens/"))


def halves() -> BytesIO:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (1000, 500), "red")
    image.paste("blue", (500, 0, 1000, 500))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    buffer.seek(0)
    return buffer


def test_a_cut_follows_the_point_that_was_chosen_and_the_old_picture_stays(stage: Stage) -> None:
    source = add_media(halves(), name="halves.png", alt_text="Two halves")
    staff = desk(stage.club.marketing_manager)

    page = text_of(staff.get(f"/admin/social/media/{source.pk}/crop/"))
    staff.post(f"/admin/social/media/{source.pk}/crop/", {"ratio": "1:1", "across": "0", "down": "50"})
    filled = crop_media(source.pk, ratio="1:1", fills=True)

    cut = Media.objects.get(name="halves.png · 1:1", width=500)
    with Image.open(BytesIO(bytes_of(cut))) as left, Image.open(BytesIO(bytes_of(filled))) as whole:
        assert left.getpixel((490, 250))[0] > 200  # type: ignore[index]
        assert whole.size == (1000, 1000)
        assert whole.getpixel((500, 5)) == (255, 255, 255)
    assert cut.alt_text == "Two halves"
    assert page.count('name="ratio"') == 5
    with pytest.raises(InvalidError):
        crop_media(source.pk, ratio="7:3")


def test_while_writing_one_sees_what_would_be_refused(stage: Stage) -> None:
    staff, ids = desk(stage.club.marketing_manager), {k: str(v.pk) for k, v in stage.accounts.items()}
    media = [str(stage.picture(color=f"#0000{n:02x}").pk) for n in range(11)]
    wide = str(add_media(halves(), name="wide.png").pk)
    stage.post("TWITTER", text="The same words")

    def said(**values: object) -> str:
        return text_of(staff.post("/admin/social/posts/preview/", values))

    assert "Instagram needs a picture" in said(text="Hi", accounts=[ids["INSTAGRAM"]])
    assert "takes 10 pictures; there are 11" in said(text="Hi", accounts=[ids["FACEBOOK"]], media=media)
    assert "this is 2.00:1" in said(text="Hi", accounts=[ids["INSTAGRAM"]], media=[wide])
    twice = said(text="The same words", accounts=[ids["TWITTER"]])
    assert "The same words go out on Fairview within a day." in twice
    assert "X this month: US$" in twice
    assert "go out" not in said(text="The same words", accounts=[ids["TWITTER"]], is_duplicate_allowed="on")


def test_xs_ceiling_of_the_month_is_kept(stage: Stage) -> None:
    stage.club.tenant.settings["xCeilingMills"] = 200
    stage.club.tenant.save()
    ids = [stage.accounts["TWITTER"].pk]
    stage.post("TWITTER", text="One")
    stage.post("TWITTER", text="Two")

    with pytest.raises(InvalidError, match="ceiling of the club"):
        schedule_post(write_post(Words(text="Three", connection_ids=ids)).pk)


def test_a_post_is_dragged_to_another_day_and_told_what_that_day_would_not_take(stage: Stage) -> None:
    zone = stage.club.tenant.zone
    at = (timezone.now().astimezone(zone) + timedelta(days=3)).replace(
        hour=9, minute=0, second=0, microsecond=0
    )
    ids = [stage.accounts["INSTAGRAM"].pk]
    media = [stage.picture().pk]
    one, other = (
        schedule_post(write_post(Words(text=text, connection_ids=ids, media_ids=media, scheduled_at=when)).pk)
        for text, when in (("One", at), ("Other", at + timedelta(days=1, minutes=10)))
    )
    type(stage.accounts["INSTAGRAM"]).objects.filter(pk=ids[0]).update(quota_total=1)
    staff, script = desk(stage.club.marketing_manager), {"X-Requested-With": "fetch"}
    day = (at + timedelta(days=1)).date().isoformat()

    before = entries_between(at - timedelta(hours=1), at + timedelta(days=2))
    answer = staff.post(f"/admin/social/posts/{one.pk}/move/", {"day": day}, headers=script)
    past = staff.post(f"/admin/social/posts/{one.pk}/move/", {"day": "2020-01-01"}, headers=script)

    one.refresh_from_db()
    assert one.scheduled_at == at + timedelta(days=1)
    said = f"Moved. It goes out {moment(one.scheduled_at, stage.club.tenant)}."
    assert answer.json()["message"] == f"{said} This is post 2 of 1 for that day on Fairview."
    assert (past.status_code, past.json()["message"]) == (409, "That time is past.")
    assert "Not moved: That time is past." in text_of(staff.get("/admin/campaigns/calendar/"))
    assert all(entry.move_url for entry in before if entry.kind == "Post")
    assert not any(entry.clashes_with for entry in before)
    after = entries_between(at, at + timedelta(days=2))
    assert {entry.clashes_with for entry in after if entry.kind == "Post"} == {("Other",), ("One",)}
    assert other.scheduled_at != one.scheduled_at


def test_a_day_on_which_the_clock_skips_the_time_is_told_with_the_time_that_holds(stage: Stage) -> None:
    """Where the clocks go forward at 01:00 a post of 01:30 goes out at 02:00, the first moment after the gap."""
    with as_owner():
        type(stage.club.tenant).objects.filter(pk=stage.club.tenant.pk).update(time_zone="Europe/London")
    spring = next(
        day
        for number in range(1, 800)
        if (day := timezone.now().date() + timedelta(days=number)).month == 3
        and day.weekday() == 6
        and day.day > 24
        and (day - timezone.now().date()).days > 2
    )
    at = datetime.combine(spring - timedelta(days=1), time(1, 30), ZoneInfo("Europe/London"))
    ids = [stage.accounts["FACEBOOK"].pk]
    post = schedule_post(write_post(Words(text="Early", connection_ids=ids, scheduled_at=at)).pk)

    staff = desk(stage.club.marketing_manager)
    page = text_of(
        staff.post(f"/admin/social/posts/{post.pk}/move/", {"day": spring.isoformat()}, follow=True)
    )

    post.refresh_from_db()
    assert post.scheduled_at == datetime.combine(spring, time(1), UTC)
    assert "02:00. The clock shows no 01:30 on that day." in page


def test_reports_add_up_what_networks_told_and_show_dashes_for_the_rest(stage: Stage) -> None:
    assert "Nothing was published" in text_of(desk(stage.club.viewer).get("/admin/social/reports/"))
    post = stage.post("FACEBOOK", "TWITTER", text="Open day")
    stage.turn()
    control(stage.sandbox, "clock", {"advance": 7200})
    measure_post(post)

    page = text_of(desk(stage.club.viewer).get("/admin/social/reports/?days=7"))

    assert "By network" in page
    assert "Open day" in page
    assert "–" in page
    assert text_of(desk(stage.club.viewer).get("/admin/social/reports/?days=x")).count("<table") >= 4


def test_an_approval_by_a_second_person_and_a_copy(stage: Stage) -> None:
    stage.club.tenant.settings["approvePosts"] = True
    stage.club.tenant.save()
    writer, second = desk(stage.club.marketing_manager), desk(stage.club.admin)
    writer.post(
        "/admin/social/posts/new/",
        {"text": "Ask first", "accounts": [str(stage.accounts["TWITTER"].pk)], "act": "now"},
    )
    post = Post.objects.get()
    url = f"/admin/social/posts/{post.pk}/act/"

    own = text_of(writer.post(url, {"act": "approve"}, follow=True))
    second.post(url, {"act": "approve"})
    stage.turn()
    copy = duplicate_post(post.pk)

    assert "A second person must approve this post." in own
    post.refresh_from_db()
    assert (post.status, copy.status, copy.text) == ("PUBLISHED", "DRAFT", "Ask first")
