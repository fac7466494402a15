"""Facts that change: whoever waits for a date looks at it again, in the batch that brought the change."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection

from events.consumers import Entry
from journeys.definition import Definition
from journeys.definition.parts import UntilDate
from journeys.definition.steps import Wait
from journeys.engine.awaiting import has_key, key_paths
from journeys.engine.holding import wake_runs
from journeys.interest import Happened, Interest, by_person
from journeys.versions import definition_of
from tenants.models import Tenant
from tenants.postgresql.staging import StagingTable

LIVE: Final = """
SELECT id, profile_id, journey_id, version_id, key, entered_at FROM journeys_run
WHERE tenant_id = %s AND profile_id = ANY(%s) AND status <> 'SUSPENDED'
"""
LIVE_VERSIONS: Final = (
    "SELECT DISTINCT version_id FROM journeys_run WHERE tenant_id = %s AND journey_id = ANY(%s)"
)
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
        paths = {one: key_paths(definition) for one, definition in self.interest.definitions.items()}
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
            wake_runs(cursor, runs, self.now)


def date_waits(definition: Definition) -> list[tuple[str, UntilDate]]:
    """The steps that wait for a date, and for which."""
    return [
        (step.id, step.until)
        for step in definition.steps
        if isinstance(step, Wait) and isinstance(step.until, UntilDate)
    ]
