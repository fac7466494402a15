"""Addresses that thousands have: of the people behind an office's mailbox only those are loaded who may matter.

An address of many joins nobody without the whole name (`profiles.address_rules`). So of a crowd those matter whose
name may be one of those that a batch tells, those who hold another key of it, and the mailbox itself: a record without
a name.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from events.identity_hints import IdentityKey
from profiles.address_rules import are_of_many_families
from profiles.claims import WEAK_KINDS, Claim
from profiles.club import Club
from profiles.identity import IdentityMap
from profiles.ingest import statements as sql
from profiles.names import PersonName, is_same_full_name, is_spelled_in, may_be_one_family, without_titles
from profiles.normalise import folded


class Member(NamedTuple):
    """One of a crowd: the row of its identifier, whose it is, and what that one's records call them."""

    row_id: int
    profile_id: UUID
    names: tuple[PersonName, ...]


def crowded_keys(identity_map: IdentityMap, claims: Iterable[Claim]) -> set[IdentityKey]:
    """The addresses of these claims of which not everybody was loaded."""
    return {
        key
        for claim in claims
        for key in claim.keys
        if key.kind in WEAK_KINDS and len(identity_map.rows(key)) > sql.MOST_HOLDERS
    }


def rows_that_matter(
    cursor: Any, club: Club, identity_map: IdentityMap, claims: Sequence[Claim], keys: Collection[IdentityKey]
) -> list[int]:
    """The identifiers of crowds that are not loaded yet and may matter to the claims; two statements, or three.

    Marks the addresses of many in the map (`crowds`). Of an address of few families, however many people have it,
    everybody matters.
    """
    if not keys:
        return []
    loaded = {person.profile_id for person in identity_map.people.values()}
    known = {link.id for key in keys for link in identity_map.rows(key)}
    chosen: set[int] = set()
    for key, members in _members(cursor, club.id, keys).items():
        if not club.is_role(*key) and not are_of_many_families([one.names for one in members]):
            chosen.update(one.row_id for one in members)
            continue
        identity_map.crowds.add(key)
        told = _names_told(identity_map, claims, key)
        chosen.update(one.row_id for one in members if one.profile_id in loaded)
        chosen.update(one.row_id for one in _named(members, told))
        nameless = _mailbox_first(cursor, club.id, [one for one in members if not one.names])
        spelled = [one.row_id for one in members if is_spelled_in(one.names, key.value)]
        chosen.update(nameless[: sql.MOST_HOLDERS], sorted(spelled)[: sql.MOST_HOLDERS])
    return sorted(chosen - known)


def _members(
    cursor: Any, tenant_id: UUID, keys: Collection[IdentityKey]
) -> Mapping[IdentityKey, list[Member]]:
    sql.WANTED_KEY.fill(cursor, sorted(keys))
    cursor.execute(sql.CROWD, {"tenant": tenant_id})
    found: dict[IdentityKey, dict[int, tuple[UUID, set[PersonName]]]] = {key: {} for key in keys}
    for kind, value, row_id, profile_id, first, last in cursor.fetchall():
        names = found[IdentityKey(kind, value)].setdefault(row_id, (profile_id, set()))[1]
        if first:
            names.add(PersonName.of(folded(first), folded(last or "")))
    return {
        key: [Member(row_id, profile_id, tuple(names)) for row_id, (profile_id, names) in members.items()]
        for key, members in found.items()
    }


def _mailbox_first(cursor: Any, tenant_id: UUID, nameless: Sequence[Member]) -> list[int]:
    """Rows of those without a name: first whoever no service knows, the office itself, then by age."""
    if len(nameless) <= sql.MOST_HOLDERS:
        return [one.row_id for one in nameless]
    cursor.execute(sql.KNOWN_TO_SERVICES, [tenant_id, [one.profile_id for one in nameless]])
    known = {profile_id for (profile_id,) in cursor.fetchall()}
    return sorted(
        (one.row_id for one in nameless),
        key={one.row_id: (one.profile_id in known, one.row_id) for one in nameless}.__getitem__,
    )


def _names_told(identity_map: IdentityMap, claims: Iterable[Claim], key: IdentityKey) -> set[PersonName]:
    """What the claims with this address call their people, and what those are called who have another key of theirs."""
    told: set[PersonName] = set()
    for claim in claims:
        if key not in claim.keys:
            continue
        told.add(claim.name)
        for other in claim.keys:
            if other != key:
                for link in identity_map.rows(other):
                    told |= link.person.names
    return {name for name in told if name.first and name.last}


def _named(members: Iterable[Member], told: Collection[PersonName]) -> list[Member]:
    """Those of whose names one may be one of these, first and last name; families are compared once."""
    by_family: dict[str, list[tuple[Member, PersonName]]] = {}
    by_word: dict[str, list[tuple[Member, PersonName]]] = {}
    for member in members:
        for name in member.names:
            by_family.setdefault(name.family, []).append((member, name))
            # First and last name may be swapped; then one of them is the same to the letter.
            for word in {name.first, without_titles(name.last)}:
                by_word.setdefault(word, []).append((member, name))
    found: dict[int, Member] = {}
    for family in {name.family for name in told}:
        wanted = [name for name in told if name.family == family]
        alike = [
            one for other, group in by_family.items() if may_be_one_family(family, other) for one in group
        ]
        swapped = [one for name in wanted for word in (name.first, family) for one in by_word.get(word, ())]
        for member, name in (*alike, *swapped):
            if any(is_same_full_name(one, name) for one in wanted):
                found[member.row_id] = member
    return list(found.values())
