"""Coming in: one statement decides about everybody who may enter a journey, and says of each who may not why.

The order of the reasons is the order in which they are checked; the first that applies is kept. The database has the
last word: a live run of the same journey, person and key is unique, whatever the version.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from events.debounce import enqueue_on_commit
from events.log import wake_consumers
from journeys import entering_statements as sql
from journeys.clocks import shifted
from journeys.definition import Definition
from journeys.definition.parts import Length, Unit
from journeys.definition.triggers import Policy, SegmentTrigger, Trigger
from journeys.engine.conditions import decide
from journeys.engine.group import IN_TRIAL, chance_of
from journeys.models import Journey, JourneyStatus
from journeys.versions import definition_of
from profiles.recording import open_notes, store_notes
from tenants.models import Tenant
from tenants.postgresql.commits import SYNC_COMMIT
from tenants.scope import current_tenant_id

MOVE_RUNS: Final = "journeys.move_runs"
LOCK: Final = 60  # as declared in `journeys.extension`
ENTERED: Final = "ENROLLED"
# Of the variables of a run: through which journeys it came without waiting.
PATH: Final = "path"
LONGEST_QUEUE: Final = timedelta(days=7)
# From here on the guesses about the temporary table matter: each entrant was compared with each.
ANALYZED_FROM: Final = 200


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody who may enter, and what brought them. `at`: when that happened."""

    profile_id: UUID
    key: str = ""
    cause: str = "MANUAL"
    event_type: str = ""
    event_id: int | None = None
    data: Mapping[str, Any] | None = None
    at: datetime | None = None
    due_at: datetime | None = None
    variables: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody whom another journey sends, with what it knew; `path`: the journeys they came through at once."""

    profile_id: UUID
    key: str
    data: Mapping[str, Any]
    path: Sequence[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one of them: ENROLLED with the run, else the reason."""

    profile_id: UUID
    key: str
    verdict: str
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """How many entered, and how many did not by reason."""

    counts: Mapping[str, int] = field(default_factory=dict)
    verdicts: Sequence[Verdict] = ()

    @property
    def entered(self) -> int:
        """New runs."""
        return self.counts.get(ENTERED, 0)


def enter(
    journey: Journey,
    entrants: Iterable[Entrant],
    *,
    trigger: Trigger | None = None,
    now: datetime | None = None,
    each: bool = False,
) -> Entered:
    """Let people in; `each` asks for everybody's verdict. Needs the scope.

    The trigger's own condition on the person is part of the decision. Entries into one journey wait for each other.
    """
    now = now or timezone.now()
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        if not IN_TRIAL.get():  # nobody else has the journey of a trial
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, f"{journey.tenant_id}/{journey.pk}"]
            )
            journey.refresh_from_db()
        rows = list(_rows(entrants, now))
        sql.ENTRANT.fill(cursor, rows)
        if len(rows) >= ANALYZED_FROM:
            cursor.execute(sql.ANALYZE)
        return _Entering(cursor, journey, trigger, now).run(each)


def _rows(entrants: Iterable[Entrant], now: datetime) -> Iterable[tuple[Any, ...]]:
    for position, one in enumerate(entrants):
        data = "{}" if one.data is None else orjson.dumps(one.data, default=str).decode()
        yield (
            position, one.profile_id, one.key, one.cause, one.event_type, one.event_id, data, one.at or now,
            one.due_at or now, None, None, None,
            "{}" if one.variables is None else orjson.dumps(one.variables, default=str).decode(),
        )  # fmt: skip


