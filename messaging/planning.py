"""The only way into the ledger: one statement decides for all candidates who gets a message, and when.

A caller opens the table of candidates, fills it (by COPY with `stage`, or by its own `INSERT … SELECT`), and plans:

    with transaction.atomic(), connection.cursor() as cursor:
        planning.open_candidates(cursor)
        cursor.execute("INSERT INTO send_candidate (profile_id, key, channels, message_ids) SELECT …")
        outcome = planning.plan(cursor, Sending(source=Source.CAMPAIGN, source_id=campaign.id))

Each candidate becomes a row: PLANNED with a channel and a time, DEFERRED until a cap allows it, or SKIPPED with the
reason. A key that is there already stays as it is, so planning again adds only who is new. See docs/sending.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.utils import timezone

from events.debounce import enqueue_on_commit
from messaging import statements as sql
from messaging.clocks import quiet_windows
from messaging.models import NO_SOURCE, MessageClass, SendChannel, SendPolicy, Source
from messaging.models.policy import ALL_CHANNELS, MORNING, policy_of
from tenants.models import Tenant
from tenants.scope import current_tenant_id

SEND_DUE: Final = "messaging.send_due"
# Two workers may send at once; each takes turns of its own.
HANDS: Final = ("left", "right")
MOST_DEFERRALS: Final = 3
# No week of anybody's clock that a message falls into begins or ends farther away; quiet hours move it by a day.
WEEK: Final = timedelta(days=10)
# From here on the planner's guesses about the temporary table matter.
ANALYZED_FROM: Final = 1000
LOCK: Final = 40  # as declared in `messaging.extension`
COLUMNS: Final = (
    "profile_id, key, channels, message_ids, due_at, expires_at, zone, occurrence, variant, variables, skip_reason,"
    " position"
)


PERSON_COLUMNS: Final = sql.PERSON
OF_PERSON: Final = sql.OF_PERSON


class OnQuiet:
    """What becomes of a message whose time falls into the quiet hours."""

    DEFER: Final = "DEFER"
    SKIP: Final = "SKIP"


class OnCap(OnQuiet):
    """What becomes of a message to somebody who had enough of them."""


class Candidate(NamedTuple):
    """Somebody who may get a message. `ways`: channel → id of its `Message`, the preferred channel first.

    `key` is unique per person × message × occurrence, for ever. `due_at` None: now. `skip_reason` says that the caller
    decided already (HOLD_OUT). `zone` None: the home club's, else the tenant's.
    """

    profile_id: UUID
    key: str
    ways: Mapping[str, UUID]
    due_at: datetime | None = None
    expires_at: datetime | None = None
    zone: str | None = None
    occurrence: str = ""
    variant: str = ""
    variables: Mapping[str, Any] | None = None
    skip_reason: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """What all candidates of a plan have in common. `is_trial`: nobody else plans into the same ledger.

    `sources`: of candidates that name their own `source_id`, each with a copy a mailbox of its own. `one_each`: nobody
    stands among them twice, they were filled in order of `position`, and every key names the source, so that none can
    be there while the source has no rows.
    """

    source: Source
    source_id: UUID = NO_SOURCE
    sources: Sequence[UUID] = ()
    message_class: MessageClass = MessageClass.MARKETING
    on_quiet: str = OnQuiet.DEFER
    on_cap: str = OnCap.SKIP
    one_per_mailbox: bool = True
    one_each: bool = False
    is_trial: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided: (status, reason, channel) → people. `already` were in the ledger before.

    `first`, `last`: when the first and the last of those that were written are due.
    """

    candidates: int
    counts: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None

    @property
    def written(self) -> int:
        """Rows that are new."""
        return sum(self.counts.values())

    @property
    def already(self) -> int:
        """Candidates whose key was there."""
        return self.candidates - self.written

    def of(self, status: str) -> int:
        """How many got a status."""
        return sum(people for (found, _, _), people in self.counts.items() if found == status)

    def reasons(self) -> dict[str, int]:
        """Reason → people, of those who get nothing, or not yet."""
        found: dict[str, int] = {}
        for (_, reason, _), people in self.counts.items():
            if reason:
                found[reason] = found.get(reason, 0) + people
        return found


