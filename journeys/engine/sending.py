"""SEND: candidates for the ledger, whose planner decides; in the same transaction as the move."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Any, Final

from journeys.by_row import array_of
from journeys.definition import Definition
from journeys.definition.steps import MessageClass, OnQuiet, Send
from journeys.engine.group import IN_TRIAL, Group, Spot
from journeys.engine.statements import HERE, HERE_M
from journeys.versions import channels_ahead, messages_of
from messaging import planning
from messaging.models import MessageClass as LedgerClass
from messaging.models import Source

# A message that goes within this goes now; later ones keep the run at the step.
SOON: Final = timedelta(minutes=2)
# No way leads to the person: where none is left ahead, the run ends.
UNREACHABLE: Final = frozenset({"CONSENT", "NO_ADDRESS", "COMPLAINT", "BOUNCE", "NO_CHANNEL"})
KEY: Final = "'journey:' || m.run_id || ':' || m.step || ':' || m.moves"
# One copy a mailbox, step and day; each booking has messages of its own.
CANDIDATES: Final = f"""
INSERT INTO send_candidate (profile_id, key, source_id, channels, message_ids, due_at, expires_at, defers_quiet,
                            defers_cap, occurrence, variant, variables, position)
SELECT m.profile_id, {KEY}, m.journey_id, {{channels}}, {{messages}}, COALESCE(m.not_before, %(now)s),
       COALESCE(m.not_before, %(now)s) + {{expires}}, {{defers_quiet}}, {{defers_cap}},
       left(m.step || ':' || %(day)s || CASE WHEN m.key = '' THEN '' ELSE ':' || left(md5(m.key), 12) END, 80),
       left(m.step, 40), {{variables}}, m.run_id
FROM moving AS m {{data}}
WHERE {HERE_M} AND m.skip_sends = ''
"""
CHOICES: Final = {
    "channels": "text[]", "messages": "uuid[]", "expires": "interval", "defers_quiet": "boolean",
    "defers_cap": "boolean",
}  # fmt: skip
NO_DATA: Final = ("NULL::jsonb", "")
WITH_DATA: Final = (
    "jsonb_build_object('event', COALESCE(d.data, '{}'), 'run', COALESCE(d.variables, '{}')"
    " || jsonb_build_object('key', m.key, 'enteredAt', m.entered_at))",
    "LEFT JOIN journeys_rundata AS d ON d.tenant_id = %(tenant)s AND d.run_id = m.run_id",
)
SILENT: Final = f"""
UPDATE moving SET way = 'skipped', outcome = 'SKIPPED', detail = jsonb_build_object('reason', skip_sends)
WHERE {HERE} AND skip_sends <> ''
"""
# What the ledger says: on, or wait here for the planned time. LIMIT makes it look each key up, whatever is guessed.
OUTCOME: Final = f"""
UPDATE moving AS m
SET way = CASE WHEN d.status = 'SKIPPED' THEN 'skipped' WHEN {{waits}} THEN NULL ELSE 'next' END,
    outcome = CASE WHEN d.status = 'SKIPPED' THEN 'SKIPPED' WHEN {{waits}} THEN NULL ELSE 'PLANNED' END,
    detail = jsonb_strip_nulls(jsonb_build_object('reason', NULLIF(d.reason, ''), 'channel', NULLIF(d.channel, ''),
                                                  'at', d.due_at)),
    sent = CASE WHEN d.status = 'SKIPPED' OR {{waits}} THEN m.sent ELSE m.sent + 1 END,
    state = CASE WHEN d.status <> 'SKIPPED' AND {{waits}} THEN 'PARK' ELSE m.state END,
    arrived_at = CASE WHEN {{waits}} THEN COALESCE(m.arrived_at, %(now)s) ELSE m.arrived_at END,
    due_at = CASE WHEN {{waits}} THEN GREATEST(d.due_at, %(now)s + interval '1 minute') ELSE m.due_at END
