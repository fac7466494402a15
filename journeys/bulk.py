"""What staff do with many people under way at once: to another step, on, or out; each can be taken back.

Nothing is lost in between: where everybody stood is kept, and whoever has gone on since stays where they are. Who was
ended comes back with the next number of moves, so that the exit stays in the story and no message key is used again.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from events.debounce import enqueue_on_commit
from journeys.engine.holding import end_runs
from journeys.entering import MOVE_RUNS
from journeys.errors import NothingToDo
from journeys.models import Journey, JourneyVersion, MoveAct, MovedRun, MovePlan
from journeys.places import AS_IT_STOOD, come_back, hashed, leave
from journeys.versions import definition_of
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.errors import InvalidError

MOST: Final = 100_000
# Why runs end by an act of staff, and by what they chose at a publication.
BY_HAND: Final = "BY_HAND"
CHANGED: Final = "JOURNEY_CHANGED"
REMEMBER: Final = """
INSERT INTO journeys_movedrun (tenant_id, plan_id, run_id, version_id, step, due_at, arrived_at, status, hold, moves)
SELECT %(tenant)s, %(plan)s, id, version_id, step, due_at, arrived_at, status, hold, moves FROM journeys_run
WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s AND status <> 'SUSPENDED'
  AND (%(step)s = '' OR step = %(step)s) AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s))
  AND (%(versions)s::bigint[] IS NULL OR version_id = ANY(%(versions)s))
ORDER BY id LIMIT %(most)s
FOR UPDATE
"""
MINE: Final = """
WHERE r.tenant_id = %(tenant)s AND r.id = ANY(ARRAY(
    SELECT run_id FROM journeys_movedrun WHERE tenant_id = %(tenant)s AND plan_id = %(plan)s))
"""
GO: Final = f"UPDATE journeys_run AS r SET due_at = %(now)s, status = 'WAITING', hold = 'GO' {MINE}"
MOVE: Final = f"""
UPDATE journeys_run AS r
SET step = %(target)s, arrived_at = NULL, due_at = %(now)s, status = 'WAITING', hold = '' {MINE}
"""
RETURN: Final = f"""
UPDATE journeys_run AS r SET {AS_IT_STOOD} FROM journeys_movedrun AS m
WHERE m.tenant_id = %(tenant)s AND m.plan_id = %(plan)s AND r.tenant_id = %(tenant)s AND r.id = m.run_id
  AND r.moves = m.moves
"""
# Who was ended by a plan. Of two whose people have become one meanwhile, one sleeps, as after a merge.
REVIVE: Final = """
WITH back AS (
    DELETE FROM journeys_runended AS h USING journeys_movedrun AS m
    WHERE m.tenant_id = %(tenant)s AND m.plan_id = %(plan)s AND h.tenant_id = %(tenant)s AND h.id = m.run_id
      AND h.reason = ANY(%(reasons)s) AND EXISTS (
        SELECT FROM profiles_customerprofile AS p
        WHERE p.tenant_id = %(tenant)s AND p.id = h.profile_id AND p.status NOT IN ('DELETED', 'MERGED'))
      AND NOT EXISTS (
        SELECT FROM journeys_run AS r WHERE r.tenant_id = %(tenant)s AND r.journey_id = h.journey_id
          AND r.profile_id = h.profile_id AND r.key = h.key AND r.status <> 'SUSPENDED')
    RETURNING h.id, h.journey_id, h.version_id, h.profile_id, h.origin_profile_id, h.key, h.moves, h.sent,
              h.entered_at, m.step, m.due_at, m.arrived_at, m.status, m.hold
), one AS (
    SELECT back.*, row_number() OVER (
        PARTITION BY journey_id, profile_id, key ORDER BY sent DESC, entered_at, id) AS nth FROM back
)
INSERT INTO journeys_run (tenant_id, id, journey_id, version_id, profile_id, origin_profile_id, key, step, moves, sent,
                          entered_at, due_at, arrived_at, status, hold)
