"""Customers in the back office: list, page, forms. Rows are written by `profiles.editing` only."""

from typing import Any
from uuid import UUID

from django.contrib.admin import register
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from profiles.admin.customer_acts import offers_of
from profiles.admin.customer_exports import FORMATS
from profiles.admin.customer_forms import CustomerForm
from profiles.admin.customer_list import choice_from, filters_of, has_any_customer, read_page
from profiles.admin.customer_page import address_of, golf_of, membership_of, show_customer
from profiles.admin.provenance import facts_of, provenance
from profiles.editing import create_customer, update_customer
from profiles.errors import CustomerNotFound, InvalidFields, KeyInUse
from profiles.models import CustomerProfile
from profiles.reading import get_customer
from tenants.admin.base import ModelAdmin, as_staff, messages, request_may
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.api.errors import InvalidParameterError
from tenants.middleware import StaffRequest
from tenants.roles import Right


@register(CustomerProfile)
class CustomerAdmin(ModelAdmin):
    """The routes of the table lead to pages of ours."""

    view_right = Right.VIEW_PROFILES
    change_right = Right.CORRECT

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Erasure is a privacy act with a receipt, not a click in a list."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list."""
        return list_customers(as_staff(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The customer page."""
        if not request_may(request, Right.VIEW_PROFILES):
            raise PermissionDenied
        profile_id = uuid_or_none(object_id)
        if profile_id is None:
            raise Http404("There is no such customer.")
        return show_customer(as_staff(request), profile_id)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A customer made by hand."""
        return new_customer(as_staff(request))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Not from here."""
        raise PermissionDenied

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The timeline is the history."""
        if not request_may(request, Right.VIEW_PROFILES):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:profiles_customerprofile_change", args=[object_id]))


def list_customers(request: StaffRequest) -> HttpResponse:
    """The list; a search text comes by POST, so that it stands in no address and no log."""
    if not request_may(request, Right.VIEW_PROFILES):
        raise PermissionDenied
    club = club_of(request)
    given = request.POST if request.method == "POST" else request.GET
    choice = choice_from(given, request.POST.get("q", ""))
    try:
        found = read_page(choice, request.GET.get("cursor", ""))
    except InvalidParameterError:
        return HttpResponseRedirect(reverse("admin:profiles_customerprofile_changelist"))
    chosen = bool(choice.filters or choice.text)
    return show(
        request,
        "crm/customer/list.html",
        "Customers",
        choice=choice,
        filters=filters_of(choice, club),
        found=found,
        acts=offers_of(request),
        formats=FORMATS,
        is_chosen=chosen,
        is_continued="cursor" in request.GET,
        is_fresh=not found.customers and (not chosen or not has_any_customer()),
    )


def new_customer(request: StaffRequest) -> HttpResponse:
    """The form of a new customer."""
    if not request_may(request, Right.CORRECT):
        raise PermissionDenied
    form = CustomerForm(request.POST or None, is_of_desk=not request_may(request, Right.EDIT))
    if request.method == "POST" and form.is_valid():
        try:
            profile = create_customer(form.changed_fields())
        except (InvalidFields, KeyInUse) as refusal:
            form.add_refusal(refusal)
            return _form_page(request, form, "New customer", holder=_holder(refusal))
        messages.success(request, f"{profile.name} is now a customer.")
        return HttpResponseRedirect(address_of(profile.pk))
    return _form_page(request, form, "New customer")


@page("profiles/customerprofile/<uuid:profile_id>/edit/", name="customer_edit", right=Right.CORRECT)
def edit_customer(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """The form of an existing customer; only what was changed is stated anew."""
    try:
        profile = get_customer(profile_id)
    except CustomerNotFound as error:
        raise Http404(error.message) from error
    is_of_desk = not request_may(request, Right.EDIT)
    form = CustomerForm(request.POST or None, profile=profile, is_of_desk=is_of_desk)
    if request.method == "POST" and form.is_valid():
        changes = form.changed_fields()
        try:
            if changes:
                update_customer(profile.pk, changes)
        except (InvalidFields, KeyInUse) as refusal:
            form.add_refusal(refusal)
            return _form_page(request, form, f"Edit {profile.name}", profile=profile, holder=_holder(refusal))
        messages.success(request, "Saved." if changes else "Nothing was changed.")
        return HttpResponseRedirect(address_of(profile.pk))
    return _form_page(request, form, f"Edit {profile.name}", profile=profile)


def _form_page(
    request: StaffRequest,
    form: CustomerForm,
    title: str,
    *,
    profile: CustomerProfile | None = None,
    holder: str = "",
) -> HttpResponse:
    owned = []
    if profile is not None:
        today = timezone.now().astimezone(club_of(request).zone).date()
        origins = provenance(facts_of(profile.pk))
        owned = [*membership_of(profile, origins, today), *golf_of(profile, origins)]
    return show(
        request,
        "crm/customer/form.html",
        title,
        status=422 if form.errors else 200,
        form=form,
        profile=profile,
        owned=owned,
        holder=holder,
        crumb={"link": reverse("admin:profiles_customerprofile_changelist"), "title": "Customers"},
    )


def _holder(refusal: InvalidFields | KeyInUse) -> str:
    """The page of the customer who has the address already."""
    return address_of(UUID(refusal.extra["customerId"])) if isinstance(refusal, KeyInUse) else ""
