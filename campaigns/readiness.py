"""What is missing before a campaign can be sent: everything at once, in words."""

from collections.abc import Iterator

from campaigns.audience import broken_parts
from campaigns.models import Campaign, CampaignChannel, CampaignType, Goal, SendWindow, WinnerMetric
from campaigns.texts import arms_of, missing_texts, unknown_names
from campaigns.triggers import is_known_event

Problem = dict[str, str]


def problems_of(campaign: Campaign) -> list[Problem]:
    """Each with the field and the words; empty: ready."""
    return [{"field": field, "message": message} for field, message in _problems(campaign)]


def _problems(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if campaign.type == CampaignType.JOURNEY:
        yield "type", "A journey sends it; it has no time of its own."
    if not campaign.direct_channels:
        yield "channels", "Choose a channel that reaches people."
    if not (campaign.segment_ids or campaign.rule) and campaign.type != CampaignType.TRIGGERED:
        yield "segmentIds", "Choose at least one segment."
    yield from broken_parts(campaign)
    arms = arms_of(campaign)
    yield from missing_texts(arms)
    yield from unknown_names(arms)
    yield from _time(campaign)
    yield from _test(campaign)


def _test(campaign: Campaign) -> Iterator[tuple[str, str]]:
    arms = arms_of(campaign)
    if len(arms) == 1:
        return
    needs_goal = campaign.winner_metric in (WinnerMetric.CONVERSIONS, WinnerMetric.REVENUE)
    if needs_goal and campaign.goal == Goal.NONE:
        yield "goal", "Choose what people are to do: the test is decided by it."
    if not needs_goal and any(arm.channels and arm.channels[0] != CampaignChannel.EMAIL for arm in arms):
        yield (
            "winnerMetric",
            "Only mails tell who opened and clicked: let what people do decide, or the money.",
        )


def _time(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if campaign.type == CampaignType.RECURRING and not campaign.recur_pattern:
        yield "recurPattern", "Say how often."
    if campaign.type == CampaignType.TRIGGERED:
        if not is_known_event(campaign.trigger_event):
            yield "triggerEvent", "Choose what sets it off."
        if campaign.window != SendWindow.TOGETHER:
            yield "window", "What an event sets off has the event's own time."
        if campaign.test_percent != 100:  # noqa: PLR2004 - per cent
            yield "testPercent", "What an event sets off has no rest that could wait for a winner."
    if campaign.window == SendWindow.SPREAD and not campaign.spread_minutes:
        yield "spreadMinutes", "Say over how many minutes it is spread."
