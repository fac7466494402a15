"""Customers as the search for duplicates meets them: golden row, keys and facts, made directly."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from profiles.models import CustomerProfile, DuplicatePair, ReviewCandidate
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.profiles.records import fact, identifier, profile

BYSTANDERS = (
    "Ayanda Dube", "Bronwyn Fourie", "Charlotte Whitfield", "Dumisani Zulu", "Esther Katz", "Farouk Adams",
    "Gwendolyn Pryce", "Hanneke Visagie", "Isabel Teixeira", "Jabulani Mokoena", "Keshav Reddy", "Ludwig Steyn",
    "Mpho Tladi", "Nandi Cele", "Oupa Sithole", "Penelope Ashworth", "Quentin Roux", "Ramona Ferreira",
    "Sipho Radebe", "Thandeka Buthelezi", "Ulrich Vorster", "Vanessa Kruger", "Winston Jacobs", "Xander Botes",
)  # fmt: skip


def customer(
    tenant: Tenant, name: str, *, email: str = "", phone: str = "", other_first: str = "", **values: Any
) -> CustomerProfile:
    """Somebody with a name and addresses; `other_first`: what another record calls them."""
    first, _, last = name.partition(" ")
    row = profile(
        tenant,
        first_name=first,
        last_name=last,
        email=email or None,
        phone_number=phone or None,
        **values,
    )
    key = None
    for kind, value in (("email", email), ("phoneNumber", phone)):
        if value:
            key = identifier(tenant, row.pk, kind=kind, value=value, is_shared=True)
    if other_first and key is not None:
        fact(tenant, key, value=other_first)
    return row


def crowd(tenant: Tenant) -> None:
    """Others, so that the club is no desert in which every namesake is the same person."""
    for number, name in enumerate(BYSTANDERS):
        handle = name.lower().replace(" ", ".")
        customer(
            tenant,
            name,
            email=f"{handle}@example.com",
            phone=f"+2782555{number:04}",
            scl_member_id=number + 1,
        )


def let_time_pass(tenant: Tenant) -> None:
    """An hour since everything that was changed."""
    with tenant_scope(tenant):
        CustomerProfile.objects.update(updated_at=F("updated_at") - timedelta(hours=1))


def pairs(tenant: Tenant) -> set[frozenset[UUID]]:
    """Who was found to be like whom."""
    with tenant_scope(tenant):
        rows = DuplicatePair.objects.values_list("first_profile_id", "second_profile_id")
        return {frozenset(row) for row in rows}


def queued(tenant: Tenant) -> dict[frozenset[UUID], str]:
    """The review queue: pair → status."""
    with tenant_scope(tenant):
        rows = ReviewCandidate.objects.values_list("first_profile_id", "second_profile_id", "status")
        return {frozenset((one, other)): status for one, other, status in rows}
