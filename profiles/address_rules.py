"""What speaks against joining by an e-mail address or a phone, and when an address alone is not enough. Pure.

Docs: `docs/identity.md`, *Resolution* and *The name guard*.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from events.identity_hints import SINGLE_KINDS, STRENGTH, IdentityKey, IdentityKind
from profiles.claims import CAPPED_KINDS, WEAK_KINDS, Claim, KeyLink, Person
from profiles.names import (
    PersonName,
    is_same_full_name,
    is_slip_of,
    is_spelled_in,
    may_be_one_family,
    names_disagree,
)

# An address of people of so many last names is an office's, whatever it is called.
FAMILIES_OF_AN_OFFICE: Final = 3
NAMELESS, INITIAL, NAMED = range(3)


def exceeds_caps(claim: Claim, person: Person) -> bool:
    """Whether the claim would give the person a second id of a capped kind, or a key it must not be linked with."""
    if not person.cannot_link.isdisjoint(claim.keys):
        return True
    return any(
        key.kind in CAPPED_KINDS and person.capped.get(key.kind, {key.value}) - {key.value}
        for key in claim.keys
    )


def people_exceed_caps(one: Person, other: Person) -> bool:
    """The same for two people."""
    if not one.cannot_link.isdisjoint(other.keys) or not other.cannot_link.isdisjoint(one.keys):
        return True
    return any(len(one.capped.get(kind, set()) | other.capped.get(kind, set())) > 1 for kind in CAPPED_KINDS)


def contradicts(claim: Claim, person: Person) -> bool:
    """Whether the claim cannot be about the person, caps, birth and first name considered."""
    if exceeds_caps(claim, person):
        return True
    if claim.birth is not None and person.births and claim.birth not in person.births:
        return True
    return is_listed_twice(claim.keys, person.keys) or names_disagree(person.names, (claim.name,))


def are_different(one: Person, other: Person) -> bool:
    """The same question for two people."""
    if people_exceed_caps(one, other):
        return True
    if one.births and other.births and not one.births & other.births:
        return True
    return is_listed_twice(one.keys, other.keys) or names_disagree(one.names, other.names)


def is_listed_twice(ours: Iterable[IdentityKey], theirs: Collection[IdentityKey]) -> bool:
    """Whether one service has two records, with one mailbox and a phone of its own each: parent and child, rather.

    Somebody has one record at a service. A child of the same name has a number before a mailbox. Where both numbers
    are known it is for staff to say whether the mailbox is one person's, who has a new one.
    """
    ours = set(ours)
    if ours.isdisjoint(key for key in theirs if key.kind == IdentityKind.EMAIL):
        return False
    for kind in SINGLE_KINDS:
        our, their = ({key for key in keys if key.kind == kind} for keys in (ours, theirs))
        if our and their and our.isdisjoint(their):
            our, their = (addresses_of(keys, IdentityKind.PHONE) for keys in (ours, theirs))
            return bool(our and their) and our.isdisjoint(their)
    return False


def says_too_little(
    claim: Claim,
    key: IdentityKey,
    person: Person | None,
    found: Person,
    is_of_many: Callable[[IdentityKey], bool],
) -> bool:
    """Whether an address alone would join a name with none, or with an initial, of whom another address differs.

    Numbers are passed on and lent, mailboxes shared in families; of somebody without a name nothing else tells, and of
    two without names a number tells nothing where each has a mailbox of its own. Enough is a second address of both, a
    slip of the pen apart or not, or a mailbox that spells the first name. Addresses of many count neither way. Mere
    addresses, known to no service, may be anybody's. A name that comes later decides.
    """
    if all(one.kind in WEAK_KINDS for one in claim.keys) or all(one.kind in WEAK_KINDS for one in found.keys):
        return False
    ours = {claim.name, *(person.names if person is not None else ())}
    our_clarity, their_clarity = _clarity(ours), _clarity(found.names)
    if our_clarity == their_clarity and not (our_clarity == NAMELESS and key.kind == IdentityKind.PHONE):
        return False
    our_keys = {*claim.keys, *(person.keys if person is not None else ())}
    other_kind = IdentityKind.EMAIL if key.kind == IdentityKind.PHONE else IdentityKind.PHONE
    mine, theirs = (
        [one.value for one in keys if one.kind == other_kind and not is_of_many(one)]
        for keys in (our_keys, found.keys)
    )
    if any(is_slip_of(one, other) for one in mine for other in theirs):
        return False
    if _is_name_in_mailbox(ours, our_keys, found):
        return False
    if our_clarity == their_clarity:
        return bool(mine and theirs)
    is_nameless = NAMELESS in (our_clarity, their_clarity)
    return bool(mine and theirs) or (is_nameless and key.kind == IdentityKind.PHONE)


def is_mere_mailbox(claim: Claim, is_of_many: Callable[[IdentityKey], bool]) -> bool:
    """Whether a claim tells nothing but addresses of many: it is about the office, not about one of its people."""
    return not claim.name.first and all(key.kind in WEAK_KINDS and is_of_many(key) for key in claim.keys)


def is_office_of(person: Person, key: IdentityKey, is_of_many: Callable[[IdentityKey], bool]) -> bool:
    """Whether somebody is nothing but addresses of many, without a name, and this is the first of them.

    The first is the one under which claims about an office are kept; a second one of theirs has an office of its own.
    """
    if person.names or not all(one.kind in WEAK_KINDS and is_of_many(one) for one in person.keys):
        return False
    return min(person.keys, key=lambda one: (STRENGTH[IdentityKind(one.kind)], one.value)) == key


def _clarity(names: Iterable[PersonName]) -> int:
    """How clearly somebody's first name is known."""
    return max((INITIAL if name.is_initial else NAMED for name in names if name.first), default=NAMELESS)


