"""Keeps members true: weighs people for segments, writes what changed, says why, and follows nested segments up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import QuerySet

from events.log import wake_consumers
from segments import statements as sql
from segments.clock import Clock
from segments.compiler import Parameters, compile_with
from segments.due import NOTE, due_query
from segments.models import Cause, Segment
from segments.models.segment import RULED
from segments.reasons import decisive_leaf
from segments.rules import Rule, leaves_of
from tenants.models import Tenant
from tenants.postgresql.commits import SYNC_COMMIT
from tenants.postgresql.locks import AdvisoryLock, lock_tenant

# Of so many changes of a batch, and of the first batch of a refresh, the leaf that flipped is found; of more nobody
# reads each one's reason.
MOST_REASONS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Ruled:
    """A segment that goes by a rule, as weighing needs it; `level`: 1 more than the deepest segment it names."""

    id: UUID
    version: int
    rule: Rule
    level: int = 0


@dataclass(slots=True)
class Asked:
    """For which segments a person is weighed, why, and what changed (tokens `field:x`, `event:X`, `time`)."""

    segments: set[UUID] = field(default_factory=set)
    cause: Cause = Cause.CHANGE
    tokens: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody joined or left."""

    segment_id: UUID
    profile_id: UUID
    is_join: bool
    cause: str


def followed_segments() -> QuerySet[Segment]:
    """The open scope's segments that go by a rule and are kept."""
    return Segment.objects.filter(deleted_at__isnull=True, is_active=True, type__in=RULED)


def ruled_segments() -> dict[UUID, Ruled]:
    """The open scope's segments that go by a rule and are kept, by level."""
    rows = list(followed_segments().only("id", "tenant_id", "version", "criteria"))
    found = {row.pk: Ruled(row.pk, row.version, row.rule) for row in rows}
    levels: dict[UUID, int] = {}
    for each in found.values():
        _level(each.id, found, levels)
    leveled = (Ruled(each.id, each.version, each.rule, levels[each.id]) for each in found.values())
    return {each.id: each for each in sorted(leveled, key=lambda each: each.level)}


def _level(segment_id: UUID, found: Mapping[UUID, Ruled], levels: dict[UUID, int]) -> int:
    """Cycles are refused when a rule is saved; one that came to be anyway ends here at 0."""
    if segment_id in levels:
        return levels[segment_id]
    if segment_id not in found:
        return -1
    levels[segment_id] = 0
    below = [_level(each, found, levels) for each in found[segment_id].rule.mentions.segments]
    levels[segment_id] = max(below, default=-1) + 1
    return levels[segment_id]


def lock_members() -> None:
    """The tenant's lock of members, until the open transaction ends; taken before anything is read for writing."""
    lock_tenant(AdvisoryLock.SEGMENTS)


def weigh(
    tenant: Tenant,
    asked: Mapping[UUID, Asked],
    segments: Mapping[UUID, Ruled],
    now: datetime,
    *,
    finds_reasons: bool = True,
) -> list[Change]:
    """Weigh people for the segments each is asked for, and for those that name these; returns what changed.

    `finds_reasons`: the history names the leaf that flipped. In the open transaction, under the lock of members, which
    it takes.
    """
    lock_members()
    clock = Clock(now, tenant.zone)
    waiting = {
        profile_id: Asked(set(each.segments), each.cause, each.tokens) for profile_id, each in asked.items()
    }
    changes: list[Change] = []
    for level in sorted({each.level for each in segments.values()}):
        these = {each.id: each for each in segments.values() if each.level == level}
        made = _weigh_level(tenant.pk, waiting, these, clock, finds_reasons=finds_reasons)
        changes += made
        _pass_up(made, waiting, segments)
    return changes


def _pass_up(made: Iterable[Change], waiting: dict[UUID, Asked], segments: Mapping[UUID, Ruled]) -> None:
    """Whoever joined or left is weighed for the segments that name this one."""
    naming: dict[UUID, list[UUID]] = {}
    for each in segments.values():
        for named in each.rule.mentions.segments:
            naming.setdefault(named, []).append(each.id)
    for change in made:
        above = naming.get(change.segment_id)
        if above:
            asked = waiting.setdefault(change.profile_id, Asked(cause=Cause(change.cause)))
            asked.segments.update(above)
            asked.tokens |= {f"segment:{change.segment_id}"}


def name_others(changes: Sequence[Change], tenant: Tenant, now: datetime) -> None:
    """Weigh those who joined or left a list for the segments that name it."""
    segments = ruled_segments()
    waiting: dict[UUID, Asked] = {}
    _pass_up(changes, waiting, segments)
    if waiting:
        weigh(tenant, waiting, segments, now)


