"""Trying a definition over the club's own past: what happened then enters people at their time, and time goes on.

The clock of a replay goes in steps of an hour (of some hours where it looks back far) on the club's wall clock, and
stops besides at each instant at which a wait for an hour or a date ends, quiet hours end, or a trigger by date or
schedule looks for people. Within a step, what happened comes before what falls due. Conditions are asked of people as
they are known now (docs/journeys.md says what that means).
"""

import time as clock
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events.consumers import Entry
from journeys import listening
from journeys.clocks import cron_times, instant, local_time
from journeys.definition import Definition, parse
from journeys.definition.parts import UntilDate
from journeys.definition.steps import Send, Step, Wait
from journeys.definition.triggers import (
    DateTrigger,
    ScheduleTrigger,
    ScoreTrigger,
    SegmentExit,
    SegmentTrigger,
)
from journeys.definition.vocabulary import activity_types
from journeys.engine.passing import move_due
from journeys.explaining import story
from journeys.interest import Interest, event_types
from journeys.models import Conversion, Journey, Run, RunEnded
from journeys.scanning import scan
from journeys.sharing import Progress, Share, play_shares, shares_of
from journeys.trial_tables import count_rows, own_tables
from journeys.trying import in_trial, standing_for, trial_journey
from journeys.versions import message_of
from messaging.models.policy import policy_kept
from messaging.settling import decide_deferred
from tenants.models import Tenant
from tenants.scope import current_tenant_id

SAMPLES: Final = 5
# Days looked back → hours a step.
STEPS: Final = ((31, 1), (93, 2), (366, 6))
AT_ONCE: Final = timedelta(days=7)
# Each end of a transaction empties some fifteen temporary tables, so a transaction spans several steps of the clock;
# but not for long, since an open one holds back whoever reads the log.
TURN_SECONDS: Final = 0.3
# Moves after which the rows are counted: how many there are the planner sees by itself, but not of what kind.
COUNTED_AT: Final = frozenset(4**power for power in range(8))
# `{mine}`: of those alone who are in the session's share of the people.
MINE: Final = """AND l.profile_id IN (
    SELECT p.id FROM pg_temp.profiles_customerprofile AS p WHERE p.tenant_id = l.tenant_id)"""
ENTRIES: Final = """
SELECT l.id, l.profile_id, l.type, l.occurred_at FROM profiles_activity AS l
WHERE l.tenant_id = %s AND l.occurred_at >= %s AND l.occurred_at < %s AND l.type = ANY(%s) {mine}
ORDER BY l.occurred_at, l.id
"""
TRANSITIONS: Final = """
SELECT l.id, l.profile_id, CASE WHEN l.is_join THEN 'segment.joined' ELSE 'segment.left' END, l.at,
       l.segment_id::text, l.cause
FROM segments_segmenttransition AS l
WHERE l.tenant_id = %s AND l.at >= %s AND l.at < %s AND l.segment_id::text = ANY(%s) {mine} ORDER BY l.at, l.id
"""
# Days on which a score came to the other side of a level, as the last word of the day says.
SCORES: Final = """
SELECT l.profile_id, l.day, b.engagement, l.engagement, b.churn_risk, l.churn_risk FROM profiles_scorehistory AS l
CROSS JOIN LATERAL (
    SELECT engagement, churn_risk FROM profiles_scorehistory AS b
    WHERE b.tenant_id = l.tenant_id AND b.profile_id = l.profile_id AND b.day < l.day ORDER BY b.day DESC LIMIT 1) AS b
WHERE l.tenant_id = %(tenant)s AND l.day >= %(since)s AND l.day <= %(until)s {mine} AND EXISTS (
    SELECT FROM unnest(%(levels)s::int[]) AS x
    WHERE (b.engagement < x) <> (l.engagement < x) OR (b.engagement > x) <> (l.engagement > x)
       OR (b.churn_risk < x) <> (l.churn_risk < x) OR (b.churn_risk > x) <> (l.churn_risk > x))
ORDER BY l.day, l.profile_id
"""
# The next end of a wait for an hour or a date, or of quiet hours. Those of durations come with the step of the clock.
NEXT_STOP: Final = """
SELECT min(due_at) FROM journeys_run
WHERE tenant_id = %s AND journey_id = %s AND status = 'WAITING' AND due_at > %s AND due_at < %s AND step = ANY(%s)
"""
NEXT_DUE: Final = """
SELECT due_at FROM journeys_run
WHERE tenant_id = %s AND journey_id = %s AND status = 'WAITING' AND due_at >= %s ORDER BY due_at LIMIT 1
"""
SUPPRESSED: Final = (
    "CONSENT", "NO_ADDRESS", "BOUNCE", "COMPLAINT", "RESTRICTED", "SAME_MAILBOX", "NO_CHANNEL", "ERASED",
)  # fmt: skip


