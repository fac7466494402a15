"""A competition moves, fills, pauses and is cancelled while its posts are going out: nothing stays out by accident."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from social.measuring import measure_post
from social.models import Post, Promotion, Target, Touch
from social.posts import get_post
from social.promoting.actions import approve_promotion, pause_promotion
from social.promoting.log_consumer import settle_changes
from social.promoting.running import run_touches
from social.promoting.staff_events import plan_event
from social.publishing.claiming import Claim, claim
from social.publishing.working import work
from tenants.actors import Actor, ActorKind, acting_as
from tenants.errors import ForbiddenError
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import control, sandbox
from tests.social.test_promoting import CUP, START, active, enter, tell

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
DRAFTED = r"/graph/v[\d.]+/\d+_\d+$"


def held() -> Claim:
    """A worker has the next post in its hands."""
    taken = claim(timezone.now())
    assert taken is not None
    return taken


def outcomes(kind: str) -> set[tuple[str, str]]:
    return set(Touch.objects.filter(kind=kind, channel="POST").values_list("status", "reason"))


def test_what_a_worker_holds_while_the_event_is_cancelled_does_not_go_out(stage: Stage) -> None:
    active(stage)
    hands = [held(), held()]

    tell(stage, "cancelled", reason="Rain")
    settle_changes()
    for taken in hands:
        work(taken)
    run_touches()

    assert (stage.seen("facebook"), stage.seen("x")) == ([], [])
    assert set(Target.objects.values_list("status", flat=True)) == {"CANCELLED"}
    assert outcomes("CANCELLATION") == {("DROPPED", "It did not go out.")}


def test_a_post_that_is_found_out_after_the_cancellation_is_taken_back_then(stage: Stage) -> None:
    active(stage)
    stage.fault("cut_after", DRAFTED)
    stage.turn()
    assert Target.objects.filter(status="UNKNOWN").count() == 1

    tell(stage, "cancelled", reason="Rain")
    settle_changes()
    run_touches()
    early = outcomes("CANCELLATION")
    stage.turn(1)
    run_touches()

    assert early == {("PLANNED", ""), ("DONE", "Deleted on X.")}
    assert outcomes("CANCELLATION") == {("DONE", "Deleted on Facebook."), ("DONE", "Deleted on X.")}
    assert (stage.seen("facebook"), stage.seen("x")) == ([], [])


def test_a_post_that_must_wait_when_the_event_is_cancelled_is_withdrawn(stage: Stage) -> None:
    active(stage)
    hands = [held(), held()]
    control(stage.sandbox, "faults", [
        {"action": "error", "method": "POST", "path": "/feed$", "status": 400, "body": {"error": {"code": 4}}},
        {"action": "error", "method": "POST", "path": "/2/tweets$", "status": 429, "body": {"title": "Too Many"}},
    ])  # fmt: skip

    for taken in hands:
        work(taken)
    assert set(Target.objects.filter(tries=1).values_list("status", flat=True)) == {"WAITING"}
    tell(stage, "cancelled", reason="Rain")
    settle_changes()

    assert set(Target.objects.values_list("status", flat=True)) == {"CANCELLED"}
    assert stage.turn(1) == 0


def test_a_field_that_fills_withdraws_what_a_worker_holds_and_calls_the_waiting_list(stage: Stage) -> None:
    active(stage)
    hands = [held(), held()]

    for _ in range(4):
        enter(stage)
    for taken in hands:
        work(taken)
    stage.turn()

    assert [row["message"] for row in stage.seen("facebook")] == [
        "Spring Cup is full. The waiting list is open."
    ]
    assert len(stage.seen("x")) == 1


def test_a_pause_while_a_post_goes_out_does_not_say_it_twice_after_the_next_approval(stage: Stage) -> None:
    promotion = active(stage)
    one = held()
    work(one)

    pause_promotion(promotion.pk)
    run_touches()
    approve_promotion(promotion.pk)
    stage.turn(0)
    stage.turn(0)

    said = [
        row.get("message") or row.get("text") for network in ("facebook", "x") for row in stage.seen(network)
    ]
    assert len(said) == len({Target.objects.get(pk=one.target_id).connection_id})
    assert Touch.objects.filter(key="announce:POST").count() == 1


def test_what_was_paused_before_anything_went_out_goes_out_once_after_approval(stage: Stage) -> None:
    promotion = active(stage)

    pause_promotion(promotion.pk)
    approve_promotion(promotion.pk)
    stage.turn()
    stage.turn()

    assert (len(stage.seen("facebook")), len(stage.seen("x"))) == (1, 1)


def test_a_move_while_a_reminder_goes_out_moves_the_others_and_holds_no_plan_up(stage: Stage) -> None:
    active(stage)
    first = Touch.objects.get(key="reminder:POST:7")
    Target.objects.exclude(post_id=first.post_id).update(due_at=timezone.now() + timedelta(days=99))
    Target.objects.filter(post_id=first.post_id).update(due_at=timezone.now() - timedelta(seconds=1))
    held()
    later = START + timedelta(days=7)

    tell(stage, "updated", startsAt=later.isoformat(), entriesCloseAt=(later - timedelta(days=2)).isoformat())
    applied = settle_changes(timezone.now() + timedelta(minutes=11))

    last = Touch.objects.get(key="reminder:POST:1")
    assert applied == 1
    assert last.due_at is not None
    assert Post.objects.get(pk=last.post_id).scheduled_at == last.due_at
    assert last.due_at.date() == (later - timedelta(days=3)).date()


def test_a_post_that_failed_on_one_network_only_is_not_said_to_be_missing(stage: Stage) -> None:
    active(stage)
    body = {"detail": "You are not permitted to perform this action."}
    stage.fault("error", "/2/tweets$", status=403, body=body)

    stage.turn()
    run_touches()

    (touch,) = Touch.objects.filter(kind="ANNOUNCE", channel="POST")
    assert (touch.status, touch.reason.startswith("Not on ")) == ("DONE", True)


def test_by_mail_alone_an_underfilled_field_invites_one_more_band_with_each_reminder(stage: Stage) -> None:
    stage.club.tenant.settings = {"promotion": {"channels": ["EMAIL"]}}
    stage.club.tenant.save()
    active(stage)
    bands: list[Any] = []

    for day in (7, 3, 1):
        bands.append(_invited(f"reminder:EMAIL:{day}"))
        run_touches(Touch.objects.get(key=f"reminder:EMAIL:{day}").due_at)

    assert bands == [[0.0, 8.0], [0.0, 16.0], [0.0, 24.0]]
    assert Promotion.objects.get().band == 2


def test_over_two_channels_a_day_widens_the_band_once(stage: Stage) -> None:
    active(stage)
    reminder = Touch.objects.get(key="reminder:POST:7")
    Target.objects.filter(post_id=reminder.post_id).update(due_at=timezone.now() - timedelta(seconds=1))

    stage.turn()
    run_touches(reminder.due_at)

    assert Promotion.objects.get().band == 1
    assert _invited("reminder:EMAIL:3") == [0.0, 16.0]


def test_a_field_that_is_full_enough_invites_nobody_more(stage: Stage) -> None:
    tell(stage, "published", **{**CUP, "maxEntries": 5})
    approve_promotion(Promotion.objects.get().pk)
    for _ in range(4):
        enter(stage)

    run_touches(Touch.objects.get(key="reminder:EMAIL:7").due_at)

    assert Promotion.objects.get().band == 0


def _invited(key: str) -> Any:
    """The handicaps that a touch's campaign writes to."""
    rules = Campaign.objects.get(pk=Touch.objects.get(key=key).campaign_id).rule["rules"]
    return next(rule["value"] for rule in rules if rule.get("field") == "handicap")


