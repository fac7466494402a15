"""People whom a batch brings to light: everything about them is in memory, and their rows are written whole, once."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from profiles.golden import GOLDEN_COLUMNS, KnownFact, KnownKey, golden_row
from profiles.identity import Directory, Holding, Person, is_shared
from profiles.ingest import statements as sql
from profiles.ingest.counter_deltas import Tally
from profiles.ingest.restating import Findable, stored, write_documents
from profiles.ingest.work import Work


@dataclass(slots=True)
class _Newborn:
    """All that is known of a new person."""

    source: str = "crm"
    facts: list[KnownFact] = field(default_factory=list)
    keys: list[KnownKey] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    tags: set[str] = field(default_factory=set)


def insert_new_profiles(cursor: Any, work: Work) -> Collection[UUID]:
    """Store the profiles of new people, in the order in which they came, and the words by which they are found."""
    people = work.directory.new_people()
    if not people:
        return ()
    newborn = _gather(work, people)
    known = {
        person.id: Findable(
            golden_row(one.facts, one.keys, one.tally.rung), one.keys, sorted(one.tags), False
        )
        for person, one in newborn.items()
    }
    sql.NEW_PROFILE.fill(
        cursor,
        (
            (
                *one.tally.row(person.id),
                one.source,
                position,
                known[person.id].tags,
                *(stored(column, known[person.id].golden[column]) for column in GOLDEN_COLUMNS),
            )
            for position, (person, one) in enumerate(newborn.items())
        ),
    )
    cursor.execute(sql.INSERT_PROFILES, [work.club.id])
    write_documents(cursor, work.club.id, known)
    return known.keys()


def _gather(work: Work, people: list[Person]) -> dict[Person, _Newborn]:
    """What the batch says of each, under whichever key; nobody who was stored is ever joined into somebody new."""
    newborn = {person: _Newborn() for person in people}
    for holding in reversed(list(work.directory.holdings())):
        found = newborn.get(holding.person.root)
        if found is not None:
            found.keys.append(_known_key(work.directory, holding))
            if holding.origin_id == holding.person.root.id:
                found.source = holding.source
    for fact in work.facts.values():
        found = newborn.get(fact.holding.person.root)
        if found is not None:
            # As the table will have it: a day is a text, for one.
            value = orjson.loads(orjson.dumps(fact.value))
            found.facts.append(
                KnownFact(fact.field, value, fact.rank, fact.occurred_at, fact.source, fact.event_id)
            )
    for holding, tally in work.tallies.items():
        found = newborn.get(holding.person.root)
        if found is not None:
            found.tally = found.tally.plus(tally)
            found.tags |= work.tags.get(holding, set())
    return newborn


def _known_key(directory: Directory, holding: Holding) -> KnownKey:
    is_active = holding.unlinked_at is None or (
        holding.linked_at is not None and holding.linked_at > holding.unlinked_at
    )
    return KnownKey(
        holding.key.kind,
        holding.key.value,
        is_active,
        is_shared(directory.rows(holding.key)),
        holding.confidence,
    )
