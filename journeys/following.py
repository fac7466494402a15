"""Facts that change: whoever waits for a date looks at it again, in the batch that brought the change."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db import connection

from events.consumers import Entry
from events.debounce import enqueue_on_commit
from journeys import clocks
from journeys.definition import Definition
from journeys.definition.parts import UntilDate
from journeys.definition.steps import Wait
from journeys.definition.triggers import DateTrigger, Policy
from journeys.definition.vocabulary import DATE_FIELDS
from journeys.engine.awaiting import has_key
from journeys.engine.holding import wake_runs
from journeys.engine.waits import due_of, zones_of_clubs
from journeys.entering import MOVE_RUNS
from journeys.interest import Happened, Interest, by_person
from journeys.versions import definition_of
from tenants.models import Tenant
from tenants.postgresql.staging import StagingTable

LIVE: Final = """
SELECT id, profile_id, journey_id, version_id, key, entered_at FROM journeys_run
WHERE tenant_id = %s AND profile_id = ANY(%s) AND status <> 'SUSPENDED'
"""
# One look for each version, and not at all runs of all journeys (OFFSET).
LIVE_VERSIONS: Final = """
SELECT v.id FROM journeys_journeyversion AS v
WHERE v.tenant_id = %s AND v.journey_id = ANY(%s)
  AND EXISTS (SELECT FROM journeys_run AS r WHERE r.tenant_id = v.tenant_id AND r.version_id = v.id OFFSET 0)
"""
LEARNED: Final = StagingTable("learned", "run_id bigint, data jsonb")
# The payload follows a change of the booking.
REFRESH_DATA: Final = """
UPDATE journeys_rundata AS d SET data = d.data || l.data FROM learned AS l
WHERE d.tenant_id = %s AND d.run_id = l.run_id
"""
AT_STEPS: Final = """
SELECT r.id FROM journeys_run AS r
JOIN unnest(%s::bigint[], %s::text[]) AS s(version_id, step) ON s.version_id = r.version_id AND s.step = r.step
WHERE r.tenant_id = %s AND r.profile_id = ANY(%s) AND r.status = 'WAITING' AND r.arrived_at IS NOT NULL
"""
# Whoever entered by a date, and that date as it is now.
OF_DATES: Final = """
SELECT r.id, r.key, p.{column} FROM journeys_run AS r
JOIN journeys_rundata AS d ON d.tenant_id = r.tenant_id AND d.run_id = r.id
JOIN profiles_customerprofile AS p ON p.tenant_id = r.tenant_id AND p.id = r.profile_id
WHERE r.tenant_id = %s AND r.journey_id = %s AND r.profile_id = ANY(%s) AND r.status <> 'SUSPENDED'
  AND d.cause = 'DATE' AND d.data ->> 'field' = %s AND r.key = d.data ->> 'date' AND p.{column} IS NOT NULL
"""
OCCURRED: Final = StagingTable("occurred", "run_id bigint, key text")
REKEY: Final = """
UPDATE journeys_run AS r SET key = o.key FROM occurred AS o
WHERE r.tenant_id = %(tenant)s AND r.id = o.run_id AND NOT EXISTS (
    SELECT FROM journeys_run AS other WHERE other.tenant_id = %(tenant)s AND other.journey_id = r.journey_id
      AND other.profile_id = r.profile_id AND other.key = o.key AND other.status <> 'SUSPENDED')
