"""What the journeys of a club ask the log for, and what happened as they see it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import QuerySet

from events.consumers import Entry
from events.envelope import FUTURE_TOLERANCE
from journeys.definition import Definition
from journeys.definition.triggers import EventExit, EventTrigger
from journeys.definition.vocabulary import activity_types, same_object_types
from journeys.entering import Entrant
from journeys.models import Journey
from journeys.versions import definition_of
from tenants.models import Tenant

ACTIVITIES: Final = """
SELECT id, metadata, occurred_at, profile_id FROM profiles_activity WHERE tenant_id = %s AND id = ANY(%s)
"""
LATER: Final = """
SELECT id, type, profile_id, occurred_at, metadata FROM profiles_activity
WHERE tenant_id = %s AND profile_id = ANY(%s) AND type = ANY(%s) AND occurred_at >= %s AND occurred_at <= %s
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
        journeys = heard_journeys()
        for journey in journeys if only is None else journeys.filter(pk=only.pk):
            definition = definition_of(journey.version_id or 0)
            made.journeys[journey.pk], made.definitions[journey.pk] = journey, definition
            made.types |= set(event_types(definition))
        return made


def heard_journeys() -> QuerySet[Journey]:
    """The open scope's journeys that may hear of something."""
    return Journey.objects.filter(version_id__isnull=False).exclude(status="DRAFT")


def event_types(definition: Definition) -> Iterator[str]:
    """Kinds of activity that the triggers, exits and the goal of a journey name.

    Where each object has a run of its own also what else is told of it, as a new time: the run learns that.
    """
    for one in definition.triggers:
        if isinstance(one, EventTrigger) and one.key:
            yield from same_object_types(one.event)
    named = [one.event for one in definition.triggers if isinstance(one, EventTrigger)]
    named += [one.event for one in definition.exits if isinstance(one, EventExit)]
    if definition.goal is not None:
        named.append(definition.goal.event)
    for event in named:
        yield from activity_types(event)


def happened_in(tenant: Tenant, entries: Sequence[Entry], interest: Interest) -> list[Happened]:
    """The activities of a batch for which some journey asks, in the order of the log."""
    wanted = {
        int(one.data["activityId"]): one
        for one in entries
        if one.kind == "activity.recorded" and one.data.get("type") in interest.types
    }
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(ACTIVITIES, [tenant.pk, list(wanted)])
        rows = {row[0]: row for row in cursor.fetchall()}
    found = []
    for activity_id, entry in wanted.items():
        if activity_id in rows:
            _, metadata, at, profile_id = rows[activity_id]
            payload = orjson.loads(metadata) if isinstance(metadata, str) else metadata
            found.append(Happened(activity_id, entry.data["type"], profile_id, at, payload or {}))
    return found


def later_than(
    tenant: Tenant, entrants: Sequence[Entrant], types: Sequence[str], now: datetime
) -> Mapping[UUID, list[Happened]]:
    """What of these kinds is known of people from the moment on that brings the earliest of them.

    A sender's clock may be ahead of ours.
    """
    values: list[Any] = [
        tenant.pk, [one.profile_id for one in entrants], list(types),
        min(one.at or now for one in entrants), now + FUTURE_TOLERANCE,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LATER, values)
        rows = cursor.fetchall()
    return by_person(
        [
            Happened(pk, kind, who, at, orjson.loads(data) if isinstance(data, str) else data or {})
            for pk, kind, who, at, data in rows
        ]
    )


def by_person(happened: Sequence[Happened]) -> Mapping[UUID, list[Happened]]:
    """The same by whom it happened to."""
    found: dict[UUID, list[Happened]] = {}
    for one in happened:
        found.setdefault(one.profile_id, []).append(one)
    return found
