"""Customers, activities and notes in GraphQL: the fields of REST under the same names."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene
from django.db.models import TextChoices
from graphene.utils.str_converters import to_snake_case
from graphql import GraphQLResolveInfo

from events.envelope import SOURCES
from events.iso_time import within_reach
from profiles.api.customer_pages import SORTS
from profiles.customer_table import CUSTOMER, CustomerField, Kind
from profiles.editing import STATUSES
from profiles.models import ActivityCategory, LifecycleStage, ProfileStatus
from tenants.choices import TextChoices as PlainChoices


class DateTime(graphene.DateTime):
    """A time in UTC, as in 2026-03-01T08:15:00Z; as input ISO 8601 with an offset."""

    @staticmethod
    def serialize(value: Any) -> Any:
        """As it is: the JSON writer knows times, and what comes from the cache is text already."""
        return value

    @staticmethod
    def parse_value(value: Any) -> Any:
        """With an offset that the database reads."""
        return within_reach(graphene.DateTime.parse_value(value))


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


def text_enum(name: str, values: type[TextChoices | PlainChoices] | Sequence[str], description: str) -> Any:
    """An enumeration whose values are plain text inside, as everywhere else in the domain; choices bring their words.

    GraphQL has no spaces: "At Risk" is AT_RISK there. What is empty (no choice made) is null and no value.
    """
    words = dict(values.choices) if isinstance(values, type) else dict.fromkeys(values)
    named = [(text.upper().replace(" ", "_") if " " in text else text, text) for text in words if text]
    return graphene.Enum(
        name,
        named,
        # Asked for the enumeration itself (None) and for each of its values.
        description=lambda value: description if value is None else words[value.value],
    )


Status = text_enum("CustomerStatus", ProfileStatus, "Whether the customer stands for somebody.")
Stage = text_enum("LifecycleStage", LifecycleStage, "How far a customer has come.")
Category = text_enum("ActivityCategory", ActivityCategory, "Groups of activity types.")
# Of what callers write; no edit merges or deletes somebody.
EditedStatus = text_enum("CustomerEditedStatus", list(STATUSES), "What a customer may be set to.")
Sort: Any = graphene.Enum(
    "CustomerSort",
    [(to_snake_case(name.lstrip("-")).upper() + "_DESC" * name.startswith("-"), name) for name in SORTS],
    description=lambda value: None if value else "The order of customers; DESC: the greatest first.",
)
Source = text_enum("EventSource", list(SOURCES), "Services that tell of customers.")


def by_api_name(name: str, default: Any, root: Any, info: GraphQLResolveInfo, **_: Any) -> Any:
    """Our rows are dictionaries with the names of the API."""
    return root[info.field_name]


_SCALARS: Mapping[Kind, Any] = {
    Kind.ID: graphene.ID,
    Kind.STATUS: Status,
    Kind.STAGE: Stage,
    Kind.TEXT: graphene.String,
    Kind.TEXTS: graphene.List(graphene.NonNull(graphene.String)),
    Kind.TEXT_BY_NAME: JSON,
    Kind.FLAG: graphene.Boolean,
    Kind.COUNT: graphene.Int,
    Kind.LARGE: graphene.BigInt,
    Kind.SCORE: graphene.Int,
    Kind.DECIMAL: graphene.Float,
    Kind.DAY: Date,
    Kind.MOMENT: DateTime,
}


def _field(field: CustomerField) -> graphene.Field:
    words = field.words or None
    return graphene.Field(
        _SCALARS[field.kind], name=field.name, required=not field.is_nullable, description=words
    )


Customer: Any = type(
    "Customer",
    (graphene.ObjectType,),
    {
        "__doc__": "One customer of a club.",
        "Meta": type("Meta", (), {"default_resolver": by_api_name}),
        **{to_snake_case(field.name): _field(field) for field in CUSTOMER},
    },
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
    updated_at = DateTime(required=True)


def counted(root: Any, info: GraphQLResolveInfo) -> Any:
    """How many there are; counted now where nobody needed to know before."""
    total = root["total"]
    return total() if callable(total) else total


class PageMeta(graphene.ObjectType):
    """Where a page stands in its list."""

    class Meta:
        default_resolver = by_api_name

    total = graphene.Int(required=True, resolver=counted)
    skip = graphene.Int(required=True)
    take = graphene.Int(required=True)
    has_more = graphene.Boolean(required=True)
    next_cursor = graphene.String(description="`cursor` of the next page; null: this is the last.")


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
