"""WAIT_UNTIL: an event or a condition, with a time-out.

Arriving leaves a subscription and comes back at once, in a second transaction: an event that was committed before the
subscription was seen is found then, every later one by the consumer of the log. A time-out is decided by the event's
own time: one that is stamped before the deadline wins, even if it is read after.
"""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Any, Final

from events.envelope import FUTURE_TOLERANCE
from journeys import clocks
from journeys.by_row import array_of
from journeys.definition.steps import Since, WaitUntil
from journeys.definition.vocabulary import activity_types
from journeys.engine import circles
from journeys.engine.conditions import decide
from journeys.engine.group import BY_A_COLLEAGUE, IN_TRIAL, Answer, Group, Spot, as_json
from journeys.engine.statements import HERE, HERE_M
from journeys.payloads import first_false, key_of

SETTLE: Final = timedelta(seconds=2)
LONGEST_SETTLE: Final = timedelta(seconds=60)
MOST_EVENTS: Final = 100
# In a circle what has let a run go on lets it go on once.
FROM_ENTRY: Final = """COALESCE((
    SELECT max((l.detail ->> 'at')::timestamptz) + interval '1 microsecond' FROM journeys_steplog AS l
    WHERE l.tenant_id = %(tenant)s AND l.run_id = {run} AND l.step = {step} AND l.outcome = 'happened'
      AND l.detail ->> 'activityId' IS NOT NULL), {entered})"""
SUBSCRIBE: Final = f"""
INSERT INTO journeys_subscription (tenant_id, run_id, profile_id, types, key, since, has_condition)
SELECT %(tenant)s, m.run_id, m.profile_id, {{types}}, m.key,
       CASE WHEN {{from_entry}}
            THEN {FROM_ENTRY.format(run="m.run_id", step="m.step", entered="m.entered_at")} ELSE %(now)s END,
       {{has_condition}}
FROM moving AS m WHERE {HERE_M}
ON CONFLICT (run_id) DO UPDATE
SET types = excluded.types, since = excluded.since, has_condition = excluded.has_condition
"""
SUBSCRIPTION: Final = {"types": "varchar[]", "from_entry": "boolean", "has_condition": "boolean"}
# Who waits at a step already, moved there or back; `journeys.places` says who.
AT_PLACE: Final = """
FROM journeys_movedrun AS m
WHERE m.tenant_id = %(tenant)s AND m.plan_id = %(plan)s AND r.tenant_id = %(tenant)s AND r.id = m.run_id
  AND r.version_id = %(version)s AND r.step = %(target)s AND r.arrived_at IS NOT NULL
"""
RESUBSCRIBE: Final = f"""
INSERT INTO journeys_subscription (tenant_id, run_id, profile_id, types, key, since, has_condition)
SELECT r.tenant_id, r.id, r.profile_id, %(types)s, r.key,
       CASE WHEN %(from_entry)s
            THEN {FROM_ENTRY.format(run="r.id", step="r.step", entered="r.entered_at")} ELSE r.arrived_at END,
       %(has_condition)s
{AT_PLACE.replace("FROM journeys_movedrun AS m", "FROM journeys_run AS r, journeys_movedrun AS m")}
ON CONFLICT (run_id) DO UPDATE
SET types = excluded.types, since = excluded.since, has_condition = excluded.has_condition
"""
WAKE_AT: Final = f"UPDATE journeys_run AS r SET due_at = %(now)s {AT_PLACE} AND r.status = 'WAITING'"
COME_BACK: Final = f"UPDATE moving SET state = 'PARK', arrived_at = %(now)s, due_at = %(now)s WHERE {HERE}"
# In a trial nothing else is committed meanwhile: they look in the same pass.
LOOK_NOW: Final = f"UPDATE moving SET resumes = true, arrived_at = %(now)s, due_at = %(now)s WHERE {HERE}"
EVENTS: Final = f"""
SELECT m.spot, m.run_id, m.key, a.type, a.occurred_at, a.metadata, a.id FROM moving AS m
JOIN journeys_subscription AS s ON s.tenant_id = %(tenant)s AND s.run_id = m.run_id
CROSS JOIN LATERAL (
    SELECT id, type, occurred_at, metadata FROM profiles_activity AS a
    WHERE a.tenant_id = %(tenant)s AND a.profile_id = m.profile_id AND a.occurred_at >= s.since
      AND a.occurred_at <= %(latest)s AND a.type = ANY(s.types)
    ORDER BY a.occurred_at LIMIT {MOST_EVENTS}
) AS a
WHERE {HERE_M} ORDER BY m.run_id, a.occurred_at
"""
ARRIVALS: Final = f"SELECT spot, run_id, arrived_at, hold = 'GO' FROM moving WHERE {HERE}"
UNSUBSCRIBE: Final = f"""
DELETE FROM journeys_subscription AS s USING moving AS m
WHERE s.tenant_id = %(tenant)s AND s.run_id = m.run_id AND {HERE_M} AND m.way IS NOT NULL
"""
# Events that came in before the deadline and are not applied yet may still decide.
UNREAD: Final = """
SELECT EXISTS (SELECT FROM events_inboxevent WHERE tenant_id = %(tenant)s AND status IN ('PENDING', 'PROCESSING')
               AND priority < 4)
"""


