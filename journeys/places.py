"""What a run leaves at the step it is moved away from, and finds there when it comes back.

At a message: the one that waits is taken back. At a wait for something to happen: the subscription. Who comes back
subscribes anew and looks at what has happened meanwhile; a message that was taken back is planned again, under the next
number of moves, so that no key is used twice. The runs are those of a plan, as `journeys_movedrun` remembers them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from journeys.definition.steps import WaitUntil
from journeys.engine.awaiting import RESUBSCRIBE, WAKE_AT, subscription_of
from journeys.engine.holding import LEFT
from journeys.models import JourneyVersion
from journeys.versions import definition_of
from messaging.holds import CALL_OFF, MAY_BE_CALLED_OFF

KEY: Final = "'journey:' || m.run_id || ':' || m.step || ':' || m.moves"
OF_PLAN: Final = "m.tenant_id = %(tenant)s AND m.plan_id = %(plan)s"
# `from` null: whatever version and step. OFFSET 0: each message is looked up by its key.
TAKE_BACK: Final = f"""{CALL_OFF}
FROM (
    SELECT found.id FROM journeys_movedrun AS m CROSS JOIN LATERAL (
        SELECT f.id FROM messaging_delivery AS f WHERE f.tenant_id = %(tenant)s AND f.key = {KEY} OFFSET 0
    ) AS found
    WHERE {OF_PLAN} AND m.arrived_at IS NOT NULL
      AND (%(from)s::bigint IS NULL OR m.version_id = %(from)s AND m.step = %(step)s)
) AS mine
WHERE d.tenant_id = %(tenant)s AND d.id = mine.id AND {MAY_BE_CALLED_OFF}
"""
UNSUBSCRIBE: Final = f"""
DELETE FROM journeys_subscription AS s USING journeys_movedrun AS m
WHERE s.tenant_id = %(tenant)s AND {OF_PLAN} AND s.run_id = m.run_id
  AND (%(from)s::bigint IS NULL OR m.version_id = %(from)s AND m.step = %(step)s)
"""
# Where a run stood, for `UPDATE journeys_run AS r SET … FROM journeys_movedrun AS m`. What a merge, an unmerge or the
# end of a pause has decided since stays decided.
AS_IT_STOOD: Final = f"""
    step = m.step, due_at = COALESCE(m.due_at, %(now)s), arrived_at = m.arrived_at,
    status = CASE WHEN 'SUSPENDED' IN (r.status, m.status) THEN r.status WHEN m.hold = 'PAUSED' THEN 'WAITING'
                  ELSE m.status END,
    hold = CASE WHEN 'SUSPENDED' IN (r.status, m.status) THEN r.hold WHEN m.hold = 'PAUSED' THEN '' ELSE m.hold END,
    moves = r.moves + CASE WHEN EXISTS (
        SELECT FROM messaging_delivery AS d WHERE d.tenant_id = %(tenant)s AND d.key = {KEY} AND d.status = 'SKIPPED'
          AND d.reason = '{LEFT}' OFFSET 0) THEN 1 ELSE 0 END
"""


@contextmanager
def hashed(cursor: Any) -> Iterator[None]:
    """Joins by hash in this block.

    Of rows that were remembered a moment ago the planner knows nothing, takes them for one, and would read all of them
    once for each run: fifty thousand took minutes.
    """
    cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    cursor.execute("SET LOCAL enable_nestloop = on")


def leave(cursor: Any, values: dict[str, Any]) -> None:
    """Before runs are moved away: of a plan (`tenant`, `plan`), or of those at one place (`from`, `step`) in it."""
    place = {"from": None, "step": ""} | values
    cursor.execute(TAKE_BACK, place | {"reason": LEFT})
    with hashed(cursor):
        cursor.execute(UNSUBSCRIBE, place)


def come_to(
    cursor: Any, values: dict[str, Any], version_id: int, step: WaitUntil, *, wakes: bool = False
) -> None:
    """Runs of a plan that wait at a step for something to happen wait for what the step says.

    `wakes`: what has happened since they came there is looked at now.
    """
    place = {**values, "version": version_id, "target": step.id, **subscription_of(step)}
    with hashed(cursor):
        cursor.execute(RESUBSCRIBE, place)
        if wakes:
            cursor.execute(WAKE_AT, place)


def come_back(cursor: Any, values: dict[str, Any], journey_id: UUID) -> None:
    """After runs of a plan were put where they stood (`tenant`, `plan`, `now`)."""
    with hashed(cursor):
        cursor.execute(UNSUBSCRIBE, {"from": None, "step": ""} | values)
    for version_id in JourneyVersion.objects.filter(journey_id=journey_id).values_list("pk", flat=True):
        for step in definition_of(version_id).steps:
            if isinstance(step, WaitUntil):
                come_to(cursor, values, version_id, step, wakes=True)