"""
REDATE: Final = """
UPDATE journeys_rundata AS d SET data = d.data || jsonb_build_object('date', o.key)
FROM occurred AS o JOIN journeys_run AS r ON r.tenant_id = %(tenant)s AND r.id = o.run_id AND r.key = o.key
WHERE d.tenant_id = %(tenant)s AND d.run_id = o.run_id
"""
AT_WAITS: Final = """
SELECT r.id, r.version_id, r.step, r.arrived_at, p.home_club_id FROM journeys_run AS r
JOIN profiles_customerprofile AS p ON p.tenant_id = r.tenant_id AND p.id = r.profile_id
WHERE r.tenant_id = %s AND r.profile_id = ANY(%s) AND r.status = 'WAITING' AND r.arrived_at IS NOT NULL
"""
RETIMED: Final = StagingTable("retimed", "run_id bigint, due_at timestamptz")
RETIME: Final = """
UPDATE journeys_run AS r SET due_at = t.due_at FROM retimed AS t
WHERE r.tenant_id = %s AND r.id = t.run_id AND r.status = 'WAITING' AND r.due_at <> t.due_at
"""
CHANGES: Final = ("profile.changed", "profile.created", "profile.counted")
Places = Sequence[tuple[int, str]]


def live_runs(tenant: Tenant, people: Collection[UUID]) -> list[tuple[Any, ...]]:
    """(id, person, journey, version, key, entered at) of the runs of some people."""
    if not people:
        return []
    with connection.cursor() as cursor:
        cursor.execute(LIVE, [tenant.pk, list(people)])
        return list(cursor.fetchall())


def changed_fields(entries: Sequence[Entry]) -> dict[str, set[UUID]]:
    """Name of a field ("*": somebody new) → whose changed."""
    changed: dict[str, set[UUID]] = {}
    for one in entries:
        if one.kind in CHANGES and one.profile_id:
            names = one.data.get("changes") or (["*"] if one.kind == "profile.created" else [])
            for name in names:
                changed.setdefault(str(name), set()).add(one.profile_id)
    return changed


class Following:
    """The waits of the journeys under way that hang on a date."""

    def __init__(self, tenant: Tenant, interest: Interest, now: datetime) -> None:
        self.tenant, self.interest, self.now = tenant, interest, now

    def dates(self, changed: Mapping[str, set[UUID]]) -> None:
        """A date of a person that changed."""
        places, people = [], set()
        for version_id, definition in self._versions():
            for step_id, until in date_waits(definition):
                if until.field in changed:
                    places.append((version_id, step_id))
                    people |= changed[until.field]
        self._wake_at(places, people)

    def occurrences(self, changed: Mapping[str, set[UUID]]) -> dict[int, str]:
        """Runs of a date that changed: they belong to the new occurrence, or leave and enter again when it comes.

        Returns those that leave.
        """
        leaving: dict[int, str] = {}
        for journey_id, definition in self.interest.definitions.items():
            for trigger in definition.triggers:
                who = changed.get(trigger.field) if isinstance(trigger, DateTrigger) else None
                if who and isinstance(trigger, DateTrigger):
                    leaving |= self._moved_dates(journey_id, definition, trigger, who)
        return leaving

    def _moved_dates(
        self, journey_id: UUID, definition: Definition, trigger: DateTrigger, who: Collection[UUID]
    ) -> dict[int, str]:
        zone, leaving, moved = definition.zone(self.tenant.zone), {}, []
        comes_again = definition.entry.policy in (Policy.AFTER_EXIT, Policy.ONCE_PER_KEY)
        with connection.cursor() as cursor:
            cursor.execute(
                OF_DATES.format(column=DATE_FIELDS[trigger.field][0]),
                [self.tenant.pk, journey_id, list(who), trigger.field],
            )
            for run_id, key, value in cursor.fetchall():
                anchor = _occurrence_near(trigger, value, date.fromisoformat(key))
                if anchor.isoformat() == key:
                    continue
                day = clocks.day_after(anchor, trigger.offset_days)
                at = clocks.instant(datetime.combine(day, clocks.local_time(trigger.at)), zone)
                if at > self.now and comes_again:
                    leaving[run_id] = "DATE_MOVED"
                else:
                    moved.append((run_id, anchor.isoformat()))
            if moved:
                OCCURRED.fill(cursor, moved)
                for statement in (REKEY, REDATE):
                    cursor.execute(statement, {"tenant": self.tenant.pk})
        return leaving

    def clocks_of_clubs(self, who: Collection[UUID]) -> None:
        """Another home club may have another clock: waits by the calendar are counted anew from the arrival."""
        zones = zones_of_clubs(self.tenant)
        if not zones or not who:
            return
        with connection.cursor() as cursor:
            cursor.execute(AT_WAITS, [self.tenant.pk, list(who)])
            rows, due = cursor.fetchall(), []
            for run_id, version_id, step_id, arrived, club in rows:
                definition = definition_of(version_id)
                step = definition.by_id.get(step_id)
                if (
                    isinstance(step, Wait)
                    and not isinstance(step.until, UntilDate)
                    and not definition.timezone
                ):
                    zone = ZoneInfo(zones.get(club, self.tenant.time_zone))
                    due.append((run_id, max(due_of(step.until, arrived, zone), self.now)))
            if due:
                RETIMED.fill(cursor, due)
                cursor.execute(RETIME, [self.tenant.pk])
                enqueue_on_commit(MOVE_RUNS, str(self.tenant.pk))

    def bookings(self, happened: Sequence[Happened]) -> None:
        """A later event with the key of a run brings new times: the run learns them, and looks at its wait again."""
        learned, told = self._learned(happened)
        if not learned:
            return
        with connection.cursor() as cursor:
            LEARNED.fill(cursor, ((run, orjson.dumps(data).decode()) for run, data in learned.items()))
            cursor.execute(REFRESH_DATA, [self.tenant.pk])
        places = [
            (version_id, step_id)
            for version_id, definition in self._versions()
            for step_id, until in date_waits(definition)
            if until.is_of_event
        ]
        self._wake_at(places, told)

    def _learned(self, happened: Sequence[Happened]) -> tuple[dict[int, dict[str, Any]], set[UUID]]:
        paths = {one: definition.key_paths for one, definition in self.interest.definitions.items()}
        if not any(paths.values()):
            return {}, set()
        told = by_person(happened)
        learned: dict[int, dict[str, Any]] = {}
        for run_id, profile_id, journey_id, _, key, _ in live_runs(self.tenant, told.keys()):
            for one in told[profile_id]:
                if has_key(dict(one.payload), key, paths.get(journey_id, ())):
                    known = {name: value for name, value in one.payload.items() if value is not None}
                    learned.setdefault(run_id, {}).update(known)
        return learned, set(told)

    def _versions(self) -> list[tuple[int, Definition]]:
        with connection.cursor() as cursor:
            cursor.execute(LIVE_VERSIONS, [self.tenant.pk, list(self.interest.journeys)])
            return [(row[0], definition_of(row[0])) for row in cursor.fetchall()]

    def _wake_at(self, places: Places, people: Collection[UUID]) -> None:
        if not places or not people:
            return
        where: list[Any] = [
            [one for one, _ in places],
            [one for _, one in places],
            self.tenant.pk,
            list(people),
        ]
        with connection.cursor() as cursor:
            cursor.execute(AT_STEPS, where)
            runs = [row[0] for row in cursor.fetchall()]
            wake_runs(cursor, runs, self.now, anew=True)


def _occurrence_near(trigger: DateTrigger, value: date, known: date) -> date:
    """The occurrence of a date that a run is about, which was entered for another day."""
    if not trigger.comes_yearly:
        return value
    years = (known.year - 1, known.year, known.year + 1)
    return min(
        (clocks.occurrence(value, year, trigger.leap_day) for year in years),
        key=lambda one: abs((one - known).days),
    )


def date_waits(definition: Definition) -> list[tuple[str, UntilDate]]:
    """The steps that wait for a date, and for which."""
    return [
        (step.id, step.until)
        for step in definition.steps
        if isinstance(step, Wait) and isinstance(step.until, UntilDate)
    ]
