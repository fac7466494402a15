"""What callers of GraphQL give, and how it becomes what the domain takes."""

from datetime import datetime
from enum import Enum
from typing import Any, Final

import graphene
from graphene.utils.str_converters import to_camel_case, to_snake_case

from events.identity_hints import IdentityKey, IdentityKind
from profiles.api.parameters import HIGHEST_SCORE, LONGEST_KEY, LONGEST_SEARCH
from profiles.customer_filters import LONGEST_VALUE, brought_filters
from profiles.discretion import hidden_categories
from profiles.graphql.types import Category, Date, DateTime, EditedStatus, Source, Stage, Status
from profiles.reading import CustomerFilter as Filter
from profiles.timeline import TimelineFilter as ChosenActivities
from tenants.api.errors import InvalidParameterError
from tenants.api.pagination import DEFAULT_TAKE, MAX_SKIP, MAX_TAKE, Window
from tenants.extension import CustomerFilter as Brought

KEY_ARGUMENTS: Final = {
    "scl_member_id": IdentityKind.SCL_MEMBER,
    "teetime_player_id": IdentityKind.TEETIME_PLAYER,
    "messaging_contact_id": IdentityKind.MESSAGING_CONTACT,
    "auth_user_id": IdentityKind.AUTH_USER,
    "mca_v1_za_id": IdentityKind.MCA_V1_ZA,
    "mca_v1_uk_id": IdentityKind.MCA_V1_UK,
    "golf_rsa_id": IdentityKind.GOLF_RSA,
    "cdh_id": IdentityKind.CDH,
    "member_number": IdentityKind.MEMBER_NUMBER,
    "email": IdentityKind.EMAIL,
    "phone_number": IdentityKind.PHONE,
}


class PaginationInput(graphene.InputObjectType):
    """Which part of a list."""

    skip = graphene.Int(default_value=0)
    take = graphene.Int(default_value=DEFAULT_TAKE, description=f"At most {MAX_TAKE}.")
    cursor = graphene.String(
        description="`nextCursor` of the page before, instead of `skip`: nobody is missed or repeated."
    )


_SCALARS: Final[dict[str, Any]] = {
    "uuid": graphene.ID,
    "boolean": graphene.Boolean,
    "integer": graphene.Int,
    "number": graphene.Float,
}


def _brought_field(declared: Brought) -> Any:
    scalar = _SCALARS.get(str(declared.schema.get("format") or declared.schema.get("type")), graphene.String)
    return scalar(name=declared.parameter, description=declared.description)


BroughtFilters: Any = type(
    "BroughtFilters",
    (graphene.InputObjectType,),
    {to_snake_case(name): _brought_field(declared) for name, declared in brought_filters().items()},
)


class CustomerFilter(BroughtFilters):
    """All that are given must hold."""

    status = Status()
    lifecycle_stage = Stage()
    search = graphene.String(
        description="Name, address, phone or number, club, tag or note; beginnings of words. The best 500 first."
    )
    engagement_min = graphene.Int()
    churn_risk_min = graphene.Int()
    email_opt_in = graphene.Boolean()
    created_from = DateTime(description="Known since then.")
    updated_from = DateTime(description="Changed since then.")


class TimelineFilter(graphene.InputObjectType):
    """All that are given must hold; a list means any of it."""

    category = graphene.List(graphene.NonNull(Category))
    type = graphene.List(graphene.NonNull(graphene.String))
    source = graphene.List(graphene.NonNull(Source))
    from_ = DateTime(name="from", description="Not before.")
    to = DateTime(description="Before.")


class CustomerInput(graphene.InputObjectType):
    """What may be edited; null empties a field. Consent, golf, membership and scores are read-only."""

    first_name = graphene.String()
    last_name = graphene.String()
    display_name = graphene.String()
    gender = graphene.String()
    postcode = graphene.String()
    country = graphene.String()
    language = graphene.String()
    email = graphene.String()
    phone_number = graphene.String()
    date_of_birth = Date()
    status = EditedStatus()
    tags = graphene.List(graphene.NonNull(graphene.String))


