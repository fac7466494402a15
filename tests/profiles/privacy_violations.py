"""Every named constraint of the tables about privacy, violated; part of the table in test_constraints.py."""

from collections.abc import Callable
from typing import Any, Final

from profiles.models import (
    ErasureCount,
    ErasureReceipt,
    ProcessingRestriction,
    SuppressedKey,
    TextBlock,
    TextMark,
)
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.constraints import Violation
from tests.profiles.records import NOON
from tests.profiles.score_violations import foreign, own, stored


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


def a_count(whose: Callable[[Club], Any] = own, *, times: int = 1, **values: Any) -> Violation:
    def violate(club: Club) -> object:
        profile_id = whose(club)
        return [stored(club, ErasureCount, profile_id=profile_id, **values) for _ in range(times)]

    return violate


def a_block(*, times: int = 1, **values: Any) -> Violation:
    defaults: dict[str, Any] = {"model": "profiles.Note", "first_id": 1, "last_id": 2, "tokens": []}
    return lambda club: [made(club, TextBlock(**(defaults | values))) for _ in range(times)]


def a_mark(*, times: int = 1, **values: Any) -> Violation:
    return lambda club: [made(club, TextMark(model="profiles.Note", **values)) for _ in range(times)]


def made(club: Club, row: Any) -> object:
    with tenant_scope(club.tenant):
        row.tenant = club.tenant
        row.save()
    return row


PRIVACY_VIOLATIONS: Final[dict[str, list[Violation]]] = {
    "profiles_receipt_profile_uq": [a_receipt(times=2)],
    "profiles_receipt_reason_ck": [a_receipt(reason="boredom")],
    "profiles_receipt_hash_ck": [a_receipt(hash="abc")],
    "profiles_receipt_profile_fk": [a_receipt(foreign)],
    "profiles_erasurecount_person_uq": [a_count(times=2)],
    "profiles_erasurecount_status_ck": [a_count(status="LOST")],
    "profiles_erasurecount_reason_ck": [a_count(reason="boredom")],
    "profiles_erasurecount_profile_fk": [a_count(foreign)],
    "profiles_textblock_last_uq": [a_block(times=2)],
    "profiles_textblock_order_ck": [a_block(first_id=3)],
    "profiles_textmark_model_uq": [a_mark(times=2)],
    "profiles_textmark_order_ck": [a_mark(indexed_to=1)],
    "profiles_suppressed_key_uq": [a_hash("0" * 64, times=2)],
    "profiles_suppressed_hash_ck": [a_hash("thandi@example.org")],
    "profiles_restriction_profile_fk": [
        lambda club: stored(club, ProcessingRestriction, profile_id=foreign(club))
    ],
}
