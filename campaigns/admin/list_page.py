"""The list of campaigns, and the button that makes a draft."""

from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from campaigns.actions import get_campaign
from campaigns.editing import UNNAMED, create_campaign
from campaigns.errors import CampaignNotFound
from campaigns.models import Campaign, CampaignStatus
from campaigns.representation import list_campaigns
from campaigns.rhythm import coming_times
from campaigns.stats import totals_of
from tenants.admin.base import request_may
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

PAGE: Final = 50
MOST_SKIPPED: Final = 10_000_000
TONES: Final = {
    "DRAFT": "plain", "SCHEDULED": "info", "ACTIVE": "good", "PAUSED": "warn", "COMPLETED": "plain",
    "CANCELLED": "bad",
}  # fmt: skip


def campaign_or_404(text: object) -> Campaign:
    """The campaign of an address; raises Http404."""
    found = uuid_or_none(str(text))
    try:
        if found is not None:
            return get_campaign(found)
    except CampaignNotFound:
        pass
    raise Http404("There is no such campaign.")


@page("campaigns/", name="campaigns", right=Right.VIEW_PROFILES)
def campaigns(request: StaffRequest) -> HttpResponse:
    """The newest first, with what they brought."""
    status = request.GET.get("status", "")
    status = status if status in CampaignStatus.values else ""
    is_archived, search = "archived" in request.GET, request.GET.get("q", "").strip()[:200]
    after = whole_number(request.GET.get("skip", ""), MOST_SKIPPED) or 0
    rows = list(list_campaigns(status=status, search=search, archived=is_archived)[after : after + PAGE + 1])
    totals, coming = totals_of(rows[:PAGE]), coming_times(rows[:PAGE])
    return show(
        request,
        "campaigns/list.html",
        "Campaigns",
        rows=[
            (each, TONES[each.status], totals[each.pk], coming.get(each.pk, each.scheduled_at))
            for each in rows[:PAGE]
        ],
        club=club_of(request),
        statuses=CampaignStatus.choices,
        chosen=status,
        is_archived=is_archived,
        is_continued=after > 0,
        search=search,
        more=urlencode(
            {"skip": after + PAGE, "status": status, "q": search} | ({"archived": 1} if is_archived else {})
        )
        if len(rows) > PAGE
        else "",
        may_edit=request_may(request, Right.EDIT),
    )


@page("campaigns/new/", name="campaign_new", right=Right.EDIT)
@require_POST
def campaign_new(request: StaffRequest) -> HttpResponse:
    """A draft, and on to its first step."""
    club_of(request)
    campaign = create_campaign({"name": UNNAMED, "channels": ["EMAIL"]})
    return HttpResponseRedirect(reverse("admin:campaign_edit", args=[campaign.pk, "audience"]))
