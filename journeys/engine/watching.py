"""The watchdog: who stands still, where, since when and why."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection

from journeys.models import Journey
from tenants.scope import current_tenant_id

PATIENCE: Final = timedelta(minutes=5)
RECENT: Final = timedelta(days=1)
STANDING: Final = """
SELECT journey_id, 'LATE', count(*), min(due_at) FROM journeys_run
WHERE tenant_id = %(tenant)s AND status = 'WAITING' AND due_at < %(before)s GROUP BY journey_id
UNION ALL
SELECT journey_id, hold, count(*), min(due_at) FROM journeys_run
WHERE tenant_id = %(tenant)s AND status = 'HELD' AND hold IN ('OVERDUE', 'FLOOD') GROUP BY journey_id, hold
UNION ALL
SELECT j.id, 'FAILED', count(*), min(r.ended_at) FROM journeys_journey AS j CROSS JOIN LATERAL (
    SELECT h.status, h.ended_at FROM journeys_runended AS h
    WHERE h.tenant_id = %(tenant)s AND h.journey_id = j.id AND h.ended_at > %(recent)s OFFSET 0) AS r
WHERE j.tenant_id = %(tenant)s AND r.status = 'FAILED' GROUP BY j.id
"""


class Standing(NamedTuple):
    """So many people of a journey; `why`: LATE (due and not moved), OVERDUE, FLOOD (held for staff), FAILED."""

    journey: Journey
    why: str
    people: int
    since: datetime


def standing(now: datetime) -> list[Standing]:
    """Everybody in the open scope's club who stands still, most first."""
    values: dict[str, Any] = {
        "tenant": current_tenant_id(), "before": now - PATIENCE, "recent": now - RECENT,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(STANDING, values)
        rows = cursor.fetchall()
    journeys = Journey.objects.in_bulk({row[0] for row in rows})
    found = [Standing(journeys[pk], why, count, since) for pk, why, count, since in rows if pk in journeys]
    return sorted(found, key=lambda one: -one.people)


def overdue(now: datetime) -> list[tuple[Journey, int]]:
    """Journeys with runs that are due and were not moved for five minutes."""
    return [(one.journey, one.people) for one in standing(now) if one.why == "LATE"]
