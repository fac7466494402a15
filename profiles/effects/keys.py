"""The keys of an event in their normal form, strongest first."""

from collections.abc import Iterable

from events.empty_ids import stands_for_nothing
from events.identity_hints import STRENGTH, IdentityKey, IdentityKind
from profiles.club import Club
from profiles.normalise import normal_id, printed_number

# Whose id is the source record of an event of this source.
OWN_KINDS = {
    "scl": IdentityKind.SCL_MEMBER,
    "teetime": IdentityKind.TEETIME_PLAYER,
    "messaging": IdentityKind.MESSAGING_CONTACT,
    "feedback": IdentityKind.AUTH_USER,
    "facilities": IdentityKind.SCL_MEMBER,
}


def normal_keys(keys: Iterable[IdentityKey], source: str, club: Club) -> tuple[IdentityKey, ...]:
    """Distinct normal keys: the source's own id first, then by strength; unusable and placeholder values left out."""
    own = OWN_KINDS.get(source)
    normal: dict[IdentityKey, None] = {}
    for kind, value in keys:
        usable = _normal(kind, value, club)
        if usable is not None:
            normal[IdentityKey(kind, usable)] = None
    if len(normal) == 1:
        return tuple(normal)
    return tuple(
        sorted(normal, key=lambda key: (key.kind != own, STRENGTH[IdentityKind(key.kind)], key.value))
    )


def _normal(kind: str, value: str, club: Club) -> str | None:
    if kind == IdentityKind.EMAIL:
        address = club.email(value)
    elif kind == IdentityKind.PHONE:
        address = club.first_phone(value)
    elif kind == IdentityKind.MEMBER_NUMBER:
        number = printed_number(value)
        return number if not stands_for_nothing(number) and club.identifies(kind, number) else None
    else:
        return normal_id(value) if not stands_for_nothing(value) and club.identifies(kind, value) else None
    return address if address is not None and club.identifies(kind, address) else None