FROM (
    SELECT m.run_id, d.* FROM moving AS m CROSS JOIN LATERAL (
        SELECT d.status, d.reason, d.channel, d.due_at FROM messaging_delivery AS d
        WHERE d.tenant_id = %(tenant)s AND d.key = {KEY} LIMIT 1) AS d
    WHERE {HERE_M} AND m.skip_sends = ''
) AS d
WHERE m.run_id = d.run_id
"""
# The same where all of them were planned just now, by one channel and for one moment: no key is looked up.
ALL_PLANNED: Final = f"""
UPDATE moving SET way = 'next', outcome = 'PLANNED', sent = sent + 1,
       detail = jsonb_build_object('channel', %(channel)s::text, 'at', %(at)s::timestamptz)
WHERE {HERE}
"""
WAITS: Final = "(d.status = 'DEFERRED' OR d.status = 'PLANNED' AND d.due_at > %(soon)s)"
END_UNREACHABLE: Final = f"""
UPDATE moving SET state = 'EXITED', reason = 'UNREACHABLE', outcome = 'SKIPPED'
WHERE {HERE} AND way = 'skipped' AND detail ->> 'reason' = ANY(%(reasons)s)
"""
# A person is not written to while something that may end the run came in and was not heard yet.
SETTLE: Final = timedelta(seconds=2)
LONGEST_SETTLE: Final = timedelta(seconds=60)
UNHEARD: Final = """
SELECT EXISTS (SELECT FROM events_inboxevent WHERE tenant_id = %(tenant)s AND status IN ('PENDING', 'PROCESSING')
               AND priority < 4 AND received_at <= %(until)s)
    OR EXISTS (SELECT FROM events_consumerposition AS p CROSS JOIN LATERAL (
                   SELECT l.kind, l.at FROM events_domainlogentry AS l
                   WHERE l.tenant_id = p.tenant_id AND l.cluster = p.cluster
                     AND (l.xid, l.id) > (p.last_xid, p.last_id)
                   ORDER BY l.xid, l.id OFFSET 0) AS l
               WHERE p.tenant_id = %(tenant)s AND p.consumer = 'journeys' AND p.stopped_at IS NULL
                 AND l.kind = ANY(%(kinds)s) AND l.at <= %(until)s)
"""
# What may end a run, and what may lead there by way of a segment or of a condition to stay.
ENDING: Final = ("activity.recorded", "segment.joined", "segment.left")
CHANGING: Final = ("profile.changed", "profile.created", "profile.counted", "profile.scored")
HOLD_BACK: Final = f"""
UPDATE moving SET state = 'PARK', arrived_at = COALESCE(arrived_at, %(now)s), due_at = %(due)s
WHERE {HERE} AND skip_sends = '' AND not_before IS NULL AND moves > 0
  AND (arrived_at IS NULL OR run_id = ANY(%(ids)s))
"""
# Resuming without a row in the ledger.
HELD_BACK: Final = f"""
SELECT m.run_id, m.arrived_at FROM moving AS m WHERE {HERE_M} AND NOT EXISTS (
    SELECT FROM messaging_delivery AS d WHERE d.tenant_id = %(tenant)s AND d.key = {KEY} OFFSET 0)
