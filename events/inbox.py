"""Accepting events: from an envelope to a committed row of the inbox, a batch at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from events.catalogue.registry import NORMAL, canonical
from events.debounce import PROCESS_INBOX, enqueue_on_commit
from events.envelope import Envelope, Received
from events.models import Door
from tenants.postgresql.staging import StagingTable
from tenants.scope import current_tenant_id, tenant_scope

# Whole histories come in by file; they must not delay what happens now.
BACKFILL_PRIORITY = 4

INCOMING = StagingTable(
    "incoming_event",
    "position integer, source text, event_id text, type text, occurred_at timestamptz, priority smallint,"
    " envelope jsonb",
)
# The first of several equal ids of a batch is stored; RETURNING tells which were new.
STORE = """
INSERT INTO events_inboxevent (tenant_id, source, event_id, type, occurred_at, door, priority, envelope)
SELECT %s, source, event_id, type, occurred_at, %s, priority, envelope FROM incoming_event ORDER BY position
ON CONFLICT ON CONSTRAINT events_inbox_event_uq DO NOTHING
"""
# The same event told again may have another time and other metadata; with another type, person or payload it is another
# event. What was erased or is past its keeping cannot be compared.
REUSED = """
SELECT incoming.position FROM incoming_event AS incoming
JOIN LATERAL (
    SELECT COALESCE(inbox.original_envelope, inbox.envelope) AS envelope, inbox.type FROM events_inboxevent AS inbox
    WHERE inbox.tenant_id = %s AND inbox.source = incoming.source AND inbox.event_id = incoming.event_id
    OFFSET 0) AS stored ON true
WHERE NOT stored.envelope ?| ARRAY['erased', 'expired']
  AND (stored.type <> incoming.type
       OR COALESCE(stored.envelope->'payload', '{}') <> COALESCE(incoming.envelope->'payload', '{}')
       OR COALESCE(stored.envelope->'identity', '{}') <> COALESCE(incoming.envelope->'identity', '{}'))
ORDER BY incoming.position
"""
# Of events that the inbox has already under the ids of their jobs those that were told at another time, where
# something else was told under such an id since: what held before holds again. The range is narrow where text is sorted
# by its bytes, and right in any order of letters.
TAKEN_UP_AGAIN = """
SELECT asked.place
FROM unnest(%(places)s::integer[], %(sources)s::text[], %(ids)s::text[], %(times)s::timestamptz[])
     AS asked (place, source, event_id, occurred_at)
CROSS JOIN LATERAL (
    SELECT * FROM events_inboxevent AS inbox
    WHERE inbox.tenant_id = %(tenant)s AND inbox.source = asked.source AND inbox.event_id = asked.event_id
    OFFSET 0) AS first
CROSS JOIN LATERAL (
    SELECT * FROM events_inboxevent AS inbox
    WHERE inbox.tenant_id = %(tenant)s AND inbox.source = asked.source
      AND inbox.event_id >= asked.event_id || '@' AND inbox.event_id < asked.event_id || 'a'
      AND starts_with(inbox.event_id, asked.event_id || '@')
    ORDER BY inbox.id DESC LIMIT 1) AS last
WHERE first.occurred_at <> asked.occurred_at
  AND (last.type, last.envelope->'payload', last.envelope->'identity')
      IS DISTINCT FROM (first.type, first.envelope->'payload', first.envelope->'identity')
"""


# More than this waiting is a backlog: what follows from events waits until it is worked off.
BACKLOG = 2_000
FAR_BEHIND = """
SELECT EXISTS (SELECT FROM events_inboxevent
               WHERE tenant_id = %s AND status IN ('PENDING', 'FAILED') AND (due_at IS NULL OR due_at <= now())
               OFFSET %s)
"""


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many events of a batch were new, how many the inbox had already.

    `reused`: places in the batch of events that have the id of another one, and were not stored.
    """

    accepted: int
    duplicates: int
    reused: tuple[int, ...] = ()


def accept(events: Iterable[tuple[UUID, Received]], *, door: Door) -> Accepted:
    """Store events, each with its tenant's id; they are safe when the outermost transaction commits.

    Idempotent by (tenant, source, event id). Wakes a worker per tenant after the commit.
    """
    by_tenant: dict[UUID, list[tuple[int, Received]]] = {}
    for place, (tenant_id, event) in enumerate(events):
        by_tenant.setdefault(tenant_id, []).append((place, event))
    total = stored = 0
    reused: list[int] = []
    with transaction.atomic():
        # In a fixed order, so that two doors with the same tenants cannot wait for each other.
        for tenant_id in sorted(by_tenant):
            batch = by_tenant[tenant_id]
            total += len(batch)
            new, other = _store(tenant_id, [event for _, event in batch], door)
            stored += new
            reused += [batch[position][0] for position in other]
            enqueue_on_commit(PROCESS_INBOX, str(tenant_id))
    return Accepted(stored, total - stored - len(reused), tuple(sorted(reused)))


def is_far_behind() -> bool:
    """Whether more than BACKLOG events of the open scope wait to be applied."""
    with connection.cursor() as cursor:
        cursor.execute(FAR_BEHIND, [current_tenant_id(), BACKLOG])
        return bool(cursor.fetchone()[0])


def _store(tenant_id: UUID, batch: Sequence[Received], door: Door) -> tuple[int, list[int]]:
    """How many were new, and which of them have the id of another event."""
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        INCOMING.fill(
            cursor,
            (
                (position, env.source, env.id, env.type, env.occurred_at, _priority(env, door), text)
                for position, (env, text) in enumerate(batch)
            ),
        )
        cursor.execute(STORE, [tenant_id, door.value])
        new = int(cursor.rowcount)
        if new == len(batch):
            return new, []
        cursor.execute(REUSED, [tenant_id])
        return new, [position for (position,) in cursor.fetchall()]


def taken_up_again(events: Sequence[tuple[UUID, Received]]) -> list[int]:
    """The places of those events that say again, later, what was said under their id before something else was.

    For events that have the id of a job, which may be used again: the others under it are `<id>@<time>`.
    """
    by_tenant: dict[UUID, list[int]] = {}
    for place, (tenant_id, _) in enumerate(events):
        by_tenant.setdefault(tenant_id, []).append(place)
    found: list[int] = []
    for tenant_id, places in sorted(by_tenant.items()):
        asked = [events[place][1].envelope for place in places]
        with tenant_scope(tenant_id), connection.cursor() as cursor:
            cursor.execute(
                TAKEN_UP_AGAIN,
                {
                    "tenant": tenant_id,
                    "places": places,
                    "sources": [one.source for one in asked],
                    "ids": [one.id for one in asked],
                    "times": [one.occurred_at for one in asked],
                },
            )
            found += [place for (place,) in cursor.fetchall()]
    return found


def _priority(envelope: Envelope, door: Door) -> int:
    if door is Door.FILE:
        return BACKFILL_PRIORITY
    known = canonical(envelope.type)
    return known.priority if known else NORMAL


def reserve_number() -> int:
    """A number that no event has or gets: for what is applied as events are, without a row of the inbox."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('events_inboxevent', 'id'))")
        return int(cursor.fetchone()[0])
