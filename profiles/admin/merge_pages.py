"""Merging and taking back from the customer page."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from profiles.admin.customer_page import address_of
from profiles.admin.customer_words import FIELD_LABELS, value_in_words
from profiles.errors import CustomerNotFound
from profiles.matching.review import evidence_between
from profiles.merge_choices import CHOOSABLE, merge_with_choice
from profiles.merging.previewing import preview_fields, preview_merge
from profiles.models import CustomerProfile
from profiles.reading import get_customer
from profiles.search.finding import search_profiles
from profiles.unmerging import unmerge_profiles
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.numbers import whole_number
from tenants.roles import Right

MOST_FOUND = 10
LONGEST_SEARCH = 200
LONGEST_REASON = 500
SIDES = ("winner", "loser", "survivor")
# Form fields that say whose value is right, as in choice-firstName.
CHOICE = "choice-"


@page("profiles/customerprofile/<uuid:profile_id>/merge/", name="customer_merge", right=Right.EDIT)
def merge_customer(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """Look for the other one, see what would change, merge. A search text comes by POST, so that no log keeps it."""
    profile = _customer(profile_id)
    other_id = uuid_or_none(request.POST.get("other") or request.GET.get("other", ""))
    try:
        if request.method == "POST" and other_id is not None:
            choices = {
                name.removeprefix(CHOICE): str(request.POST[name])
                for name in request.POST
                if name.startswith(CHOICE)
            }
            reason = request.POST.get("reason", "").strip()
            if len(reason) > LONGEST_REASON:
                raise InvalidError(
                    f"Write the reason in at most {LONGEST_REASON} characters.", field="reason"
                )
            outcome = merge_with_choice(profile.pk, other_id, choices, reason=reason)
            messages.success(request, "Merged. It can be taken back on this page.")
            return HttpResponseRedirect(address_of(outcome.winner_id))
        preview = None if other_id is None else preview_merge(profile.pk, other_id)
    except DomainError as error:
        messages.warning(request, error.message)
        return HttpResponseRedirect(address_of(profile.pk))
    points = evidence_between(preview.winner, preview.loser) if preview else []
    text = request.POST.get("q", "").strip()[:LONGEST_SEARCH]
    found = [one for one in search_profiles(text, most=MOST_FOUND + 1) if one != profile.pk] if text else []
    people = CustomerProfile.objects.in_bulk(found[:MOST_FOUND])
    return show(
        request,
        "crm/customer/merge.html",
        f"Merge with {profile.name}",
        profile=profile,
        preview=preview,
        lines=_lines(preview_fields(preview)["fields"], club_of(request)) if preview else [],
        points=points,
        weight=sum(point.weight for point in points),
        text=text,
        found=[people[one] for one in found if one in people],
        crumb={"link": address_of(profile.pk), "title": profile.name},
    )


@page("profiles/customerprofile/<uuid:profile_id>/unmerge/", name="customer_unmerge", right=Right.EDIT)
@require_POST
def unmerge_customer(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """Take a merge back (form field `merge`: its number)."""
    number = whole_number(request.POST.get("merge", ""))
    try:
        outcome = unmerge_profiles(profile_id, merge_id=number)
    except CustomerNotFound as error:
        raise Http404(error.message) from error
    except DomainError as error:
        messages.warning(request, error.message)
        return HttpResponseRedirect(address_of(profile_id))
    messages.success(request, "Taken back: they are two customers again.")
    return HttpResponseRedirect(address_of(outcome.restored_id))


def _customer(profile_id: UUID) -> CustomerProfile:
    try:
        return get_customer(profile_id)
    except CustomerNotFound as error:
        raise Http404(error.message) from error


def _lines(fields: list[dict[str, object]], club: Tenant) -> list[dict[str, object]]:
    """Label, what each says, what the survivor would say, and whether staff may choose."""
    return [
        {
            "name": field["name"] if field["name"] in CHOOSABLE and field["winner"] != field["loser"] else "",
            "label": FIELD_LABELS[str(field["name"])],
            "is_losers": field["survivor"] == field["loser"],
            **{side: value_in_words(str(field["name"]), field[side], club) for side in SIDES},
        }
        for field in fields
    ]
