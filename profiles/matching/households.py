"""Households as staff form them."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from profiles.desk_rows import named, tell_of
from profiles.errors import NothingToForm
from profiles.models import CustomerProfile, Household, HouseholdMember
from profiles.reading import get_customer
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import current_tenant_id

WORDS: Final = {
    "household.formed": "put into one household:",
    "household.left": "took out of the household:",
    "household.dissolved": "dissolved the household of",
}


def form_household(profile_ids: Sequence[UUID], *, name: str = "") -> Household:
    """Put these customers under one roof; whoever had another household brings it along.

    Raises CustomerNotFound, NothingToForm for fewer than two people.
    """
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        people = {get_customer(profile_id).pk for profile_id in profile_ids}
        if len(people) < 2:  # noqa: PLR2004 - two make a household
            raise NothingToForm
        known = HouseholdMember.objects.filter(_of(people)).values_list("household_id", flat=True)
        households = sorted(set(known))
        household: Household = (
            Household.objects.get(pk=households[0])
            if households
            else Household.objects.create(
                tenant_id=current_tenant_id(), name=name, formed_by_name=current_actor().name
            )
        )
        HouseholdMember.objects.filter(household_id__in=households[1:]).update(household_id=household.pk)
        Household.objects.filter(pk__in=households[1:]).delete()
        HouseholdMember.objects.bulk_create(
            [
                HouseholdMember(
                    tenant_id=household.tenant_id, household_id=household.pk, profile_id=profile_id
                )
                for profile_id in sorted(people)
            ],
            ignore_conflicts=True,
        )
        _note("household.formed", household.pk, people)
    return household


def leave_household(profile_id: UUID) -> None:
    """Take a customer out; a household of one is none. Raises CustomerNotFound."""
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        profile = get_customer(profile_id)
        member = HouseholdMember.objects.filter(_of({profile.pk})).first()
        if member is None:
            return
        HouseholdMember.objects.filter(_of({profile.pk}), household_id=member.household_id).delete()
        if HouseholdMember.objects.filter(household_id=member.household_id).count() == 1:
            _dissolve(member.household_id)
        _note("household.left", member.household_id, {profile.pk})


def dissolve_household(household_id: UUID) -> None:
    """Nobody of it lives together any more; idempotent."""
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        people = set(
            HouseholdMember.objects.filter(household_id=household_id).values_list("profile_id", flat=True)
        )
        _dissolve(household_id)
        _note("household.dissolved", household_id, people)


def household_of(profile_id: UUID) -> tuple[Household, list[CustomerProfile]] | None:
    """The customer's household with the others in it (survivors of merges, by name); None where there is none."""
    member = HouseholdMember.objects.filter(_of({profile_id})).first()
    if member is None:
        return None
    survivors = (
        CustomerProfile.objects.filter(pk=OuterRef("profile_id"))
        .annotate(survivor=Coalesce("merged_into_id", "id"))
        .values("survivor")
    )
    ids = (
        HouseholdMember.objects.filter(household_id=member.household_id)
        .annotate(survivor_id=Subquery(survivors))
        .values("survivor_id")
    )
    others = CustomerProfile.objects.filter(pk__in=ids).exclude(pk=profile_id).exclude(status="DELETED")
    return Household.objects.get(pk=member.household_id), list(
        others.order_by("first_name", "last_name", "id")
    )


def _of(people: set[UUID]) -> Q:
    """Memberships of these customers and of whoever was merged into them."""
    merged = CustomerProfile.objects.filter(merged_into_id__in=people).values("pk")
    return Q(profile_id__in=people) | Q(profile_id__in=merged)


def _dissolve(household_id: UUID) -> None:
    HouseholdMember.objects.filter(household_id=household_id).delete()
    Household.objects.filter(pk=household_id).delete()


def _note(action: str, household_id: UUID, people: set[UUID]) -> None:
    details = {"customers": sorted(str(one) for one in people)}
    log_action(action, subject_kind="household", subject_id=household_id, details=details)
    tell_of(
        people,
        action.upper().replace(".", "_"),
        f"{WORDS[action]} {named(people)}",
        household=str(household_id),
        customers=details["customers"],
    )
