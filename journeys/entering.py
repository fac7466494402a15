"""Coming in: one statement decides about everybody who may enter a journey, and says of each who may not why.

The order of the reasons is the order in which they are checked; the first that applies is kept. The database has the
last word: a live run of the same journey, person and key is unique, whatever the version.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from events.debounce import enqueue_on_commit
from events.log import wake_consumers
from journeys import entering_statements as sql
from journeys.by_row import said_of_each
from journeys.clocks import instant, shifted
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


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Who may enter one journey, by one of its triggers; its condition on the person is part of the decision."""

    journey: Journey
    entrants: Sequence[Entrant]
    trigger: Trigger | None = None


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
    return enter_all([Arrivals(journey, list(entrants), trigger)], now=now, each=each)[journey.pk]


def enter_all(
    arrivals: Sequence[Arrivals], *, now: datetime | None = None, each: bool = False, is_counted: bool = True
) -> Mapping[UUID, Entered]:
    """The same for several journeys, each named once, by as many statements as for one; by the ids of the journeys.

    `is_counted`: somebody asks how many entered.
    """
    now = now or timezone.now()
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        if not IN_TRIAL.get():  # nobody else has the journey of a trial
            arrivals = _locked(cursor, arrivals)
        closed_for = {one.journey.pk: closed(one.journey, now) for one in arrivals}
        rows = list(_rows(arrivals, closed_for, now))
        sql.ENTRANT.fill(cursor, rows)
        if len(rows) >= ANALYZED_FROM:
            cursor.execute(sql.ANALYZE)
        open_ones = [one for one in arrivals if closed_for[one.journey.pk] is None]
        entering = _Entering(cursor, arrivals, open_ones, now)
        entering.decide()
        return entering.answer(each=each) if is_counted or each else {}


def _locked(cursor: Any, arrivals: Sequence[Arrivals]) -> Sequence[Arrivals]:
    """The journeys as they are now, each ours until the end; locked in one order, so that nobody waits in a circle."""
    names = sorted(f"{one.journey.tenant_id}/{one.journey.pk}" for one in arrivals)
    cursor.execute(sql.LOCK, [LOCK, names])
    if len(arrivals) == 1:
        arrivals[0].journey.refresh_from_db()
        return arrivals
    fresh = Journey.objects.in_bulk([one.journey.pk for one in arrivals])
    return [replace(one, journey=fresh[one.journey.pk]) for one in arrivals]


def _rows(
    arrivals: Sequence[Arrivals], closed_for: Mapping[UUID, str | None], now: datetime
) -> Iterable[tuple[Any, ...]]:
    coming = ((one.journey.pk, entrant) for one in arrivals for entrant in one.entrants)
    for position, (journey_id, one) in enumerate(coming):
        data = "{}" if one.data is None else orjson.dumps(one.data, default=str).decode()
        yield (
            position, journey_id, one.profile_id, one.key, one.cause, one.event_type, one.event_id, data,
            one.at or now, one.due_at or now, closed_for[journey_id], None, None,
            "{}" if one.variables is None else orjson.dumps(one.variables, default=str).decode(),
        )  # fmt: skip


