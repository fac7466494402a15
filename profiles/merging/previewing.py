"""What a merge would do, field by field, before anybody does it."""

from copy import copy
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from events.identity_hints import IdentityKind
from profiles.claims import CAPPED_KINDS
from profiles.errors import SameCustomer
from profiles.golden_rows.rules import (
    COLUMN_NAMES,
    CONSENT_COLUMNS,
    GOLDEN_COLUMNS,
    KnownFact,
    KnownKey,
    golden_row,
)
from profiles.models import Activity, CustomerProfile, Fact, Identifier, Note
from profiles.reading import get_customer
from profiles.representation import customer_fields

CAPPED_WORDS: Final = {
    IdentityKind.SCL_MEMBER: "member numbers",
    IdentityKind.TEETIME_PLAYER: "TeeTime players",
}


@dataclass(frozen=True, slots=True)
class MergePreview:
    """Both sides, the survivor as it would be (not stored), and what is to be known before.

    `fields`: those (API names) on which the three differ; `moved`: how many rows would move, by kind; `warnings`: what
    speaks against it, in plain words.
    """

    winner: CustomerProfile
    loser: CustomerProfile
    survivor: CustomerProfile
    fields: list[str]
    moved: dict[str, int]
    warnings: list[str]


def preview_merge(winner_id: UUID, loser_id: UUID) -> MergePreview:
    """What `merge_profiles` would do now; changes nothing. Raises CustomerNotFound, SameCustomer."""
    winner, loser = get_customer(winner_id), get_customer(loser_id)
    if winner.pk == loser.pk:
        raise SameCustomer
    both = Q(profile_id__in=(winner.pk, loser.pk))
    keys = list(Identifier.objects.filter(both))
    golden = golden_row(
        [
            KnownFact(fact.field, fact.value, fact.rank, fact.occurred_at, fact.source, fact.event_id)
            for fact in Fact.objects.filter(both)
        ],
        [KnownKey(key.kind, key.value, key.is_active, key.is_shared, key.confidence) for key in keys],
        max(winner.stage_reached, loser.stage_reached),
    )
    moved = {
        name: model.objects.filter(profile_id=loser.pk).count()
        for name, model in (("activities", Activity), ("notes", Note), ("identifiers", Identifier))
    }
    survivor = copy(winner)
    for column, value in golden.items():
        setattr(survivor, column, value)
    differing = [
        COLUMN_NAMES[column]
        for column in GOLDEN_COLUMNS
        if len({repr(getattr(one, column)) for one in (winner, loser, survivor)}) > 1
    ]
    return MergePreview(winner, loser, survivor, differing, moved, _warnings(winner, loser, survivor, keys))


def _warnings(
    winner: CustomerProfile, loser: CustomerProfile, survivor: CustomerProfile, keys: list[Identifier]
) -> list[str]:
    """What speaks against it."""
    warnings = []
    for kind in sorted(CAPPED_KINDS):
        if len({key.value for key in keys if key.kind == kind}) > 1:
            warnings.append(f"The two have different {CAPPED_WORDS[kind]}; a person has one.")
    births = {one.date_of_birth for one in (winner, loser)} - {None}
    if len(births) > 1:
        warnings.append("The two have different dates of birth.")
    # Who never said anything has not said no.
    if any(_loses(column, winner, loser, survivor) for column in CONSENT_COLUMNS.values()):
        warnings.append("Their consent differs: wherever one has said no, no is what counts.")
    return warnings


def _loses(column: str, winner: CustomerProfile, loser: CustomerProfile, survivor: CustomerProfile) -> bool:
    """Whether one of the two agreed to a channel, and the survivor would not."""
    return any(getattr(one, column) for one in (winner, loser)) and not getattr(survivor, column)


def preview_fields(preview: MergePreview) -> dict[str, Any]:
    """What a merge would do, as plain values."""
    winner, loser, survivor = (
        customer_fields(one) for one in (preview.winner, preview.loser, preview.survivor)
    )
    return {
        "fields": [
            {"name": name, "winner": winner[name], "loser": loser[name], "survivor": survivor[name]}
            for name in preview.fields
        ],
        "moved": preview.moved,
        "warnings": preview.warnings,
    }
