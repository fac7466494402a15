"""The columns of the customer list: what each shows and how it sorts, and which of them a colleague chose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, TextField, Value
from django.db.models.functions import Coalesce, Concat, Left, Lower, NullIf

from profiles.admin.provenance import handicap_text
from profiles.exchange.exporting.listed import ListedColumn
from profiles.models import CustomerProfile, ListLayout
from profiles.tags import coloured
from tenants.amounts import in_units
from tenants.models import Tenant, User

LONGEST_SORT_TEXT: Final = 60
NOTHING: Final = Value("", output_field=TextField())


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `kind` chooses how a value is written, `reads` how the place of a page is read back."""

    name: str
    label: str
    kind: str
    sort: Any
    reads: type = str
    may_be_unknown: bool = True
    is_right: bool = False
    # Whether an index holds everybody in this order.
    has_index: bool = False


def _text(name: str, label: str, field: str) -> Column:
    return Column(name, label, "text", Left(NullIf(Lower(field), NOTHING), LONGEST_SORT_TEXT))


def _address(name: str, label: str, field: str, kind: str = "text") -> Column:
    """An address is kept in lower case and never empty: turning everybody's anew costs more than reading it."""
    return Column(name, label, kind, Left(field, LONGEST_SORT_TEXT))


def _number(name: str, label: str, field: str, kind: str = "number", *, known: bool = False) -> Column:
    return Column(name, label, kind, F(field), int, not known, is_right=True)


def _date(name: str, label: str, field: str) -> Column:
    return Column(name, label, "date", F(field), may_be_unknown=True)


def _moment(name: str, label: str, field: str) -> Column:
    return Column(name, label, "moment", F(field))


