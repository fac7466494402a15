"""Which records stand with a person by nothing but an address that many have. Pure.

An address joins records as long as it seems to be one person's. Once several people are known to have it, what it
joined before is looked at again, by the rules that would have held had all been known from the start: the order in
which records come decides nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final

from events.identity_hints import IdentityKey
from profiles.address_rules import are_apart_but_for_number
from profiles.claims import CAPPED_KINDS
from profiles.names import PersonName, is_same_full_name, is_spelled_in, names_disagree

SEVERAL: Final = 2


@dataclass(frozen=True, slots=True)
class Record:
    """What one service's record (its identifier's row) says of somebody; `addresses` in normal form."""

    id: int
    kind: str
    names: frozenset[PersonName]
    births: frozenset[date]
    addresses: frozenset[IdentityKey]
    # Records that one event named together with this one.
    ties: frozenset[int] = frozenset()


class Reach(IntEnum):
    """Whose an address is: one person's, a family's, or an office's, which needs the last name as well."""

    ONE = 1
    FEW = 2
    MANY = 3


@dataclass(frozen=True, slots=True)
class SharedAddress:
    """An address with the records of everybody who has it, and the reach of it and of every other address of theirs."""

    key: IdentityKey
    holders: Sequence[Sequence[Record]]
    reach: Mapping[IdentityKey, Reach]


def strays(shared: SharedAddress, person: int) -> list[list[Record]]:
    """The groups of a holder's records (`person`: the place in `holders`) that are somebody else's as far as is known.

    What no address explains stays where it is, and so does the group with the oldest record.
    """
    records = sorted(shared.holders[person], key=lambda record: record.id)
    others = [record for place, them in enumerate(shared.holders) if place != person for record in them]
    is_own = is_mailbox_of(shared, person)
    groups: list[list[Record]] = []
    for record in records:
        tied = [
            group
            for group in groups
            if any(
                (is_own and _is_nameless(record, one))
                or _have_all(shared, person, record, one)
                or _belong(shared, others, record, one)
                for one in group
            )
        ]
        groups = [group for group in groups if group not in tied]
        groups.append([one for group in tied for one in group] + [record])
    groups.sort(key=lambda group: min((shared.key not in one.addresses, one.id) for one in group))
    explained = [group for group in groups if all(shared.key in one.addresses for one in group)]
    staying = [group for group in groups if group not in explained] or [_host(explained)]
    return [group for group in explained if group not in staying]


def is_mailbox_of(shared: SharedAddress, person: int) -> bool:
    """Whether the address spells the first name of this one of its holders and of no other: the nameless are theirs."""
    spelled = [
        is_spelled_in((name for record in records for name in record.names), shared.key.value)
        for records in shared.holders
    ]
    return spelled[person] and sum(spelled) == 1


def _have_all(shared: SharedAddress, person: int, one: Record, other: Record) -> bool:
    """Whether one of the two is a contact of two addresses, which its customer has without it, and nobody else has."""
    return any(
        is_mere_address(mere)
        and not mere.addresses.isdisjoint(beside.addresses)
        and sole_holder(shared, mere) == person
        for mere, beside in ((one, other), (other, one))
    )


def sole_holder(shared: SharedAddress, mere: Record) -> int | None:
    """Which of the holders alone has all addresses of a contact without a name, itself aside; None of one address."""
    if len(mere.addresses) < SEVERAL or shared.key not in mere.addresses:
        return None
    if any(shared.reach.get(one) is Reach.MANY for one in (shared.key, *mere.addresses)):
        return None
    found = [
        place
        for place, records in enumerate(shared.holders)
        if mere.addresses <= {address for one in records if one is not mere for address in one.addresses}
    ]
    return found[0] if len(found) == 1 else None


def _is_nameless(one: Record, other: Record) -> bool:
    return not one.names or not other.names


def is_mere_address(record: Record) -> bool:
    """Whether it is nobody but an address: without a name, and of a kind of which a person may have several."""
    return not record.names and record.kind not in CAPPED_KINDS


def _host(groups: Sequence[list[Record]]) -> list[Record]:
    """Of groups that only the address joins the one that keeps the customer: with a name, then the oldest."""
    return min(groups, key=lambda group: (not any(one.names for one in group), min(one.id for one in group)))


def _belong(shared: SharedAddress, others: Iterable[Record], one: Record, other: Record) -> bool:
    """Whether two records of a person belong together by more than the address, or by it with a name of its own."""
    common = one.addresses & other.addresses
    if one.id in other.ties or other.id in one.ties or one.births & other.births:
        return True
    if any(shared.reach[key] is Reach.ONE for key in common):
        return True
    if common and all(is_mere_address(record) for record in (one, other)):
        if are_apart_but_for_number(one.addresses, other.addresses):
            return False
        return min(shared.reach[key] for key in common) is not Reach.MANY
    if not common or not _fits(one, other, min(shared.reach[key] for key in common)):
        return False
    return not any(_is_rival(one, other, third, shared.reach[shared.key]) for third in others)


def _fits(one: Record, other: Record, reach: Reach) -> bool:
    """Whether the names, as far as they must be known, and the births may be one person's."""
    if not one.names or not other.names or names_disagree(one.names, other.names):
        return False
    if one.births and other.births and not one.births & other.births:
        return False
    return reach is not Reach.MANY or any(is_same_full_name(a, b) for a in one.names for b in other.names)


def _is_rival(one: Record, other: Record, third: Record, reach: Reach) -> bool:
    """Whether somebody else behind the address, of another birth, could as well be the person of one of the two."""
    born = one.births | other.births
    if not third.names or (one.births and other.births) or (born and not third.births):
        return False
    if born & third.births:
        return False
    alike = one.names & other.names
    if any(name.last for name in alike) and alike.isdisjoint(third.names):
        # The name to the letter tells brothers apart whose names are alike.
        return False
    return _fits(one, third, reach) if not one.births else _fits(other, third, reach)
