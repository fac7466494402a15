"""The reader of the log: only segments that ask for what changed, only the people who changed."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events.consumers import Entry
from profiles.restricting import RESTRICTION_FIELD
from segments import statements as sql
from segments.fields import (
    FIELDS,
    MOVED_BY_ACTIVITY,
    MOVED_BY_ANY_CHANGE,
    MOVED_BY_COUNTING,
    MOVED_BY_SCORING,
)
from segments.membership import Asked, lock_members, weigh
from segments.models import Cause
from segments.reasons import TIME
from segments.ruled import Ruled, followed_segments, ruled_segments
from tenants.directory import tenant_by_id
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope

EVERYTHING: Final = "*"
MOST_DUE: Final = 2_000
_WHOLE: Final = frozenset({EVERYTHING})
_CAUSES: Final = {"profile.merged": Cause.MERGE, "profile.unmerged": Cause.UNMERGE}
# Log name → the fields of rules that it may change.
_FOLLOWERS: Final = {
    name: frozenset({name, *(each.name for each in FIELDS.values() if name in each.follows)})
    for name in {*FIELDS, *(name for each in FIELDS.values() for name in each.follows)}
}


def wants(tenant: Tenant) -> dict[str, None] | None:
    """What the consumer has a use for: nothing while the club has no segment that goes by a rule."""
    return None if followed_segments().exists() else {}


def follow(tenant: Tenant, entries: Sequence[Entry]) -> None:
    """Weigh whom the entries concern; idempotent, because the same people weigh the same."""
    happened: dict[UUID, Asked] = {}
    for entry in entries:
        for profile_id in _concerned(entry):
            asked = happened.setdefault(profile_id, Asked())
            asked.tokens |= _tokens(entry)
            asked.cause = _CAUSES.get(entry.kind, asked.cause)
    if not _choose(happened, ruled_segments()):
        return
    lock_members()
    # Read again: an edit may have come and been refreshed until the lock was ours, and no refresh would look again.
    segments = ruled_segments()
    asked_for = _choose(happened, segments)
    if asked_for:
        weigh(tenant, asked_for, segments, timezone.now())


def _concerned(entry: Entry) -> list[UUID]:
    others = [UUID(entry.data[name]) for name in ("loserId", "restoredId") if name in entry.data]
    return [*([entry.profile_id] if entry.profile_id else []), *others]


def _tokens(entry: Entry) -> frozenset[str]:
    """What changed, as leaves may ask for it."""
    if entry.kind == "activity.recorded":
        return _of_activity(str(entry.data.get("type")))
    if entry.kind == "profile.scored":
        return _of_fields(MOVED_BY_SCORING | MOVED_BY_ANY_CHANGE)
    if entry.kind in ("profile.changed", "profile.counted"):
        names = {str(name) for name in entry.data.get("changes", ())}
        if RESTRICTION_FIELD in names:
            return _WHOLE
        followers = (_FOLLOWERS.get(name, frozenset({name})) for name in names)
        counted = MOVED_BY_COUNTING if entry.kind == "profile.counted" else frozenset()
        return _of_fields(frozenset().union(*followers, counted, MOVED_BY_ANY_CHANGE))
    return _WHOLE


@cache
def _of_activity(name: str) -> frozenset[str]:
    return _of_fields(MOVED_BY_ACTIVITY | MOVED_BY_ANY_CHANGE) | {f"event:{name}"}


def _of_fields(names: Iterable[str]) -> frozenset[str]:
    return frozenset(f"field:{name}" for name in names)


def _choose(happened: Mapping[UUID, Asked], segments: Mapping[UUID, Ruled]) -> dict[UUID, Asked]:
    """Give each person the segments that ask for what changed; without any the person is left out."""
    wanted = {
        each.id: {
            *_of_fields(each.rule.mentions.fields),
            *(f"event:{name}" for name in each.rule.mentions.event_types),
        }
        for each in segments.values()
    }
    chosen: dict[frozenset[str], frozenset[UUID]] = {}
    for asked in happened.values():
        if asked.tokens not in chosen:
            everything = EVERYTHING in asked.tokens
            chosen[asked.tokens] = frozenset(
                segment for segment, tokens in wanted.items() if everything or tokens & asked.tokens
            )
        asked.segments = chosen[asked.tokens]
    return {profile_id: asked for profile_id, asked in happened.items() if asked.segments}


def tenants_with_due() -> list[UUID]:
    """The tenants in which it is somebody's day, each by its own clock."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(sql.TENANTS_WITH_DUE)
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def move_due(tenant_id: UUID) -> bool:
    """Weigh up to MOST_DUE of a club's people whose day has come; returns whether more may be due."""
    with tenant_scope(tenant_id), transaction.atomic():
        tenant = tenant_by_id(tenant_id)
        lock_members()
        now = timezone.now()
        today = now.astimezone(tenant.zone).date()
        with connection.cursor() as cursor:
            cursor.execute(sql.TAKE_DUE, {"tenant": tenant_id, "today": today, "most": MOST_DUE})
            people = [profile_id for (profile_id,) in cursor.fetchall()]
        segments = ruled_segments()
        moving = frozenset(each.id for each in segments.values() if each.rule.mentions.moves_with_time)
        tokens = frozenset({TIME})
        if people and moving:
            weigh(tenant, {each: Asked(moving, Cause.TIME, tokens) for each in people}, segments, now)
    return len(people) == MOST_DUE
