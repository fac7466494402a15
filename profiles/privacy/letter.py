"""The copy of what is held as a letter that a member can read; the files beside it are for programs."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from babel import Locale
from babel.numbers import format_decimal
from django.template.loader import render_to_string

from tenants.days import full_day
from tenants.directory import tenant_by_id
from tenants.models import Tenant
from tenants.scope import current_tenant_id

Rows = list[dict[str, Any]]
WORDS: Final = {
    "firstName": "First name", "lastName": "Surname", "displayName": "Preferred name", "email": "E-mail",
    "phoneNumber": "Phone", "dateOfBirth": "Date of birth", "gender": "Gender", "postcode": "Postcode",
    "country": "Country", "language": "Language", "sclMemberId": "Member number", "membershipTier": "Membership",
    "membershipStatus": "Membership status", "memberSince": "Member since", "membershipExpiry": "Membership ends",
    "handicap": "Handicap", "homeClubName": "Home club", "tags": "Tags", "engagementScore": "Engagement score (0–100)",
    "churnRiskScore": "Score for the risk of leaving (0–100)", "emailOptIn": "We may write e-mails",
    "smsOptIn": "We may send text messages", "pushOptIn": "We may send push messages",
    "whatsappOptIn": "We may write by WhatsApp",
}  # fmt: skip
DAYS: Final = ("dateOfBirth", "memberSince", "membershipExpiry")
ENGLISH: Final = Locale("en")
NAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "country": ENGLISH.territories,
    "language": ENGLISH.languages,
}
SERVICES: Final = {
    "scl": "the membership system",
    "teetime": "the tee sheet",
    "messaging": "the messaging system",
    "feedback": "the feedback form",
    "facilities": "the facilities desk",
    "crm": "our staff",
}


def letter_of(copy: Mapping[str, Any]) -> str:
    """HTML for the person: who they are here, what happened, what was noted, what they agreed to."""
    club = tenant_by_id(current_tenant_id())
    customer, data = copy["customer"], copy["data"]
    context = {
        "club": club,
        "name": customer.get("displayName") or f"{customer.get('firstName', '')} {customer.get('lastName', '')}",
        "day": _day(copy["exportedAt"], club),
        "facts": [
            (words, _in_words(key, customer[key], club)) for key, words in WORDS.items() if _is_known(customer.get(key))
        ],
        "consents": [(_day(row["at"], club), row["channel"], row["said"], _who(row)) for row in copy["consentHistory"]],
        "activities": [
            (_day(row["occurredAt"], club), row["title"], _who(row))
            for row in sorted(data.get("activity", ()), key=lambda row: str(row["occurredAt"]), reverse=True)
        ],
        "notes": [(_day(row["createdAt"], club), row["body"], row["authorName"]) for row in data.get("note", ())],
        "others": sorted(
            (name, len(rows)) for name, rows in data.items() if rows and name not in ("activity", "note")
        ),
    }  # fmt: skip
    return render_to_string("crm/privacy/letter.html", context)


def _is_known(value: Any) -> bool:
    return value not in (None, "", [])


def _in_words(key: str, value: Any, club: Tenant) -> str:
    """A field as a member reads it: days and decimals as the club writes them, names for codes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if key in DAYS:
        return full_day(date.fromisoformat(str(value)))
    if key == "handicap":
        return format_decimal(value, locale=club.locale.replace("-", "_"))
    if key == "membershipStatus":
        return str(value).capitalize()
    return str(NAMED[key].get(str(value), value)) if key in NAMED else str(value)


def _who(row: Mapping[str, Any]) -> str:
    return SERVICES.get(str(row["source"]), str(row["source"]))


def _day(value: Any, club: Tenant) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return full_day(moment.astimezone(club.zone))
