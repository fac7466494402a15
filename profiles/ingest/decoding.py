"""From an inbox row to a decoded event, or to the reason why it is dead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from events.catalogue.decoding import decode_payload
from events.catalogue.registry import EventType, canonical
from events.identity_hints import identity_keys
from events.json_text import load_json
from events.models import ErrorCode
from events.refusals import PayloadRefused
from profiles.club import Club
from profiles.effects.all import EFFECTS
from profiles.effects.drafts import DecodedEvent, Effect
from profiles.effects.remarks import Remark, left_aside, remarks_on

# How far clocks of services drift.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


class ClaimedRow(NamedTuple):
    """An inbox row as the claim reads it."""

    id: int
    source: str
    event_id: str
    type: str
    occurred_at: datetime
    attempts: int
    was_processed: bool
    envelope: str
    place: str = ""  # where the row stands in its table, while it is locked


class EventHeader(NamedTuple):
    """What applying has to know of an event besides its effect, wherever it came from.

    `id` is its number among the rows that are applied together; the ids of its rows in the timeline are made from it.
    `sequence` is the sender's own count, for events of one instant. `is_replayed`: its rows may be in the timeline
    already. `is_by_staff`: staff entered it, and it was checked there against who was erased.
    """

    id: int
    source: str
    event_id: str
    occurred_at: datetime
    sequence: int = 0
    is_replayed: bool = False
    is_by_staff: bool = False

    @property
    def order(self) -> tuple[datetime, int, int]:
        """By when it happened, then as the sender counts, then by arrival."""
        return self.occurred_at, self.sequence, self.id


@dataclass(frozen=True, slots=True)
class DeadEvent(Exception):
    """An accepted event that can never be applied as it is; staff may repair and replay it."""

    code: ErrorCode
    field: str
    message: str


@dataclass(slots=True)
class ReadyEvent:
    """An event with all it wants to do."""

    header: EventHeader
    effect: Effect
    remarks: Sequence[Remark] = ()


def read_event(row: ClaimedRow, club: Club) -> ReadyEvent:
    """Decode and draft; raises DeadEvent with the field and the reason in plain words."""
    event_type = canonical(row.type)
    if event_type is None:
        raise DeadEvent(
            ErrorCode.UNKNOWN_TYPE,
            "type",
            f"The type {row.type!r} is not in the catalogue: correct it or skip the event.",
        )
    row, ahead = _within_reach(row, club)
    try:
        event, sequence, unread = _decode(row, event_type, club)
        effect = EFFECTS[event.type](event, club)
    except PayloadRefused as refused:
        raise DeadEvent(ErrorCode.INVALID_PAYLOAD, refused.field, refused.message) from None
    if event_type.needs_identity and not effect.subjects:
        raise DeadEvent(
            ErrorCode.NO_IDENTITY,
            "identity",
            "No person given: the event needs an id of a service, an e-mail address or a phone number that is valid"
            " and no placeholder.",
        )
    header = EventHeader(
        row.id, row.source, row.event_id, row.occurred_at, sequence, is_replayed=row.was_processed
    )
    return ReadyEvent(header, effect, [*ahead, *unread, *remarks_on(event, club)])


def _within_reach(row: ClaimedRow, club: Club) -> tuple[ClaimedRow, list[Remark]]:
    """The row not later than now: a clock that is hours ahead must not outweigh what others say until it is true."""
    now = datetime.now(club.zone)
    if row.occurred_at <= now + CLOCK_TOLERANCE:
        return row, []
    text = "The clock of the sender is ahead; the event counts as of when it was applied."
    return row._replace(occurred_at=now), [{"field": "timestamp", "text": text}]


def _decode(row: ClaimedRow, event_type: EventType, club: Club) -> tuple[DecodedEvent, int, list[Remark]]:
    """The event, the sender's sequence (0 for none), and remarks on what could not be read."""
    envelope: Any = load_json(row.envelope)
    identity: dict[str, Any] = envelope.get("identity") or {}
    payload: dict[str, Any] = envelope.get("payload") or {}
    decoded, aside = decode_payload(event_type, payload, club.zone)
    event = DecodedEvent(
        inbox_id=row.id,
        type=event_type.name,
        source=row.source,
        event_id=row.event_id,
        occurred_at=row.occurred_at,
        payload=decoded,
        keys=identity_keys(row.source, event_type.name, identity, payload),
    )
    sequence = envelope.get("sequence")
    unread = [left_aside(*one) for one in aside]
    return event, sequence if isinstance(sequence, int) else 0, unread
