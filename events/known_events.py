"""Which of some events the inbox has already: a look-up in batches, cheaper than storing them in vain."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction

from events.envelope import Received
from tenants.postgresql.staging import StagingTable
from tenants.scope import tenant_scope

EventKey = tuple[UUID, str, str]  # tenant, source, event id

WANTED = StagingTable("wanted_event", "source text, event_id text")
# The staging table has no statistics: only the index of the inbox's constraint is left to the planner.
BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off"
FIND = """
SELECT inbox.source, inbox.event_id FROM wanted_event AS wanted
JOIN events_inboxevent AS inbox
  ON inbox.tenant_id = %s AND inbox.source = wanted.source AND inbox.event_id = wanted.event_id
"""


def key_of(tenant_id: UUID, event: Received) -> EventKey:
    """What makes an event the same one as another."""
    return tenant_id, event.envelope.source, event.envelope.id


def known_events(keys: Iterable[EventKey]) -> set[EventKey]:
    """Those of the keys that the inbox has."""
    by_tenant: dict[UUID, list[tuple[str, str]]] = {}
    for tenant_id, source, event_id in keys:
        by_tenant.setdefault(tenant_id, []).append((source, event_id))
    known: set[EventKey] = set()
    for tenant_id, wanted in by_tenant.items():
        with tenant_scope(tenant_id), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BY_INDEX)
            WANTED.fill(cursor, wanted)
            cursor.execute(FIND, [tenant_id])
            known.update((tenant_id, source, event_id) for source, event_id in cursor.fetchall())
    return known