@dataclass
class DryRun:
    """What would have happened."""

    days: int
    entered: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    by_day: dict[str, int] = field(default_factory=dict)
    by_step: list[dict[str, Any]] = field(default_factory=list)
    sent: int = 0
    capped: int = 0
    suppressed: int = 0
    clashes: int = 0
    messages: dict[str, int] = field(default_factory=dict)
    messages_by_day: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    converted: int = 0
    still_in: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)


def dry_run(
    raw: Any,
    *,
    days: int = 90,
    now: datetime | None = None,
    progress: Progress | None = None,
    tried: UUID | None = None,
) -> DryRun:
    """The definition over the last days of the club's own timeline, in tables of its own; nothing is kept.

    `tried`: the journey whose draft it is; people are divided as there.
    """
    now = now or timezone.now()
    definition, tenant = parse(raw), Tenant.objects.get(pk=current_tenant_id())
    started = now - timedelta(days=days)
    for step in definition.steps:
        if isinstance(step, Send):
            message_of(step)  # texts are kept once and for all, and not while others may wait for them

    def play(share: Share, told: Progress) -> DryRun:
        result = DryRun(days)
        with own_tables(tenant, definition, started, share), in_trial(), policy_kept(tenant) as policy:
            journey = trial_journey(definition, started)
            hours = next(hours for most, hours in STEPS if days <= most)
            replay = _Replay(
                tenant, journey, definition, hours, has_quiet_hours=policy.has_quiet_hours, share=share
            )
            with standing_for(journey, tried):
                for moment in _stretches(started, now):
                    until = min(moment + AT_ONCE, now)
                    replay.play(moment, until)
                    told(round(100 * (until - started) / (now - started)))
            _sum_up(journey, result, tenant)
        return result

    return _together(play_shares(play, shares_of(definition), progress))


def _together(parts: Sequence[DryRun]) -> DryRun:
    """What all of them found."""
    first, *others = parts
    for one in others:
        for name in ("entered", "sent", "capped", "suppressed", "clashes", "converted", "still_in"):
            setattr(first, name, getattr(first, name) + getattr(one, name))
        for name in ("refused", "messages", "ended", "by_day", "messages_by_day"):
            counts = Counter(getattr(first, name)) + Counter(getattr(one, name))
            setattr(first, name, dict(sorted(counts.items())))
        steps = Counter({(row["step"], row["outcome"]): row["count"] for row in first.by_step})
        steps.update({(row["step"], row["outcome"]): row["count"] for row in one.by_step})
        first.by_step = [
            {"step": step, "outcome": outcome, "count": count}
            for (step, outcome), count in sorted(steps.items())
        ]
        samples = sorted(first.samples + one.samples, key=lambda sample: sample["story"][0]["at"])
        first.samples = samples[:SAMPLES]
    return first


def _stretches(started: datetime, now: datetime) -> Iterator[datetime]:
    while started < now:
        yield started
        started += AT_ONCE


