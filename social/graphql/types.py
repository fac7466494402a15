"""Types of social publishing in GraphQL; the names are the API's."""

import graphene

from profiles.graphql.types import JSON, DateTime, by_api_name


class SocialConnection(graphene.ObjectType):
    """An account of the club on a network."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    platform = graphene.String(required=True)
    account_id = graphene.String(required=True)
    account_name = graphene.String(required=True)
    username = graphene.String()
    login = graphene.String()
    status = graphene.String(required=True)
    problem = graphene.String()
    health = graphene.String(required=True)
    token_expires_at = DateTime()
    data_access_expires_at = DateTime()
    paused_until = DateTime()
    quota_used = graphene.Int()
    quota_total = graphene.Int()
    connected_at = DateTime(required=True)


class SocialTarget(graphene.ObjectType):
    """A post on one account."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    connection_id = graphene.ID(required=True)
    platform = graphene.String(required=True)
    account_name = graphene.String(required=True)
    status = graphene.String(required=True)
    due_at = DateTime(required=True)
    published_at = DateTime()
    network_post_id = graphene.String()
    permalink = graphene.String()
    deleted_at = DateTime()
    problem = graphene.String()
    explanation = graphene.String()
    who_must_act = graphene.String()
    asks_human = graphene.Boolean(required=True)


class SocialPost(graphene.ObjectType):
    """One thing to say, and where it stands."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    text = graphene.String(required=True)
    link = graphene.String()
    first_comment = graphene.String()
    variants = JSON(required=True)
    status = graphene.String(required=True)
    scheduled_at = DateTime()
    is_evergreen = graphene.Boolean(required=True)
    promotion_id = graphene.ID()
    campaign_id = graphene.ID()
    approved_by = graphene.String()
    estimated_cost = graphene.String()
    targets = graphene.List(graphene.NonNull(SocialTarget), required=True)
    created_at = DateTime(required=True)


class PromotionTouch(graphene.ObjectType):
    """One part of a promotion's plan."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    kind = graphene.String(required=True)
    channel = graphene.String(required=True)
    due_at = DateTime()
    status = graphene.String(required=True)
    reason = graphene.String()
    post_id = graphene.ID()
    campaign_id = graphene.ID()


class EventPromotion(graphene.ObjectType):
    """The plan that fills the field of an event."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    source_type = graphene.String(required=True)
    source_id = graphene.String(required=True)
    name = graphene.String(required=True)
    status = graphene.String(required=True)
    event = JSON(required=True)
    channels = graphene.List(graphene.NonNull(graphene.String), required=True)
    reminder_days = graphene.List(graphene.NonNull(graphene.Int), required=True)
    announce_at = DateTime()
    entered = graphene.Int(required=True)
    max_entries = graphene.Int()
    is_full = graphene.Boolean(required=True)
    touches = graphene.List(graphene.NonNull(PromotionTouch), required=True)
    created_at = DateTime(required=True)