def the_closest(claim: Claim, people: Iterable[Person]) -> set[Person]:
    """Of those behind an address whose name is known and fits, the ones whom it fits best; several if nothing tells.

    The name to the letter tells, since brothers' may be alike, then the whole one, then a first name written out, since
    an initial fits many, then the claim's other address.
    """
    named = {one for one in people if _clarity(one.names) > NAMELESS}
    tests: tuple[Callable[[Person], bool], ...] = (
        lambda one: bool(claim.name.last) and claim.name in one.names,
        lambda one: any(is_same_full_name(claim.name, name) for name in one.names),
        lambda one: _clarity(one.names) >= _clarity((claim.name,)),
    )
    for test in tests:
        if len(named) > 1:
            named = {one for one in named if test(one)} or named
    return (with_all_addresses(claim, named) or named) if len(named) > 1 else named


def _is_name_in_mailbox(ours: Iterable[PersonName], our_keys: Iterable[IdentityKey], found: Person) -> bool:
    """Whether a mailbox of the one spells the first name of the other."""
    sides = (
        (ours, addresses_of(found.keys, IdentityKind.EMAIL)),
        (found.names, addresses_of(our_keys, IdentityKind.EMAIL)),
    )
    return any(is_spelled_in(names, mailbox.value) for names, mailboxes in sides for mailbox in mailboxes)


def addresses_of(keys: Iterable[IdentityKey], kind: str) -> set[IdentityKey]:
    """Of these keys the e-mail addresses, or the phones."""
    return {key for key in keys if key.kind == kind}


def have_other_mailboxes(claim: Claim, found: Person) -> bool:
    """Whether both have e-mail addresses, and none in common."""
    ours, theirs = (addresses_of(keys, IdentityKind.EMAIL) for keys in (claim.keys, found.keys))
    return bool(ours and theirs) and ours.isdisjoint(theirs)


def are_apart_but_for_number(ones: Iterable[IdentityKey], others: Iterable[IdentityKey]) -> bool:
    """Whether two who tell no name have a number in common at most, and mailboxes that are two people's."""
    ours, theirs = set(ones), set(others)
    our, their = (addresses_of(keys, IdentityKind.EMAIL) for keys in (ours, theirs))
    return bool(our and their) and not any(
        is_slip_of(one.value, other.value) for one in our for other in their
    )


def have_other_families(ones: Iterable[PersonName], others: Iterable[PersonName]) -> bool:
    """Whether both tell last names, and none of the one may be the other's."""
    our, their = ({name.family for name in names if name.family} for names in (ones, others))
    return bool(our and their) and not any(may_be_one_family(one, other) for one in our for other in their)


def are_of_many_families(people: Iterable[Iterable[PersonName]]) -> bool:
    """Whether the people's last names are so many different ones that no family has them all."""
    families: list[str] = []
    for names in people:
        told = [name.family for name in names if name.family]
        if told and not any(may_be_one_family(one, other) for one in told for other in families):
            families.append(told[0])
            if len(families) >= FAMILIES_OF_AN_OFFICE:
                return True
    return False


def with_all_addresses(claim: Claim, people: Collection[Person]) -> set[Person]:
    """Of several behind one address those who have the claim's other address too; nobody where it has but one."""
    wanted = {key for key in claim.keys if key.kind in WEAK_KINDS}
    return {one for one in people if wanted <= one.keys} if len(wanted) > 1 else set()


def is_given_twice(claim: Claim, found: Person) -> bool:
    """Whether an id seems to be two people's: it leads to somebody of another first and last name, by no address."""
    if not claim.name.first or not claim.name.last or not names_disagree(found.names, (claim.name,)):
        return False
    return have_other_families((claim.name,), found.names) and found.keys.isdisjoint(
        key for key in claim.keys if key.kind in WEAK_KINDS
    )


def is_shared(rows: Sequence[KeyLink]) -> bool:
    """Whether a key has several people behind it; those of them that were merged since are one."""
    return rows[0].is_shared and len({row.person.root for row in rows}) > 1
