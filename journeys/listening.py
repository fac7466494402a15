"""What the log brings: entries by triggers, wakes, exits, goals, changed facts.

The consumer stands behind segments and scoring, so that whoever is asked about is as they were made by the same entry.
Only journeys that name a kind of event are looked at. All happens in the transaction in which the position moves.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone

from events.consumers import Entry
from journeys import scanning
from journeys.definition import Definition
from journeys.definition.parts import UntilDate
from journeys.definition.steps import Wait
from journeys.definition.triggers import (
    DateTrigger,
    EventExit,
    EventTrigger,
    ExitMode,
    ScoreTrigger,
    SegmentExit,
    SegmentTrigger,
)
from journeys.definition.vocabulary import activity_types
from journeys.engine.awaiting import has_key, key_paths
from journeys.engine.conditions import decide
from journeys.engine.holding import end_runs, wake_runs
from journeys.entering import Entrant, enter
from journeys.models import EntryRefusal, Journey
from journeys.payloads import first_false, key_of
from journeys.score_crossings import crossings
from journeys.versions import definition_of
from tenants.models import Tenant

MERGES: Final = ("MERGE", "UNMERGE")
# Entries whose cause is an old story told late change nobody's journey.
ACTIVITIES: Final = """
SELECT id, metadata, occurred_at, profile_id FROM profiles_activity WHERE tenant_id = %s AND id = ANY(%s)
"""
SUBSCRIBED: Final = """
SELECT run_id, profile_id, types, has_condition FROM journeys_subscription WHERE tenant_id = %s AND profile_id = ANY(%s)
"""
LIVE: Final = """
SELECT id, profile_id, journey_id, version_id, key, entered_at FROM journeys_run
WHERE tenant_id = %s AND profile_id = ANY(%s) AND status <> 'SUSPENDED'
"""
LIVE_VERSIONS: Final = (
    "SELECT DISTINCT version_id FROM journeys_run WHERE tenant_id = %s AND journey_id = ANY(%s)"
)
# The payload follows a change of the booking; whoever waits for a date of it looks again.
REFRESH_DATA: Final = """
UPDATE journeys_rundata AS d SET data = d.data || %s::jsonb FROM journeys_run AS r
WHERE d.tenant_id = %s AND d.run_id = r.id AND r.tenant_id = %s AND r.id = %s
"""
AT_STEPS: Final = """
SELECT r.id FROM journeys_run AS r
JOIN unnest(%s::bigint[], %s::text[]) AS s(version_id, step) ON s.version_id = r.version_id AND s.step = r.step
WHERE r.tenant_id = %s AND r.profile_id = ANY(%s) AND r.status = 'WAITING' AND r.arrived_at IS NOT NULL
"""
CONVERT: Final = """
INSERT INTO journeys_conversion (tenant_id, journey_id, subject, subject_id, profile_id, activity_id, value_cents, at)
SELECT %(tenant)s, %(journey)s, s.subject, s.id, %(profile)s, %(activity)s, %(value)s, %(at)s FROM (
    SELECT 'RUN' AS subject, id FROM journeys_run
    WHERE tenant_id = %(tenant)s AND profile_id = %(profile)s AND journey_id = %(journey)s AND entered_at <= %(at)s
      AND (NOT %(keyed)s OR key = ANY(%(keys)s))
    UNION ALL
    SELECT 'RUN', id FROM journeys_runended
    WHERE tenant_id = %(tenant)s AND profile_id = %(profile)s AND journey_id = %(journey)s
      AND ended_at >= %(since)s AND entered_at <= %(at)s AND (NOT %(keyed)s OR key = ANY(%(keys)s))
    UNION ALL
    SELECT 'HOLDOUT', id FROM journeys_holdout
    WHERE tenant_id = %(tenant)s AND profile_id = %(profile)s AND journey_id = %(journey)s
      AND at >= %(since)s AND at <= %(at)s AND (NOT %(keyed)s OR key = ANY(%(keys)s))
) AS s
ON CONFLICT ON CONSTRAINT journeys_conversion_subject_uq DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Happened:
    """One activity as journeys see it."""

    id: int
    type: str
    profile_id: UUID
    at: datetime
    payload: Mapping[str, Any]


