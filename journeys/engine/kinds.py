"""What each kind of step does, for all who stand at it at once."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from journeys import entering
from journeys.definition.steps import (
    Condition,
    Did,
    Enrol,
    MessageDid,
    Notify,
    Split,
    Update,
)
from journeys.engine import awaiting, sending
from journeys.engine.conditions import decide
from journeys.engine.group import IN_TRIAL, Answer, Group, Spot, as_json, chance_of
from journeys.engine.statements import END, HERE, HERE_M
from journeys.engine.waits import wait
from journeys.payloads import at_path, first_false
from journeys.trial_tables import update_people
from messaging.readers import reader_of
from messaging.rendering import render, values_for
from profiles.models import CustomerProfile
from profiles.recording import open_notes, store_notes
from profiles.representation import customer_fields
from profiles.tagging import change_stage, change_tags
from segments.lists import add_members, remove_members
from tenants.models import Tenant
from tenants.postgresql.staging import StagingTable

BUCKETS: Final = 10_000
LONGEST_TITLE, LONGEST_WHY = 200, 1000
# The same as `bucket_of`; mirrored in tests.
BUCKET: Final = f"(('x' || substr(md5(m.profile_id::text || {{salt}}), 1, 8))::bit(32)::bigint %% {BUCKETS})"
DIDS: Final[Mapping[Did, str]] = {
    Did.DELIVERED: "d.delivered_at IS NOT NULL OR d.status = 'DELIVERED'",
    Did.OPENED: "d.opened_at IS NOT NULL OR d.clicked_at IS NOT NULL",
    Did.CLICKED: "d.clicked_at IS NOT NULL",
    Did.SKIPPED: "d.status = 'SKIPPED'",
    Did.FAILED: "d.status = 'FAILED' OR d.bounced_at IS NOT NULL",
}
ASK_RULE: Final = """
UPDATE moving AS m
SET way = CASE WHEN {holds} THEN 'yes' ELSE 'no' END, outcome = CASE WHEN {holds} THEN 'yes' ELSE 'no' END,
    detail = jsonb_strip_nulls(jsonb_build_object('part', %(parts)s::jsonb -> a.index, 'value', a.value))
FROM (
    SELECT m.run_id, {index} AS index, {value} AS value
    FROM moving AS m JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = m.profile_id
    WHERE {here_m}
) AS a
WHERE m.run_id = a.run_id
"""
LEAVE_UNMATCHED: Final = """
UPDATE moving AS m
SET state = 'EXITED', reason = 'STOPPED_MATCHING', outcome = 'EXITED',
    detail = jsonb_strip_nulls(jsonb_build_object('part', %(parts)s::jsonb -> GREATEST(a.index, 0), 'value', a.value))
FROM (
    SELECT m.run_id, {index} AS index, {value} AS value, {holds} AS holds
    FROM moving AS m JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = m.profile_id
    WHERE {here_m}
) AS a
WHERE m.run_id = a.run_id AND NOT a.holds
"""
ASK_PAYLOAD: Final = f"""
SELECT m.run_id, COALESCE(d.data, '{{}}') || COALESCE(d.variables, '{{}}') FROM moving AS m
LEFT JOIN journeys_rundata AS d ON d.tenant_id = %(tenant)s AND d.run_id = m.run_id
WHERE {HERE_M} AND m.way = 'yes'
"""
ASK_MESSAGE: Final = """
UPDATE moving AS m
SET way = 'no', outcome = 'no', detail = jsonb_build_object('message', %(asked)s::text, 'did', false)
WHERE {here_m} AND m.way = 'yes' AND NOT EXISTS (
    SELECT FROM journeys_steplog AS l CROSS JOIN LATERAL (
        SELECT d.* FROM messaging_delivery AS d
        WHERE d.tenant_id = %(tenant)s AND d.key = 'journey:' || l.run_id || ':' || l.step || ':' || l.move OFFSET 0
    ) AS d
    WHERE l.tenant_id = %(tenant)s AND l.run_id = m.run_id AND l.step = %(asked)s AND ({did}))
"""
SPLIT_WAYS: Final = f"UPDATE moving AS m SET way = {{case}}, outcome = {{case}} WHERE {HERE_M}"
TASKS: Final = f"""
INSERT INTO journeys_task (id, tenant_id, profile_id, origin_profile_id, title, reason, owner_id, due_on, status,
                           source, source_key, value_cents, created_by_name, outcome, note, closed_by_name)
