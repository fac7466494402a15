"""What of an event was left aside and why, in words for staff and for the service that sent it. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from events.empty_ids import stands_for_nothing
from events.identity_hints import ADDRESSES, SUBJECT_KINDS, IdentityKind
from profiles.beside_numbers import beside_number
from profiles.club import Club
from profiles.effects.drafts import DecodedEvent
from profiles.effects.messaging import LONGEST_TITLE

Remark = Mapping[str, str]
# The id of what happened, by the names that payloads have for it.
OWN_IDS: Final = ("id", "reservation_id")
SUBJECTS: Final = tuple(SUBJECT_KINDS)
# What a playing partner may be known by: the field as it is told, and as it is decoded.
PARTNER_KEYS: Final = (
    ("playerId", "player_id", IdentityKind.TEETIME_PLAYER),
    ("email", "email", IdentityKind.EMAIL),
    ("phone", "phone", IdentityKind.PHONE),
)
WORDS: Final = {IdentityKind.EMAIL: "e-mail address", IdentityKind.PHONE: "phone number"}


def remarks_on(event: DecodedEvent, club: Club) -> list[Remark]:
    """A remark (field, text) for each key, date of birth and text that is not taken, or not as it was told.

    Values of persons are not repeated.
    """
    remarks: list[Remark] = []
    for kind, value in event.keys:
        reason = _reason(kind, value, club)
        if reason:
            remarks.append({"field": str(kind), "text": reason})
    told = vars(event.payload)
    for place, partner in enumerate(told.get("players", ())):
        remarks += _on_partner(f"players.{place}", vars(partner), club)
    if len(told.get("subject") or "") > LONGEST_TITLE:
        text = f"It has more than {LONGEST_TITLE} characters; its beginning was taken."
        remarks.append({"field": "subject", "text": text})
    own = next((told[name] for name in OWN_IDS if name in told), None)
    if isinstance(own, str) and not event.type.startswith(SUBJECTS) and stands_for_nothing(own):
        text = f"{own!r} stands for nothing: told again, this would count again."
        remarks.append({"field": "id", "text": text})
    birth = told.get("date_of_birth")
    if isinstance(birth, date) and (reason := club.doubt(birth, event.occurred_at)):
        remarks.append({"field": "dateOfBirth", "text": f"{reason}; it was left aside."})
    return remarks


def left_aside(field: str, words: str, taken: str = "") -> Remark:
    """Of a field that could not be read as it was told; the words say why. `taken`: what was taken instead, if so."""
    return {"field": field, "text": f"It {words}; {taken or 'it'} was {'taken' if taken else 'left aside'}."}


def id_given_twice(kind: str) -> Remark:
    """Of an event whose id has been somebody else's: the service may have given it to two people."""
    text = "This id has been somebody of another name and address: did its service give it to two people?"
    return {"field": str(kind), "text": text}


def _on_partner(path: str, told: Mapping[str, str | None], club: Club) -> list[Remark]:
    """Of the keys of somebody who plays along."""
    return [
        {"field": f"{path}.{field}", "text": reason}
        for field, attribute, kind in PARTNER_KEYS
        if (value := told[attribute]) and (reason := _reason(kind, value, club))
    ]


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
    if kind == IdentityKind.PHONE and (beside := beside_number(value, address)):
        return f"It holds {beside}; the number alone was taken."
    return ""
