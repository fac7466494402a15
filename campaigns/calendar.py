"""What a club sends when: entries of campaigns and of whatever other apps put into the calendar, clashes marked.

An app adds its own by `Extension.calendar`: a function `entries(start, end)` that returns `Entry` rows of the open
scope. Two entries clash where both reach people within the same hours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse

from campaigns.models import Campaign, CampaignOccurrence, CampaignStatus, CampaignType
from campaigns.schedule import next_occurrences
from tenants.declarations import every, resolve

CLASH: Final = timedelta(hours=24)
MOST_COMING: Final = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """Something at a moment. `kind` is one word for staff; `clashes_with` names what is too near.

    `move_url` and `id` are set where it may be dragged to another day. `reaches`: what must overlap for a clash
    (segments, say); empty entries never clash. `belongs_to` names the whole (a promotion) of which a day folds several
    into one row.
    """

    at: datetime
    title: str
    kind: str
    url: str
    tone: str = "info"
    move_url: str = ""
    reaches: frozenset[str] = frozenset()
    clashes_with: tuple[str, ...] = ()
    belongs_to: str = ""


def entries_between(start: datetime, end: datetime) -> list[Entry]:
    """All entries of all apps in order of time, with clashes marked."""
    found: list[Entry] = []
    for path in every("calendar"):
        found += resolve(path)(start, end)
    return with_clashes(sorted(found, key=lambda entry: (entry.at, entry.title)))


def with_clashes(entries: Sequence[Entry]) -> list[Entry]:
    """Each entry with the titles of those that reach the same people within CLASH."""
    return [
        replace(entry, clashes_with=tuple(other.title for other in _near(entry, entries)))
        for entry in entries
    ]


def _near(entry: Entry, entries: Sequence[Entry]) -> Iterable[Entry]:
    return (
        other
        for other in entries
        if other is not entry
        and entry.reaches & other.reaches
        and abs(other.at - entry.at) < CLASH
        and (other.title, other.url) != (entry.title, entry.url)
    )


def campaign_entries(start: datetime, end: datetime) -> list[Entry]:
    """Occurrences that were and are to come, and the further times of recurring campaigns."""
    rows = CampaignOccurrence.objects.filter(hour__gte=start, hour__lt=end).select_related("campaign")
    found = []
    for row in rows.order_by("hour")[:500]:
        campaign = row.campaign
        is_movable = campaign.status == CampaignStatus.SCHEDULED and campaign.type == CampaignType.ONE_TIME
        found.append(
            Entry(
                at=row.hour,
                title=campaign.name,
                kind=campaign.get_status_display(),
                url=reverse("admin:campaign", args=[campaign.pk]),
                tone={"PAUSED": "warn", "ACTIVE": "good", "CANCELLED": "bad"}.get(campaign.status, "info"),
                move_url=reverse("admin:campaign_move", args=[campaign.pk]) if is_movable else "",
                reaches=_reaches(campaign),
            )
        )
    return [*found, *_coming(start, end)]


def _reaches(campaign: Campaign) -> frozenset[str]:
    if campaign.status == CampaignStatus.CANCELLED:
        return frozenset()
    return frozenset(str(segment_id) for segment_id in campaign.segment_ids)


def _coming(start: datetime, end: datetime) -> list[Entry]:
    recurring = Campaign.objects.filter(
        type=CampaignType.RECURRING, status__in=[CampaignStatus.SCHEDULED, CampaignStatus.ACTIVE]
    )
    found = []
    for campaign in recurring:
        last = campaign.occurrences.order_by("-hour").values_list("hour", flat=True).first()
        after = max(last or start, start)
        limit = min(campaign.recur_end_at or end, end)
        for hour in next_occurrences(
            campaign.recur_pattern, campaign.zone, after=after, count=MOST_COMING, until=limit
        ):
            url = reverse("admin:campaign", args=[campaign.pk])
            found.append(Entry(hour, campaign.name, "Again", url, "info", reaches=_reaches(campaign)))
    return found
