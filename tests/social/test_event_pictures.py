"""A plan's posts show the picture that the event brings, fetched safely; where it cannot be had they go without."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from social.library import keeping
from social.library.serving import bytes_of
from social.models import Media, Post, PostMedia, Promotion, Target, Touch
from social.promoting import event_pictures
from social.promoting.actions import approve_promotion, make_promotion, update_promotion
from social.promoting.event_pictures import LEASE, fetch_due
from social.promoting.log_consumer import settle_changes
from tenants.models import Tenant
from tests.back_office import desk, text_of
from tests.events.file_host import FileHost, Page, file_host
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox
from tests.social.test_promoting import CUP, tell

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
SOON, LATER = timedelta(seconds=1), timedelta(hours=2)


@pytest.fixture
def host(settings: Settings) -> Iterator[FileHost]:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    with file_host() as running:
        yield running


def drawn(width: int = 1200, height: int = 900, color: str = "red", form: str = "PNG") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height), color).save(buffer, form)
    return buffer.getvalue()


def published(stage: Stage, url: str, **facts: Any) -> Promotion:
    tell(stage, "published", **{**CUP, "imageUrl": url, **facts})
    return now_of()


def now_of() -> Promotion:
    row: Promotion = Promotion.objects.get()
    return row


def shown(stage: Stage, promotion: Promotion) -> str:
    return text_of(desk(stage.club.marketing_manager).get(f"/admin/promotions/{promotion.pk}/"))


def test_posts_of_the_plan_show_the_picture_and_instagram_takes_part(stage: Stage, host: FileHost) -> None:
    host.pages["/cup.png"] = Page(drawn())
    stage.club.tenant.settings = {"promotion": {"runsByItself": True}}
    stage.club.tenant.save()
    published(stage, f"{host.url}/cup.png")
    before = set(Target.objects.values_list("connection__network", flat=True))

    assert stage.turn() == 0, "the first post waits for the picture"
    assert fetch_due() == 1
    assert fetch_due() == 0
    stage.turn(1)

    media = Media.objects.get()
    assert before == {"FACEBOOK", "TWITTER"}
    assert (media.name, media.alt_text, media.width, media.height) == (
        "Spring Cup.jpg",
        "Spring Cup",
        1200,
        900,
    )
    assert set(PostMedia.objects.values_list("post_id", flat=True)) == set(
        Post.objects.values_list("pk", flat=True)
    )
    assert {row["caption"].partition(":")[0] for row in stage.seen("instagram")} >= {"Spring Cup"}
    assert "Its picture is fetched, and posts show it." in shown(stage, now_of())
    assert host.asked == ["/cup.png"]


def test_the_first_post_waits_two_minutes_and_no_longer(stage: Stage, host: FileHost) -> None:
    stage.club.tenant.settings = {"promotion": {"runsByItself": True}}
    stage.club.tenant.save()
    published(stage, f"{host.url}/never.png")

    due = Target.objects.filter(post_id=Touch.objects.get(key="announce:POST").post_id).values_list(
        "due_at", flat=True
    )

    assert all(timedelta(seconds=90) < at - timezone.now() < timedelta(seconds=121) for at in due)


@pytest.mark.parametrize(
    ("size", "shape"), [((1600, 500), 1.91), ((500, 1600), 0.8), ((1000, 1000), 1.0), ((1000, 700), 1.43)]
)
def test_a_shape_that_a_network_refuses_is_filled_up_and_nothing_is_cut_off(
    stage: Stage, host: FileHost, size: tuple[int, int], shape: float
) -> None:
    host.pages["/odd.png"] = Page(drawn(*size))
    promotion = approve_promotion(published(stage, f"{host.url}/odd.png").pk)

    fetch_due()

    media = Media.objects.get()
    with Image.open(BytesIO(bytes_of(media))) as image:
        red = sum(image.split()[1].histogram()[:60])
    assert round(media.width / media.height, 2) == shape
    assert abs(red / (media.width * media.height) - min(1.0, _share(size, shape))) < 0.02
    assert Promotion.objects.get(pk=promotion.pk).picture_id == media.pk
    assert set(Target.objects.values_list("connection__network", flat=True)) == {
        "FACEBOOK",
        "INSTAGRAM",
        "TWITTER",
    }


def _share(size: tuple[int, int], shape: float) -> float:
    """How much of the new picture the old one is."""
    ratio = size[0] / size[1]
    return min(ratio, shape) / max(ratio, shape)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (Page(b"<html>Welcome to our club</html>"), "no picture"),
        (Page(b""), "empty"),
        (Page(drawn(20, 20)), "only 20 × 20 pixels"),
        (Page(b"\0\0\0\x18ftypmp42" + b"\0" * 40), "no picture"),
        (Page(b"\0\0\0\x18ftypheic" + b"\0" * 40), "HEIC"),
        (Page(drawn(form="GIF")[:200]), "broken"),
        (Page(b"x", length=10**9), "larger than 30 MB"),
        (Page(status=404), "status 404"),
    ],
)
def test_what_is_no_fit_picture_is_said_once_and_the_plan_goes_on_without_it(
    stage: Stage, host: FileHost, page: Page, words: str
) -> None:
    host.pages["/cup.png"] = page
    promotion = published(stage, f"{host.url}/cup.png")

    fetch_due()
    approve_promotion(promotion.pk)
    stage.turn()

    assert words in now_of().picture_problem
    assert fetch_due(timezone.now() + LATER) == 0
    assert words in shown(stage, promotion)
    assert "Choose one of the library" in shown(stage, promotion)
    assert (Media.objects.count(), len(stage.seen("facebook")), len(stage.seen("instagram"))) == (0, 1, 0)


def test_private_addresses_are_not_asked(stage: Stage, host: FileHost, settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = False
    port = host.server.server_port
    published(stage, f"https://127.0.0.1:{port}/cup.png")

    fetch_due()

    assert now_of().picture_problem == "Its address leads into a private network."
    assert host.asked == []


def test_what_is_away_for_a_while_is_asked_again_and_then_shown(stage: Stage, host: FileHost) -> None:
    host.pages["/cup.png"] = Page(status=503)
    promotion = published(stage, f"{host.url}/cup.png")
    fetch_due()
    first = now_of()
    approve_promotion(promotion.pk)
    stage.turn()
    host.pages["/cup.png"] = Page(drawn())

    assert fetch_due() == 0
    assert fetch_due(timezone.now() + LATER) == 1

    assert first.picture_problem == "Its address answered with status 503."
    assert len(stage.seen("facebook")) == 1, "it went out without the picture"
    assert (now_of().picture_problem, now_of().picture_due_at, now_of().picture_id) == (
        "", None, Media.objects.get().pk)  # fmt: skip
    waiting = Post.objects.filter(status="SCHEDULED")
    assert all(post.media.count() == 1 for post in waiting)


def test_after_four_tries_nobody_asks_any_more(stage: Stage, host: FileHost) -> None:
    host.pages["/cup.png"] = Page(status=503)
    published(stage, f"{host.url}/cup.png")

    tries = [fetch_due(timezone.now() + LATER) for _ in range(6)]

    assert tries == [1, 1, 1, 1, 0, 0]
    assert len(host.asked) == 4
    assert now_of().picture_due_at is None


def test_what_staff_choose_stays_whether_it_is_a_picture_or_none(stage: Stage, host: FileHost) -> None:
    host.pages["/cup.png"] = Page(drawn())
    promotion, own = published(stage, f"{host.url}/cup.png"), stage.picture()
    update_promotion(promotion.pk, {"reminder_days": [5]})
    still = now_of().picture_due_at

    update_promotion(promotion.pk, {"picture_id": own.pk})
    assert fetch_due() == 0
    update_promotion(promotion.pk, {"picture_id": None})
    tell(stage, "updated", imageUrl=f"{host.url}/other.png")
    settle_changes(timezone.now() + timedelta(minutes=11))

    assert still is not None
    assert fetch_due(timezone.now() + LATER) == 0
    assert (now_of().picture_id, host.asked) == (None, [])


def test_another_picture_of_the_event_replaces_the_first_in_what_waits(stage: Stage, host: FileHost) -> None:
    host.pages["/a.png"], host.pages["/b.png"] = Page(drawn()), Page(drawn(color="blue"))
    promotion = published(stage, f"{host.url}/a.png")
    fetch_due()
    approve_promotion(promotion.pk)
    stage.turn()

    tell(stage, "updated", imageUrl=f"{host.url}/b.png")
    assert "is fetched anew" in shown(stage, promotion)
    settle_changes(timezone.now() + timedelta(minutes=11))
    fetch_due()

    first, second = Media.objects.order_by("created_at")
    assert host.asked == ["/a.png", "/b.png"]
    waiting = PostMedia.objects.filter(post__status="SCHEDULED")
    assert set(waiting.values_list("media_id", flat=True)) == {second.pk}
    assert set(PostMedia.objects.filter(post__status="PUBLISHED").values_list("media_id", flat=True)) == {
        first.pk
    }


def test_a_picture_that_comes_after_the_event_has_another_is_not_shown(
    stage: Stage, host: FileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.pages["/a.png"], host.pages["/b.png"] = Page(drawn()), Page(drawn(color="blue"))
    published(stage, f"{host.url}/a.png")
    real = keeping.add_picture

    def change_meanwhile(*args: Any, **options: Any) -> Media:
        monkeypatch.undo()
        tell(stage, "updated", imageUrl=f"{host.url}/b.png")
        settle_changes(timezone.now() + timedelta(minutes=11))
        return real(*args, **options)

    monkeypatch.setattr(event_pictures, "add_picture", change_meanwhile)
    fetch_due()
    between = now_of().picture_id
    fetch_due()

    assert between is None
    assert now_of().picture_id == Media.objects.get(sha256__isnull=False, created_at__gt=Media.objects.earliest(
        "created_at").created_at).pk  # fmt: skip


def test_a_worker_that_dies_leaves_it_due_and_a_file_that_kills_them_all_is_given_up(
    stage: Stage, host: FileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.pages["/cup.png"] = Page(drawn())
    published(stage, f"{host.url}/cup.png")

    def die(*args: Any, **options: Any) -> Media:
        raise MemoryError

    monkeypatch.setattr(event_pictures, "add_picture", die)
    now = timezone.now()
    for _ in range(5):
        fetch_due(now)
        assert fetch_due(now + LEASE - SOON) == 0
        now += LEASE + SOON

    assert now_of().picture_problem == "Its file cannot be worked on."
    assert now_of().picture_due_at is None
    assert len(host.asked) == 4


def test_for_a_sandbox_nothing_is_fetched(stage: Stage, host: FileHost) -> None:
    Tenant.objects.filter(pk=stage.club.tenant.pk).update(is_sandbox=True)
    published(stage, f"{host.url}/cup.png")

    fetch_due()

    assert now_of().picture_problem == "Nothing is fetched for a sandbox."
    assert host.asked == []


def test_the_stand_in_draws_the_pictures_of_the_demo(stage: Stage) -> None:
    published(stage, "https://fairview.example/images/STABLEFORD.jpg")

    fetch_due()

    assert (Media.objects.get().width, now_of().picture_problem) == (1200, "")


@pytest.mark.parametrize("url", [5, "", None, ["x"], "not a url", "https://"])
def test_whatever_stands_as_the_address_makes_a_plan(stage: Stage, url: Any, tmp_path: Path) -> None:
    made = make_promotion(source_type="SPECIAL", source_id="s", facts={"name": "Roast", "imageUrl": url})

    fetch_due()

    assert Promotion.objects.get(pk=made.pk).picture_id is None
    assert Promotion.objects.get(pk=made.pk).picture_due_at is None