NAME_SORT: Final = Left(
    Lower(
        Concat(
            Coalesce(NullIf("last_name", NOTHING), "display_name"),
            Value(" ", output_field=TextField()),
            "first_name",
        )
    ),
    LONGEST_SORT_TEXT,
)
_TABLE: Final = (
    Column("name", "Customer", "person", NAME_SORT, may_be_unknown=False),
    Column("membershipTier", "Membership", "membership", _text("", "", "membership_tier").sort),
    _text("membershipStatus", "Membership status", "membership_status"),
    Column("lifecycleStage", "Stage", "stage", Lower("lifecycle_stage"), may_be_unknown=False),
    _moment("lastActivityAt", "Last activity", "last_activity_at"),
    _number("lifetimeValue", "Lifetime value", "lifetime_value_cents", "money", known=True),
    Column("optIns", "May contact by", "channels", None),
    Column("tags", "Tags", "tags", None),
    _address("email", "E-mail", "email"),
    _address("phoneNumber", "Phone", "phone_number", "phone"),
    _number("sclMemberId", "Member number", "scl_member_id", "key"),
    _number("handicap", "Handicap", "handicap_tenths", "handicap"),
    _date("memberSince", "Member since", "member_since"),
    _date("membershipExpiry", "Renewal", "membership_expiry"),
    _date("dateOfBirth", "Date of birth", "date_of_birth"),
    _moment("lastBookingAt", "Last booking", "last_booking_at"),
    _number("bookingCount30d", "Bookings, 30 days", "booking_count_30d", known=True),
    _number("activityCount30d", "Activities, 30 days", "activity_count_30d", known=True),
    _number("engagementScore", "Engagement", "engagement_score"),
    _number("churnRiskScore", "Churn risk", "churn_risk_score"),
    _text("homeClubName", "Home club", "home_club_name"),
    Column("createdAt", "Known since", "moment", F("created_at"), may_be_unknown=False, has_index=True),
)
CHANNELS: Final = (
    ("E-mail", "email_opt_in"),
    ("SMS", "sms_opt_in"),
    ("Push", "push_opt_in"),
    ("WhatsApp", "whatsapp_opt_in"),
)
COLUMNS: Final = {column.name: column for column in _TABLE}
DEFAULT: Final = ("name", "membershipTier", "lifecycleStage", "lastActivityAt", "lifetimeValue", "optIns")
MONEY_COLUMNS: Final = ("lifetimeValue",)
NEWEST: Final = "-createdAt"
_FIELDS: Final = {
    "membershipStatus": "membership_status",
    "lastActivityAt": "last_activity_at",
    "lifetimeValue": "lifetime_value_cents",
    "tags": "tags",
    "email": "email",
    "phoneNumber": "phone_number",
    "sclMemberId": "scl_member_id",
    "handicap": "handicap_tenths",
    "memberSince": "member_since",
    "membershipExpiry": "membership_expiry",
    "dateOfBirth": "date_of_birth",
    "lastBookingAt": "last_booking_at",
    "bookingCount30d": "booking_count_30d",
    "activityCount30d": "activity_count_30d",
    "engagementScore": "engagement_score",
    "churnRiskScore": "churn_risk_score",
    "homeClubName": "home_club_name",
    "createdAt": "created_at",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of the list; those of special kinds are read off the profile by the template."""

    column: Column
    value: Any


def cells_of(profile: CustomerProfile, columns: Sequence[Column], club: Tenant) -> list[Cell]:
    """A row of the list."""
    return [Cell(column, _value(profile, column, club)) for column in columns]


def _value(profile: CustomerProfile, column: Column, club: Tenant) -> Any:
    value: Any = getattr(profile, _FIELDS[column.name]) if column.name in _FIELDS else None
    if column.kind == "tags":
        return coloured(value)
    return handicap_text(value, club) if column.kind == "handicap" else value


def listed_columns(columns: Sequence[Column], club: Tenant) -> list[ListedColumn]:
    """The columns as a workbook has them: in words, with times on the club's clock.

    The address that the list writes beneath the name is a column of its own.
    """
    columns = [
        each
        for column in columns
        for each in ([column, *_beneath(columns)] if column.kind == "person" else [column])
    ]

    def reader(column: Column) -> Callable[[CustomerProfile], Any]:
        return lambda profile: _exported(profile, column, club)

    heads = {"money": f" ({club.currency})"}
    return [
        ListedColumn(column.label + heads.get(column.kind, ""), column.kind, reader(column))
        for column in columns
    ]


def _beneath(columns: Sequence[Column]) -> list[Column]:
    """What stands beneath the name, unless it has a column already."""
    return [] if any(column.name == "email" for column in columns) else [COLUMNS["email"]]


def _exported(profile: CustomerProfile, column: Column, club: Tenant) -> Any:
    special: dict[str, Callable[[], Any]] = {
        "person": lambda: profile.name,
        "membership": lambda: profile.membership_tier,
        "stage": profile.get_lifecycle_stage_display,
        "channels": lambda: ", ".join(label for label, field in CHANNELS if getattr(profile, field)),
    }
    if column.kind in special:
        return special[column.kind]()
    value: Any = getattr(profile, _FIELDS[column.name])
    if value is None or value == "":
        return None
    written: dict[str, Callable[[], Any]] = {
        "tags": lambda: "; ".join(value),
        "money": lambda: in_units(value, club.currency),
        "handicap": lambda: value / 10,
        "moment": lambda: value.astimezone(club.zone).replace(tzinfo=None),
    }
    return written[column.kind]() if column.kind in written else value


def columns_named(names: Sequence[str]) -> list[Column]:
    """The columns that exist, each once, in the order given; the name always among them."""
    wanted = [name for name in dict.fromkeys(names) if name in COLUMNS]
    if wanted and "name" not in wanted:
        wanted.insert(0, "name")
    return [COLUMNS[name] for name in wanted]


def columns_of(user: User, given: str = "") -> list[Column]:
    """Those that the address names, else those that the colleague chose, else the usual ones."""
    named = columns_named(given.split(","))
    if named:
        return named
    kept = ListLayout.objects.filter(user=user).values_list("columns", flat=True).first()
    return columns_named(kept or ()) or columns_named(DEFAULT)


def keep_columns(user: User, tenant_id: Any, names: Sequence[str]) -> None:
    """Remember the choice in this club; an empty one means the usual columns."""
    chosen = [column.name for column in columns_named(names)]
    ListLayout.objects.update_or_create(tenant_id=tenant_id, user=user, defaults={"columns": chosen})


def sort_of(text: str) -> tuple[Column, bool]:
    """Column and whether it falls; the newest first for what cannot be sorted by."""
    column = COLUMNS.get(text.removeprefix("-"))
    if column is None or column.sort is None:
        return COLUMNS["createdAt"], True
    return column, text.startswith("-")