@dataclass
class Interest:
    """What the journeys of a club ask the log for."""

    journeys: dict[UUID, Journey] = field(default_factory=dict)
    definitions: dict[UUID, Definition] = field(default_factory=dict)
    types: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, only: Journey | None = None) -> "Interest":
        """Of every journey that runs, by its live version; archived ones that let people finish still have exits."""
        made = cls()
        journeys = Journey.objects.filter(version_id__isnull=False).exclude(status="DRAFT")
        for journey in journeys if only is None else journeys.filter(pk=only.pk):
            definition = definition_of(journey.version_id or 0)
            made.journeys[journey.pk], made.definitions[journey.pk] = journey, definition
            made.types |= set(event_types(definition))
        return made


def event_types(definition: Definition) -> Iterator[str]:
    """Kinds of activity that the triggers, exits and the goal of a journey name."""
    named = [one.event for one in definition.triggers if isinstance(one, EventTrigger)]
    named += [one.event for one in definition.exits if isinstance(one, EventExit)]
    if definition.goal is not None:
        named.append(definition.goal.event)
    for event in named:
        yield from activity_types(event)


def handle(tenant: Tenant, entries: Sequence[Entry]) -> None:
    """Read a batch of the log for one club; the scope is open."""
    hear(tenant, entries, timezone.now())


def hear(tenant: Tenant, entries: Sequence[Entry], now: datetime, *, only: Journey | None = None) -> None:
    """The same at a moment; `only`: for one journey, as in a dry run."""
    _Batch(tenant, entries, now, only).run()


