"""What has an id of its own happens once: a payment that is told three times is one payment.

Services make a new event id at each attempt, or replay; the id of the payment or booking stays. Its activity carries a
key of service, type, whom it is about, and that id. A second telling changes the row, if it is not older: another
amount counts instead of the first, and no figure counts twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson

from profiles.effects.drafts import ActivityDraft, Subject
from profiles.identity import Claim
from profiles.ingest import statements as sql
from profiles.ingest.decoding import ClaimedRow, ReadyEvent

KEY_BYTES = 16


@dataclass(slots=True)
class Telling:
    """What is known of one such activity: its row, when it was told, and what it counts in cents."""

    activity_id: int
    occurred_at: datetime
    value_cents: int
    # A later telling of this batch that the stored row must take over.
    amended: ActivityDraft | None = None


@dataclass(slots=True)
class Tellings:
    """All activities with ids of their own that a batch meets, by their keys."""

    known: dict[UUID, Telling] = field(default_factory=dict)


def once_key(row: ClaimedRow, claim: Claim, draft: ActivityDraft) -> UUID | None:
    """The key of an activity that happens once; None for one that may happen again."""
    if not draft.once:
        return None
    kind, value = claim.keys[0]
    text = "\x1f".join((row.source, draft.type, kind, value, draft.once))
    return UUID(bytes=blake2b(text.encode(), digest_size=KEY_BYTES).digest())


def load_tellings(
    cursor: Any, tenant_id: UUID, events: Sequence[ReadyEvent], claims: Sequence[Sequence[Claim]]
) -> Tellings:
    """What is stored of the activities that the events tell; one query, none where nothing has an id of its own."""
    keys = {
        key
        for event, group in zip(events, claims, strict=True)
        for subject, claim in zip(event.effect.subjects, group, strict=True)
        for draft in subject.activities
        if (key := once_key(event.row, claim, draft)) is not None
    }
    tellings = Tellings()
    if keys:
        sql.ONCE_KEY.fill(cursor, ((key,) for key in keys))
        cursor.execute(sql.KNOWN_ONCE, [tenant_id])
        for key, activity_id, occurred_at, value_cents in cursor.fetchall():
            tellings.known[key] = Telling(activity_id, occurred_at, value_cents or 0)
    return tellings


def take_once(tellings: Tellings, row: ClaimedRow, claim: Claim, subject: Subject) -> list[UUID | None]:
    """Leave of a subject only what happened for the first time; returns the keys of what is left, in its order.

    The money of a second telling becomes its difference to the first; an older one counts for nothing.
    """
    kept: list[ActivityDraft] = []
    keys: list[UUID | None] = []
    for draft in subject.activities:
        key = once_key(row, claim, draft)
        known = tellings.known.get(key) if key is not None else None
        if known is None:
            kept.append(draft)
            keys.append(key)
            continue
        value = subject.marks.value_cents
        if row.occurred_at < known.occurred_at:
            subject.marks.value_cents = 0
            continue
        subject.marks.value_cents = value - known.value_cents
        known.occurred_at, known.value_cents, known.amended = row.occurred_at, value, draft
    subject.activities[:] = kept
    return keys


def write_amended(cursor: Any, tenant_id: UUID, tellings: Tellings) -> None:
    """Let stored rows say what was told last; their place on the timeline stays."""
    amended = [
        (
            one.activity_id,
            one.amended.title,
            orjson.dumps({**one.amended.metadata, "toldAt": one.occurred_at.isoformat()}).decode(),
        )
        for one in tellings.known.values()
        if one.amended is not None
    ]
    if amended:
        sql.AMENDED.fill(cursor, amended)
        cursor.execute(sql.AMEND, [tenant_id])