def window_of(page: Any) -> Window:
    """Skip and take within their bounds; raises InvalidParameterError."""
    if page is None:
        return Window()
    skip = 0 if page.skip is None else page.skip
    return Window(skip=_within("skip", skip, 0, MAX_SKIP), take=take_of(page.take))


def take_of(take: int | None) -> int:
    """Take within its bounds; raises InvalidParameterError."""
    return DEFAULT_TAKE if take is None else _within("take", take, 1, MAX_TAKE)


def customer_filter_of(given: Any) -> Filter:
    """The domain's filter; raises InvalidParameterError."""
    if given is None:
        return Filter()
    search = (given.search or "").strip()
    if len(search) > LONGEST_SEARCH:
        raise InvalidParameterError("search", f"At most {LONGEST_SEARCH} characters.")
    return Filter(
        status=text_of(given.status),
        lifecycle_stage=text_of(given.lifecycle_stage),
        search=search or None,
        engagement_min=_score("engagementMin", given.engagement_min),
        churn_risk_min=_score("churnRiskMin", given.churn_risk_min),
        email_opt_in=given.email_opt_in,
        created_from=_aware("createdFrom", given.created_from),
        updated_from=_aware("updatedFrom", given.updated_from),
        brought=_brought(given),
    )


def timeline_filter_of(given: Any) -> ChosenActivities:
    """The domain's filter, for whoever acts; raises InvalidParameterError for times without an offset."""
    if given is None:
        return ChosenActivities(without=hidden_categories())
    return ChosenActivities(
        categories=[text_of(value) or "" for value in given.category or ()],
        types=list(given.type or ()),
        sources=[text_of(value) or "" for value in given.source or ()],
        since=_aware("from", given.from_),
        until=_aware("to", given.to),
        without=hidden_categories(),
    )


def identity_keys_of(arguments: dict[str, str | None]) -> list[IdentityKey]:
    """The keys that are given, as written; raises InvalidParameterError when there is none."""
    keys = []
    for name, kind in KEY_ARGUMENTS.items():
        value = (arguments.get(name) or "").strip()
        if len(value) > LONGEST_KEY:
            raise InvalidParameterError(kind.value, f"At most {LONGEST_KEY} characters.")
        if value:
            keys.append(IdentityKey(kind, value))
    if not keys:
        names = ", ".join(kind.value for kind in KEY_ARGUMENTS.values())
        raise InvalidParameterError("email", f"Give at least one of {names}.", code="KEY_REQUIRED")
    return keys


def customer_values(given: dict[str, Any]) -> dict[str, Any]:
    """The fields that are given, by their API names."""
    return {to_camel_case(name): plain(value) for name, value in given.items()}


def plain(value: Any) -> Any:
    """The text behind a value of an enumeration; anything else as it is."""
    return value.value if isinstance(value, Enum) else value


def _brought(given: Any) -> dict[str, str]:
    """As texts, like those of a query string."""
    values = {name: getattr(given, to_snake_case(name), None) for name in brought_filters()}
    texts = {name: str(value) for name, value in values.items() if value is not None}
    for name, text in texts.items():
        if len(text) > LONGEST_VALUE:
            raise InvalidParameterError(name, f"At most {LONGEST_VALUE} characters.")
    return {name: text.lower() if text in ("True", "False") else text for name, text in texts.items()}


def text_of(value: Any) -> str | None:
    """An argument as text, None where it is left out."""
    return None if value is None else str(plain(value))


def _score(name: str, value: int | None) -> int | None:
    return None if value is None else _within(name, value, 0, HIGHEST_SCORE)


def _within(name: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise InvalidParameterError(name, f"{name} must be a whole number from {least:,} to {most:,}.")
    return value


def _aware(name: str, value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise InvalidParameterError(name, "Write the time with an offset, as in 2026-03-01T10:00:00Z.")
    return value
