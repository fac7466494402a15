"""The part of a plan that writes to people: through campaigns, which own audience, consent, caps and sending."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from campaigns import actions, editing
from campaigns.errors import NeedsApproval, OwnApproval
from campaigns.models import Campaign, CampaignStatus
from messaging.models import Delivery
from messaging.models.delivery import COUNTED_STATUSES
from segments.actions import Draft, create_segment
from segments.lists import add_members
from segments.models import SegmentType
from social.models import Entrant, Promotion, Touch, TouchKind
from social.promoting.audience import rule_of
from social.promoting.facts import event_values
from social.promoting.planning import words_of
from social.texts import fill
from tenants.errors import DomainError, InvalidError

CORRECTIVE: Final = frozenset({TouchKind.CORRECTION, TouchKind.CANCELLATION})
SUBJECTS: Final = {
    TouchKind.ANNOUNCE: "{{ event.name }}: entries are open",
    TouchKind.REMINDER: "{{ event.name }}: entries close soon",
    TouchKind.LAST_PLACES: "Last places: {{ event.name }}",
    TouchKind.FULL: "{{ event.name }} is full",
    TouchKind.RESULTS: "{{ event.name }}: the results",
    TouchKind.CORRECTION: "{{ event.name }} has changed",
    TouchKind.CANCELLATION: "{{ event.name }} is cancelled",
}
GREETING: Final = "Dear {{ firstName | default: 'golfer' }},\n\n"


def schedule(promotion: Promotion, touch: Touch, *, text: str, at: datetime) -> UUID:
    """Schedule a campaign for a touch; raises the refusal of the campaigns."""
    campaign = editing.create_campaign(values_of(promotion, touch, text, at))
    _schedule(campaign.pk, at)
    return campaign.pk


def _schedule(campaign_id: UUID, at: datetime) -> None:
    """The plan was approved as a whole; where the club wants each campaign approved, its approver's consent counts."""
    try:
        actions.schedule_campaign(campaign_id, at)
    except NeedsApproval:
        try:
            editing.approve_campaign(campaign_id)
            actions.schedule_campaign(campaign_id, at)
        except OwnApproval:
            # It waits as a draft for the second person, whom the campaigns ask.
            editing.ask_approval(campaign_id)


def values_of(promotion: Promotion, touch: Touch, text: str, at: datetime) -> dict[str, Any]:
    """The campaign of a touch: those who fit and have not entered, or those who have entered."""
    values = {"event": event_values(promotion), "club": {"name": promotion.tenant.name}}
    if touch.kind != TouchKind.LAST_PLACES:
        # By the time it is sent the number would be another.
        values["event"]["placesLeft"] = None
    said, link = _plain(fill(text, values)), str(promotion.facts.get("url") or "")
    content = {"subject": _plain(fill(SUBJECTS[TouchKind(touch.kind)], values)), "html": ""}
    content["body"] = GREETING + said + (f"\n\n{link}" if link else "")
    return {
        "name": f"{promotion.name}: {touch.get_kind_display()}"[:200],
        "description": "Part of the promotion of an event.",
        "channels": [touch.channel],
        "content": {touch.channel: content},
        **audience_of(promotion, touch),
        "hold_out_percent": _hold_out(promotion, touch),
        "scheduled_at": at,
    }


def _plain(text: str) -> str:
    """Words of an event are words, whatever brackets they have."""
    return text.replace("{", "(").replace("}", ")")


def _hold_out(promotion: Promotion, touch: Touch) -> int:
    """How many of a hundred are not invited, so that it can be told what the invitations brought."""
    given = promotion.template.get("holdOutPercent", 0)
    return int(given) if touch.kind not in CORRECTIVE and isinstance(given, int) else 0


def audience_of(promotion: Promotion, touch: Touch) -> dict[str, Any]:
    """Whom a touch means: a correction those who were told or are in, everything else those who may still enter."""
    if touch.kind in CORRECTIVE:
        return {"segment_ids": [_list_of_told(promotion, touch)], "rule": None}
    segments = [promotion.segment_id] if promotion.segment_id else []
    return {"segment_ids": segments, "rule": rule_of(promotion)}


def _list_of_told(promotion: Promotion, touch: Touch) -> UUID:
    """A fixed list of those whom a correction means; raises InvalidError where there is nobody."""
    people = told_or_in(promotion)
    if not people:
        raise InvalidError("Nobody was told, and nobody has entered.")
    name = f"{promotion.name[:120]}: told or entered, {timezone.now():%Y-%m-%d %H:%M:%S} {touch.channel}"
    segment = create_segment(Draft(name=name, type=SegmentType.STATIC))
    add_members(segment.pk, people)
    return UUID(str(segment.pk))


def told_or_in(promotion: Promotion) -> set[UUID]:
    """Everybody who got a word of the plan, or is in."""
    campaigns = Touch.objects.filter(promotion=promotion, campaign_id__isnull=False).values_list(
        "campaign_id", flat=True
    )
    told = Delivery.objects.filter(
        source="CAMPAIGN", source_id__in=list(campaigns), status__in=COUNTED_STATUSES
    ).values_list("profile_id", flat=True)
    entered = Entrant.objects.filter(competition_key=promotion.source_id, withdrawn_at=None)
    return {*told, *entered.values_list("profile_id", flat=True)}


def refresh(promotion: Promotion, touch: Touch, at: datetime) -> None:
    """New words and time for a campaign that waits, after the event has changed or the next band is invited."""
    campaign = Campaign.objects.filter(pk=touch.campaign_id).first()
    if campaign is None or campaign.status not in (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED):
        return
    if campaign.status == CampaignStatus.SCHEDULED:
        actions.unschedule_campaign(campaign.pk)
    values = values_of(promotion, touch, touch.text or words_of(promotion, touch.kind), at)
    editing.update_campaign(campaign.pk, values)
    _schedule(campaign.pk, at)


def has_reached_anybody(campaign_id: UUID) -> bool:
    """Whether somebody got a message of it, or may still get one that is under way."""
    sent = Delivery.objects.filter(source="CAMPAIGN", source_id=campaign_id, status__in=COUNTED_STATUSES)
    return bool(sent.exists())


def cancel(campaign_id: UUID) -> None:
    """Stop a campaign that has not ended; one that nobody scheduled is put away."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        return
    try:
        if campaign.status == CampaignStatus.SCHEDULED:
            actions.unschedule_campaign(campaign_id)
            campaign.refresh_from_db()
        if campaign.status == CampaignStatus.ACTIVE:
            actions.pause_campaign(campaign_id)
            actions.cancel_campaign(campaign_id)
        elif campaign.status == CampaignStatus.PAUSED:
            actions.cancel_campaign(campaign_id)
        elif campaign.status == CampaignStatus.DRAFT:
            editing.archive_campaign(campaign_id)
    except DomainError:
        # It ended a moment ago.
        return
