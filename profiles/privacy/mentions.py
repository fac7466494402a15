"""Where a person is mentioned, and how their own events lose their content and those of others the mention.

The search has a transaction of its own: read only, so that it has no number for which consumers of the log wait, and
without the identity lock. It asks the index of texts (`text_index`) by hashes, and reads the few rows that may fit; no
statement holds a name. What came or changed meanwhile is searched again under the lock, and is little.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from profiles.privacy import statements as sql
from profiles.privacy.matcher import Matcher
from profiles.privacy.others import blank_others, find_others
from profiles.privacy.person_patterns import Traits
from profiles.privacy.text_index import TextRow, TextTable, find_blocks, mark_stale, text_tables
from profiles.privacy.tokens import seed_of
from tenants.extension import BLANKED
from tenants.postgresql.staging import StagingTable
from tenants.scope import current_tenant_id

INBOX: Final = "events.InboxEvent"
PROFILES: Final = "profiles.CustomerProfile"
ACTIVITIES: Final = "profiles.Activity"
# Rows of a table's tail, and blocks that may fit, so many at a time.
CHUNK: Final = 5_000
BLOCKS_AT_A_TIME: Final = 800
# PostgreSQL's numbers of types, and their names.
KINDS: Final = {2950: "uuid", 20: "bigint", 23: "bigint", 3802: "jsonb", 1009: "text[]", 1015: "text[]"}
LOWEST: Final = -(2**63)
# Rows that the search could not see: they came or were changed since. The number of a row's transaction has 32 bits.
SINCE: Final = """
NOT pg_visible_in_snapshot(
    (((pg_snapshot_xmax(%(seen)s::pg_snapshot)::text::bigint >> 32) << 32) + row.xmin::text::bigint)::text::xid8,
    %(seen)s::pg_snapshot)
