"""Every named constraint of the tables about privacy, violated; part of the table in test_constraints.py."""

from collections.abc import Callable
from typing import Any, Final

from profiles.models import ErasureReceipt, ProcessingRestriction, SuppressedKey
from tests.cast import Club
from tests.profiles.records import NOON
from tests.profiles.score_violations import foreign, own, stored

Violation = Callable[[Club], object]


def a_receipt(whose: Callable[[Club], Any] = own, *, times: int = 1, **values: Any) -> Violation:
    defaults: dict[str, Any] = {"reason": "gdpr_erasure", "counts": {}, "hash": "0" * 64, "erased_at": NOON}

    def violate(club: Club) -> object:
        profile_id = whose(club)
        return [
            stored(club, ErasureReceipt, profile_id=profile_id, **(defaults | values)) for _ in range(times)
        ]

    return violate


def a_hash(key_hash: str, *, times: int = 1) -> Violation:
    return lambda club: [stored(club, SuppressedKey, key_hash=key_hash) for _ in range(times)]


PRIVACY_VIOLATIONS: Final[dict[str, list[Violation]]] = {
    "profiles_receipt_profile_uq": [a_receipt(times=2)],
    "profiles_receipt_reason_ck": [a_receipt(reason="boredom")],
    "profiles_receipt_hash_ck": [a_receipt(hash="abc")],
    "profiles_receipt_profile_fk": [a_receipt(foreign)],
    "profiles_suppressed_key_uq": [a_hash("0" * 64, times=2)],
    "profiles_suppressed_hash_ck": [a_hash("thandi@example.org")],
    "profiles_restriction_profile_fk": [
        lambda club: stored(club, ProcessingRestriction, profile_id=foreign(club))
    ],
}
