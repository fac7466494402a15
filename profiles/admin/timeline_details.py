"""What a row of the timeline says when it is opened: its activity's metadata in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.urls import reverse

from events.iso_time import moment_from_iso
from profiles.changes import WORDS
from profiles.timeline_names import Named, Names
from tenants.admin import formatting
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Detail:
    """One line: what it is, and its value; `address` leads to it."""

    label: str
    text: str
    address: str = ""


def address_of(named: Named) -> str:
    """The page of what an id stands for; empty where there is none."""
    return reverse(f"admin:{named.route}", args=[named.key]) if named.route else ""


def details_of(
    metadata: Mapping[str, Any], names: Names, tenant: Tenant, *, with_money: bool
) -> list[Detail]:
    """The lines of a row, in the order of LINES; keys that nobody explains stay out, as ids do."""
    found = [
        Detail(label, text)
        for key, (label, write) in LINES.items()
        if (text := write(metadata[key], tenant) if metadata.get(key) not in (None, "", []) else "")
    ]
    if with_money and isinstance(metadata.get("amountCents"), int):
        currency = metadata.get("currency")
        amount = formatting.money(
            metadata["amountCents"], tenant, currency if isinstance(currency, str) else ""
        )
        found.append(Detail("Amount", amount))
    for key, label in NAMED.items():
        named = names.get((key, str(metadata.get(key))))
        if named is not None:
            found.append(Detail(label, named.name, address_of(named)))
    return found


def _text(value: Any, tenant: Tenant) -> str:
    return str(value) if isinstance(value, str | int) else ""


def _words(value: Any, tenant: Tenant) -> str:
    return value.replace("_", " ").capitalize() if isinstance(value, str) else ""


def _number(value: Any, tenant: Tenant) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    try:
        return formatting.number(float(value) if "." in str(value) else int(value), tenant)
    except ValueError:
        return ""


def _moment(value: Any, tenant: Tenant) -> str:
    at = moment_from_iso(value) if isinstance(value, str) else None
    return formatting.moment(at, tenant) if at is not None and at.tzinfo else ""


def _day(value: Any, tenant: Tenant) -> str:
    try:
        return formatting.day(date.fromisoformat(value)) if isinstance(value, str) else ""
    except ValueError:
        return ""


def _list(value: Any, tenant: Tenant) -> str:
    return ", ".join(one for one in value if isinstance(one, str)) if isinstance(value, Sequence) else ""


def _changes(value: Any, tenant: Tenant) -> str:
    """What staff changed, or the names of the fields that a service changed."""
    if not isinstance(value, list):
        return ""
    told = []
    for one in value:
        if isinstance(one, str):
            told.append(formatting.plain_words(one))
        elif isinstance(one, dict) and one.get("field") in WORDS:
            told.append(
                f"{WORDS[one['field']]}: {one.get('from') or 'nothing'} → {one.get('to') or 'nothing'}"
            )
    return "; ".join(told)


Writer = Callable[[Any, Tenant], str]
LINES: Final[Mapping[str, tuple[str, Writer]]] = {
    "clubName": ("Club", _text),
    "courseName": ("Course", _text),
    "teeTime": ("Tee time", _moment),
    "startTime": ("Starts", _moment),
    "holes": ("Holes", _number),
    "score": ("Score", _number),
    "grossScore": ("Gross score", _number),
    "differential": ("Differential", _number),
    "previousHandicap": ("Handicap before", _number),
    "newHandicap": ("Handicap since", _number),
    "previousTier": ("Membership before", _text),
    "newTier": ("Membership since", _text),
    "tier": ("Membership", _text),
    "previousStatus": ("Status before", _words),
    "newStatus": ("Status since", _words),
    "method": ("Paid by", _words),
    "dueDate": ("Due", _day),
    "reason": ("Reason", _words),
    "bounceType": ("Bounced", lambda value, tenant: {"hard": "For good", "soft": "For now"}.get(value, "")),
    "sentiment": ("Tone", _words),
    "subject": ("Subject", _text),
    "text": ("Text", _text),
    "url": ("Link", _text),
    "changes": ("Changed", _changes),
    "players": ("Players", _list),
}
NAMED: Final[Mapping[str, str]] = {
    "competitionId": "Competition",
    "campaignId": "Campaign",
    "segment": "List",
}
