"""Merge and unmerge: runs follow the person; of two live runs of one journey and key one is suspended at its step.

The one that has sent more stays, then the older. The result depends only on who belongs to whom now, so that it is the
same whatever happened before: an unmerge gives both back.
"""

from typing import Any, Final
from uuid import UUID

from journeys.engine.holding import LEFT
from messaging.holds import CALL_OFF, MAY_BE_CALLED_OFF

SUSPEND_ALL: Final = """
UPDATE journeys_run AS r SET status = 'SUSPENDED', hold = ''
FROM merge_member AS m
WHERE r.tenant_id = %(tenant)s AND r.profile_id = m.old_id AND r.origin_profile_id = m.profile_id
"""
MOVE: Final = """
UPDATE journeys_run AS r SET profile_id = m.new_id
FROM merge_member AS m
WHERE r.tenant_id = %(tenant)s AND r.profile_id = m.old_id AND r.origin_profile_id = m.profile_id
  AND m.new_id <> m.old_id
"""
REVIVE: Final = """
UPDATE journeys_run AS r SET status = 'WAITING', due_at = COALESCE(r.due_at, now())
WHERE r.tenant_id = %(tenant)s AND r.status = 'SUSPENDED' AND r.id = ANY(ARRAY(
    SELECT DISTINCT ON (x.journey_id, x.profile_id, x.key) x.id FROM journeys_run AS x
    WHERE x.tenant_id = %(tenant)s AND x.profile_id IN (SELECT new_id FROM merge_member)
    ORDER BY x.journey_id, x.profile_id, x.key, x.sent DESC, x.entered_at, x.id))
"""
# What waits of those that sleep now is taken back, and planned anew should they wake: under the next number of moves.
TAKE_BACK: Final = f"""
WITH called AS ({CALL_OFF}
    FROM (
        SELECT found.id, r.id AS run_id FROM journeys_run AS r CROSS JOIN LATERAL (
            SELECT f.id FROM messaging_delivery AS f
            WHERE f.tenant_id = %(tenant)s AND f.key = 'journey:' || r.id || ':' || r.step || ':' || r.moves OFFSET 0
        ) AS found
        WHERE r.tenant_id = %(tenant)s AND r.profile_id IN (SELECT new_id FROM merge_member)
          AND r.status = 'SUSPENDED' AND r.arrived_at IS NOT NULL
    ) AS mine
    WHERE d.tenant_id = %(tenant)s AND d.id = mine.id AND {MAY_BE_CALLED_OFF}
    RETURNING mine.run_id, d.status
)
UPDATE journeys_run AS r SET moves = r.moves + 1 FROM called
WHERE r.tenant_id = %(tenant)s AND r.id = called.run_id AND called.status = 'SKIPPED'
"""
SIDES: Final = """
UPDATE {table} AS t SET profile_id = r.profile_id
FROM journeys_run AS r
WHERE t.tenant_id = %(tenant)s AND r.tenant_id = %(tenant)s AND t.run_id = r.id AND t.profile_id <> r.profile_id
  AND r.profile_id IN (SELECT new_id FROM merge_member)
"""
ENDED: Final = """
UPDATE journeys_runended AS r SET profile_id = m.new_id
FROM merge_member AS m
WHERE r.tenant_id = %(tenant)s AND r.profile_id = m.old_id AND r.origin_profile_id = m.profile_id
  AND m.new_id <> m.old_id
"""
# The merged person is another one than before: whoever waits for something looks again.
WAKE: Final = """
UPDATE journeys_run AS r SET due_at = now()
FROM journeys_subscription AS s
WHERE s.tenant_id = %(tenant)s AND r.tenant_id = %(tenant)s AND s.run_id = r.id AND r.status = 'WAITING'
  AND r.due_at > now() AND s.profile_id IN (SELECT new_id FROM merge_member)
"""


def merge_runs(cursor: Any, tenant_id: UUID) -> None:
    """Called inside the merge's transaction, with `merge_member` filled."""
    for statement in (
        SUSPEND_ALL,
        MOVE,
        REVIVE,
        TAKE_BACK,
        SIDES.format(table="journeys_rundata"),
        SIDES.format(table="journeys_subscription"),
        ENDED,
        WAKE,
    ):
        cursor.execute(statement, {"tenant": tenant_id, "reason": LEFT})
