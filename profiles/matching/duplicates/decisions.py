"""What follows from a weighed pair: merged without a person, put into the review queue, or nothing. Pure."""

from collections.abc import Collection
from typing import Final

from profiles.matching.duplicates.linking import ScoredPair

# Outcomes that a sum of other weights must not outvote where nobody looks: two dates of birth are two people.
DOUBTS: Final = frozenset(
    {
        "birth.swapped",
        "birth.slip",
        "birth.two_parts",
        "birth.different",
        "gender.different",
        "services.logins",
        "services.golf_ids",
        "services.members",
        "services.two_members",
        "services.two_players",
        "services.two_contacts",
        "handicap.different",
    }
)
# A name alone is never enough, however rare: it needs an address or a date of birth beside it. Names that are only
# alike need more than one address, which brothers share: Thabo and Thato, Riaan and Riana.
NAMES: Final = frozenset({"name.same", "name.swapped"})
PROOFS: Final = frozenset({"contact.both", "contact.email", "contact.phone", "birth.same"})
NEAR_NAMES: Final = frozenset({"name.close_first", "name.close_last"})
FIRM_PROOFS: Final = frozenset({"contact.both", "birth.same"})


def is_certain(pair: ScoredPair, least_probability: float) -> bool:
    """Whether a pair may be merged without a person; above 1, `least_probability` lets nothing through."""
    outcomes = {f"{reason.comparison.code}.{reason.level.code}" for reason in pair.reasons}
    is_proved = bool(
        (outcomes & NAMES and outcomes & PROOFS) or (outcomes & NEAR_NAMES and outcomes & FIRM_PROOFS)
    )
    return is_proved and pair.probability >= least_probability and not outcomes & DOUBTS


def lonely(pairs: Collection[ScoredPair]) -> list[ScoredPair]:
    """Those of which neither side is in another of the pairs: of three alike, two may be father and son."""
    seen: dict[int, int] = {}
    for pair in pairs:
        for side in (pair.one, pair.other):
            seen[side] = seen.get(side, 0) + 1
    return [pair for pair in pairs if seen[pair.one] == 1 and seen[pair.other] == 1]
