"""What is told of a customer: one table, of which every interface is made.

The answers of REST (`profiles.representation`), their description (`profiles.api.customer_schema`), the type of GraphQL
(`profiles.graphql.types`) and the columns of exports come from these lines, in this order. A new field is a line here
and a column of `CustomerProfile`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Kind(StrEnum):
    """What a value is; each interface says it with its own types."""

    ID = "id"  # UUID
    STATUS = "status"  # of ProfileStatus
    STAGE = "stage"  # of LifecycleStage
    TEXT = "text"
    TEXTS = "texts"
    TEXT_BY_NAME = "text by name"
    FLAG = "flag"
    COUNT = "count"
    # Whole numbers beyond 32 bits: cents, and ids of other services.
    LARGE = "large"
    SCORE = "score"  # 0 to 100
    DECIMAL = "decimal"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class CustomerField:
    """One field: its name in every interface, the column that holds it (None: reckoned), and what it is.

    `told` makes of the column's value what is answered; None: as it is.
    """

    name: str
    column: str | None
    kind: Kind
    words: str = ""
    is_nullable: bool = False
    told: Callable[[Any], Any] | None = None


def _text_or_none(value: str) -> str | None:
    return value or None


def _tenths(value: int | None) -> float | None:
    return None if value is None else value / 10


def _empty(name: str, column: str, words: str = "") -> CustomerField:
    """A text that is null where the column is empty."""
    return CustomerField(name, column, Kind.TEXT, words, is_nullable=True, told=_text_or_none)


def _maybe(name: str, column: str, kind: Kind, words: str = "") -> CustomerField:
    return CustomerField(name, column, kind, words, is_nullable=True)


_OF_MESSAGING: Final = "As the Messaging service says; read-only."

CUSTOMER: Final[tuple[CustomerField, ...]] = (
    CustomerField("id", "id", Kind.ID),
    CustomerField("tenantId", "tenant_id", Kind.ID),
    CustomerField("status", "status", Kind.STATUS),
    _maybe("authUserId", "auth_user_id", Kind.TEXT, "Id at the identity provider."),
    _maybe("email", "email", Kind.TEXT, "Lower-case."),
    _maybe("phoneNumber", "phone_number", Kind.TEXT, "E.164, as in +27821234567."),
    _maybe("sclMemberId", "scl_member_id", Kind.LARGE, "Id in SCL."),
    _maybe("teetimePlayerId", "teetime_player_id", Kind.TEXT, "Id in TeeTime."),
    _maybe("messagingContactId", "messaging_contact_id", Kind.TEXT, "Id in Messaging."),
    CustomerField("externalIds", "external_ids", Kind.TEXT_BY_NAME, "Ids of earlier systems."),
    _empty("firstName", "first_name"),
    _empty("lastName", "last_name"),
    CustomerField("displayName", "display_name", Kind.TEXT, "What to call the person; never empty."),
    _maybe("dateOfBirth", "date_of_birth", Kind.DAY),
    _empty("gender", "gender"),
    _empty("postcode", "postcode"),
    _empty("country", "country"),
    _empty("language", "language"),
    CustomerField("lifecycleStage", "lifecycle_stage", Kind.STAGE),
    CustomerField("tags", "tags", Kind.TEXTS),
    _maybe("engagementScore", "engagement_score", Kind.SCORE, "How engaged, 0 to 100."),
    _maybe("engagementScoreAt", "engagement_score_at", Kind.MOMENT),
    _maybe("churnRiskScore", "churn_risk_score", Kind.SCORE, "How likely to leave, 0 to 100."),
    _maybe("churnRiskScoreAt", "churn_risk_score_at", Kind.MOMENT),
    # Null by `profiles.discretion`.
    _maybe(
        "lifetimeValue",
        "lifetime_value_cents",
        Kind.LARGE,
        "What was paid less what was refunded, in cents. Null for a person whose role in the club sees no payments,"
        " values and complaints; services with a key always read it.",
    ),
    CustomerField(
        "lifetimeValueCurrency",
        None,
        Kind.TEXT,
        "ISO 4217. What was paid in other currencies is not in the sum.",
    ),
    _maybe("lastActivityAt", "last_activity_at", Kind.MOMENT),
    _empty("lastActivityType", "last_activity_type"),
    CustomerField("activityCount30d", "activity_count_30d", Kind.COUNT, "Activities of the last 30 days."),
    CustomerField("activityCount90d", "activity_count_90d", Kind.COUNT, "Activities of the last 90 days."),
    CustomerField("bookingCount30d", "booking_count_30d", Kind.COUNT, "Tee times of the last 30 days."),
    _maybe("lastBookingAt", "last_booking_at", Kind.MOMENT),
    _maybe("lastEmailOpenAt", "last_email_open_at", Kind.MOMENT, "Opened by a person, not by a machine."),
    _maybe("lastEmailClickAt", "last_email_click_at", Kind.MOMENT, "Clicked by a person, not by a machine."),
    CustomerField(
        "handicap",
        "handicap_tenths",
        Kind.DECIMAL,
        "One decimal; a plus handicap is negative.",
        is_nullable=True,
        told=_tenths,
    ),
    _maybe("handicapUpdatedAt", "handicap_updated_at", Kind.MOMENT),
    _empty("homeClubId", "home_club_id"),
    _empty("homeClubName", "home_club_name"),
    _empty("membershipTier", "membership_tier"),
    _empty("membershipStatus", "membership_status"),
    _maybe("memberSince", "member_since", Kind.DAY),
    _maybe("membershipExpiry", "membership_expiry", Kind.DAY),
    CustomerField("emailOptIn", "email_opt_in", Kind.FLAG, _OF_MESSAGING),
    CustomerField("smsOptIn", "sms_opt_in", Kind.FLAG, _OF_MESSAGING),
    CustomerField("pushOptIn", "push_opt_in", Kind.FLAG, _OF_MESSAGING),
    CustomerField("whatsappOptIn", "whatsapp_opt_in", Kind.FLAG, _OF_MESSAGING),
    CustomerField("createdAt", "created_at", Kind.MOMENT),
    CustomerField("updatedAt", "updated_at", Kind.MOMENT),
    _maybe(
        "mergedInto",
        "merged_into_id",
        Kind.ID,
        "Set when the id asked for was merged: the id of the customer that is shown.",
    ),
)
NAMES: Final = tuple(field.name for field in CUSTOMER)
