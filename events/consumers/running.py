"""Letting a consumer read on at one tenant.

What a consumer writes and its position move in one transaction, inside the tenant's scope. A batch that fails is
halved until the bad entry stands alone; that one is parked. A breaker stops a consumer at a tenant when entries fail
one after the other: then not the entries are bad, and parking the log would help nobody.

Not a `LeasedTable`: the position's row is the lock, and only who speaks to a peer adds a lease to it.
"""

import logging
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db import connection, transaction

from events.consumers import registry
from events.consumers import statements as sql
from events.consumers.digesting import Digestion, message_of
from events.consumers.entries import Entry, PeerAway
from events.consumers.registry import Registration, Wanted
from tenants.directory import tenant_by_id
from tenants.models import Tenant
from tenants.postgresql.commits import ASYNC_COMMIT
from tenants.scope import tenant_scope

logger = logging.getLogger(__name__)

# A stopped consumer tries its next entry as often as this, and goes on once it can be digested.
PROBE_EVERY: Final = timedelta(minutes=5)
# A batch looks at so many entries for one that it may take: who wants few passes the others in few transactions.
SCANNED_PER_TAKEN: Final = 5
# Longer than sending a batch takes with all of a peer's time-outs; after that another worker sends it again.
SEND_LEASE: Final = timedelta(minutes=2)


class Position(NamedTuple):
    """Where a consumer stands at a tenant, as its locked row says."""

    id: int
    cluster: int
    xid: str
    last_id: int
    parked_in_row: int
    is_stopped: bool
    here: int  # the cluster that answers
    before: str  # from this transaction on, entries may still appear


class Batch(NamedTuple):
    """What was read: the entries for this consumer, how far the batch goes, and whether there may be more behind it."""

    entries: list[Entry]
    cluster: int
    xid: str
    last_id: int
    is_full: bool


def run(name: str, tenant_id: UUID, *, batches: int = 20) -> bool:
    """Let one consumer read up to so many batches of a tenant; returns whether it should be called again at once.

    Returns False when another process holds the pair, when the consumer is paused or stopped, and when a peer is away
    (recorded on its position). Raises UnknownConsumer.
    """
    consumer, tenant = registry.registered(name), tenant_by_id(tenant_id)
    with tenant_scope(tenant):
        try:
            return all(_step(consumer, tenant) for _ in range(batches))
        except PeerAway as away:
            _execute(sql.FAIL, tenant=tenant_id, name=name, error=message_of(away, is_named=False))
            logger.warning("consumer %s waits at %s: %s", name, tenant.slug, away)
            return False


def _step(consumer: Registration, tenant: Tenant) -> bool:
    """One batch; returns whether there may be more."""
    if consumer.send is not None:
        return _step_with_peer(consumer, tenant)
    with transaction.atomic():
        position, batch = _take(consumer, tenant)
        if position is None or batch is None:
            return False
        return _finish(consumer, position, batch, _digest(consumer, tenant, position, batch), lease=None)


def _step_with_peer(consumer: Registration, tenant: Tenant) -> bool:
    """As `_step`, but no transaction is open while the peer is spoken to: a lease keeps others away meanwhile."""
    with transaction.atomic():
        position, batch = _take(consumer, tenant)
        if position is None or batch is None:
            return False
        [(lease,)] = _execute(sql.LEASE, position=position.id, lease=SEND_LEASE)
    digestion = _digest(consumer, tenant, position, batch)
    with transaction.atomic():
        return _finish(consumer, position, batch, digestion, lease=lease)


def _take(consumer: Registration, tenant: Tenant) -> tuple[Position | None, Batch | None]:
    """Lock the position and read from there. Position and effects may be lost together: they are then done again."""
    _execute(ASYNC_COMMIT)
    rows = _execute(sql.LOCK, tenant=tenant.pk, name=consumer.name)
    if not rows:
        return None, None
    position = Position(*rows[0])
    return position, _read(consumer, tenant, position)


def _read(consumer: Registration, tenant: Tenant, position: Position) -> Batch | None:
    """The next entries; None where there are none that may be read."""
    bounds = _bounds(consumer, tenant, position)
    if bounds is None:
        return None
    conditions, values = [], dict[str, Any]()
    for number, (xid, last_id) in enumerate(bounds):
        conditions.append(sql.BOUND.format(xid=f"xid{number}", id=f"id{number}"))
        values |= {f"xid{number}": xid, f"id{number}": last_id}
    values |= {"tenant": tenant.pk, "cluster": position.cluster, "xid": position.xid, "id": position.last_id}
    values["before"] = position.before
    batch = _read_wanted(consumer, tenant, position, " ".join(conditions), values)
    if batch is None and position.cluster != position.here and not bounds:
        return _enter_next_cluster(consumer, tenant, position)
    return batch


