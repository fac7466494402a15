"""Loading what a batch needs to know about people, and resolving whom each event is about."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from events.identity_hints import IdentityKey
from profiles.identity import WEAK_KINDS, Claim, Directory, Holding, Person, keys_of
from profiles.ingest import statements as sql
from profiles.names import PersonName
from profiles.normalise import folded


def load_directory(cursor: Any, tenant_id: UUID, claims: Sequence[Claim], now: datetime) -> Directory:
    """The identifiers that the claims name and the people behind them; needs the tenant's identity lock."""
    directory = Directory(now)
    sql.WANTED_KEY.fill(cursor, keys_of(claims))
    cursor.execute(sql.FIND_KEYS, [tenant_id])
    for row in cursor.fetchall():
        person = directory.people.get(row[3])
        if person is None:
            person = Person(id=row[3], created_at=now, is_new=False)
            directory.add_person(person)
        directory.add_holding(_holding(row, person))
    _load_traits(cursor, tenant_id, directory, _in_question(directory, claims))
    return directory


def _holding(row: Sequence[Any], person: Person) -> Holding:
    (row_id, kind, value, _, origin_id, confidence, source, event_id, is_shared, linked_at, unlinked_at) = row
    return Holding(
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


def _in_question(directory: Directory, claims: Iterable[Claim]) -> set[Person]:
    """The people whose names, births and ids matter: those a claim does not lead to with every key it has."""
    people: set[Person] = set()
    for claim in claims:
        found = [holding for key in claim.keys for holding in directory.rows(key)]
        reached = {holding.person for holding in found}
        if (
            len(reached) > 1
            or len(found) < len(claim.keys)
            or any(holding.is_shared for holding in found)
            or names_only_weakly(claim)
        ):
            people |= reached
    return people


def unsettled_groups(directory: Directory, claims: Sequence[Sequence[Claim]]) -> list[bool]:
    """For each event's claims whether they may change who is who, or are about somebody whom another event changes."""
    found = [[_sole_holder(directory, claim) for claim in group] for group in claims]
    restless = {
        holding.person
        for group, holders in zip(claims, found, strict=True)
        for claim, holder in zip(group, holders, strict=True)
        if holder is None
        for key in claim.keys
        for holding in directory.rows(key)
    }
    return [any(holder is None or holder in restless for holder in holders) for holders in found]


def names_only_weakly(claim: Claim) -> bool:
    """Whether only addresses lead to the person, so that a name or a birth may speak against it."""
    return bool(claim.name.first or claim.birth) and all(key.kind in WEAK_KINDS for key in claim.keys)


def _sole_holder(directory: Directory, claim: Claim) -> Person | None:
    """The one person to whom every key of the claim leads; None when a key is new, shared, or leads elsewhere."""
    holder: Person | None = None
    for key in claim.keys:
        rows = directory.rows(key)
        if (
            names_only_weakly(claim)
            or len(rows) != 1
            or rows[0].is_shared
            or (holder is not None and rows[0].person is not holder)
        ):
            return None
        holder = rows[0].person
    return holder


def _load_traits(cursor: Any, tenant_id: UUID, directory: Directory, people: set[Person]) -> None:
    """Fill in what could contradict joining these people with others."""
    if not people:
        return
    sql.WANTED_PROFILE.fill(cursor, ((person.id,) for person in people))
    cursor.execute(sql.CREATION_TIMES, [tenant_id])
    for profile_id, created_at in cursor.fetchall():
        directory.people[profile_id].created_at = created_at
    cursor.execute(sql.CAPPED_KEYS, [tenant_id])
    for profile_id, kind, value in cursor.fetchall():
        directory.people[profile_id].capped.setdefault(kind, set()).add(value)
    cursor.execute(sql.NAMES_AND_BIRTHS, [tenant_id])
    names: dict[tuple[UUID, int, str], dict[str, str]] = {}
    for profile_id, identifier_id, source, field, value in cursor.fetchall():
        if field == "dateOfBirth":
            directory.people[profile_id].births.add(date.fromisoformat(value))
        else:
            names.setdefault((profile_id, identifier_id, source), {})[field] = folded(value)
    for (profile_id, _, _), parts in names.items():
        if parts.get("firstName"):
            directory.people[profile_id].names.add(PersonName(parts["firstName"], parts.get("lastName", "")))