def test_more_places_bring_the_reminders_back(stage: Stage) -> None:
    active(stage)
    for _ in range(4):
        enter(stage)
    assert Promotion.objects.get().is_full

    tell(stage, "updated", maxEntries=40)
    settle_changes(timezone.now() + timedelta(minutes=11))

    assert not Promotion.objects.get().is_full
    reminders = Touch.objects.filter(kind="REMINDER")
    assert set(reminders.values_list("status", flat=True)) == {"PLANNED"}
    posts = Post.objects.filter(pk__in=[one.post_id for one in reminders if one.channel == "POST"])
    assert set(posts.values_list("status", flat=True)) == {"SCHEDULED"}


def test_mails_that_are_being_sent_stop_when_the_event_is_cancelled(stage: Stage) -> None:
    active(stage)
    touch = Touch.objects.get(key="announce:EMAIL")
    run_touches(touch.due_at)
    Campaign.objects.filter(pk=touch.campaign_id).update(status="ACTIVE")

    tell(stage, "cancelled", reason="Rain")
    settle_changes()

    assert Campaign.objects.get(pk=touch.campaign_id).status == "CANCELLED"


def test_a_plan_that_rests_is_taken_back_as_well_when_its_event_is_cancelled(stage: Stage) -> None:
    promotion = active(stage)
    stage.turn()
    run_touches()
    assert (len(stage.seen("facebook")), len(stage.seen("x"))) == (1, 1)
    pause_promotion(promotion.pk)

    for _ in range(2):
        tell(stage, "cancelled", reason="Rain")
        settle_changes()
        run_touches()

    assert (stage.seen("facebook"), stage.seen("x")) == ([], [])
    assert outcomes("CANCELLATION") == {("DONE", "Deleted on Facebook."), ("DONE", "Deleted on X.")}
    assert Touch.objects.filter(kind="CANCELLATION", channel="EMAIL").count() == 1