SELECT %(tenant)s, id, journey_id, version_id, profile_id, origin_profile_id, key, step, moves + 1, sent, entered_at,
       due_at, arrived_at, CASE WHEN nth > 1 THEN 'SUSPENDED' WHEN hold = 'PAUSED' THEN 'WAITING' ELSE status END,
       CASE WHEN nth > 1 OR hold = 'PAUSED' THEN '' ELSE hold END
FROM one
"""


def act_on_runs(
    journey: Journey,
    act: str,
    *,
    ids: Collection[int] | None = None,
    step: str = "",
    target: str = "",
    now: datetime | None = None,
) -> MovePlan:
    """MOVE to `target`, END or let GO the chosen (`ids`; None: everybody, at `step` where it is given).

    Raises NothingToDo where nobody is, InvalidError for an unknown act or step.
    """
    if act not in (MoveAct.MOVE, MoveAct.END, MoveAct.GO):
        raise InvalidError("Choose MOVE, END or GO.", field="act")
    now = now or timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        plan: MovePlan = MovePlan.objects.create(
            tenant_id=journey.tenant_id,
            journey_id=journey.pk,
            act=act,
            to_version_id=journey.version_id,
            choices={"step": step, "target": target},
            made_by_name=current_actor().name,
        )
        values: dict[str, Any] = {
            "tenant": journey.tenant_id, "journey": journey.pk, "plan": plan.pk, "now": now, "step": step,
            "target": target, "ids": None if ids is None else list(ids), "most": MOST,
            "versions": _versions_with(journey, target) if act == MoveAct.MOVE else None,
        }  # fmt: skip
        cursor.execute(REMEMBER, values)
        plan.moved = cursor.rowcount
        if not plan.moved:
            raise NothingToDo("Nobody is there.")
        if act == MoveAct.END:
            runs = MovedRun.objects.filter(plan_id=plan.pk).values_list("run_id", flat=True)
            end_runs(((one, BY_HAND) for one in list(runs)), now=now)
        else:
            if act == MoveAct.MOVE:
                leave(cursor, {"tenant": journey.tenant_id, "plan": plan.pk})
            cursor.execute(MOVE if act == MoveAct.MOVE else GO, values)
            enqueue_on_commit(MOVE_RUNS, str(journey.tenant_id))
        plan.save()
        log_action(
            f"journey.people_{act.lower()}", subject_kind="journey", subject_id=journey.pk,
            details={"runs": plan.moved},
        )  # fmt: skip
    return plan


def revive(cursor: Any, values: dict[str, Any]) -> int:
    """Whoever a plan has ended goes on where they stood (`tenant`, `plan`); returns how many."""
    with hashed(cursor):
        cursor.execute(REVIVE, values | {"reasons": [BY_HAND, CHANGED]})
        revived: int = cursor.rowcount
    return revived


def take_back_act(plan: MovePlan, *, now: datetime) -> int:
    """Undo such an act for whoever has not gone on; inside the transaction of the caller. Returns for how many."""
    values: dict[str, Any] = {"tenant": plan.tenant_id, "plan": plan.pk, "now": now}
    with connection.cursor() as cursor:
        if plan.act == MoveAct.END:
            returned = revive(cursor, values)
        else:
            with hashed(cursor):
                cursor.execute(RETURN, values)
                returned = cursor.rowcount
        if plan.act != MoveAct.GO:
            come_back(cursor, values, plan.journey_id)
    return returned


def _versions_with(journey: Journey, step: str) -> list[int]:
    """Versions that have the step; raises InvalidError where none has."""
    ids = JourneyVersion.objects.filter(journey_id=journey.pk).values_list("pk", flat=True)
    found = [one for one in ids if step in definition_of(one).by_id]
    if not found:
        raise InvalidError("Choose a step of the journey.", field="target")
    return found
