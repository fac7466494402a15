"""People who stand still because somebody has to decide: a pause, an outage, a flood; and ending many at once."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from events.debounce import enqueue_on_commit
from events.log import wake_consumers
from journeys.engine import statements as sql
from journeys.engine.group import IN_TRIAL
from journeys.entering import MOVE_RUNS
from journeys.models import Hold, Journey, Run
from profiles.recording import open_notes, store_notes
from tenants.postgresql.commits import SYNC_COMMIT
from tenants.postgresql.staging import StagingTable
from tenants.scope import current_tenant_id

# Why a message was taken back, in the ledger's words (`journeys.explaining`).
LEFT: Final = "LEFT_JOURNEY"
ENDING: Final = StagingTable("ending", "run_id bigint, reason text, detail jsonb")
# Spread evenly by id, so that a flood becomes a stream. Durations shift by the length of the pause; the arrival too,
# from which an edit counts the wait anew.
RELEASE: Final = """
UPDATE journeys_run
SET status = 'WAITING', hold = CASE WHEN %(skip)s THEN 'SKIP' ELSE '' END,
    due_at = CASE WHEN %(spread)s THEN %(now)s + (id %% 1000) * %(minutes)s * interval '0.06 seconds' ELSE due_at END
WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s AND status = 'HELD' AND hold = ANY(%(holds)s)
"""
SHIFT: Final = """
UPDATE journeys_run AS r
SET due_at = r.due_at + %(length)s::interval, arrived_at = r.arrived_at + %(length)s::interval,
    status = CASE WHEN r.status = 'HELD' AND r.hold = 'PAUSED' THEN 'WAITING' ELSE r.status END,
    hold = CASE WHEN r.hold = 'PAUSED' THEN '' ELSE r.hold END
FROM (SELECT v.id, s.step ->> 'id' AS step
      FROM journeys_journeyversion AS v CROSS JOIN LATERAL jsonb_array_elements(v.definition -> 'steps') AS s(step)
      WHERE v.tenant_id = %(tenant)s AND v.journey_id = %(journey)s AND s.step ->> 'kind' = 'WAIT'
        AND s.step -> 'until' ->> 'mode' = 'DURATION') AS w
WHERE r.tenant_id = %(tenant)s AND r.version_id = w.id AND r.step = w.step AND r.arrived_at IS NOT NULL
  AND r.arrived_at < %(paused_at)s AND r.status <> 'SUSPENDED'
"""
HELD: Final = """
SELECT hold, count(*), min(due_at) FROM journeys_run
WHERE tenant_id = %s AND journey_id = %s AND status = 'HELD' GROUP BY hold ORDER BY hold
"""
NOTE_ENDED: Final = """
INSERT INTO noted_activity (profile_id, occurred_at, type, category, source_event_id, title, metadata)
SELECT h.profile_id, %(now)s, 'JOURNEY_EXITED', 'JOURNEY', 'journey:' || h.id || ':ended',
       'Left the journey ' || j.name, jsonb_build_object('journeyId', j.id, 'runId', h.id, 'reason', h.reason)
FROM ending AS e JOIN journeys_runended AS h ON h.tenant_id = %(tenant)s AND h.id = e.run_id
JOIN journeys_journey AS j ON j.tenant_id = %(tenant)s AND j.id = h.journey_id
"""


class Release(StrEnum):
    """How those who were held go on."""

    CONTINUE = "CONTINUE"
    SHIFT = "SHIFT"
    SKIP = "SKIP"
    EXIT = "EXIT"


def resume(
    journey: Journey, *, paused_at: datetime, now: datetime, how: str = Release.CONTINUE, minutes: int = 0
) -> None:
    """After a pause: who was due is due as of then, and the late guard decides; or waits shift."""
    with connection.cursor() as cursor:
        if how == Release.SHIFT:
            cursor.execute(
                SHIFT,
                {
                    "tenant": journey.tenant_id,
                    "journey": journey.pk,
                    "length": f"{(now - paused_at).total_seconds()} seconds",
                    "paused_at": now,
                },
            )
    release(journey, how=how, minutes=minutes, holds=(Hold.PAUSED.value,), now=now)


def release(
    journey: Journey,
    *,
    how: str,
    minutes: int = 0,
    holds: Collection[str] = (Hold.OVERDUE.value, Hold.FLOOD.value),
    now: datetime | None = None,
) -> int:
    """Let held people go on: CONTINUE (spread over minutes), SKIP overdue messages up to the next wait, EXIT."""
    now = now or timezone.now()
    if how == Release.EXIT:
        held = Run.objects.filter(journey_id=journey.pk, status="HELD", hold__in=holds)
        return end_runs(((run, "LATE") for run in held.values_list("pk", flat=True)), now=now)
    is_answer = Hold.PAUSED.value not in holds
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            RELEASE,
            {
                "tenant": journey.tenant_id,
                "journey": journey.pk,
                "holds": list(holds),
                "now": now,
                "minutes": minutes,
                "skip": how == Release.SKIP,
                "spread": is_answer or minutes > 0 or how == Release.SKIP,
            },
        )
        released: int = cursor.rowcount
        enqueue_on_commit(MOVE_RUNS, str(journey.tenant_id))
    return released


def held_counts(journey: Journey) -> list[tuple[str, int, datetime]]:
    """(why, how many, since when) of those who stand still."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [journey.tenant_id, journey.pk])
        return list(cursor.fetchall())


def end_all(journey: Journey, *, reason: str) -> int:
    """Everybody leaves now."""
    runs = Run.objects.filter(journey_id=journey.pk).values_list("pk", flat=True)
    return end_runs((run, reason) for run in runs)


def end_runs(
    runs: Iterable[tuple[int, str]],
    *,
    now: datetime | None = None,
    details: Mapping[int, Mapping[str, Any]] | None = None,
) -> int:
    """End runs, each with its reason; what was planned and not handed over is taken back. Returns how many ended.

    `details`: what besides the reason is kept of some of them.
    """
    now, known = now or timezone.now(), details or {}
    with transaction.atomic(), connection.cursor() as cursor:
        ENDING.fill(
            cursor,
            (
                (run, reason, orjson.dumps(known[run], default=str).decode() if run in known else None)
                for run, reason in runs
            ),
        )
        return end_staged(cursor, current_tenant_id(), now)


def end_staged(cursor: Any, tenant_id: UUID, now: datetime) -> int:
    """The same for what stands in the temporary table `ending`."""
    common = {"tenant": tenant_id, "now": now}
    cursor.execute(SYNC_COMMIT)
    cursor.execute(sql.LOCK_ENDING, common)
    left_by = now if IN_TRIAL.get() else None
    cursor.execute(sql.TAKE_BACK, common | {"reason": LEFT, "left_by": left_by})
    cursor.execute(sql.END_RUNS, common)
    ended: int = cursor.rowcount
    if ended and not IN_TRIAL.get():  # of a trial nobody else is told
        open_notes(cursor)
        cursor.execute(NOTE_ENDED, common)
        store_notes(cursor, tenant_id)
        wake_consumers()
    return ended


def wake_runs(cursor: Any, runs: Iterable[int], now: datetime, *, anew: bool = False) -> int:
    """Let waiting runs look at what they wait for now; `anew`: as if they had just arrived."""
    values = {"tenant": current_tenant_id(), "now": now, "runs": list(runs)}
    if not values["runs"]:
        return 0
    cursor.execute(sql.WAIT_ANEW if anew else sql.WAKE, values)
    woken: int = cursor.rowcount
    if woken and not IN_TRIAL.get():
        enqueue_on_commit(MOVE_RUNS, str(current_tenant_id()))
    return woken
