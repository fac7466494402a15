"""Telling other services that a campaign was scheduled or sent."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from campaigns.models import Campaign
from events import outbound
from events.consumers import Entry
from events.iso_time import utc_text
from tenants.models import Tenant

VERSION: Final = "1.0"
Fields = dict[str, Any]


def envelopes(tenant: Tenant, entries: Sequence[Entry]) -> list[Fields | None]:
    """An envelope for each entry of the open scope; None where the campaign is gone."""
    ids = {UUID(entry.data["campaignId"]) for entry in entries}
    known = {campaign.pk: campaign for campaign in Campaign.objects.filter(pk__in=ids)}
    return [_envelope(entry, known) for entry in entries]


def _envelope(entry: Entry, known: Mapping[UUID, Campaign]) -> Fields | None:
    campaign = known.get(UUID(entry.data["campaignId"]))
    if campaign is None:
        return None
    return {
        "id": outbound.event_id(entry),
        "type": outbound.types()[entry.kind],
        "version": VERSION,
        "timestamp": utc_text(entry.at),
        "tenantId": str(entry.tenant_id),
        "source": "crm",
        "identity": {},
        "payload": _payload(entry, campaign),
    }


def _payload(entry: Entry, campaign: Campaign) -> Fields:
    about = {
        "campaignId": str(campaign.pk),
        "name": campaign.name,
        "type": campaign.type,
        "channels": list(campaign.channels),
    }
    if entry.kind == "campaign.scheduled":
        at = campaign.scheduled_at
        return {
            **about,
            "targetCount": entry.data["targetCount"],
            "scheduledAt": utc_text(at) if at else None,
        }
    names = ("occurrence", "sentCount", "skippedCount", "failedCount", "completedAt")
    return {**about, **{name: entry.data[name] for name in names}}
