"""A competition becomes a plan; the plan follows its field and its changes."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign
from events.consumers.entries import Entry
from profiles.models import Activity, CustomerProfile
from social.models import Post, Promotion, Target, Touch
from social.promoting.actions import approve_promotion, pause_promotion
from social.promoting.log_consumer import follow, settle_changes
from social.promoting.running import run_touches
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
NUMBERS = count(1)
START = (timezone.now() + timedelta(days=20)).replace(hour=8, minute=0, second=0, microsecond=0)
CUP: dict[str, Any] = {
    "id": "cup", "name": "Spring Cup", "clubName": "Fairview", "startsAt": START.isoformat(),
    "entriesCloseAt": (START - timedelta(days=2)).isoformat(), "entryFeeCents": 25_000, "currency": "ZAR",
    "maxEntries": 4, "handicapMin": 0, "handicapMax": 24, "url": "https://club.example/cup",
}  # fmt: skip


def tell(stage: Stage, change: str, **facts: Any) -> None:
    data = {"change": change, "competition": {"id": "cup", **facts}}
    number = next(NUMBERS)
    entry = Entry("1", number, stage.club.tenant.pk, "competition.changed", None, data, timezone.now())
    follow(stage.club.tenant, [entry])


def enter(
    stage: Stage, person: Any = None, kind: str = "COMPETITION_ENTERED", at: datetime | None = None
) -> Any:
    entry = entered(stage, person or CustomerProfile.objects.create(tenant=stage.club.tenant).pk, kind, at)
    follow(stage.club.tenant, [entry])
    return entry.profile_id


def entered(stage: Stage, person: Any, kind: str, at: datetime | None = None) -> Entry:
    """An entry of the log about somebody who entered or withdrew."""
    number = next(NUMBERS)
    Activity.objects.create(
        tenant=stage.club.tenant,
        id=number,
        profile_id=person,
        origin_profile_id=person,
        occurred_at=at or timezone.now(),
        type=kind,
        category="GOLF",
        source="teetime",
        source_event_id=f"e-{number}",
        title="x",
        metadata={"competitionId": "cup"},
    )
    data = {"activityId": number, "type": kind}
    return Entry("1", number, stage.club.tenant.pk, "activity.recorded", person, data, timezone.now())


def plan(stage: Stage) -> Promotion:
    tell(stage, "published", **CUP)
    row: Promotion = Promotion.objects.get()
    return row


def active(stage: Stage) -> Promotion:
    return approve_promotion(plan(stage).pk)


def statuses(kind: str) -> list[str]:
    return list(
        Touch.objects.filter(kind=kind, channel="POST").order_by("key").values_list("status", flat=True)
    )


def test_a_published_competition_becomes_a_plan_with_reminders_before_entries_close(stage: Stage) -> None:
    promotion = plan(stage)

    zone = stage.club.tenant.zone
    reminders = Touch.objects.filter(kind="REMINDER", channel="POST").order_by("due_at")
    wanted = [(START - timedelta(days=2 + day)).astimezone(zone).date() for day in (7, 3, 1)]
    assert promotion.status == "DRAFT"
    assert [touch.due_at.astimezone(zone).date() for touch in reminders] == wanted
    assert {touch.due_at.astimezone(zone).hour for touch in reminders} == {9}
    assert Post.objects.count() == 0


def test_one_approval_puts_the_whole_plan_on_its_way(stage: Stage) -> None:
    active(stage)

    assert Post.objects.filter(status="SCHEDULED").count() == 5  # announcement, three reminders, results
    stage.turn()
    run_touches()
    assert statuses("ANNOUNCE") == ["DONE"]
    (post, *_) = stage.seen("facebook")
    assert post["message"].startswith("Spring Cup: ")
    assert "R" in post["message"]


def test_the_plan_writes_to_those_who_fit_and_have_not_entered(stage: Stage) -> None:
    active(stage)

    campaigns = list(Campaign.objects.order_by("scheduled_at"))
    assert [row.status for row in campaigns] == ["SCHEDULED"] * 4, list(
        Touch.objects.values_list("key", "reason")
    )
    assert campaigns[0].rule["rules"] == [
        {"event": {"types": ["COMPETITION_ENTERED"], "where": {"competitionId": "cup"}, "never": True}},
        {"field": "handicap", "operator": "between", "value": [0.0, 8.0]},
    ]
    assert "Spring Cup" in campaigns[0].content["EMAIL"]["body"]
    for _ in range(4):
        enter(stage)
    assert set(Campaign.objects.filter(name__contains="Reminder").values_list("status", flat=True)) == {
        "DRAFT"
    }


def test_telling_the_same_again_changes_nothing(stage: Stage) -> None:
    plan(stage)
    touches = Touch.objects.count()

    tell(stage, "published", **CUP)
    tell(stage, "updated", name="Spring Cup")

    assert (Promotion.objects.count(), Touch.objects.count()) == (1, touches)
    assert Promotion.objects.get().pending == {}


def test_a_moved_competition_moves_what_waits_and_corrects_what_is_out_once(stage: Stage) -> None:
    promotion = active(stage)
    stage.turn()
    run_touches()
    later = START + timedelta(days=7)
    for hours in range(3):
        when = later + timedelta(hours=hours)
        tell(
            stage, "updated", startsAt=when.isoformat(), entriesCloseAt=(when - timedelta(days=2)).isoformat()
        )

    assert settle_changes() == 0
    assert settle_changes(timezone.now() + timedelta(minutes=11)) == 1

    promotion.refresh_from_db()
    assert promotion.starts_at == later + timedelta(hours=2)
    last = Touch.objects.get(key="reminder:POST:1")
    assert last.due_at is not None
    assert last.due_at.date() == (later - timedelta(days=3)).date()
    assert Post.objects.get(pk=last.post_id).scheduled_at == last.due_at
    run_touches()
    run_touches()
    assert {touch.reason for touch in Touch.objects.filter(kind="CORRECTION", channel="POST")} == {
        "Edited on Facebook.",
        "Corrected by a reply on X.",
    }
    assert stage.seen("facebook")[0]["message"].startswith("Please note: Spring Cup is now on")
    assert len(stage.seen("facebook")) == 1


def test_a_cancelled_competition_takes_everything_back(stage: Stage) -> None:
    active(stage)
    stage.turn()
    run_touches()

    tell(stage, "cancelled", reason="Rain")
    settle_changes()
    run_touches()

    assert (stage.seen("facebook"), stage.seen("x")) == ([], [])
    assert set(Target.objects.filter(published_at=None).values_list("status", flat=True)) == {"CANCELLED"}
    assert Promotion.objects.get().status == "CANCELLED"
    assert stage.turn(1) == 0


def test_a_full_field_stops_reminders_and_calls_the_waiting_list_once(stage: Stage) -> None:
    active(stage)
    people = [enter(stage) for _ in range(4)]

    assert statuses("REMINDER") == ["CANCELLED"] * 3
    assert Promotion.objects.get().is_full
    enter(stage, people[0], "COMPETITION_WITHDRAWN")
    enter(stage, people[0])
    stage.turn()
    texts = [row["message"] for row in stage.seen("facebook")]
    assert texts == ["Spring Cup is full. The waiting list is open."]


def test_late_plans_drop_reminders_that_are_past_instead_of_sending_them_in_a_bunch(stage: Stage) -> None:
    soon = timezone.now() + timedelta(days=5)
    tell(stage, "published", **{**CUP, "startsAt": soon.isoformat(),
                               "entriesCloseAt": (soon - timedelta(days=1)).isoformat()})  # fmt: skip

    assert statuses("REMINDER") == ["PLANNED", "PLANNED", "DROPPED"]


def test_a_paused_plan_publishes_nothing(stage: Stage) -> None:
    promotion = active(stage)

    pause_promotion(promotion.pk)

    assert stage.turn(1) == 0
    approve_promotion(promotion.pk)
    assert stage.turn() == 2


def test_a_withdrawal_that_is_read_before_its_entry_counts_all_the_same(stage: Stage) -> None:
    plan(stage)
    now = timezone.now()
    person = enter(stage, kind="COMPETITION_WITHDRAWN", at=now)

    enter(stage, person, at=now - timedelta(hours=1))

    assert Promotion.objects.get().entered == 0
    enter(stage, person, at=now + timedelta(seconds=1))
    assert Promotion.objects.get().entered == 1


def test_many_entries_are_read_with_as_many_statements_as_a_few(stage: Stage) -> None:
    row, now = plan(stage), timezone.now()
    costs = []
    for number in (2, 7):
        people = [CustomerProfile.objects.create(tenant=stage.club.tenant).pk for _ in range(number)]
        entries = [entered(stage, one, "COMPETITION_ENTERED", now) for one in people]
        entries += [entered(stage, people[0], "COMPETITION_WITHDRAWN", now + timedelta(minutes=1))]
        with CaptureQueriesContext(connection) as asked:
            follow(stage.club.tenant, entries)
        costs.append(len(asked))

    row.refresh_from_db()
    assert row.entered == 7
    assert costs[0] == costs[1]


@pytest.mark.parametrize(("network", "path"), [("x", r"/2/tweets$"), ("facebook", r"/feed$")])
def test_a_post_without_an_answer_is_found_although_its_event_has_changed_since(
    stage: Stage, network: str, path: str
) -> None:
    stage.fault("cut_after", path)
    active(stage)
    stage.turn()
    doubted = Target.objects.get(status="UNKNOWN").pk
    later = START + timedelta(days=7)
    tell(stage, "updated", name="Summer Cup", startsAt=later.isoformat(), entryFeeCents=1)
    settle_changes(timezone.now() + timedelta(minutes=11))

    for _ in range(5):
        Target.objects.filter(status="UNKNOWN").update(due_at=timezone.now() - timedelta(seconds=1))
        stage.turn()

    assert Target.objects.get(pk=doubted).status == "PUBLISHED"
    assert len([row for row in stage.seen(network) if row["by"] == "app"]) == 1
