"""The copy of what is held as a letter that a member can read; the files beside it are for programs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.template.loader import render_to_string

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
        "facts": [(words, _plain(customer[key])) for key, words in WORDS.items() if _is_known(customer.get(key))],
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


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _who(row: Mapping[str, Any]) -> str:
    return SERVICES.get(str(row["source"]), str(row["source"]))


def _day(value: Any, club: Tenant) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    local = moment.astimezone(club.zone)
    return f"{local.day} {local:%B %Y}"
