"""Computing golden rows anew from all facts and identifiers of the profiles concerned."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import orjson

from profiles.golden import COLUMN_NAMES, GOLDEN_COLUMNS, KnownFact, KnownKey, changed_columns, golden_row
from profiles.ingest import statements as sql
from profiles.search_documents import lexemes

JSON_COLUMNS = frozenset({"external_ids"})
# A change of these, or of any identifier, changes the words by which a person is found.
SEARCHED_COLUMNS = frozenset(
    {"first_name", "last_name", "display_name", "email", "phone_number", "scl_member_id", "teetime_player_id"}
)


def restate(
    cursor: Any, tenant_id: UUID, ids: Collection[UUID], rekeyed: Collection[UUID]
) -> dict[UUID, list[str]]:
    """Rewrite the golden rows that changed; returns profile id → names of the changed fields (API names).

    `rekeyed`: those whose identifiers changed. Needs a transaction and the tenant's identity lock.
    """
    if not ids:
        return {}
    sql.WANTED_PROFILE.fill(cursor, ((profile_id,) for profile_id in ids))
    facts = _facts(cursor, tenant_id)
    keys = _keys(cursor, tenant_id)
    cursor.execute(sql.CURRENT_GOLDEN, [tenant_id])
    rewritten: list[tuple[Any, ...]] = []
    documents: list[tuple[UUID, list[str]]] = []
    changes: dict[UUID, list[str]] = {}
    for profile_id, stage_reached, *current in cursor.fetchall():
        before = dict(zip(GOLDEN_COLUMNS, current, strict=True))
        before["external_ids"] = orjson.loads(before["external_ids"])
        known = keys.get(profile_id, [])
        after = golden_row(facts.get(profile_id, ()), known, stage_reached)
        changed = changed_columns(before, after)
        changes[profile_id] = [COLUMN_NAMES[column] for column in changed]
        if changed:
            rewritten.append((profile_id, *(_stored(column, after[column]) for column in GOLDEN_COLUMNS)))
        if profile_id in rekeyed or SEARCHED_COLUMNS.intersection(changed):
            documents.append((profile_id, lexemes(tenant_id, after, known)))
    if rewritten:
        sql.GOLDEN.fill(cursor, rewritten)
        cursor.execute(sql.RESTATE, [tenant_id])
    if documents:
        sql.SEARCH_DOCUMENT.fill(cursor, documents)
        cursor.execute(sql.STORE_DOCUMENTS, [tenant_id])
    return changes


def _stored(column: str, value: Any) -> Any:
    return orjson.dumps(value).decode() if column in JSON_COLUMNS else value


def _facts(cursor: Any, tenant_id: UUID) -> dict[UUID, list[KnownFact]]:
    cursor.execute(sql.ALL_FACTS, [tenant_id])
    facts: dict[UUID, list[KnownFact]] = {}
    for profile_id, field, value, rank, occurred_at, source, event_id in cursor.fetchall():
        known = None if value is None else orjson.loads(value)
        facts.setdefault(profile_id, []).append(KnownFact(field, known, rank, occurred_at, source, event_id))
    return facts


def _keys(cursor: Any, tenant_id: UUID) -> dict[UUID, list[KnownKey]]:
    cursor.execute(sql.ALL_KEYS, [tenant_id])
    keys: dict[UUID, list[KnownKey]] = {}
    for profile_id, *key in cursor.fetchall():
        keys.setdefault(profile_id, []).append(KnownKey(*key))
    return keys
