"""Appending to the domain log."""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from events.debounce import READ_LOG, enqueue_on_commit
from tenants.declarations import every
from tenants.postgresql.commits import SYNC_COMMIT
from tenants.postgresql.staging import StagingTable
from tenants.scope import current_tenant_id

HAPPENED = StagingTable("happened", "position integer, kind text, profile_id uuid, data jsonb")
# Readers of the log tell others, who cannot be told that it never was.
APPEND = f"""
{SYNC_COMMIT};
INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
SELECT %s, kind, profile_id, data FROM happened ORDER BY position
"""


class UnknownLogKind(ValueError):
    """No app declares this kind of entry (`Extension.log_kinds`)."""


class LogEntry(NamedTuple):
    """One entry to append: its kind, whom it concerns, and the details that consumers need."""

    kind: str
    profile_id: UUID | None
    data: dict[str, Any]


@cache
def known_kinds() -> frozenset[str]:
    """Every kind that an app declares."""
    return frozenset(kind.name for kind in every("log_kinds"))


def append(log_entries: Iterable[LogEntry]) -> int:
    """Append entries of the open scope's tenant within the open transaction; returns how many.

    Wakes the consumers after the commit, which waits for the disk. Raises UnknownLogKind.
    """
    rows = [
        (position, str(kind), profile_id, orjson.dumps(data).decode())
        for position, (kind, profile_id, data) in enumerate(log_entries)
    ]
    if unknown := {kind for _, kind, _, _ in rows} - known_kinds():
        raise UnknownLogKind(f"No app declares these kinds of log entries: {', '.join(sorted(unknown))}.")
    if rows:
        with connection.cursor() as cursor:
            HAPPENED.fill(cursor, rows)
            cursor.execute(APPEND, [current_tenant_id()])
        wake_consumers()
    return len(rows)


def wake_consumers() -> None:
    """Let the consumers read on after the commit; for whoever appends by a statement of its own."""
    enqueue_on_commit(READ_LOG, str(current_tenant_id()))
