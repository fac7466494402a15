"""The whole definition: parsing, the canonical fingerprint, walking over it."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import orjson
from pydantic import AfterValidator, Field, ValidationError

from journeys.definition.parts import Part, RuleTree, StepId
from journeys.definition.problems import InvalidDefinition, Problem
from journeys.definition.steps import Send, Step
from journeys.definition.triggers import (
    DateTrigger,
    Entry,
    EventTrigger,
    ExitMode,
    ExitRule,
    GoalRule,
    LeapDay,
    SegmentExit,
    Trigger,
)
from tenants.json_writing import written
from tenants.models.tenant import time_zones

SCHEMA_VERSION: Final = 1
MOST_STEPS: Final = 100
MOST_TRIGGERS: Final = 10


def _zone(value: str) -> str:
    if value and value not in time_zones():
        raise ValueError(f"{value!r} is not a time zone; write one such as Africa/Johannesburg.")
    return value


class Definition(Part):
    """A graph of steps, and how people come into it and leave it."""

    schema_version: Literal[1] = SCHEMA_VERSION
    timezone: Annotated[str, AfterValidator(_zone)] = ""
    triggers: tuple[Trigger, ...] = Field(default=(), max_length=MOST_TRIGGERS)
    entry: Entry = Entry()
    exits: tuple[ExitRule, ...] = Field(default=(), max_length=20)
    goal: GoalRule | None = None
    exit_mode: ExitMode = ExitMode.CONVERTS
    matching: RuleTree | None = None
    start: StepId | None = None
    steps: tuple[Step, ...] = Field(default=(), max_length=MOST_STEPS)

    @cached_property
    def by_id(self) -> Mapping[str, Step]:
        """Steps by their ids."""
        return {step.id: step for step in self.steps}

    @cached_property
    def fingerprint(self) -> str:
        """The same for two definitions that say the same, whatever their spelling."""
        return hashlib.sha256(self.canonical).hexdigest()

    @property
    def canonical(self) -> bytes:
        """The one spelling: every default said, keys sorted, steps in the order of their ids."""
        plain = self.as_json()
        plain["steps"] = sorted(plain["steps"], key=lambda step: str(step["id"]))
        return written(plain, option=orjson.OPT_SORT_KEYS)

    @cached_property
    def has_circle(self) -> bool:
        """Whether a way leads back to a step."""
        return any(
            step.id in set(self.walk(target))
            for step in self.steps
            for name in step.outlets
            if (target := step.way(name)) is not None
        )

    @cached_property
    def key_paths(self) -> tuple[str, ...]:
        """Where events carry the business key."""
        return tuple(
            dict.fromkeys(one.key for one in self.triggers if isinstance(one, EventTrigger) and one.key)
        )

    def leap_day(self, field: str) -> LeapDay:
        """When 29 February is kept in common years: as by the start for the same date."""
        return next(
            (one.leap_day for one in self.triggers if isinstance(one, DateTrigger) and one.field == field),
            LeapDay.FEBRUARY_28,
        )

    @property
    def must_match(self) -> bool:
        """Whether whoever no longer fulfils the condition leaves."""
        return self.matching is not None and self.exit_mode in (ExitMode.STOPS_MATCHING, ExitMode.EITHER)

    @property
    def leaves_by_change(self) -> bool:
        """Whether a change of the person may end a run: by a segment, or by the condition to stay."""
        return self.must_match or any(isinstance(one, SegmentExit) for one in self.exits)

    def sends_ahead(self, start: str | None) -> list[Send]:
        """The messages that come at or after a step before the next wait, the nearest first."""
        seen: set[str] = set()
        waiting, found = [start], []
        while waiting:
            here = waiting.pop(0)
            if here is None or here in seen or here not in self.by_id:
                continue
            seen.add(here)
            step = self.by_id[here]
            if isinstance(step, Send):
                found.append(step)
            if not step.waits:
                waiting += [step.way(name) for name in step.outlets]
        return found

    def as_json(self) -> dict[str, Any]:
        """As in the API."""
        return self.model_dump(mode="json", by_alias=True)

    def zone(self, default: ZoneInfo) -> ZoneInfo:
        """The clock of the journey: its own, else the club's."""
        return ZoneInfo(self.timezone) if self.timezone else default

    def walk(self, start: str | None = None) -> Iterator[str]:
        """Ids of what can be reached, from the start or a step, each once."""
        seen: set[str] = set()
        waiting = [start or self.start]
        while waiting:
            here = waiting.pop()
            if here is None or here in seen or here not in self.by_id:
                continue
            seen.add(here)
            yield here
            waiting.extend(reversed([self.by_id[here].way(name) for name in self.by_id[here].outlets]))


def parse(raw: Any) -> Definition:
    """Read a definition; raises InvalidDefinition with every problem of form, each with its step."""
    if not isinstance(raw, dict):
        raise InvalidDefinition([Problem("INVALID", "A journey is a JSON object with triggers and steps.")])
    try:
        return Definition.model_validate(raw)
    except ValidationError as error:
        raise InvalidDefinition([_problem(raw, one) for one in error.errors(include_url=False)]) from None


def _problem(raw: Mapping[str, Any], error: Any) -> Problem:
    where = list(error["loc"])
    step = ""
    if where[:1] == ["steps"] and len(where) > 1 and isinstance(where[1], int):
        rows = raw.get("steps")
        row = rows[where[1]] if isinstance(rows, list) and where[1] < len(rows) else {}
        step = str(row.get("id", "")) if isinstance(row, dict) else ""
    fields = ".".join(str(part) for part in where if not str(part).isupper())
    name = f"Step {step}" if step else "The journey"
    return Problem("INVALID", f"{name}: {fields}: {_words(error)}", step)


def _words(error: Any) -> str:
    if error["type"] == "union_tag_invalid":
        return f"there is no kind {error['ctx']['tag']!r}; choose one of {error['ctx']['expected_tags']}."
    if error["type"] == "union_tag_not_found":
        return "the kind is missing."
    if error["type"] == "extra_forbidden":
        return "there is no such field here."
    if error["type"] == "missing":
        return "this must be given."
    message = str(error["msg"]).removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message[:1].lower()}{message[1:]}."
