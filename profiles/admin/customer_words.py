"""Fields of a customer as staff read them: what each is called, and its value in words, as the club writes it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from profiles.admin.connections import KIND_LABELS
from profiles.admin.provenance import LABELS, handicap_text
from profiles.customer_table import CUSTOMER, Kind
from profiles.vocabulary import LifecycleStage, ProfileStatus
from tenants.admin import formatting
from tenants.models import Tenant

NOTHING: Final = "–"
FIELD_LABELS: Final[Mapping[str, str]] = {
    **LABELS,
    "id": "Our number",
    "tenantId": "Club",
    "status": "Record",
    "authUserId": "Login",
    "teetimePlayerId": "TeeTime player",
    "messagingContactId": "Messaging contact",
    "externalIds": "Numbers elsewhere",
    "lifecycleStage": "Stage",
    "tags": "Tags",
    "engagementScore": "Engagement",
    "engagementScoreAt": "Engagement reckoned",
    "churnRiskScore": "Churn risk",
    "churnRiskScoreAt": "Churn risk reckoned",
    "lifetimeValue": "Lifetime value",
    "lifetimeValueCurrency": "Currency",
    "lastActivityAt": "Last activity",
    "lastActivityType": "Kind of the last activity",
    "activityCount30d": "Activities, 30 days",
    "activityCount90d": "Activities, 90 days",
    "bookingCount30d": "Bookings, 30 days",
    "lastBookingAt": "Last booking",
    "lastEmailOpenAt": "Last e-mail opened",
    "lastEmailClickAt": "Last e-mail clicked",
    "handicapUpdatedAt": "Handicap of",
    "emailOptIn": "May be written to by e-mail",
    "smsOptIn": "By SMS",
    "pushOptIn": "By push message",
    "whatsappOptIn": "By WhatsApp",
    "createdAt": "Record made",
    "updatedAt": "Changed",
    "mergedInto": "Merged into",
}
_KINDS: Final[Mapping[str, Kind]] = {field.name: field.kind for field in CUSTOMER}


# Of a kind, or of one field; all else is written as it is.
_WRITERS: Final[Mapping[str, Callable[[Any, Tenant], str]]] = {
    Kind.FLAG: lambda value, club: "yes" if value else "no",
    Kind.STATUS: lambda value, club: str(ProfileStatus(value).label),
    Kind.STAGE: lambda value, club: str(LifecycleStage(value).label),
    Kind.DAY: lambda value, club: formatting.day(value),
    Kind.MOMENT: formatting.moment,
    Kind.DECIMAL: lambda value, club: handicap_text(round(value * 10), club),
    Kind.TEXTS: lambda value, club: ", ".join(value),
    Kind.TEXT_BY_NAME: lambda value, club: ", ".join(
        f"{KIND_LABELS.get(name, name)} {number}" for name, number in value.items()
    ),
    "phoneNumber": lambda value, club: formatting.phone(value),
    "membershipStatus": lambda value, club: str(value).capitalize(),
}


def value_in_words(name: str, value: Any, club: Tenant) -> str:
    """A value as the API has it (`profiles.representation`), for people; a dash for nothing."""
    if value is None or value in ("", {}, []):
        return NOTHING
    write = _WRITERS.get(name) or _WRITERS.get(_KINDS[name])
    return write(value, club) if write else str(value)
