"""Activities with an id of their own happen once: a payment that is stated three times is one payment.

Services make a new event id at each attempt, or replay; the id of the payment or booking stays. The first activity of
a service, type and such an id carries a key of these three, so that whoever tells it again about the same customer is
recognised, by another number or address too; of further customers (players of a booking, services that count for each
member) the key says whom it is about as well. A second statement updates the row, unless it is older: its amount
replaces the first, and no figure counts twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from profiles.claims import Claim, Person
from profiles.effects.drafts import ActivityDraft, Subject
from profiles.ingest import statements as sql
from profiles.ingest.decoding import EventHeader, ReadyEvent
from tenants.postgresql.places import update_by_place

KEY_BYTES = 16


class OnceKeys(NamedTuple):
    """By what an activity is recognised: whatever customer has it, and the one that its event names."""

    of_anybody: UUID
    of_record: UUID


@dataclass(slots=True)
class OnceActivity:
    """One such activity: its row, whose it is, when it was stated, and what it counts in cents."""

    activity_id: int
    profile_id: UUID
    occurred_at: datetime
    value_cents: int
    # A later statement of this batch, with which the stored row must be updated.
    amended: ActivityDraft | None = None


@dataclass(slots=True)
class OnceActivities:
    """All activities with ids of their own that a batch meets, by their keys."""

    known: dict[UUID, OnceActivity] = field(default_factory=dict)

    def find(self, keys: OnceKeys, person: Person, people: Mapping[UUID, Person]) -> OnceActivity | None:
        """What was told of this activity of the person before; `people`: those of the batch, by their ids."""
        if (known := self.known.get(keys.of_record)) is not None:
            return known
        known = self.known.get(keys.of_anybody)
        if known is None or known.profile_id == person.profile_id:
            return known
        owner = people.get(known.profile_id)
        return known if owner is not None and owner.root is person else None

    def free_key(self, keys: OnceKeys) -> UUID:
        """Under which of the two an activity is kept that was not told before."""
        return keys.of_record if keys.of_anybody in self.known else keys.of_anybody


def once_keys(header: EventHeader, claim: Claim, draft: ActivityDraft) -> OnceKeys | None:
    """The keys of an activity that happens once; None for one that may happen again."""
    if not draft.once:
        return None
    kind, value = claim.keys[0]
    return OnceKeys(
        _key(header.source, draft.type, draft.once), _key(header.source, draft.type, kind, value, draft.once)
    )


def _key(*parts: str) -> UUID:
    return UUID(bytes=blake2b("\x1f".join(parts).encode(), digest_size=KEY_BYTES).digest())


def load_once_activities(
    cursor: Any, tenant_id: UUID, events: Sequence[ReadyEvent], claims: Sequence[Sequence[Claim]]
) -> OnceActivities:
    """What is stored of the activities that the events tell; one query, none where nothing has an id of its own."""
    keys = {
        key
        for event, group in zip(events, claims, strict=True)
        for subject, claim in zip(event.effect.subjects, group, strict=True)
        for draft in subject.activities
        for key in once_keys(event.header, claim, draft) or ()
    }
    once_activities = OnceActivities()
    if keys:
        sql.ONCE_KEY.fill(cursor, ((key,) for key in keys))
        cursor.execute(sql.KNOWN_ONCE, {"tenant": tenant_id})
        for key, activity_id, profile_id, occurred_at, value_cents in cursor.fetchall():
            once_activities.known[key] = OnceActivity(activity_id, profile_id, occurred_at, value_cents or 0)
    return once_activities


def take_once(
    once_activities: OnceActivities,
    header: EventHeader,
    subject: Subject,
    about: tuple[Claim, Person],
    people: Mapping[UUID, Person],
) -> list[UUID | None]:
    """Leave of a subject only what happened for the first time; returns the keys of what is left, in its order.

    The money of a second statement becomes its difference to the first; an older statement counts for nothing.
    """
    claim, person = about
    kept: list[ActivityDraft] = []
    kept_keys: list[UUID | None] = []
    for draft in subject.activities:
        keys = once_keys(header, claim, draft)
        known = once_activities.find(keys, person, people) if keys is not None else None
        if known is None:
            kept.append(draft)
            kept_keys.append(once_activities.free_key(keys) if keys is not None else None)
            continue
        value = subject.figures.value_cents
        if header.occurred_at < known.occurred_at:
            subject.figures.value_cents = 0
            continue
        subject.figures.value_cents = value - known.value_cents
        known.occurred_at, known.value_cents, known.amended = header.occurred_at, value, draft
    subject.activities[:] = kept
    return kept_keys


def write_amended(cursor: Any, tenant_id: UUID, once_activities: OnceActivities) -> None:
    """Update stored rows to what was stated last; their place on the timeline stays."""
    amended = [
        (
            one.activity_id,
            one.amended.title,
            orjson.dumps({**one.amended.metadata, "toldAt": one.occurred_at.isoformat()}).decode(),
        )
        for one in once_activities.known.values()
        if one.amended is not None
    ]
    if amended:
        sql.AMENDED.fill(cursor, amended)
        update_by_place(
            cursor,
            sql.AMEND,
            [tenant_id],
            staging=sql.AMENDED,
            table="profiles_activity",
            key="id",
            tenant_id=tenant_id,
        )
