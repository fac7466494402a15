"""Root fields of campaigns: the same answers, acts and refusals as over REST."""

from datetime import datetime
from typing import Any
from uuid import UUID

import graphene

from campaigns import actions, editing
from campaigns.api.campaigns import campaign_id_of
from campaigns.editing import create_campaign, update_campaign
from campaigns.graphql import types
from campaigns.models import Campaign
from campaigns.representation import analytics, campaigns_fields, list_campaigns, one_campaign
from campaigns.rhythm import skip_next, take_skip_back
from campaigns.stats import stats_of
from campaigns.values import parse_values
from profiles.graphql import inputs
from profiles.graphql.context import Context, scoped
from profiles.graphql.pages import page_of
from profiles.graphql.queries import TENANT
from profiles.graphql.types import JSON, DateTime
from tenants.api.throttling import CAMPAIGNS, charge
from tenants.errors import InvalidError
from tenants.models import Scope

MOST_DAYS = 730


@scoped(Scope.CAMPAIGNS)
def _campaigns(
    context: Context, *, status: Any = None, type: Any = None, search: str = "", pagination: Any = None
) -> Any:
    rows = list_campaigns(
        status=status.value if status else "", type_=type.value if type else "", search=search or ""
    )
    return page_of(rows, pagination, campaigns_fields)


@scoped(Scope.CAMPAIGNS)
def _campaign(context: Context, *, id: str) -> Any:
    return one_campaign(actions.get_campaign(campaign_id_of(id)))


@scoped(Scope.CAMPAIGNS)
def _campaign_stats(context: Context, *, campaign_id: str) -> Any:
    return stats_of(actions.get_campaign(campaign_id_of(campaign_id)))


@scoped(Scope.CAMPAIGNS)
def _campaign_analytics(context: Context, *, days: int = 90) -> Any:
    if not 1 <= days <= MOST_DAYS:
        raise InvalidError(f"Choose 1 to {MOST_DAYS} days.", field="days")
    return analytics(days=days)


@scoped(Scope.CAMPAIGNS)
def _create(context: Context, *, input: Any) -> Any:
    return one_campaign(create_campaign(parse_values(types.body_of(input))))


@scoped(Scope.CAMPAIGNS)
def _update(context: Context, *, id: str, input: Any) -> Any:
    return one_campaign(update_campaign(campaign_id_of(id), parse_values(types.body_of(input))))


@scoped(Scope.CAMPAIGNS)
def _schedule(context: Context, *, id: str, scheduled_at: datetime | None = None) -> Any:
    charge(context.caller, CAMPAIGNS)
    values = parse_values({"scheduledAt": scheduled_at} if scheduled_at else {})
    return one_campaign(actions.schedule_campaign(campaign_id_of(id), values.get("scheduled_at")))


def _act(act: Any) -> Any:
    @scoped(Scope.CAMPAIGNS)
    def resolve(context: Context, *, id: str) -> Any:
        charge(context.caller, CAMPAIGNS)
        return one_campaign(act(campaign_id_of(id)))

    return resolve


def _edit(edit: Any) -> Any:
    @scoped(Scope.CAMPAIGNS)
    def resolve(context: Context, *, id: str) -> Any:
        return one_campaign(edit(campaign_id_of(id)))

    return resolve


@scoped(Scope.CAMPAIGNS)
def _approve(context: Context, *, id: str, version: int | None = None) -> Any:
    return one_campaign(editing.approve_campaign(campaign_id_of(id), version))


def _unarchive(campaign_id: UUID) -> Campaign:
    return editing.archive_campaign(campaign_id, is_archived=False)


@scoped(Scope.CAMPAIGNS)
def _test(context: Context, *, id: str, customer_ids: list[str]) -> Any:
    charge(context.caller, CAMPAIGNS)
    decided = actions.test_campaign(campaign_id_of(id), [campaign_id_of(one) for one in customer_ids])
    return [
        {"customerId": str(one.profile_id), "status": one.status, "reason": one.reason or None}
        for one in decided
    ]


class CampaignQueries(graphene.ObjectType):
    """Root fields about campaigns."""

    campaigns = graphene.Field(
        types.CampaignPage,
        tenant_id=TENANT,
        status=types.Status(),
        type=types.Kind(),
        search=graphene.String(),
        pagination=inputs.PaginationInput(),
        resolver=_campaigns,
    )
    campaign = graphene.Field(
        types.Campaign, id=graphene.ID(required=True), tenant_id=TENANT, resolver=_campaign
    )
    campaign_stats = graphene.Field(
        types.CampaignStats,
        campaign_id=graphene.ID(required=True),
        tenant_id=TENANT,
        resolver=_campaign_stats,
    )
    campaign_analytics = graphene.Field(
        types.CampaignAnalytics,
        tenant_id=TENANT,
        days=graphene.Int(default_value=90),
        resolver=_campaign_analytics,
    )


ONE = {"id": graphene.ID(required=True), "tenant_id": TENANT}


class CampaignMutations(graphene.ObjectType):
    """Acts on campaigns."""

    create_campaign = graphene.Field(
        types.Campaign, tenant_id=TENANT, input=types.CampaignInput(required=True), resolver=_create
    )
    update_campaign = graphene.Field(
        types.Campaign, **ONE, input=types.CampaignInput(required=True), resolver=_update
    )
    schedule_campaign = graphene.Field(types.Campaign, **ONE, scheduled_at=DateTime(), resolver=_schedule)
    unschedule_campaign = graphene.Field(types.Campaign, **ONE, resolver=_act(actions.unschedule_campaign))
    pause_campaign = graphene.Field(types.Campaign, **ONE, resolver=_act(actions.pause_campaign))
    resume_campaign = graphene.Field(types.Campaign, **ONE, resolver=_act(actions.resume_campaign))
    cancel_campaign = graphene.Field(types.Campaign, **ONE, resolver=_act(actions.cancel_campaign))
    skip_campaign_time = graphene.Field(types.Campaign, **ONE, resolver=_act(skip_next))
    unskip_campaign_time = graphene.Field(types.Campaign, **ONE, resolver=_act(take_skip_back))
    duplicate_campaign = graphene.Field(types.Campaign, **ONE, resolver=_edit(editing.duplicate_campaign))
    archive_campaign = graphene.Field(types.Campaign, **ONE, resolver=_edit(editing.archive_campaign))
    unarchive_campaign = graphene.Field(types.Campaign, **ONE, resolver=_edit(_unarchive))
    ask_campaign_approval = graphene.Field(types.Campaign, **ONE, resolver=_edit(editing.ask_approval))
    approve_campaign = graphene.Field(types.Campaign, **ONE, version=graphene.Int(), resolver=_approve)
    test_campaign = graphene.Field(
        JSON,
        **ONE,
        customer_ids=graphene.List(graphene.NonNull(graphene.ID), required=True),
        resolver=_test,
    )
