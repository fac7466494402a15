"""A campaign, its recipients and the club's figures as callers see them, in REST and GraphQL alike."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from campaigns.models import Campaign, CampaignCount, CampaignVariant
from campaigns.stats import COUNTERS, counters, rates, told, totals_of
from messaging.models import Delivery, Reason
from profiles.discretion import sees_money
from profiles.models import CustomerProfile

COLUMNS: Final = {
    "id": "id", "version": "version", "tenantId": "tenant_id", "clubId": "club_id", "name": "name",
    "description": "description",
    "type": "type", "status": "status", "segmentIds": "segment_ids", "excludedSegmentIds": "excluded_segment_ids",
    "excludedCampaignIds": "excluded_campaign_ids", "rule": "rule", "holdOutPercent": "hold_out_percent",
    "channels": "channels", "emailTemplateId": "email_template_id", "smsTemplateId": "sms_template_id",
    "pushTemplateId": "push_template_id", "whatsappTemplateId": "whatsapp_template_id", "content": "content",
    "isTransactional": "is_transactional", "scheduledAt": "scheduled_at", "startedAt": "started_at",
    "completedAt": "completed_at", "timezone": "timezone", "window": "window", "spreadMinutes": "spread_minutes",
    "recurPattern": "recur_pattern", "recurEndAt": "recur_end_at", "triggerEvent": "trigger_event",
    "triggerWhere": "trigger_where", "triggerDelayMinutes": "trigger_delay_minutes",
    "triggerCapDays": "trigger_cap_days", "winnerMetric": "winner_metric", "testPercent": "test_percent",
    "testMinutes": "test_minutes", "goal": "goal", "goalDays": "goal_days", "createdAt": "created_at",
    "updatedAt": "updated_at", "archivedAt": "archived_at",
}  # fmt: skip
TEXTS_OR_NULL: Final = (
    "clubId", "emailTemplateId", "smsTemplateId", "pushTemplateId", "whatsappTemplateId", "recurPattern",
    "triggerEvent",
)  # fmt: skip


def campaign_fields(
    campaign: Campaign, totals: Mapping[str, int], variants: Iterable[CampaignVariant]
) -> dict[str, Any]:
    """One campaign with its counters and rates."""
    fields = {name: getattr(campaign, column) for name, column in COLUMNS.items()}
    fields |= {name: fields[name] or None for name in TEXTS_OR_NULL}
    return {
        **fields,
        "segmentId": campaign.segment_ids[0] if campaign.segment_ids else None,
        "pauseReason": campaign.pause_reason or None,
        "pauseNote": campaign.pause_note or None,
        "createdBy": campaign.created_by_name,
        "isApproved": campaign.is_approved,
        "approvedBy": campaign.approved_by_name if campaign.is_approved else None,
        "variants": [_variant_fields(variant) for variant in variants],
        "counters": dict(totals),
        "rates": rates(totals),
    }


def _variant_fields(variant: CampaignVariant) -> dict[str, Any]:
    return {
        "label": variant.label,
        "weight": variant.weight,
        "content": variant.content,
        "channels": variant.channels,
        "templateIds": variant.template_ids,
        "delayMinutes": variant.delay_minutes,
    }


def campaigns_fields(campaigns: Sequence[Campaign]) -> list[dict[str, Any]]:
    """A page of campaigns, with two queries whatever its length."""
    totals = totals_of(campaigns)
    by_campaign: dict[Any, list[CampaignVariant]] = {}
    for variant in CampaignVariant.objects.filter(campaign__in=campaigns).order_by("label"):
        by_campaign.setdefault(variant.campaign_id, []).append(variant)
    return [
        campaign_fields(campaign, totals[campaign.pk], by_campaign.get(campaign.pk, []))
        for campaign in campaigns
    ]


def one_campaign(campaign: Campaign) -> dict[str, Any]:
    """One campaign as it is now."""
    return campaigns_fields([campaign])[0]


def list_campaigns(
    *, status: str = "", type_: str = "", search: str = "", archived: bool = False
) -> QuerySet[Campaign]:
    """The newest first; archived ones only where they are asked for."""
    rows: QuerySet[Campaign] = Campaign.objects.filter(archived_at__isnull=not archived)
    if status:
        rows = rows.filter(status=status)
    if type_:
        rows = rows.filter(type=type_)
    if search:
        rows = rows.filter(name__icontains=search)
    return rows.order_by("-created_at", "-id")


def recipients_of(
    campaign: Campaign,
    *,
    status: str = "",
    reason: str = "",
    variant: str = "",
    occurrence: str = "",
    search: str = "",
) -> QuerySet[Delivery]:
    """The campaign's rows of the ledger, in order of planning."""
    rows: QuerySet[Delivery] = Delivery.objects.filter(source_id=campaign.pk, source="CAMPAIGN")
    chosen = {"status": status, "reason": reason, "variant": variant, "occurrence": occurrence}
    rows = rows.filter(**{name: value for name, value in chosen.items() if value})
    if search:
        people = CustomerProfile.objects.filter(_named(search)).values("pk")
        rows = rows.filter(profile_id__in=people)
    return rows.order_by("occurrence", "id")


def _named(search: str) -> Q:
    found = Q()
    for word in search.split()[:5]:
        found &= Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word)
    return found


def recipient_fields(rows: Sequence[Delivery]) -> list[dict[str, Any]]:
    """Rows with the names of their people, one query for all names."""
    names = {
        person.pk: person.name
        for person in CustomerProfile.objects.filter(pk__in={row.profile_id for row in rows})
    }
    return [
        {
            "id": str(row.pk),
            "customerId": row.profile_id,
            "customerName": names.get(row.profile_id, "Unknown person"),
            "occurrence": row.occurrence,
            "variant": row.variant or None,
            "channel": row.channel or None,
            "status": row.status,
            "reason": row.reason or None,
            "reasonText": reason_text(row.reason),
            "dueAt": row.due_at,
            "handedOverAt": row.handed_over_at,
            "deliveredAt": row.delivered_at,
            "openedAt": row.opened_at,
            "machineOpenedAt": row.machine_opened_at,
            "clickedAt": row.clicked_at,
            "unsubscribedAt": row.unsubscribed_at,
        }
        for row in rows
    ]


def reason_text(reason: str) -> str | None:
    """Why somebody did not get it, in words; None for those who do."""
    return str(Reason(reason).label) if reason in Reason.values else reason or None


def analytics(*, days: int = 90, now: datetime | None = None) -> dict[str, Any]:
    """All campaigns started in the last so many days, together and one by one."""
    since = (now or timezone.now()) - timedelta(days=days)
    chosen = list(Campaign.objects.filter(started_at__gte=since).order_by("-started_at")[:200])
    cells = list(
        CampaignCount.objects.filter(campaign__in=chosen).values("campaign_id", "channel", *COUNTERS)
    )
    total = counters(cells)
    channels = sorted({cell["channel"] for cell in cells})
    by_channel = []
    for channel in channels:
        counted = counters(cell for cell in cells if cell["channel"] == channel)
        by_channel.append({"name": channel, "counters": counted, "rates": rates(counted)})
    totals = totals_of(chosen)
    figures = {
        "days": days,
        "counters": total,
        "rates": rates(total),
        "channels": by_channel,
        "campaigns": [
            {
                "id": campaign.pk,
                "name": campaign.name,
                "status": campaign.status,
                "startedAt": campaign.started_at,
                "counters": totals[campaign.pk],
                "rates": rates(totals[campaign.pk]),
            }
            for campaign in chosen
        ],
    }
    found: dict[str, Any] = told(figures, is_money_told=sees_money())
    return found
