"""Reading what callers write into paths, queries and bodies; raises InvalidParameterError (400)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import QueryDict

from events.identity_hints import IdentityKey, IdentityKind
from events.iso_time import moment_from_iso
from profiles.customer_filters import LONGEST_VALUE, brought_filters
from profiles.discretion import hidden_categories
from profiles.errors import CustomerNotFound
from profiles.models import ActivityCategory, LifecycleStage, ProfileStatus
from profiles.reading import CustomerFilter
from profiles.timeline import TimelineFilter
from tenants.api.errors import InvalidParameterError
from tenants.api.pagination import read_whole_number

LONGEST_SEARCH: Final = 200
LONGEST_KEY: Final = 320
MOST_CHOICES: Final = 50
HIGHEST_SCORE: Final = 100
BOOLEANS: Final = {"true": True, "false": False}
RESOLVABLE: Final = tuple(kind.value for kind in IdentityKind)


def customer_id_of(text: str) -> UUID:
    """The id in a path; what is no UUID names nobody. Raises CustomerNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise CustomerNotFound from None


def customer_filter(params: QueryDict) -> CustomerFilter:
    """The filters of the customer list; raises InvalidParameterError."""
    search = params.get("search", "").strip()
    if len(search) > LONGEST_SEARCH:
        raise InvalidParameterError("search", f"At most {LONGEST_SEARCH} characters.")
    return CustomerFilter(
        status=_choice(params, "status", ProfileStatus.values),
        lifecycle_stage=_choice(params, "lifecycleStage", LifecycleStage.values),
        search=search or None,
        engagement_min=_score(params, "engagementMin"),
        churn_risk_min=_score(params, "churnRiskMin"),
        email_opt_in=_boolean(params, "emailOptIn"),
        created_from=_moment(params, "createdFrom"),
        updated_from=_moment(params, "updatedFrom"),
        brought={name: _short(name, params.get(name, "")) for name in brought_filters() if name in params},
    )


def identity_keys_of(params: Mapping[str, str]) -> list[IdentityKey]:
    """The keys by which somebody is to be resolved, as written; raises InvalidParameterError when there is none."""
    keys: list[IdentityKey] = []
    for kind in RESOLVABLE:
        if kind not in params:
            continue
        value = params[kind].strip()
        if len(value) > LONGEST_KEY:
            raise InvalidParameterError(kind, f"At most {LONGEST_KEY} characters.")
        if value:
            keys.append(IdentityKey(kind, value))
    if not keys:
        raise InvalidParameterError(
            "email", f"Give at least one of {', '.join(RESOLVABLE)}.", code="KEY_REQUIRED"
        )
    return keys


def timeline_filter(params: QueryDict) -> TimelineFilter:
    """The filters of a timeline, for whoever acts: lists may be repeated or separated by commas."""
    return TimelineFilter(
        categories=_choices(params, "category", ActivityCategory.values),
        types=_choices(params, "type"),
        sources=_choices(params, "source"),
        since=_moment(params, "from"),
        until=_moment(params, "to"),
        without=hidden_categories(),
    )


def _short(name: str, text: str) -> str:
    if len(text) > LONGEST_VALUE:
        raise InvalidParameterError(name, f"At most {LONGEST_VALUE} characters.")
    return text


def _choice(params: QueryDict, name: str, allowed: Iterable[str]) -> str | None:
    text = params.get(name)
    if text is not None and text not in allowed:
        raise InvalidParameterError(name, f"Choose one of {', '.join(allowed)}.")
    return text


def _choices(params: QueryDict, name: str, allowed: Iterable[str] | None = None) -> list[str]:
    chosen = [part.strip() for text in params.getlist(name) for part in text.split(",") if part.strip()]
    if len(chosen) > MOST_CHOICES:
        raise InvalidParameterError(name, f"At most {MOST_CHOICES} values.")
    if allowed is not None and any(value not in allowed for value in chosen):
        raise InvalidParameterError(name, f"Choose from {', '.join(allowed)}.")
    return chosen


def _score(params: QueryDict, name: str) -> int | None:
    if name not in params:
        return None
    return read_whole_number(params, name, default=0, least=0, most=HIGHEST_SCORE)


def _boolean(params: QueryDict, name: str) -> bool | None:
    text = params.get(name)
    if text is None:
        return None
    if text not in BOOLEANS:
        raise InvalidParameterError(name, "Write true or false.")
    return BOOLEANS[text]


def _moment(params: QueryDict, name: str) -> datetime | None:
    text = params.get(name)
    if text is None:
        return None
    # In a query an unescaped plus sign arrives as a blank.
    moment = moment_from_iso(text.replace(" ", "+") if text.count(" ") == 1 and "T" in text else text)
    if moment is None or moment.tzinfo is None:
        raise InvalidParameterError(
            name, "Write the time in ISO 8601 with an offset, as in 2026-03-01T10:00:00Z."
        )
    return moment
