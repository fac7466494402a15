"""Write to one person: a channel that may be used, a text, a preview, sent through the ledger."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from messaging.models import SendChannel
from messaging.rendering import TemplateProblem
from messaging.writing import NotAllowed, preview, ways_to, write_to
from profiles.models import CustomerProfile, ProfileStatus
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right


@page("profiles/customerprofile/<uuid:profile_id>/write/", name="customer_write", right=Right.EDIT)
def customer_write(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """The form; by POST a preview (`act` is preview) or the message itself (`act` is send)."""
    profile = CustomerProfile.objects.filter(pk=profile_id).first()
    if profile is None or profile.status in (ProfileStatus.DELETED, ProfileStatus.MERGED):
        raise Http404("There is no such customer in this club.")
    back = reverse("admin:profiles_customerprofile_change", args=[profile.pk])
    ways = ways_to(profile.pk)
    typed = {name: request.POST.get(name, "").strip() for name in ("channel", "subject", "body")}
    problem, shown = "", None
    if request.method == "POST":
        try:
            shown = preview(profile, club_of(request), subject=typed["subject"], body=typed["body"])
            problem = _problem(typed)
            if not problem and request.POST.get("act") == "send":
                write_to(profile.pk, channel=typed["channel"], subject=_subject(typed), body=typed["body"])
                messages.success(request, f"Your message to {profile.name} is on its way.")
                return HttpResponseRedirect(back)
        except (TemplateProblem, NotAllowed) as refused:
            problem = str(refused)
    return show(
        request,
        "messaging/write.html",
        f"Write to {profile.name}",
        status=422 if problem else 200,
        profile=profile,
        ways=ways,
        typed=typed,
        problem=problem,
        shown=None if problem else shown,
        is_open=any(way.is_open for way in ways),
        first=next((way.channel for way in ways if way.is_open), ""),
        crumb={"link": back, "title": profile.name},
    )


def _problem(typed: dict[str, str]) -> str:
    if typed["channel"] not in SendChannel.values:
        return "Choose by which way."
    if not typed["body"]:
        return "Write a text."
    if typed["channel"] == SendChannel.EMAIL and not typed["subject"]:
        return "A mail needs a subject."
    return ""


def _subject(typed: dict[str, str]) -> str:
    return typed["subject"] if typed["channel"] == SendChannel.EMAIL else ""
