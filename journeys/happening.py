"""What may happen to somebody in a trial, and letting it happen: it stands on the timeline, and the journey hears it.

What it wakes, ends or starts is decided by the reader of the log, as in life. In the transaction of a trial only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final
from uuid import UUID

from events.consumers import Entry
from journeys import listening
from journeys.definition import Definition
from journeys.definition.parts import Operator, PayloadCondition
from journeys.definition.steps import Step, WaitUntil
from journeys.definition.triggers import EventExit
from journeys.definition.vocabulary import activity_types, event_words
from journeys.interest import Interest
from profiles.editing import record_activity
from tenants.models import Tenant

# How a press names it: what the step awaits, the goal, or an exit by its place.
AWAITED: Final = "h"
GOAL: Final = "g"
EXITS: Final = "ABCDEFGHIJKLMNOPQRST"
SEGMENTS: Final = ("segment.joined", "segment.left")
# A value that fulfils the comparison is the one that it names.
EQUALLING: Final = (Operator.EQ, Operator.GTE, Operator.LTE)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a run hears: an event (`segment` empty), or a change of a segment."""

    press: str
    words: str
    event: str
    where: Sequence[PayloadCondition] = ()
    segment: str = ""


def possible(definition: Definition, step: Step | None, names: Mapping[str, str]) -> Iterator[Happening]:
    """What may happen to somebody who stands at a step; `names` of segments by id."""
    if isinstance(step, WaitUntil) and step.event is not None:
        words = event_words(step.event.event)
        yield Happening(AWAITED, f"It happens: {words.lower()}", step.event.event, step.event.where)
    goal = definition.goal
    if goal is not None:
        yield Happening(
            GOAL, f"The goal is reached: {event_words(goal.event).lower()}", goal.event, goal.where
        )
    for press, rule in zip(EXITS, definition.exits, strict=False):
        if isinstance(rule, EventExit):
            yield Happening(press, f"A way out: {event_words(rule.event).lower()}", rule.event, rule.where)
        else:
            verb = "leaves" if rule.change == "LEFT" else "joins"
            name = names.get(rule.segment, "a segment")
            kind = f"segment.{rule.change.lower()}"
            yield Happening(press, f"A way out: {verb} {name}", kind, segment=rule.segment)


def let_happen(  # noqa: PLR0917 - what, to whom, when
    tenant: Tenant, interest: Interest, profile_id: UUID, event: str, data: Mapping[str, Any], at: datetime
) -> None:
    """An event, or `segment.joined` / `segment.left` with `segmentId`, at a moment."""
    if event in SEGMENTS:
        told = {"cause": "CHANGE", **data}
        kind = event
    else:
        [activity_type, *_] = activity_types(event) or ("TRIAL",)
        activity_id = record_activity(
            profile_id,
            activity_type=activity_type,
            category="NOTE",
            title="Trial",
            metadata=data,
            occurred_at=at,
        )
        told, kind = {"activityId": activity_id, "type": activity_type}, "activity.recorded"
    entry = Entry("0", next(_numbers), tenant.pk, kind, profile_id, told, at)
    listening.hear(tenant, [entry], at, interest=interest)


_numbers = count(1)


def data_for(definition: Definition, happening: Happening, key: str) -> dict[str, Any]:
    """What it brings: the business key of the run, and what is asked of it."""
    if happening.segment:
        return {"segmentId": happening.segment}
    asked: list[tuple[str, Any]] = [(path, key) for path in definition.key_paths if key]
    asked += [(one.path, one.value) for one in happening.where if one.operator in EQUALLING]
    payload: dict[str, Any] = {}
    for path, value in asked:
        here = payload
        *before, last = path.split(".")
        for part in before:
            here = here.setdefault(part, {})
        here[last] = value
    return payload
