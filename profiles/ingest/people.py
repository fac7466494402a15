"""Loading what a batch needs to know about people, and resolving whom each event is about."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from events.identity_hints import IdentityKey
from profiles.births import distinctive
from profiles.claims import CAPPED_KINDS, WEAK_KINDS, Claim, KeyLink, Person
from profiles.club import Club
from profiles.golden_rows.statements import WANTED_PROFILE
from profiles.identity import IdentityMap, keys_of
from profiles.ingest import statements as sql
from profiles.ingest.crowds import crowded_keys, rows_that_matter
from profiles.names import PersonName
from profiles.normalise import folded
from profiles.vocabulary import CRM_RECORD


def load_identity_map(
    cursor: Any, club: Club, claims: Sequence[Claim], now: datetime, *, with_traits: bool = True
) -> IdentityMap:
    """The identifiers that the claims name and the people behind them; needs the tenant's identity lock.

    Names, births and ids are loaded of those for whom they matter; without traits nothing can be decided about anybody
    who is not known by every key (`needs_exclusive_lock`).
    """
    tenant_id = club.id
    identity_map = IdentityMap(now, club.is_role)
    _load_keys_and_people(cursor, tenant_id, identity_map, keys_of(claims))
    if with_traits:
        people = _in_question(identity_map, claims)
        _load_traits(cursor, tenant_id, identity_map, people)
        _load_crowds(cursor, club, identity_map, claims, people)
    return identity_map


def _load_crowds(
    cursor: Any, club: Club, identity_map: IdentityMap, claims: Sequence[Claim], loaded: set[Person]
) -> None:
    """Of addresses that crowds have, those of the crowd who may matter."""
    keys = crowded_keys(identity_map, claims)
    rows = rows_that_matter(cursor, club, identity_map, claims, keys)
    if rows:
        sql.WANTED_ROW.fill(cursor, ((row_id,) for row_id in rows))
        cursor.execute(sql.FIND_ROWS, {"tenant": club.id})
        _add_rows(identity_map, cursor.fetchall())
        _load_traits(cursor, club.id, identity_map, _in_question(identity_map, claims) - loaded)


def extend_identity_map(
    cursor: Any,
    club: Club,
    identity_map: IdentityMap,
    claims: Sequence[Claim],
    keys: Collection[IdentityKey],
) -> None:
    """Make known who has these keys of claims, which were not asked for before, with names, births and ids of all."""
    known = set(identity_map.people)
    _load_keys_and_people(cursor, club.id, identity_map, keys)
    people = {person for person_id, person in identity_map.people.items() if person_id not in known}
    _load_traits(cursor, club.id, identity_map, people)
    _load_crowds(cursor, club, identity_map, claims, set(identity_map.people.values()))


def load_people(cursor: Any, club: Club, keys: Collection[IdentityKey], now: datetime) -> Collection[Person]:
    """Whoever has one of these keys, with names, births, ids and of whom staff keep them apart."""
    identity_map = IdentityMap(now, club.is_role)
    _load_keys_and_people(cursor, club.id, identity_map, keys)
    people = set(identity_map.people.values())
    _load_traits(cursor, club.id, identity_map, people)
    return people


def _load_keys_and_people(
    cursor: Any, tenant_id: UUID, identity_map: IdentityMap, keys: Collection[IdentityKey]
) -> None:
    sql.WANTED_KEY.fill(cursor, keys)
    cursor.execute(sql.FIND_KEYS, {"tenant": tenant_id})
    _add_rows(identity_map, cursor.fetchall())


def _add_rows(identity_map: IdentityMap, rows: Iterable[Sequence[Any]]) -> None:
    for row in rows:
        person = identity_map.people.get(row[11])
        if person is None:
            person = Person(id=row[11], created_at=identity_map.now, is_new=False)
            person.profile_id = row[3]
            identity_map.add_person(person)
        identity_map.add_link(_link(row, person))


def _link(row: Sequence[Any], person: Person) -> KeyLink:
    row_id, kind, value, _, origin_id, confidence, source, event_id, is_shared, linked_at, unlinked_at, _ = (
        row
    )
    return KeyLink(
        key=IdentityKey(kind, value),
        person=person,
        origin_id=origin_id,
        confidence=confidence,
        source=source,
        event_id=event_id,
        id=row_id,
        is_shared=is_shared,
        linked_at=linked_at,
        unlinked_at=unlinked_at,
    )


def _in_question(identity_map: IdentityMap, claims: Iterable[Claim]) -> set[Person]:
    """The people whose names, births and ids matter: those a claim does not lead to with every key it has.

    A new record of the platform's own leads nowhere yet: of its other keys one that is no address decides for all.
    """
    people: set[Person] = set()
    for claim in claims:
        is_new_record = claim.keys[0].kind == CRM_RECORD and not identity_map.rows(claim.keys[0])
        keys = claim.keys[1:] if is_new_record else claim.keys
        found = [link for key in keys for link in identity_map.rows(key)]
        reached = {link.person for link in found}
        if (
            len(reached) > 1
            or len(found) < len(keys)
            or any(link.is_shared for link in found)
            or (is_new_record and _are_weak(keys))
            or depends_on_traits(identity_map, claim)
        ):
            people |= reached
    return people


def needs_exclusive_lock(identity_map: IdentityMap, claims: Sequence[Sequence[Claim]]) -> list[bool]:
    """Whether each event may change who is who, or is about a person whom another event may change."""
    found = [[_sole_holder(identity_map, claim) for claim in group] for group in claims]
    conflicted = {
        link.person
        for group, holders in zip(claims, found, strict=True)
        for claim, holder in zip(group, holders, strict=True)
        if holder is None
        for key in claim.keys
        for link in identity_map.rows(key)
    }
    return [any(holder is None or holder in conflicted for holder in holders) for holders in found]


def depends_on_traits(identity_map: IdentityMap, claim: Claim) -> bool:
    """Whether it takes more than its keys to say whom a claim is about, though each of them leads to somebody.

    Only addresses lead there, so that a name or a birth may speak against it; or only those of an office, which is
    nobody who has another key.
    """
    return _are_weak(claim.keys) and (
        bool(claim.name.first or claim.birth) or all(identity_map.is_role(key) for key in claim.keys)
    )


def _are_weak(keys: Iterable[IdentityKey]) -> bool:
    return all(key.kind in WEAK_KINDS for key in keys)


def _sole_holder(identity_map: IdentityMap, claim: Claim) -> Person | None:
    """The one person to whom every key of the claim leads; None when a key is new, shared, or leads elsewhere."""
    holder: Person | None = None
    for key in claim.keys:
        rows = identity_map.rows(key)
        if (
            depends_on_traits(identity_map, claim)
            or len(rows) != 1
            or rows[0].is_shared
            or (holder is not None and rows[0].person is not holder)
        ):
            return None
        holder = rows[0].person
    return holder


def _load_traits(cursor: Any, tenant_id: UUID, identity_map: IdentityMap, people: set[Person]) -> None:
    """Fill in what could contradict joining these people with others."""
    if not people:
        return
    tenant = {"tenant": tenant_id}
    WANTED_PROFILE.fill(cursor, ((profile_id,) for profile_id in {person.profile_id for person in people}))
    _load_names_and_births(cursor, tenant_id, _load_keys(cursor, tenant_id, identity_map))
    WANTED_PROFILE.fill(cursor, ((person.id,) for person in people))
    cursor.execute(sql.CREATION_TIMES, tenant)
    for profile_id, created_at in cursor.fetchall():
        identity_map.people[profile_id].created_at = created_at
    _load_cannot_links(cursor, tenant_id, people)


def _load_keys(cursor: Any, tenant_id: UUID, identity_map: IdentityMap) -> dict[int, Person]:
    """Every key of the wanted profiles' identities, where the identity map holds these; identifier id → identity."""
    cursor.execute(sql.KEYS_OF_PEOPLE, {"tenant": tenant_id})
    owners: dict[int, Person] = {}
    for identity_id, identifier_id, kind, value in cursor.fetchall():
        person = identity_map.people.get(identity_id)
        if person is not None:
            owners[identifier_id] = person
            person.keys.add(IdentityKey(kind, value))
            if kind in CAPPED_KINDS:
                person.capped.setdefault(kind, set()).add(value)
    return owners