class _Replay:
    """`hours`: a step of the clock; `due`: when somebody is due next, as far as that is known (`_look`)."""

    def __init__(
        self,
        tenant: Tenant,
        journey: Journey,
        definition: Definition,
        hours: int,
        *,
        has_quiet_hours: bool,
        share: Share,
    ) -> None:
        self.mine = "" if share is None else MINE
        self.tenant, self.journey, self.definition, self.hours = tenant, journey, definition, hours
        self.zone = definition.zone(tenant.zone)
        self.place = [tenant.pk, journey.pk]
        self.moves = 0
        self.due: datetime | None = None
        self.is_due_known = False
        self.sharp = [step.id for step in definition.steps if _is_sharp(step, hours, has_quiet_hours)]
        self.defers = any(isinstance(step, Send) and step.on_cap == "DEFER" for step in definition.steps)
        self.interest = Interest.load(journey)
        self.types = sorted({*event_types(definition), *_awaited(definition)})
        rules = (*definition.triggers, *definition.exits)
        scores = [one for one in definition.triggers if isinstance(one, ScoreTrigger)]
        self.levels = sorted({level for one in scores for level in (one.level, one.rearm)})
        self.segments = [one.segment for one in rules if isinstance(one, SegmentTrigger | SegmentExit)]

    def play(self, since: datetime, until: datetime) -> None:
        """A stretch of the past, step by step of the clock."""
        entries, instants = deque(self._entries(since, until)), deque(self._instants(since, until))
        moment = since
        while moment < until:
            ends = clock.monotonic() + TURN_SECONDS
            with transaction.atomic():
                while moment < until and clock.monotonic() < ends:
                    moment = self._step(moment, until, entries, instants)

    def _step(
        self, moment: datetime, until: datetime, entries: deque[Entry], instants: deque[datetime]
    ) -> datetime:
        """All up to the next stop of the clock, which is returned; takes what it hears and looks at from the queues."""
        after = self._next(moment, min([until, *islice(instants, 1)]))
        heard = []
        while entries and entries[0].at < after:
            heard.append(entries.popleft())
        if heard:
            self._hear(heard, moment, after)
            self.is_due_known = False
        if self.defers:
            decide_deferred(self.tenant, trial=self.journey.pk, now=after)
            self.is_due_known = False
        self._move(moment, after)
        if instants and instants[0] <= after:
            scan(self.tenant, instants.popleft(), only=self.journey)
            self.is_due_known = False
            self._move(moment, after)
        return after

    def _next(self, moment: datetime, latest: datetime) -> datetime:
        """The next full hour of the wall clock that the step divides, or what comes before it."""
        local = moment.astimezone(self.zone)
        ahead = self.hours - local.hour % self.hours
        start = local.replace(minute=0, second=0, microsecond=0)
        found = instant(start.replace(tzinfo=None) + timedelta(hours=ahead), self.zone)
        found = min(found if found > moment else moment + timedelta(hours=self.hours), latest)
        if self.sharp and self._is_due_by(found, moment):
            with connection.cursor() as cursor:
                cursor.execute(NEXT_STOP, [*self.place, moment, found, self.sharp])
                [stop] = cursor.fetchone()
            return stop or found
        return found

    def _entries(self, since: datetime, until: datetime) -> list[Entry]:
        tenant = self.tenant.pk
        with connection.cursor() as cursor:
            cursor.execute(ENTRIES.format(mine=self.mine), [tenant, since, until, self.types])
            found = [
                Entry("0", pk, tenant, "activity.recorded", who, {"activityId": pk, "type": kind}, at)
                for pk, who, kind, at in cursor.fetchall()
            ]
            if self.segments:
                cursor.execute(TRANSITIONS.format(mine=self.mine), [tenant, since, until, self.segments])
                found += [
                    Entry("0", pk, tenant, kind, who, {"segmentId": segment, "cause": cause}, at)
                    for pk, who, kind, at, segment, cause in cursor.fetchall()
                ]
            if self.levels:
                found += self._scored(cursor, since, until)
        return sorted(found, key=lambda entry: entry.at)

    def _scored(self, cursor: Any, since: datetime, until: datetime) -> Iterator[Entry]:
        """Each with the end of its day: what the score was in between is not kept."""
        days = {
            "since": since.astimezone(self.zone).date() - timedelta(days=1),
            "until": until.astimezone(self.zone).date(),
        }
        cursor.execute(
            SCORES.format(mine=self.mine), {"tenant": self.tenant.pk, "levels": self.levels, **days}
        )
        for number, (who, day, *scores) in enumerate(cursor.fetchall()):
            at = instant(datetime.combine(day + timedelta(days=1), time.min), self.zone)
            if since <= at < until:
                told = {"engagement": scores[:2], "churnRisk": scores[2:]}
                yield Entry("0", number, self.tenant.pk, "profile.scored", who, told, at)

    def _hear(self, entries: Sequence[Entry], since: datetime, now: datetime) -> None:
        """Of one person one thing at a time, in its order: what the first did, the second finds."""
        rest = list(entries)
        while rest:
            turn: dict[Any, Entry] = {}
            later = [one for one in rest if turn.setdefault(one.profile_id, one) is not one]
            listening.hear(self.tenant, list(turn.values()), now, interest=self.interest)
            if later:
                self._move(since, now)
            rest = later

    def _move(self, since: datetime, until: datetime) -> None:
        """Whatever falls due, and on until nothing is due by then.

        Until `since` all has been moved: what was due before and is no more is not walked again.
        """
        if self._is_due_by(until, since):
            move_due(
                now=until, seconds=600, only=self.journey.pk, since=since, tenant=self.tenant, is_due=True
            )
            self.is_due_known = False
            self.moves += 1
            if self.moves in COUNTED_AT:
                count_rows()

    def _is_due_by(self, until: datetime, since: datetime) -> bool:
        """Whether somebody is due; asked again only after something was done, so that an idle stop asks nothing."""
        if not self.is_due_known:
            with connection.cursor() as cursor:
                cursor.execute(NEXT_DUE, [*self.place, since])
                row = cursor.fetchone()
            self.due, self.is_due_known = row[0] if row else None, True
        return self.due is not None and self.due <= until

    def _instants(self, since: datetime, until: datetime) -> list[datetime]:
        """When triggers of dates and schedules are looked at."""
        found: set[datetime] = set()
        for one in self.definition.triggers:
            if isinstance(one, ScheduleTrigger):
                found |= set(cron_times(one.cron, since, until, self.zone))
            elif isinstance(one, DateTrigger):
                day = since.astimezone(self.zone).date()
                while day <= until.astimezone(self.zone).date():
                    found.add(instant(datetime.combine(day, local_time(one.at)), self.zone))
                    day += timedelta(days=1)
        return sorted(one for one in found if since < one <= until)


