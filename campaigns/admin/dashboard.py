"""The part of the dashboard about campaigns: what waits for somebody, and what goes out next."""

from operator import itemgetter
from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone

from campaigns.editing import may_approve
from campaigns.models import Campaign, CampaignStatus, PauseReason
from campaigns.rhythm import coming_times
from tenants.admin.base import request_may
from tenants.directory import tenant_by_id
from tenants.roles import Right
from tenants.scope import current_tenant_id

SHOWN: Final = 4
ALIVE: Final = (CampaignStatus.SCHEDULED, CampaignStatus.ACTIVE)


def context(request: HttpRequest) -> dict[str, Any] | None:
    """Drafts that wait for a second person, what stopped by itself, what comes; None for a club without campaigns."""
    if not Campaign.objects.exists():
        return None
    rows = Campaign.objects.filter(archived_at=None)
    asked = rows.filter(status=CampaignStatus.DRAFT, approval_asked_at__isnull=False).order_by(
        "approval_asked_at"
    )
    stopped = rows.filter(
        status=CampaignStatus.PAUSED, pause_reason__in=(PauseReason.ERRORS, PauseReason.LATE)
    ).order_by("-updated_at")
    alive = list(rows.filter(status__in=ALIVE))
    coming = coming_times(alive)
    hours = ((each, coming.get(each.pk, each.scheduled_at)) for each in alive)
    dated = [(each, at) for each, at in hours if at is not None and at > timezone.now()]
    club, may_edit = tenant_by_id(current_tenant_id()), request_may(request, Right.EDIT)
    return {
        "asked": [
            (each, may_edit and may_approve(each, club))
            for each in asked[: SHOWN + 1]
            if not each.is_approved
        ][:SHOWN],
        "stopped": list(stopped[:SHOWN]),
        "coming": sorted(dated, key=itemgetter(1))[:SHOWN],
    }
