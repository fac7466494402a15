"""Trying a definition without touching anybody: the same engine and planner, in a transaction that is taken back.

With one person time runs at a press, from stop to stop. Over the past, what happened then enters people at their time;
conditions are asked of them as they are known now (docs/journeys.md says what that means).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from events.consumers import Entry
from journeys import entering, listening
from journeys.definition import Definition, parse
from journeys.definition.triggers import DateTrigger, ScheduleTrigger
from journeys.definition.vocabulary import activity_types
from journeys.engine.passing import move_due
from journeys.entering import Entrant
from journeys.explaining import find_run, story
from journeys.interest import event_types
from journeys.models import Journey, JourneyVersion, Run, RunEnded
from journeys.scanning import scan
from journeys.versions import messages_of
from messaging.models import Delivery, Message
from tenants.models import Tenant
from tenants.scope import current_tenant_id

MOST_STOPS: Final = 60
SAMPLES: Final = 5
SLICE: Final = timedelta(days=1)
ENTRIES: Final = """
SELECT l.id, l.profile_id, l.type, l.occurred_at FROM profiles_activity AS l
WHERE l.tenant_id = %s AND l.occurred_at >= %s AND l.occurred_at < %s AND l.type = ANY(%s)
ORDER BY l.occurred_at, l.id
"""
TRANSITIONS: Final = """
SELECT id, profile_id, CASE WHEN is_join THEN 'segment.joined' ELSE 'segment.left' END, at, segment_id::text, cause
FROM segments_segmenttransition WHERE tenant_id = %s AND at >= %s AND at < %s ORDER BY at, id
"""
NEXT_DUE: Final = (
    "SELECT min(due_at) FROM journeys_run WHERE tenant_id = %s AND journey_id = %s AND status = 'WAITING'"
)


@dataclass
class DryRun:
    """What would have happened."""

    days: int
    entered: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    by_day: dict[str, int] = field(default_factory=dict)
    by_step: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[str, int] = field(default_factory=dict)
    messages_by_day: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    still_in: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def shadow(definition: Definition, started: datetime) -> Iterator[Journey]:
    """A journey that nobody else sees, and that is gone afterwards with all that it did."""
    with transaction.atomic():
        journey = Journey.objects.create(
            tenant_id=current_tenant_id(), name=f"Trial {uuid4()}", activated_at=started, scanned_at=started
        )
        version = JourneyVersion.objects.create(
            tenant_id=journey.tenant_id,
            journey_id=journey.pk,
            number=1,
            definition=definition.as_json(),
            fingerprint=definition.fingerprint,
        )
        journey.version_id, journey.status = version.pk, "ACTIVE"
        journey.save()
        try:
            yield journey
        finally:
            transaction.set_rollback(True)


def try_with(raw: Any, profile_id: UUID, *, data: Any = None, now: datetime | None = None) -> dict[str, Any]:
    """One person through the whole definition, from stop to stop; each step with what would be said."""
    now = now or timezone.now()
    definition = parse(raw)
    with shadow(definition, now) as journey:
        entered = entering.enter(
            journey, [Entrant(profile_id, data=data or {}, key="try" if data else "")], now=now, each=True
        )
        verdict = entered.verdicts[0]
        if verdict.run_id is None:
            return {"entered": False, "reason": verdict.verdict, "story": [], "messages": []}
        stops = _run_on(journey, now, until=None)
        run = find_run(verdict.run_id)
        lines = story(run) if run is not None else []
        return {
            "entered": True,
            "reason": None,
            "stops": stops,
            "story": lines,
            "messages": _messages(journey, profile_id),
        }


def _run_on(journey: Journey, now: datetime, until: datetime | None) -> int:
    """From due time to due time; returns how many stops there were."""
    for stop in range(MOST_STOPS if until is None else 100_000):
        move_due(now=now, seconds=120, only=journey.pk)
        with connection.cursor() as cursor:
            cursor.execute(NEXT_DUE, [journey.tenant_id, journey.pk])
            [due] = cursor.fetchone()
        if due is None or (until is not None and due > until):
            return stop
        now = max(due, now)
    return MOST_STOPS


def _messages(journey: Journey, profile_id: UUID) -> list[dict[str, Any]]:
    rows = list(Delivery.objects.filter(source_id=journey.pk, profile_id=profile_id).order_by("due_at", "id"))
    texts = Message.objects.in_bulk({row.message_id for row in rows if row.message_id})
    return [
        {
            "step": row.variant,
            "status": row.status,
            "reason": row.reason or None,
            "channel": row.channel or None,
            "at": row.due_at,
            "subject": texts[row.message_id].subject if row.message_id in texts else "",
            "text": texts[row.message_id].body if row.message_id in texts else "",
        }
        for row in rows
    ]


def dry_run(
    raw: Any, *, days: int = 90, now: datetime | None = None, progress: Callable[[int], None] | None = None
) -> DryRun:
    """The definition over the last days of the club's own timeline; nothing is kept."""
    now = now or timezone.now()
    definition, tenant = parse(raw), Tenant.objects.get(pk=current_tenant_id())
    started = now - timedelta(days=days)
    result = DryRun(days)
    with shadow(definition, started) as journey:
        for step in definition.steps:
            if step.kind == "SEND":
                messages_of(journey.version_id or 0, step)
        moment = started
        while moment < now:
            until = min(moment + SLICE, now)
            _slice(tenant, journey, definition, moment, until)
            moment = until
            if progress is not None:
                progress(round(100 * (moment - started) / (now - started)))
        _sum_up(journey, result, tenant)
    return result