def _load_names_and_births(cursor: Any, tenant_id: UUID, owners: Mapping[int, Person]) -> None:
    cursor.execute(sql.NAMES_AND_BIRTHS, [tenant_id])
    names: dict[tuple[Person, int, str], dict[str, str]] = {}
    for identifier_id, source, field, value in cursor.fetchall():
        person = owners.get(identifier_id)
        if person is None:
            continue
        if field == "dateOfBirth":
            if (birth := distinctive(date.fromisoformat(value))) is not None:
                person.births.add(birth)
        else:
            names.setdefault((person, identifier_id, source), {})[field] = folded(value)
    for (person, _, _), parts in names.items():
        if parts.get("firstName"):
            person.names.add(PersonName.of(parts["firstName"], parts.get("lastName", "")))


def _load_cannot_links(cursor: Any, tenant_id: UUID, people: Iterable[Person]) -> None:
    """Load the keys of others with whom staff said these people must never be joined."""
    holders: dict[str, list[Person]] = {}
    for person in people:
        for key in person.keys:
            holders.setdefault(f"{key.kind}:{key.value}", []).append(person)
    sql.WANTED_LINK_KEY.fill(cursor, ((key,) for key in holders))
    cursor.execute(sql.CANNOT_LINKS, {"tenant": tenant_id})
    for key, other in cursor.fetchall():
        kind, _, value = other.partition(":")
        for person in holders[key]:
            person.cannot_link.add(IdentityKey(kind, value))
