"""Where a person is mentioned, and how their own events lose their content and those of others the mention.

The search has a transaction of its own: read only, so that it has no number for which consumers of the log wait, and
without the identity lock. It asks the index of texts (`text_index`) by hashes, and reads the few rows that may fit; no
statement holds a name. What came or changed meanwhile is searched again under the lock, and is little.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from profiles.privacy import statements as sql
from profiles.privacy.person_patterns import ERASED, Traits, redact
from profiles.privacy.text_index import TextRow, TextTable, find_blocks, mark_stale, text_tables
from profiles.privacy.tokens import seed_of, tokens_of_person, tokens_of_profile
from tenants.extension import BLANKED
from tenants.postgresql.staging import StagingTable
from tenants.scope import current_tenant_id

INBOX: Final = "events.InboxEvent"
ACTIVITIES: Final = "profiles.Activity"
# Rows of a table's tail, and blocks that may fit, so many at a time.
CHUNK: Final = 5_000
BLOCKS_AT_A_TIME: Final = 200
LOWEST: Final = -(2**63)
# Rows that the search could not see: they came or were changed since. The number of a row's transaction has 32 bits.
SINCE: Final = """
NOT pg_visible_in_snapshot(
    (((pg_snapshot_xmax(%(seen)s::pg_snapshot)::text::bigint >> 32) << 32) + row.xmin::text::bigint)::text::xid8,
    %(seen)s::pg_snapshot)
"""
MARKS: Final = "SELECT model, indexed_to FROM profiles_textmark WHERE tenant_id = %(tenant)s"
Counts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Matcher:
    """Tells whether a row mentions the person; the last word, whatever the index says."""

    ids: frozenset[UUID]
    pattern: re.Pattern[str]
    id_pattern: re.Pattern[str]
    surnames: re.Pattern[str]
    any_id: re.Pattern[str]

    @classmethod
    def of(cls, traits: Traits, ids: Iterable[UUID]) -> "Matcher":
        """By the person's traits and all their profiles."""
        theirs = frozenset(ids)
        return cls(
            theirs,
            re.compile(traits.pattern, re.IGNORECASE),
            re.compile(traits.id_pattern),
            re.compile(traits.surnames, re.IGNORECASE),
            re.compile("|".join(str(one) for one in theirs)),
        )

    def fits(self, table: TextTable, row: TextRow) -> bool:
        """Whether the row is to be treated as a mention."""
        if row.person in self.ids:
            return True
        patterns = [self.surnames if table.texts.by_surname else self.pattern, self.id_pattern]
        if table.texts.by_id:
            patterns.append(self.any_id)
        return any(text and pattern.search(text) for text in row.texts for pattern in patterns)


@dataclass(slots=True)
class Mentions:
    """Model → ids of rows that mention the person; and what the search saw, for whoever continues it."""

    matcher: Matcher
    found: dict[str, set[Any]] = field(default_factory=dict)
    snapshot: str = ""
    marks: dict[str, int] = field(default_factory=dict)

    def of(self, model: str) -> list[Any]:
        """The ids of one table, in order."""
        return sorted(self.found.get(model, ()))

    def add(self, table: TextTable, rows: Iterable[TextRow]) -> None:
        """Note those of the rows that fit."""
        self.found.setdefault(table.model, set()).update(
            row.id for row in rows if self.matcher.fits(table, row)
        )


def find_mentions(parameters: Mapping[str, Any], traits: Traits) -> Mentions:
    """Search all texts of the open scope's tenant, in a read-only transaction of its own.

    Inside another transaction it is a part of that one.
    """
    matcher = Matcher.of(traits, parameters["ids"])
    seed = seed_of(current_tenant_id())
    looked_for = tokens_of_person(traits, seed)
    looked_for += [sorted(tokens_of_profile(one, seed)) for one in parameters["ids"]]
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
        blocks = find_blocks(cursor, looked_for)
        for table in text_tables():
            _search(cursor, table, blocks.get(table.model, ()), mentions, parameters)
    return mentions


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


