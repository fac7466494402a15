"""What segments bring to the customer list: saved views, the rule as a filter, putting people on a list."""

from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from profiles.admin.bulk_pages import author_of, chosen_ids, done, is_asked, preview_of
from profiles.admin.customer_list import ListChoice, choice_from
from profiles.admin.list_columns import columns_of
from profiles.discretion import MoneyHidden
from segments.actions import list_segments
from segments.admin.building import builder_context
from segments.bulk import put_on_list
from segments.discretion import parse_asked
from segments.models import SegmentType
from segments.rules import InvalidRule, parse
from segments.views import delete_view, query_of, save_view, views_for
from segments.words import Teller
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, page, show, user_of, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.roles import Right

LISTED = (SegmentType.STATIC, SegmentType.IMPORT)


def list_address(address: dict[str, str]) -> str:
    """The customer list with a query."""
    return f"{reverse('admin:profiles_customerprofile_changelist')}?{urlencode(address)}"


def views_part(request: StaffRequest, choice: ListChoice) -> dict[str, Any]:
    """The saved views as tabs, and the form that saves what is shown now."""
    views = list(views_for(user_of(request)))
    chosen = next((view for view in views if str(view.pk) == choice.view), None)
    may_share = request_may(request, Right.EDIT)
    return {
        "views": [(view, query_of(view), view is chosen) for view in views],
        "chosen": chosen,
        "may_share": may_share,
        "may_delete": chosen is not None and (not chosen.is_shared or may_share),
        "is_savable": bool(choice.filters or choice.sort or choice.columns),
    }


def rule_part(request: StaffRequest, choice: ListChoice) -> dict[str, Any]:
    """The rule in words with the builder when it is asked for."""
    text = choice.brought.get("rule", "")
    address = {name: value for name, value in choice.address.items() if name not in ("rule", "view")}
    words, problem = "", ""
    if text:
        try:
            names = dict(list_segments().values_list("pk", "name"))
            words = Teller(club_of(request), names).rule(parse(text))
        except InvalidRule as mistake:
            problem = mistake.message
    return {
        "words": words,
        "problem": problem,
        "is_open": "build" in request.GET,
        "open_query": urlencode({**choice.address, "build": "1"}),
        "clear_query": urlencode(address),
        "address": address,
        **builder_context(text or None),
    }


@page("customers/rule/", name="customers_rule", right=Right.VIEW_PROFILES)
@require_POST
def filter_by_rule(request: StaffRequest) -> HttpResponse:
    """From the builder to the list whose address holds the rule; an empty rule filters nothing."""
    address = choice_from(request.POST).address
    address.pop("rule", None)
    text = request.POST.get("criteria", "")
    try:
        rule = parse_asked(text) if text else None
    except (InvalidRule, MoneyHidden) as mistake:
        messages.error(request, f"The rule cannot be used: {mistake.message}")
        return HttpResponseRedirect(list_address({**address, "build": "1"}))
    if rule is not None and rule.root.rules:
        address["rule"] = orjson.dumps(rule.to_json()).decode()
    return HttpResponseRedirect(list_address(address))


@page("customers/views/save/", name="view_save", right=Right.VIEW_PROFILES)
@require_POST
def save(request: StaffRequest) -> HttpResponse:
    """Save what the list shows; a shared view needs the right to edit."""
    choice = choice_from(request.POST)
    is_shared = "shared" in request.POST and request_may(request, Right.EDIT)
    user = user_of(request)
    try:
        columns = [column.name for column in columns_of(user, choice.columns)]
        view = save_view(user, request.POST.get("name", ""), choice.address, columns, is_shared=is_shared)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return HttpResponseRedirect(list_address(choice.address))
    messages.success(request, f"Saved the view “{view.name}”.")
    return HttpResponseRedirect(f"{reverse('admin:profiles_customerprofile_changelist')}?{query_of(view)}")


@page("customers/views/delete/", name="view_delete", right=Right.VIEW_PROFILES)
@require_POST
def delete(request: StaffRequest) -> HttpResponse:
    """Take a view away; the people in it stay."""
    view_id = uuid_or_none(request.POST.get("view", ""))
    may = request_may(request, Right.EDIT)
    if view_id is not None and delete_view(user_of(request), view_id, may_delete_shared=may):
        messages.success(request, "The view is gone.")
    else:
        messages.error(request, "This view is not yours to delete.")
    return HttpResponseRedirect(reverse("admin:profiles_customerprofile_changelist"))


@page("customers/to-list/", name="customers_to_list", right=Right.EDIT)
def to_list(request: StaffRequest) -> HttpResponse:
    """Put the chosen customers on a fixed list."""
    context, problem = preview_of(request), ""
    if is_asked(request) and not context["is_too_many"]:
        try:
            act = put_on_list(
                uuid_or_none(request.POST.get("segment", "")),
                request.POST.get("name", ""),
                chosen_ids(request),
                author_of(request),
            )
            return done(request, act)
        except DomainError as refusal:
            problem = refusal.message
    return show(
        request,
        "segments/to_list.html",
        "Add to a list",
        status=422 if problem else 200,
        problem=problem,
        lists=list_segments().filter(type__in=LISTED),
        **context,
    )