class Decision(NamedTuple):
    """What is decided about one candidate; `tried` says of each channel why not."""

    key: str
    profile_id: UUID
    status: str
    reason: str
    channel: str
    due_at: datetime
    tried: Mapping[str, str]


def open_candidates(cursor: Any) -> None:
    """Make the temporary table `send_candidate`, empty; needs an open transaction.

    Who fills it by a statement that reads the people anyway fills `PERSON_COLUMNS` too, from `OF_PERSON`, for all.
    """
    cursor.execute(sql.CANDIDATES)


def make_room(cursor: Any) -> None:
    """Let the sorts of a large plan keep out of files, until the transaction ends."""
    cursor.execute(sql.ROOM)


def stage(cursor: Any, candidates: Iterable[Candidate]) -> None:
    """Add candidates to the open table, in this order."""
    cursor.copy_rows(
        f"COPY send_candidate ({COLUMNS}) FROM STDIN",
        (
            (
                one.profile_id,
                one.key,
                list(one.ways),
                list(one.ways.values()),
                one.due_at,
                one.expires_at,
                one.zone,
                one.occurrence,
                one.variant,
                None if one.variables is None else orjson.dumps(one.variables).decode(),
                one.skip_reason,
                position,
            )
            for position, one in enumerate(candidates)
        ),
    )


def plan(
    cursor: Any, sending: Sending, *, now: datetime | None = None, tenant: Tenant | None = None
) -> Outcome:
    """Write a row for each candidate in `send_candidate`; the scope and a transaction are the caller's.

    Plans of one source wait for each other, and where the club has caps all plans of the club do: what one decides
    the other must see. `now` is for simulations; `tenant`: the club, where it is known.
    """
    run = _Run(cursor, sending, now, tenant)
    rows = run.execute("INSERT") if run.candidates else []
    outcome = Outcome(
        run.candidates,
        {row[:3]: row[3] for row in rows},
        min((row[4] for row in rows), default=None),
        max((row[5] for row in rows), default=None),
    )
    if outcome.of("PLANNED") and not sending.is_trial:
        for hand in HANDS:
            enqueue_on_commit(SEND_DUE, hand)
    return outcome


def preview(cursor: Any, sending: Sending, *, now: datetime | None = None) -> Outcome:
    """What `plan` would decide; nothing is written."""
    run = _Run(cursor, sending, now)
    rows = run.execute("COUNT") if run.candidates else []
    return Outcome(run.candidates, {row[:3]: row[3] for row in rows})


def decisions(cursor: Any, sending: Sending, *, now: datetime | None = None) -> list[Decision]:
    """What `plan` would decide of each candidate, in order; nothing is written."""
    run = _Run(cursor, sending, now)
    if not run.candidates:
        return []
    rows = run.execute("EACH")
    return [Decision._make((*row[:6], _ways_tried(row[6]))) for row in rows]


def replan(cursor: Any, sending: Sending, *, now: datetime | None = None) -> list[tuple[Any, ...]]:
    """Decide anew about the DEFERRED rows staged with their `delivery_id`; for `messaging.deferring`."""
    run = _Run(cursor, sending, now)
    return run.execute("UPDATE") if run.candidates else []


def _ways_tried(value: Any) -> Mapping[str, str]:
    return orjson.loads(value) if isinstance(value, str) else value or {}