"""
# Whatever the ledger says nothing about goes on without the message, rather than round and round.
LOST: Final = f"UPDATE moving SET way = 'skipped', outcome = 'SKIPPED' WHERE {HERE} AND outcome IS NULL"


def likeness(spot: Spot, _: bool) -> Hashable:
    """Messages of a class go together, where the texts ask for as much and the same may end the run."""
    step, definition = spot.step, spot.definition
    return step.message_class, _asks_for_data(step), _may_leave(definition), definition.leaves_by_change


def send(group: Group) -> None:
    """Arriving: plan, once all is heard that may end the run. Resuming at a planned time: see what became of it."""
    planned = _plan(group) if _settled(group) else None
    if planned is not None and (channel := _channel_of_all(group, planned)):
        group.execute(ALL_PLANNED, channel=channel, at=planned.first)
        return
    if group.has_silent:
        group.execute(SILENT)
    group.execute(OUTCOME.replace("{waits}", WAITS), soon=group.now + SOON)
    if group.cursor.rowcount < group.size:
        group.execute(LOST)
    if planned is not None and planned.written == group.size and not planned.reasons().keys() & UNREACHABLE:
        return
    last = [spot.number for spot in group.spots if _is_last_way(spot.definition, spot.step)]
    if last:
        group.execute(END_UNREACHABLE, reasons=sorted(UNREACHABLE), spots=last)


def _channel_of_all(group: Group, planned: planning.Outcome) -> str | None:
    """The channel by which all of the group were planned for one moment that is now; None: they were not."""
    if planned.written != group.size or planned.last is None or planned.first != planned.last:
        return None
    [(status, _, channel), *others] = planned.counts
    return None if others or status != "PLANNED" or planned.last > group.now + SOON else channel


def _is_last_way(definition: Definition, step: Send) -> bool:
    """Whether all messages that may still come go by the same channels, and none was asked for instead."""
    ahead = channels_ahead(definition, step.id)
    return "skipped" not in step.ways and bool(ahead) and ahead <= {one.value for one in step.channels}


def _may_leave(definition: Definition) -> bool:
    """Whether something may end a run."""
    return bool(definition.exits) or definition.goal is not None or definition.must_match


def _settled(group: Group) -> bool:
    """Whether somebody is to be planned for now; who has to wait for what is not heard yet is parked."""
    may_leave = _may_leave(group.definition)
    if not group.resumes:
        if may_leave and not IN_TRIAL.get() and _is_unheard(group, group.now):
            group.execute(HOLD_BACK, due=group.now + SETTLE, ids=[])
        return True
    # Held back before; or ended by mistake, and back: the message of the first time was taken back.
    held = group.fetch(HELD_BACK)
    young = [(run, arrived) for run, arrived in held if may_leave and group.now - arrived < LONGEST_SETTLE]
    if young and _is_unheard(group, max(arrived for _, arrived in young)):
        group.execute(HOLD_BACK, due=group.now + SETTLE, ids=[run for run, _ in young])
    return bool(held)


def _is_unheard(group: Group, until: datetime) -> bool:
    kinds = [*ENDING, *(CHANGING if group.definition.leaves_by_change else ())]
    [(answer,)] = group.fetch(UNHEARD, until=until, kinds=kinds)
    return bool(answer)


def _plan(group: Group) -> planning.Outcome:
    step = group.step
    variables, data = WITH_DATA if _asks_for_data(step) else NO_DATA
    planning.open_candidates(group.cursor)
    group.execute_by_spot(
        CANDIDATES.replace("{variables}", variables).replace("{data}", data),
        CHOICES,
        {spot.number: _choices(spot.version_id, spot.step) for spot in group.spots},
        day=group.now.astimezone(group.tenant.zone).date().isoformat(),
    )
    sending = planning.Sending(
        source=Source.JOURNEY,
        sources=list({spot.journey_id for spot in group.spots}),
        message_class=LedgerClass(step.message_class.value),
        is_trial=IN_TRIAL.get(),
    )
    return planning.plan(group.cursor, sending, now=group.now, tenant=group.tenant)


def _choices(version_id: int, step: Send) -> dict[str, Any]:
    """What a step says of its messages, as texts in SQL."""
    pairs = messages_of(version_id, step)
    is_service = step.message_class is MessageClass.TRANSACTIONAL
    return {
        "channels": array_of(channel for channel, _ in pairs),
        "messages": array_of(str(message) for _, message in pairs),
        "expires": None if is_service else f"{step.expires_after_hours} hours",
        "defers_quiet": step.on_quiet is OnQuiet.DEFER,
        "defers_cap": step.on_cap is OnQuiet.DEFER,
    }


def _asks_for_data(step: Send) -> bool:
    """Whether the text names the event or the run; a template of Messaging may."""
    return bool(step.template) or any(word in f"{step.subject}{step.text}" for word in ("event.", "run."))
