"""The search box on every page (Ctrl K): people, pages and acts as one types.

The text comes by POST, so that no name stands in an address.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from profiles.admin.connections import KIND_LABELS
from profiles.models import CustomerProfile
from profiles.search.marks import regrouped
from profiles.search.reasons import find
from profiles.vocabulary import UNLISTED
from tenants.admin.base import request_may
from tenants.admin.formatting import phone
from tenants.admin.pages import club_of, page, uuid_or_none
from tenants.declarations import ordered
from tenants.middleware import StaffRequest
from tenants.models import LoggedAction
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


# Words with which an act on somebody begins: "note for anna", "tag botha".
ACTS: Final = {
    "note": ("Note for", "edit_note", Right.ADD_NOTES),
    "tag": ("Tag", "sell", Right.EDIT),
    "edit": ("Edit", "edit", Right.EDIT),
    "merge": ("Merge", "merge", Right.EDIT),
}
ACT: Final = re.compile(r"(?i)(note|tag|edit|merge)\s+(?:for\s+|about\s+|on\s+)?(\S.*)")
MOST_PAGES: Final = 5
MOST_RECENT: Final = 6
LOOKED_BACK: Final = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to go that is no customer."""

    title: str
    icon: str
    address: str


@page("customers/search/", name="customer_search", right=Right.VIEW_PROFILES)
@require_POST
def customer_search(request: StaffRequest) -> HttpResponse:
    """A fragment with the best matches (form field `q`): people and why, pages, acts; without it the latest seen."""
    text = request.POST.get("q", "").replace("\x00", "").strip()[:LONGEST]
    asked = ACT.fullmatch(text)
    act = ACTS[asked[1].lower()] if asked else None
    if act is not None and not request_may(request, act[2]):
        act = None
    found = find(text, most=MOST) if text else []
    for each in found:
        if pieces := each.details.get("phone"):
            each.details["phone"] = regrouped(pieces, phone("".join(piece.text for piece in pieces)))
    rows = [
        (each, [(LABELS.get(reason.label, reason.label), reason.pieces) for reason in each.reasons])
        for each in found
    ]
    first_guess = next((each.profile.pk for each in found if each.is_guess), None)
    context = {
        "rows": rows,
        "text": text,
        "club": club_of(request),
        "most": MOST,
        "first_guess": first_guess,
        "pages": pages_like(request, text),
        "acts": acts_on(asked[1].lower(), asked[2]) if act and asked else [],
        "recent": [] if text else recently_seen(request),
    }
    return render(request, "crm/search_results.html", context)


def pages_like(request: StaffRequest, text: str) -> list[Place]:
    """Pages of the sidebar, of those that the person may open, with a word that begins so."""
    wanted = text.casefold()
    return [
        Place(entry.title, entry.icon, reverse(f"admin:{entry.route}"))
        for entry in ordered("nav")
        if wanted
        and any(part.startswith(wanted) for part in (entry.title.casefold(), *entry.title.casefold().split()))
        and request_may(request, Right(entry.right))
    ][:MOST_PAGES]


def acts_on(verb: str, text: str) -> list[Place]:
    """The act on each of those whom the rest of the text finds."""
    title, icon, _ = ACTS[verb]
    return [
        Place(f"{title} {each.profile.name}", icon, _address_of(verb, each.profile.pk))
        for each in find(text, most=MOST_PAGES)
    ]


def recently_seen(request: StaffRequest) -> list[CustomerProfile]:
    """Whom the person looked at last, by the action log; three queries at most."""
    seen = LoggedAction.objects.filter(action="customer.viewed", actor_id=str(request.user.pk))
    ids = dict.fromkeys(
        found
        for text in seen.order_by("-id").values_list("subject_id", flat=True)[:LOOKED_BACK]
        if (found := uuid_or_none(text)) is not None
    )
    wanted = list(ids)[:MOST_RECENT]
    people = CustomerProfile.objects.exclude(status__in=UNLISTED).in_bulk(wanted)
    return [people[each] for each in wanted if each in people]


def _address_of(verb: str, profile_id: UUID) -> str:
    if verb == "note":
        return reverse("admin:profiles_customerprofile_change", args=[profile_id]) + "#id_body"
    if verb == "tag":
        return f"{reverse('admin:customers_tag')}?ids={profile_id}"
    return reverse(f"admin:customer_{verb}", args=[profile_id])