class _Run:
    """One planning: looks at the candidates, then decides with what they need."""

    def __init__(
        self, cursor: Any, sending: Sending, now: datetime | None, tenant: Tenant | None = None
    ) -> None:
        self.cursor, self.sending = cursor, sending
        self.now = now or timezone.now()
        self.tenant = tenant or Tenant.objects.get(pk=current_tenant_id())
        self.policy = policy_of(self.tenant)
        self.is_exempt = sending.message_class in self.policy.exempt_classes
        self.caps = None if self.is_exempt else caps_of(self.policy)
        self.has_quiet_hours = self.policy.has_quiet_hours and not self.is_exempt
        self._lock()
        parameters = {"now": self.now, "tenant": self.tenant.pk, "sources": self._sources}
        cursor.execute(sql.LOOK, parameters)
        self.candidates, most_ways, first, last, self.known, self.taken = cursor.fetchone()
        self.span = (max(first or self.now, self.now) - WEEK, max(last or self.now, self.now) + WEEK)
        self.many_ways = (most_ways or 0) > 1
        self.repeats = self.caps is not None and not sending.one_each and self._has_repeats()
        if self.candidates >= ANALYZED_FROM:
            cursor.execute(sql.ANALYZE)
            make_room(cursor)
        if self.has_quiet_hours and self.candidates:
            cursor.execute(sql.ZONES)
            zones = {zone for (zone,) in cursor.fetchall()}
            self._fill_cycles({*zones, self.tenant.time_zone, *self.policy.club_zones.values()}, first, last)

    @property
    def _sources(self) -> list[UUID]:
        return sorted(self.sending.sources or [self.sending.source_id])

    def _lock(self) -> None:
        """A cap spans all sources; a mailbox counts within one. In one order, so that no two plans wait in a circle."""
        if self.sending.is_trial:
            return
        tenant = self.tenant.pk
        whom = [str(tenant)] if self.caps else [f"{tenant}/{source}" for source in self._sources]
        if self.caps or self.sending.one_per_mailbox:
            self.cursor.execute(sql.LOCK, [LOCK, whom])

    def _has_repeats(self) -> bool:
        self.cursor.execute(sql.REPEATS)
        return bool(self.cursor.fetchone()[0])

    def _fill_cycles(self, zones: Iterable[str], first: datetime, last: datetime) -> None:
        assert self.policy.quiet_from is not None  # noqa: S101 - as has_quiet_hours says
        assert self.policy.quiet_until is not None  # noqa: S101
        self.cursor.execute(sql.CYCLES)
        rows: list[Sequence[Any]] = []
        first, last = max(first, self.now) - timedelta(days=1), max(last, self.now) + timedelta(days=2)
        for zone in sorted(zones):
            windows = list(quiet_windows(zone, self.policy.quiet_from, self.policy.quiet_until, first, last))
            rows += [
                (zone, before.until, here.starts, here.until, after.starts)
                for before, here, after in zip(windows, windows[1:], windows[2:], strict=False)
            ]
        self.cursor.copy_rows(sql.COPY_CYCLES, rows)

    def execute(self, ending: str) -> list[tuple[Any, ...]]:
        sending = self.sending
        statement = sql.decision(
            ending=ending,
            caps=self.caps,
            has_quiet_hours=self.has_quiet_hours,
            many_ways=self.many_ways,
            one_mailbox=sending.one_per_mailbox,
            taken=bool(self.taken),
            repeats=self.repeats,
            known=bool(self.known),
            new_keys=sending.one_each and sending.one_per_mailbox and not self.taken,
        )
        needs_consent = sending.message_class == MessageClass.MARKETING or self.policy.needs_consent_always
        self.cursor.execute(
            statement,
            {
                "tenant": self.tenant.pk,
                "now": self.now,
                "zone": self.tenant.time_zone,
                "club_zones": orjson.dumps(self.policy.club_zones).decode(),
                "source": sending.source.value,
                "source_id": sending.source_id,
                "message_class": sending.message_class.value,
                "needs_consent": needs_consent,
                "exempt": list(self.policy.exempt_classes),
                "defers_quiet": sending.on_quiet == OnQuiet.DEFER,
                "defers_cap": sending.on_cap == OnCap.DEFER,
                "one_per_mailbox": sending.one_per_mailbox,
                "most_deferrals": MOST_DEFERRALS,
                "morning": self.policy.quiet_until or MORNING,
                "earliest": self.span[0],
                "latest": self.span[1],
            },
        )
        return list(self.cursor.fetchall())


def caps_of(policy: SendPolicy) -> sql.Caps | None:
    """The club's caps; None where it has none."""
    channels = {
        channel: (policy.cap(channel, "day"), policy.cap(channel, "week")) for channel in SendChannel.values
    }
    any_day, any_week = policy.cap(ALL_CHANNELS, "day"), policy.cap(ALL_CHANNELS, "week")
    if any_day is None and any_week is None and not any(day or week for day, week in channels.values()):
        return None
    return sql.Caps(
        {name: spans for name, spans in channels.items() if spans != (None, None)}, any_day, any_week
    )
