"""The golden row: what a profile's facts and identifiers add up to. Pure, and blind to the order of arrival.

For each field the facts of all source records compete: the owner of the field wins, then the newer (then source and
event id, so that even a tie has one answer). Consent is different: every record must agree, so that joining two
records can only narrow it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from profiles.vocabulary import STAGE_LADDER, LifecycleStage, ProfileStatus

FILLS_GAPS, ORDINARY, OWNER = 0, 1, 2
CRM: Final = "crm"

FIELD_OWNERS: Final[Mapping[str, str]] = {
    "membershipTier": "scl",
    "membershipStatus": "scl",
    "memberSince": "scl",
    "membershipExpiry": "scl",
    "handicap": "teetime",
    "homeClubId": "teetime",
    "homeClubName": "teetime",
    "emailOptIn": "messaging",
    "smsOptIn": "messaging",
    "pushOptIn": "messaging",
    "whatsappOptIn": "messaging",
}
# Field of a fact (the API's name) → column of the golden row, for fields taken as they are.
TEXT_COLUMNS: Final[Mapping[str, str]] = {
    "firstName": "first_name",
    "lastName": "last_name",
    "displayName": "display_name",
    "gender": "gender",
    "postcode": "postcode",
    "country": "country",
    "language": "language",
    "homeClubId": "home_club_id",
    "homeClubName": "home_club_name",
    "membershipTier": "membership_tier",
    "membershipStatus": "membership_status",
}
DATE_COLUMNS: Final[Mapping[str, str]] = {
    "dateOfBirth": "date_of_birth",
    "memberSince": "member_since",
    "membershipExpiry": "membership_expiry",
}
CONSENT_COLUMNS: Final[Mapping[str, str]] = {
    "emailOptIn": "email_opt_in",
    "smsOptIn": "sms_opt_in",
    "pushOptIn": "push_opt_in",
    "whatsappOptIn": "whatsapp_opt_in",
}
ADDRESS_COLUMNS: Final[Mapping[str, str]] = {"email": "email", "phoneNumber": "phone_number"}
KEY_COLUMNS: Final[Mapping[str, str]] = {
    "authUserId": "auth_user_id",
    "teetimePlayerId": "teetime_player_id",
    "messagingContactId": "messaging_contact_id",
}
EXTERNAL_KINDS: Final = frozenset({"mcaV1ZaId", "mcaV1UkId", "golfRsaId", "cdhId", "memberNumber"})
CHURNED_STATUSES: Final = frozenset({"LAPSED", "CANCELLED"})
# Golden column → the name under which the API and the outbound events know it.
COLUMN_NAMES: Final[Mapping[str, str]] = {
    **{
        column: field
        for field, column in (*TEXT_COLUMNS.items(), *DATE_COLUMNS.items(), *CONSENT_COLUMNS.items())
    },
    **{column: kind for kind, column in KEY_COLUMNS.items()},
    "email": "email",
    "phone_number": "phoneNumber",
    "scl_member_id": "sclMemberId",
    "external_ids": "externalIds",
    "status": "status",
    "handicap_tenths": "handicap",
    "handicap_updated_at": "handicapUpdatedAt",
    "lifecycle_stage": "lifecycleStage",
}
GOLDEN_COLUMNS: Final = tuple(COLUMN_NAMES)
# Somebody of whom nothing is known.
EMPTY_ROW: Final[Mapping[str, Any]] = {
    **dict.fromkeys(GOLDEN_COLUMNS),
    **dict.fromkeys(TEXT_COLUMNS.values(), ""),
    **dict.fromkeys(CONSENT_COLUMNS.values(), False),
    "status": ProfileStatus.ACTIVE.value,
    "external_ids": {},
}


def rank_of(field: str, source: str) -> int:
    """How much a source's word on a field weighs: OWNER, or ORDINARY where nobody or another owns it."""
    return OWNER if FIELD_OWNERS.get(field) == source else ORDINARY


class KnownFact(NamedTuple):
    """The newest value of one source record for one field."""

    field: str
    value: Any
    rank: int
    occurred_at: datetime
    source: str
    event_id: str

    @property
    def weight(self) -> tuple[int, bool, datetime, str, str]:
        """What decides between two facts of one field; equal only where one event states it of two records.

        A service's 1 January is often a year of which it knows no day: it gives way to any other date of birth. Staff
        and files mean what they write.
        """
        is_vague = self.field == "dateOfBirth" and self.source != CRM and str(self.value).endswith("-01-01")
        return (self.rank, not is_vague, self.occurred_at, self.source, self.event_id)

    def outweighs(self, rival: "KnownFact") -> bool:
        """Whether this fact stands and the rival does not; of two of one event the greater value."""
        if self.weight == rival.weight:
            return repr(self.value) > repr(rival.value)
        return self.weight > rival.weight


