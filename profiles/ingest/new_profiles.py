"""Inserting the profiles of new people: all about them is in memory, so each row is written once, complete."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from profiles.address_rules import is_shared
from profiles.claims import KeyLink, Person
from profiles.counter_deltas import CounterDelta
from profiles.golden_rows.recomputing import Findable, consent_entry, stored, write_documents
from profiles.golden_rows.rules import GOLDEN_COLUMNS, KnownFact, KnownKey, golden_row
from profiles.identity import IdentityMap
from profiles.ingest import statements as sql
from profiles.ingest.batch_changes import BatchChanges


@dataclass(slots=True)
class _NewProfile:
    """All that is known of a new person."""

    source: str = "crm"
    facts: list[KnownFact] = field(default_factory=list)
    keys: list[KnownKey] = field(default_factory=list)
    delta: CounterDelta = field(default_factory=CounterDelta)
    tags: set[str] = field(default_factory=set)


def insert_new_profiles(cursor: Any, batch: BatchChanges) -> Collection[UUID]:
    """Store the profiles of new people, in the order in which they came, and the words by which they are found."""
    people = batch.identity_map.new_people()
    if not people:
        return ()
    new_profiles = _gather(batch, people)
    known = {
        person.id: Findable(
            golden_row(one.facts, one.keys, one.delta.stage_rank), one.keys, sorted(one.tags), False
        )
        for person, one in new_profiles.items()
    }
    sql.NEW_PROFILE.fill(
        cursor,
        (
            (
                *one.delta.row(person.id),
                one.source,
                position,
                known[person.id].tags,
                *(stored(column, known[person.id].golden[column]) for column in GOLDEN_COLUMNS),
            )
            for position, (person, one) in enumerate(new_profiles.items())
        ),
    )
    cursor.execute(sql.INSERT_PROFILES, [batch.club.id])
    write_documents(cursor, batch.club.id, known)
    told = (consent_entry(profile_id, {}, one.golden) for profile_id, one in known.items())
    batch.log_entries += [entry for entry in told if entry.data]
    return known.keys()


def _gather(batch: BatchChanges, people: list[Person]) -> dict[Person, _NewProfile]:
    """What the batch says of each, under whichever key; a stored person is never joined into a new one."""
    new_profiles = {person: _NewProfile() for person in people}
    for link in reversed(list(batch.identity_map.links())):
        found = new_profiles.get(link.person.root)
        if found is not None:
            found.keys.append(_known_key(batch.identity_map, link))
            if link.origin_id == link.person.root.id:
                found.source = link.source
    for fact in batch.facts.values():
        found = new_profiles.get(fact.link.person.root)
        if found is not None:
            # As the table will have it: a day is a text, for one.
            value = orjson.loads(orjson.dumps(fact.value))
            found.facts.append(
                KnownFact(fact.field, value, fact.rank, fact.occurred_at, fact.source, fact.event_id)
            )
    for link, delta in batch.counter_deltas.items():
        found = new_profiles.get(link.person.root)
        if found is not None:
            found.delta = found.delta.plus(delta)
            found.tags |= batch.tags.get(link, set())
    return new_profiles


def _known_key(identity_map: IdentityMap, link: KeyLink) -> KnownKey:
    is_active = link.unlinked_at is None or (link.linked_at is not None and link.linked_at > link.unlinked_at)
    return KnownKey(
        link.key.kind,
        link.key.value,
        is_active,
        is_shared(identity_map.rows(link.key)),
        link.confidence,
    )
