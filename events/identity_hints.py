"""Whom an event names: raw keys from its identity and from its payload. Pure.

Raw means trimmed text and nothing more: e-mails and phones as the service spelled them. Their normal form is
`profiles`' business.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pydantic_core import PydanticCustomError

from events.catalogue.fields import read_member_id
from events.empty_ids import LONGEST_KEY, stands_for_nothing
from events.refusals import PayloadRefused


class IdentityKind(StrEnum):
    """Kinds of keys, strongest first."""

    SCL_MEMBER = "sclMemberId"
    TEETIME_PLAYER = "teetimePlayerId"
    MESSAGING_CONTACT = "messagingContactId"
    AUTH_USER = "authUserId"
    MCA_V1_ZA = "mcaV1ZaId"
    MCA_V1_UK = "mcaV1UkId"
    GOLF_RSA = "golfRsaId"
    CDH = "cdhId"
    # As a club prints it, with letters: GC-00123/A.
    MEMBER_NUMBER = "memberNumber"
    EMAIL = "email"
    PHONE = "phoneNumber"


class IdentityKey(NamedTuple):
    """A key that leads to a person; the kind is one of IdentityKind."""

    kind: str
    value: str


STRENGTH: Final = {kind: rank for rank, kind in enumerate(IdentityKind)}
EXTERNAL_KINDS: Final = {
    kind.value: kind
    for kind in (
        IdentityKind.MCA_V1_ZA,
        IdentityKind.MCA_V1_UK,
        IdentityKind.GOLF_RSA,
        IdentityKind.CDH,
        IdentityKind.MEMBER_NUMBER,
    )
}
IDENTITY_KINDS: Final = {kind.value: kind for kind in IdentityKind if kind.value not in EXTERNAL_KINDS}
# One event is about one person, who has one of each of these.
SINGLE_KINDS: Final = frozenset(
    {IdentityKind.SCL_MEMBER, IdentityKind.TEETIME_PLAYER, IdentityKind.MESSAGING_CONTACT}
)

# What a key of a payload means depends on who speaks: `playerId` is a golfer to TeeTime only.
PAYLOAD_KEYS_BY_SERVICE: Final = {
    "scl": {"memberId": IdentityKind.SCL_MEMBER},
    "facilities": {"memberId": IdentityKind.SCL_MEMBER},
    "teetime": {"playerId": IdentityKind.TEETIME_PLAYER},
    "messaging": {"contactId": IdentityKind.MESSAGING_CONTACT},
}
# Types whose subject is the person, so that the payload's own id is the person's.
SUBJECT_KINDS: Final = {
    "scl.member.": IdentityKind.SCL_MEMBER,
    "teetime.player.": IdentityKind.TEETIME_PLAYER,
}
ADDRESSES: Final = frozenset({IdentityKind.EMAIL, IdentityKind.PHONE})
ADDRESS_KEYS: Final = {
    "email": IdentityKind.EMAIL,
    "phone": IdentityKind.PHONE,
    "phoneNumber": IdentityKind.PHONE,
}


class _Hint(NamedTuple):
    kind: IdentityKind
    value: str
    path: str


def identity_keys(
    envelope_source: str, canonical_type: str, identity: Mapping[str, Any], payload: Mapping[str, Any]
) -> list[IdentityKey]:
    """The keys that an event gives, strongest kind first, the identity's before the payload's; none twice.

    A new e-mail in an `.updated` event is a key as well. Values that stand for nothing are told as they came:
    `profiles` leaves them aside and says so. Raises PayloadRefused for a key of the wrong kind,
    and when identity and payload name two people by their service ids.
    """
    hints = _identity_hints(identity)
    for key, kind in _payload_kinds(envelope_source, canonical_type):
        value = payload.get(key)
        if value is not None:
            _add_hint(hints, kind, value, f"payload.{key}")
    if len(hints) > 1:
        _check_agreement(hints)
        hints.sort(key=lambda hint: STRENGTH[hint.kind])
    return list(dict.fromkeys(IdentityKey(hint.kind, hint.value) for hint in hints))


def _identity_hints(identity: Mapping[str, Any]) -> list[_Hint]:
    hints: list[_Hint] = []
    for key, value in identity.items():
        kind = IDENTITY_KINDS.get(key)
        if kind is not None and value is not None:
            _add_hint(hints, kind, value, f"identity.{key}")
    external = identity.get("externalIds")
    if external is None:
        return hints
    if not isinstance(external, dict):
        raise PayloadRefused("identity.externalIds", "identity.externalIds must be an object.")
    for key, value in external.items():
        kind = EXTERNAL_KINDS.get(key)
        if kind is not None and value is not None:
            _add_hint(hints, kind, value, f"identity.externalIds.{key}")
    return hints


@lru_cache(maxsize=1024)
def _payload_kinds(envelope_source: str, canonical_type: str) -> tuple[tuple[str, IdentityKind], ...]:
    kinds: dict[str, IdentityKind] = {}
    for prefix, kind in SUBJECT_KINDS.items():
        if canonical_type.startswith(prefix):
            kinds["id"] = kind
    for service in (canonical_type.partition(".")[0], envelope_source):
        kinds |= PAYLOAD_KEYS_BY_SERVICE.get(service, {})
    return tuple((kinds | ADDRESS_KEYS).items())


def _add_hint(hints: list[_Hint], kind: IdentityKind, value: Any, path: str) -> None:
    """Add what a value says, if anything; raises PayloadRefused for one of the wrong kind."""
    is_empty = (
        kind not in ADDRESSES
        and not isinstance(value, bool)
        and isinstance(value, str | int)
        and stands_for_nothing(str(value))
    )
    if kind is IdentityKind.SCL_MEMBER and not is_empty:
        value = _member_id(value, path)
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    elif not isinstance(value, str):
        raise PayloadRefused(path, f"{path} must be text.")
    trimmed = value.strip()
    if len(trimmed) > LONGEST_KEY:
        raise PayloadRefused(path, f"{path} has {len(trimmed)} characters; {LONGEST_KEY} is the limit.")
    if trimmed:
        hints.append(_Hint(kind, trimmed, path))


def _member_id(value: Any, path: str) -> str:
    try:
        member_id = read_member_id(value)
    except PydanticCustomError as error:
        raise PayloadRefused(path, f"{path} {error.message()}.") from None
    return "" if member_id is None else str(member_id)


def _check_agreement(hints: list[_Hint]) -> None:
    first_of_kind: dict[IdentityKind, _Hint] = {}
    for hint in hints:
        if hint.kind not in SINGLE_KINDS or stands_for_nothing(hint.value):
            continue
        first = first_of_kind.setdefault(hint.kind, hint)
        # Ids may be UUIDs, whose letters some services send as capitals.
        if hint.value.casefold() != first.value.casefold():
            message = (
                f"{first.path} and {hint.path} name two different people; one event is about one person."
            )
            raise PayloadRefused(first.path, message)
