"""Types of social publishing in GraphQL; the names are the API's."""

import graphene

from messaging.models import SendChannel
from profiles.graphql.types import JSON, DateTime, by_api_name, text_enum
from social.models import (
    ConnectionStatus,
    Login,
    Network,
    PostStatus,
    PromotionStatus,
    SourceType,
    TargetStatus,
    TouchKind,
    TouchStatus,
)

Platform = text_enum("SocialPlatform", Network, "Where a post may stand.")
LoginBy = text_enum(
    "SocialLogin", Login, "By which door an Instagram account was connected; null: by its network."
)
AccountState = text_enum("SocialConnectionStatus", ConnectionStatus, "Whether an account may be worked with.")
PostState = text_enum("SocialPostStatus", PostStatus, "Where a post stands as a whole.")
TargetState = text_enum("SocialTargetStatus", TargetStatus, "Where a post stands on one account.")
PlanState = text_enum("PromotionStatus", PromotionStatus, "Where a plan stands.")
Promoted = text_enum("PromotionSource", SourceType, "What is promoted.")
Touched = text_enum("PromotionTouchKind", TouchKind, "Why a touch happens.")
TouchChannel = text_enum(
    "PromotionChannel",
    ["POST", *SendChannel.values],
    "By what way a touch reaches people; POST: social networks.",
)
TouchState = text_enum("PromotionTouchStatus", TouchStatus, "What became of a touch.")


class SocialConnection(graphene.ObjectType):
    """An account of the club on a network."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    platform = graphene.Field(Platform, required=True)
    account_id = graphene.String(required=True)
    account_name = graphene.String(required=True)
    username = graphene.String()
    login = graphene.Field(LoginBy)
    status = graphene.Field(AccountState, required=True)
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
    platform = graphene.Field(Platform, required=True)
    account_name = graphene.String(required=True)
    status = graphene.Field(TargetState, required=True)
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
    status = graphene.Field(PostState, required=True)
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
    kind = graphene.Field(Touched, required=True)
    channel = graphene.Field(TouchChannel, required=True)
    due_at = DateTime()
    status = graphene.Field(TouchState, required=True)
    reason = graphene.String()
    post_id = graphene.ID()
    campaign_id = graphene.ID()


class EventPromotion(graphene.ObjectType):
    """The plan that fills the field of an event."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    source_type = graphene.Field(Promoted, required=True)
    source_id = graphene.String(required=True)
    name = graphene.String(required=True)
    status = graphene.Field(PlanState, required=True)
    event = JSON(required=True)
    channels = graphene.List(graphene.NonNull(TouchChannel), required=True)
    reminder_days = graphene.List(graphene.NonNull(graphene.Int), required=True)
    announce_at = DateTime()
    segment_id = graphene.ID()
    audience = JSON(required=True, description="Memberships that it is narrowed to; empty: any.")
    picture_id = graphene.ID()
    picture_problem = graphene.String()
    entered = graphene.Int(required=True)
    max_entries = graphene.Int()
    is_full = graphene.Boolean(required=True)
    touches = graphene.List(graphene.NonNull(PromotionTouch), required=True)
    created_at = DateTime(required=True)
    updated_at = DateTime(required=True)
