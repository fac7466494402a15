"""Endpoints, deliveries and turns as the tests of webhooks use them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from events import consumers
from events.models import WebhookDelivery, WebhookEndpoint
from events.webhooks.delivering import deliver_due
from events.webhooks.endpoints import create_endpoint, show_secret
from events.webhooks.planning import NAME
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope
from tests.events.queueing import read_on
from tests.events.receiver import Receiver

URL = "http://127.0.0.1:9/hooks"


def endpoint(tenant: Tenant, receiver: Receiver | None = None, **values: Any) -> WebhookEndpoint:
    """An endpoint that wants everything, at the receiver where there is one (which then knows the secret)."""
    defaults: dict[str, Any] = {"url": receiver.url if receiver else URL, "event_types": ["*"]}
    with tenant_scope(tenant):
        made = create_endpoint(**(defaults | values))
        if receiver is not None:
            receiver.secret = show_secret(made)
    return made


def plan() -> None:
    """Let the consumer set down the deliveries of everything in the log."""
    consumers.ensure_positions()
    read_on(NAME)


def deliver(one: WebhookEndpoint) -> bool:
    """Plan, and have one turn at the endpoint."""
    plan()
    return deliver_due(one.pk)


def make_due(**values: Any) -> None:
    """Let the time pass until everything that waits is due and nobody rests."""
    with all_tenants():
        past = timezone.now() - timedelta(seconds=1)
        WebhookDelivery.objects.filter(status="PENDING", **values).update(due_at=past)
        WebhookEndpoint.objects.update(backoff_until=None)


def failed_delivery(tenant: Tenant, one: WebhookEndpoint, **values: Any) -> WebhookDelivery:
    """A delivery of the endpoint that failed for good."""
    now = timezone.now()
    defaults: dict[str, Any] = {
        "log_id": 1, "event_id": f"crm-{uuid4()}", "event_type": "crm.profile.created", "occurred_at": now,
        "status": "FAILED", "attempts": 10, "last_error": "Answered with status 500.", "last_status_code": 500,
        "created_at": now, "ended_at": now,
    }  # fmt: skip
    with tenant_scope(tenant):
        row: WebhookDelivery = WebhookDelivery.objects.create(
            tenant=tenant, endpoint=one, **(defaults | values)
        )
    return row


def fresh(one: WebhookEndpoint) -> WebhookEndpoint:
    """The endpoint as it is now."""
    with all_tenants():
        row: WebhookEndpoint = WebhookEndpoint.objects.get(pk=one.pk)
    return row


def deliveries(one: WebhookEndpoint) -> list[WebhookDelivery]:
    """All deliveries of the endpoint, oldest first."""
    with all_tenants():
        return list(WebhookDelivery.objects.filter(endpoint_id=one.pk).order_by("pk"))


def failing_since(one: WebhookEndpoint, moment: datetime) -> None:
    """As if nothing had got through since then."""
    with all_tenants():
        WebhookEndpoint.objects.filter(pk=one.pk).update(failing_since=moment)