def test_a_plan_that_nobody_heard_of_is_cancelled_without_a_word(stage: Stage) -> None:
    tell(stage, "published", **CUP)

    tell(stage, "cancelled", reason="Rain")
    settle_changes()

    assert Promotion.objects.get().status == "CANCELLED"
    assert not Touch.objects.filter(kind="CANCELLATION").exists()


def test_a_correction_of_ours_is_not_taken_for_a_change_by_somebody_else(stage: Stage) -> None:
    active(stage)
    stage.turn()
    run_touches()

    tell(stage, "updated", entryFeeCents=30_000)
    settle_changes(timezone.now() + timedelta(minutes=11))
    run_touches()
    out = Target.objects.get(connection__network="FACEBOOK", status="PUBLISHED")
    measure_post(get_post(out.post_id))

    out.refresh_from_db()
    assert out.said == stage.seen("facebook")[0]["message"]
    assert out.shown == ""


def test_what_is_out_of_a_plan_that_rests_is_told_to_staff_when_the_event_moves(stage: Stage) -> None:
    promotion = active(stage)
    stage.turn()
    pause_promotion(promotion.pk)

    tell(stage, "updated", entryFeeCents=30_000)
    settle_changes(timezone.now() + timedelta(minutes=11))

    promotion.refresh_from_db()
    assert any("not corrected" in line["words"] for line in promotion.history)
    assert outcomes("CORRECTION") == set()


def test_where_the_club_wants_a_second_person_nobody_approves_a_plan_of_their_own(stage: Stage) -> None:
    stage.club.tenant.settings = {"approvePosts": True}
    stage.club.tenant.save()
    facts = {"name": "Open day", "startsAt": START.isoformat()}
    with acting_as(Actor(ActorKind.USER, "1", "Anna")):
        made = plan_event(source_type="CLUB_EVENT", facts=facts, channels=["POST"], reminder_days=[1])
        with pytest.raises(ForbiddenError, match="A second person"):
            approve_promotion(made.pk)
    assert Post.objects.count() == 0

    with acting_as(Actor(ActorKind.USER, "2", "Ben")):
        assert approve_promotion(made.pk).status == "ACTIVE"
    assert Post.objects.exists()
