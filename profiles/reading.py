"""Finding customers: by id, by key, by filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from events.identity_hints import IdentityKey
from profiles.club import Club
from profiles.effects.keys import normal_keys
from profiles.errors import CustomerNotFound, NothingToResolve
from profiles.models import CustomerProfile, Identifier, ProfileStatus
from profiles.search import search_profiles
from tenants.models import Tenant
from tenants.scope import current_tenant_id

# Matches of a search text that a filtered list considers.
MOST_FOUND = 500
UNLISTED = (ProfileStatus.MERGED, ProfileStatus.DELETED)


def get_customer(profile_id: UUID) -> CustomerProfile:
    """The customer with this id; for one that was merged the survivor. Raises CustomerNotFound."""
    profile = CustomerProfile.objects.filter(pk=profile_id).first()
    if profile is not None and profile.merged_into_id is not None:
        profile = CustomerProfile.objects.filter(pk=profile.merged_into_id).first()
    if profile is None or profile.status == ProfileStatus.DELETED:
        raise CustomerNotFound
    return profile


def resolve_customer(keys: Sequence[IdentityKey]) -> CustomerProfile:
    """The customer to whom keys (as written, of any kind) lead, the strongest first.

    A key that several people share leads to nobody. Raises NothingToResolve when no key is usable, CustomerNotFound
    when none leads anywhere.
    """
    usable = normal_keys(keys, "", Club.of(Tenant.objects.get(pk=current_tenant_id())))
    if not usable:
        raise NothingToResolve
    for kind, value in usable:
        holders = set(Identifier.objects.filter(kind=kind, value=value).values_list("profile_id", flat=True)[:2])
        if len(holders) == 1:
            return get_customer(holders.pop())
    raise CustomerNotFound


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Filters of the customer list; None: do not care. Without `status` merged and deleted ones stay out."""

    status: str | None = None
    lifecycle_stage: str | None = None
    search: str | None = None
    engagement_min: int | None = None
    churn_risk_min: int | None = None
    email_opt_in: bool | None = None


def list_customers(chosen: CustomerFilter) -> QuerySet[CustomerProfile]:
    """The open scope's customers, newest first."""
    conditions: dict[str, Any] = {
        "status": chosen.status,
        "lifecycle_stage": chosen.lifecycle_stage,
        "engagement_score__gte": chosen.engagement_min,
        "churn_risk_score__gte": chosen.churn_risk_min,
        "email_opt_in": chosen.email_opt_in,
    }
    customers = CustomerProfile.objects.filter(**{key: value for key, value in conditions.items() if value is not None})
    if chosen.status is None:
        customers = customers.exclude(status__in=UNLISTED)
    if chosen.search:
        customers = customers.filter(pk__in=search_profiles(chosen.search, most=MOST_FOUND))
    return customers.order_by("-created_at", "-id")
