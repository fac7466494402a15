"""The delivery log of an endpoint, second chances, and the test button."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from events.debounce import enqueue_on_commit
from events.models import ENDED_STATUSES, DeliveryStatus, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from events.webhooks.endpoints import SUBJECT, get_endpoint, target_of
from events.webhooks.errors import DeliveryNotFound, EndpointDisabled, NothingToReplay
from events.webhooks.guarding import session
from events.webhooks.payloads import TEST_TYPE, body_of, trial_envelope
from events.webhooks.planning import DELIVER
from events.webhooks.recording import attempt_of
from events.webhooks.sending import send
from tenants.action_log import log_action
from tenants.scope import current_tenant_id


def deliveries_of(endpoint_id: UUID, status: str | None = None) -> QuerySet[WebhookDelivery]:
    """The deliveries of an endpoint, newest first; of one status where that is given."""
    rows: QuerySet[WebhookDelivery] = WebhookDelivery.objects.filter(endpoint_id=endpoint_id)
    return (rows if status is None else rows.filter(status=status)).order_by("-id")


def get_delivery(endpoint_id: UUID, delivery_id: int) -> WebhookDelivery:
    """One delivery of an endpoint of the open scope; raises DeliveryNotFound."""
    found: WebhookDelivery | None = deliveries_of(endpoint_id).filter(pk=delivery_id).first()
    if found is None:
        raise DeliveryNotFound
    return found


def attempts_of(delivery_ids: Collection[int]) -> dict[int, list[WebhookAttempt]]:
    """Delivery → its attempts, oldest first; one query for all."""
    attempts: dict[int, list[WebhookAttempt]] = {delivery_id: [] for delivery_id in delivery_ids}
    for attempt in WebhookAttempt.objects.filter(delivery_id__in=delivery_ids).order_by("pk"):
        attempts[attempt.delivery_id].append(attempt)
    return attempts


def replay_delivery(endpoint_id: UUID, delivery_id: int) -> WebhookDelivery:
    """Send one delivery once more, with all its attempts, under the same id; one that waits for its next try now.

    Raises EndpointNotFound, DeliveryNotFound, EndpointDisabled, NothingToReplay.
    """
    with transaction.atomic():
        _check_enabled(endpoint_id)
        delivery = get_delivery(endpoint_id, delivery_id)
        rows = deliveries_of(endpoint_id).filter(pk=delivery_id, status__in=ENDED_STATUSES)
        if delivery.log_id is None:
            raise NothingToReplay("This was a test; send another one.")
        if not _replay(rows) and not _hurry(deliveries_of(endpoint_id).filter(pk=delivery_id)):
            raise NothingToReplay("This delivery is on its way already.")
        _tell(endpoint_id, {"delivery": delivery_id})
    delivery.refresh_from_db()
    return delivery


def replay_failed(
    endpoint_id: UUID, *, since: datetime | None = None, only: Collection[int] | None = None
) -> int:
    """Send once more what failed, and now what waits for its next try: set down since then, or these deliveries.

    Returns how many.

    Raises EndpointNotFound, EndpointDisabled.
    """
    with transaction.atomic():
        _check_enabled(endpoint_id)
        rows = deliveries_of(endpoint_id).exclude(log_id=None)
        if since is not None:
            rows = rows.filter(created_at__gte=since)
        if only is not None:
            rows = rows.filter(pk__in=only)
        count = _hurry(rows) + _replay(rows.filter(status=DeliveryStatus.FAILED))
        if count:
            _tell(endpoint_id, {"deliveries": count})
    return count


def _check_enabled(endpoint_id: UUID) -> None:
    if not get_endpoint(endpoint_id).is_enabled:
        raise EndpointDisabled


def _replay(rows: QuerySet[WebhookDelivery]) -> int:
    return rows.order_by().update(
        status=DeliveryStatus.PENDING, due_at=timezone.now(), attempts=0, leased_until=None, ended_at=None
    )


def _hurry(rows: QuerySet[WebhookDelivery]) -> int:
    """Make what waits due now; attempts count on. How many waited."""
    now = timezone.now()
    waiting = rows.filter(status=DeliveryStatus.PENDING, due_at__gt=now, leased_until=None)
    return waiting.order_by().update(due_at=now)


def _tell(endpoint_id: UUID, details: dict[str, int]) -> None:
    log_action("webhook.replayed", subject_kind=SUBJECT, subject_id=endpoint_id, details=details)
    # Somebody says that the receiver is there again: an endpoint that rests after failures would let it wait.
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(backoff_until=None)
    enqueue_on_commit(DELIVER, str(endpoint_id))


def send_test(endpoint_id: UUID) -> tuple[WebhookDelivery, WebhookAttempt]:
    """Send a signed event of the type `crm.webhook.test` now, also to a disabled endpoint; nothing is retried.

    Writes only when the answer is there, because it may take its time. Says nothing about the endpoint's health.
    Raises EndpointNotFound.
    """
    endpoint: WebhookEndpoint = get_endpoint(endpoint_id)
    now, event_id = timezone.now(), f"crm-test-{uuid4()}"
    envelope = trial_envelope(event_id=event_id, tenant_id=current_tenant_id(), at=now)
    with session() as over:
        answer = send(target_of(endpoint), event_id=event_id, body=body_of(envelope), over=over)
    with transaction.atomic():
        delivery: WebhookDelivery = WebhookDelivery.objects.create(
            tenant_id=current_tenant_id(),
            endpoint=endpoint,
            event_id=event_id,
            event_type=TEST_TYPE,
            occurred_at=now,
            status=DeliveryStatus.DELIVERED if answer.succeeded else DeliveryStatus.FAILED,
            attempts=1,
            last_status_code=answer.status_code,
            last_error=answer.error,
            created_at=now,
            ended_at=timezone.now(),
        )
        attempt = attempt_of(delivery, answer)
        attempt.save()
        details = {"status": answer.status_code or "none", "succeeded": answer.succeeded}
        log_action("webhook.tested", subject_kind=SUBJECT, subject_id=endpoint_id, details=details)
    return delivery, attempt
