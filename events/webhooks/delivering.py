"""Delivering what is due to one endpoint: small batches for a bounded time, each claimed, sent and recorded.

No transaction is open while a request is under way. A worker that is killed leaves leases, and when they have run out
the same events are sent again under the same ids.

Not a `LeasedTable`: one lease holds an endpoint and the deliveries of its batch, and whether an endpoint may be taken
depends on how many others are.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import requests
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from events.models import EndpointStatus, WebhookDelivery, WebhookEndpoint
from events.webhooks import statements as sql
from events.webhooks.endpoints import target_of
from events.webhooks.guarding import session
from events.webhooks.payloads import body_of
from events.webhooks.recording import Sent, record
from events.webhooks.rendering import NOTHING_TO_TELL, envelopes_of
from events.webhooks.sending import Answer, send
from tenants.encryption import DecryptionError
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import all_tenants, current_tenant_id, tenant_scope

logger = logging.getLogger(__name__)
# So many requests to one endpoint at once: enough for a hundred events a second and more, and no receiver's burden.
BATCH_SIZE: Final = 8
TURN_SECONDS: Final = 10.0
# Longer than a batch can take: looking the name up, connecting, waiting for the answer. Renewed with each batch.
LEASE: Final = timedelta(seconds=40)
# Of one club at once, and how many of them to endpoints that took seconds the last time: nobody waits for the slow.
MOST_TURNS: Final = 4
MOST_SLOW_TURNS: Final = 2
# Of all clubs together: half the threads of a worker.
MOST_SLOW_TURNS_OF_ALL: Final = 6


def waiting() -> list[UUID]:
    """Every endpoint that has something due and may be sent to."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(sql.WAITING)
        return [endpoint_id for (endpoint_id,) in cursor.fetchall()]


def deliver_due(endpoint_id: UUID) -> bool:
    """Deliver what is due to the endpoint for about TURN_SECONDS; returns whether more is due.

    Does nothing where another worker has the lease of the endpoint, or where enough leases are taken.
    """
    with all_tenants():
        endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
        if endpoint is None or (endpoint.is_slow and _slow_leases() >= MOST_SLOW_TURNS_OF_ALL):
            return False
    with tenant_scope(endpoint.tenant_id):
        if not _begin(endpoint):
            return False
        lease = _EndpointLease(endpoint_id)
        try:
            return lease.send_batches()
        finally:
            lease.release()


def _slow_leases() -> int:
    """How many slow endpoints of the open scope are leased now."""
    count: int = WebhookEndpoint.objects.filter(leased_until__gt=timezone.now(), is_slow=True).count()
    return count


def _begin(endpoint: WebhookEndpoint) -> bool:
    """Lease the endpoint, unless enough are leased; under the club's lock."""
    now = timezone.now()
    with transaction.atomic():
        lock_tenant(AdvisoryLock.WEBHOOKS)
        if WebhookEndpoint.objects.filter(leased_until__gt=now).count() >= MOST_TURNS:
            return False
        if endpoint.is_slow and _slow_leases() >= MOST_SLOW_TURNS:
            return False
        taken = WebhookEndpoint.objects.filter(
            Q(leased_until=None) | Q(leased_until__lte=now), pk=endpoint.pk, status=EndpointStatus.ENABLED
        ).update(leased_until=now + LEASE)
    return bool(taken)


class _EndpointLease:
    """The batches sent under one lease of an endpoint, over connections that are kept open."""

    def __init__(self, endpoint_id: UUID) -> None:
        self.endpoint_id = endpoint_id
        self.lease: datetime | None = None

    def send_batches(self) -> bool:
        """Send for TURN_SECONDS at most; whether more waits."""
        ends = time.monotonic() + TURN_SECONDS
        with session(BATCH_SIZE) as over, ThreadPoolExecutor(BATCH_SIZE) as pool:
            while time.monotonic() < ends:
                if not self._send_batch(over, pool):
                    return False
        return True

    def release(self) -> None:
        """Release the lease, unless it ran out and another worker has it."""
        if self.lease is not None:
            mine = WebhookEndpoint.objects.filter(pk=self.endpoint_id, leased_until=self.lease)
            mine.update(leased_until=None)

    def _send_batch(self, over: requests.Session, pool: ThreadPoolExecutor) -> bool:
        """Claim, send and record one batch; whether the next may follow at once."""
        now = timezone.now()
        self.lease = now + LEASE
        rested = Q(backoff_until=None) | Q(backoff_until__lte=now)
        able = WebhookEndpoint.objects.filter(pk=self.endpoint_id, status=EndpointStatus.ENABLED)
        able.update(leased_until=self.lease)
        endpoint = able.filter(rested).first()
        if endpoint is None:
            return False
        deliveries = claim(self.endpoint_id, now=now, lease=self.lease, most=BATCH_SIZE)
        if not deliveries:
            return False
        batch = _send_all(endpoint, deliveries, over, pool)
        return record(self.endpoint_id, batch, lease=self.lease) and len(deliveries) == BATCH_SIZE


def claim(endpoint_id: UUID, *, now: datetime, lease: datetime, most: int) -> list[WebhookDelivery]:
    """Take at most so many due deliveries until the lease ends; each claim counts as an attempt."""
    parameters: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "endpoint": endpoint_id,
        "now": now,
        "lease": lease,
        "most": most,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.CLAIM, parameters)
        ids = [row_id for (row_id,) in cursor.fetchall()]
    return list(WebhookDelivery.objects.filter(pk__in=ids).order_by("due_at", "pk")) if ids else []


def _send_all(
    endpoint: WebhookEndpoint,
    deliveries: Sequence[WebhookDelivery],
    over: requests.Session,
    pool: ThreadPoolExecutor,
) -> list[Sent]:
    try:
        target = target_of(endpoint)
    except DecryptionError as broken:
        logger.error("webhook endpoint cannot be signed for", extra={"endpoint_id": str(endpoint.pk)})
        unsigned = Answer(at=timezone.now(), duration_ms=0, error=broken.message)
        return [Sent(delivery, unsigned) for delivery in deliveries]
    envelopes = envelopes_of(deliveries)

    def send_one(delivery: WebhookDelivery) -> Sent:
        envelope = envelopes[delivery.pk]
        if envelope is None:
            return Sent(delivery, None, NOTHING_TO_TELL)
        body = body_of(envelope)
        return Sent(delivery, send(target, event_id=delivery.event_id, body=body, over=over))

    return list(pool.map(send_one, deliveries))
