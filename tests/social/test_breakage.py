"""Posts, series and plans that cannot go on stand in nobody's way; what is partly out does not go out once more."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from profiles.models import CustomerProfile
from social.models import Post, Promotion, Target, Touch
from social.promoting.actions import approve_promotion, pause_promotion
from social.promoting.log_consumer import settle_changes
from social.promoting.running import LONGEST_CALL, NOBODY_KNOWS, run_touches
from social.publishing import comments
from social.series import MOST, extend_series
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox
from tests.social.test_promoting import active, tell
from tests.social.test_promotion_pages import told

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
# Scheduled with words that could be filled in then.
BROKEN = "{{ 1 | divided_by: 0 }}"


def break_words(post: Post, name: str = "text") -> None:
    Post.objects.filter(pk=post.pk).update(**{name: BROKEN})


def test_a_post_that_cannot_be_made_waits_and_fails_in_the_end_with_a_reason(stage: Stage) -> None:
    broken, whole = stage.post("FACEBOOK"), stage.post("FACEBOOK", text="The course is dry")
    break_words(broken)

    stage.turn()

    target = stage.target(broken)
    assert (target.status, target.problem, target.lease) == ("WAITING", "BROKEN", None)
    assert "divide" in target.problem_text
    assert stage.target(whole).status == "PUBLISHED"
    for _ in range(10):
        stage.turn(1)
    assert stage.target(broken).status == "FAILED"
    broken.refresh_from_db()
    assert broken.status == "FAILED"


def test_a_comment_that_cannot_be_made_is_given_up_and_the_others_are_written(stage: Stage) -> None:
    posts = [stage.post(network, text=f"On {network}") for network in ("FACEBOOK", "TWITTER")]
    stage.turn()
    Post.objects.update(first_comment="See you")
    break_words(posts[0], "first_comment")
    Target.objects.update(comment_due_at=timezone.now() - timedelta(seconds=1))

    comments.catch_up()

    first, second = (stage.target(post) for post in posts)
    assert (first.problem, first.comment_due_at) == ("BROKEN", None)
    assert second.comment_id


def series(stage: Stage, number: int, text: str = "Good morning") -> None:
    """So many days of a series that is out, the last one yesterday."""
    now = timezone.now()
    first = stage.post("FACEBOOK", text=text)
    Post.objects.filter(pk=first.pk).update(
        repeats="0 9 * * *", repeats_until=now + timedelta(days=30), series_id=uuid4(), status="PUBLISHED",
        scheduled_at=now - timedelta(days=1),
    )  # fmt: skip
    first.refresh_from_db()
    for day in range(2, number + 1):
        first.pk = uuid4()
        first.scheduled_at = now - timedelta(days=day)
        first._state.adding = True
        first.save()


def test_a_series_goes_on_however_long_it_has_been(stage: Stage) -> None:
    series(stage, MOST + 10)

    made = extend_series()
    again = extend_series()

    assert (made, again) == (1, 0)
    following = Post.objects.get(scheduled_at__gt=timezone.now())
    assert (following.status, following.repeats) == ("SCHEDULED", "0 9 * * *")


def test_series_that_cannot_go_on_hold_up_no_other(stage: Stage) -> None:
    series(stage, 1)
    Post.objects.update(repeats="not a time", scheduled_at=timezone.now() - timedelta(hours=1))
    series(stage, 1, "Good evening")

    assert extend_series() == 1


def test_plans_that_nobody_approved_hold_up_no_other(stage: Stage) -> None:
    promotion = active(stage)
    idle = Promotion.objects.create(
        tenant=stage.club.tenant, source_type="SPECIAL", source_id="idle", name="Never approved"
    )
    Touch.objects.bulk_create(
        Touch(
            tenant=stage.club.tenant, promotion=idle, key=f"idle:{number}", kind="REMINDER", channel="POST",
            anchor="closes", due_at=timezone.now() - timedelta(days=30),
        )
        for number in range(120)
    )  # fmt: skip
    stage.turn()

    ended = run_touches()

    assert ended > 0
    announced = Touch.objects.get(promotion=promotion, kind="ANNOUNCE", channel="POST")
    assert announced.status == "DONE"


def test_a_correction_whose_worker_died_is_told_to_staff_and_not_repeated(stage: Stage) -> None:
    promotion = active(stage)
    now = timezone.now()
    Touch.objects.create(
        tenant=stage.club.tenant, promotion=promotion, key="correction:0:x", kind="CORRECTION", channel="POST",
        anchor="when", due_at=now, status="DONE", reason="Under way.", done_at=now - LONGEST_CALL - LONGEST_CALL,
    )  # fmt: skip

    run_touches(now)

    touch = Touch.objects.get(key="correction:0:x")
    assert (touch.status, touch.reason) == ("DONE", NOBODY_KNOWS)


def test_a_plan_that_is_paused_and_approved_again_publishes_no_post_twice(stage: Stage) -> None:
    promotion = active(stage)
    stage.fault("status_before", r"/x-api/2/tweets$", status=429)
    stage.turn()
    assert (len(stage.seen("facebook")), len(stage.seen("x"))) == (1, 0)

    pause_promotion(promotion.pk)
    approve_promotion(promotion.pk)
    stage.turn()

    assert len(stage.seen("facebook")) == 1


def test_a_plan_that_is_paused_and_approved_again_writes_to_nobody_twice(stage: Stage) -> None:
    promotion = active(stage)
    touch = Touch.objects.get(kind="ANNOUNCE", channel="EMAIL")
    told(promotion, touch, CustomerProfile.objects.create(tenant=stage.club.tenant).pk)
    Campaign.objects.filter(pk=touch.campaign_id).update(status="ACTIVE")

    pause_promotion(promotion.pk)
    approve_promotion(promotion.pk)

    again = Touch.objects.get(pk=touch.pk)
    assert again.campaign_id == touch.campaign_id
    assert Campaign.objects.get(pk=touch.campaign_id).status == "CANCELLED"


def test_a_cancelled_event_stops_the_invitations_that_are_being_sent(stage: Stage) -> None:
    active(stage)
    touch = Touch.objects.get(kind="ANNOUNCE", channel="EMAIL")
    Campaign.objects.filter(pk=touch.campaign_id).update(status="ACTIVE")
    run_touches(timezone.now() + timedelta(minutes=1))
    assert Touch.objects.get(pk=touch.pk).status == "DONE"

    tell(stage, "cancelled", reason="Rain")
    settle_changes()

    assert Campaign.objects.get(pk=touch.campaign_id).status == "CANCELLED"