"""
MARKS: Final = "SELECT model, indexed_to FROM profiles_textmark WHERE tenant_id = %(tenant)s"
Counts = dict[str, dict[str, int]]


@dataclass(slots=True)
class Mentions:
    """Model → ids of rows that mention the person; and what the search saw, for whoever continues it."""

    matcher: Matcher
    found: dict[str, set[Any]] = field(default_factory=dict)
    snapshot: str = ""
    marks: dict[str, int] = field(default_factory=dict)
    # Customers whose tags or shown names mention the person.
    others: list[UUID] = field(default_factory=list)

    def of(self, model: str) -> list[Any]:
        """The ids of one table, in order."""
        return sorted(self.found.get(model, ()))

    def add(self, table: TextTable, rows: Iterable[TextRow]) -> None:
        """Note those of the rows that fit."""
        self.found.setdefault(table.model, set()).update(row.id for row in rows if self._fits(table, row))

    def _fits(self, table: TextTable, row: TextRow) -> bool:
        if row.person in self.matcher.ids:
            return True
        return self.matcher.is_named(row.texts, by_id=table.texts.by_id, by_surname=table.texts.by_surname)


def find_mentions(parameters: Mapping[str, Any], traits: Traits) -> Mentions:
    """Search all texts of the open scope's tenant, in a read-only transaction of its own.

    Other customers' words in a second one. Inside another transaction both are a part of that one.
    """
    matcher = Matcher(traits, parameters["ids"], seed_of(current_tenant_id()))
    is_nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not is_nested:
            cursor.execute("SET TRANSACTION READ ONLY")
        # However long it takes: whoever asked to be forgotten is not given up half-way.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_current_snapshot()::text")
        mentions = Mentions(matcher, snapshot=cursor.fetchone()[0])
        cursor.execute(MARKS, parameters)
        mentions.marks = dict(cursor.fetchall())
        blocks = find_blocks(cursor, matcher.looked_for)
        for table in text_tables():
            _search(cursor, table, blocks.get(table.model, ()), mentions, parameters)
        _work_out(cursor, mentions, parameters)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        mentions.others = find_others(cursor, traits, matcher)
    return mentions


def _work_out(cursor: Any, mentions: Mentions, parameters: Mapping[str, Any]) -> None:
    """What is left of the many texts, so that the matcher knows it when the locks are held: that costs most of it."""
    values = {**parameters, "mentioned": mentions.of(INBOX), "by_hand": mentions.of(ACTIVITIES)}
    _redacted_events(cursor, values, mentions.matcher)
    _redacted_activities(cursor, values, mentions.matcher)


def _search(
    cursor: Any,
    table: TextTable,
    blocks: Sequence[tuple[int, int]],
    mentions: Mentions,
    parameters: Mapping[str, Any],
) -> None:
    """By the index; then what is not indexed yet, or may change."""
    for start in range(0, len(blocks), BLOCKS_AT_A_TIME):
        mentions.add(table, table.read_blocks(cursor, blocks[start : start + BLOCKS_AT_A_TIME]))
    if table.texts.changing != "false":
        mentions.add(table, table.read(cursor, table.texts.changing, parameters))
    if table.model == INBOX:
        _add_own_events(cursor, mentions, parameters)
    if not table.texts.is_indexed:
        mentions.add(table, table.read(cursor, "true", parameters))
        return
    after = mentions.marks.get(table.model, LOWEST)
    while rows := table.read(cursor, "row.id > %(after)s", {**parameters, "after": after}, most=CHUNK):
        mentions.add(table, rows)
        after = rows[-1].id


def _add_own_events(cursor: Any, mentions: Mentions, parameters: Mapping[str, Any]) -> None:
    cursor.execute(sql.OWN_EVENTS, parameters)
    mentions.found.setdefault(INBOX, set()).update(row_id for (row_id,) in cursor.fetchall())


def find_late_mentions(mentions: Mentions, parameters: Mapping[str, Any]) -> None:
    """Add what came or changed since the search; needs the identity lock, and reads only that.

    Rows that are being written by others count as later: who is erased is known by then (`suppression`).
    """
    with connection.cursor() as cursor:
        for table in text_tables():
            values = {
                **parameters,
                "seen": mentions.snapshot,
                "after": mentions.marks.get(table.model, LOWEST),
            }
            is_late = f"row.id > %(after)s AND {SINCE}" if table.texts.is_indexed else SINCE
            mentions.add(table, table.read(cursor, is_late, values))
        _add_own_events(cursor, mentions, parameters)


def lock_events(mentions: Mentions, *, waits: bool) -> None:
    """Lock the inbox rows that mention the person, in the order of their ids.

    Workers lock the events that they claim before they ask for the identity lock, and so must an erasure, or the two
    wait for each other. Under the identity lock it may not wait (`waits=False`): an event that a worker has claimed
    meanwhile comes after the erasure, and leaves the mentions.
    """
    found = mentions.found.get(INBOX, set())
    statement = sql.LOCK_EVENTS if waits else sql.LOCK_FREE_EVENTS
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant_id(), "mentioned": sorted(found)})
        mentions.found[INBOX] = {row_id for (row_id,) in cursor.fetchall()}


def blank_mentions(mentions: Mentions, parameters: Mapping[str, Any]) -> Counts:
    """Take the person out of what was found; needs the identity lock. Returns counts per model and act.

    Before the person's own activities and facts are deleted, by which timelines of others are found.
    """
    counts: Counts = {}
    matcher = mentions.matcher
    values = {**parameters, "mentioned": mentions.of(INBOX)}
    with connection.cursor() as cursor:
        values["by_hand"] = mentions.of(ACTIVITIES)
        activities = _redact_activities(cursor, values, matcher)
        values["odd_ids"] = _with_odd_ids(cursor, values, matcher)
        cursor.execute(sql.BLANK_OWN, values)
        counts[INBOX] = {BLANKED: cursor.rowcount + _redact_events(cursor, values, matcher)}
        counts[ACTIVITIES] = {BLANKED: activities}
        counts[PROFILES] = {BLANKED: blank_others(cursor, mentions.others, matcher)}
        for table in text_tables():
            if table.texts.redacted:
                counts[table.model] = {BLANKED: _redact(cursor, table, mentions.of(table.model), matcher)}
            mark_stale(cursor, table.model, mentions.of(table.model) if table.texts.is_indexed else ())
    return counts


def _redact(cursor: Any, table: TextTable, ids: Sequence[Any], matcher: Matcher) -> int:
    """Replace the mention in texts, lists and JSON documents."""
    names = table.texts.redacted
    cursor.execute(
        f"SELECT {table.key}, {', '.join(names)} FROM {table.table}"
        f" WHERE tenant_id = %(tenant)s AND {table.key} = ANY(%(ids)s)",
        {"tenant": current_tenant_id(), "ids": list(ids)},
    )
    kinds = [KINDS.get(column.type_code, "text") for column in cursor.description]
    rows = [
        (row_id, *map(partial(_without, matcher), values, kinds[1:])) for row_id, *values in cursor.fetchall()
    ]
    staging = StagingTable(
        f"redacted_{table.table}",
        ", ".join(f"{name} {kind}" for name, kind in zip(("id", *names), kinds, strict=True)),
    )
    staging.fill(cursor, rows)
    sets = ", ".join(f"{name} = redacted.{name}" for name in names)
    cursor.execute(
        f"UPDATE {table.table} AS row SET {sets} FROM {staging.name} AS redacted"
        f" WHERE row.tenant_id = %(tenant)s AND row.{table.key} = redacted.id",
        {"tenant": current_tenant_id()},
    )
    return len(rows)


def _without(matcher: Matcher, value: Any, kind: str) -> Any:
    """A value of a column without the person: a text, a list of texts, a JSON document as text."""
    if value is None or kind not in ("text", "text[]", "jsonb"):
        return value
    if kind == "text[]":
        return [matcher.redacted_text(one) for one in value]
    return matcher.redacted_json(value) if kind == "jsonb" else matcher.redacted_text(value)


def _with_odd_ids(cursor: Any, values: Mapping[str, Any], matcher: Matcher) -> list[int]:
    """Events whose own id names the person."""
    cursor.execute(sql.EVENT_IDS, values)
    return [row_id for row_id, event_id in cursor.fetchall() if matcher.is_named([event_id])]


def _redact_events(cursor: Any, values: Mapping[str, Any], matcher: Matcher) -> int:
    rows = _redacted_events(cursor, values, matcher)
    sql.REDACTED_EVENT.fill(cursor, rows)
    cursor.execute(sql.REDACT_EVENTS, values)
    return len(rows)


def _redacted_events(cursor: Any, values: Mapping[str, Any], matcher: Matcher) -> list[tuple[Any, ...]]:
    cursor.execute(sql.TEXTS_OF_OTHERS, values)
    return [
        (
            row_id,
            matcher.redacted_json(envelope),
            None if original is None else matcher.redacted_json(original),
            matcher.redacted_text(error),
        )
        for row_id, envelope, original, error in cursor.fetchall()
    ]


def _redact_activities(cursor: Any, values: Mapping[str, Any], matcher: Matcher) -> int:
    rows = _redacted_activities(cursor, values, matcher)
    sql.REDACTED_ACTIVITY.fill(cursor, rows)
    cursor.execute(sql.REDACT_ACTIVITIES, values)
    return len(rows)


def _redacted_activities(cursor: Any, values: Mapping[str, Any], matcher: Matcher) -> list[tuple[Any, ...]]:
    cursor.execute(sql.ACTIVITIES_OF_OTHERS, values)
    told = [
        (row_id, title, metadata, matcher.redacted_text(title), matcher.redacted_json(metadata))
        for row_id, title, metadata in cursor.fetchall()
    ]
    return [(row_id, *after) for row_id, title, metadata, *after in told if after != [title, metadata]]