class _Entering:
    """`arrivals`: all that were asked for; `open_ones`: those whose journeys let people in now."""

    def __init__(
        self, cursor: Any, arrivals: Sequence[Arrivals], open_ones: Sequence[Arrivals], now: datetime
    ) -> None:
        self.cursor, self.arrivals, self.open_ones, self.now = cursor, arrivals, open_ones, now
        self.tenant_id = arrivals[0].journey.tenant_id
        self.definitions = {one.journey.pk: definition_of(one.journey.version_id or 0) for one in open_ones}
        self.common = {"tenant": self.tenant_id, "now": now}

    @cached_property
    def tenant(self) -> Tenant:
        """Its clock is asked for by conditions and by the limit of a day."""
        return Tenant.objects.get(pk=self.tenant_id)

    def decide(self) -> None:
        """Let in whoever may come, and keep why the others may not."""
        self.cursor.execute(sql.RESOLVE, self.common)
        if self.open_ones and self._is_anybody_left():
            self._decide()
            self._insert()
        self.cursor.execute(sql.KEEP_REFUSALS, self.common)

    def _execute(
        self, statement: str, types: Mapping[str, str], values: Mapping[UUID, Mapping[str, Any]], **more: Any
    ) -> None:
        """A statement with what each of some journeys says; they are `%(journeys)s` in it."""
        text, parameters = said_of_each(statement, "e.journey_id::text", types, values)
        self.cursor.execute(text, self.common | parameters | {"journeys": list(values)} | more)

    def _is_anybody_left(self) -> bool:
        """By what is known of the person and of earlier runs."""
        self._execute(sql.REFUSE, sql.ENTRY, {pk: self._entry(one) for pk, one in self.definitions.items()})
        return bool(self.cursor.fetchone()[0])

    def _entry(self, definition: Definition) -> dict[str, Any]:
        entry = definition.entry
        since = self._days_ago(definition, entry.days) if entry.policy is Policy.AFTER_DAYS else None
        return {
            "oldest": (self.now - timedelta(hours=entry.max_age_hours)).isoformat(),
            "once": entry.policy is Policy.ONCE,
            "per_key": entry.policy is Policy.ONCE_PER_KEY,
            "since": None if since is None else since.isoformat(),
        }

    def _days_ago(self, definition: Definition, days: int) -> datetime:
        """By the calendar: over a change of the clock too the same hour of the wall clock."""
        length = Length(amount=days, unit=Unit.DAYS)
        return shifted(self.now, length, definition.zone(self.tenant.zone), sign=-1)

    def _decide(self) -> None:
        self._ask(
            {one.journey.pk: one.trigger.rule for one in self.open_ones if one.trigger and one.trigger.rule}
        )
        self._ask({pk: one.matching for pk, one in self.definitions.items() if one.matching is not None})
        held = {
            pk: {"holdout": one.entry.holdout_percent * 100, "salt": f":{chance_of(pk)}:holdout"}
            for pk, one in self.definitions.items()
            if one.entry.holdout_percent
        }
        if held:
            self._execute(sql.HOLD_OUT, sql.CHANCE, held)
        capped = {
            pk: {"most": one.entry.max_enrollments, "daily": one.entry.daily_cap}
            for pk, one in self.definitions.items()
            if one.entry.max_enrollments is not None or one.entry.daily_cap is not None
        }
        if capped:
            zone = self.tenant.zone
            midnight = instant(datetime.combine(self.now.astimezone(zone), time.min), zone)
            self._execute(sql.CAP, sql.CAPS, capped, today=midnight)

    def _ask(self, rules: Mapping[UUID, Mapping[str, Any]]) -> None:
        """Each rule once, of all the journeys that ask it."""
        asking: dict[bytes, list[UUID]] = {}
        for pk, rule in rules.items():
            asking.setdefault(orjson.dumps(rule, option=orjson.OPT_SORT_KEYS), []).append(pk)
        for journeys in asking.values():
            decided = decide(
                rules[journeys[0]],
                self.tenant,
                self.now,
                among="SELECT profile_id FROM entrant WHERE verdict IS NULL",
            )
            statement = sql.ASK.format(holds=decided.holds, index=decided.place, value=decided.value)
            parts = orjson.dumps(decided.parts, default=str).decode()
            more = {"parts": parts, "journeys": journeys}
            self.cursor.execute(statement, self.common | decided.params | more)

    def _insert(self) -> None:
        says = {
            one.journey.pk: {
                "version": one.journey.version_id,
                "start": self.definitions[one.journey.pk].start,
                "name": one.journey.name,
            }
            for one in self.open_ones
        }
        if not IN_TRIAL.get():
            self.cursor.execute(SYNC_COMMIT)
        self._execute(sql.INSERT, sql.SAID, says)
        if not self.cursor.rowcount:
            return
        self.cursor.execute(sql.KEEP_DATA, self.common)
        if not IN_TRIAL.get():  # nobody else is told of it
            self._execute(sql.TELL, sql.SAID, says)
            open_notes(self.cursor)
            self._execute(sql.NOTE, sql.SAID, says)
            store_notes(self.cursor, self.tenant_id)
            wake_consumers()
            enqueue_on_commit(MOVE_RUNS, str(self.tenant_id))

    def answer(self, *, each: bool) -> Mapping[UUID, Entered]:
        """How many came in, and what was decided about each."""
        self.cursor.execute(sql.COUNTS)
        counts: dict[UUID, dict[str, int]] = {one.journey.pk: {} for one in self.arrivals}
        for pk, verdict, people in self.cursor.fetchall():
            counts[pk][verdict] = people
        verdicts: dict[UUID, list[Verdict]] = {pk: [] for pk in counts}
        if each:
            self.cursor.execute(sql.EACH)
            for pk, *row in self.cursor.fetchall():
                verdicts[pk].append(Verdict(*row))
        return {pk: Entered(counts[pk], verdicts[pk]) for pk in counts}


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
