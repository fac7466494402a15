"""The fields that rules may ask for: one registry for builder, compiler, API and documentation."""

from dataclasses import dataclass, field
from typing import Final

from profiles.vocabulary import LifecycleStage, ProfileStatus
from segments.operators import Kind, Operator, operators_of

MEMBERSHIP_STATUSES: Final = ("ACTIVE", "PENDING", "SUSPENDED", "LAPSED", "CANCELLED", "EXPIRED")
# Mirrors `CustomerProfile.told_name`: what the API calls displayName.
DISPLAY_NAME: Final = (
    "COALESCE(NULLIF(p.display_name, ''), NULLIF(btrim(p.first_name || ' ' || p.last_name), ''),"
    " NULLIF(p.email, ''), NULLIF(p.phone_number, ''), 'Unknown person')"
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the customer as rules see it.

    `sql` is its value on the alias `p`. `scale`: the column holds so many parts of the unit (tenths of a handicap).
    `is_blank_unknown`: an empty text in the column means not known. `suggests`: values in use are offered.
    """

    name: str
    label: str
    group: str
    kind: Kind
    sql: str
    scale: int = 1
    is_blank_unknown: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    suggests: bool = False
    unit: str = ""
    # Names in log entries whose change may change this one.
    follows: tuple[str, ...] = ()
    # A date that comes back each year: "in the current month" means the month of any year.
    recurs: bool = False
    operators: tuple[Operator, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "operators", tuple(self._operators()))

    def _operators(self) -> list[Operator]:
        never_unknown = self.kind is Kind.FLAG
        return [
            operator
            for operator in operators_of(self.kind)
            if not (never_unknown and operator.name in ("isNull", "isNotNull"))
        ]


def _text(
    name: str, label: str, group: str, column: str, *, blank: bool = True, suggests: bool = False
) -> Field:
    return Field(name, label, group, Kind.TEXT, f"p.{column}", is_blank_unknown=blank, suggests=suggests)


def _choice(
    name: str,
    label: str,
    group: str,
    column: str,
    choices: tuple[tuple[str, str], ...] = (),
    *,
    blank: bool = True,
) -> Field:
    return Field(
        name,
        label,
        group,
        Kind.CHOICE,
        f"p.{column}",
        is_blank_unknown=blank,
        choices=choices,
        suggests=not choices,
    )


def _number(name: str, label: str, group: str, column: str, *, scale: int = 1, unit: str = "") -> Field:
    return Field(name, label, group, Kind.NUMBER, f"p.{column}", scale=scale, unit=unit)


def _date(name: str, label: str, group: str, column: str, *, recurs: bool = False) -> Field:
    return Field(name, label, group, Kind.DATE, f"p.{column}", recurs=recurs)


def _moment(name: str, label: str, group: str, column: str) -> Field:
    return Field(name, label, group, Kind.MOMENT, f"p.{column}")


def _flag(name: str, label: str, column: str) -> Field:
    return Field(name, label, CONSENT, Kind.FLAG, f"p.{column}")


def _named(choices: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((value, str(label)) for value, label in choices)


PERSON: Final = "Person"
MEMBERSHIP: Final = "Membership"
GOLF: Final = "Golf"
ACTIVITY: Final = "Activity"
SCORES: Final = "Scores"
CONSENT: Final = "May be contacted"
CRM: Final = "Customer"
KEYS: Final = "Keys"

_TABLE: Final = (
    _choice("membershipTier", "Membership tier", MEMBERSHIP, "membership_tier"),
    _choice(
        "membershipStatus",
        "Membership status",
        MEMBERSHIP,
        "membership_status",
        tuple((value, value.capitalize()) for value in MEMBERSHIP_STATUSES),
    ),
    _date("memberSince", "Member since", MEMBERSHIP, "member_since"),
    _date("membershipExpiry", "Membership expiry", MEMBERSHIP, "membership_expiry"),
    _number("handicap", "Handicap", GOLF, "handicap_tenths", scale=10),
    _moment("handicapUpdatedAt", "Handicap last updated", GOLF, "handicap_updated_at"),
    _choice("homeClubName", "Home club", GOLF, "home_club_name"),
    _choice("homeClubId", "Home club (id)", GOLF, "home_club_id"),
    _moment("lastBookingAt", "Last booking", ACTIVITY, "last_booking_at"),
    _number("bookingCount30d", "Bookings in 30 days", ACTIVITY, "booking_count_30d"),
    _moment("lastActivityAt", "Last activity", ACTIVITY, "last_activity_at"),
    _choice("lastActivityType", "Kind of last activity", ACTIVITY, "last_activity_type"),
    _number("activityCount30d", "Activities in 30 days", ACTIVITY, "activity_count_30d"),
    _number("activityCount90d", "Activities in 90 days", ACTIVITY, "activity_count_90d"),
    _moment("lastEmailOpenAt", "Last e-mail opened", ACTIVITY, "last_email_open_at"),
    _moment("lastEmailClickAt", "Last e-mail clicked", ACTIVITY, "last_email_click_at"),
    _number("engagementScore", "Engagement", SCORES, "engagement_score"),
    _number("churnRiskScore", "Churn risk", SCORES, "churn_risk_score"),
    _number("lifetimeValue", "Lifetime value", SCORES, "lifetime_value_cents", unit="cents"),
    _moment("engagementScoreAt", "Engagement scored", SCORES, "engagement_score_at"),
    _moment("churnRiskScoreAt", "Churn risk scored", SCORES, "churn_risk_score_at"),
    _flag("emailOptIn", "E-mail", "email_opt_in"),
    _flag("smsOptIn", "SMS", "sms_opt_in"),
    _flag("pushOptIn", "Push", "push_opt_in"),
    _flag("whatsappOptIn", "WhatsApp", "whatsapp_opt_in"),
    Field("tags", "Tags", CRM, Kind.TAGS, "p.tags", suggests=True),
    _choice("lifecycleStage", "Stage", CRM, "lifecycle_stage", _named(LifecycleStage.choices), blank=False),
    _choice("status", "Profile", CRM, "status", _named(ProfileStatus.choices), blank=False),
    _moment("createdAt", "Known since", CRM, "created_at"),
    _moment("updatedAt", "Last changed", CRM, "updated_at"),
    Field("age", "Age", PERSON, Kind.NUMBER, "p.date_of_birth", follows=("dateOfBirth",)),
    _date("dateOfBirth", "Birthday", PERSON, "date_of_birth", recurs=True),
    _choice("gender", "Gender", PERSON, "gender"),
    _text("firstName", "First name", PERSON, "first_name"),
    _text("lastName", "Last name", PERSON, "last_name"),
    Field(
        "displayName",
        "Name",
        PERSON,
        Kind.TEXT,
        DISPLAY_NAME,
        follows=("displayName", "firstName", "lastName", "email", "phoneNumber"),
    ),
    _choice("country", "Country", PERSON, "country"),
    _choice("language", "Language", PERSON, "language"),
    _text("postcode", "Postcode", PERSON, "postcode"),
    _text("email", "E-mail address", KEYS, "email", blank=False),
    _text("phoneNumber", "Phone number", KEYS, "phone_number", blank=False),
    _number("sclMemberId", "Member number", KEYS, "scl_member_id"),
    _text("teetimePlayerId", "TeeTime player id", KEYS, "teetime_player_id", blank=False),
    _text("messagingContactId", "Messaging contact id", KEYS, "messaging_contact_id", blank=False),
    _text("authUserId", "Account id", KEYS, "auth_user_id", blank=False),
    Field("id", "Customer id", KEYS, Kind.KEY, "p.id"),
    Field("tenantId", "Club id", KEYS, Kind.KEY, "p.tenant_id"),
)
FIELDS: Final = {each.name: each for each in _TABLE}
# What new rows of the timeline move besides themselves; scores and counters are said in entries of their own.
MOVED_BY_ACTIVITY: Final = frozenset(
    {
        "lastActivityAt",
        "lastActivityType",
        "activityCount30d",
        "activityCount90d",
        "bookingCount30d",
        "lastBookingAt",
        "lastEmailOpenAt",
        "lastEmailClickAt",
        "lifetimeValue",
    }
)
MOVED_BY_SCORING: Final = frozenset(
    {"engagementScore", "engagementScoreAt", "churnRiskScore", "churnRiskScoreAt"}
)
# Figures that fade are written by scoring, which dates the scores anew though they stay.
MOVED_BY_COUNTING: Final = frozenset({"engagementScoreAt", "churnRiskScoreAt"})
# Whatever is said of somebody, their row was written.
MOVED_BY_ANY_CHANGE: Final = frozenset({"updatedAt"})


def field_named(name: str) -> Field | None:
    """The field of this name, as the API writes it."""
    return FIELDS.get(name)
