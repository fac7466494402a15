"""The least that a database must do with the same events: COPY, join, insert, update, and nothing else.

One connection as the owner (no policy, no scope), the same server, durable commits. Each batch is copied into a
temporary table, joined to the identifiers, inserted into a table like the timeline's (same history in it, same
indexes and constraints), and added up on a table like the profiles'. No envelope, no decoding, no inbox, no facts,
no log.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final, LiteralString

from crm_platform.bench.database import Connection, expect, one_row, settle
from crm_platform.bench.progress import Reporter

BATCH_ROWS: Final = 5_000
PREPARE: Final[tuple[LiteralString, ...]] = (
    "CREATE TABLE bare_activity (LIKE profiles_activity INCLUDING ALL)",
    "CREATE TABLE bare_profile (LIKE profiles_customerprofile INCLUDING ALL)",
    "INSERT INTO bare_profile SELECT * FROM profiles_customerprofile",
    # Nobody has statistics of the staging table; without this the planner might read all identifiers per batch.
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET enable_seqscan = off",
    "CREATE TEMPORARY TABLE staging (id bigint, kind text, value text, occurred_at timestamptz, slot smallint,"
    " type text, category text, channel text, source text, source_event_id text, title text, metadata jsonb,"
    " value_cents bigint) ON COMMIT DELETE ROWS",
)
HISTORY: Final = "INSERT INTO bare_activity SELECT * FROM profiles_activity WHERE id < %s"
# What the product made of the events, in the order in which they came, each row with a key of its person.
ROWS: Final = """
SELECT a.id, i.kind, i.value, a.occurred_at::text, a.slot, a.type, a.category, a.channel, a.source, a.source_event_id,
       a.title, a.metadata::text, coalesce((a.metadata ->> 'amountCents')::bigint, 0)
FROM profiles_activity AS a
JOIN profiles_identifier AS i ON i.tenant_id = a.tenant_id AND i.profile_id = a.profile_id
    AND i.kind = CASE a.source WHEN 'scl' THEN 'sclMemberId' WHEN 'teetime' THEN 'teetimePlayerId'
                               WHEN 'messaging' THEN 'messagingContactId' ELSE 'email' END
WHERE a.id >= %s ORDER BY a.id
"""
COPY: Final = "COPY staging FROM STDIN"
INSERT: Final = """
INSERT INTO bare_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, slot, type, category, channel,
                           source, source_event_id, title, metadata)
SELECT s.id, i.tenant_id, i.profile_id, i.origin_profile_id, s.occurred_at, s.slot, s.type, s.category, s.channel,
       s.source, s.source_event_id, s.title, s.metadata
FROM staging AS s
JOIN profiles_identifier AS i ON i.tenant_id = %s AND i.kind = s.kind AND i.value = s.value
"""
UPDATE: Final = """
UPDATE bare_profile AS p
SET activity_count_90d = p.activity_count_90d + t.rows, lifetime_value_cents = p.lifetime_value_cents + t.cents,
    last_activity_at = GREATEST(p.last_activity_at, t.last_at), version = p.version + 1, updated_at = now()
FROM (SELECT i.profile_id, count(*) AS rows, sum(s.value_cents) AS cents, max(s.occurred_at) AS last_at
      FROM staging AS s
      JOIN profiles_identifier AS i ON i.tenant_id = %s AND i.kind = s.kind AND i.value = s.value
      GROUP BY i.profile_id) AS t
WHERE p.id = t.profile_id
"""


def measure(connection: Connection, after: int, reporter: Reporter) -> float:
    """Seconds for the timeline rows of the events behind the inbox row `after`; raises BenchError on lost rows."""
    first = (after + 1) * 256
    with reporter.bar("preparing the bare way", 1):
        for statement in PREPARE:
            connection.execute(statement)
        connection.execute(HISTORY, [first])
        rows = connection.execute(ROWS, [first]).fetchall()
        (made,) = one_row(connection, "SELECT count(*) FROM profiles_activity WHERE id >= %s", [first])
        (before,) = one_row(connection, "SELECT count(*) FROM bare_activity")
        (tenant_id,) = one_row(connection, "SELECT id FROM tenants_tenant")
        settle(connection, "bare_activity", "bare_profile", "profiles_identifier")
    with reporter.bar("the bare way", len(rows)) as report:
        began = time.perf_counter()
        for done, batch in _batches(rows):
            _store(connection, tenant_id, batch)
            report(done)
        seconds = time.perf_counter() - began
    (stored,) = one_row(connection, "SELECT count(*) FROM bare_activity")
    expect("rows stored the bare way", stored - before, made)
    return seconds


def _batches(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Sequence[tuple[Any, ...]]]]:
    for start in range(0, len(rows), BATCH_ROWS):
        batch = rows[start : start + BATCH_ROWS]
        yield start + len(batch), batch


def _store(connection: Connection, tenant_id: Any, batch: Sequence[tuple[Any, ...]]) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        with cursor.copy(COPY) as copy:
            for row in batch:
                copy.write_row(row)
        cursor.execute(INSERT, [tenant_id])
        cursor.execute(UPDATE, [tenant_id])