def _is_sharp(step: Step, hours: int, has_quiet_hours: bool) -> bool:
    """Whether who waits at a step goes on at that very instant.

    Moments that events bring are as many as there are events; over a long past they come with the step of the clock.
    """
    if isinstance(step, Send):
        return has_quiet_hours
    if not isinstance(step, Wait) or step.until.mode == "DURATION":
        return False
    return hours == 1 or not (
        isinstance(step.until, UntilDate) and step.until.is_of_event and not step.until.at
    )


def _awaited(definition: Definition) -> Iterator[str]:
    for step in definition.steps:
        if step.kind == "WAIT_UNTIL" and step.event is not None:
            yield from activity_types(step.event.event)


COUNT: Final[dict[str, str]] = {
    "refused": "SELECT reason, count(*) FROM journeys_entryrefusal WHERE tenant_id = %s AND journey_id = %s GROUP BY 1",
    "ended": "SELECT status || CASE WHEN reason = '' THEN '' ELSE ': ' || reason END, count(*) FROM journeys_runended"
    " WHERE tenant_id = %s AND journey_id = %s GROUP BY 1",
    "messages": "SELECT COALESCE(NULLIF(reason, ''), status), count(*) FROM messaging_delivery"
    " WHERE tenant_id = %s AND source_id = %s GROUP BY 1",
}
BY_DAY: Final = """
SELECT (entered_at AT TIME ZONE %(zone)s)::date, count(*) FROM (
    SELECT entered_at FROM journeys_run WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s
    UNION ALL SELECT entered_at FROM journeys_runended WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s
) AS r GROUP BY 1 ORDER BY 1
"""
MESSAGES_BY_DAY: Final = """
SELECT (due_at AT TIME ZONE %(zone)s)::date, count(*) FROM messaging_delivery
WHERE tenant_id = %(tenant)s AND source_id = %(journey)s AND status <> 'SKIPPED' GROUP BY 1 ORDER BY 1
"""
# On a day of the person on which another message goes as well.
CLASHES: Final = """
SELECT count(*) FROM messaging_delivery AS d
WHERE d.tenant_id = %(tenant)s AND d.source_id = %(journey)s AND d.status <> 'SKIPPED' AND EXISTS (
    SELECT FROM messaging_delivery AS o
    WHERE o.tenant_id = %(tenant)s AND o.profile_id = d.profile_id AND o.source_id <> d.source_id
      AND o.status NOT IN ('SKIPPED', 'FAILED') AND o.due_at >= d.due_at - interval '1 day'
      AND o.due_at < d.due_at + interval '1 day'
      AND (o.due_at AT TIME ZONE %(zone)s)::date = (d.due_at AT TIME ZONE %(zone)s)::date OFFSET 0)
"""
BY_STEP: Final = """
SELECT step, outcome, sum(count)::int FROM journeys_stepcounter
WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s
GROUP BY step, outcome ORDER BY step, outcome
"""


def _sum_up(journey: Journey, result: DryRun, tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        for name, statement in COUNT.items():
            cursor.execute(statement, [tenant.pk, journey.pk])
            setattr(result, name, dict(cursor.fetchall()))
        parameters: dict[str, Any] = {"tenant": tenant.pk, "journey": journey.pk, "zone": tenant.time_zone}
        cursor.execute(BY_DAY, parameters)
        result.by_day = {_iso(day): count for day, count in cursor.fetchall()}
        cursor.execute(MESSAGES_BY_DAY, parameters)
        result.messages_by_day = {_iso(day): count for day, count in cursor.fetchall()}
        cursor.execute(CLASHES, parameters)
        [result.clashes] = cursor.fetchone()
        cursor.execute(BY_STEP, parameters)
        result.by_step = [
            {"step": step, "outcome": outcome, "count": count} for step, outcome, count in cursor.fetchall()
        ]
    result.sent = sum(result.messages_by_day.values())
    result.capped = result.messages.get("CAP", 0)
    result.suppressed = sum(result.messages.get(one, 0) for one in SUPPRESSED)
    result.entered = sum(result.by_day.values())
    result.converted = Conversion.objects.filter(journey_id=journey.pk, subject="RUN").count()
    result.still_in = Run.objects.filter(journey_id=journey.pk).count()
    for run in [*RunEnded.objects.filter(journey_id=journey.pk).order_by("entered_at", "id")[:SAMPLES]]:
        result.samples.append({"customerId": run.profile_id, "story": story(run)})


def _iso(day: date) -> str:
    return day.isoformat()
