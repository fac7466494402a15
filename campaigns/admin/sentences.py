"""What will happen when a campaign is scheduled, in sentences that a new employee understands. Pure but for names."""

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from campaigns import schedule
from campaigns.admin.reach import Reach
from campaigns.models import Campaign, CampaignType, Goal, SendWindow, WinnerMetric
from campaigns.settings import settings_of
from campaigns.triggers import event_choices
from messaging.models import CHANNEL_WORDS
from segments.models import Segment
from segments.rules import InvalidRule, parse
from segments.words import Teller
from tenants.admin import formatting
from tenants.models import Tenant

# By what the versions of a test are compared.
METRIC_WORDS: Final = {
    WinnerMetric.OPENS.value: "how many people open it",
    WinnerMetric.CLICKS.value: "how many people click in it",
    WinnerMetric.CONVERSIONS.value: "how many people do what they shall do",
    WinnerMetric.REVENUE.value: "how much money it brings",
}


def sentences_of(campaign: Campaign, club: Tenant, reach: Reach) -> list[str]:
    """One sentence each: to whom, how, when, how it is tested, and what stops it."""
    return [*_who(campaign, club, reach), *_when(campaign, club), *_test(campaign), *_rest(campaign, club)]


def segment_names(ids: Sequence[UUID]) -> list[str]:
    """Names of segments, in order."""
    return list(Segment.objects.filter(pk__in=ids).order_by("name").values_list("name", flat=True))


def rule_words(campaign: Campaign, club: Tenant) -> str:
    """The campaign's own rule as a sentence; "" without one, or where it cannot be read."""
    if not campaign.rule:
        return ""
    try:
        rule = parse(campaign.rule)
    except InvalidRule:
        return ""
    named = dict(Segment.objects.filter(pk__in=rule.mentions.segments).values_list("pk", "name"))
    return Teller(club, named).rule(rule)


def left_out(campaign: Campaign) -> list[str]:
    """Whom it leaves out, as in: is in Juniors, got the Spring Open."""
    others = Campaign.objects.filter(pk__in=campaign.excluded_campaign_ids).order_by("name")
    return [
        *(f"is in {name}" for name in segment_names(campaign.excluded_segment_ids)),
        *(f"got “{each.name}”" for each in others),
    ]


def _who(campaign: Campaign, club: Tenant, reach: Reach) -> Iterator[str]:
    channels = [CHANNEL_WORDS[channel] for channel in campaign.direct_channels]
    way = channels[0] if channels else "no channel yet"
    more = f", or else by {' or '.join(channels[1:])}" if len(channels) > 1 else ""
    if campaign.type == CampaignType.TRIGGERED:
        what = dict(event_choices()).get(campaign.trigger_event, "something happens").lower()
        yield f"Whoever it concerns gets it by {way}{more} when {what}."
        return
    names, rule = segment_names(campaign.segment_ids), rule_words(campaign, club)
    whom = f" of {' and '.join(names)}" if names else "" if rule else " of nobody yet"
    yield (
        f"{formatting.plural(reach.reached, 'person', 'people', club=club)}{whom} will get it by {way}{more}."
    )
    if rule:
        yield f"Only who fits this rule: {rule}"
    if out := left_out(campaign):
        yield f"Left out is whoever {' or '.join(out)}."
    if reach.left_out:
        left = ", ".join(
            f"{reason.lower()} ({formatting.number(people, club)})" for reason, people in reach.left_out
        )
        yield f"{formatting.number(reach.audience - reach.reached, club)} will not: {left}."
    if campaign.hold_out_percent:
        yield (
            f"{campaign.hold_out_percent} per cent are held out on purpose, so that you can see afterwards "
            "what the campaign itself brought."
        )


def _when(campaign: Campaign, club: Tenant) -> Iterator[str]:
    at = (
        formatting.moment(campaign.scheduled_at, club)
        if campaign.scheduled_at
        else "as soon as you press the button"
    )
    if campaign.type == CampaignType.RECURRING and campaign.recur_pattern:
        yield f"{schedule.explain(campaign.recur_pattern)}, on the clock of {campaign.timezone}, from {at} on."
        if campaign.recur_end_at:
            yield f"The last time is before {formatting.moment(campaign.recur_end_at, club)}."
    elif campaign.type == CampaignType.TRIGGERED:
        delay = (
            formatting.duration(campaign.trigger_delay_minutes * 60) if campaign.trigger_delay_minutes else ""
        )
        yield f"It starts {at}, and each message goes out {f'{delay} after' if delay else 'right after'} the event."
        if campaign.trigger_cap_days:
            days = formatting.plural(campaign.trigger_cap_days, "day")
            yield f"Nobody gets it more than once in {days}."
    else:
        yield f"It goes out {at}." if campaign.scheduled_at else f"It goes out {at}: at once."
    if campaign.window == SendWindow.OWN_ZONE:
        yield "Everybody gets it at that hour of their own clock; who has passed it already, at once."
    elif campaign.window != SendWindow.TOGETHER:
        yield f"{SendWindow(campaign.window).label}."


def _test(campaign: Campaign) -> Iterator[str]:
    variants = campaign.variants.count()
    if not variants:
        return
    metric = METRIC_WORDS[campaign.winner_metric]
    share = campaign.test_percent
    if share < 100:  # noqa: PLR2004 - per cent
        wait = formatting.duration(campaign.test_minutes * 60)
        yield (
            f"{share} per cent get one of {variants} versions. After {wait} the others get the one that did best, "
            f"by {metric}."
        )
    else:
        yield f"Everybody gets one of {variants} versions, in equal parts; they are compared by {metric}."


def _rest(campaign: Campaign, club: Tenant) -> Iterator[str]:
    if campaign.goal != Goal.NONE:
        days = formatting.plural(campaign.goal_days, "day")
        yield f"It counts as a success when somebody does this within {days}: {Goal(campaign.goal).label.lower()}."
    chosen = settings_of(club)
    yield (
        f"It pauses by itself when more than {chosen.error_percent} per cent of the messages fail, and asks you first "
        f"if it is found more than {formatting.duration(chosen.grace_minutes * 60)} late."
    )
    yield "Consent, bounces and complaints are checked again at the moment of sending."
