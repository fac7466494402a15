"""Reassigning rows of customers to the survivors of the merges in force."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from profiles.merging import statements as sql
from profiles.merging.history import MergeEdge, standing
from profiles.merging.moving import move_rows

AUTOMATIC, BY_PERSON = "AUTOMATIC", "PERSON"


@dataclass(frozen=True, slots=True)
class NewMerge:
    """Two stored profiles that become one, and why. `merged_by_id` is a user's key."""

    winner_id: UUID
    loser_id: UUID
    kind: str = AUTOMATIC
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Author:
    """Who merges: a user where it is one, the name in any case; the rules of identity have neither."""

    user_id: Any = None
    name: str = ""
    reason: str = ""


NOBODY = Author()


def record_merges(
    cursor: Any, tenant_id: UUID, merges: Sequence[NewMerge], author: Author = NOBODY
) -> list[int]:
    """Note merges, in this order; returns their ids. Nothing moves before `reassign_rows`."""
    sql.RECORDED.fill(
        cursor,
        (
            (one.winner_id, one.loser_id, one.kind, orjson.dumps(one.evidence).decode(), position)
            for position, one in enumerate(merges)
        ),
    )
    cursor.execute(sql.RECORD, [tenant_id, author.user_id, author.name, author.reason])
    return sorted(merge_id for (merge_id,) in cursor.fetchall())


def reassign_rows(cursor: Any, tenant_id: UUID, seeds: Collection[UUID]) -> dict[UUID, UUID]:
    """Make everybody who stands together with a seed agree with the merges that stand now.

    Moves rows, sums figures up, retires losers and revives who is free again. Returns profile → survivor for all of
    them; the caller recomputes the survivors' golden rows. Needs a transaction, the scope and the identity lock alone.
    """
    sql.SEED.fill(cursor, ((profile_id,) for profile_id in seeds))
    cursor.execute(sql.MEMBERS, {"tenant": tenant_id})
    before: dict[UUID, UUID] = {profile_id: old_id for profile_id, old_id, _ in cursor.fetchall()}
    edges = _edges(cursor, tenant_id, before)
    after, identity_of = standing(edges)
    size: dict[UUID, int] = {}
    for profile_id in before:
        new_id = after.get(profile_id, profile_id)
        size[new_id] = size.get(new_id, 0) + 1
    _fill_members(
        cursor,
        [
            (profile_id, old_id, new_id, identity_of.get(profile_id), size[new_id] == 1)
            for profile_id, old_id in before.items()
            for new_id in [after.get(profile_id, profile_id)]
        ],
    )
    for statement in (sql.LOCK_MEMBERS, sql.KEEP_SHARES, sql.SET_SURVIVORS):
        cursor.execute(statement, {"tenant": tenant_id})
    move_rows(cursor, tenant_id)
    for statement in (sql.SUM_UP, sql.DROP_SHARES, sql.SET_LOSERS):
        cursor.execute(statement, {"tenant": tenant_id})
    return {profile_id: after.get(profile_id, profile_id) for profile_id in before}


def _edges(cursor: Any, tenant_id: UUID, members: Collection[UUID]) -> list[MergeEdge]:
    _fill_members(cursor, [(profile_id, None, None, None, None) for profile_id in members])
    cursor.execute(sql.EDGES, {"tenant": tenant_id})
    return sorted(MergeEdge(*row) for row in cursor.fetchall())


def _fill_members(cursor: Any, rows: Collection[tuple[Any, ...]]) -> None:
    # In a fixed order, as every writer of profiles has it.
    sql.MEMBER.fill(cursor, sorted(rows, key=lambda row: row[0].int))