def _weigh_level(
    tenant_id: UUID,
    asked: Mapping[UUID, Asked],
    these: Mapping[UUID, Ruled],
    clock: Clock,
    *,
    finds_reasons: bool,
) -> list[Change]:
    signatures: dict[frozenset[UUID], int] = {}
    people = []
    for profile_id, each in asked.items():
        wanted = frozenset(each.segments & these.keys())
        if wanted:
            number = signatures.setdefault(wanted, len(signatures))
            people.append((profile_id, number, each.cause.value))
    if not people:
        return []
    weighed = {segment_id for wanted in signatures for segment_id in wanted}
    statement, values = weighing(tenant_id, [these[each] for each in weighed], signatures, clock)
    with connection.cursor() as cursor:
        sql.WEIGHED.fill(cursor, people)
        cursor.execute(statement, values)
        changes = [Change(*row) for row in cursor.fetchall()]
        reasons = reasons_of(tenant_id, changes, asked, these, clock) if finds_reasons else {}
        write_changes(tenant_id, changes, reasons)
        note_due_days(tenant_id, [these[each] for each in weighed], clock, among=sql.AMONG)
    return changes


def weighing(
    tenant_id: UUID, segments: Sequence[Ruled], signatures: Mapping[frozenset[UUID], int], clock: Clock
) -> tuple[str, dict[str, Any]]:
    """One statement that asks all these rules about all weighed people."""
    parameters = Parameters("w")
    rows = []
    for each in segments:
        mine = [number for wanted, number in signatures.items() if each.id in wanted]
        rows.append(
            sql.RULE.format(
                segment=parameters(each.id, "uuid"),
                signatures=parameters(mine, "integer[]"),
                condition=compile_with(parameters, each.rule.root, tenant_id, clock, among=sql.AMONG),
            )
        )
    return sql.WEIGH.format(rules=", ".join(rows)), {"tenant": tenant_id, **parameters.values}


def reasons_of(
    tenant_id: UUID,
    changes: Sequence[Change],
    asked: Mapping[UUID, Asked],
    segments: Mapping[UUID, Ruled],
    clock: Clock,
) -> dict[tuple[UUID, UUID], dict[str, Any]]:
    """(segment, person) → the leaf that flipped, of up to MOST_REASONS changes."""
    found: dict[tuple[UUID, UUID], dict[str, Any]] = {}
    by_segment: dict[UUID, list[Change]] = {}
    for change in changes[:MOST_REASONS]:
        by_segment.setdefault(change.segment_id, []).append(change)
    for segment_id, some in by_segment.items():
        rule = segments[segment_id].rule
        answers = leaf_answers(tenant_id, rule, [change.profile_id for change in some], clock)
        for change in some:
            given = answers.get(change.profile_id)
            known = asked.get(change.profile_id)
            if given is not None:
                leaf = decisive_leaf(rule, given, known.tokens if known else frozenset())
                if leaf is not None:
                    found[segment_id, change.profile_id] = leaf.to_json()
    return found


def leaf_answers(
    tenant_id: UUID, rule: Rule, profile_ids: Sequence[UUID], clock: Clock
) -> dict[UUID, list[bool]]:
    """What each leaf of a rule says of each person now, in the order of `leaves_of`."""
    leaves = leaves_of(rule.root)
    if not leaves:
        return {}
    parameters = Parameters("l")
    among = f"SELECT unnest({parameters(list(profile_ids), 'uuid[]')})"
    columns = [compile_with(parameters, leaf, tenant_id, clock, among=among) for leaf in leaves]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id, {', '.join(columns)} FROM profiles_customerprofile AS p"
            f" WHERE p.tenant_id = %(tenant)s AND p.id = ANY(%(people)s)",
            {"tenant": tenant_id, "people": list(profile_ids), **parameters.values},
        )
        return {row[0]: list(row[1:]) for row in cursor.fetchall()}


def write_changes(
    tenant_id: UUID,
    changes: Sequence[Change],
    reasons: Mapping[tuple[UUID, UUID], dict[str, Any]] | None = None,
) -> None:
    """Write joins and leaves with their history, count them, and tell; under the lock of members."""
    if not changes:
        return
    known = reasons or {}
    rows = []
    for change in changes:
        leaf = known.get((change.segment_id, change.profile_id))
        rule = None if leaf is None else orjson.dumps(leaf).decode()
        rows.append((change.segment_id, change.profile_id, change.is_join, change.cause, rule))
    with connection.cursor() as cursor:
        sql.CHANGE.fill(cursor, rows)
        for statement in (sql.JOIN, sql.LEAVE, sql.REMEMBER, sql.COUNT):
            cursor.execute(statement, {"tenant": tenant_id})
        # Readers tell others, who cannot be told that it never was.
        cursor.execute(f"{SYNC_COMMIT}; {sql.TELL}", {"tenant": tenant_id, "chunk": sql.MOST_TOLD})
    wake_consumers()


def note_due_days(tenant_id: UUID, segments: Iterable[Ruled], clock: Clock, *, among: str) -> None:
    """Note when time alone may move the people `among` next, as far as these segments go."""
    found = due_query((each.rule for each in segments), tenant_id, clock, among=among)
    if found is not None:
        with connection.cursor() as cursor:
            sql.NOTED_DAY.fill(cursor, ())
            cursor.execute(f"INSERT INTO noted_day {found[0]}", found[1])
            cursor.execute(NOTE, {"tenant": tenant_id})
