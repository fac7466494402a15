"""Where each shown value comes from: the fact that stands, and what others say instead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from profiles.golden_rows.rules import FIELD_OWNERS, KnownFact, winners
from profiles.models import Fact
from tenants.admin import formatting
from tenants.models import Tenant

LABELS: Final[Mapping[str, str]] = {
    "firstName": "First name",
    "lastName": "Last name",
    "displayName": "Preferred name",
    "dateOfBirth": "Date of birth",
    "gender": "Gender",
    "postcode": "Postcode",
    "country": "Country",
    "language": "Language",
    "email": "E-mail",
    "phoneNumber": "Phone",
    "sclMemberId": "Member number",
    "memberNumber": "Club's number",
    "membershipTier": "Tier",
    "membershipStatus": "Status",
    "memberSince": "Member since",
    "membershipExpiry": "Renewal",
    "handicap": "Handicap",
    "homeClubId": "Home club number",
    "homeClubName": "Home club",
}
DATE_FIELDS: Final = frozenset({"dateOfBirth", "memberSince", "membershipExpiry"})


@dataclass(frozen=True, slots=True)
class Statement:
    """What one service says of a field."""

    source: str
    text: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Provenance:
    """The statement that stands in the golden row, and those that differ from it."""

    standing: Statement
    others: list[Statement] = field(default_factory=list)
    owner: str = ""


def facts_of(profile_id: UUID) -> list[KnownFact]:
    """Every fact of a profile; one query."""
    columns = ("field", "value", "rank", "occurred_at", "source", "event_id")
    rows = Fact.objects.filter(profile_id=profile_id).values_list(*columns)
    return [KnownFact(*row) for row in rows]


def provenance(facts: Iterable[KnownFact], club: Tenant | None = None) -> dict[str, Provenance]:
    """Field → where its value comes from, as the club writes it; fields nobody spoke about are missing."""
    facts = list(facts)
    standing = winners(facts)
    found: dict[str, Provenance] = {}
    for name, winner in standing.items():
        rivals = [
            fact for fact in facts if fact.field == name and fact is not winner and fact.value != winner.value
        ]
        latest = {fact.source: fact for fact in sorted(rivals, key=lambda fact: fact.occurred_at)}
        others = [_statement(fact, club) for fact in latest.values()]
        found[name] = Provenance(_statement(winner, club), others, FIELD_OWNERS.get(name, ""))
    return found


def readable(name: str, value: Any, club: Tenant | None = None) -> str:
    """A fact's value as staff read it."""
    if value is None or value == "":
        return "nothing"
    if name == "handicap":
        return handicap_text(int(value), club)
    if name in DATE_FIELDS:
        return formatting.day(date.fromisoformat(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def handicap_text(tenths: int | None, club: Tenant | None = None) -> str:
    """A handicap with one decimal, with the club's decimal sign; a plus handicap has its sign in front."""
    if tenths is None:
        return ""
    text = f"+{-tenths / 10:.1f}" if tenths < 0 else f"{tenths / 10:.1f}"
    return text if club is None else text.replace(".", formatting.decimal_sign(club))


def _statement(fact: KnownFact, club: Tenant | None) -> Statement:
    return Statement(fact.source, readable(fact.field, fact.value, club), fact.occurred_at)
