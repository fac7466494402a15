"""Appending to the domain log."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from events import consumers
from events.models import LogKind
from events.wake import RUN_CONSUMER, wake_on_commit
from tenants.postgresql.commits import DURABLE
from tenants.postgresql.staging import StagingTable
from tenants.scope import current_tenant_id

HAPPENED = StagingTable("happened", "position integer, kind text, profile_id uuid, data jsonb")
# Readers of the log tell others, who cannot be told that it never was.
APPEND = f"""
{DURABLE};
INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
SELECT %s, kind, profile_id, data FROM happened ORDER BY position
"""


class Happening(NamedTuple):
    """One entry to append: its kind, whom it concerns, and the details that consumers need."""

    kind: LogKind
    profile_id: UUID | None
    data: dict[str, Any]


def append(happenings: Iterable[Happening]) -> int:
    """Append entries of the open scope's tenant within the open transaction; returns how many.

    Wakes the consumers after the commit, which waits for the disk.
    """
    rows = [
        (position, kind.value, profile_id, orjson.dumps(data).decode())
        for position, (kind, profile_id, data) in enumerate(happenings)
    ]
    if rows:
        with connection.cursor() as cursor:
            HAPPENED.fill(cursor, rows)
            cursor.execute(APPEND, [current_tenant_id()])
        wake_consumers()
    return len(rows)


def wake_consumers() -> None:
    """Let every consumer read on after the commit; for whoever appends by a statement of its own."""
    for name in consumers.names():
        wake_on_commit(RUN_CONSUMER, name)
