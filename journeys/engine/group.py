"""A group of runs that stand at steps of one kind: what every kind of step gets to work with."""

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from journeys.by_row import said_of_each
from journeys.definition import Definition
from journeys.engine import statements as sql
from tenants.models import Tenant
from tenants.postgresql.staging import StagingTable

# In a trial nobody else is asked, and nobody is late.
IN_TRIAL: ContextVar[bool] = ContextVar("journeys_in_trial", default=False)
# What is told of a wait that ended because somebody pressed “Go on now”.
BY_A_COLLEAGUE: Final = {"note": "a colleague let them go on"}
# In a trial: the trial's journey, and the one that it stands for, whose chance it plays by.
STANDS_FOR: ContextVar[tuple[UUID, UUID] | None] = ContextVar("journeys_stands_for", default=None)
ANSWERED: Final = StagingTable(
    "answered",
    "run_id bigint, way text, outcome text, detail jsonb, due_at timestamptz, state text, skip_sends text,"
    " not_before timestamptz",
)
# What was found out about each run, one by one.
APPLY: Final = f"""
UPDATE moving AS m
SET way = a.way, outcome = a.outcome, detail = a.detail, state = COALESCE(a.state, m.state),
    due_at = COALESCE(a.due_at, m.due_at), skip_sends = COALESCE(a.skip_sends, m.skip_sends),
    not_before = COALESCE(a.not_before, m.not_before),
    reason = CASE WHEN a.state IN ('EXITED', 'FAILED') THEN COALESCE(a.outcome, m.reason) ELSE m.reason END,
    arrived_at = CASE WHEN a.state = 'PARK' THEN COALESCE(m.arrived_at, %(now)s) ELSE m.arrived_at END
FROM answered AS a WHERE m.run_id = a.run_id AND {sql.HERE_M}
"""


def chance_of(journey_id: UUID) -> UUID:
    """By which id people are divided: in a trial as in the journey that is tried."""
    trial, tried = STANDS_FOR.get() or (None, journey_id)
    return tried if journey_id == trial else journey_id


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of one run: it goes a way, or waits until `due_at`, or is put into another state."""

    run_id: int
    way: str | None = None
    outcome: str | None = None
    detail: Mapping[str, Any] | None = None
    due_at: datetime | None = None
    state: str | None = None
    skip_sends: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """A step of a version, by its number in the pass. `zone`: the clock of the journey, else of the club.

    For a wait that is the clock of these people's home club.
    """

    number: int
    version_id: int
    journey_id: UUID
    definition: Definition
    step: Any
    zone: ZoneInfo


@dataclass(frozen=True)
class Group:
    """Runs at steps that are executed together in one pass: of one kind, and alike in what a statement can not tell.

    `resumes`: they waited here and are due. `is_marked`: the hold of one of them says how it goes on (GO, REST).
    `is_late`: one of them is due for longer than a pass may take. `is_far`: one of them has made many moves.
    `has_silent`: messages to one of them are left out up to the next wait.
    """

    cursor: Any
    tenant: Tenant
    now: datetime
    spots: Sequence[Spot]
    resumes: bool
    part: int
    size: int
    is_marked: bool
    is_late: bool
    is_far: bool
    has_silent: bool

    @property
    def step(self) -> Any:
        """The first of the steps: for what they have in common."""
        return self.spots[0].step

    @property
    def definition(self) -> Definition:
        """Of the first of the steps: for what they have in common."""
        return self.spots[0].definition

    @cached_property
    def by_number(self) -> Mapping[int, Spot]:
        """The spots by their numbers, as rows of `moving` name them."""
        return {spot.number: spot for spot in self.spots}

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of `sql.HERE`, with tenant and now; version and step for statements about one spot."""
        return {
            "tenant": self.tenant.pk,
            "now": self.now,
            "spots": [spot.number for spot in self.spots],
            "version": self.spots[0].version_id,
            "step": self.spots[0].step.id,
            "resumes": self.resumes,
            "part": self.part,
        }

    def execute(self, statement: str, **more: Any) -> None:
        """Run a statement about this group."""
        self.cursor.execute(statement, self.parameters | more)

    def fetch(self, statement: str, **more: Any) -> list[tuple[Any, ...]]:
        """Run a query about this group."""
        self.execute(statement, **more)
        return list(self.cursor.fetchall())

    def execute_by_spot(
        self, statement: str, types: Mapping[str, str], values: Mapping[int, Mapping[str, Any]], **more: Any
    ) -> None:
        """Run a statement in which `{name}` stands for what the step says at which a run (alias m) stands.

        `types`: name → type in SQL; `values`: number of the spot → name → text, as that type is written.
        """
        text, parameters = said_of_each(statement, "m.spot::text", types, values)
        self.execute(text, **parameters, spots=list(values), **more)

    def go(self, way: str, outcome: str | None = None, detail: Mapping[str, Any] | None = None) -> None:
        """All of them go one way."""
        text = None if detail is None else orjson.dumps(detail, default=str).decode()
        self.execute(sql.PASS, way=way, outcome=outcome or way, detail=text)

    def speak(self) -> None:
        """Messages are left out up to the next wait only: this is one."""
        if self.has_silent:
            self.execute(sql.SPEAK)

    def let_go(self) -> None:
        """Whoever was told to go on now does, whatever they wait for."""
        told = orjson.dumps(BY_A_COLLEAGUE).decode()
        self.execute(f"{sql.PASS} AND hold = 'GO'", way="next", outcome="WAITED", detail=told)

    def park(self, dues: Mapping[int, datetime]) -> None:
        """All at these spots wait here, at each until its moment."""
        values = {number: {"due": due.isoformat()} for number, due in dues.items()}
        self.execute_by_spot(sql.PARK, {"due": "timestamptz"}, values)

    def answer(self, answers: Iterable[Answer]) -> None:
        """Each of them as said."""
        ANSWERED.fill(
            self.cursor,
            (
                (
                    one.run_id,
                    one.way,
                    one.outcome or one.way,
                    None if one.detail is None else orjson.dumps(one.detail, default=str).decode(),
                    one.due_at,
                    one.state,
                    one.skip_sends,
                    one.not_before,
                )
                for one in answers
            ),
        )
        self.execute(APPLY)


def as_json(value: Any) -> Any:
    """Jsonb as a plain cursor hands it over."""
    return orjson.loads(value) if isinstance(value, str | bytes) else value


Rows = Sequence[tuple[Any, ...]]
