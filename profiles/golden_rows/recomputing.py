"""Recomputing golden rows, and the search documents made from them, from facts and identifiers."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from events import log
from events.log import LogEntry
from profiles.golden_rows import statements as sql
from profiles.golden_rows.documents import lexemes
from profiles.golden_rows.rules import (
    COLUMN_NAMES,
    CONSENT_COLUMNS,
    GOLDEN_COLUMNS,
    KnownFact,
    KnownKey,
    changed_columns,
    golden_row,
    recomputed_row,
)
from profiles.log_kinds import LogKind
from tenants.postgresql.places import update_by_place

JSON_COLUMNS = frozenset({"external_ids"})
# A change of these, or of any identifier, changes the words by which a person is found.
SEARCHED_COLUMNS = frozenset(
    {
        "first_name", "last_name", "display_name", "email", "phone_number", "scl_member_id", "teetime_player_id",
        "home_club_name",
    }
)  # fmt: skip

CONSENTS = frozenset(CONSENT_COLUMNS.values())
NAME_FIELDS = frozenset({"firstName", "lastName", "displayName"})


class Findable(NamedTuple):
    """What the words by which a customer is found are made of: golden row and keys, as they are going to be, and tags.

    `has_shares`: others were merged into them, and each is still asked for by their own name.
    """

    golden: Mapping[str, Any]
    keys: Sequence[KnownKey]
    tags: Collection[str]
    has_shares: bool


@dataclass(frozen=True, slots=True)
class Touched:
    """What happened to profiles that may change their golden rows, and the words by which they are found.

    `fields`: the fields of which each has new facts; `rekeyed`: those whose identifiers changed, which are recomputed
    completely; `retagged`: those whose tags changed; `new_profiles`: those whose rows were just written, and are right.
    """

    fields: Mapping[UUID, Collection[str]] = field(default_factory=dict)
    rekeyed: Collection[UUID] = ()
    retagged: Collection[UUID] = ()
    new_profiles: Collection[UUID] = ()


def recompute_golden_rows(cursor: Any, tenant_id: UUID, touched: Touched) -> dict[UUID, list[str]]:
    """Rewrite the golden rows that changed; returns profile id → names of the changed fields (API names).

    What consent was and is now goes into the log at once.

    Needs a transaction and the tenant's identity lock.
    """
    recomputation = _Recomputation()
    rekeyed = set(touched.rekeyed).difference(touched.new_profiles)
    partly = {
        profile_id: names
        for profile_id, names in touched.fields.items()
        if profile_id not in rekeyed and profile_id not in touched.new_profiles
    }
    _recompute_fields(cursor, tenant_id, partly, recomputation)
    _recompute_whole(cursor, tenant_id, rekeyed, recomputation)
    _store(cursor, tenant_id, recomputation)
    log.append(recomputation.consents)
    refound = rekeyed.union(recomputation.renamed, touched.retagged).difference(touched.new_profiles)
    _store_documents(cursor, tenant_id, refound, recomputation.known)
    return recomputation.changes


def _recompute_fields(
    cursor: Any, tenant_id: UUID, fields: Mapping[UUID, Collection[str]], recomputation: "_Recomputation"
) -> None:
    if not fields:
        return
    sql.WANTED_PROFILE.fill(cursor, ((profile_id,) for profile_id in fields))
    sql.WANTED_FIELD.fill(
        cursor, ((profile_id, name) for profile_id, names in fields.items() for name in names)
    )
    facts = _facts(cursor, sql.SOME_FACTS, [tenant_id])
    for profile_id, current in _current(cursor, tenant_id):
        before = current.golden
        recomputation.note(
            profile_id, before, recomputed_row(before, facts.get(profile_id, ()), current.stage_reached)
        )
        if current.has_shares and NAME_FIELDS.intersection(fields[profile_id]):
            # A name that does not win changes the words of those only who have names of others.
            recomputation.renamed.add(profile_id)


def _recompute_whole(
    cursor: Any, tenant_id: UUID, ids: Collection[UUID], recomputation: "_Recomputation"
) -> None:
    if not ids:
        return
    sql.WANTED_PROFILE.fill(cursor, ((profile_id,) for profile_id in ids))
    facts = _facts(cursor, sql.ALL_FACTS, [tenant_id])
    keys = _keys(cursor, tenant_id)
    for profile_id, current in _current(cursor, tenant_id):
        theirs = keys.get(profile_id, [])
        after = golden_row(facts.get(profile_id, ()), theirs, current.stage_reached)
        recomputation.note(profile_id, current.golden, after)
        recomputation.known[profile_id] = Findable(after, theirs, current.tags, current.has_shares)


def consent_entry(profile_id: UUID, before: Mapping[str, Any], after: Mapping[str, Any]) -> LogEntry:
    """For the log: the opt-ins in which two golden rows differ, each as it was and as it is.

    Of somebody new nobody had agreed to anything.
    """
    told = {
        name: [bool(before.get(column)), after[column]]
        for name, column in CONSENT_COLUMNS.items()
        if bool(before.get(column)) != after[column]
    }
    return LogEntry(LogKind.CONSENT_CHANGED, profile_id, told)


@dataclass(slots=True)
class _Recomputation:
    """The changes found so far."""

    changes: dict[UUID, list[str]] = field(default_factory=dict)
    rewritten: list[tuple[Any, ...]] = field(default_factory=list)
    renamed: set[UUID] = field(default_factory=set)
    known: dict[UUID, Findable] = field(default_factory=dict)
    consents: list[LogEntry] = field(default_factory=list)

    def note(self, profile_id: UUID, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Remember what differs."""
        changed = changed_columns(before, after)
        self.changes[profile_id] = [COLUMN_NAMES[column] for column in changed]
        if changed:
            self.rewritten.append((profile_id, *(stored(column, after[column]) for column in GOLDEN_COLUMNS)))
        if SEARCHED_COLUMNS.intersection(changed):
            self.renamed.add(profile_id)
        if CONSENTS.intersection(changed):
            self.consents.append(consent_entry(profile_id, before, after))