SELECT gen_random_uuid(), %(tenant)s, m.profile_id, m.profile_id, COALESCE(w.title, %(title)s),
       COALESCE(w.reason, %(reason)s),
       (SELECT u.id FROM tenants_user AS u JOIN tenants_membership AS s ON s.user_id = u.id AND s.tenant_id = %(tenant)s
        WHERE u.username = %(owner)s), %(due_on)s, 'OPEN', 'JOURNEY', m.run_id || ':' || m.step || ':' || m.moves,
       GREATEST(p.lifetime_value_cents, 0), j.name, '', '', ''
FROM moving AS m
JOIN journeys_journey AS j ON j.tenant_id = %(tenant)s AND j.id = m.journey_id
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = m.profile_id
LEFT JOIN task_words AS w ON w.run_id = m.run_id
WHERE {HERE_M}
ON CONFLICT (tenant_id, source_key) WHERE source_key <> '' DO NOTHING
"""
# What the texts of a task become for each person, where they name something.
TASK_WORDS: Final = StagingTable("task_words", "run_id bigint, title text, reason text")
CONVERT: Final = f"""
INSERT INTO journeys_conversion (tenant_id, journey_id, subject, subject_id, profile_id, value_cents, at)
SELECT %(tenant)s, m.journey_id, 'RUN', m.run_id, m.profile_id, 0, %(now)s FROM moving AS m WHERE {HERE_M}
ON CONFLICT ON CONSTRAINT journeys_conversion_subject_uq DO NOTHING
"""
CALLS: Final = f"""
INSERT INTO journeys_webhookcall (tenant_id, run_id, move, version_id, step, body, status, attempts, due_at, give_up_at,
                                  error)
SELECT %(tenant)s, m.run_id, m.moves, m.version_id, m.step, '{{}}', 'PENDING', 0, %(now)s, {{give_up}}, ''
FROM moving AS m WHERE {HERE_M}
ON CONFLICT ON CONSTRAINT journeys_webhookcall_move_uq DO NOTHING
"""
AT_ONCE: Final = timedelta(minutes=5)
WITH_DATA: Final = f"""
SELECT m.spot, m.run_id, m.profile_id, m.key, m.entered_at, d.data, d.variables FROM moving AS m
LEFT JOIN journeys_rundata AS d ON d.tenant_id = %(tenant)s AND d.run_id = m.run_id
WHERE {HERE_M} ORDER BY m.run_id
"""
ANSWERS: Final = f"""
SELECT m.run_id, c.status, c.answer, c.error FROM moving AS m
LEFT JOIN journeys_webhookcall AS c ON c.tenant_id = %(tenant)s AND c.run_id = m.run_id AND c.move = m.moves
WHERE {HERE_M}
"""
KEEP_ANSWERS: Final = """
UPDATE journeys_rundata AS d SET variables = d.variables || c.answer
FROM moving AS m JOIN journeys_webhookcall AS c ON c.tenant_id = %(tenant)s AND c.run_id = m.run_id AND c.move = m.moves
WHERE d.tenant_id = %(tenant)s AND d.run_id = m.run_id AND c.status = 'DONE' AND jsonb_typeof(c.answer) = 'object'
  AND m.spot = ANY(%(spots)s::int[])
"""
# OFFSET 0: from each run to its journey, and not from each journey to all runs.
NOTE_ENDED: Final = """
INSERT INTO noted_activity (profile_id, occurred_at, type, category, source_event_id, title, metadata)
SELECT m.profile_id, %(now)s, CASE WHEN m.state = 'COMPLETED' THEN 'JOURNEY_COMPLETED' ELSE 'JOURNEY_EXITED' END,
       'JOURNEY', 'journey:' || m.run_id || ':ended',
       CASE WHEN m.state = 'COMPLETED' THEN 'Finished the journey ' ELSE 'Left the journey ' END || j.name,
       jsonb_strip_nulls(jsonb_build_object('journeyId', m.journey_id, 'runId', m.run_id,
                                            'reason', NULLIF(m.reason, '')))
FROM moving AS m CROSS JOIN LATERAL (
    SELECT id, name FROM journeys_journey WHERE tenant_id = %(tenant)s AND id = m.journey_id OFFSET 0) AS j
