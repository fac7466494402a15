"""The part of the dashboard about campaigns: what waits for somebody, and what goes out next."""

from operator import itemgetter
from typing import Any, Final

from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone

from campaigns.editing import approvable
from campaigns.models import Campaign, CampaignStatus, CampaignType, PauseReason
from campaigns.rhythm import coming_times
from tenants.admin.base import request_may
from tenants.directory import tenant_by_id
from tenants.roles import Right
from tenants.scope import current_tenant_id

SHOWN: Final = 4
ALIVE: Final = (CampaignStatus.SCHEDULED, CampaignStatus.ACTIVE)
UNDECIDED: Final = Q(approval_asked_at__isnull=False) & ~Q(approved_version=F("version"))


def context(request: HttpRequest) -> dict[str, Any] | None:
    """Drafts that wait for a second person, what stopped by itself, what comes; None for a club without campaigns."""
    if not Campaign.objects.exists():
        return None
    rows, now = Campaign.objects.filter(archived_at=None), timezone.now()
    asked = list(rows.filter(UNDECIDED, status=CampaignStatus.DRAFT).order_by("approval_asked_at")[:SHOWN])
    stopped = rows.filter(
        status=CampaignStatus.PAUSED, pause_reason__in=(PauseReason.ERRORS, PauseReason.LATE)
    ).order_by("-updated_at")
    planned = list(rows.filter(Q(type=CampaignType.RECURRING) | Q(scheduled_at__gt=now), status__in=ALIVE))
    coming = coming_times(planned)
    hours = ((each, coming.get(each.pk, each.scheduled_at)) for each in planned)
    mine = approvable(asked, tenant_by_id(current_tenant_id())) if request_may(request, Right.EDIT) else []
    return {
        "asked": [(each, each in mine) for each in asked],
        "stopped": list(stopped[:SHOWN]),
        "coming": sorted(
            ((each, at) for each, at in hours if at is not None and at > now), key=itemgetter(1)
        )[:SHOWN],
    }
