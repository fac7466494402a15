"""What of an event was left aside and why, in words for staff and for the service that sent it. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from events.identity_hints import ADDRESSES, IdentityKind, stands_for_nothing
from profiles.births import doubt
from profiles.club import Club
from profiles.effects.drafts import DecodedEvent

Remark = Mapping[str, str]
WORDS: Final = {IdentityKind.EMAIL: "e-mail address", IdentityKind.PHONE: "phone number"}


def remarks_on(event: DecodedEvent, club: Club) -> list[Remark]:
    """A remark (field, text) for each key and date of birth that is not taken; values of persons are not repeated."""
    remarks: list[Remark] = []
    for kind, value in event.keys:
        reason = _reason(kind, value, club)
        if reason:
            remarks.append({"field": str(kind), "text": reason})
    birth = getattr(event.payload, "date_of_birth", None)
    if isinstance(birth, date) and (reason := doubt(birth, club.today, club.default_births)):
        remarks.append({"field": "dateOfBirth", "text": f"{reason}; it was left aside."})
    return remarks


def _reason(kind: str, value: str, club: Club) -> str:
    if kind not in ADDRESSES:
        if stands_for_nothing(value) or not club.identifies(kind, value):
            return f"{value!r} stands for nothing and was not taken as an id."
        return ""
    address = club.email(value) if kind == IdentityKind.EMAIL else club.first_phone(value)
    words = WORDS[IdentityKind(kind)]
    if address is None:
        return f"This is no {words} that can be reached; it was left aside."
    if not club.identifies(kind, address):
        return f"This {words} stands for nobody; it was left aside."
    return ""