class _Current(NamedTuple):
    """A profile as it is stored."""

    stage_reached: int
    tags: list[str]
    has_shares: bool
    golden: dict[str, Any]


def _current(cursor: Any, tenant_id: UUID) -> Iterator[tuple[UUID, _Current]]:
    """Each wanted profile, by its id."""
    cursor.execute(sql.CURRENT_GOLDEN, [tenant_id])
    for profile_id, stage_reached, tags, has_shares, *values in cursor.fetchall():
        golden = dict(zip(GOLDEN_COLUMNS, values, strict=True))
        golden["external_ids"] = orjson.loads(golden["external_ids"])
        yield profile_id, _Current(stage_reached, tags, has_shares, golden)


def _store(cursor: Any, tenant_id: UUID, recomputation: _Recomputation) -> None:
    if recomputation.rewritten:
        sql.GOLDEN.fill(cursor, recomputation.rewritten)
        update_by_place(
            cursor,
            sql.UPDATE_GOLDEN_ROWS,
            [tenant_id],
            staging=sql.GOLDEN,
            table="profiles_customerprofile",
            key="profile_id",
            tenant_id=tenant_id,
        )


def store_documents(cursor: Any, tenant_id: UUID, ids: Collection[UUID]) -> None:
    """The words by which these people are found, from their golden rows, keys and tags as they are now.

    Needs a transaction and the tenant's identity lock.
    """
    _store_documents(cursor, tenant_id, ids, {})


def _store_documents(
    cursor: Any, tenant_id: UUID, ids: Collection[UUID], known: Mapping[UUID, Findable]
) -> None:
    if not ids:
        return
    found = {profile_id: known[profile_id] for profile_id in ids if profile_id in known}
    unknown = [profile_id for profile_id in ids if profile_id not in known]
    if unknown:
        sql.WANTED_PROFILE.fill(cursor, ((profile_id,) for profile_id in unknown))
        keys = _keys(cursor, tenant_id)
        for profile_id, current in _current(cursor, tenant_id):
            found[profile_id] = Findable(
                current.golden, keys.get(profile_id, []), current.tags, current.has_shares
            )
    write_documents(cursor, tenant_id, found)


def write_documents(cursor: Any, tenant_id: UUID, found: Mapping[UUID, Findable]) -> None:
    """Store the words by which these people are found. Needs a transaction and the tenant's identity lock."""
    merged = _merged_names(
        cursor, tenant_id, [profile_id for profile_id, one in found.items() if one.has_shares]
    )
    sql.SEARCH_DOCUMENT.fill(
        cursor,
        (
            (
                profile_id,
                sql.LEXEME_SEPARATOR.join(
                    lexemes(
                        tenant_id,
                        one.golden,
                        one.keys,
                        tags=one.tags,
                        merged_names=merged.get(profile_id, ()),
                    )
                ),
            )
            for profile_id, one in found.items()
        ),
    )
    cursor.execute(sql.STORE_DOCUMENTS, [tenant_id])


def _merged_names(cursor: Any, tenant_id: UUID, ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """Every name that any side of these customers has."""
    if not ids:
        return {}
    sql.WANTED_PROFILE.fill(cursor, ((profile_id,) for profile_id in ids))
    cursor.execute(sql.MERGED_NAMES, [tenant_id])
    names: dict[UUID, list[str]] = {}
    for profile_id, name in cursor.fetchall():
        names.setdefault(profile_id, []).append(name)
    return names


def stored(column: str, value: Any) -> Any:
    """A value of a golden row as staging tables want it."""
    return orjson.dumps(value).decode() if column in JSON_COLUMNS else value


def _facts(cursor: Any, statement: str, parameters: list[Any]) -> dict[UUID, list[KnownFact]]:
    cursor.execute(statement, parameters)
    facts: dict[UUID, list[KnownFact]] = {}
    for profile_id, name, value, rank, occurred_at, source, event_id in cursor.fetchall():
        known = None if value is None else orjson.loads(value)
        facts.setdefault(profile_id, []).append(KnownFact(name, known, rank, occurred_at, source, event_id))
    return facts


def _keys(cursor: Any, tenant_id: UUID) -> dict[UUID, list[KnownKey]]:
    cursor.execute(sql.ALL_KEYS, [tenant_id])
    keys: dict[UUID, list[KnownKey]] = {}
    for profile_id, *key in cursor.fetchall():
        keys.setdefault(profile_id, []).append(KnownKey(*key))
    return keys
