"""Households in the back office: who lives together, who pays, who speaks for the children."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from profiles.admin.connections import sharers_of
from profiles.admin.customer_page import address_of, is_minor
from profiles.errors import CustomerNotFound
from profiles.matching.households import (
    Home,
    Place,
    arrange_household,
    dissolve_household,
    form_household,
    home_of,
    leave_household,
)
from profiles.models import CustomerProfile, HouseholdRole
from profiles.reading import get_customer
from profiles.search.finding import search_profiles
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.roles import Right

MOST_FOUND: Final = 8
LONGEST_SEARCH: Final = 200
MOST_PEOPLE: Final = 30


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody who is in the household, or may be put into it."""

    profile: CustomerProfile
    why: str
    is_in: bool
    role: str
    is_payer: bool


@page(
    "profiles/customerprofile/<uuid:profile_id>/household/people/", name="household_people", right=Right.EDIT
)
def household_people(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """Choose who belongs together and what each is; looking somebody up keeps what was chosen so far."""
    profile = _customer(profile_id)
    home = home_of(profile.pk)
    places = _places(request) if request.method == "POST" else None
    if places is not None and request.POST.get("act") == "save":
        try:
            arrange_household(places)
        except CustomerNotFound as error:
            raise Http404(error.message) from error
        except DomainError as error:
            messages.warning(request, error.message)
        else:
            messages.success(request, "The household is saved.")
            return HttpResponseRedirect(f"{address_of(profile.pk)}#family")
    text = request.POST.get("q", "").strip()[:LONGEST_SEARCH]
    lines = _lines(request, profile, home, places, text)
    return show(
        request,
        "crm/customer/household.html",
        f"Household of {profile.name}",
        profile=profile,
        lines=lines,
        roles=HouseholdRole.choices,
        has_payer=any(line.is_payer for line in lines),
        text=text,
        home=home,
        crumb={"link": address_of(profile.pk), "title": profile.name},
    )


@page("profiles/customerprofile/<uuid:profile_id>/household/", name="household_form", right=Right.EDIT)
@require_POST
def household_form(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """Put the customer and those of the form field `with` under one roof."""
    others = [one for one in map(uuid_or_none, request.POST.getlist("with")) if one is not None]
    try:
        form_household([profile_id, *others])
    except CustomerNotFound as error:
        raise Http404(error.message) from error
    except DomainError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "They are one household now.")
    return HttpResponseRedirect(address_of(profile_id))


@page("profiles/customerprofile/<uuid:profile_id>/leave/", name="household_leave", right=Right.EDIT)
@require_POST
def household_leave(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """Take the customer out of the household."""
    try:
        leave_household(profile_id)
    except CustomerNotFound as error:
        raise Http404(error.message) from error
    messages.success(request, "No longer in the household.")
    return HttpResponseRedirect(address_of(profile_id))


@page("households/<uuid:household_id>/dissolve/", name="household_dissolve", right=Right.EDIT)
@require_POST
def household_dissolve(request: StaffRequest, household_id: UUID) -> HttpResponse:
    """Nobody of it lives together any more; back to the customer of the form field `customer`."""
    dissolve_household(household_id)
    messages.success(request, "The household is dissolved.")
    customer = uuid_or_none(request.POST.get("customer", ""))
    back = address_of(customer) if customer else reverse("admin:profiles_customerprofile_changelist")
    return HttpResponseRedirect(back)


def _places(request: StaffRequest) -> list[Place]:
    """Whom the form puts into the household: `with` names them, `role-<id>` and `payer` say what they are."""
    chosen = [one for one in map(uuid_or_none, request.POST.getlist("with")) if one is not None]
    payer = uuid_or_none(request.POST.get("payer", ""))
    return [
        Place(one, _role(request.POST.get(f"role-{one}", "")), is_payer=one == payer)
        for one in dict.fromkeys(chosen[:MOST_PEOPLE])
    ]


def _role(text: str) -> str:
    return text if text in HouseholdRole.values else ""


def _lines(
    request: StaffRequest,
    profile: CustomerProfile,
    home: Home | None,
    places: Iterable[Place] | None,
    text: str,
) -> list[Line]:
    """Who is chosen, who shares an address, who was looked up; each once."""
    today = timezone.now().astimezone(club_of(request).zone).date()
    if places is None:
        mates = home.people if home else []
        places = [Place(one.profile.pk, one.role, one.is_payer) for one in mates] or [
            Place(profile.pk, HouseholdRole.CHILD if is_minor(profile.date_of_birth, today) else "")
        ]
    chosen = {place.profile_id: place for place in places}
    shared = sharers_of(profile.pk)
    found = list(search_profiles(text, most=MOST_FOUND)) if text else []
    people = CustomerProfile.objects.in_bulk([*chosen, profile.pk, *shared, *found])
    why = {profile.pk: "This customer"} | {
        one: f"Same {' and '.join(words)}" for one, words in shared.items()
    }
    return [
        Line(
            people[one],
            why.get(one, "Looked up" if one in found else "In the household"),
            is_in=one in chosen,
            role=chosen[one].role if one in chosen else _guessed(people[one], today),
            is_payer=one in chosen and chosen[one].is_payer,
        )
        for one in dict.fromkeys([profile.pk, *chosen, *found, *shared])
        if one in people and people[one].status in ("ACTIVE", "INACTIVE")
    ]


def _guessed(profile: CustomerProfile, today: date) -> str:
    return HouseholdRole.CHILD.value if is_minor(profile.date_of_birth, today) else ""


def _customer(profile_id: UUID) -> CustomerProfile:
    try:
        return get_customer(profile_id)
    except CustomerNotFound as error:
        raise Http404(error.message) from error
