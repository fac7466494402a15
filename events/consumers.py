"""Consumers of the domain log: each with its own cursor, its own pace and its own failures.

A consumer's effects and its cursor move in one transaction. Entries are read only below the oldest transaction still
running (`pg_snapshot_xmin`), in the order (xid, id): a transaction that commits late can then never have been passed.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from events.models import Consumer
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)

BATCH_SIZE = 1000
LONGEST_ERROR = 2000
# The row is the consumer's lock: whoever finds it taken has nothing to do.
LOCK = """
SELECT last_xid::text, last_id FROM events_consumer WHERE name = %s AND NOT is_paused FOR UPDATE SKIP LOCKED
"""
# By the column, not by its text: "10" stands before "9". Of entries that are not for this consumer only the last one
# leaves the database, to say how far the batch went: most consumers want few of the kinds.
READ = """
WITH batch AS MATERIALIZED (
    SELECT l.xid, l.id, l.tenant_id, l.kind, l.profile_id, l.at, l.data FROM events_domainlogentry AS l
    WHERE (l.xid, l.id) > (%s::xid8, %s) AND l.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY l.xid, l.id
    LIMIT %s
)
SELECT xid::text, id, tenant_id, kind, profile_id, at, data::text, (SELECT count(*) FROM batch)
FROM batch AS l
WHERE kind = ANY(%s) OR (xid, id) = (SELECT xid, id FROM batch ORDER BY xid DESC, id DESC LIMIT 1)
ORDER BY l.xid, l.id
"""
MOVE = """
UPDATE events_consumer SET last_xid = %s::xid8, last_id = %s, moved_at = now(), last_error = '', failed_at = NULL
WHERE name = %s
"""
PARK = """
INSERT INTO events_parkedentry (tenant_id, consumer, log_id, kind, profile_id, data, at, error, status)
SELECT tenant_id, %s, id, kind, profile_id, data, at, %s, 'PARKED' FROM events_domainlogentry WHERE id = %s
ON CONFLICT ON CONSTRAINT events_parked_entry_uq DO UPDATE SET error = excluded.error, status = 'PARKED'
"""
LAG = """
SELECT c.name, c.is_paused, c.moved_at, c.last_error,
       (SELECT count(*) FROM (
            SELECT FROM events_domainlogentry AS l WHERE (l.xid, l.id) > (c.last_xid, c.last_id) LIMIT %s) AS waiting),
       (SELECT now() - l.at FROM events_domainlogentry AS l WHERE (l.xid, l.id) > (c.last_xid, c.last_id)
        ORDER BY l.xid, l.id LIMIT 1)
FROM events_consumer AS c ORDER BY c.name
"""
MOST_LAG_COUNTED = 100_000


class Entry(NamedTuple):
    """A log entry as consumers get it."""

    xid: str
    id: int
    tenant_id: UUID
    kind: str
    profile_id: UUID | None
    data: dict[str, Any]
    at: datetime


# Applies a batch, in the open transaction; raises what went wrong. Called outside any tenant's scope.
Handler = Callable[[Sequence[Entry]], None]


class UnknownConsumer(LookupError):
    """Nobody declared a consumer of this name; it may have been removed from the code."""


class PeerAway(Exception):
    """A handler's outside peer cannot be reached: nothing is wrong with the entries, try again later."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A consumer as the code declares it."""

    name: str
    kinds: frozenset[str]
    handle: Handler
    batch_size: int


_registry: dict[str, Registration] = {}


def register(name: str, *, kinds: Sequence[str], handle: Handler, batch_size: int = BATCH_SIZE) -> None:
    """Declare a consumer; `kinds` are the entries it is given, the others only move its cursor."""
    _registry[name] = Registration(name, frozenset(kinds), handle, batch_size)


def registered(name: str) -> Registration:
    """A declared consumer; raises UnknownConsumer where the code no longer has it."""
    try:
        return _registry[name]
    except KeyError:
        raise UnknownConsumer(f"There is no consumer {name!r} any more.") from None


def names() -> list[str]:
    """Every declared consumer."""
    return sorted(_registry)


def ensure_cursors() -> None:
    """Make the row of each declared consumer; a new one starts at the beginning of the log."""
    Consumer.objects.bulk_create([Consumer(name=name) for name in names()], ignore_conflicts=True)


def run(name: str, *, batches: int = 20) -> bool:
    """Let one consumer read up to so many batches; returns whether it should be called again at once.

    Returns False when another process holds the consumer, when it is paused, and when a peer is away (recorded on
    its row). A failing batch is halved until the poisonous entry stands alone; that one is parked.
    """
    consumer = registered(name)
    with all_tenants():
        for _ in range(batches):
            try:
                if not _step(consumer):
                    return False
            except PeerAway as away:
                Consumer.objects.filter(name=name).update(
                    last_error=str(away)[:LONGEST_ERROR], failed_at=timezone.now()
                )
                logger.warning("consumer %s waits: %s", name, away)
                return False
    return True


def _step(consumer: Registration) -> bool:
    """One batch in one transaction; returns whether a full batch was read."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK, [consumer.name])
        position = cursor.fetchone()
        if position is None:
            return False
        cursor.execute(READ, [*position, consumer.batch_size, list(consumer.kinds)])
        rows = cursor.fetchall()
        if not rows:
            return False
        entries = [_entry(row) for row in rows]
        _digest(consumer, [entry for entry in entries if entry.kind in consumer.kinds])
        cursor.execute(MOVE, [entries[-1].xid, entries[-1].id, consumer.name])
        read: int = rows[-1][-1]
    return read == consumer.batch_size


def _entry(row: Sequence[Any]) -> Entry:
    """A row of READ; a plain cursor hands `jsonb` over as text."""
    xid, log_id, tenant_id, kind, profile_id, at, data, _ = row
    return Entry(xid, log_id, tenant_id, kind, profile_id, orjson.loads(data), at)


def _digest(consumer: Registration, entries: Sequence[Entry]) -> None:
    """Hand entries over; on failure undo them (savepoint), halve, and park the one that fails alone."""
    if not entries:
        return
    try:
        with transaction.atomic():
            consumer.handle(entries)
    except (PeerAway, OperationalError):
        raise
    except Exception as error:  # one entry must not stop the consumer; it is recorded with the error
        if len(entries) == 1:
            _park(consumer, entries[0], error)
            return
        middle = len(entries) // 2
        _digest(consumer, entries[:middle])
        _digest(consumer, entries[middle:])


def _park(consumer: Registration, entry: Entry, error: Exception) -> None:
    message = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    logger.error("entry parked", exc_info=error, extra={"consumer": consumer.name, "log_id": entry.id})
    with connection.cursor() as cursor:
        cursor.execute(PARK, [consumer.name, message, entry.id])


@dataclass(frozen=True, slots=True)
class ConsumerLag:
    """How far behind a consumer is: entries (counted up to MOST_LAG_COUNTED) and seconds of the oldest of them."""

    name: str
    is_paused: bool
    moved_at: datetime | None
    last_error: str
    entries: int
    seconds: float


def lags() -> list[ConsumerLag]:
    """The lag of every consumer."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(LAG, [MOST_LAG_COUNTED])
        return [
            ConsumerLag(name, paused, moved_at, error, entries, age.total_seconds() if age else 0.0)
            for name, paused, moved_at, error, entries, age in cursor.fetchall()
        ]
