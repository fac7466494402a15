"""Activities with an id of their own happen once: a payment that is stated three times is one payment.

Services make a new event id at each attempt, or replay; the id of the payment or booking stays. Its activity carries a
key of service, type, whom it is about, and that id. A second statement updates the row, unless it is older: its
amount replaces the first, and no figure counts twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson

from profiles.claims import Claim
from profiles.effects.drafts import ActivityDraft, Subject
from profiles.ingest import statements as sql
from profiles.ingest.decoding import EventHeader, ReadyEvent
from tenants.postgresql.places import update_by_place

KEY_BYTES = 16


@dataclass(slots=True)
class OnceActivity:
    """One such activity: its row, when it was stated, and what it counts in cents."""

    activity_id: int
    occurred_at: datetime
    value_cents: int
    # A later statement of this batch, with which the stored row must be updated.
    amended: ActivityDraft | None = None


@dataclass(slots=True)
class OnceActivities:
    """All activities with ids of their own that a batch meets, by their keys."""

    known: dict[UUID, OnceActivity] = field(default_factory=dict)


def once_key(header: EventHeader, claim: Claim, draft: ActivityDraft) -> UUID | None:
    """The key of an activity that happens once; None for one that may happen again."""
    if not draft.once:
        return None
    kind, value = claim.keys[0]
    text = "\x1f".join((header.source, draft.type, kind, value, draft.once))
    return UUID(bytes=blake2b(text.encode(), digest_size=KEY_BYTES).digest())


def load_once_activities(
    cursor: Any, tenant_id: UUID, events: Sequence[ReadyEvent], claims: Sequence[Sequence[Claim]]
) -> OnceActivities:
    """What is stored of the activities that the events tell; one query, none where nothing has an id of its own."""
    keys = {
        key
        for event, group in zip(events, claims, strict=True)
        for subject, claim in zip(event.effect.subjects, group, strict=True)
        for draft in subject.activities
        if (key := once_key(event.header, claim, draft)) is not None
    }
    once_activities = OnceActivities()
    if keys:
        sql.ONCE_KEY.fill(cursor, ((key,) for key in keys))
        cursor.execute(sql.KNOWN_ONCE, {"tenant": tenant_id})
        for key, activity_id, occurred_at, value_cents in cursor.fetchall():
            once_activities.known[key] = OnceActivity(activity_id, occurred_at, value_cents or 0)
    return once_activities


def take_once(
    once_activities: OnceActivities, header: EventHeader, claim: Claim, subject: Subject
) -> list[UUID | None]:
    """Leave of a subject only what happened for the first time; returns the keys of what is left, in its order.

    The money of a second statement becomes its difference to the first; an older statement counts for nothing.
    """
    kept: list[ActivityDraft] = []
    keys: list[UUID | None] = []
    for draft in subject.activities:
        key = once_key(header, claim, draft)
        known = once_activities.known.get(key) if key is not None else None
        if known is None:
            kept.append(draft)
            keys.append(key)
            continue
        value = subject.figures.value_cents
        if header.occurred_at < known.occurred_at:
            subject.figures.value_cents = 0
            continue
        subject.figures.value_cents = value - known.value_cents
        known.occurred_at, known.value_cents, known.amended = header.occurred_at, value, draft
    subject.activities[:] = kept
    return keys


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
