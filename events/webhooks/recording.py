"""Recording the results of a batch: attempts are stored, deliveries move on, the endpoint backs off or is disabled."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events.models import (
    DeliveryStatus,
    DisabledReason,
    DomainLogEntry,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from events.webhooks import statements as sql
from events.webhooks.endpoints import disable
from events.webhooks.retrying import GIVEN_UP_AFTER, next_attempt, rest_after
from events.webhooks.sending import GONE, Answer
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import current_tenant_id

logger = logging.getLogger(__name__)
# However long a receiver asks for, its other events wait no longer.
LONGEST_REST: Final = timedelta(hours=1)
# A batch that took longer makes an endpoint a slow one, of which few may be leased at once.
SLOW_MS: Final = 2_000


class Sent(NamedTuple):
    """A delivery and what came of its attempt; None: it was not sent, because of `reason`."""

    delivery: WebhookDelivery
    answer: Answer | None
    reason: str = ""


class _Outcome(NamedTuple):
    """What the delivery's row says from now on."""

    status: DeliveryStatus
    due_at: datetime | None
    status_code: int | None
    error: str


def record(endpoint_id: UUID, batch: Sequence[Sent], *, lease: datetime) -> bool:
    """Store a batch in one transaction; returns whether the endpoint may be sent more at once.

    Locks the endpoint's row, and before it, shared, who is who. A delivery whose lease was lost keeps what others
    wrote.
    """
    now = timezone.now()
    answers = [sent.answer for sent in batch if sent.answer is not None]
    with transaction.atomic():
        batch = _without_erased(batch)
        endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
        WebhookAttempt.objects.bulk_create(
            attempt_of(sent.delivery, sent.answer) for sent in batch if sent.answer is not None
        )
        _move(batch, [_outcome(sent, now) for sent in batch], lease)
        return not answers or judge(endpoint, answers, now)


def _without_erased(batch: Sequence[Sent]) -> Sequence[Sent]:
    """The batch without the words of receivers about people who were erased while it was under way.

    Waits for an erasure that is at work, under the tenant's identity lock; only where somebody said something.
    """
    if not any(sent.answer is not None and sent.answer.text for sent in batch):
        return batch
    lock_tenant(AdvisoryLock.IDENTITY, shared=True)
    ids = [sent.delivery.log_id for sent in batch]
    known = {None, *DomainLogEntry.objects.filter(pk__in=ids).values_list("pk", flat=True)}
    return [
        sent
        if sent.answer is None or sent.delivery.log_id in known
        else sent._replace(answer=replace(sent.answer, text=""))
        for sent in batch
    ]


def attempt_of(delivery: WebhookDelivery, answer: Answer) -> WebhookAttempt:
    """The row of one attempt."""
    return WebhookAttempt(
        tenant_id=delivery.tenant_id,
        delivery_id=delivery.pk,
        endpoint_id=delivery.endpoint_id,
        at=answer.at,
        succeeded=answer.succeeded,
        duration_ms=answer.duration_ms,
        status_code=answer.status_code,
        answer=answer.text,
        error=answer.error,
    )


def _outcome(sent: Sent, now: datetime) -> _Outcome:
    answer = sent.answer
    if answer is None:
        return _Outcome(DeliveryStatus.DROPPED, None, None, sent.reason)
    if answer.succeeded:
        return _Outcome(DeliveryStatus.DELIVERED, None, answer.status_code, "")
    due_at = None
    if answer.status_code != GONE:
        due_at = next_attempt(sent.delivery.attempts, now, answer.asked_wait)
    status = DeliveryStatus.FAILED if due_at is None else DeliveryStatus.PENDING
    return _Outcome(status, due_at, answer.status_code, answer.error)


def _move(batch: Sequence[Sent], outcomes: Sequence[_Outcome], lease: datetime) -> None:
    parameters: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "lease": lease,
        "ids": [sent.delivery.pk for sent in batch],
        "statuses": [outcome.status.value for outcome in outcomes],
        "dues": [outcome.due_at for outcome in outcomes],
        "codes": [outcome.status_code for outcome in outcomes],
        "errors": [outcome.error for outcome in outcomes],
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.RECORD, parameters)


def judge(endpoint: WebhookEndpoint, answers: Sequence[Answer], now: datetime) -> bool:
    """Note on the endpoint how it did, disable it where it is gone or given up; whether to go on at once.

    Needs the row's lock. The disabling stands in the action log and on the dashboard.
    """
    if any(answer.succeeded for answer in answers):
        endpoint.failing_since = endpoint.backoff_until = None
        endpoint.last_success_at, endpoint.consecutive_failures = now, 0
    else:
        endpoint.failing_since = endpoint.failing_since or now
        endpoint.consecutive_failures = min(endpoint.consecutive_failures + 1, 1000)
        endpoint.backoff_until = now + rest_after(endpoint.consecutive_failures)
    waits = [answer.asked_wait for answer in answers if answer.asked_wait is not None]
    if waits:
        endpoint.backoff_until = now + min(max(waits), LONGEST_REST)
    endpoint.is_slow = max(answer.duration_ms for answer in answers) > SLOW_MS
    endpoint.save(
        update_fields=["failing_since", "last_success_at", "consecutive_failures", "backoff_until", "is_slow"]
    )
    if endpoint.is_enabled:
        _give_up(endpoint, answers, now)
    is_rested = endpoint.backoff_until is None or endpoint.backoff_until <= now
    return endpoint.is_enabled and is_rested and not endpoint.is_slow


def _give_up(endpoint: WebhookEndpoint, answers: Sequence[Answer], now: datetime) -> None:
    reason = DisabledReason.NONE
    if any(answer.status_code == GONE for answer in answers):
        reason = DisabledReason.GONE
    elif endpoint.failing_since is not None and now - endpoint.failing_since >= GIVEN_UP_AFTER:
        reason = DisabledReason.FAILING
    if reason:
        disable(endpoint, reason)
        logger.warning(
            "webhook endpoint disabled", extra={"endpoint_id": str(endpoint.pk), "reason": reason.value}
        )
