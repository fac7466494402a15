"""Customers in the back office: list, page, forms. Rows are written by `profiles.editing` only."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.admin import register
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from profiles.admin.customer_actions import offers_of
from profiles.admin.customer_exports import FORMATS
from profiles.admin.customer_forms import CustomerForm
from profiles.admin.customer_list import (
    ListChoice,
    choice_from,
    filters_of,
    has_any_customer,
    read_page,
    total_of,
    without_money,
)
from profiles.admin.customer_page import address_of, golf_of, membership_of, show_customer
from profiles.admin.list_columns import (
    COLUMNS,
    MONEY_COLUMNS,
    Column,
    cells_of,
    columns_of,
    keep_columns,
    sort_of,
)
from profiles.admin.panels import list_parts
from profiles.admin.provenance import facts_of, provenance
from profiles.editing import create_customer, update_customer
from profiles.errors import CustomerNotFound, InvalidFields, KeyInUse
from profiles.models import CustomerProfile
from profiles.reading import get_customer
from tenants.admin.base import ModelAdmin, as_staff, messages, request_may
from tenants.admin.pages import club_of, page, show, user_of, uuid_or_none
from tenants.api.errors import InvalidParameterError
from tenants.middleware import StaffRequest
from tenants.roles import Right

# The button of the form that says: somebody else of one household, with the same address.
SHARES = "shares"


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
    if not request_may(request, Right.SEE_MONEY) and without_money(choice) != choice:
        messages.warning(
            request,
            "Your role does not see payments, values and complaints, so the list does not sort or filter by them.",
        )
        choice = without_money(choice)
    if request.method == "POST" and not choice.text:
        # Filters without a text hold nothing personal: they stand in the address, to be kept and sent.
        return HttpResponseRedirect(f"?{urlencode(choice.address)}")
    try:
        found = read_page(choice, request.GET.get("cursor", ""), request.GET.get("before", ""))
    except InvalidParameterError:
        return HttpResponseRedirect(reverse("admin:profiles_customerprofile_changelist"))
    chosen = bool(choice.filters or choice.text)
    hidden = () if request_may(request, Right.SEE_MONEY) else MONEY_COLUMNS
    columns = [each for each in columns_of(user_of(request), choice.columns) if each.name not in hidden]
    return show(
        request,
        "crm/customer/list.html",
        "Customers",
        choice=choice,
        filters=filters_of(choice, club),
        found=found,
        total=len(found.customers) if choice.text else total_of(choice),
        heads=[_head(column, choice) for column in columns],
        rows=[(profile, cells_of(profile, columns, club)) for profile in found.customers],
        columns=columns,
        more_columns=[each for each in COLUMNS.values() if each not in columns and each.name not in hidden],
        parts=list_parts(request, choice),
        acts=offers_of(request),
        formats=FORMATS,
        is_chosen=chosen,
        is_continued="cursor" in request.GET or "before" in request.GET,
        is_fresh=not found.customers and (not chosen or not has_any_customer()),
    )


def _head(column: Column, choice: ListChoice) -> dict[str, Any]:
    """A column's heading: where a click leads, and how the list is sorted by it now."""
    sorted_by, is_falling = sort_of(choice.sort)
    is_sorted = column is sorted_by and not choice.text
    # Figures and times are looked at from the largest down.
    is_first_falling = column.is_right or column.kind == "moment"
    wanted = not is_falling if is_sorted else is_first_falling
    query = urlencode({**choice.address, "sort": f"{'-' if wanted else ''}{column.name}"})
    return {
        "column": column,
        "query": query if column.sort is not None and not choice.text else "",
        "order": ("descending" if is_falling else "ascending") if is_sorted else "",
    }


@page("customers/columns/", name="customers_columns", right=Right.VIEW_PROFILES)
@require_POST
def choose_columns(request: StaffRequest) -> HttpResponse:
    """Keep which columns one sees, in the order of the form; `usual` goes back to the usual ones."""
    names = [] if "usual" in request.POST else request.POST.getlist("column")
    keep_columns(user_of(request), club_of(request).pk, names)
    address = {**choice_from(request.POST).address, "columns": ""}
    query = urlencode({name: value for name, value in address.items() if value})
    return HttpResponseRedirect(f"{reverse('admin:profiles_customerprofile_changelist')}?{query}")


def new_customer(request: StaffRequest) -> HttpResponse:
    """The form of a new customer."""
    if not request_may(request, Right.CORRECT):
        raise PermissionDenied
    form = CustomerForm(request.POST or None, is_of_desk=not request_may(request, Right.EDIT))
    if request.method == "POST" and form.is_valid():
        shares = SHARES in request.POST
        try:
            profile = create_customer(form.changed_fields(), shares_addresses=shares)
        except (InvalidFields, KeyInUse) as refusal:
            form.add_refusal(refusal, shares=shares)
            return _form_page(request, form, "New customer", holder=_holder(refusal))
        messages.success(request, f"{profile.name} was added.")
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
        changes, shares = form.changed_fields(), SHARES in request.POST
        try:
            if changes:
                update_customer(profile.pk, changes, shares_addresses=shares)
        except (InvalidFields, KeyInUse) as refusal:
            form.add_refusal(refusal, shares=shares)
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
        club = club_of(request)
        today = timezone.now().astimezone(club.zone).date()
        origins = provenance(facts_of(profile.pk), club)
        owned = [*membership_of(profile, origins, today), *golf_of(profile, origins, club)]
    return show(
        request,
        "crm/customer/form.html",
        title,
        status=422 if form.errors else 200,
        form=form,
        profile=profile,
        owned=owned,
        holder=holder,
        may_share=holder and SHARES not in request.POST,
        crumb={"link": reverse("admin:profiles_customerprofile_changelist"), "title": "Customers"},
    )


def _holder(refusal: InvalidFields | KeyInUse) -> str:
    """The page of the customer who has the address already."""
    return address_of(UUID(refusal.extra["customerId"])) if isinstance(refusal, KeyInUse) else ""
