"""What is not kept for ever: explanations of runs that ended long ago, and counters by pass (ADR 44)."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from tenants.models import Tenant

KEPT: Final = timedelta(days=400)
A_TIME: Final = 5_000
MOST_TIMES: Final = 200
# Runs whose explanations are still there, the oldest first.
OLD: Final = """
SELECT h.id FROM journeys_runended AS h
WHERE h.tenant_id = %(tenant)s AND h.ended_at < %(before)s
  AND EXISTS (SELECT FROM journeys_steplog AS l WHERE l.tenant_id = %(tenant)s AND l.run_id = h.id)
ORDER BY h.ended_at LIMIT %(most)s
"""
FORGET: Final = (
    "DELETE FROM journeys_steplog WHERE tenant_id = %(tenant)s AND run_id = ANY(%(runs)s)",
    "DELETE FROM journeys_rundata WHERE tenant_id = %(tenant)s AND run_id = ANY(%(runs)s)",
    "DELETE FROM journeys_webhookcall WHERE tenant_id = %(tenant)s AND run_id = ANY(%(runs)s)",
)
REFUSALS: Final = """
DELETE FROM journeys_entryrefusal WHERE tenant_id = %(tenant)s AND id IN (
    SELECT id FROM journeys_entryrefusal WHERE tenant_id = %(tenant)s AND at < %(before)s LIMIT %(most)s)
"""
FOLD: Final = """
WITH taken AS (
    DELETE FROM journeys_stepcounter WHERE tenant_id = %(tenant)s AND day < %(today)s AND (journey_id, day) IN (
        SELECT journey_id, day FROM journeys_stepcounter WHERE tenant_id = %(tenant)s AND day < %(today)s
        GROUP BY journey_id, version_id, step, outcome, day HAVING count(*) > 1 LIMIT %(most)s)
    RETURNING journey_id, version_id, step, outcome, day, count
)
INSERT INTO journeys_stepcounter (tenant_id, journey_id, version_id, step, outcome, day, count)
SELECT %(tenant)s, journey_id, version_id, step, outcome, day, sum(count)::int FROM taken
GROUP BY journey_id, version_id, step, outcome, day
"""


def tidy(tenant: Tenant, now: datetime) -> int:
    """Fold and forget in the open scope's club, in short transactions; returns how many runs were forgotten."""
    values: dict[str, Any] = {
        "tenant": tenant.pk,
        "before": now - KEPT,
        "today": now.astimezone(tenant.zone).date(),
        "most": A_TIME,
    }
    _until_done(FOLD, values)
    _until_done(REFUSALS, values)
    forgotten = 0
    for _ in range(MOST_TIMES):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(OLD, values)
            runs = [row[0] for row in cursor.fetchall()]
            if not runs:
                break
            for statement in FORGET:
                cursor.execute(statement, {"tenant": tenant.pk, "runs": runs})
        forgotten += len(runs)
    return forgotten


def _until_done(statement: str, values: dict[str, Any]) -> None:
    for _ in range(MOST_TIMES):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            if not cursor.rowcount:
                return
