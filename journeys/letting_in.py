"""Letting people in by hand: whom staff mean by a list, and their entry by the journey's own rules."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from journeys.definition.triggers import ManualTrigger
from journeys.entering import Entered, Entrant, enter
from journeys.models import Journey
from journeys.versions import definition_of
from profiles.called import with_full_names
from profiles.models import CustomerProfile
from segments.models import SegmentMember

MOST: Final = 50_000
GONE: Final = ("MERGED", "DELETED")
SEPARATORS: Final = re.compile(r"[\n;]+")
LIST_SEPARATORS: Final = re.compile(r"[\n;,\s]+")


@dataclass(frozen=True, slots=True)
class Meant:
    """The customers, each once, and the lines that name nobody or more than one."""

    people: Sequence[UUID] = ()
    unknown: Sequence[str] = field(default_factory=tuple)


def people_meant(*, text: str = "", segment: UUID | None = None) -> Meant:
    """By ids, e-mail addresses and full names, one a line, and by a segment; nobody is made by this."""
    members = SegmentMember.objects.filter(segment_id=segment) if segment else SegmentMember.objects.none()
    people = dict.fromkeys(members.values_list("profile_id", flat=True)[:MOST])
    lines = [one.strip() for one in SEPARATORS.split(text) if one.strip()][:MOST]
    parts = [part for line in lines for part in _parts(line)]
    ids = {one for part in parts if (one := _uuid(part)) is not None}
    known = set(
        CustomerProfile.objects.filter(pk__in=ids).exclude(status__in=GONE).values_list("pk", flat=True)
    )
    by_email = _by("email", {part.lower() for part in parts if "@" in part})
    by_name = _by_name({part for part in parts if "@" not in part and _uuid(part) is None})
    unknown = []
    for part in parts:
        pk = _uuid(part)
        found: list[UUID] = by_email.get(part.lower(), []) if "@" in part else by_name.get(part, [])
        if pk is not None and pk in known:
            found = [pk]
        if len(found) == 1:
            people[found[0]] = None
        else:
            unknown.append(part)
    return Meant(list(people), unknown)


def _parts(line: str) -> list[str]:
    """Addresses and ids may stand several in a line; a name has blanks."""
    parts = [one for one in LIST_SEPARATORS.split(line) if one]
    return parts if all("@" in one or _uuid(one) for one in parts) else [line.strip(", ")]


def _by(column: str, values: set[str]) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    rows = CustomerProfile.objects.filter(**{f"{column}__in": values}).exclude(status__in=GONE)
    for value, pk in rows.values_list(column, "pk"):
        found.setdefault(value, []).append(pk)
    return found


def _by_name(names: set[str]) -> dict[str, list[UUID]]:
    """By the name that pages show: the preferred one, else first and last name."""
    found: dict[str, list[UUID]] = {}
    rows = with_full_names().exclude(status__in=GONE)
    rows = rows.filter(Q(display_name__in=names) | Q(full_name__in=names)) if names else rows.none()
    for pk, *own_names in rows.values_list("pk", "display_name", "full_name"):
        for name in names.intersection(own_names):
            found.setdefault(name, []).append(pk)
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def let_in(
    journey: Journey, people: Sequence[UUID], *, key: str = "", data: Mapping[str, Any] | None = None
) -> Entered:
    """By the rules of the journey, and of its trigger “By hand” where it has one.

    `key`: the business object, one run for each; `data`: what texts and conditions call `event`.
    """
    triggers = definition_of(journey.version_id).triggers if journey.version_id else ()
    trigger = next((one for one in triggers if isinstance(one, ManualTrigger)), None)
    coming = (Entrant(one, key=key, cause="MANUAL", data=data) for one in people)
    return enter(journey, coming, trigger=trigger, each=True)
