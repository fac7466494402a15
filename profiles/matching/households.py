"""Households as staff form them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from profiles.desk_rows import named, tell_of
from profiles.errors import NothingToForm, RolesClash
from profiles.models import CustomerProfile, Household, HouseholdMember, HouseholdRole
from profiles.reading import get_customer
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import current_tenant_id

WORDS: Final = {
    "household.arranged": "arranged the household of",
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
        household = _join(people, name)
        _note("household.formed", household.pk, people)
    return household


def _join(people: set[UUID], name: str = "") -> Household:
    """One household of these and of whoever lives with one of them already; raises NothingToForm."""
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
    # Two households that become one may each have had somebody who pays.
    HouseholdMember.objects.filter(household_id__in=households[1:]).update(
        household_id=household.pk, is_payer=False
    )
    Household.objects.filter(pk__in=households[1:]).delete()
    HouseholdMember.objects.bulk_create(
        [
            HouseholdMember(tenant_id=household.tenant_id, household_id=household.pk, profile_id=profile_id)
            for profile_id in sorted(people)
        ],
        ignore_conflicts=True,
    )
    return household


@dataclass(frozen=True, slots=True)
class Place:
    """What somebody is to be in a household; `role` as in HouseholdRole, empty: nothing in particular."""

    profile_id: UUID
    role: str = ""
    is_payer: bool = False


def arrange_household(places: Sequence[Place]) -> Household:
    """Make these customers, and only these, one household with these roles.

    Raises CustomerNotFound; NothingToForm for fewer than two people; RolesClash for two payers, or a child who pays.
    Takes the tenant's identity lock.
    """
    payers = [place for place in places if place.is_payer]
    if len(payers) > 1 or any(place.role == HouseholdRole.CHILD for place in payers):
        raise RolesClash
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        wanted = {get_customer(place.profile_id).pk: place for place in places}
        household = _join(set(wanted))
        everybody = HouseholdMember.objects.filter(household_id=household.pk)
        # Those who were merged into somebody of the household stay with them, and say nothing of their own.
        everybody.exclude(_of(set(wanted))).delete()
        everybody.update(role="", is_payer=False)
        for profile_id, place in wanted.items():
            everybody.filter(profile_id=profile_id).update(role=place.role, is_payer=place.is_payer)
        _note("household.arranged", household.pk, set(wanted))
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


@dataclass(frozen=True, slots=True)
class Housemate:
    """Somebody of a household."""

    profile: CustomerProfile
    role: str
    is_payer: bool

    @property
    def words(self) -> str:
        """As in: parent or guardian, pays; empty where nothing is said."""
        role = str(HouseholdRole(self.role).label) if self.role else ""
        return ", ".join(filter(None, [role, "Pays" if self.is_payer else ""]))


@dataclass(frozen=True, slots=True)
class Home:
    """A household with everybody in it: survivors of merges, by name."""

    household: Household
    people: list[Housemate]

    def guardians(self) -> list[CustomerProfile]:
        """Through whom a child is spoken to."""
        return [one.profile for one in self.people if one.role == HouseholdRole.GUARDIAN]


def home_of(profile_id: UUID) -> Home | None:
    """The household of a customer, themselves included; None where there is none. Three statements."""
    member = HouseholdMember.objects.filter(_of({profile_id})).first()
    if member is None:
        return None
    survivors = (
        CustomerProfile.objects.filter(pk=OuterRef("profile_id"))
        .annotate(survivor=Coalesce("merged_into_id", "id"))
        .values("survivor")
    )
    rows = HouseholdMember.objects.filter(household_id=member.household_id).annotate(
        survivor_id=Subquery(survivors)
    )
    said: dict[UUID, tuple[str, bool]] = {}
    for row in rows:
        role, is_payer = said.get(row.survivor_id, ("", False))
        said[row.survivor_id] = (role or row.role, is_payer or row.is_payer)
    people = CustomerProfile.objects.filter(pk__in=said).exclude(status="DELETED")
    return Home(
        Household.objects.get(pk=member.household_id),
        [Housemate(one, *said[one.pk]) for one in people.order_by("first_name", "last_name", "id")],
    )


def household_of(profile_id: UUID) -> tuple[Household, list[CustomerProfile]] | None:
    """The customer's household with the others in it; None where there is none."""
    home = home_of(profile_id)
    if home is None:
        return None
    return home.household, [one.profile for one in home.people if one.profile.pk != profile_id]


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
