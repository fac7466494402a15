"""Whom a draft would reach, in numbers: what planning would decide at this moment, without a trace."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaigns.audience import count_audience, uncertain_segments
from campaigns.models import Campaign, CampaignOccurrence, CampaignType
from campaigns.planning import first_plan, plan
from campaigns.representation import reason_text
from messaging import planning
from messaging.models import CHANNEL_WORDS
from segments.rules import InvalidRule
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Reach:
    """People meant, reached (by channel in words), and left out (by reason in words).

    `uncertain`: segments that are being counted anew, so that the numbers may still change.
    """

    audience: int
    reached: int
    channels: list[tuple[str, int]]
    left_out: list[tuple[str, int]]
    is_known: bool = True
    uncertain: tuple[str, ...] = ()


def reach_of(campaign: Campaign, club: Tenant) -> Reach:
    """Everybody counts, also those who would wait for the winner of a test."""
    has_audience = bool(campaign.segment_ids or campaign.rule)
    if campaign.type == CampaignType.TRIGGERED or not has_audience:
        return Reach(0, 0, [], [], is_known=False)
    now = timezone.now()
    try:
        with transaction.atomic():
            outcome = plan(_everybody(campaign, club, now), decide=planning.preview)
            transaction.set_rollback(True)
    except InvalidRule:
        return Reach(0, 0, [], [], is_known=False)
    channels: dict[str, int] = {}
    for (status, _, channel), people in outcome.counts.items():
        if status in ("PLANNED", "DEFERRED"):
            channels[channel] = channels.get(channel, 0) + people
    reasons = sorted(outcome.reasons().items(), key=lambda each: -each[1])
    return Reach(
        audience=count_audience(campaign, now=now),
        reached=sum(channels.values()),
        channels=[
            (CHANNEL_WORDS[name], channels[name]) for name in sorted(channels, key=lambda one: -channels[one])
        ],
        left_out=[(reason_text(reason) or reason, people) for reason, people in reasons],
        uncertain=tuple(uncertain_segments(campaign)),
    )


def _everybody(campaign: Campaign, club: Tenant, now: Any) -> Any:
    """The plan without a rest: what a test parts later is one audience here. A channel without a text counts too."""
    occurrence = CampaignOccurrence(tenant=club, campaign=campaign, number=0, hour=now)
    chosen = first_plan(campaign, occurrence, club, now)
    last = chosen.arms[-1]
    arms = [*chosen.arms[:-1], (last[0], last[1], 10_000)]
    return type(chosen)(campaign, club, "reach", now, [_with_words(arm) for arm in arms], now)


def _with_words(part: Any) -> Any:
    """Reach is asked before anything is written."""
    arm, low, high = part
    texts = {channel: arm.texts.get(channel) or {"body": "…"} for channel in arm.channels}
    filled = {
        channel: text if text.get("body") or text.get("html") else {**text, "body": "…"}
        for channel, text in texts.items()
    }
    return (
        type(arm)(arm.label, arm.weight, arm.channels, filled, arm.templates, arm.delay_minutes),
        low,
        high,
    )
