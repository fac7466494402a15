"""Whose the contacts without a name are, as a function of what is known now. Pure.

Of a contact that tells addresses and nothing else it depends on all others behind these addresses whose it is. So it
is decided for all of them together, by the rules of `identity` and of `strays`, in an order of their own: the order in
which they came decides nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from events.identity_hints import STRENGTH, IdentityKey, IdentityKind
from profiles.address_rules import are_of_many_families
from profiles.claims import CAPPED_KINDS, WEAK_KINDS, Claim, KeyLink, Person
from profiles.identity import IdentityMap
from profiles.ingest.strays import Reach, Record, SharedAddress, strays
from profiles.names import PersonName

NOBODY: Final = PersonName("", "")
START: Final = datetime(2000, 1, 1, tzinfo=UTC)
# A contact that leaves somebody may show that another one must: nothing goes round for ever.
MOST_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact of a service without a name: its record, and the service's id by which it is known."""

    key: IdentityKey
    record: Record

    @property
    def rank(self) -> tuple[int, str, str]:
        """The more addresses it tells the earlier it is asked about."""
        return (-len(self.record.addresses), self.key.kind, self.key.value)


@dataclass(slots=True)
class Somebody:
    """A customer without the contacts that may be theirs."""

    id: UUID
    keys: set[IdentityKey]
    names: set[PersonName] = field(default_factory=set)
    births: set[date] = field(default_factory=set)
    cannot_link: set[IdentityKey] = field(default_factory=set)
    records: list[Record] = field(default_factory=list)

    @property
    def is_somebody(self) -> bool:
        """Whether there is anybody at all without the contacts."""
        return bool(self.keys or self.names or self.records)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Everybody behind some addresses. `reach`: of the addresses whose holders are not all among them."""

    people: Sequence[Somebody]
    contacts: Sequence[Contact]
    reach: Mapping[IdentityKey, Reach]
    kept_apart: Mapping[IdentityKey, Collection[IdentityKey]]
    is_role: Callable[[str, str], bool]


Homes = dict[IdentityKey, UUID]


@dataclass(slots=True)
class Placement:
    """Whose each contact is: the id of somebody, or an id of its own that contacts have in common who are one.

    `joins`: people of whom a contact shows that they are one, the one who stays first.
    """

    homes: Homes = field(default_factory=dict)
    joins: list[tuple[UUID, UUID]] = field(default_factory=list)


def place(around: Neighbourhood) -> Placement:
    """Where each contact belongs. Where some people prove to be one that is all, and is to be asked again with them."""
    contacts = sorted(around.contacts, key=lambda one: one.rank)
    away: dict[IdentityKey, set[UUID]] = {}
    placed: Homes = {}
    pending = contacts
    for _ in range(MOST_ROUNDS):
        placed, joins = _resolved(around, placed, pending, away)
        if joins:
            return Placement(joins=joins)
        leaving = _strays(around, placed)
        pending = [one for one in contacts if one.key in leaving]
        if not pending:
            break
        for one in pending:
            away.setdefault(one.key, set()).add(placed.pop(one.key))
    else:
        placed, _ = _resolved(around, placed, pending, away)
    return Placement(placed)


def _resolved(
    around: Neighbourhood,
    placed: Homes,
    pending: Sequence[Contact],
    away: Mapping[IdentityKey, set[UUID]],
) -> tuple[Homes, list[tuple[UUID, UUID]]]:
    """Where all belong with those who are pending, each as if it came now, and which people are one by them."""
    identity_map = _map_of(around, _people(around, placed, away))
    found: dict[IdentityKey, Person] = {}
    for number, contact in enumerate(pending):
        identity_map.now = START + timedelta(days=1, seconds=number)
        person = identity_map.resolve(_claim(contact)).person.root
        person.cannot_link |= set(around.kept_apart.get(contact.key, ()))
        found[contact.key] = person
    solid = {one.id for one in around.people}
    joins = [(merge.winner.id, merge.loser.id) for merge in identity_map.merges]
    return (
        placed | {key: person.root.id for key, person in found.items()},
        [one for one in joins if solid.issuperset(one)],
    )


def _people(around: Neighbourhood, placed: Homes, away: Mapping[IdentityKey, set[UUID]]) -> list[Person]:
    """Everybody, with the contacts that are placed already; from whom those of `away` are kept."""
    people = {one.id: _person(one) for one in around.people}
    for number, contact in enumerate(sorted(around.contacts, key=lambda one: one.rank)):
        home = placed.get(contact.key)
        if home is not None:
            person = people.setdefault(home, Person(home, START + timedelta(seconds=number), is_new=False))
            person.keys |= {contact.key, *contact.record.addresses}
            person.cannot_link |= set(around.kept_apart.get(contact.key, ()))
    for key, ids in away.items():
        for person_id in ids & people.keys():
            people[person_id].cannot_link.add(key)
    return list(people.values())


def _map_of(around: Neighbourhood, people: Sequence[Person]) -> IdentityMap:
    """An identity map in which they are known, each by all keys; of several people who have one it is shared."""
    identity_map = IdentityMap(START, around.is_role)
    identity_map.crowds |= {key for key, reach in around.reach.items() if reach is Reach.MANY}
    holders: dict[IdentityKey, list[Person]] = {}
    for person in people:
        identity_map.add_person(person)
        for key in person.keys:
            holders.setdefault(key, []).append(person)
    for key, found in holders.items():
        for person in found:
            identity_map.add_link(KeyLink(key, person, person.id, 0, "", "", is_shared=len(found) > 1))
    return identity_map


def _person(one: Somebody) -> Person:
    person = Person(one.id, START, is_new=False)
    person.keys = set(one.keys)
    person.names = set(one.names)
    person.births = set(one.births)
    person.cannot_link = set(one.cannot_link)
    for key in one.keys:
        if key.kind in CAPPED_KINDS:
            person.capped.setdefault(key.kind, set()).add(key.value)
    return person


def _claim(contact: Contact) -> Claim:
    addresses = sorted(
        contact.record.addresses, key=lambda key: (STRENGTH[IdentityKind(key.kind)], key.value)
    )
    return Claim((contact.key, *addresses), NOBODY, None, "", contact.key.value, START)


def _strays(around: Neighbourhood, placed: Homes) -> set[IdentityKey]:
    """The contacts that would not stay where they are placed, now that all others are placed as well."""
    records: dict[UUID, list[Record]] = {one.id: list(one.records) for one in around.people}
    keys: dict[UUID, set[IdentityKey]] = {one.id: set(one.keys) for one in around.people}
    contact_of = {one.record.id: one.key for one in around.contacts}
    for contact in around.contacts:
        home = placed[contact.key]
        records.setdefault(home, []).append(contact.record)
        keys.setdefault(home, set()).update(contact.record.addresses)
    holders: dict[IdentityKey, list[UUID]] = {}
    for one in sorted(keys):
        for key in keys[one]:
            if key.kind in WEAK_KINDS:
                holders.setdefault(key, []).append(one)
    # Who has nothing but contacts is asked by nobody whether they belong together.
    hosts = {one.id for one in around.people if one.records}
    leaving: set[IdentityKey] = set()
    for key in sorted({key for contact in around.contacts for key in contact.record.addresses}):
        shared = SharedAddress(
            key, [records[one] for one in holders[key]], _reach(around, key, holders, records)
        )
        if len(holders[key]) == 1 or around.reach.get(key) is Reach.MANY:
            continue
        for number, one in enumerate(holders[key]):
            for group in strays(shared, number) if one in hosts else ():
                if all(record.id in contact_of for record in group):
                    leaving |= {contact_of[record.id] for record in group}
    return leaving


def _reach(
    around: Neighbourhood,
    key: IdentityKey,
    holders: Mapping[IdentityKey, Sequence[UUID]],
    records: Mapping[UUID, Sequence[Record]],
) -> dict[IdentityKey, Reach]:
    """How far the addresses of whoever has this one reach."""
    told = {address for one in holders[key] for record in records[one] for address in record.addresses}
    reach = {
        address: Reach.FEW if len(holders.get(address, ())) > 1 else Reach.ONE for address in {key, *told}
    }
    reach |= {address: found for address, found in around.reach.items() if address in reach}
    names = [[name for record in records[one] for name in record.names] for one in holders[key]]
    if around.is_role(*key) or are_of_many_families(names):
        reach[key] = Reach.MANY
    return reach
