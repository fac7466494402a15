"""Events of the club's own, corrections to those who know of them, what a promotion brought, a whole life under way."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from messaging.models import Delivery
from profiles.models import CustomerProfile
from segments.models import SegmentMember
from social.models import Post, Promotion, Target, Touch
from social.promoting.actions import approve_promotion
from social.promoting.log_consumer import settle_changes
from social.promoting.report import report_of
from social.promoting.running import run_touches
from tests.back_office import desk, text_of
from tests.social.publishing import Stage, connect, file_server, stage
from tests.social.sandboxes import control, sandbox
from tests.social.test_promoting import CUP, START, active, enter, tell

__all__ = ["connect", "file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
WALL = "%Y-%m-%dT%H:%M"


def form(stage: Stage, **changes: Any) -> dict[str, Any]:
    local = START.astimezone(stage.club.tenant.zone)
    values = {
        "kind": "CLUB_EVENT", "name": "Summer party", "clubName": "Terrace", "startsAt": local.strftime(WALL),
        "entriesCloseAt": (local - timedelta(days=2)).strftime(WALL), "maxEntries": "80", "fee": "25,50",
        "url": "https://club.example/party", "channels": ["POST"], "days": "7, 1",
    }  # fmt: skip
    return {**values, **changes}


def made(stage: Stage) -> Promotion:
    desk(stage.club.marketing_manager).post("/admin/promotions/new/", form(stage))
    row: Promotion = Promotion.objects.get()
    return row


def told(
    promotion: Promotion, touch: Touch, person: UUID, status: str = "DELIVERED", reason: str = ""
) -> None:
    """A message of the plan, as the campaigns plan it."""
    Delivery.objects.create(
        tenant_id=promotion.tenant_id, key=uuid4().hex, source="CAMPAIGN", source_id=touch.campaign_id,
        profile_id=person, origin_profile_id=person, message_class="MARKETING", status=status, reason=reason,
        channel="" if status == "SKIPPED" else "EMAIL", zone="Europe/London", due_at=timezone.now(),
        message_id=None if status == "SKIPPED" else uuid4(), service_id="" if status == "SKIPPED" else uuid4().hex,
        handed_over_at=None if status == "SKIPPED" else timezone.now(),
        planned_at=timezone.now() - timedelta(hours=1), expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip


def test_staff_make_the_plan_of_a_club_event_in_the_back_office(stage: Stage) -> None:
    row = made(stage)
    staff = desk(stage.club.marketing_manager)

    page = text_of(staff.get(f"/admin/promotions/{row.pk}/"))
    assert "everybody who may enter and agreed to it" in page
    wrong: list[dict[str, Any]] = [
        {"name": " "}, {"startsAt": "2020-01-01T10:00"}, {"entriesCloseAt": "2099-01-01T10:00"}, {"maxEntries": "-3"},
        {"fee": "much"}, {"fee": "25.505"}, {"handicapMin": "12.45"},
        {"url": "club.example"}, {"channels": []}, {"kind": "COMPETITION"},
    ]  # fmt: skip
    refusals = [text_of(staff.post("/admin/promotions/new/", form(stage, **one))) for one in wrong]

    assert (row.source_type, row.name, row.max_entries, row.status) == (
        "CLUB_EVENT",
        "Summer party",
        80,
        "DRAFT",
    )
    assert (row.starts_at, row.facts["entryFeeCents"]) == (START, 2550)
    assert sorted(Touch.objects.filter(kind="REMINDER").values_list("offset_days", flat=True)) == [-7, -1]
    assert "Approve the whole plan" in page
    words = (
        "called",
        "in the future",
        "close before",
        "as a number",
        "as a number",
        "2 decimals",
        "one decimal",
        "https://",
        "one way",
        "TeeTime",
    )
    assert [word in page for word, page in zip(words, refusals, strict=True)] == [True] * len(words)
    assert Promotion.objects.count() == 1


def test_what_is_not_known_of_an_event_is_left_out_of_its_words(stage: Stage) -> None:
    bare = form(stage, entriesCloseAt="", maxEntries="", fee="", clubName="", url="")
    desk(stage.club.marketing_manager).post("/admin/promotions/new/", bare)
    approve_promotion(Promotion.objects.get().pk)
    stage.turn()

    (said,) = [row["message"] for row in stage.seen("facebook")]
    page = text_of(desk(stage.club.viewer).get(f"/admin/promotions/{Promotion.objects.get().pk}/"))
    assert said.startswith("Summer party: ")
    assert said.endswith(":00. Entries are open.")
    assert not any(words in page for words in (" at .", "Entry: .", "close .", " places left"))


def test_a_changed_event_is_one_preview_and_one_decision_and_a_called_off_one_takes_all_back(
    stage: Stage,
) -> None:
    row = made(stage)
    staff, act = desk(stage.club.marketing_manager), f"/admin/promotions/{row.pk}/act/"
    staff.post(act, {"act": "approve"})
    stage.turn()
    run_touches()
    later = (START + timedelta(days=1)).astimezone(stage.club.tenant.zone).strftime(WALL)

    staff.post(act, {**form(stage, startsAt=later), "act": "event"})
    preview = text_of(staff.get(f"/admin/promotions/{row.pk}/"))
    staff.post(act, {"act": "apply"})
    run_touches()
    row.refresh_from_db()
    moved, corrected = row.starts_at, [one["message"] for one in stage.seen("facebook")]
    staff.post(act, {"act": "call_off"})
    run_touches()

    assert "The event has changed" in preview
    assert "Starts" in preview
    assert moved == START + timedelta(days=1)
    assert "is now on" in corrected[0]
    assert (stage.seen("facebook"), stage.seen("x")[-1:]) == ([], stage.seen("x")[-1:])
    assert not Target.objects.filter(status="WAITING").exists()
    row.refresh_from_db()
    assert row.status == "CANCELLED"


def test_a_correction_goes_to_those_who_were_told_or_are_in_and_to_nobody_else(stage: Stage) -> None:
    promotion = active(stage)
    people = [CustomerProfile.objects.create(tenant=stage.club.tenant).pk for _ in range(4)]
    got, in_it, left, held = people
    announce = Touch.objects.get(kind="ANNOUNCE", channel="EMAIL")
    told(promotion, announce, got)
    told(promotion, announce, held, "SKIPPED", "HOLD_OUT")
    enter(stage, in_it)
    enter(stage, left, at=timezone.now() - timedelta(hours=2))
    enter(stage, left, "COMPETITION_WITHDRAWN")

    tell(stage, "updated", **{**CUP, "startsAt": (START + timedelta(days=7)).isoformat()})
    settle_changes(timezone.now() + timedelta(minutes=11))

    correction = Touch.objects.get(kind="CORRECTION", channel="EMAIL")
    campaign = Campaign.objects.get(pk=correction.campaign_id)
    members = SegmentMember.objects.filter(segment_id__in=campaign.segment_ids)
    assert set(members.values_list("profile_id", flat=True)) == {got, in_it}


def test_nobody_told_and_nobody_in_means_no_correction_by_mail(stage: Stage) -> None:
    active(stage)

    tell(stage, "updated", **{**CUP, "startsAt": (START + timedelta(days=7)).isoformat()})
    settle_changes(timezone.now() + timedelta(minutes=11))

    correction = Touch.objects.get(kind="CORRECTION", channel="EMAIL")
    assert (correction.status, correction.reason) == ("DROPPED", "Nobody was told, and nobody has entered.")


def test_the_report_tells_entries_from_reach_beside_the_hold_out_and_earlier_events(stage: Stage) -> None:
    promotion = active(stage)
    Promotion.objects.create(
        tenant=stage.club.tenant, source_type="COMPETITION", source_id="old", name="Winter Cup", entered=31,
        max_entries=40, status="COMPLETED", starts_at=START - timedelta(days=200),
    )  # fmt: skip
    announce = Touch.objects.get(kind="ANNOUNCE", channel="EMAIL")
    people = [CustomerProfile.objects.create(tenant=stage.club.tenant).pk for _ in range(8)]
    for person in people[:4]:
        told(promotion, announce, person)
    for person in people[4:]:
        told(promotion, announce, person, "SKIPPED", "HOLD_OUT")
    enter(stage, people[0])
    enter(stage, people[1])
    enter(stage, people[4])
    enter(stage, people[2], at=timezone.now() - timedelta(days=3))
    stage.turn()

    report = report_of(Promotion.objects.get(source_id="cup"))
    page = text_of(desk(stage.club.viewer).get(f"/admin/promotions/{promotion.pk}/"))

    assert report["channels"] == [{"channel": "EMAIL", "label": "E-mail", "reached": 4, "entered": 2}]
    assert (report["told"], report["heldOut"]) == ({"people": 4, "entered": 2}, {"people": 4, "entered": 1})
    assert report["liftPercent"] == 25.0
    assert [one["platform"] for one in report["posts"]] == ["FACEBOOK", "TWITTER"]
    assert report["costMills"] > 0
    assert set(re.findall(r'</strong><span class="crm-badge">(.*?)</span>', page)) == {"Post", "E-mail"}
    assert '<th scope="row">E-mail</th><td class="crm-number">4</td>' in page
    assert [one["name"] for one in report["earlier"]] == ["Winter Cup"]
    assert "25.0 points" in page
    assert "Winter Cup 31 of 40" in page


def test_a_competition_is_published_moved_filled_and_cancelled_while_its_posts_go_out(stage: Stage) -> None:
    promotion = active(stage)
    stage.fault("cut_after", "/x-api/2/tweets$")

    stage.turn(most=1)
    tell(stage, "updated", **{**CUP, "startsAt": (START + timedelta(days=7)).isoformat()})
    settle_changes(timezone.now() + timedelta(minutes=11))
    stage.turn(1)
    for _ in range(4):
        enter(stage)
    run_touches()
    Post.objects.filter(status="SCHEDULED").update(scheduled_at=timezone.now())
    stage.turn(1)
    full = Promotion.objects.get(pk=promotion.pk)
    tell(stage, "cancelled", reason="Storm")
    settle_changes()
    for _ in range(5):
        stage.turn(1)
        run_touches(timezone.now() + timedelta(minutes=1))

    promotion.refresh_from_db()
    assert (full.is_full, promotion.status) == (True, "CANCELLED")
    live = Target.objects.filter(status="PUBLISHED", deleted_at=None, post__promotion_id=promotion.pk)
    assert not live.exists()
    assert stage.seen("facebook") == []
    ours = set(Target.objects.exclude(network_post_id=None).values_list("network_post_id", flat=True))
    assert not {row["id"] for row in stage.seen("x")} & ours
    assert not Target.objects.filter(status__in=("WAITING", "UNKNOWN", "PUBLISHING")).exists()
    reminders = Touch.objects.filter(kind="REMINDER").values_list("status", flat=True)
    assert set(reminders) <= {"CANCELLED", "DROPPED"}


def test_an_under_filled_field_invites_one_band_more_with_each_reminder(stage: Stage) -> None:
    control(stage.sandbox, "switches", {"facebook_duplicate_seconds": 0, "x_duplicate_seconds": 0})
    promotion = approve_promotion(_big(stage).pk)
    bands = [promotion.band]
    for touch in Touch.objects.filter(kind="REMINDER", channel="POST").order_by("due_at"):
        Post.objects.filter(pk=touch.post_id).update(scheduled_at=timezone.now())
        Target.objects.filter(post_id=touch.post_id).update(due_at=timezone.now(), planned_at=timezone.now())
        stage.turn()
        Touch.objects.filter(pk=touch.pk).update(due_at=timezone.now())
        run_touches(timezone.now() + timedelta(seconds=1))
        promotion.refresh_from_db()
        bands.append(promotion.band)

    assert bands == [0, 1, 2, 2]


def _big(stage: Stage) -> Promotion:
    tell(stage, "published", **{**CUP, "maxEntries": 60})
    row: Promotion = Promotion.objects.get()
    return row
