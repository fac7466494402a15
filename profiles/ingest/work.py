"""What a batch is going to write, gathered in memory."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from events.log import Happening
from profiles.club import Club
from profiles.effects.drafts import ActivityDraft
from profiles.identity import Directory, Holding, Person
from profiles.ingest.decoding import ClaimedRow
from profiles.ingest.tallies import Tally
from profiles.models.history import SLOTS


@dataclass(slots=True)
class Recorded:
    """A row of the timeline about to be written."""

    row: ClaimedRow
    slot: int
    holding: Holding
    draft: ActivityDraft

    @property
    def id(self) -> int:
        """See `Activity`."""
        return self.row.id * SLOTS + self.slot


class StatedFact(NamedTuple):
    """A fact about to be written."""

    holding: Holding
    source: str
    field: str
    value: Any
    rank: int
    occurred_at: datetime
    event_id: str


@dataclass(slots=True)
class Work:
    """Everything a batch will write, gathered in memory first."""

    club: Club
    now: datetime
    directory: Directory
    facts: dict[tuple[int, str, str, int], StatedFact] = field(default_factory=dict)
    activities: list[Recorded] = field(default_factory=list)
    tallies: dict[Holding, Tally] = field(default_factory=dict)
    tags: dict[Holding, set[str]] = field(default_factory=dict)
    rekeyed: set[Person] = field(default_factory=set)
    erasures: list[tuple[Person, ClaimedRow, str]] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    firsts: dict[int, tuple[Person, Recorded | None]] = field(default_factory=dict)
