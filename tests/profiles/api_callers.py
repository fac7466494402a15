"""Shorthand for the tests of the API about customers."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.test import Client

from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.profiles import stories

CUSTOMERS = "/api/v1/customers"


def caller(*tenants: Tenant, scopes: Iterable[str] = factories.ALL_SCOPES) -> Client:
    """A client with a bearer token for the tenants."""
    return Client(headers=factories.bearer(*tenants, scopes=scopes), raise_request_exception=False)


def happened(tenant: Tenant, *events: stories.Event) -> None:
    """Let events come in and be processed."""
    stories.tell(tenant, *events)


def customers(tenant: Tenant) -> dict[str, CustomerProfile]:
    """The tenant's customers by first name."""
    with tenant_scope(tenant):
        return {profile.first_name: profile for profile in CustomerProfile.objects.exclude(status="MERGED")}


def thandi(tenant: Tenant) -> UUID:
    """A member with an e-mail address and a phone number; her id."""
    happened(
        tenant,
        stories.member(
            4711,
            firstName="Thandi",
            lastName="Mokoena",
            email="Thandi@Example.org",
            phoneNumber="082 123 4567",
        ),
    )
    return customers(tenant)["Thandi"].pk


def error_of(answer: Any) -> tuple[int, str]:
    """Status and code of an error answer."""
    return answer.status_code, answer.json()["error"]["code"]


def count_customers(tenant: Tenant) -> int:
    """How many rows there are, in whatever state."""
    with tenant_scope(tenant):
        return CustomerProfile.objects.count()
