"""Telling the outbound queue once more what it was told: for when Redis lost what nobody had read.

The domain log is the truth and the queue a copy; the ids stay, so that a reader who has seen an event sees the same one
again. What BullMQ still has under its id is not added twice. Webhooks keep deliveries of their own and need none of it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db.models import Q

from events import outbound
from events.consumers import Entry
from events.models import ConsumerPosition, DomainLogEntry
from events.transports.outbound_queue import publish
from tenants.action_log import log_action
from tenants.directory import tenant_by_id
from tenants.scope import current_tenant_id

CHUNK: Final = 500


class UnknownReader(LookupError):
    """Nobody of this name reads what the platform tells."""


def publish_again(since: datetime, *, reader: str = "") -> int:
    """Publish what the open scope's log holds since then, as far as the reader was told; returns how many events.

    Oldest first, each as it is now, a chunk at a time and outside any transaction. Raises PeerAway: what was published
    before stays so, and doing it once more starts over without doubles. Raises UnknownReader.
    """
    tenant = tenant_by_id(current_tenant_id())
    consumer, total = outbound.consumer_of(reader), 0
    queue = outbound.queues().get(consumer)
    if queue is None:
        raise UnknownReader(f"There is no reader {reader!r}; CRM_OUTBOUND_READERS names them.")
    for entries in _chunks(since, consumer):
        envelopes = outbound.told(tenant, entries)
        publish(envelopes, queue=queue)
        total += len(envelopes)
    details = {"since": since.isoformat(), "count": total, **({"reader": reader} if reader else {})}
    log_action("outbound.published_again", subject_kind="club", details=details)
    return total


def _chunks(since: datetime, consumer: str) -> Iterator[list[Entry]]:
    """Entries that the consumer has passed, in its order; what lies before it will be told anyway."""
    position = ConsumerPosition.objects.filter(consumer=consumer).first()
    if position is None:
        return
    passed = Q(xid__lt=position.last_xid) | Q(xid=position.last_xid, id__lte=position.last_id)
    rows = DomainLogEntry.objects.filter(
        passed, kind__in=outbound.types(), at__gte=since, cluster=position.cluster
    ).order_by("xid", "id")
    after = Q()
    while chunk := list(rows.filter(after)[:CHUNK]):
        last = chunk[-1]
        after = Q(xid__gt=last.xid) | Q(xid=last.xid, id__gt=last.pk)
        yield [
            Entry(str(row.xid), row.pk, row.tenant_id, row.kind, row.profile_id, row.data, row.at)
            for row in chunk
        ]