def _slice(
    tenant: Tenant, journey: Journey, definition: Definition, since: datetime, until: datetime
) -> None:
    """One day: what happened in its order, and between it whatever fell due."""
    types = sorted({*event_types(definition), *_awaited(definition)})
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, [tenant.pk, since, until, types])
        found = [
            Entry("0", pk, tenant.pk, "activity.recorded", who, {"activityId": pk, "type": kind}, at)
            for pk, who, kind, at in cursor.fetchall()
        ]
        cursor.execute(TRANSITIONS, [tenant.pk, since, until])
        found += [
            Entry("0", pk, tenant.pk, kind, who, {"segmentId": segment, "cause": cause}, at)
            for pk, who, kind, at, segment, cause in cursor.fetchall()
        ]
    if any(isinstance(one, DateTrigger | ScheduleTrigger) for one in definition.triggers):
        scan(tenant, until, only=journey)
    # Hours are fine enough: within one hour everything that happened comes before what falls due.
    found.sort(key=lambda entry: entry.at)
    moment = since
    while moment < until:
        after = min(moment + timedelta(hours=1), until)
        batch = [entry for entry in found if moment <= entry.at < after]
        if batch:
            listening.hear(tenant, batch, after, only=journey)
        _run_on(journey, after, until=after)
        moment = after


def _awaited(definition: Definition) -> Iterator[str]:
    for step in definition.steps:
        if step.kind == "WAIT_UNTIL" and step.event is not None:
            yield from activity_types(step.event.event)


COUNT: Final[dict[str, str]] = {
    "refused": "SELECT reason, count(*) FROM journeys_entryrefusal WHERE tenant_id = %s AND journey_id = %s GROUP BY 1",
    "ended": "SELECT status || CASE WHEN reason = '' THEN '' ELSE ': ' || reason END, count(*) FROM journeys_runended"
    " WHERE tenant_id = %s AND journey_id = %s GROUP BY 1",
    "messages": "SELECT COALESCE(NULLIF(reason, ''), status), count(*) FROM messaging_delivery"
    " WHERE tenant_id = %s AND source_id = %s GROUP BY 1",
}
BY_DAY: Final = """
SELECT (entered_at AT TIME ZONE %(zone)s)::date, count(*) FROM (
    SELECT entered_at FROM journeys_run WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s
    UNION ALL SELECT entered_at FROM journeys_runended WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s
) AS r GROUP BY 1 ORDER BY 1
"""
MESSAGES_BY_DAY: Final = """
SELECT (due_at AT TIME ZONE %(zone)s)::date, count(*) FROM messaging_delivery
WHERE tenant_id = %(tenant)s AND source_id = %(journey)s AND status <> 'SKIPPED' GROUP BY 1 ORDER BY 1
"""
BY_STEP: Final = """
SELECT step, outcome, sum(count)::int FROM journeys_steptally WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s
GROUP BY step, outcome ORDER BY step, outcome
"""


def _sum_up(journey: Journey, result: DryRun, tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        for name, statement in COUNT.items():
            cursor.execute(statement, [tenant.pk, journey.pk])
            setattr(result, name, dict(cursor.fetchall()))
        parameters: dict[str, Any] = {"tenant": tenant.pk, "journey": journey.pk, "zone": tenant.time_zone}
        cursor.execute(BY_DAY, parameters)
        result.by_day = {_iso(day): count for day, count in cursor.fetchall()}
        cursor.execute(MESSAGES_BY_DAY, parameters)
        result.messages_by_day = {_iso(day): count for day, count in cursor.fetchall()}
        cursor.execute(BY_STEP, parameters)
        result.by_step = [
            {"step": step, "outcome": outcome, "count": count} for step, outcome, count in cursor.fetchall()
        ]
    result.entered = sum(result.by_day.values())
    result.still_in = Run.objects.filter(journey_id=journey.pk).count()
    for run in [*RunEnded.objects.filter(journey_id=journey.pk).order_by("id")[:SAMPLES]]:
        result.samples.append({"customerId": run.profile_id, "story": story(run)})


def _iso(day: date) -> str:
    return day.isoformat()
