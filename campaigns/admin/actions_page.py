"""The buttons of a campaign: pause, resume, cancel, take back, duplicate, archive, approve, test."""

from collections.abc import Callable, Mapping
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from campaigns import actions, editing
from campaigns.admin.colleague_mail import is_colleague, mail_to_colleague
from campaigns.admin.list_page import campaign_or_404
from campaigns.models import Campaign
from campaigns.representation import reason_text
from campaigns.rhythm import skip_next, take_skip_back
from profiles.models import CustomerProfile
from tenants.admin import formatting
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

Act = Callable[[StaffRequest, Campaign], HttpResponse | None]


@page("campaigns/<uuid:campaign_id>/act/", name="campaign_act", right=Right.EDIT)
@require_POST
def campaign_act(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Do what the form field `act` says; what cannot be taken back is asked once more."""
    campaign = campaign_or_404(campaign_id)
    name = request.POST.get("act", "")
    here = reverse("admin:campaign", args=[campaign.pk])
    if name == "cancel" and "confirmed" not in request.POST:
        return show(
            request,
            "crm/operations/confirm.html",
            campaign.name,
            question="Cancel this campaign?",
            consequence="Whoever has not got it yet never will. What was sent stays counted.",
            button="Cancel the campaign",
            is_final=True,
            hidden=[("act", name)],
            action=reverse("admin:campaign_act", args=[campaign.pk]),
            back=here,
        )
    answer = None
    try:
        answer = ACTS[name](request, campaign) if name in ACTS else None
    except DomainError as refusal:
        messages.warning(request, refusal.message)
    return answer or HttpResponseRedirect(here)


def _done(act: Callable[[UUID], object], said: str) -> Act:
    def do(request: StaffRequest, campaign: Campaign) -> None:
        act(campaign.pk)
        messages.success(request, said)

    return do


def _rhythm(act: Callable[[UUID], object], said: str) -> Act:
    def do(request: StaffRequest, campaign: Campaign) -> HttpResponse:
        back = HttpResponseRedirect(f"{reverse('admin:campaign_rhythms')}#rhythm-{campaign.pk}")
        try:
            act(campaign.pk)
            messages.success(request, f"“{campaign.name}”: {said}")
        except DomainError as refusal:
            messages.warning(request, refusal.message)
        return back

    return do


def _unschedule(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    actions.unschedule_campaign(campaign.pk)
    messages.success(request, "It is a draft again.")
    return HttpResponseRedirect(reverse("admin:campaign_edit", args=[campaign.pk, "review"]))


def _duplicate(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    copy = editing.duplicate_campaign(campaign.pk)
    messages.success(request, "This is the copy, a draft without a time.")
    return HttpResponseRedirect(reverse("admin:campaign_edit", args=[copy.pk, "audience"]))


def _review(act: Callable[[UUID], object], said: str) -> Act:
    def do(request: StaffRequest, campaign: Campaign) -> HttpResponse:
        try:
            act(campaign.pk)
            messages.success(request, said)
        except DomainError as refusal:
            messages.warning(request, refusal.message)
        return HttpResponseRedirect(reverse("admin:campaign_edit", args=[campaign.pk, "review"]))

    return do


def _approve(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """The version that the page showed; one that cannot be read is no version of the campaign."""
    seen = request.POST.get("version", "")
    read = whole_number(seen)
    version = (-1 if read is None else read) if seen else None
    approve = _review(
        lambda pk: editing.approve_campaign(pk, version),
        "Approved. It can be scheduled now.",
    )
    return approve(request, campaign) or HttpResponseRedirect(reverse("admin:campaign", args=[campaign.pk]))


def _test(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """To a colleague as a mail of the platform's own; else to whoever of the customers has the written address."""
    back = HttpResponseRedirect(reverse("admin:campaign_edit", args=[campaign.pk, "review"]))
    address = request.POST.get("address", "").strip().lower()
    if address and is_colleague(address, club_of(request)):
        _test_to_colleague(request, campaign, address)
        return back
    people = list(CustomerProfile.objects.filter(email=address, status="ACTIVE")[:5]) if address else []
    if not people:
        messages.warning(
            request,
            "Neither a colleague nor a customer has this address. Tests go to one of them, and to nobody else.",
        )
        return back
    try:
        decided = actions.test_campaign(campaign.pk, [person.pk for person in people])
    except DomainError as refusal:
        messages.warning(request, refusal.message)
        return back
    sent = sum(one.status == "PLANNED" for one in decided)
    if sent:
        messages.success(request, f"{formatting.plural(sent, 'test message')} on the way to {address}.")
    else:
        messages.warning(request, f"Nothing was sent. {reason_text(decided[0].reason)}.")
    return back


def _test_to_colleague(request: StaffRequest, campaign: Campaign, address: str) -> None:
    try:
        sent = mail_to_colleague(campaign, club_of(request), address, request.POST.get("member", ""))
    except (OSError, SMTPException) as error:
        messages.warning(request, f"The platform's mail server does not take it: {error}.")
        return
    if sent:
        kept = (
            ""
            if settings.EMAIL_HOST
            else " This installation has no mail server: look into its folder “mail”."
        )
        messages.success(request, f"{formatting.plural(sent, 'test message')} on the way to {address}.{kept}")
    else:
        messages.warning(
            request, "Nothing was sent: there is no text yet, or no customer whose data could fill it."
        )


ACTS: Final[Mapping[str, Act]] = {
    "pause": _done(actions.pause_campaign, "Paused. Nothing more is sent until you resume."),
    "resume": _done(actions.resume_campaign, "It goes on where it stood."),
    "cancel": _done(actions.cancel_campaign, "Cancelled."),
    "skip": _rhythm(skip_next, "The next time is skipped."),
    "unskip": _rhythm(take_skip_back, "It is sent at that time after all."),
    "unschedule": _unschedule,
    "duplicate": _duplicate,
    "archive": _done(editing.archive_campaign, "Archived."),
    "unarchive": _done(lambda pk: editing.archive_campaign(pk, is_archived=False), "Back in the list."),
    "ask": _review(editing.ask_approval, "Your colleagues see that it waits for approval."),
    "approve": _approve,
    "test": _test,
}
