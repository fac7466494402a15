"""Crowds: many join a segment at once, many reach the goal at once, a version moves many, and is taken back."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from crm_platform.bench.database import Connection, expect, one_row, settle
from crm_platform.bench.figures import Figure, duration
from crm_platform.bench.journeys_setup import MONTH, clear, fill, mixed_journey, started
from crm_platform.bench.setting import Setting
from events.consumers import Entry
from journeys import lifecycle, listening
from journeys.drafts import draft_of, save_draft
from journeys.engine.passing import move_due
from journeys.models import MovePlan
from journeys.publishing import moving
from segments.models import Segment, SegmentType
from tenants.models import Tenant

CROWD: Final = 100_000
MOST_MS: Final = 10_000.0
MOVE_MS: Final = 20_000.0
BATCH: Final = 1_000
GOAL: Final = "COMPETITION_ENTERED"
REACH: Final = """
INSERT INTO profiles_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, type, category, source,
                               source_event_id, title, metadata)
SELECT 900000000000 + row_number() OVER (), tenant_id, id, id, now(), 'COMPETITION_ENTERED', 'GOLF', 'teetime',
       'bench-goal-' || id, 'Entered', '{}'
FROM profiles_customerprofile WHERE tenant_id = %(tenant)s AND id = ANY(%(people)s)
RETURNING id, profile_id
"""


def measure(setting: Setting, connection: Connection, tenant: Tenant) -> Iterator[Figure]:
    """As many as there are, up to a hundred thousand; bars in proportion."""
    rows = connection.execute(
        "SELECT id FROM profiles_customerprofile WHERE tenant_id = %s ORDER BY id LIMIT %s",
        [tenant.pk, CROWD],
    ).fetchall()
    people = [row[0] for row in rows]
    yield from _come_and_go(setting, connection, tenant, people)
    yield from _move(setting, connection, tenant)


def _handled(tenant: Tenant, kind: str, told: Sequence[tuple[UUID, dict[str, Any]]]) -> float:
    """Milliseconds until the consumer has digested so many entries, in its batches."""
    now = timezone.now()
    entries = [
        Entry("1", number, tenant.pk, kind, who, data, now) for number, (who, data) in enumerate(told, 1)
    ]
    began = time.perf_counter()
    for start in range(0, len(entries), BATCH):
        with transaction.atomic():
            listening.handle(tenant, entries[start : start + BATCH])
    return (time.perf_counter() - began) * 1000


def _come_and_go(
    setting: Setting, connection: Connection, tenant: Tenant, people: Sequence[UUID]
) -> list[Figure]:
    clear(connection)
    now = timezone.now()
    segment = Segment.objects.create(
        tenant=tenant, name="Crowd", type=SegmentType.STATIC, created_at=now, updated_at=now
    )
    steps = [
        {"id": "first", "kind": "WAIT", "until": MONTH, "ways": {"next": "mail"}},
        {"id": "mail", "kind": "SEND", "subject": "Hi", "text": "Hi", "ways": {"next": None}},
    ]
    trigger = {"kind": "SEGMENT", "segment": str(segment.pk)}
    journey = started("Crowd", steps, [trigger], goal={"event": GOAL})
    setting.reporter.note(f"{len(people):,} join a segment")
    joined = _handled(tenant, "segment.joined", [(one, {"segmentId": str(segment.pk)}) for one in people])
    (runs,) = one_row(connection, "SELECT count(*) FROM journeys_run")
    expect("enrolled", runs, len(people))
    move_due(now=timezone.now(), seconds=3600)
    settle(connection, "journeys_run", "journeys_steplog", "journeys_rundata")
    half = list(people[: len(people) // 2])
    reached = connection.execute(REACH, {"tenant": tenant.pk, "people": half}).fetchall()
    settle(connection, "profiles_activity")
    setting.reporter.note(f"{len(half):,} reach the goal")
    out = _handled(
        tenant, "activity.recorded", [(who, {"activityId": pk, "type": GOAL}) for pk, who in reached]
    )
    move_due(now=timezone.now(), seconds=3600)
    (left,) = one_row(connection, "SELECT count(*) FROM journeys_runended WHERE reason = 'GOAL_REACHED'")
    (planned,) = one_row(connection, "SELECT count(*) FROM messaging_delivery")
    expect("out", left, len(half))
    expect("messages planned after the goal", planned, 0)
    lifecycle.archive(journey.pk)
    share = len(people) / CROWD
    return [
        duration("journeys", f"{len(people):,} join a segment: enrolled", joined, most_ms=MOST_MS * share),
        duration("journeys", f"{len(half):,} reach the goal: out", out, most_ms=MOST_MS * share),
    ]


def _move(setting: Setting, connection: Connection, tenant: Tenant) -> list[Figure]:
    """A wait that becomes longer: everybody moves to the new version, counted anew from the arrival, and back."""
    journey = mixed_journey("Moved", sends=False)
    fill(connection, tenant, journey, after=20 * 86_400.0, spread=86_400.0)
    raw = dict(draft_of(journey).definition)
    first = {"id": "first", "kind": "WAIT", "until": {**MONTH, "amount": 40}, "ways": {"next": "second"}}
    raw["steps"] = [first, *(one for one in raw["steps"] if one["id"] != "first")]
    save_draft(journey, raw, "A longer wait")
    setting.reporter.note(f"moving {setting.sizes.people:,} runs")
    began = time.perf_counter()
    lifecycle.publish(journey.pk)
    moved = (time.perf_counter() - began) * 1000
    plan = MovePlan.objects.get(journey_id=journey.pk)
    expect("moved", plan.moved, setting.sizes.people)
    began = time.perf_counter()
    plan = moving.take_back(journey, plan.pk)
    back = (time.perf_counter() - began) * 1000
    expect("taken back", plan.returned, setting.sizes.people)
    share = setting.sizes.people / CROWD
    return [
        duration("journeys", f"move of {plan.moved:,} runs", moved, most_ms=MOVE_MS * share),
        duration("journeys", f"the move of {plan.moved:,} taken back", back, most_ms=MOVE_MS * share),
    ]
