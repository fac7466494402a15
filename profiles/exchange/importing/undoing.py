"""Taking an import back, a chunk of rows a transaction: what it said goes, what came since stays.

A customer on whom something else rests by now (a booking, an event, a note) stays with their keys and loses only what
the file said; one of whom nothing else is known goes, and other services are told.
"""

import functools
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events import log
from events.log import LogEntry
from profiles import cache
from profiles.exchange.importing import statements as sql
from profiles.exchange.importing.subjects import LINE_WIDTH, event_id_of, event_prefix
from profiles.golden_rows.recomputing import Touched, recompute_golden_rows
from profiles.ingest.statements import TAGGED_PROFILE
from profiles.log_kinds import LogKind
from profiles.merging.reassignment import reassign_rows
from profiles.models import ErasureReason, MemberImport
from profiles.tables import BLANK_PROFILES
from tenants.actors import current_actor
from tenants.declarations import every, from_the_top
from tenants.extension import OnUndo
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.postgresql.plans import PLAN_FOR_BATCHES
from tenants.postgresql.tables import table_name
from tenants.scope import current_tenant_id

CHUNK: Final = 1_000


def undo_chunk(member_import: MemberImport) -> int:
    """Take back the last rows that were brought in and are still there; returns how many (0: none is left).

    One transaction under the tenant's identity lock. From the last row to the first, so that a customer goes with the
    row that made them, after all others about them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lock_tenant(AdvisoryLock.IDENTITY)
        cursor.execute(PLAN_FOR_BATCHES)
        tenant_id = current_tenant_id()
        cursor.execute(sql.ROWS_TO_UNDO, [tenant_id, member_import.pk, CHUNK])
        rows = cursor.fetchall()
        if rows:
            _undo(cursor, tenant_id, member_import, rows)
    return len(rows)


def _undo(cursor: Any, tenant_id: UUID, member_import: MemberImport, rows: Sequence[tuple[Any, ...]]) -> None:
    sql.UNDONE_ROW.fill(
        cursor,
        (
            (row_id, event_id_of(member_import.pk, line), *rest, False, member_import.started_at)
            # Profile, whether it is new by the row, tags, stage rank before, survivor.
            for row_id, line, *rest in rows
        ),
    )
    touched = _part(cursor, tenant_id, member_import.started_at)
    cursor.execute(
        sql.ALSO_UNDONE_BEFORE, {"tenant": tenant_id, "import": member_import.pk, "width": LINE_WIDTH}
    )
    cursor.execute(sql.MOVE_ON, [tenant_id])
    cursor.execute("SELECT DISTINCT survivor_id FROM undone_row")
    touched |= {survivor for (survivor,) in cursor.fetchall()}
    cursor.execute(
        sql.MARK_BUILT_ON,
        {"tenant": tenant_id, "mine": event_prefix(member_import.pk)},
    )
    cursor.execute(sql.TAKE_FACTS, {"tenant": tenant_id})
    _take_keys(cursor, tenant_id)
    cursor.execute(sql.TAKE_CANDIDATES, [tenant_id])
    _take_tags(cursor, tenant_id, rows)
    cursor.execute(sql.TAKE_STAGES, [tenant_id])
    gone = _forget(cursor, tenant_id)
    changes = recompute_golden_rows(cursor, tenant_id, Touched(rekeyed=touched - gone))
    cursor.execute(sql.SETTLE_UNDONE, [tenant_id])
    log.append(
        LogEntry(LogKind.PROFILE_CHANGED, profile_id, {"changes": sorted(names)})
        for profile_id, names in changes.items()
        if names
    )
    cache.forget(touched | gone)


def _part(cursor: Any, tenant_id: UUID, since: datetime | None) -> set[UUID]:
    """Take back the merges that the rows showed, without keeping the two apart: nobody said that they differ."""
    actor = current_actor()
    cursor.execute(sql.MERGES_BY_ROWS, [actor.name, actor.user.pk if actor.user else None, tenant_id])
    sides = [
        (row_id, event_id, side, since) for row_id, event_id, *both in cursor.fetchall() for side in both
    ]
    if not sides:
        return set()
    survivor_of = reassign_rows(cursor, tenant_id, {side for _, _, side, _ in sides})
    cursor.executemany(sql.ALSO_UNDO, sides)
    return set(survivor_of.values())


def _take_keys(cursor: Any, tenant_id: UUID) -> None:
    cursor.execute(sql.TAKE_KEYS, {"tenant": tenant_id})
    shared = {(kind, value) for kind, value, is_shared in cursor.fetchall() if is_shared}
    if shared:
        sql.NO_LONGER_SHARED.fill(cursor, shared)
        cursor.execute(sql.UNSHARE, {"tenant": tenant_id})


def _take_tags(cursor: Any, tenant_id: UUID, rows: Sequence[tuple[Any, ...]]) -> None:
    tags_of: dict[UUID, set[str]] = {}
    for _, _, profile_id, _, tags, _, survivor in rows:
        for owner in {profile_id, survivor} if tags else ():
            tags_of.setdefault(owner, set()).update(tags)
    if tags_of:
        TAGGED_PROFILE.fill(cursor, ((one, sorted(tags)) for one, tags in tags_of.items()))
        for table, key in (("profiles_customerprofile", "id"), ("profiles_profileshare", "profile_id")):
            cursor.execute(sql.TAKE_TAGS.format(table=table, key=key), [tenant_id])


def _forget(cursor: Any, tenant_id: UUID) -> set[UUID]:
    """Let those go of whom nothing is left, and tell others so; returns who they are."""
    cursor.execute(_left_with_nothing(), {"tenant": tenant_id})
    gone = {profile_id for (profile_id,) in cursor.fetchall()}
    if gone:
        parameters = {"tenant": tenant_id, "ids": sorted(gone)}
        for statement in _forget_derived():
            cursor.execute(statement, parameters)
        cursor.execute(BLANK_PROFILES, parameters)
        _tell(gone, timezone.now())
    return gone


@functools.cache
def _left_with_nothing() -> str:
    """Asks every table whose rows keep a person."""
    conditions = (
        sql.NOTHING_IN.format(table_name(table), column, table.counts.format(row="x"))
        for table in every("tables")
        if table.undo is OnUndo.KEEPS_PERSON
        for column in table.person
    )
    return sql.LEFT_WITH_NOTHING.format(nothing_left="\n  ".join(conditions))


@functools.cache
def _forget_derived() -> list[str]:
    """Deletes what was only worked out about a person, the highest floor first."""
    return [
        sql.FORGET.format(
            table=table_name(table),
            mine=" OR ".join(f"x.{column} = ANY(%(ids)s)" for column in table.person),
        )
        for table in from_the_top("tables")
        if table.undo is OnUndo.GOES_ALONG
    ]


def _tell(gone: Collection[UUID], now: datetime) -> None:
    reason = ErasureReason.SOURCE.value
    log.append(
        LogEntry(LogKind.PROFILE_ERASED, profile_id, {"reason": reason, "erasedAt": now.isoformat()})
        for profile_id in sorted(gone)
    )
