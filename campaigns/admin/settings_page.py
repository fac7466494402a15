"""What a club sets for all its campaigns."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from campaigns.settings import MOST_GRACE_MINUTES, CampaignSettings, save_settings, settings_of
from tenants.action_log import log_action
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.numbers import whole_number
from tenants.roles import Right


@page("campaigns/settings/", name="campaign_settings", right=Right.ADMINISTER)
def campaign_settings(request: StaffRequest) -> HttpResponse:
    """Approval, hold-out, grace, error budget."""
    club = Tenant.objects.get(pk=club_of(request).pk)
    problem = ""
    if request.method == "POST":
        numbers = {
            name: _within(request.POST.get(name, ""), least, most)
            for name, least, most in (
                ("hold_out_percent", 0, 50),
                ("grace_minutes", 1, MOST_GRACE_MINUTES),
                ("error_percent", 1, 100),
            )
        }
        if None not in numbers.values():
            whole = {name: value for name, value in numbers.items() if value is not None}
            save_settings(club, CampaignSettings(needs_approval="needs_approval" in request.POST, **whole))
            log_action("campaign.settings", subject_kind="tenant", subject_id=club.pk)
            messages.success(request, "Saved.")
            return HttpResponseRedirect(reverse("admin:campaign_settings"))
        problem = "Write whole numbers within the limits that stand beside the fields."
    return show(
        request,
        "campaigns/settings.html",
        "Campaign settings",
        status=422 if problem else 200,
        chosen=settings_of(club),
        problem=problem,
        most_grace=MOST_GRACE_MINUTES,
        crumb={"link": reverse("admin:campaigns"), "title": "Campaigns"},
    )


def _within(text: str, least: int, most: int) -> int | None:
    number = whole_number(text, most)
    return number if number is not None and number >= least else None
