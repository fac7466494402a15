"""Bringing contacts without a name to whom they belong by all that is known now (`placing`), after every change."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from events.identity_hints import IdentityKey
from profiles.claims import WEAK_KINDS, Person
from profiles.club import Club
from profiles.ingest.around import crowded, holders_at, links_of
from profiles.ingest.contacts import MAILBOX
from profiles.ingest.people import load_people
from profiles.ingest.placing import Contact, Neighbourhood, Somebody, place
from profiles.ingest.reexamining import (
    Holder,
    Told,
    kept_addresses,
    load_holders,
    parts_by_origin,
    read_events_of,
    split_of,
)
from profiles.ingest.strays import Reach, is_mere_address
from profiles.merging.actions import merge_many
from profiles.merging.reassignment import AUTOMATIC, NewMerge
from profiles.merging.splitting import split_off
from profiles.models import Identifier
from tenants.actors import acting_as, program

# From an address over its contacts to their other addresses, and on: so many steps, and so many customers more than
# stand at the first addresses. Where somebody would be farther away, nobody moves.
MOST_STEPS: Final = 8
MOST_CUSTOMERS: Final = 200
# People whom a contact shows to be one may show more.
MOST_LOOKS: Final = 3


@dataclass(slots=True)
class Around:
    """The customers behind some addresses: `floating` are the contacts without a name, by customer and record."""

    holders: dict[UUID, Holder] = field(default_factory=dict)
    holders_of: dict[IdentityKey, set[UUID]] = field(default_factory=dict)
    crowds: set[IdentityKey] = field(default_factory=set)
    keys: dict[UUID, set[IdentityKey]] = field(default_factory=dict)
    events: dict[UUID, list[Told]] = field(default_factory=dict)
    floating: dict[UUID, dict[int, Contact]] = field(default_factory=dict)
    # What customers who may get a contact share with others; and the addresses whose holders were not looked for.
    shared: dict[UUID, set[IdentityKey]] = field(default_factory=dict)
    beyond: set[IdentityKey] = field(default_factory=set)


@dataclass(slots=True)
class Plan:
    """What is to be moved: customer → (home → records). `homes`: home → customer, as far as there is one yet."""

    solid: set[UUID] = field(default_factory=set)
    joins: list[NewMerge] = field(default_factory=list)
    staying: set[UUID] = field(default_factory=set)
    going: dict[UUID, dict[UUID, list[int]]] = field(default_factory=dict)
    homes: dict[UUID, UUID] = field(default_factory=dict)


def settle(cursor: Any, club: Club, keys: Collection[IdentityKey]) -> int:
    """Bring the contacts behind these addresses to whom they belong; returns how many moved.

    Where staff merged somebody all stay where they are, until that merge is taken back. Needs the tenant's identity
    lock alone, the scope and a transaction.
    """
    moved = 0
    with acting_as(program("profiles.shared_addresses")):
        for _ in range(MOST_LOOKS):
            around = _load({key for key in keys if key.kind in WEAK_KINDS and not club.is_role(*key)}, club)
            groups = list(_groups(around))
            if not groups:
                break
            traits = _traits(cursor, club, around, chain.from_iterable(groups))
            joins: list[NewMerge] = []
            for group in groups:
                plan = _plan(club, around, group, traits)
                if not plan.going and not plan.joins:
                    continue
                # What records said before, and which of them events name together, is asked only where it matters.
                for one in group:
                    around.events[one] = read_events_of(cursor, club, around.holders[one])
                    _float(around, one)
                plan = _plan(club, around, group, traits)
                joins += plan.joins
                moved += _move(cursor, club, around, plan)
            if not joins:
                break
            merge_many(joins)
            moved += len(joins)
    return moved


def _load(keys: Collection[IdentityKey], club: Club) -> Around:
    around = Around()
    wanted = set(keys)
    most = 0
    for _ in range(MOST_STEPS):
        crowds = crowded({key.value for key in wanted})
        around.crowds |= {key for key in wanted if key.value in crowds or club.is_role(*key)}
        wanted -= around.crowds
        if not wanted:
            break
        for key, profile_id in holders_at({key.value for key in wanted}):
            around.holders_of.setdefault(key, set()).add(profile_id)
        wanted = {key for key in wanted if key in around.holders_of}
        new = {one for key in wanted for one in around.holders_of[key]} - around.holders.keys()
        around.holders |= load_holders(new)
        for one in new:
            _float(around, one)
        told = {
            key
            for one in new
            for contact in around.floating[one].values()
            for key in contact.record.addresses
        }
        # Of whoever may get a contact all contacts count that they may get.
        near = {one for key in wanted & _told(around) for one in around.holders_of[key]}
        for link in links_of(near):
            if link.kind in WEAK_KINDS and link.is_shared:
                around.shared.setdefault(link.profile_id, set()).add(IdentityKey(link.kind, link.value))
        told |= {key for one in near for key in around.shared.get(one, ())}
        wanted = told - around.holders_of.keys() - around.crowds
        most = most or len(around.holders) + MOST_CUSTOMERS
        if len(around.holders) > most:
            break
    around.beyond = wanted
    return around


def _told(around: Around) -> set[IdentityKey]:
    """The addresses that contacts without a name tell."""
    return {
        key
        for contacts in around.floating.values()
        for contact in contacts.values()
        for key in contact.record.addresses
    }


def _float(around: Around, profile_id: UUID) -> None:
    """Find out which records of a customer are contacts without a name."""
    holder = around.holders[profile_id]
    around.floating[profile_id] = {
        pk: Contact(IdentityKey(link.kind, link.value), record)
        for pk, record in holder.records.items()
        if is_mere_address(record) and not record.births and not record.ties and pk not in holder.partial
        for link in (holder.links[pk],)
    }


def _groups(around: Around) -> Iterator[list[UUID]]:
    """The customers in groups that have no address of a contact in common.

    Groups without contacts, with somebody whom staff merged, and with somebody who is not known whole are left out.
    """
    left = set(around.holders)
    told = {
        one: {key for contact in contacts.values() for key in contact.record.addresses}
        for one, contacts in around.floating.items()
    }
    neighbours: dict[UUID, set[UUID]] = {one: set() for one in left}
    for one, keys in told.items():
        for key in keys - around.crowds:
            for other in around.holders_of.get(key, set()) & left:
                neighbours[one].add(other)
                neighbours[other].add(one)
    while left:
        group, border = set(), {min(left)}
        while border:
            one = border.pop()
            group.add(one)
            border |= neighbours[one] - group
        left -= group
        is_whole = all(around.beyond.isdisjoint(told[one] | around.shared.get(one, set())) for one in group)
        is_by_staff = any(around.holders[one].is_by_staff for one in group)
        if any(around.floating[one] for one in group) and is_whole and not is_by_staff:
            yield sorted(group)


def _traits(cursor: Any, club: Club, around: Around, profile_ids: Iterable[UUID]) -> dict[UUID, list[Person]]:
    """What is known of these customers, all their keys included."""
    for link in links_of(set(profile_ids)):
        around.keys.setdefault(link.profile_id, set()).add(IdentityKey(link.kind, link.value))
    traits: dict[UUID, list[Person]] = {}
    keys = {key for found in around.keys.values() for key in found} - around.crowds
    for person in load_people(cursor, club, keys, timezone.now()):
        traits.setdefault(person.profile_id, []).append(person)
    return traits


def _plan(club: Club, around: Around, group: Sequence[UUID], traits: Mapping[UUID, Sequence[Person]]) -> Plan:
    """Whose the contacts in a group of customers are, as far as is known of them by now."""
    contacts = {contact.key: (one, pk) for one in group for pk, contact in around.floating[one].items()}
    solid = [one for one in (_somebody(around, pk, traits.get(pk, ())) for pk in group) if one.is_somebody]
    placement = place(
        Neighbourhood(
            solid,
            [around.floating[one][pk] for one, pk in contacts.values()],
            dict.fromkeys(around.crowds, Reach.MANY),
            {
                key: {other for person in traits.get(one, ()) for other in person.cannot_link}
                for key, (one, _) in contacts.items()
            },
            club.is_role,
        )
    )
    if placement.joins:
        evidence = {"addressOf": "one"}
        return Plan(joins=[NewMerge(winner, loser, AUTOMATIC, evidence) for winner, loser in placement.joins])
    solid_ids = {one.id for one in solid}
    plan = Plan(solid_ids, homes=_homes(placement.homes, contacts, solid_ids))
    for key, (current, pk) in contacts.items():
        home = placement.homes[key]
        if plan.homes.get(home) == current:
            plan.staying.add(current)
        else:
            plan.going.setdefault(current, {}).setdefault(home, []).append(pk)
    return plan


def _homes(
    placed: Mapping[IdentityKey, UUID], contacts: Mapping[IdentityKey, tuple[UUID, int]], solid: set[UUID]
) -> dict[UUID, UUID]:
    """Which customers the homes are: contacts that are nobody's stay with a customer that is nothing but contacts."""
    members: dict[UUID, list[tuple[int, UUID]]] = {}
    for key, home in placed.items():
        current, pk = contacts[key]
        members.setdefault(home, []).append((pk, current))
    homes = {home: home for home in members if home in solid}
    for home in sorted(members.keys() - solid, key=lambda one: min(members[one])):
        free = [one for one in members[home] if one[1] not in solid and one[1] not in homes.values()]
        if free:
            homes[home] = min(free)[1]
    return homes