WHERE m.state IN ('COMPLETED', 'EXITED', 'FAILED')
"""


def condition(group: Group) -> None:
    """All parts must hold; the first that does not is kept."""
    step = group.step
    assert isinstance(step, Condition)  # noqa: S101 - by kind
    if step.rule is not None:
        ask_rule(group, step.rule)
    else:
        group.go("yes")
    if step.where:
        rows = group.fetch(ASK_PAYLOAD)
        _say_no(group, step, rows)
    if step.message is not None:
        _ask_message(group, step.message)


def ask_rule(group: Group, rule: Mapping[str, Any]) -> None:
    """Set the way to yes or no by a rule about the person."""
    among = f"SELECT m.profile_id FROM moving AS m WHERE {HERE_M}"
    decided = decide(rule, group.tenant, group.now, among=among)
    statement = ASK_RULE.format(
        holds=("a.index = -1" if decided.holds_by_default else "a.index >= 0"),
        index=decided.place,
        value=decided.value,
        here_m=HERE_M,
    )
    group.execute(statement, parts=orjson.dumps(decided.parts, default=str).decode(), **decided.params)


def leave_unmatched(group: Group) -> None:
    """Whoever no longer fulfils the condition of the journey leaves, with the part that decided."""
    among = f"SELECT m.profile_id FROM moving AS m WHERE {HERE_M}"
    decided = decide(group.definition.matching, group.tenant, group.now, among=among)
    statement = LEAVE_UNMATCHED.format(
        index=decided.place, value=decided.value, holds=decided.holds, here_m=HERE_M
    )
    group.execute(statement, parts=orjson.dumps(decided.parts, default=str).decode(), **decided.params)


def _say_no(group: Group, step: Condition, rows: list[tuple[Any, ...]]) -> None:
    answers = []
    for run_id, payload in rows:
        values = as_json(payload) or {}
        failed = first_false(step.where, values)
        if failed is not None:
            detail = {
                "part": failed.model_dump(mode="json", by_alias=True),
                "value": at_path(values, failed.path),
            }
            answers.append(Answer(run_id, way="no", detail=detail))
    if answers:
        group.answer(answers)


def _ask_message(group: Group, asked: MessageDid) -> None:
    statement = ASK_MESSAGE.replace("{here_m}", HERE_M).replace("{did}", DIDS[asked.did])
    group.execute(statement, asked=asked.step)


def split(group: Group) -> None:
    """Into 10,000 buckets by hash: sticky, and changed weights move only the buckets between the borders."""
    ways = {spot.number: _way_by_chance(spot.step) for spot in group.spots}
    way = ways[group.spots[0].number]
    if len(set(ways.values())) > 1:
        cases = " ".join(f"WHEN {number} THEN {one}" for number, one in ways.items())
        way = f"CASE m.spot {cases} END"
    salts = {spot.number: {"salt": f":{chance_of(spot.journey_id)}:{spot.step.id}"} for spot in group.spots}
    group.execute_by_spot(SPLIT_WAYS.replace("{case}", way), {"salt": "text"}, salts)


def _way_by_chance(step: Split) -> str:
    """The branch in whose part of the buckets somebody is, as SQL."""
    cases = " ".join(f"WHEN {BUCKET} < {border} THEN '{branch}'" for branch, border in borders(step))
    last = [branch.id for branch in step.branches if branch.weight][-1]
    return f"CASE {cases} ELSE '{last}' END"


def borders(step: Split) -> Iterator[tuple[str, int]]:
    """(branch, first bucket that is not its own), in order; the ids are of a safe shape."""
    total = sum(branch.weight for branch in step.branches)
    reached = 0
    for branch in step.branches:
        reached += branch.weight
        if branch.weight:
            yield branch.id, round(BUCKETS * reached / total)


def update(group: Group) -> None:
    """Tags, stage, lists, of all at once."""
    step = group.step
    assert isinstance(step, Update)  # noqa: S101 - by kind
    people = sorted({row[0] for row in group.fetch(f"SELECT profile_id FROM moving WHERE {HERE}")})
    if IN_TRIAL.get():
        update_people(group.cursor, group.tenant.pk, people, step)
        group.go("next", "UPDATED")
        return
    if step.add_tags or step.remove_tags:
        change_tags(group.cursor, group.tenant.pk, people, add=step.add_tags, remove=step.remove_tags)
    if step.stage:
        change_stage(group.cursor, group.tenant.pk, people, step.stage)
    for segment in step.add_to:
        add_members(UUID(segment), people)
    for segment in step.take_from:
        remove_members(UUID(segment), people)
    group.go("next", "UPDATED")


def webhook(group: Group) -> None:
    """Leave a call behind and wait for its answer."""
    if IN_TRIAL.get():
        group.go("next", "NOT_CALLED")
        return
    if not group.resumes:
        give_up = {
            spot.number: group.now + timedelta(hours=spot.step.retry_for_hours) for spot in group.spots
        }
        values = {number: {"give_up": moment.isoformat()} for number, moment in give_up.items()}
        group.execute_by_spot(CALLS, {"give_up": "timestamptz"}, values)
        group.park({number: moment + timedelta(minutes=5) for number, moment in give_up.items()})
        return
    group.execute(KEEP_ANSWERS)
    group.answer(
        Answer(run_id, way="next", outcome="ANSWERED", detail={"note": error} if error else None)
        if status == "DONE"
        else Answer(run_id, state="PARK", due_at=group.now + timedelta(minutes=5))
        if status == "PENDING"
        else Answer(run_id, way="failed", outcome="FAILED_CALL", detail={"error": error or "No answer."})
        for run_id, status, _, error in group.fetch(ANSWERS)
    )


def notify(group: Group) -> None:
    """A task for a colleague, once a run and visit."""
    step = group.step
    assert isinstance(step, Notify)  # noqa: S101 - by kind
    day = group.now.astimezone(group.tenant.zone).date() + timedelta(days=step.due_in_days)
    TASK_WORDS.fill(group.cursor, list(_task_words(group, step)))
    group.execute(TASKS, title=step.title, reason=step.reason, owner=step.owner, due_on=day)
    group.go("next", "TASK_MADE")


def _task_words(group: Group, step: Notify) -> Iterator[tuple[int, str, str]]:
    """Run, title and reason; nothing where the texts are the same for all."""
    if "{{" not in step.title + step.reason and "{%" not in step.title + step.reason:
        return
    rows = group.fetch(WITH_DATA)
    people = CustomerProfile.objects.in_bulk({row[2] for row in rows})
    for _, run_id, person, key, entered, data, variables in rows:
        run = (as_json(variables) or {}) | {"key": key, "enteredAt": entered.isoformat()}
        values = values_for(
            customer_fields(people[person]),
            club={"name": group.tenant.name},
            extra={"event": as_json(data) or {}, "run": run},
            reader=reader_of(group.tenant),
        )
        title = render(step.title, values).strip() or step.id
        yield run_id, title[:LONGEST_TITLE], render(step.reason, values)[:LONGEST_WHY]


def enrol(group: Group) -> None:
    """Into another journey, by its own rules."""
    step = group.step
    assert isinstance(step, Enrol)  # noqa: S101 - by kind
    rows = group.fetch(WITH_DATA)
    here = [
        entering.Coming(
            person,
            key,
            as_json(data) or {},
            _path(group.by_number[number], group.now, as_json(variables) or {}, entered),
        )
        for number, _, person, key, entered, data, variables in rows
    ]
    verdicts = entering.enter_by_journey(step.journey, here, now=group.now)
    group.answer(
        Answer(row[1], way="next", outcome="ENROLLED")
        if verdict == entering.ENTERED
        else Answer(row[1], way="next", outcome="NOT_ENROLLED", detail={"reason": verdict})
        for row, verdict in zip(rows, verdicts, strict=True)
    )


def _path(spot: Spot, now: datetime, variables: Mapping[str, Any], entered: datetime) -> list[str]:
    """The journeys through which somebody came here without waiting: a circle of them must end."""
    if now - entered >= AT_ONCE:
        return []
    before = variables.get(entering.PATH)
    return [*(before if isinstance(before, list) else []), str(spot.journey_id)]


def goal(group: Group) -> None:
    """A conversion; counted once a run."""
    group.execute(CONVERT)
    group.go("next", "GOAL")


def leave(group: Group) -> None:
    """Out, with the reason of the step."""
    reasons = {spot.number: {"reason": spot.step.reason or "EXIT_STEP"} for spot in group.spots}
    group.execute_by_spot(END, {"reason": "text"}, reasons)


def note_on_timeline(cursor: Any, tenant: Tenant, now: datetime) -> None:
    """A row for each run of the pass that ended."""
    open_notes(cursor)
    cursor.execute(NOTE_ENDED, {"tenant": tenant.pk, "now": now})
    store_notes(cursor, tenant.pk)


HANDLERS: Final[Mapping[str, Callable[[Group], None]]] = {
    "SEND": sending.send,
    "WAIT": wait,
    "WAIT_UNTIL": awaiting.wait_until,
    "CONDITION": condition,
    "SPLIT": split,
    "UPDATE": update,
    "WEBHOOK": webhook,
    "NOTIFY": notify,
    "ENROL": enrol,
    "GOAL": goal,
    "EXIT": leave,
}