def subscription_of(step: WaitUntil) -> dict[str, Any]:
    """What a step waits for, as parameters: kinds of activity, from when on, and whether there is a condition."""
    return {
        "types": list(activity_types(step.event.event)) if step.event else [],
        "from_entry": step.since is Since.ENTRY,
        "has_condition": step.condition is not None,
    }


def likeness(spot: Spot, resumes: bool) -> Hashable:
    """All who arrive go together, and all who come back to ask for events alone; who may come round goes alone."""
    asks = spot.step.condition is not None
    return None if asks and (resumes or spot.definition.has_circle) else resumes


def wait_until(group: Group) -> None:
    """Arriving: subscribe and come back. Resuming: see whether it happened, or whether the time is up."""
    if not group.resumes:
        _end_who_went_round(group)
        asked = {spot.number: subscription_of(spot.step) for spot in group.spots}
        for values in asked.values():
            values["types"] = array_of(values["types"])
        group.execute_by_spot(SUBSCRIBE, SUBSCRIPTION, asked)
        group.speak()
        group.execute(LOOK_NOW if IN_TRIAL.get() else COME_BACK)
        return
    happened = _events(group)
    if group.step.condition is not None:
        happened = _conditions(group, group.step) | happened
    # A trial has heard everything that came before the moment at which it looks.
    settle = timedelta() if IN_TRIAL.get() else SETTLE
    is_unread: bool | None = False if IN_TRIAL.get() else None
    answers = []
    for number, run_id, arrived, is_let_go in group.fetch(ARRIVALS):
        spot = group.by_number[number]
        deadline = clocks.shifted(arrived, spot.step.timeout, spot.zone)
        cause = happened.get(run_id)
        if cause is not None and ("condition" in cause or cause["at"] <= deadline):
            detail = {**cause, "at": cause["at"].isoformat()}
            answers.append(Answer(run_id, way="happened", detail=detail))
            continue
        if is_let_go:
            answers.append(Answer(run_id, way="timeout", detail=BY_A_COLLEAGUE))
            continue
        settled = group.now - deadline
        if is_unread is None and SETTLE <= settled < LONGEST_SETTLE:
            [(is_unread,)] = group.fetch(UNREAD)
        if settled < settle or (is_unread and settled < LONGEST_SETTLE):
            due = max(deadline + settle, group.now + settle) if settled > timedelta() else deadline + settle
            answers.append(Answer(run_id, state="PARK", due_at=due))
        else:
            answers.append(Answer(run_id, way="timeout", detail={"deadline": deadline.isoformat()}))
    group.answer(answers)
    if any(one.way for one in answers):
        group.execute(UNSUBSCRIBE)


def _end_who_went_round(group: Group) -> None:
    """A condition that holds is waited for once: whoever comes round at once would go on for ever."""
    if group.step.condition is None:
        return
    before = circles.came_round(group)
    ending = [circles.ended(run) for run, at in before.items() if circles.is_at_once(group, at)]
    if ending:
        group.answer(ending)


def _events(group: Group) -> dict[int, dict[str, Any]]:
    """Run → the first event that counts."""
    if all(spot.step.event is None for spot in group.spots):
        return {}
    found: dict[int, dict[str, Any]] = {}
    # A sender's clock may be ahead; a trial knows nothing that its own clock has not reached.
    latest = group.now if IN_TRIAL.get() else group.now + FUTURE_TOLERANCE
    for number, run_id, key, kind, at, metadata, activity_id in group.fetch(EVENTS, latest=latest):
        spot, payload = group.by_number[number], as_json(metadata) or {}
        event = spot.step.event
        if run_id in found or event is None or first_false(event.where, payload) is not None:
            continue
        if event.same_key and not has_key(payload, key, spot.definition.key_paths):
            continue
        found[run_id] = {"event": kind, "at": at, "activityId": activity_id}
    return found


def has_key(payload: dict[str, Any], key: str, paths: tuple[str, ...]) -> bool:
    """Whether an event is about the business object of a run."""
    return key != "" and any(key_of(payload, path) == key for path in paths)


def _conditions(group: Group, step: WaitUntil) -> dict[int, dict[str, Any]]:
    decided = decide(
        step.condition, group.tenant, group.now, among=f"SELECT m.profile_id FROM moving AS m WHERE {HERE_M}"
    )
    rows = group.fetch(
        f"SELECT m.run_id FROM moving AS m JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s"
        f" AND p.id = m.profile_id WHERE {HERE_M} AND {decided.holds}",
        **decided.params,
    )
    at: datetime = group.now
    return {run_id: {"condition": True, "at": at} for (run_id,) in rows}