def blank_mentions(mentions: Mentions, parameters: Mapping[str, Any], traits: Traits) -> Counts:
    """Take the person out of what was found; needs the identity lock. Returns counts per model and act.

    Before the person's own activities and facts are deleted, by which timelines of others are found.
    """
    counts: Counts = {}
    pattern = re.compile(traits.pattern, re.IGNORECASE)
    values = {**parameters, "mentioned": mentions.of(INBOX)}
    with connection.cursor() as cursor:
        values["by_hand"] = mentions.of(ACTIVITIES)
        activities = _redact_activities(cursor, values, pattern, traits)
        values["odd_ids"] = _with_odd_ids(cursor, values, pattern)
        cursor.execute(sql.BLANK_OWN, values)
        counts[INBOX] = {BLANKED: cursor.rowcount + _redact_events(cursor, values, pattern, traits)}
        counts[ACTIVITIES] = {BLANKED: activities}
        for table in text_tables():
            if table.texts.redacted:
                counts[table.model] = {BLANKED: _redact(cursor, table, mentions.of(table.model), pattern)}
            mark_stale(cursor, table.model, mentions.of(table.model) if table.texts.is_indexed else ())
    return counts


def _redact(cursor: Any, table: TextTable, ids: Sequence[Any], pattern: re.Pattern[str]) -> int:
    """Replace the mention in text columns."""
    names = table.texts.redacted
    cursor.execute(
        f"SELECT id, {', '.join(names)} FROM {table.table} WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s)",
        {"tenant": current_tenant_id(), "ids": list(ids)},
    )
    rows = [(row_id, *(pattern.sub(ERASED, text) for text in texts)) for row_id, *texts in cursor.fetchall()]
    kind = "bigint" if table.texts.is_indexed else "uuid"
    staging = StagingTable(
        f"redacted_{table.table}", ", ".join([f"id {kind}", *(f"{name} text" for name in names)])
    )
    staging.fill(cursor, rows)
    sets = ", ".join(f"{name} = redacted.{name}" for name in names)
    cursor.execute(
        f"UPDATE {table.table} AS row SET {sets} FROM {staging.name} AS redacted"
        " WHERE row.tenant_id = %(tenant)s AND row.id = redacted.id",
        {"tenant": current_tenant_id()},
    )
    return len(rows)


def _with_odd_ids(cursor: Any, values: Mapping[str, Any], pattern: re.Pattern[str]) -> list[int]:
    """Events whose own id names the person."""
    cursor.execute(sql.EVENT_IDS, values)
    return [row_id for row_id, event_id in cursor.fetchall() if pattern.search(event_id)]


def _redact_events(cursor: Any, values: Mapping[str, Any], pattern: re.Pattern[str], traits: Traits) -> int:
    cursor.execute(sql.TEXTS_OF_OTHERS, values)
    ids = traits.service_ids
    rows = []
    for row_id, envelope, original, error in cursor.fetchall():
        told = json.dumps(redact(json.loads(envelope), pattern, ids))
        told_first = None if original is None else json.dumps(redact(json.loads(original), pattern, ids))
        rows.append((row_id, told, told_first, pattern.sub(ERASED, error)))
    sql.REDACTED_EVENT.fill(cursor, rows)
    cursor.execute(sql.REDACT_EVENTS, values)
    return len(rows)


def _redact_activities(
    cursor: Any, values: Mapping[str, Any], pattern: re.Pattern[str], traits: Traits
) -> int:
    cursor.execute(sql.ACTIVITIES_OF_OTHERS, values)
    rows = []
    for row_id, title, metadata in cursor.fetchall():
        held = json.loads(metadata)
        told = (pattern.sub(ERASED, title), redact(held, pattern, traits.service_ids))
        if told != (title, held):
            rows.append((row_id, told[0], json.dumps(told[1])))
    sql.REDACTED_ACTIVITY.fill(cursor, rows)
    cursor.execute(sql.REDACT_ACTIVITIES, values)
    return len(rows)