def _somebody(around: Around, profile_id: UUID, traits: Sequence[Person]) -> Somebody:
    """A customer without its contacts: the keys that are said of the rest."""
    holder, contacts = around.holders[profile_id], around.floating[profile_id]
    keys = set(around.keys[profile_id])
    if contacts:
        told = {key for contact in contacts.values() for key in contact.record.addresses}
        keys -= told - kept_addresses(holder, contacts.keys(), around.events.get(profile_id, []))
        keys -= {contact.key for contact in contacts.values()}
    return Somebody(
        profile_id,
        keys,
        names={name for person in traits for name in person.names},
        births={birth for person in traits for birth in person.births},
        cannot_link={key for person in traits for key in person.cannot_link},
        records=[record for pk, record in holder.records.items() if pk not in contacts],
    )


def _move(cursor: Any, club: Club, around: Around, plan: Plan) -> int:
    """Make the customers agree with the plan; returns how many contacts moved."""
    merges: list[NewMerge] = []
    count = 0
    for current, going in sorted(plan.going.items()):
        stays = current in plan.solid | plan.staying
        for number, (home, pks) in enumerate(sorted(going.items(), key=lambda each: min(each[1]))):
            count += len(pks)
            is_whole = not stays and number == len(going) - 1
            parts = [current] if is_whole else _split(cursor, club, around, current, pks)
            target = plan.homes.setdefault(home, parts[0])
            evidence = {"key": "email", "addressOf": "one" if target in plan.solid else MAILBOX}
            merges += [NewMerge(target, part, AUTOMATIC, evidence) for part in parts if part != target]
    merge_many(merges)
    return count