class _Batch:
    def __init__(self, tenant: Tenant, entries: Sequence[Entry], now: datetime, only: Journey | None) -> None:
        self.tenant, self.entries, self.now = tenant, entries, now
        self.interest = Interest.load(only)
        self.people = {one.profile_id for one in entries if one.profile_id is not None}

    def run(self) -> None:
        """Facts first, then ways out, then wakes, then ways in: nobody enters by what has just thrown them out."""
        if not self.interest.journeys or not self.people:
            return
        self._follow_dates()
        happened = self._happened()
        self._follow_bookings(happened)
        self._convert(happened)
        self._exit(happened)
        self._wake()
        self._enter_by_events(happened)
        self._enter_by_segments()
        self._enter_by_scores()

    def _happened(self) -> list[Happened]:
        wanted = {
            int(one.data["activityId"]): one
            for one in self.entries
            if one.kind == "activity.recorded" and one.data.get("type") in self.interest.types
        }
        if not wanted:
            return []
        with connection.cursor() as cursor:
            cursor.execute(ACTIVITIES, [self.tenant.pk, list(wanted)])
            rows = {row[0]: row for row in cursor.fetchall()}
        found = []
        for activity_id, entry in wanted.items():
            if activity_id in rows:
                _, metadata, at, profile_id = rows[activity_id]
                payload = orjson.loads(metadata) if isinstance(metadata, str) else metadata
                found.append(Happened(activity_id, entry.data["type"], profile_id, at, payload or {}))
        return found

    # --- Facts

    def _follow_dates(self) -> None:
        """A date of a person that changed: whoever waits for it looks again; late-comers enter."""
        changed = self._changed()
        if changed:
            self._wait_anew(changed)
            self._enter_late(changed)

    def _changed(self) -> dict[str, set[UUID]]:
        """Name of a field ("*": somebody new) → whose changed."""
        changed: dict[str, set[UUID]] = {}
        for one in self.entries:
            if one.kind in ("profile.changed", "profile.created", "profile.counted") and one.profile_id:
                names = one.data.get("changes") or (["*"] if one.kind == "profile.created" else [])
                for name in names:
                    changed.setdefault(str(name), set()).add(one.profile_id)
        return changed

    def _wait_anew(self, changed: Mapping[str, set[UUID]]) -> None:
        places, people = [], set()
        for version_id, definition in self._versions():
            for step in definition.steps:
                if (
                    isinstance(step, Wait)
                    and isinstance(step.until, UntilDate)
                    and step.until.field in changed
                ):
                    places.append((version_id, step.id))
                    people |= changed[step.until.field]
        self._wake_at(places, people)

    def _enter_late(self, changed: Mapping[str, set[UUID]]) -> None:
        for journey, trigger, _ in self._triggers(DateTrigger):
            who = changed.get(trigger.field, set()) | changed.get("*", set())
            if who:
                zone = self.interest.definitions[journey.pk].zone(self.tenant.zone)
                scanning.date_changed(journey, trigger, who, self.now, zone)

    def _versions(self) -> list[tuple[int, Definition]]:
        with connection.cursor() as cursor:
            cursor.execute(LIVE_VERSIONS, [self.tenant.pk, list(self.interest.journeys)])
            return [(row[0], definition_of(row[0])) for row in cursor.fetchall()]

    def _wake_at(self, places: Sequence[tuple[int, str]], people: Collection[UUID]) -> None:
        if not places or not people:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                AT_STEPS,
                [[one for one, _ in places], [one for _, one in places], self.tenant.pk, list(people)],
            )
            runs = [row[0] for row in cursor.fetchall()]
            wake_runs(cursor, runs, self.now)

    def _follow_bookings(self, happened: Sequence[Happened]) -> None:
        """A later event with the key of a run brings new times: the run learns them, and looks at its wait again."""
        runs = self._live({one.profile_id for one in happened})
        told = []
        with connection.cursor() as cursor:
            for one in happened:
                for run_id, profile_id, journey_id, _, key, _ in runs:
                    definition = self.interest.definitions.get(journey_id)
                    if (
                        profile_id == one.profile_id
                        and definition is not None
                        and has_key(dict(one.payload), key, key_paths(definition))
                    ):
                        data = orjson.dumps(
                            {name: value for name, value in one.payload.items() if value is not None}
                        ).decode()
                        cursor.execute(REFRESH_DATA, [data, self.tenant.pk, self.tenant.pk, run_id])
                        told.append(profile_id)
        places = [
            (version_id, step.id)
            for version_id, definition in self._versions()
            for step in definition.steps
            if isinstance(step, Wait) and isinstance(step.until, UntilDate) and step.until.is_of_event
        ]
        self._wake_at(places, set(told))

    def _live(self, people: Collection[UUID]) -> list[tuple[Any, ...]]:
        if not people:
            return []
        with connection.cursor() as cursor:
            cursor.execute(LIVE, [self.tenant.pk, list(people)])
            return list(cursor.fetchall())

    # --- Ways out

    def _convert(self, happened: Sequence[Happened]) -> None:
        with connection.cursor() as cursor:
            for one in happened:
                for journey_id, definition in self.interest.definitions.items():
                    goal = definition.goal
                    if goal is None or one.type not in activity_types(goal.event):
                        continue
                    if first_false(goal.where, one.payload) is not None:
                        continue
                    keys = [key_of(one.payload, path) for path in key_paths(definition)]
                    cursor.execute(
                        CONVERT,
                        {
                            "tenant": self.tenant.pk,
                            "journey": journey_id,
                            "profile": one.profile_id,
                            "activity": one.id,
                            "value": one.payload.get("amountCents") or 0,
                            "at": one.at,
                            "since": one.at - timedelta(days=goal.window_days),
                            "keyed": goal.same_key,
                            "keys": keys,
                        },
                    )

    def _exit(self, happened: Sequence[Happened]) -> None:
        """Goal before exit: who converted leaves as such."""
        runs = self._live(self.people)
        ending: dict[int, str] = {}
        by_person: dict[UUID, list[Happened]] = {}
        for one in happened:
            by_person.setdefault(one.profile_id, []).append(one)
        transitions = [one for one in self.entries if one.kind in ("segment.joined", "segment.left")]
        for run_id, profile_id, journey_id, version_id, key, entered_at in runs:
            if journey_id not in self.interest.definitions:
                continue
            definition = definition_of(version_id)
            events = [one for one in by_person.get(profile_id, ()) if one.at >= entered_at]
            reason = next(
                (reason for one in events if (reason := exit_reason(definition, one, key)) is not None), None
            ) or segment_reason(definition, [one for one in transitions if one.profile_id == profile_id])
            if reason is not None:
                ending[run_id] = reason
        ending |= self._stopped_matching([run for run in runs if run[0] not in ending])
        if ending:
            end_runs(ending.items(), now=self.now)

    def _stopped_matching(self, runs: Sequence[tuple[Any, ...]]) -> dict[int, str]:
        found: dict[int, str] = {}
        by_version: dict[int, list[tuple[Any, ...]]] = {}
        for run in runs:
            by_version.setdefault(run[3], []).append(run)
        for version_id, group in by_version.items():
            definition = definition_of(version_id)
            if definition.matching is None or definition.exit_mode not in (
                ExitMode.STOPS_MATCHING,
                ExitMode.EITHER,
            ):
                continue
            decided = decide(definition.matching, self.tenant, self.now)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT p.id FROM profiles_customerprofile AS p WHERE p.tenant_id = %(tenant)s"
                    f" AND p.id = ANY(%(ids)s) AND NOT ({decided.holds})",
                    {"tenant": self.tenant.pk, "ids": [run[1] for run in group], **decided.params},
                )
                gone = {row[0] for row in cursor.fetchall()}
            found |= {run[0]: "STOPPED_MATCHING" for run in group if run[1] in gone}
        return found

    # --- Wakes

    def _wake(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(SUBSCRIBED, [self.tenant.pk, list(self.people)])
            rows = cursor.fetchall()
            if not rows:
                return
            types: dict[UUID, set[str]] = {}
            moved: set[UUID] = set()
            for one in self.entries:
                if one.profile_id is None:
                    continue
                if one.kind == "activity.recorded":
                    types.setdefault(one.profile_id, set()).add(str(one.data.get("type")))
                moved.add(one.profile_id)
            runs = [
                run_id
                for run_id, profile_id, wanted, has_condition in rows
                if types.get(profile_id, set()) & set(wanted) or (has_condition and profile_id in moved)
            ]
            wake_runs(cursor, runs, self.now)

    # --- Ways in

    def _enter_by_events(self, happened: Sequence[Happened]) -> None:
        for journey, trigger, _ in self._triggers(EventTrigger):
            kinds = activity_types(trigger.event)
            entrants = [
                Entrant(
                    one.profile_id,
                    key=key_of(one.payload, trigger.key),
                    cause="EVENT",
                    event_type=one.type,
                    event_id=one.id,
                    data=one.payload,
                    at=one.at,
                )
                for one in happened
                if one.type in kinds and first_false(trigger.where, one.payload) is None
            ]
            if entrants:
                enter(journey, entrants, trigger=trigger, now=self.now)

    def _enter_by_segments(self) -> None:
        for journey, trigger, _ in self._triggers(SegmentTrigger):
            kind = "segment.joined" if trigger.change == "JOINED" else "segment.left"
            entrants = []
            for one in self.entries:
                if one.kind != kind or one.profile_id is None or one.data.get("segmentId") != trigger.segment:
                    continue
                if one.data.get("cause") in MERGES and not trigger.on_merge:
                    _refuse(journey, one.profile_id, "MERGE_JOIN_IGNORED")
                    continue
                entrants.append(Entrant(one.profile_id, cause="SEGMENT", at=one.at))
            if entrants:
                enter(journey, entrants, trigger=trigger, now=self.now)

    def _enter_by_scores(self) -> None:
        scored = [one for one in self.entries if one.kind == "profile.scored" and one.profile_id is not None]
        if not scored:
            return
        for journey, trigger, number in self._triggers(ScoreTrigger):
            entrants = list(crossings(journey, trigger, number, scored, self.now))
            if entrants:
                enter(journey, entrants, trigger=trigger, now=self.now)

    def _triggers(self, kind: type[Any]) -> Iterator[tuple[Journey, Any, int]]:
        for journey_id, definition in self.interest.definitions.items():
            journey = self.interest.journeys[journey_id]
            if journey.status in ("ACTIVE", "PAUSED"):
                for number, trigger in enumerate(definition.triggers):
                    if isinstance(trigger, kind):
                        yield journey, trigger, number


def exit_reason(definition: Definition, one: Happened, key: str) -> str | None:
    """Why an event ends a run; None: it does not."""
    paths = key_paths(definition)
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


def _refuse(journey: Journey, profile_id: UUID, reason: str) -> None:
    EntryRefusal.objects.create(
        tenant_id=journey.tenant_id,
        journey_id=journey.pk,
        profile_id=profile_id,
        reason=reason,
        cause="SEGMENT",
    )
