"""The search box on every page: people as one types. The text comes by POST, so that no name stands in an address."""

from collections.abc import Mapping
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from profiles.admin.connections import KIND_LABELS
from profiles.search.reasons import find
from tenants.admin.pages import club_of, page
from tenants.middleware import StaffRequest
from tenants.roles import Right

MOST = 8
LONGEST = 200
LABELS: Final[Mapping[str, str]] = {
    **KIND_LABELS,
    "name": "Also known as",
    "club": "Club",
    "tag": "Tag",
    "note": "Note",
}


@page("customers/search/", name="customer_search", right=Right.VIEW_PROFILES)
@require_POST
def customer_search(request: StaffRequest) -> HttpResponse:
    """A fragment with the best matches (form field `q`) and why: by name, key, club, tag or note."""
    text = request.POST.get("q", "").replace("\x00", "").strip()[:LONGEST]
    found = find(text, most=MOST) if text else []
    rows = [
        (each, [(LABELS.get(reason.label, reason.label), reason.pieces) for reason in each.reasons])
        for each in found
    ]
    first_guess = next((each.profile.pk for each in found if each.is_guess), None)
    context = {"rows": rows, "text": text, "club": club_of(request), "most": MOST, "first_guess": first_guess}
    return render(request, "crm/search_results.html", context)
