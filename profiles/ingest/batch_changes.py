"""What a batch is going to write, gathered in memory."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from events.log import LogEntry
from profiles.claims import KeyLink, Person
from profiles.club import Club
from profiles.counter_deltas import CounterDelta
from profiles.effects.drafts import ActivityDraft
from profiles.identity import IdentityMap
from profiles.ingest import statements as sql
from profiles.ingest.decoding import EventHeader
from profiles.ingest.once_activities import OnceActivities
from profiles.vocabulary import SLOTS


@dataclass(slots=True)
class Recorded:
    """A row of the timeline about to be written."""

    header: EventHeader
    slot: int
    link: KeyLink
    draft: ActivityDraft
    once_key: UUID | None = None

    @property
    def id(self) -> int:
        """See `Activity`."""
        return self.header.id * SLOTS + self.slot


class StatedFact(NamedTuple):
    """A fact about to be written."""

    link: KeyLink
    source: str
    field: str
    value: Any
    rank: int
    occurred_at: datetime
    event_id: str
    sequence: int
    arrival: int

    @property
    def order(self) -> tuple[datetime, int, int]:
        """By when it happened, then as the sender counts, then by arrival."""
        return self.occurred_at, self.sequence, self.arrival


@dataclass(slots=True)
class IdentifierIds:
    """Ids for identifiers about to be stored, drawn from their sequence."""

    _drawn: list[int] = field(default_factory=list)

    def draw(self, cursor: Any, count: int) -> None:
        """Have so many more at hand."""
        cursor.execute(sql.NEXT_IDENTIFIER_IDS, [count])
        self._drawn += cursor.fetchone()[0]

    def take(self, cursor: Any, count: int) -> list[int]:
        """So many ids, in ascending order; asks PostgreSQL only when too few are at hand."""
        if count > len(self._drawn):
            self.draw(cursor, count - len(self._drawn))
        taken, self._drawn = self._drawn[:count], self._drawn[count:]
        return taken


@dataclass(slots=True)
class BatchChanges:
    """Everything a batch will write, gathered in memory first."""

    club: Club
    now: datetime
    identity_map: IdentityMap
    ids: IdentifierIds = field(default_factory=IdentifierIds)
    facts: dict[tuple[int, str, str, int], StatedFact] = field(default_factory=dict)
    activities: list[Recorded] = field(default_factory=list)
    once_activities: OnceActivities = field(default_factory=OnceActivities)
    counter_deltas: dict[KeyLink, CounterDelta] = field(default_factory=dict)
    tags: dict[KeyLink, set[str]] = field(default_factory=dict)
    rekeyed: set[Person] = field(default_factory=set)
    erasures: list[tuple[Person, EventHeader, str]] = field(default_factory=list)
    log_entries: list[LogEntry] = field(default_factory=list)
    firsts: dict[int, tuple[Person, Recorded | None]] = field(default_factory=dict)