class _Entering:
    def __init__(self, cursor: Any, journey: Journey, trigger: Trigger | None, now: datetime) -> None:
        self.cursor, self.journey, self.trigger, self.now = cursor, journey, trigger, now
        self.common = {"tenant": journey.tenant_id, "journey": journey.pk, "now": now}

    @cached_property
    def tenant(self) -> Tenant:
        """Its clock is asked for by conditions and by the limit of a day."""
        return Tenant.objects.get(pk=self.journey.tenant_id)

    def run(self, each: bool) -> Entered:
        if refusal := closed(self.journey, self.now):
            self.cursor.execute("UPDATE entrant SET verdict = %s", [refusal])
            return self._answer(each)
        definition = definition_of(self.journey.version_id or 0)
        if self._is_anybody_left(definition):
            self._decide(definition)
            self._insert(definition)
        return self._answer(each)

    def _is_anybody_left(self, definition: Definition) -> bool:
        """By what is known of the person and of earlier runs."""
        entry = definition.entry
        self.cursor.execute(sql.RESOLVE, self.common)
        parameters = self.common | {
            "oldest": self.now - timedelta(hours=entry.max_age_hours),
            "once": entry.policy is Policy.ONCE,
            "per_key": entry.policy is Policy.ONCE_PER_KEY,
            "since": self._days_ago(definition, entry.days) if entry.policy is Policy.AFTER_DAYS else None,
        }
        self.cursor.execute(sql.REFUSE, parameters)
        return bool(self.cursor.fetchone()[0])

    def _days_ago(self, definition: Definition, days: int) -> datetime:
        """By the calendar: over a change of the clock too the same hour of the wall clock."""
        length = Length(amount=days, unit=Unit.DAYS)
        return shifted(self.now, length, definition.zone(self.tenant.zone), sign=-1)

    def _decide(self, definition: Definition) -> None:
        entry = definition.entry
        for rule in (self.trigger.rule if self.trigger else None, definition.matching):
            if rule is not None:
                self._ask(rule)
        if entry.holdout_percent:
            self.cursor.execute(
                sql.HOLD_OUT,
                self.common
                | {"holdout": entry.holdout_percent * 100, "salt": f":{chance_of(self.journey.pk)}:holdout"},
            )
        if entry.max_enrollments is not None or entry.daily_cap is not None:
            midnight = self.now.astimezone(self.tenant.zone).replace(
                hour=0, minute=0, second=0, microsecond=0
            )
            self.cursor.execute(
                sql.CAP,
                self.common | {"most": entry.max_enrollments, "daily": entry.daily_cap, "today": midnight},
            )

    def _ask(self, rule: Mapping[str, Any]) -> None:
        decided = decide(
            rule, self.tenant, self.now, among="SELECT profile_id FROM entrant WHERE verdict IS NULL"
        )
        statement = sql.ASK.format(holds=decided.holds, index=decided.place, value=decided.value)
        parts = orjson.dumps(decided.parts, default=str).decode()
        self.cursor.execute(statement, self.common | decided.params | {"parts": parts})

    def _insert(self, definition: Definition) -> None:
        self.cursor.execute(SYNC_COMMIT)
        self.cursor.execute(
            sql.INSERT, self.common | {"version": self.journey.version_id, "start": definition.start}
        )
        if not self.cursor.rowcount:
            return
        self.cursor.execute(sql.KEEP_DATA, self.common)
        if not IN_TRIAL.get():  # nobody else is told of it
            self.cursor.execute(sql.TELL, self.common | {"version": self.journey.version_id})
            open_notes(self.cursor)
            self.cursor.execute(sql.NOTE, self.common | {"name": self.journey.name})
            store_notes(self.cursor, self.journey.tenant_id)
            wake_consumers()
            enqueue_on_commit(MOVE_RUNS, str(self.journey.tenant_id))

    def _answer(self, each: bool) -> Entered:
        self.cursor.execute(sql.KEEP_REFUSALS, self.common)
        self.cursor.execute(sql.COUNTS)
        counts = dict(self.cursor.fetchall())
        if not each:
            return Entered(counts)
        self.cursor.execute(sql.EACH)
        return Entered(counts, [Verdict(*row) for row in self.cursor.fetchall()])


def closed(journey: Journey, now: datetime) -> str | None:
    """Why nobody enters now; None: people may. A paused journey that queues lets them in, and holds them."""
    if journey.status == JourneyStatus.ACTIVE:
        return None
    if journey.status == JourneyStatus.PAUSED and journey.queues_entries and journey.paused_at is not None:
        return None if now - journey.paused_at <= LONGEST_QUEUE else "PAUSED"
    return str(journey.status)


def enter_members(journey: Journey, definition: Definition) -> None:
    """At the first start: those who are in a segment already, where the trigger asks for them."""
    for trigger in definition.triggers:
        if isinstance(trigger, SegmentTrigger) and trigger.include_members:
            with connection.cursor() as cursor:
                cursor.execute(sql.MEMBERS, [current_tenant_id(), trigger.segment])
                people = [row[0] for row in cursor.fetchall()]
            enter(journey, (Entrant(one, cause="SEGMENT") for one in people), trigger=trigger)


def enter_by_journey(journey_id: str, coming: Sequence[Coming], *, now: datetime) -> list[str]:
    """Let people into the journey that an ENROL step names; returns a verdict for each.

    The key comes along where the journey has one run for each key. Whoever came through this very journey a moment ago
    goes round in a circle, and does not come in.
    """
    journey = Journey.objects.filter(pk=journey_id).first()
    if journey is None:
        return ["NO_JOURNEY"] * len(coming)
    is_keyed = journey.version_id is not None and bool(definition_of(journey.version_id).key_paths)
    rows = [
        Entrant(
            one.profile_id,
            key=one.key if is_keyed else "",
            cause="JOURNEY",
            data=one.data,
            variables={PATH: list(one.path)},
        )
        for one in coming
    ]
    may = [str(journey.pk) not in one.path for one in coming]
    entered = iter(
        enter(
            journey, [row for row, is_let in zip(rows, may, strict=True) if is_let], now=now, each=True
        ).verdicts
    )
    return [next(entered).verdict if is_let else "CIRCLE" for is_let in may]
