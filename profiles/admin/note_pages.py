"""Notes of the customer page: writing, changing, deleting."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from profiles.admin.customer_forms import NoteForm
from profiles.admin.customer_page import address_of, notes_of, show_customer
from profiles.editing import Author, add_note
from profiles.errors import CustomerNotFound, InvalidFields, NoteNotFound, NotYourNote
from profiles.models import CustomerProfile
from profiles.notes import change_note, delete_note
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, page
from tenants.middleware import StaffRequest
from tenants.models import User
from tenants.roles import Right


@page("profiles/customerprofile/<uuid:profile_id>/notes/", name="customer_add_note", right=Right.ADD_NOTES)
@require_POST
def add_customer_note(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """Write a note; answers the list of notes to a script, the page to a browser without one."""
    form = NoteForm(request.POST)
    by_script = request.headers.get("X-Requested-With") == "fetch"
    if form.is_valid():
        given = form.cleaned_data
        try:
            add_note(profile_id, given["body"], author_of(request), is_pinned=given["is_pinned"])
        except CustomerNotFound as error:
            raise Http404(error.message) from error
        except InvalidFields as error:
            form.add_error("body", error.fields["body"])
    if not form.is_valid() and not by_script:
        return show_customer(request, profile_id, note_form=form)
    if not by_script:
        return HttpResponseRedirect(address_of(profile_id) + "#notes")
    profile = CustomerProfile.objects.filter(pk=profile_id).first()
    if profile is None:
        raise Http404("There is no such customer in this club.")
    context = _notes_context(request, profile, form if form.errors else NoteForm())
    return render(request, "crm/customer/notes.html", context, status=422 if form.errors else 200)


@page(
    "profiles/customerprofile/<uuid:profile_id>/notes/<uuid:note_id>/",
    name="customer_note",
    right=Right.ADD_NOTES,
)
@require_POST
def change_customer_note(request: StaffRequest, profile_id: UUID, note_id: UUID) -> HttpResponse:
    """Save a note anew, pin it or not, or delete it; by its author or an administrator."""
    may = request_may(request, Right.ADMINISTER)
    try:
        if request.POST.get("act") == "delete":
            delete_note(note_id, author_of(request), may_change_others=may)
            messages.success(request, "The note is deleted.")
        else:
            change_note(
                note_id,
                author_of(request),
                body=request.POST.get("body", ""),
                is_pinned="is_pinned" in request.POST,
                may_change_others=may,
            )
            messages.success(request, "The note is saved.")
    except NoteNotFound as error:
        raise Http404(error.message) from error
    except NotYourNote as error:
        messages.error(request, error.message)
    except InvalidFields as error:
        messages.error(request, error.fields["body"])
    return HttpResponseRedirect(address_of(profile_id) + "#notes")


def _notes_context(request: StaffRequest, profile: CustomerProfile, form: NoteForm) -> dict[str, Any]:
    return {
        "notes": notes_of(profile.pk),
        "note_form": form,
        "profile": profile,
        "club": club_of(request),
        "may_note": True,
        "may_change_notes": request_may(request, Right.ADMINISTER),
    }


def author_of(request: StaffRequest) -> Author:
    """Who is at the desk."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - for the type checker: the page's guard let nobody else in
    return Author(user.get_full_name() or user.get_username(), user)
