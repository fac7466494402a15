"""Who is known already, looked up while somebody new is typed in."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from profiles.models import CustomerProfile
from profiles.search.finding import search_profiles
from tenants.admin.pages import club_of, page
from tenants.middleware import StaffRequest
from tenants.roles import Right

MOST: Final = 5
LONGEST: Final = 200
LEAST_LETTERS: Final = 3


@page("customers/alike/", name="customers_alike", right=Right.CORRECT)
@require_POST
def alike(request: StaffRequest) -> HttpResponse:
    """Those who share the address, the phone or the name with what is typed so far: a piece of a page."""
    found = alike_people(request.POST)
    return render(request, "crm/customer/alike.html", {"found": found, "club": club_of(request)})


def alike_people(given: Mapping[str, str]) -> list[tuple[CustomerProfile, str]]:
    """At most MOST people with why, the surest first."""
    text = {name: " ".join(given.get(name, "").split())[:LONGEST] for name in
            ("firstName", "lastName", "email", "phoneNumber", "dateOfBirth")}  # fmt: skip
    name = f"{text['firstName']} {text['lastName']}".strip()
    looked: list[tuple[str, str]] = [
        ("Same e-mail", text["email"]),
        ("Same phone", text["phoneNumber"]),
        ("Like this name", name if text["lastName"] else ""),
    ]
    why: dict[UUID, str] = {}
    for reason, asked in looked:
        if len(asked) >= LEAST_LETTERS:
            for profile_id in search_profiles(asked, most=MOST):
                why.setdefault(profile_id, reason)
    people = CustomerProfile.objects.filter(pk__in=list(why)).in_bulk()
    found = [
        (people[each], _said(people[each], reason, text["dateOfBirth"]))
        for each, reason in why.items()
        if each in people
    ]
    return sorted(found, key=lambda pair: "born" not in pair[1])[:MOST]


def _said(profile: CustomerProfile, reason: str, born: str) -> str:
    is_same_day = profile.date_of_birth is not None and profile.date_of_birth.isoformat() == born
    return f"{reason}, born the same day" if is_same_day else reason