class KnownKey(NamedTuple):
    """An identifier of the profile."""

    kind: str
    value: str
    is_active: bool
    is_shared: bool
    confidence: int


def winners(facts: Iterable[KnownFact]) -> dict[str, KnownFact]:
    """For each field the fact that stands in the golden row.

    A fact that fills gaps gives way even to an emptied field, as long as somebody else has spoken.
    """
    best: dict[str, KnownFact] = {}
    for fact in facts:
        rival = best.get(fact.field)
        if rival is None or fact.outweighs(rival):
            best[fact.field] = fact
    return best


def stated_columns(facts: Iterable[KnownFact]) -> dict[str, Any]:
    """Column → value for those fields of which there are facts; all facts of such a field must be given."""
    facts = list(facts)
    row: dict[str, Any] = {}
    for field, fact in winners(facts).items():
        if field in TEXT_COLUMNS:
            row[TEXT_COLUMNS[field]] = fact.value or ""
        elif field in DATE_COLUMNS:
            row[DATE_COLUMNS[field]] = date.fromisoformat(fact.value) if fact.value else None
        elif field in CONSENT_COLUMNS:
            # None: the record is gone (contact deleted) and no longer has a say.
            answers = [one.value for one in facts if one.field == field and one.value is not None]
            row[CONSENT_COLUMNS[field]] = bool(answers) and all(answers)
        elif field in ADDRESS_COLUMNS:
            row[ADDRESS_COLUMNS[field]] = fact.value or None
        elif field == "status":
            row["status"] = fact.value or ProfileStatus.ACTIVE.value
        elif field == "handicap":
            row["handicap_tenths"], row["handicap_updated_at"] = fact.value, fact.occurred_at
    return row


def golden_row(facts: Iterable[KnownFact], keys: Iterable[KnownKey], stage_reached: int) -> dict[str, Any]:
    """Column → value for every golden column, from all facts and identifiers of one profile."""
    keys = list(keys)
    stated = stated_columns(facts)
    row = {**EMPTY_ROW, **_keys(keys), **stated}
    for field, column in ADDRESS_COLUMNS.items():
        if column not in stated:
            row[column] = _known_address(field, keys)
    row["lifecycle_stage"] = stage_of(row["membership_status"], stage_reached)
    return row


def recomputed_row(
    before: Mapping[str, Any], facts: Iterable[KnownFact], stage_reached: int
) -> dict[str, Any]:
    """The golden row after new facts of some fields; the identifiers are as they were."""
    row = {**before, **stated_columns(facts)}
    row["lifecycle_stage"] = stage_of(row["membership_status"], stage_reached)
    return row


def stage_of(membership_status: str, stage_reached: int) -> str:
    """The stage_rank reached, or CHURNED while the membership is lapsed or cancelled."""
    if membership_status in CHURNED_STATUSES:
        return LifecycleStage.CHURNED.value
    return STAGE_LADDER[stage_reached].value


def changed_columns(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The golden columns whose values differ, in the order of GOLDEN_COLUMNS."""
    return [column for column in GOLDEN_COLUMNS if before[column] != after[column]]


def _keys(keys: list[KnownKey]) -> dict[str, Any]:
    """The service ids; of several of one kind (after a merge by staff) the smallest, so that it stays put."""
    active: dict[str, list[str]] = {}
    for key in keys:
        if key.is_active:
            active.setdefault(key.kind, []).append(key.value)
    row: dict[str, Any] = {
        column: min(active.get(kind, []), default=None) for kind, column in KEY_COLUMNS.items()
    }
    row["scl_member_id"] = min((int(value) for value in active.get("sclMemberId", [])), default=None)
    row["external_ids"] = {kind: min(active[kind]) for kind in sorted(EXTERNAL_KINDS & active.keys())}
    return row


def _known_address(field: str, keys: list[KnownKey]) -> str | None:
    """Where no source stated an address, one by which the person is known."""
    known = [(key.is_shared, -key.confidence, key.value) for key in keys if key.kind == field]
    return min(known)[2] if known else None
