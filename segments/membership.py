"""Keeps members true: weighs people for segments, writes what changed, says why, and follows nested segments up."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection

from events.log import wake_consumers
from segments import statements as sql
from segments.clock import Clock
from segments.compiler import Parameters, compile_with
from segments.due import note_days_of_weighed
from segments.models import Cause
from segments.reasons import decisive_leaf
from segments.ruled import Ruled, ruled_segments
from segments.rules import Rule, leaves_of
from segments.weighing import Weighing, weighings
from tenants.models import Tenant
from tenants.postgresql.commits import SYNC_COMMIT
from tenants.postgresql.locks import AdvisoryLock, lock_tenant

# Of so many changes of a batch, and of the first batch of a refresh, the leaf that flipped is found; of more nobody
# reads each one's reason.
MOST_REASONS: Final = 5_000


@dataclass(slots=True)
class Asked:
    """For which segments a person is weighed, why, and what changed (tokens `field:x`, `event:X`, `time`).

    People of whom the same changed share one set, which is looked at once.
    """

    segments: frozenset[UUID] = frozenset()
    cause: Cause = Cause.CHANGE
    tokens: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody joined or left."""

    segment_id: UUID
    profile_id: UUID
    is_join: bool
    cause: str


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
        profile_id: Asked(each.segments, each.cause, each.tokens) for profile_id, each in asked.items()
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
            asked.segments = asked.segments.union(above)
            asked.tokens |= {f"segment:{change.segment_id}"}


def name_others(changes: Sequence[Change], tenant: Tenant, now: datetime) -> None:
    """Weigh those who joined or left a list for the segments that name it."""
    segments = ruled_segments()
    waiting: dict[UUID, Asked] = {}
    _pass_up(changes, waiting, segments)
    if waiting:
        weigh(tenant, waiting, segments, now)


def weigh_alike(
    tenant: Tenant,
    people: str,
    wanted: Collection[Ruled],
    segments: Mapping[UUID, Ruled],
    now: datetime,
    *,
    cause: Cause,
    finds_reasons: bool,
) -> dict[tuple[UUID, bool], int]:
    """Weigh people, as an array of ids in PostgreSQL's writing, for the same segments of one level, and on upwards.

    Returns how many joined (True) and left (False) each of the segments. In the open transaction, under the lock of
    members, which the caller has taken before it read `segments`.
    """
    clock = Clock(now, tenant.zone)
    named = {below for each in segments.values() for below in each.rule.mentions.segments}
    tallies: dict[tuple[UUID, bool], int] = {}
    waiting: dict[UUID, Asked] = {}
    for weighing in weighings(tenant.pk, wanted, clock):
        asked, looks = weighing.asked(frozenset(each.id for each in weighing.segments))
        with connection.cursor() as cursor:
            sql.WEIGHED.fill(cursor, ())
            values: dict[str, Any] = {"people": people, "asked": asked, "looks": looks, "cause": cause.value}
            cursor.execute(sql.WEIGH_ALIKE, values)
            _find_changes(weighing, {} if finds_reasons else None)
            cursor.execute(sql.TALLY)
            found = cursor.fetchall()
            write_found(tenant.pk, bool(found))
            if not named.isdisjoint(segment_id for segment_id, _, _ in found):
                cursor.execute(sql.CHANGES)
                _pass_up((Change(*row) for row in cursor.fetchall()), waiting, segments)
        note_days_of_weighed((each.rule for each in weighing.segments), tenant.pk, clock)
        tallies |= {(segment_id, is_join): count for segment_id, is_join, count in found}
    if waiting:
        weigh(tenant, waiting, segments, now, finds_reasons=finds_reasons)
    return tallies


def _weigh_level(
    tenant_id: UUID,
    asked: Mapping[UUID, Asked],
    these: Mapping[UUID, Ruled],
    clock: Clock,
    *,
    finds_reasons: bool,
) -> list[Change]:
    weighed = frozenset().union(*{each.segments for each in asked.values()})
    changes: list[Change] = []
    for weighing in weighings(tenant_id, [each for each in these.values() if each.id in weighed], clock):
        known = {each: weighing.asked(each) for each in {each.segments for each in asked.values()}}
        people = []
        for profile_id, each in asked.items():
            words, looks = known[each.segments]
            if any(words):
                people.append((profile_id, words, looks, each.cause.value))
        if not people:
            continue
        with connection.cursor() as cursor:
            sql.WEIGHED.fill(cursor, people)
            found = _find_changes(weighing, asked if finds_reasons else None)
            if not finds_reasons:
                cursor.execute(sql.CHANGES)
                found = [Change(*row) for row in cursor.fetchall()]
        write_found(tenant_id, bool(found))
        note_days_of_weighed((each.rule for each in weighing.segments), tenant_id, clock)
        changes += found
    return changes


def _find_changes(weighing: Weighing, asked: Mapping[UUID, Asked] | None) -> list[Change]:
    """Put into `membership_change` what the weighed people's rules say otherwise than their memberships.

    `asked`: what happened to whom, for the reasons; None: nobody reads them, and no row is returned.
    """
    with connection.cursor() as cursor:
        if asked is None:
            sql.CHANGE.fill(cursor, ())
            cursor.execute(sql.KEEP_CHANGES.format(weigh=weighing.statement), weighing.values)
            return []
        cursor.execute(weighing.statement, weighing.values)
        rows = cursor.fetchall()
        found = [Change(*row[:-1]) for row in rows]
        known = _reasons(weighing, found, [row[-1] for row in rows], asked)
        _fill_changes(cursor, found, known)
    return found


def _reasons(
    weighing: Weighing, changes: Sequence[Change], answers: Sequence[str | None], asked: Mapping[UUID, Asked]
) -> list[str | None]:
    """The leaf that flipped as JSON, of up to MOST_REASONS changes."""
    rules = {each.id: each.rule for each in weighing.segments}
    found: list[str | None] = []
    for change, text in zip(changes[:MOST_REASONS], answers, strict=False):
        leaf = None
        if text is not None:
            happened = asked.get(change.profile_id)
            given = weighing.answers(change.segment_id, text)
            tokens = happened.tokens if happened else frozenset()
            leaf = decisive_leaf(rules[change.segment_id], given, tokens)
        found.append(None if leaf is None else orjson.dumps(leaf.to_json()).decode())
    return [*found, *[None] * (len(changes) - len(found))]


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


def write_changes(tenant_id: UUID, changes: Sequence[Change]) -> None:
    """Write joins and leaves with their history, count them, and tell; under the lock of members."""
    if changes:
        with connection.cursor() as cursor:
            _fill_changes(cursor, changes, [None] * len(changes))
        write_found(tenant_id, True)


def write_found(tenant_id: UUID, is_any: bool) -> None:
    """The same of what stands in `membership_change`."""
    if not is_any:
        return
    with connection.cursor() as cursor:
        # Readers tell others, who cannot be told that it never was.
        cursor.execute(f"{SYNC_COMMIT}; {sql.WRITE}", {"tenant": tenant_id, "chunk": sql.MOST_TOLD})
    wake_consumers()


def _fill_changes(cursor: Any, changes: Sequence[Change], reasons: Iterable[str | None]) -> None:
    rows = (
        (change.segment_id, change.profile_id, change.is_join, change.cause, reason)
        for change, reason in zip(changes, reasons, strict=True)
    )
    sql.CHANGE.fill(cursor, rows)
