"""The rhythm of campaigns that repeat: what is to come, and another rhythm for one that runs.

Each time is a row with a lease (docs/campaigns.md), so a new rhythm takes away the times that wait and adds the next
one; what has begun goes on, and an hour that was sent already is never sent again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from campaigns.actions import add_occurrence
from campaigns.errors import IllegalMove, NotRecurring
from campaigns.models import (
    Campaign,
    CampaignOccurrence,
    CampaignStatus,
    CampaignType,
    OccurrenceStatus,
    SendWindow,
)
from campaigns.schedule import (
    InvalidPattern,
    check_pattern,
    explain,
    next_occurrence,
    next_occurrences,
    planned_at,
)
from campaigns.transitions import lock_campaign, note_act
from tenants.errors import InvalidError

# In these a campaign has times to come.
RUNNING: Final = (CampaignStatus.SCHEDULED, CampaignStatus.ACTIVE, CampaignStatus.PAUSED)
SHOWN: Final = 5
# Of a campaign that has times to come only a time that was skipped is called off.
SKIPPED: Final = Q(status=OccurrenceStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A campaign that repeats, its pattern in words, its next times and when it was sent last."""

    campaign: Campaign
    words: str
    coming: list[datetime]
    last: datetime | None
    times: int
    skipped: datetime | None = None


def rhythms(now: datetime | None = None) -> list[Rhythm]:
    """Those of the open scope that are not over, the next one to be sent first; two queries."""
    now = now or timezone.now()
    found = Campaign.objects.filter(type=CampaignType.RECURRING, status__in=RUNNING, archived_at=None)
    rows = list(found.order_by("name"))
    sent = {
        row["campaign_id"]: row
        for row in _begun(rows)
        .values("campaign_id")
        .annotate(
            taken=Max("hour"),
            last=Max("hour", filter=~SKIPPED),
            number=Count("pk", filter=~SKIPPED),
            skipped=Max("hour", filter=SKIPPED),
        )
    }
    made = [_rhythm(each, sent.get(each.pk), now) for each in rows]
    return sorted(made, key=lambda each: (not each.coming, each.coming[:1]))


def coming_times(campaigns: Collection[Campaign]) -> dict[UUID, datetime]:
    """Campaign → the time at which it is sent next, of those that repeat and are not over; one query."""
    waiting = CampaignOccurrence.objects.filter(campaign__in=campaigns, status=OccurrenceStatus.WAITING)
    running = waiting.filter(campaign__type=CampaignType.RECURRING, campaign__status__in=RUNNING)
    return dict(running.values_list("campaign_id").annotate(Min("hour")))


def _begun(campaigns: list[Campaign]) -> QuerySet[CampaignOccurrence]:
    """Occurrences that are past waiting."""
    rows: QuerySet[CampaignOccurrence] = CampaignOccurrence.objects.filter(campaign__in=campaigns)
    return rows.exclude(status=OccurrenceStatus.WAITING)


def _rhythm(campaign: Campaign, sent: Mapping[str, Any] | None, now: datetime) -> Rhythm:
    last: datetime | None = sent["last"] if sent else None
    taken: datetime | None = sent["taken"] if sent else None
    after = max(filter(None, (now, taken, _start_of(campaign))))
    coming = next_occurrences(
        campaign.recur_pattern, campaign.zone, after=after, count=SHOWN, until=campaign.recur_end_at
    )
    times = int(sent["number"]) if sent else 0
    skipped = sent["skipped"] if sent and sent["skipped"] and sent["skipped"] > now else None
    return Rhythm(campaign, explain(campaign.recur_pattern), coming, last, times, skipped)


def _start_of(campaign: Campaign) -> datetime | None:
    """Before it began, its first time is not earlier than staff wanted."""
    return campaign.scheduled_at if campaign.status == CampaignStatus.SCHEDULED else None


