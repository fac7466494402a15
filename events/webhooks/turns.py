"""Sending what is due to one endpoint: a bounded turn of small waves, each claimed, sent and recorded.

No transaction is open while a request is under way. A worker that is killed leaves leases, and when they have run out
the same events are sent again under the same ids.
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
from events.webhooks.payloads import body_of
from events.webhooks.recording import Sent, record
from events.webhooks.rendering import NOTHING_TO_TELL, envelopes_of
from events.webhooks.sending import Answer, Target, send, session
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import all_tenants, current_tenant_id, tenant_scope
from tenants.sealing import SealBroken

logger = logging.getLogger(__name__)
# So many requests to one endpoint at once: enough for hundreds of events a second, and no receiver's burden.
WAVE: Final = 8
TURN_SECONDS: Final = 10.0
# Longer than a wave can take: looking the name up, connecting, waiting for the answer.
LEASE: Final = timedelta(seconds=90)
# Of one club at once; the others' events do not wait for a club of which every endpoint is slow.
MOST_TURNS: Final = 4


def waiting() -> list[UUID]:
    """Every endpoint that has something due and may be sent to."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(sql.WAITING)
        return [endpoint_id for (endpoint_id,) in cursor.fetchall()]


def take_turn(endpoint_id: UUID) -> bool:
    """Send what is due to the endpoint for about TURN_SECONDS; returns whether more waits.

    Nothing happens where another worker has the turn, or the club has as many turns as it may have.
    """
    with all_tenants():
        tenant_id = WebhookEndpoint.objects.filter(pk=endpoint_id).values_list("tenant_id", flat=True).first()
    if tenant_id is None:
        return False
    with tenant_scope(tenant_id):
        lease = _begin(endpoint_id)
        if lease is None:
            return False
        try:
            return _send_waves(endpoint_id)
        finally:
            WebhookEndpoint.objects.filter(pk=endpoint_id, turn_until=lease).update(turn_until=None)


def _begin(endpoint_id: UUID) -> datetime | None:
    """Take the turn; its lease, None where it cannot be had."""
    now = timezone.now()
    lease = now + timedelta(seconds=TURN_SECONDS) + LEASE
    with transaction.atomic():
        lock_tenant(AdvisoryLock.WEBHOOKS)
        if WebhookEndpoint.objects.filter(turn_until__gt=now).count() >= MOST_TURNS:
            return None
        taken = WebhookEndpoint.objects.filter(
            Q(turn_until=None) | Q(turn_until__lte=now), pk=endpoint_id, status=EndpointStatus.ENABLED
        ).update(turn_until=lease)
    return lease if taken else None


def _send_waves(endpoint_id: UUID) -> bool:
    ends = time.monotonic() + TURN_SECONDS
    with session(WAVE) as over, ThreadPoolExecutor(WAVE) as pool:
        while time.monotonic() < ends:
            if not _send_wave(endpoint_id, over, pool):
                return False
    return True


def _send_wave(endpoint_id: UUID, over: requests.Session, pool: ThreadPoolExecutor) -> bool:
    """Claim, send and record one wave; whether the next may follow at once."""
    now = timezone.now()
    endpoint = (
        WebhookEndpoint.objects.filter(pk=endpoint_id, status=EndpointStatus.ENABLED)
        .filter(Q(resting_until=None) | Q(resting_until__lte=now))
        .first()
    )
    if endpoint is None:
        return False
    lease = now + LEASE
    deliveries = claim(endpoint_id, now=now, lease=lease, most=WAVE)
    if not deliveries:
        return False
    try:
        target = target_of(endpoint)
    except SealBroken as broken:
        logger.error("webhook endpoint cannot be signed for", extra={"endpoint_id": str(endpoint_id)})
        answers = [Sent(each, Answer(at=now, duration_ms=0, error=str(broken))) for each in deliveries]
    else:
        answers = _send_all(deliveries, target, over, pool)
    return record(endpoint_id, answers, lease=lease) and len(deliveries) == WAVE


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
    deliveries: Sequence[WebhookDelivery], target: Target, over: requests.Session, pool: ThreadPoolExecutor
) -> list[Sent]:
    envelopes = envelopes_of(deliveries)

    def send_one(delivery: WebhookDelivery) -> Sent:
        envelope = envelopes[delivery.pk]
        if envelope is None:
            return Sent(delivery, None, NOTHING_TO_TELL)
        body = body_of(envelope)
        return Sent(delivery, send(target, event_id=delivery.event_id, body=body, over=over))

    return list(pool.map(send_one, deliveries))
