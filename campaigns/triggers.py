"""Campaigns that an event sets off: which events there are, and whom an entry of the log sets one off for.

The id of an activity is made of its event's number in the inbox, so that the event itself, its type and its payload,
are one join away.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection
from django.db.models import QuerySet

from campaigns import statements as sql
from campaigns.models import Campaign, CampaignStatus, CampaignType
from campaigns.models.occurrence import OLDEST_EVENT
from events.catalogue.registry import EVENT_TYPES, canonical
from events.consumers import Entry
from profiles.vocabulary import SLOTS
from tenants.models import Tenant


def is_known_event(name: str) -> bool:
    """Whether the catalogue has the type (or alias), and it is about a person."""
    found = canonical(name)
    return found is not None and found.needs_identity


def event_choices() -> list[tuple[str, str]]:
    """Canonical type and what it says, of every event that is about a person."""
    return [(each.name, each.summary) for each in EVENT_TYPES if each.needs_identity]


def wants(tenant: Tenant) -> dict[str, None] | None:
    """What the consumer has a use for: nothing while no campaign waits for an event."""
    return None if _armed_campaigns().exists() else {}


def follow(tenant: Tenant, entries: Sequence[Entry]) -> None:
    """Consumer `campaign-triggers`: note whom the activities set campaigns off for; exactly once, by the constraint."""
    campaigns = [_armed(campaign) for campaign in _armed_campaigns()]
    ids = [int(entry.data["activityId"]) for entry in entries]
    if not campaigns or not ids:
        return
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {
            "tenant": tenant.pk,
            "activities": ids,
            "slots": SLOTS,
            "oldest": OLDEST_EVENT,
            "campaigns": orjson.dumps(campaigns).decode(),
        }
        cursor.execute(sql.TRIGGER, parameters)


def _armed_campaigns() -> QuerySet[Campaign]:
    """A paused one listens as well: whom an event sets off meanwhile gets the message when it goes on soon enough."""
    return Campaign.objects.filter(
        type=CampaignType.TRIGGERED, status__in=(CampaignStatus.ACTIVE, CampaignStatus.PAUSED)
    )


def _armed(campaign: Campaign) -> dict[str, Any]:
    found = canonical(campaign.trigger_event)
    return {
        "id": str(campaign.pk),
        "event": found.name if found else campaign.trigger_event,
        "wanted": campaign.trigger_where,
        "delay": campaign.trigger_delay_minutes,
        "cap": campaign.trigger_cap_days,
        "since": campaign.started_at.isoformat() if campaign.started_at else None,
    }