def _read_wanted(
    consumer: Registration, tenant: Tenant, position: Position, bounds: str, values: dict[str, Any]
) -> Batch | None:
    """What is wanted of the next entries, and how far they go; where nothing is, how far all of them go."""
    wanted = consumer.wanted(tenant)
    if wanted is not None and not wanted:
        last = _execute(sql.LAST.format(bounds=bounds), **values)
        return Batch([], position.cluster, last[0][0], last[0][1], is_full=False) if last else None
    scanned = consumer.batch_size * (1 if wanted is None else SCANNED_PER_TAKEN)
    values |= {"limit": consumer.batch_size, "scanned": scanned}
    values |= _wanted(dict.fromkeys(consumer.kinds) if wanted is None else wanted)
    rows = _execute(sql.READ.format(bounds=bounds), **values)
    if not rows:
        return None
    is_full = len(rows) > consumer.batch_size and all(row[-2] for row in rows)
    if is_full:
        rows.pop()
    entries = [
        Entry(xid, log_id, tenant.pk, kind, profile_id, orjson.loads(data), at)
        for xid, log_id, kind, profile_id, at, data, is_wanted, _ in rows
        if is_wanted
    ]
    last_xid, last_id, *_, passed = rows[-1]
    return Batch(entries, position.cluster, last_xid, last_id, is_full or passed == scanned)


def _wanted(wanted: Wanted) -> dict[str, list[str]]:
    typed = {kind: types for kind, types in wanted.items() if types is not None}
    return {
        "kinds": [kind for kind, types in wanted.items() if types is None],
        "typed_kinds": list(typed),
        "types": sorted({name for types in typed.values() for name in types}),
    }


def _bounds(consumer: Registration, tenant: Tenant, position: Position) -> list[tuple[str, int]] | None:
    """How far those have come that must be ahead; None where one of them is not in this cluster yet."""
    ahead = [name for name in consumer.after if name in registry.registrations()]
    rows = _execute(sql.UPSTREAM, tenant=tenant.pk, names=ahead) if ahead else []
    if len(rows) < len(ahead):
        return None
    bounds = []
    for cluster, xid, last_id in rows:
        if cluster == position.cluster:
            bounds.append((xid, last_id))
        elif cluster != position.here:
            return None
    return bounds


def _enter_next_cluster(consumer: Registration, tenant: Tenant, position: Position) -> Batch | None:
    """Everything of the position's cluster has been read: go on where the next one's entries begin."""
    values = {"tenant": tenant.pk, "cluster": position.cluster, "id": position.last_id}
    [(cluster, xid, last_id)] = _execute(sql.NEXT_CLUSTER, **values)
    if position.cluster:
        logger.warning("consumer %s goes on in another cluster at %s", consumer.name, tenant.slug)
    entered = position._replace(cluster=cluster, xid=xid, last_id=last_id)
    _move(entered, cluster, xid, last_id, parked_in_row=position.parked_in_row, lease=None)
    return _read(consumer, tenant, entered)


def _digest(consumer: Registration, tenant: Tenant, position: Position, batch: Batch) -> Digestion:
    """Hand the batch over; of a stopped consumer only its first entry, as a probe."""
    digestion = Digestion(consumer, tenant, position.parked_in_row, is_probe=position.is_stopped)
    digestion.digest(batch.entries[:1] if position.is_stopped else batch.entries)
    return digestion


def _finish(
    consumer: Registration, position: Position, batch: Batch, digestion: Digestion, *, lease: datetime | None
) -> bool:
    """Move the position by what was digested; returns whether there may be more."""
    xid, last_id = batch.xid, batch.last_id
    is_part = digestion.problem is not None or (position.is_stopped and len(batch.entries) > 1)
    if is_part and digestion.passed is not None:
        xid, last_id = digestion.passed.xid, digestion.passed.id
    if not is_part or digestion.passed is not None:
        parked = digestion.parked_in_row
        if not _move(position, batch.cluster, xid, last_id, parked_in_row=parked, lease=lease):
            logger.warning(
                "consumer %s took longer than its lease: another worker had its turn", consumer.name
            )
            return False
    if digestion.problem is not None:
        error = f"Stopped, its entries fail one after the other. {digestion.problem}"
        _execute(sql.STOP, position=position.id, probe=PROBE_EVERY, error=error)
        logger.error("consumer %s is stopped", consumer.name)
        return False
    return is_part or batch.is_full or batch.cluster != position.here


def _move(
    position: Position, cluster: int, xid: str, last_id: int, *, parked_in_row: int, lease: datetime | None
) -> bool:
    values = {"position": position.id, "cluster": cluster, "xid": xid, "id": last_id}
    return bool(_execute(sql.MOVE, **values, parked_in_row=parked_in_row, lease=lease))


def _execute(statement: str, **values: Any) -> list[Any]:
    """Run a statement of `statements`; returns its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []
