"""People to write to, their clubs' rules, and plans, made in a line."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from messaging import planning
from messaging.models import Delivery, Message, SendPolicy, Source
from messaging.planning import Candidate, Outcome, Sending
from messaging.texts import keep_message
from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.profiles.records import profile

_number = count(1)
MARKETING_ID = UUID("10000000-0000-0000-0000-000000000001")


def reader(tenant: Tenant, name: str = "Anna", **values: Any) -> CustomerProfile:
    """Somebody with an address of their own who agreed to mails."""
    defaults: dict[str, Any] = {
        "first_name": name,
        "email": f"{name.lower()}{next(_number)}@example.org",
        "email_opt_in": True,
    }
    return profile(tenant, **(defaults | values))


def mail(tenant: Tenant, **values: Any) -> Message:
    """A mail with a text of our own."""
    defaults: dict[str, Any] = {"channel": "EMAIL", "subject": "Open day", "body": "Dear {{ firstName }}"}
    with tenant_scope(tenant):
        return keep_message(**(defaults | values))


def sms(tenant: Tenant, **values: Any) -> Message:
    """A text message."""
    return mail(tenant, **({"channel": "SMS", "subject": "", "body": "Hi {{ firstName }}"} | values))


def rules(tenant: Tenant, **values: Any) -> SendPolicy:
    """The club's rules for sending."""
    with tenant_scope(tenant):
        made, _ = SendPolicy.objects.update_or_create(tenant=tenant, defaults=values)
    policy: SendPolicy = made
    return policy


def candidate(person: CustomerProfile, *messages: Message, key: str = "", **values: Any) -> Candidate:
    """Somebody for whom these messages are meant, the first one preferred."""
    ways: Mapping[str, UUID] = {message.channel: message.pk for message in messages}
    return Candidate(person.pk, key or f"test:{uuid4()}", ways, **values)


def plan(
    tenant: Tenant, candidates: Iterable[Candidate], *, now: datetime | None = None, **sending: Any
) -> Outcome:
    """Plan as a campaign does."""
    defaults: dict[str, Any] = {"source": Source.CAMPAIGN, "source_id": MARKETING_ID}
    with tenant_scope(tenant), transaction.atomic(), connection.cursor() as cursor:
        planning.open_candidates(cursor)
        planning.stage(cursor, candidates)
        return planning.plan(cursor, Sending(**(defaults | sending)), now=now)


def ledger(tenant: Tenant) -> dict[str, Delivery]:
    """First name (or key) → the row, of a club."""
    with tenant_scope(tenant):
        names = dict(CustomerProfile.objects.values_list("pk", "first_name"))
        return {names[row.profile_id]: row for row in Delivery.objects.order_by("pk")}


def said(tenant: Tenant) -> dict[str, str]:
    """First name → status, or why not."""
    return {name: row.reason or row.status for name, row in ledger(tenant).items()}
