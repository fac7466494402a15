"""A merge in which a person says, field by field, whose value is right."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from profiles.editing import ADDRESS_FIELDS, TEXT_FIELDS, update_customer
from profiles.merging.actions import MergeOutcome, merge_profiles
from profiles.merging.previewing import preview_merge
from profiles.representation import customer_fields
from tenants.postgresql.locks import AdvisoryLock, lock_tenant

# What staff may state themselves; the rest is its service's.
CHOOSABLE: Final = frozenset({*TEXT_FIELDS, *ADDRESS_FIELDS, "dateOfBirth"} - {"displayName"})
SIDES: Final = ("winner", "loser")


def merge_with_choice(
    winner_id: UUID, loser_id: UUID, choices: Mapping[str, str], *, reason: str = ""
) -> MergeOutcome:
    """Merge, and state the chosen values (field → `winner` or `loser`) where the rules would choose another.

    The choice is an edit: it outweighs what services say, and stays with the survivor when the merge is taken back.
    Raises CustomerNotFound, SameCustomer, InvalidFields, KeyInUse.
    """
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        preview = preview_merge(winner_id, loser_id)
        sides = {"winner": customer_fields(preview.winner), "loser": customer_fields(preview.loser)}
        after = customer_fields(preview.survivor)
        stated: dict[str, Any] = {
            name: sides[side][name]
            for name, side in choices.items()
            if name in CHOOSABLE and side in SIDES and sides[side][name] != after[name]
        }
        outcome = merge_profiles(winner_id, loser_id, reason=reason)
        if stated:
            update_customer(outcome.winner_id, stated)
    return outcome
