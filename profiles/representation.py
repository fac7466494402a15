"""A customer, an activity and a note as the outside sees them: the camelCase fields of the API."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from profiles.models import CustomerProfile, Note
from profiles.shouted_names import as_written
from profiles.timeline import TimelineRow
from tenants.directory import tenant_by_id


def _tenths(value: int | None) -> float | None:
    return None if value is None else value / 10


def _text_or_none(value: str) -> str | None:
    return value or None


def _json(value: Any) -> Any:
    """`jsonb` comes as text from a plain cursor: it goes into the answer as it is."""
    return orjson.Fragment(value) if isinstance(value, str) else value


# Name in the API, column, and how the column's value is told (None: as it is).
FIELDS: Final[tuple[tuple[str, str, Callable[[Any], Any] | None], ...]] = (
    ("id", "id", None),
    ("tenantId", "tenant_id", None),
    ("status", "status", None),
    ("authUserId", "auth_user_id", None),
    ("email", "email", None),
    ("phoneNumber", "phone_number", None),
    ("sclMemberId", "scl_member_id", None),
    ("teetimePlayerId", "teetime_player_id", None),
    ("messagingContactId", "messaging_contact_id", None),
    ("externalIds", "external_ids", _json),
    ("firstName", "first_name", _text_or_none),
    ("lastName", "last_name", _text_or_none),
    ("displayName", "display_name", None),
    ("dateOfBirth", "date_of_birth", None),
    ("gender", "gender", _text_or_none),
    ("postcode", "postcode", _text_or_none),
    ("country", "country", _text_or_none),
    ("language", "language", _text_or_none),
    ("lifecycleStage", "lifecycle_stage", None),
    ("tags", "tags", None),
    ("engagementScore", "engagement_score", None),
    ("engagementScoreAt", "engagement_score_at", None),
    ("churnRiskScore", "churn_risk_score", None),
    ("churnRiskScoreAt", "churn_risk_score_at", None),
    ("lifetimeValue", "lifetime_value_cents", None),
    ("lastActivityAt", "last_activity_at", None),
    ("lastActivityType", "last_activity_type", _text_or_none),
    ("activityCount30d", "activity_count_30d", None),
    ("activityCount90d", "activity_count_90d", None),
    ("bookingCount30d", "booking_count_30d", None),
    ("lastBookingAt", "last_booking_at", None),
    ("lastEmailOpenAt", "last_email_open_at", None),
    ("lastEmailClickAt", "last_email_click_at", None),
    ("handicap", "handicap_tenths", _tenths),
    ("handicapUpdatedAt", "handicap_updated_at", None),
    ("homeClubId", "home_club_id", _text_or_none),
    ("homeClubName", "home_club_name", _text_or_none),
    ("membershipTier", "membership_tier", _text_or_none),
    ("membershipStatus", "membership_status", _text_or_none),
    ("memberSince", "member_since", None),
    ("membershipExpiry", "membership_expiry", None),
    ("emailOptIn", "email_opt_in", None),
    ("smsOptIn", "sms_opt_in", None),
    ("pushOptIn", "push_opt_in", None),
    ("whatsappOptIn", "whatsapp_opt_in", None),
    ("createdAt", "created_at", None),
    ("updatedAt", "updated_at", None),
    ("mergedInto", "merged_into_id", None),
)
NAMES: Final = tuple(name for name, _, _ in FIELDS)
COLUMNS: Final = tuple(column for _, column, _ in FIELDS)
_CONVERTED: Final = tuple((name, convert) for name, _, convert in FIELDS if convert is not None)


def customer_fields(profile: CustomerProfile) -> dict[str, Any]:
    """Field → plain value (UUIDs, dates and times included) of one customer."""
    return row_fields([getattr(profile, column) for column in COLUMNS])


def row_fields(row: Sequence[Any]) -> dict[str, Any]:
    """The same of a row of COLUMNS, without a model in between."""
    fields = dict(zip(NAMES, row, strict=True))
    for name, convert in _CONVERTED:
        fields[name] = convert(fields[name])
    # Sums hold the club's currency only.
    fields["lifetimeValueCurrency"] = tenant_by_id(fields["tenantId"]).currency
    if not fields["displayName"]:
        # Mirrors `CustomerProfile.name`.
        full = f"{fields['firstName'] or ''} {fields['lastName'] or ''}".strip()
        fields["displayName"] = (
            as_written(full) or fields["email"] or fields["phoneNumber"] or "Unknown person"
        )
    return fields


def activity_fields(row: TimelineRow) -> dict[str, Any]:
    """Field → plain value of one row of a timeline."""
    return {
        "id": row.id,
        "type": row.type,
        "category": row.category,
        "channel": row.channel or None,
        "source": row.source,
        "sourceEventId": row.source_event_id,
        "title": row.title,
        "metadata": row.metadata,
        "occurredAt": row.occurred_at,
    }


def note_fields(note: Note) -> dict[str, Any]:
    """Field → plain value of one note."""
    return {
        "id": note.pk,
        "customerId": note.profile_id,
        "body": note.body,
        "isPinned": note.is_pinned,
        "authorName": note.author_name or None,
        "createdAt": note.created_at,
    }


def to_json(fields: Any) -> bytes:
    """Finished JSON of what the functions above return; times in UTC end in `Z`."""
    return orjson.dumps(fields, option=orjson.OPT_UTC_Z)
