"""The vocabulary of effects: what one event says about one person, before anybody knows who that is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from pydantic import BaseModel

from events.identity_hints import IdentityKey
from profiles.club import Club
from profiles.names import PersonName
from profiles.vocabulary import STAGE_LADDER, ActivityCategory, LifecycleStage

NOBODY = PersonName("", "")


class DecodedEvent(NamedTuple):
    """An inbox event whose payload fitted its type. `keys` are as the event wrote them, not yet normal."""

    inbox_id: int
    type: str
    source: str
    event_id: str
    occurred_at: datetime
    payload: BaseModel
    keys: Sequence[IdentityKey]


class FactDraft(NamedTuple):
    """A value for one field of the golden row; None empties it."""

    field: str
    value: Any
    rank: int


class ActivityDraft(NamedTuple):
    """A row of the timeline."""

    type: str
    category: ActivityCategory
    title: str
    channel: str
    metadata: dict[str, Any]
    # The id under which it happens only once, such as a payment's; empty: each telling is a happening.
    once: str = ""


@dataclass(slots=True)
class FigureDelta:
    """What an event adds to the figures of a profile; sums and maxima, so that order does not matter."""

    value_cents: int = 0
    booked_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None


@dataclass(slots=True)
class Subject:
    """One person an event is about.

    `keys`: normal, strongest first; the first is the source record under which the facts are kept. `stage`: the
    lowest stage_rank of the ladder the person stands on after this. `links`: whether the event confirms (True) or ends
    (False) the record's link to its service; None says nothing. `if_new`: an activity only for a person nobody
    knew before. `tags`: given besides those that the person has.
    """

    keys: tuple[IdentityKey, ...]
    name: PersonName = NOBODY
    birth: date | None = None
    facts: list[FactDraft] = field(default_factory=list)
    activities: list[ActivityDraft] = field(default_factory=list)
    stage: LifecycleStage = LifecycleStage.SUBSCRIBER
    figures: FigureDelta = field(default_factory=FigureDelta)
    links: bool | None = None
    if_new: ActivityDraft | None = None
    erasure_reason: str | None = None
    tags: frozenset[str] = frozenset()

    @property
    def stage_rank(self) -> int:
        """Index of `stage` on the ladder."""
        return STAGE_LADDER.index(self.stage)


@dataclass(slots=True)
class Effect:
    """All that one event does: to people, and to the club itself (a competition)."""

    subjects: list[Subject] = field(default_factory=list)
    competition: dict[str, Any] | None = None


EffectFunction = Callable[[DecodedEvent, Club], Effect]
