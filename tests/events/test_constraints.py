"""Every named constraint of the event floor, violated."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from events.models import (
    ConsumerPosition,
    DeadLetter,
    InboxEvent,
    ParkedEntry,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.cast import Club, make_club
from tests.constraints import Violation, cases, check_refused, constraints_of


def inbox_event(club: Club, **values: Any) -> InboxEvent:
    defaults: dict[str, Any] = {
        "source": "scl", "event_id": "e", "type": "scl.member.created", "occurred_at": timezone.now(),
        "door": "HTTP", "priority": 2, "envelope": {},
    }  # fmt: skip
    with tenant_scope(club.tenant):
        row: InboxEvent = InboxEvent.objects.create(tenant=club.tenant, **(defaults | values))
    return row


def dead_letter(club: Club, **values: Any) -> DeadLetter:
    defaults: dict[str, Any] = {
        "queue": "crm-events", "job_id": "1", "job_name": "n", "code": "INVALID_JSON", "message": "m", "body": "b",
    }  # fmt: skip
    with all_tenants():
        row: DeadLetter = DeadLetter.objects.create(tenant=club.tenant, **(defaults | values))
    return row


def parked_entry(club: Club, **values: Any) -> ParkedEntry:
    defaults: dict[str, Any] = {
        "consumer": "c", "log_id": 1, "kind": "profile.created", "data": {}, "at": timezone.now(), "error": "x",
    }  # fmt: skip
    with tenant_scope(club.tenant):
        row: ParkedEntry = ParkedEntry.objects.create(tenant=club.tenant, **(defaults | values))
    return row


def position(club: Club, **values: Any) -> ConsumerPosition:
    with tenant_scope(club.tenant):
        row: ConsumerPosition = ConsumerPosition.objects.create(tenant=club.tenant, consumer="c", **values)
    return row


def an_endpoint(**values: Any) -> Violation:
    return lambda club: webhook_endpoint(club, **values)


def a_delivery(**values: Any) -> Violation:
    return lambda club: webhook_delivery(club, **values)


def webhook_endpoint(club: Club, **values: Any) -> WebhookEndpoint:
    defaults: dict[str, Any] = {"url": "https://example.org", "event_types": ["*"], "created_by_name": "x"}
    with all_tenants():
        row: WebhookEndpoint = WebhookEndpoint.objects.create(
            tenant=club.tenant, sealed_secret="x", created_at=timezone.now(), **(defaults | values)
        )
    return row


def webhook_delivery(club: Club, **values: Any) -> WebhookDelivery:
    defaults: dict[str, Any] = {
        "event_id": "e", "event_type": "t", "occurred_at": timezone.now(), "due_at": timezone.now(), "log_id": 1,
        "status": "PENDING", "attempts": 0, "last_error": "", "created_at": timezone.now(),
    }  # fmt: skip
    with all_tenants():
        endpoint = WebhookEndpoint.objects.first() or webhook_endpoint(club)
        row: WebhookDelivery = WebhookDelivery.objects.create(
            tenant=club.tenant, **({"endpoint": endpoint} | defaults | values)
        )
    return row


def webhook_attempt(club: Club, **values: Any) -> WebhookAttempt:
    delivery = webhook_delivery(club)
    with all_tenants():
        row: WebhookAttempt = WebhookAttempt.objects.create(
            tenant=club.tenant,
            at=timezone.now(),
            succeeded=True,
            duration_ms=1,
            **({"delivery_id": delivery.pk, "endpoint_id": delivery.endpoint_id} | values),
        )
    return row


def of_another_club(make: Callable[[Club], object]) -> Violation:
    """A row of another tenant than its endpoint's."""

    def violate(club: Club) -> object:
        webhook_endpoint(club)
        return make(make_club(factories.tenant("elsewhere")))

    return violate


def twice(make: Callable[[Club], object]) -> Violation:
    def violate(club: Club) -> object:
        make(club)
        return make(club)

    return violate


def an_event(**values: Any) -> Violation:
    return lambda club: inbox_event(club, **values)


VIOLATIONS: dict[str, list[Violation]] = {
    "events_inbox_event_uq": [twice(inbox_event)],
    "events_inbox_status_ck": [an_event(status="LOST"), an_event(status="")],
    "events_inbox_priority_ck": [an_event(priority=0), an_event(priority=5)],
    "events_inbox_dead_reason_ck": [an_event(status="DEAD")],
    "events_deadletter_job_uq": [twice(dead_letter)],
    "events_deadletter_code_ck": [lambda club: dead_letter(club, code="BAD_LUCK")],
    "events_consumer_position_uq": [twice(position)],
    "events_consumer_position_stop_ck": [lambda club: position(club, stopped_at=timezone.now())],
    # The primary key is asked first: this one only lets deliveries refer to (tenant, id).
    "events_endpoint_tenant_uq": [],
    "events_endpoint_status_ck": [
        an_endpoint(status="ASLEEP", disabled_reason="STAFF", disabled_at=timezone.now())
    ],
    "events_endpoint_reason_ck": [
        an_endpoint(status="DISABLED", disabled_at=timezone.now(), disabled_reason="BORED")
    ],
    "events_endpoint_disabled_ck": [an_endpoint(status="DISABLED"), an_endpoint(disabled_reason="STAFF")],
    "events_endpoint_types_ck": [an_endpoint(event_types=[])],
    "events_delivery_event_uq": [twice(webhook_delivery)],
    "events_delivery_status_ck": [a_delivery(status="LOST", due_at=None, ended_at=timezone.now())],
    "events_delivery_due_ck": [a_delivery(due_at=None), a_delivery(status="FAILED", ended_at=timezone.now())],
    "events_delivery_endpoint_fk": [of_another_club(webhook_delivery)],
    "events_attempt_endpoint_fk": [lambda club: webhook_attempt(club, endpoint_id=uuid4())],
    "events_attempt_delivery_fk": [lambda club: webhook_attempt(club, delivery_id=0)],
    "events_parked_entry_uq": [twice(parked_entry)],
    "events_parked_status_ck": [lambda club: parked_entry(club, status="EATEN")],
}


@pytest.mark.parametrize(("name", "violate"), cases(VIOLATIONS))
def test_the_database_itself_refuses_what_must_not_be(fairview: Club, name: str, violate: Violation) -> None:
    check_refused(name, violate, fairview)


def test_every_named_constraint_is_violated_above(db: None) -> None:
    assert constraints_of("events") == set(VIOLATIONS)


def test_one_event_id_of_two_sources_or_tenants_is_two_events(fairview: Club, kingsmere: Club) -> None:
    inbox_event(fairview)
    inbox_event(fairview, source="teetime")
    inbox_event(kingsmere)

    with all_tenants():
        assert InboxEvent.objects.filter(event_id="e").count() == 3


def test_a_dead_event_with_its_reason_may_be_kept(fairview: Club) -> None:
    row = inbox_event(fairview, status="DEAD", error_code="NO_IDENTITY")

    assert row.status == "DEAD"