def _split(cursor: Any, club: Club, around: Around, profile_id: UUID, pks: list[int]) -> list[UUID]:
    holder = around.holders[profile_id]
    found: list[UUID] = []
    for part in parts_by_origin(holder, [holder.records[pk] for pk in sorted(pks)]):
        key = min(key for record in part for key in record.addresses)
        split = split_of(holder, key, part, around.events[profile_id])
        for address in set(split.kept) & set(split.addresses):
            Identifier.objects.filter(kind=address.kind, value=address.value).update(is_shared=True)
        found.append(split_off(cursor, club, split))
        holder.let_go(part)
        _forget(holder, split.addresses, kept_addresses(holder, (), around.events[profile_id]))
    return found


def _forget(holder: Holder, addresses: Collection[IdentityKey], kept: Collection[IdentityKey]) -> None:
    """Take the rows of addresses from a customer that only those told who left.

    What staff merged or the rules joined has a row for each side; those of a side that tells the address no more go.
    """
    telling: dict[IdentityKey, set[UUID]] = {}
    for pk, record in holder.records.items():
        for key in record.addresses:
            telling.setdefault(key, set()).add(holder.links[pk].origin_profile_id)
    rows = Identifier.objects.filter(profile_id=holder.profile_id, kind__in=WEAK_KINDS, is_shared=True)
    gone = [
        row.pk
        for row in rows.filter(value__in={key.value for key in addresses})
        for key in (IdentityKey(row.kind, row.value),)
        if key not in kept or (telling.get(key) and row.origin_profile_id not in telling[key])
    ]
    Identifier.objects.filter(pk__in=gone).delete()
