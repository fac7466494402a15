"""A group of runs that stand at one step: what every kind of step gets to work with."""

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from journeys.definition import Definition
from journeys.definition.steps import Step
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
    reason = CASE WHEN a.state = 'EXITED' THEN COALESCE(a.outcome, m.reason) ELSE m.reason END,
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


@dataclass(frozen=True)
class Group:
    """Runs at one step of one version in one pass. `resumes`: they waited here and are due.

    `is_marked`: the hold of one of them says how it goes on (GO, REST).

    `zone`: the clock of the journey, else of the club; for a wait that of these people's home club.
    """

    cursor: Any
    tenant: Tenant
    now: datetime
    definition: Definition
    version_id: int
    step: Step
    resumes: bool
    part: int
    size: int
    is_marked: bool
    journey_id: UUID
    zone: ZoneInfo

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of `sql.HERE`, with tenant and now."""
        return {
            "tenant": self.tenant.pk,
            "now": self.now,
            "version": self.version_id,
            "step": self.step.id,
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

    def go(self, way: str, outcome: str | None = None, detail: Mapping[str, Any] | None = None) -> None:
        """All of them go one way."""
        text = None if detail is None else orjson.dumps(detail, default=str).decode()
        self.execute(sql.PASS, way=way, outcome=outcome or way, detail=text)

    def let_go(self) -> None:
        """Whoever was told to go on now does, whatever they wait for."""
        told = orjson.dumps(BY_A_COLLEAGUE).decode()
        self.execute(f"{sql.PASS} AND hold = 'GO'", way="next", outcome="WAITED", detail=told)

    def park(self, due: datetime) -> None:
        """All of them wait here."""
        self.execute(sql.PARK, due=due)

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

    @property
    def ways(self) -> dict[str, str | None]:
        """Way → next step; ways that were not drawn lead where `next` leads."""
        default = self.step.way("next")
        return {name: self.step.ways.get(name, default) for name in (*self.step.outlets, "skipped", "failed")}


def as_json(value: Any) -> Any:
    """Jsonb as a plain cursor hands it over."""
    return orjson.loads(value) if isinstance(value, str | bytes) else value


Rows = Sequence[tuple[Any, ...]]
