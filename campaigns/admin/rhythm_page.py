"""The schedule of campaigns that repeat: pattern in words, next times, the last one; another rhythm in place."""

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from campaigns.admin.list_page import TONES, campaign_or_404
from campaigns.admin.wizard import PATTERNS
from campaigns.models import Campaign
from campaigns.rhythm import Rhythm, change_rhythm, rhythms
from messaging.clocks import instant
from tenants.admin.base import messages, request_may
from tenants.admin.formatting import moment_in
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.roles import Right


@page("campaigns/rhythm/", name="campaign_rhythms", right=Right.VIEW_PROFILES)
def campaign_rhythms(request: StaffRequest) -> HttpResponse:
    """The next one to be sent first."""
    return show(
        request,
        "campaigns/rhythms.html",
        "Sending rhythm",
        club=club_of(request),
        rows=[_row(each) for each in rhythms()],
        patterns=PATTERNS,
        may_edit=request_may(request, Right.EDIT),
        crumb={"link": reverse("admin:campaigns"), "title": "Campaigns"},
    )


def _row(rhythm: Rhythm) -> dict[str, object]:
    """Times as clocks in the campaign's own zone show them."""
    campaign = rhythm.campaign
    end = campaign.recur_end_at.astimezone(campaign.zone) if campaign.recur_end_at else None
    is_usual = campaign.recur_pattern in dict(PATTERNS)
    return {
        "campaign": campaign,
        "words": rhythm.words,
        "tone": TONES[campaign.status],
        "coming": [moment_in(each, campaign.zone) for each in rhythm.coming],
        "last": moment_in(rhythm.last, campaign.zone) if rhythm.last else "",
        "skipped": moment_in(rhythm.skipped, campaign.zone) if rhythm.skipped else "",
        "times": rhythm.times,
        "end": f"{end:%Y-%m-%dT%H:%M}" if end else "",
        "own": "" if is_usual else campaign.recur_pattern,
    }


@page("campaigns/<uuid:campaign_id>/rhythm/", name="campaign_rhythm", right=Right.EDIT)
@require_POST
def campaign_rhythm(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Another rhythm; times under way go on."""
    campaign = campaign_or_404(campaign_id)
    own = request.POST.get("ownPattern", "").strip()
    try:
        changed = change_rhythm(
            campaign.pk,
            pattern=own or request.POST.get("recurPattern", ""),
            end_at=_end(request.POST.get("end", ""), campaign),
        )
    except DomainError as refusal:
        messages.warning(request, f"Not changed: {refusal.message}")
    else:
        messages.success(request, f"“{changed.name}” has its new rhythm.")
    return HttpResponseRedirect(f"{reverse('admin:campaign_rhythms')}#rhythm-{campaign.pk}")


def _end(text: str, campaign: Campaign) -> datetime | None:
    """A time on the campaign's wall; raises InvalidError."""
    try:
        return instant(datetime.fromisoformat(text).replace(tzinfo=None), campaign.zone) if text else None
    except ValueError:
        raise InvalidError(
            "Write the end as a date with a time, or leave it empty.", field="recurEndAt"
        ) from None
