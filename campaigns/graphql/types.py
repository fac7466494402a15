"""Campaigns in GraphQL: the fields of REST under the same names."""

from typing import Any

import graphene
from graphene.utils.str_converters import to_snake_case

from campaigns.models import CampaignStatus, CampaignType, Goal, PauseReason, SendWindow, WinnerMetric
from campaigns.stats import NAMES, RATES
from messaging.graphql.types import By
from profiles.graphql.inputs import plain
from profiles.graphql.types import JSON, DateTime, PageMeta, by_api_name, text_enum

Status = text_enum("CampaignStatus", CampaignStatus, "Where a campaign stands.")
Kind = text_enum("CampaignType", CampaignType, "What sets a campaign off.")
Window = text_enum("CampaignWindow", SendWindow, "When each person gets it.")
PausedBy = text_enum("CampaignPauseReason", PauseReason, "Who or what stopped it.")
GoalOf = text_enum("CampaignGoal", Goal, "What people are to do.")
Metric = text_enum("CampaignWinnerMetric", WinnerMetric, "By what a test is decided.")


def _figures(name: str, names: Any, scalar: Any, description: str) -> Any:
    meta = type("Meta", (), {"default_resolver": by_api_name, "description": description})
    fields = {to_snake_case(each): scalar() for each in names}
    return type(name, (graphene.ObjectType,), {"Meta": meta, **fields})


Counters = _figures("CampaignCounters", NAMES.values(), graphene.BigInt, "Messages and what people did.")
Rates = _figures("CampaignRates", RATES, graphene.Float, "Parts of what was sent.")


class Campaign(graphene.ObjectType):
    """One campaign of a club."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    tenant_id = graphene.ID(required=True)
    club_id = graphene.String()
    name = graphene.String(required=True)
    description = graphene.String(required=True)
    type = graphene.Field(Kind, required=True)
    status = graphene.Field(Status, required=True)
    segment_id = graphene.ID()
    segment_ids = graphene.List(graphene.NonNull(graphene.ID), required=True)
    excluded_segment_ids = graphene.List(graphene.NonNull(graphene.ID), required=True)
    excluded_campaign_ids = graphene.List(graphene.NonNull(graphene.ID), required=True)
    rule = JSON()
    hold_out_percent = graphene.Int(required=True)
    channels = graphene.List(graphene.NonNull(By), required=True)
    email_template_id = graphene.String()
    sms_template_id = graphene.String()
    push_template_id = graphene.String()
    whatsapp_template_id = graphene.String()
    content = JSON(required=True)
    is_transactional = graphene.Boolean(required=True)
    scheduled_at = DateTime()
    started_at = DateTime()
    completed_at = DateTime()
    timezone = graphene.String(required=True)
    window = graphene.Field(Window, required=True)
    spread_minutes = graphene.Int(required=True)
    recur_pattern = graphene.String()
    recur_end_at = DateTime()
    trigger_event = graphene.String()
    trigger_where = JSON(required=True)
    trigger_delay_minutes = graphene.Int(required=True)
    trigger_cap_days = graphene.Int(required=True)
    variants = JSON(required=True)
    winner_metric = graphene.Field(Metric, required=True)
    test_percent = graphene.Int(required=True)
    test_minutes = graphene.Int(required=True)
    goal = graphene.Field(GoalOf, required=True)
    goal_days = graphene.Int(required=True)
    pause_reason = graphene.Field(PausedBy)
    pause_note = graphene.String()
    created_by = graphene.String(required=True)
    version = graphene.Int(required=True)
    is_approved = graphene.Boolean(required=True)
    approved_by = graphene.String()
    counters = graphene.Field(Counters, required=True)
    rates = graphene.Field(Rates, required=True)
    created_at = DateTime(required=True)
    updated_at = DateTime(required=True)
    archived_at = DateTime()


class CampaignPage(graphene.ObjectType):
    """Some campaigns."""

    data = graphene.List(graphene.NonNull(Campaign), required=True)
    meta = graphene.Field(PageMeta, required=True)


class CampaignStats(graphene.ObjectType):
    """What a campaign brought."""

    class Meta:
        default_resolver = by_api_name

    campaign_id = graphene.ID(required=True)
    status = graphene.Field(Status, required=True)
    sum = JSON(required=True, description="target = sent + skipped + failed + waiting, and why skipped.")
    counters = graphene.Field(Counters, required=True)
    rates = graphene.Field(Rates, required=True)
    variants = JSON(required=True)
    channels = JSON(required=True)
    occurrences = JSON(required=True)
    hours = JSON(required=True)
    tiers = JSON(required=True)
    segments = JSON(required=True)
    links = JSON(required=True)
    test = JSON()
    lift = JSON()
    past = JSON()


class CampaignAnalytics(graphene.ObjectType):
    """What a club's campaigns brought."""

    class Meta:
        default_resolver = by_api_name

    days = graphene.Int(required=True)
    counters = graphene.Field(Counters, required=True)
    rates = graphene.Field(Rates, required=True)
    channels = JSON(required=True)
    campaigns = JSON(required=True)


class CampaignInput(graphene.InputObjectType):
    """What a draft is given; what is left out stays."""

    name = graphene.String()
    description = graphene.String()
    club_id = graphene.String()
    type = Kind()
    segment_id = graphene.ID()
    segment_ids = graphene.List(graphene.NonNull(graphene.ID))
    excluded_segment_ids = graphene.List(graphene.NonNull(graphene.ID))
    excluded_campaign_ids = graphene.List(graphene.NonNull(graphene.ID))
    rule = JSON()
    hold_out_percent = graphene.Int()
    channels = graphene.List(graphene.NonNull(By))
    email_template_id = graphene.String()
    sms_template_id = graphene.String()
    push_template_id = graphene.String()
    whatsapp_template_id = graphene.String()
    content = JSON()
    is_transactional = graphene.Boolean()
    scheduled_at = DateTime()
    timezone = graphene.String()
    window = Window()
    spread_minutes = graphene.Int()
    recur_pattern = graphene.String()
    recur_end_at = DateTime()
    trigger_event = graphene.String()
    trigger_where = JSON()
    trigger_delay_minutes = graphene.Int()
    trigger_cap_days = graphene.Int()
    variants = JSON()
    winner_metric = Metric()
    test_percent = graphene.Int()
    test_minutes = graphene.Int()
    goal = GoalOf()
    goal_days = graphene.Int()


def body_of(given: Any) -> dict[str, Any]:
    """The input as REST's body: names of the API, enumerations as text."""
    values = dict(given)
    return {_api_name(name): _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    return [plain(each) for each in value] if isinstance(value, list) else plain(value)


def _api_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
