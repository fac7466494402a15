"""Ways out that the log brings: the goal, events and segments that end a run, people who no longer match."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from events.consumers import Entry
from journeys.definition import Definition
from journeys.definition.triggers import EventExit, ExitMode, SegmentExit
from journeys.definition.vocabulary import activity_types
from journeys.engine.awaiting import has_key
from journeys.engine.conditions import decide
from journeys.engine.group import as_json
from journeys.following import live_runs
from journeys.interest import Happened, Interest, by_person
from journeys.payloads import cents_of, first_false, key_of
from journeys.versions import definition_of
from tenants.models import Tenant
from tenants.postgresql.staging import StagingTable

MERGES: Final = ("MERGE", "UNMERGE")
REACHED: Final = StagingTable(
    "reached",
    "nr integer, journey_id uuid, profile_id uuid, activity_id bigint, value_cents bigint, at timestamptz,"
    " since timestamptz, keys text[]",
)
# OFFSET 0: from the few who reached it to their runs, by person and not by journey, whatever the planner guesses.
# `keys` null: any run.
CONVERT: Final = """
INSERT INTO journeys_conversion (tenant_id, journey_id, subject, subject_id, profile_id, activity_id, value_cents, at)
SELECT %(tenant)s, g.journey_id, s.subject, s.id, g.profile_id, g.activity_id, g.value_cents, g.at
FROM reached AS g CROSS JOIN LATERAL (
    SELECT 'RUN' AS subject, id, journey_id, key FROM journeys_run
    WHERE tenant_id = %(tenant)s AND profile_id = g.profile_id AND entered_at <= g.at AND status <> 'SUSPENDED'
    UNION ALL
    SELECT 'RUN', id, journey_id, key FROM journeys_runended
    WHERE tenant_id = %(tenant)s AND profile_id = g.profile_id AND ended_at >= g.since AND entered_at <= g.at
    UNION ALL
    SELECT 'HOLDOUT', id, journey_id, key FROM journeys_holdout
    WHERE tenant_id = %(tenant)s AND journey_id = g.journey_id AND profile_id = g.profile_id AND at >= g.since
      AND at <= g.at
    OFFSET 0
) AS s
WHERE s.journey_id = g.journey_id AND (g.keys IS NULL OR s.key = ANY(g.keys))
ORDER BY g.nr
ON CONFLICT ON CONSTRAINT journeys_conversion_subject_uq DO NOTHING
"""


def convert(tenant: Tenant, happened: Sequence[Happened], interest: Interest) -> None:
    """Count whoever reached a goal, once a run."""
    rows = list(_reached(happened, interest))
    if rows:
        with connection.cursor() as cursor:
            REACHED.fill(cursor, ((number, *row) for number, row in enumerate(rows)))
            cursor.execute(CONVERT, {"tenant": tenant.pk})


def _reached(happened: Sequence[Happened], interest: Interest) -> Iterator[tuple[Any, ...]]:
    for journey_id, definition in interest.definitions.items():
        goal = definition.goal
        if goal is None:
            continue
        types, paths = activity_types(goal.event), definition.key_paths
        for one in happened:
            if one.type in types and first_false(goal.where, one.payload) is None:
                keys = [key_of(one.payload, path) for path in paths] if goal.same_key else None
                since = one.at - timedelta(days=goal.window_days)
                value = cents_of(one.payload)
                yield journey_id, one.profile_id, one.id, value, one.at, since, keys


def leaving(
    tenant: Tenant, entries: Sequence[Entry], happened: Sequence[Happened], interest: Interest, now: datetime
) -> tuple[dict[int, str], dict[int, dict[str, Any]]]:
    """Run → why it ends now, and run → what else is kept. Goal before exit: who converted leaves as such."""
    told = by_person(happened)
    crossed: dict[UUID, list[Entry]] = {}
    for one in entries:
        if one.kind in ("segment.joined", "segment.left") and one.profile_id is not None:
            crossed.setdefault(one.profile_id, []).append(one)
    people = {one.profile_id for one in entries if one.profile_id is not None}
    runs = [run for run in live_runs(tenant, people) if run[2] in interest.definitions]
    ending: dict[int, str] = {}
    for run_id, profile_id, _, version_id, key, entered_at in runs:
        definition = definition_of(version_id)
        events = [one for one in told.get(profile_id, ()) if one.at >= entered_at]
        reason = next(
            (reason for one in events if (reason := exit_reason(definition, one, key)) is not None), None
        ) or segment_reason(definition, crossed.get(profile_id, ()))
        if reason is not None:
            ending[run_id] = reason
    unmatched = _stopped_matching(tenant, [run for run in runs if run[0] not in ending], now)
    return ending | dict.fromkeys(unmatched, "STOPPED_MATCHING"), unmatched


def _stopped_matching(
    tenant: Tenant, runs: Sequence[tuple[Any, ...]], now: datetime
) -> dict[int, dict[str, Any]]:
    """Run → the part of the condition that does not hold any more, and its value."""
    found: dict[int, dict[str, Any]] = {}
    by_version: dict[int, list[tuple[Any, ...]]] = {}
    for run in runs:
        by_version.setdefault(run[3], []).append(run)
    for version_id, group in by_version.items():
        definition = definition_of(version_id)
        if definition.matching is None or not definition.must_match:
            continue
        decided = decide(definition.matching, tenant, now)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT p.id, {decided.place}, {decided.value} FROM profiles_customerprofile AS p"
                f" WHERE p.tenant_id = %(tenant)s AND p.id = ANY(%(ids)s) AND NOT ({decided.holds})",
                {"tenant": tenant.pk, "ids": [run[1] for run in group], **decided.params},
            )
            gone = {
                who: {"part": decided.parts[max(place, 0)], "value": as_json(value)}
                for who, place, value in cursor.fetchall()
            }
        found |= {run[0]: gone[run[1]] for run in group if run[1] in gone}
    return found


def ending_types(definition: Definition) -> list[str]:
    """Kinds of activity that may end a run."""
    named = [rule.event for rule in definition.exits if isinstance(rule, EventExit)]
    if definition.goal is not None and definition.exit_mode in (ExitMode.CONVERTS, ExitMode.EITHER):
        named.append(definition.goal.event)
    return sorted({kind for event in named for kind in activity_types(event)})


def exit_reason(definition: Definition, one: Happened, key: str) -> str | None:
    """Why an event ends a run; None: it does not."""
    paths = definition.key_paths
    goal = definition.goal
    if (
        goal is not None
        and definition.exit_mode in (ExitMode.CONVERTS, ExitMode.EITHER)
        and one.type in activity_types(goal.event)
        and first_false(goal.where, one.payload) is None
        and (not goal.same_key or has_key(dict(one.payload), key, paths))
    ):
        return "GOAL_REACHED"
    for rule in definition.exits:
        if (
            isinstance(rule, EventExit)
            and one.type in activity_types(rule.event)
            and first_false(rule.where, one.payload) is None
            and (not rule.same_key or has_key(dict(one.payload), key, paths))
        ):
            return rule.reason or one.type
    return None


def segment_reason(definition: Definition, transitions: Iterable[Entry]) -> str | None:
    """Why a transition ends a run; None: it does not."""
    for one in transitions:
        for rule in definition.exits:
            kind = (
                "segment.joined"
                if isinstance(rule, SegmentExit) and rule.change == "JOINED"
                else "segment.left"
            )
            if (
                isinstance(rule, SegmentExit)
                and one.kind == kind
                and one.data.get("segmentId") == rule.segment
                and one.data.get("cause") not in MERGES
            ):
                return "SEGMENT_LEFT" if rule.change == "LEFT" else "SEGMENT_JOINED"
    return None
