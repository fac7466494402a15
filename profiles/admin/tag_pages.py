"""Tags: chips on the customer page, and the manager of all tags of a club."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from profiles.admin.bulk_pages import author_of, done
from profiles.admin.customer_page import address_of
from profiles.editing import update_customer
from profiles.errors import CustomerNotFound, InvalidFields
from profiles.models.desk import HUES
from profiles.reading import get_customer
from profiles.tags import delete_tag, paint, rename_tag, tags_in_use
from tenants.admin.base import messages
from tenants.admin.pages import page, show
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

COLOUR_NAMES = (
    *("Red", "Orange", "Yellow", "Lime", "Green", "Mint"),
    *("Cyan", "Sky", "Blue", "Violet", "Magenta", "Rose"),
)


@page("tags/", name="tags", right=Right.EDIT)
def tags_page(request: StaffRequest) -> HttpResponse:
    """All tags with how many have each; renaming, merging, colours, deleting."""
    return show(
        request,
        "crm/customer/tags.html",
        "Tags",
        tags=tags_in_use(),
        colours=list(zip(range(HUES), COLOUR_NAMES, strict=True)),
    )


@page("tags/rename/", name="tag_rename", right=Right.EDIT)
@require_POST
def tag_rename(request: StaffRequest) -> HttpResponse:
    """Another name; the name of another tag merges the two."""
    try:
        return done(
            request, rename_tag(request.POST.get("tag", ""), request.POST.get("name", ""), author_of(request))
        )
    except InvalidFields as refusal:
        messages.error(request, " ".join(refusal.fields.values()))
        return HttpResponseRedirect(reverse("admin:tags"))


@page("tags/delete/", name="tag_delete", right=Right.EDIT)
@require_POST
def tag_delete(request: StaffRequest) -> HttpResponse:
    """Take it from everybody; it can be taken back."""
    return done(request, delete_tag(request.POST.get("tag", ""), author_of(request)))


@page("tags/colour/", name="tag_colour", right=Right.EDIT)
@require_POST
def tag_colour(request: StaffRequest) -> HttpResponse:
    """Choose its colour."""
    hue = whole_number(request.POST.get("hue", ""))
    try:
        paint(request.POST.get("tag", ""), -1 if hue is None else hue)
    except InvalidFields as refusal:
        messages.error(request, " ".join(refusal.fields.values()))
    return HttpResponseRedirect(reverse("admin:tags"))


@page("profiles/customerprofile/<uuid:profile_id>/tags/", name="customer_tags", right=Right.EDIT)
@require_POST
def customer_tags(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """Add (`add`) or take away (`remove`) a tag of one customer."""
    try:
        profile = get_customer(profile_id)
        tags = set(profile.tags) - {request.POST.get("remove", "")}
        added = " ".join(request.POST.get("add", "").split())
        update_customer(profile.pk, {"tags": sorted({*tags, *([added] if added else [])})})
    except CustomerNotFound as error:
        raise Http404(error.message) from error
    except InvalidFields as refusal:
        messages.error(request, " ".join(refusal.fields.values()))
    return HttpResponseRedirect(f"{address_of(profile_id)}#tags")
