"""Who may publish, see and repair events, and who keeps webhooks."""

from collections.abc import Mapping
from typing import Any, Final

from events.models import InboxEvent, WebhookDelivery, WebhookEndpoint
from tenants.scope import tenant_scope
from tests.events.hooks import URL, endpoint, failed_delivery
from tests.permissions import (
    ADMIN,
    ADMIN_MAKE,
    ADMIN_QUEUE,
    ADMIN_REMOVE,
    ADMINISTER,
    OPERATOR,
    PUBLISH,
    READ,
    SEE_EVENT,
    Page,
    Row,
    World,
)
from tests.profiles.stories import event, payment, tell

EVENT: Final = {
    "id": "e-new",
    "type": "scl.payment.received",
    "timestamp": "2026-03-01T08:15:00+02:00",
    "tenantId": "fairview",
    "payload": {"id": "p", "memberId": 4711, "amountCents": 1, "currency": "ZAR"},
}
#                 anon exp read writ admi camp soci even  key  foreign stranger
KNOWN: Final = "  401 401  200  200  200  200  200  200  200  200     200"
REPLAY: Final = " 401 401  403  403  403  403  403  202  202  404     404"
HOOKS: Final = "/api/v1/webhooks"
ONE: Final = "/api/v1/webhooks/{webhook}"
OWN: Final = "?tenantId=fairview"


def paid(world: World) -> Mapping[str, object]:
    """An event about the customer came in."""
    tell(world.club.tenant, payment(4711, 100, id="e-1"))
    return {}


def refused(world: World) -> Mapping[str, object]:
    """The same, given up."""
    paid(world)
    with tenant_scope(world.club.tenant):
        InboxEvent.objects.update(status="SKIPPED")
    return {}


def hook(world: World) -> Mapping[str, object]:
    """An endpoint with a delivery that failed, both new."""
    world.settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    made = endpoint(world.club.tenant)
    return {"webhook": made.pk, "delivery": failed_delivery(world.club.tenant, made).pk}


def private_allowed(world: World) -> Mapping[str, object]:
    """The address in the body is one of this machine."""
    world.settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    return {}


REST: Final = (
    Row("event-types", "GET", "/api/v1/event-types", KNOWN),
    Row("event-type", "GET", "/api/v1/event-types/member.created", KNOWN),
    Row("stream", "GET", f"/api/v1/stream{OWN}", READ),
    Row("asyncapi", "GET", "/api/v1/asyncapi", KNOWN),
    Row("events", "GET", f"/api/v1/events{OWN}", SEE_EVENT),
    Row("events", "POST", "/api/v1/events", PUBLISH, EVENT),
    Row("replay-event", "POST", f"/api/v1/events/e-1/replay{OWN}", REPLAY, prepare=refused),
    Row("event", "GET", f"/api/v1/events/e-1{OWN}", SEE_EVENT, prepare=paid),
    Row("webhooks", "GET", f"{HOOKS}{OWN}", ADMINISTER),
    Row(
        "webhooks",
        "POST",
        f"{HOOKS}{OWN}",
        ADMIN_MAKE,
        {"url": URL, "eventTypes": ["*"]},
        prepare=private_allowed,
    ),
    Row("webhook", "GET", f"{ONE}{OWN}", ADMINISTER, prepare=hook),
    Row("webhook", "PATCH", f"{ONE}{OWN}", ADMINISTER, {"status": "DISABLED"}, prepare=hook),
    Row("webhook", "DELETE", f"{ONE}{OWN}", ADMIN_REMOVE, prepare=hook),
    Row("webhook-secret", "GET", f"{ONE}/secret{OWN}", ADMINISTER, prepare=hook),
    Row("rotate-webhook-secret", "POST", f"{ONE}/rotate-secret{OWN}", ADMINISTER, prepare=hook),
    Row("test-webhook", "POST", f"{ONE}/test{OWN}", ADMINISTER, prepare=hook),
    Row("replay-webhook", "POST", f"{ONE}/replay{OWN}", ADMIN_QUEUE, prepare=hook),
    Row("webhook-deliveries", "GET", f"{ONE}/deliveries{OWN}", ADMINISTER, prepare=hook),
    Row("webhook-delivery", "GET", ONE + "/deliveries/{delivery}" + OWN, ADMINISTER, prepare=hook),
    Row(
        "replay-webhook-delivery",
        "POST",
        ONE + "/deliveries/{delivery}/replay" + OWN,
        ADMIN_QUEUE,
        prepare=hook,
    ),
)
PAGES: Final = (
    Page("webhooks", ADMIN),
    Page("webhook_new", ADMIN),
    Page("webhook", ADMIN),
    Page("webhook_edit", ADMIN),
    Page("webhook_act", ADMIN, "POST"),
    Page("webhook_delivery", ADMIN),
    Page("operations_inbox", ADMIN),
    Page("operations_event", ADMIN),
    Page("operations_dead_letters", ADMIN),
    Page("operations_letters", ADMIN),
    Page("operations_letter", ADMIN),
    Page("operations_repair", ADMIN),
    Page("operations_bulk", ADMIN, "POST"),
    Page("operations_parked", ADMIN),
    Page("operations_parked_act", ADMIN, "POST"),
    Page("operations_consumers", ADMIN),
    Page("operations_consumer_rows", ADMIN),
    Page("operations_publish_again", ADMIN, "POST"),
    Page("operations_pause_consumer", OPERATOR, "POST", is_of_platform=True),
)


def things(world: World) -> Mapping[str, object]:
    """A dead event, a webhook with a failed delivery."""
    tenant = world.club.tenant
    tell(
        tenant,
        payment(4711, 100, id="e-1"),
        event("scl.payment.received", {"memberId": "x"}, id="e-2"),
    )
    made = hook(world)
    with tenant_scope(tenant):
        dead = InboxEvent.objects.get(status="DEAD")
    return {
        "row_id": dead.pk,
        "endpoint_id": made["webhook"],
        "delivery_id": made["delivery"],
        "letter_id": 1,
        "name": "outbound",
    }


def state() -> tuple[Any, ...]:
    """Events, webhooks and their deliveries."""
    return (
        sorted(InboxEvent.objects.values_list("id", "status", "attempts")),
        sorted(WebhookEndpoint.objects.values_list("id", "status", "sealed_secret", "disabled_reason")),
        sorted(WebhookDelivery.objects.values_list("event_id", "status")),
    )
