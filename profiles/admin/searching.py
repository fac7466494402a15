"""The search box on every page: people as one types. The text comes by POST, so that no name stands in an address."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from profiles.models import CustomerProfile
from profiles.reading import UNLISTED
from profiles.search import in_order, search_profiles
from tenants.admin.pages import club_of, page
from tenants.middleware import StaffRequest
from tenants.roles import Right

MOST = 8
LONGEST = 200


@page("customers/search/", name="customer_search", right=Right.VIEW_PROFILES)
@require_POST
def customer_search(request: StaffRequest) -> HttpResponse:
    """A fragment with the best matches (form field `q`): name, any e-mail, phone in any spelling, member number."""
    text = request.POST.get("q", "").replace("\x00", "").strip()[:LONGEST]
    context = {"people": find(text) if text else [], "text": text, "club": club_of(request), "most": MOST}
    return render(request, "crm/search_results.html", context)


def find(text: str) -> list[CustomerProfile]:
    """The customers whom the text finds, the lately active first; two queries."""
    places = in_order(search_profiles(text, most=MOST))
    people = CustomerProfile.objects.filter(pk__in=places).exclude(status__in=UNLISTED) if places else []
    return sorted(people, key=lambda profile: places[profile.pk])