@transaction.atomic
def change_rhythm(campaign_id: UUID, *, pattern: str, end_at: datetime | None) -> Campaign:
    """Send it by another pattern from now on, until `end_at` (None: for ever); times under way go on.

    Raises CampaignNotFound, NotRecurring, IllegalMove once it has ended, InvalidError for what cannot be a rhythm.
    """
    campaign, now = _lock_running(campaign_id), timezone.now()
    pattern = " ".join(pattern.split())
    try:
        check_pattern(pattern)
    except InvalidPattern as error:
        raise InvalidError(str(error), field="recurPattern") from error
    last = _begun([campaign]).aggregate(last=Max("hour"))["last"]
    after = max(filter(None, (now, last, _start_of(campaign))))
    hour = next_occurrence(pattern, campaign.zone, after=after, until=end_at)
    if hour is None:
        raise InvalidError("It would never be sent again: it ends before its next time.", field="recurEndAt")
    campaign.occurrences.filter(status=OccurrenceStatus.WAITING).delete()
    Campaign.objects.filter(pk=campaign.pk).update(recur_pattern=pattern, recur_end_at=end_at, updated_at=now)
    campaign.recur_pattern, campaign.recur_end_at = pattern, end_at
    add_occurrence(campaign, hour)
    note_act(campaign, "rhythm_changed", note=explain(pattern))
    return campaign


def _lock_running(campaign_id: UUID) -> Campaign:
    """A campaign that repeats and has times to come, locked. Raises CampaignNotFound, NotRecurring, IllegalMove."""
    campaign = lock_campaign(campaign_id)
    if campaign.type != CampaignType.RECURRING:
        raise NotRecurring
    if campaign.status not in RUNNING:
        raise IllegalMove(
            campaign.status, campaign.status, "Only a campaign that has times to come has a rhythm."
        )
    return campaign


@transaction.atomic
def skip_next(campaign_id: UUID) -> Campaign:
    """Leave out the next time, or the one that was found late; the one after it is next.

    Raises CampaignNotFound, NotRecurring, IllegalMove where no time waits, InvalidError where none would follow.
    """
    campaign, now = _lock_running(campaign_id), timezone.now()
    waits = (OccurrenceStatus.WAITING, OccurrenceStatus.LATE)
    occurrence = campaign.occurrences.filter(status__in=waits).order_by("hour").first()
    if occurrence is None:
        raise IllegalMove(campaign.status, campaign.status, "No time waits that could be skipped.")
    following = next_occurrence(
        campaign.recur_pattern, campaign.zone, after=max(occurrence.hour, now), until=campaign.recur_end_at
    )
    if following is None:
        raise InvalidError("It is the last time before its end: pause and cancel it instead.")
    campaign.occurrences.filter(pk=occurrence.pk).update(
        status=OccurrenceStatus.CANCELLED, due_at=None, leased_until=None, completed_at=now
    )
    add_occurrence(campaign, following)
    note_act(campaign, "time_skipped", note=occurrence.hour.isoformat())
    return campaign


@transaction.atomic
def take_skip_back(campaign_id: UUID) -> Campaign:
    """Send the time that was skipped last after all, while it is still to come.

    Raises CampaignNotFound, NotRecurring, IllegalMove where none was skipped or its time has gone.
    """
    campaign, now = _lock_running(campaign_id), timezone.now()
    skipped = campaign.occurrences.filter(SKIPPED).order_by("-hour").first()
    is_own_zone = campaign.window == SendWindow.OWN_ZONE
    due_at = planned_at(skipped.hour, is_own_zone=is_own_zone) if skipped else now
    if skipped is None or due_at <= now:
        raise IllegalMove(campaign.status, campaign.status, "No time was skipped that is still to come.")
    campaign.occurrences.filter(status=OccurrenceStatus.WAITING, hour__gt=skipped.hour).delete()
    campaign.occurrences.filter(pk=skipped.pk).update(
        status=OccurrenceStatus.WAITING, due_at=due_at, completed_at=None
    )
    note_act(campaign, "skip_taken_back", note=skipped.hour.isoformat())
    return campaign
