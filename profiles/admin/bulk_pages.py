"""Pages that do something to many customers: tag, untag, note, export; what was done, and taking it back."""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST

from profiles.admin.customer_actions import EVERYBODY, chosen_customers, kept_fields
from profiles.admin.customer_exports import FORMATS, export_answer
from profiles.bulk import (
    MOST_AT_ONCE,
    add_notes,
    add_tag,
    latest_acts,
    remove_tag,
    standing_of,
    tags_among,
    take_back,
)
from profiles.editing import LONGEST_NOTE, LONGEST_TAG, Author
from profiles.errors import InvalidFields
from profiles.models import BulkAct, CustomerProfile
from profiles.tags import known_tags
from tenants.admin import formatting
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.middleware import StaffRequest
from tenants.models import User
from tenants.roles import Right

SAMPLE: Final = 12


def author_of(request: StaffRequest) -> Author:
    """Who acts."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - for the type checker: the page's guard let nobody else in
    return Author(user.get_full_name() or user.get_username(), user)


def preview_of(request: StaffRequest) -> dict[str, Any]:
    """Whom the act would be about: how many, some of them, and the fields that keep the choice."""
    chosen = chosen_customers(request)
    total = chosen.count()
    return {
        "total": total,
        "is_too_many": total > MOST_AT_ONCE,
        "most": MOST_AT_ONCE,
        "people": list(chosen.order_by("-created_at", "-pk")[:SAMPLE]),
        "kept": kept_fields(request),
        "crumb": {"link": reverse("admin:profiles_customerprofile_changelist"), "title": "Customers"},
    }


def chosen_ids(request: StaffRequest) -> list[UUID]:
    """The ids of the chosen, MOST_AT_ONCE at most."""
    return list(chosen_customers(request).values_list("pk", flat=True)[:MOST_AT_ONCE])


def done(request: StaffRequest, act: BulkAct) -> HttpResponse:
    """To the page that tells what was done, where it can be taken back."""
    return HttpResponseRedirect(reverse("admin:bulk_act", args=[act.pk]))


def is_asked(request: StaffRequest) -> bool:
    """Whether the act's own form was sent, not the list's."""
    return request.method == "POST" and "do" in request.POST


@page("customers/tag/", name="customers_tag", right=Right.EDIT)
def tag_customers(request: StaffRequest) -> HttpResponse:
    """A tag for all chosen."""
    return _tag(request, is_adding=True)


@page("customers/untag/", name="customers_untag", right=Right.EDIT)
def untag_customers(request: StaffRequest) -> HttpResponse:
    """A tag taken from all chosen."""
    return _tag(request, is_adding=False)


def _tag(request: StaffRequest, *, is_adding: bool) -> HttpResponse:
    context, problem = preview_of(request), ""
    tag = " ".join(request.POST.get("tag", "").split())
    if is_asked(request) and not context["is_too_many"]:
        try:
            ids = chosen_ids(request)
            act = (add_tag if is_adding else remove_tag)(ids, tag, author_of(request))
            return done(request, act)
        except InvalidFields as refusal:
            problem = refusal.fields["tag"]
    standing = tags_among(chosen_customers(request))
    return show(
        request,
        "crm/customer/bulk_tag.html",
        "Tag customers" if is_adding else "Take a tag away",
        status=422 if problem else 200,
        is_adding=is_adding,
        tag=tag,
        problem=problem,
        longest=LONGEST_TAG,
        standing=standing,
        suggestions=known_tags() if is_adding else [],
        **context,
    )


@page("customers/note/", name="customers_note", right=Right.EDIT)
def note_customers(request: StaffRequest) -> HttpResponse:
    """The same note about all chosen."""
    context, problem = preview_of(request), ""
    body = request.POST.get("body", "")
    if is_asked(request) and not context["is_too_many"]:
        try:
            return done(request, add_notes(chosen_ids(request), body, author_of(request)))
        except InvalidFields as refusal:
            problem = refusal.fields["body"]
    return show(
        request,
        "crm/customer/bulk_note.html",
        "Note about customers",
        status=422 if problem else 200,
        body=body,
        problem=problem,
        longest=LONGEST_NOTE,
        **context,
    )


@page("customers/export-chosen/", name="customers_export_chosen", right=Right.EDIT)
def export_chosen(request: StaffRequest) -> HttpResponseBase:
    """The chosen as a file."""
    if not is_asked(request):
        return show(
            request,
            "crm/customer/bulk_export.html",
            "Export customers",
            formats=FORMATS,
            **preview_of(request),
        )
    wanted = request.POST.get("format", "")
    names = ["everybody" if request.POST.get(EVERYBODY) else "chosen"]
    chosen = CustomerProfile.objects.filter(pk__in=chosen_customers(request).values("pk"))
    answer = export_answer(request, wanted, chosen, names)
    return answer or HttpResponseBadRequest("Choose a format.", content_type="text/plain")


@page("customers/acts/", name="bulk_acts", right=Right.EDIT)
def bulk_acts(request: StaffRequest) -> HttpResponse:
    """What was done to many at once, the latest first."""
    return show(
        request,
        "crm/customer/bulk_acts.html",
        "Done to many",
        acts=latest_acts(),
        crumb={"link": reverse("admin:profiles_customerprofile_changelist"), "title": "Customers"},
    )


@page("customers/acts/<uuid:act_id>/", name="bulk_act", right=Right.EDIT)
def bulk_act(request: StaffRequest, act_id: UUID) -> HttpResponse:
    """What one act did, to whom, and the button that takes it back."""
    act = _act(act_id)
    ids, changed = standing_of(act, most=SAMPLE)
    return show(
        request,
        "crm/customer/bulk_act.html",
        act.title,
        act=act,
        changed=changed,
        people=_people(ids),
        crumb={"link": reverse("admin:bulk_acts"), "title": "Done to many"},
    )


@page("customers/acts/<uuid:act_id>/undo/", name="bulk_undo", right=Right.EDIT)
@require_POST
def bulk_undo(request: StaffRequest, act_id: UUID) -> HttpResponse:
    """Take back what the act changed, nothing else."""
    act = _act(act_id)
    club = club_of(request)
    count = take_back(act.pk, author_of(request))
    if count is None:
        messages.info(request, "This was taken back already.")
    else:
        messages.success(request, f"Taken back for {formatting.number(count, club)} customers.")
    return done(request, act)


def _act(act_id: UUID) -> BulkAct:
    act: BulkAct | None = BulkAct.objects.filter(pk=act_id).first()
    if act is None:
        raise Http404("There is no such act in this club.")
    return act


def _people(ids: Collection[UUID]) -> list[CustomerProfile]:
    return list(CustomerProfile.objects.filter(pk__in=ids).order_by("-created_at", "-pk"))
