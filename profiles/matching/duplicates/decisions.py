"""What follows from a weighed pair: merged without a person, put into the review queue, or nothing. Pure."""

from collections.abc import Collection, Mapping
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
PROOFS: Final = frozenset({"contact.both", "contact.email", "contact.phone", "contact.near", "birth.same"})
NEAR_NAMES: Final = frozenset({"name.close_first", "name.close_last"})
FIRM_PROOFS: Final = frozenset({"contact.both", "birth.same"})
# Whoever came back under a new number has two; father and son have no birth in common, and twins no first name.
NEW_NUMBERS: Final = frozenset({"services.members", "services.two_members", "services.two_players"})
ADDRESSES: Final = PROOFS - {"birth.same"}


def is_certain(pair: ScoredPair, least_probability: float) -> bool:
    """Whether a pair may be merged without a person; above 1, `least_probability` lets nothing through."""
    outcomes = _outcomes(pair)
    is_proved = bool(
        (outcomes & NAMES and outcomes & PROOFS) or (outcomes & NEAR_NAMES and outcomes & FIRM_PROOFS)
    )
    doubts = DOUBTS - NEW_NUMBERS if is_born_alike(pair) else DOUBTS
    return is_proved and pair.probability >= least_probability and not outcomes & doubts


def is_born_alike(pair: ScoredPair) -> bool:
    """Whether name, date of birth and an address are the same: no father and son."""
    outcomes = _outcomes(pair)
    return bool("birth.same" in outcomes and outcomes & NAMES and outcomes & ADDRESSES)


def lonely(pairs: Collection[ScoredPair]) -> list[ScoredPair]:
    """Those of which neither side is in another of the pairs: of three alike, two may be father and son.

    Who is born alike counts as one.
    """
    groups = _Groups()
    for pair in pairs:
        if is_born_alike(pair):
            groups.unite(pair.one, pair.other)
    partners: dict[int, set[int]] = {}
    for pair in pairs:
        one, other = groups.of(pair.one), groups.of(pair.other)
        partners.setdefault(one, set()).add(other)
        partners.setdefault(other, set()).add(one)
    return [pair for pair in pairs if _are_alone(partners, groups.of(pair.one), groups.of(pair.other))]


def _are_alone(partners: Mapping[int, set[int]], one: int, other: int) -> bool:
    return one == other or (partners[one] <= {one, other} and partners[other] <= {one, other})


class _Groups:
    """Customers who were found to be one, each named by one of them."""

    def __init__(self) -> None:
        self._parents: dict[int, int] = {}

    def of(self, one: int) -> int:
        while (parent := self._parents.get(one, one)) != one:
            one = parent
        return one

    def unite(self, one: int, other: int) -> None:
        self._parents[self.of(one)] = self.of(other)


def _outcomes(pair: ScoredPair) -> set[str]:
    return {f"{reason.comparison.code}.{reason.level.code}" for reason in pair.reasons}
