"""Rows of the profile floor, made directly where a test is not about how they come to be."""

from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from profiles.models import Activity, CustomerProfile, Fact, Identifier, Note, ReviewCandidate
from tenants.models import Tenant
from tenants.scope import tenant_scope

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_number = count(1)


def profile(tenant: Tenant, **values: Any) -> CustomerProfile:
    """A customer without keys, facts or a timeline."""
    with tenant_scope(tenant):
        row: CustomerProfile = CustomerProfile.objects.create(tenant=tenant, **values)
    return row


def unsaved_identifier(tenant: Tenant, profile_id: UUID, **values: Any) -> Identifier:
    """An e-mail address of a customer."""
    defaults: dict[str, Any] = {
        "tenant": tenant,
        "profile_id": profile_id,
        "origin_profile_id": profile_id,
        "kind": "email",
        "value": f"person{next(_number)}@example.com",
        "confidence": 95,
        "source": "scl",
        "event_id": "e",
    }
    return Identifier(**(defaults | values))


def identifier(tenant: Tenant, profile_id: UUID, **values: Any) -> Identifier:
    """A stored key of a customer."""
    row = unsaved_identifier(tenant, profile_id, **values)
    with tenant_scope(tenant):
        row.save()
    return row


def fact(tenant: Tenant, key: Identifier, **values: Any) -> Fact:
    """A fact stated under a key."""
    defaults: dict[str, Any] = {
        "tenant": tenant,
        "profile_id": key.profile_id,
        "identifier_id": key.pk,
        "field": "firstName",
        "source": "scl",
        "rank": 1,
        "value": "Lindiwe",
        "occurred_at": NOON,
        "event_id": "e",
    }
    with tenant_scope(tenant):
        row: Fact = Fact.objects.create(**(defaults | values))
    return row


def unsaved_activity(tenant: Tenant, profile_id: UUID, **values: Any) -> Activity:
    """A row of the timeline with an id and an event of its own."""
    number = next(_number)
    defaults: dict[str, Any] = {
        "id": number,
        "tenant": tenant,
        "profile_id": profile_id,
        "origin_profile_id": profile_id,
        "occurred_at": NOON,
        "slot": 0,
        "type": "ROUND_COMPLETED",
        "category": "GOLF",
        "channel": "TEETIME",
        "source": "teetime",
        "source_event_id": f"activity-{number}",
        "title": f"Row {number}",
        "metadata": {},
    }
    return Activity(**(defaults | values))


def activity(tenant: Tenant, profile_id: UUID, **values: Any) -> Activity:
    """A stored row of the timeline."""
    row = unsaved_activity(tenant, profile_id, **values)
    with tenant_scope(tenant):
        row.save()
    return row


def note(tenant: Tenant, profile_id: UUID, **values: Any) -> Note:
    """A note about a customer."""
    defaults: dict[str, Any] = {
        "profile_id": profile_id,
        "origin_profile_id": profile_id,
        "body": "Likes the shade.",
    }
    with tenant_scope(tenant):
        row: Note = Note.objects.create(tenant=tenant, **(defaults | values))
    return row


def candidate(tenant: Tenant, one: UUID, other: UUID, **values: Any) -> ReviewCandidate:
    """A pair for review, in the order that the table wants."""
    first, second = sorted((one, other))
    defaults: dict[str, Any] = {
        "first_profile_id": first,
        "second_profile_id": second,
        "reason": "SHARED_KEY",
    }
    with tenant_scope(tenant):
        row: ReviewCandidate = ReviewCandidate.objects.create(tenant=tenant, **(defaults | values))
    return row
