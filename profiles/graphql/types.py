"""Customers, activities and notes in GraphQL: the fields of REST under the same names."""

from typing import Any

import graphene
from graphql import GraphQLResolveInfo

from events.envelope import SOURCES
from profiles.models import ActivityCategory, LifecycleStage, ProfileStatus


class DateTime(graphene.DateTime):
    """A time in UTC, as in 2026-03-01T08:15:00Z; as input ISO 8601 with an offset."""

    @staticmethod
    def serialize(value: Any) -> Any:
        """As it is: the JSON writer knows times, and what comes from the cache is text already."""
        return value


class Date(graphene.Date):
    """A day, as in 1984-05-17."""

    @staticmethod
    def serialize(value: Any) -> Any:
        """As it is, see `DateTime`."""
        return value


class JSON(graphene.Scalar):
    """Any JSON value."""

    @staticmethod
    def serialize(value: Any) -> Any:
        """As it is."""
        return value


def text_enum(name: str, values: list[str], description: str) -> Any:
    """An enumeration whose values are plain text inside, as everywhere else in the domain.

    GraphQL has no spaces: "At Risk" is AT_RISK there.
    """
    named = [(value.upper().replace(" ", "_") if " " in value else value, value) for value in values]
    return graphene.Enum(name, named, description=lambda _: description)


Status = text_enum("CustomerStatus", ProfileStatus.values, "Whether the customer stands for somebody.")
Stage = text_enum("LifecycleStage", LifecycleStage.values, "How far a customer has come.")
Category = text_enum("ActivityCategory", ActivityCategory.values, "Groups of activity types.")
Source = text_enum("EventSource", list(SOURCES), "Services that tell of customers.")


def by_api_name(name: str, default: Any, root: Any, info: GraphQLResolveInfo, **_: Any) -> Any:
    """Our rows are dictionaries with the names of the API."""
    return root[info.field_name]


class Customer(graphene.ObjectType):
    """One customer of a club."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    tenant_id = graphene.ID(required=True)
    status = graphene.Field(Status, required=True)
    auth_user_id = graphene.String()
    email = graphene.String()
    phone_number = graphene.String()
    scl_member_id = graphene.BigInt()
    teetime_player_id = graphene.String()
    messaging_contact_id = graphene.String()
    external_ids = JSON(required=True)
    first_name = graphene.String()
    last_name = graphene.String()
    display_name = graphene.String(required=True)
    date_of_birth = Date()
    gender = graphene.String()
    postcode = graphene.String()
    country = graphene.String()
    language = graphene.String()
    lifecycle_stage = graphene.Field(Stage, required=True)
    tags = graphene.List(graphene.NonNull(graphene.String), required=True)
    engagement_score = graphene.Int()
    engagement_score_at = DateTime()
    churn_risk_score = graphene.Int()
    churn_risk_score_at = DateTime()
    lifetime_value = graphene.BigInt(
        description="In cents; null for a person whose role sees no payments, values and complaints."
    )
    lifetime_value_currency = graphene.String(required=True)
    last_activity_at = DateTime()
    last_activity_type = graphene.String()
    activity_count_30d = graphene.Int(required=True, name="activityCount30d")
    activity_count_90d = graphene.Int(required=True, name="activityCount90d")
    booking_count_30d = graphene.Int(required=True, name="bookingCount30d")
    last_booking_at = DateTime()
    last_email_open_at = DateTime()
    last_email_click_at = DateTime()
    handicap = graphene.Float(description="A plus handicap is negative.")
    handicap_updated_at = DateTime()
    home_club_id = graphene.String()
    home_club_name = graphene.String()
    membership_tier = graphene.String()
    membership_status = graphene.String()
    member_since = Date()
    membership_expiry = Date()
    email_opt_in = graphene.Boolean(required=True)
    sms_opt_in = graphene.Boolean(required=True)
    push_opt_in = graphene.Boolean(required=True)
    whatsapp_opt_in = graphene.Boolean(required=True)
    created_at = DateTime(required=True)
    updated_at = DateTime(required=True)
    merged_into = graphene.ID(
        description="The customer that is shown, where the id asked for was merged into it."
    )


class Activity(graphene.ObjectType):
    """One row of a timeline."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    type = graphene.String(required=True)
    category = graphene.Field(Category, required=True)
    channel = graphene.String()
    source = graphene.String(required=True)
    source_event_id = graphene.String(required=True)
    title = graphene.String(required=True)
    metadata = JSON(required=True)
    occurred_at = DateTime(required=True)


class Note(graphene.ObjectType):
    """What staff wrote about a customer."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    customer_id = graphene.ID(required=True)
    body = graphene.String(required=True)
    is_pinned = graphene.Boolean(required=True)
    author_name = graphene.String()
    created_at = DateTime(required=True)


class PageMeta(graphene.ObjectType):
    """Where a page stands in its list."""

    class Meta:
        default_resolver = by_api_name

    total = graphene.Int(required=True)
    skip = graphene.Int(required=True)
    take = graphene.Int(required=True)
    has_more = graphene.Boolean(required=True)


class CursorMeta(graphene.ObjectType):
    """Where the next page starts."""

    class Meta:
        default_resolver = by_api_name

    take = graphene.Int(required=True)
    has_more = graphene.Boolean(required=True)
    next_cursor = graphene.String()


class CustomerPage(graphene.ObjectType):
    """Some customers."""

    data = graphene.List(graphene.NonNull(Customer), required=True)
    meta = graphene.Field(PageMeta, required=True)


class TimelinePage(graphene.ObjectType):
    """Some rows of a timeline."""

    data = graphene.List(graphene.NonNull(Activity), required=True)
    meta = graphene.Field(CursorMeta, required=True)


class NotePage(graphene.ObjectType):
    """Some notes."""

    data = graphene.List(graphene.NonNull(Note), required=True)
    meta = graphene.Field(PageMeta, required=True)
