"""Trying a definition over the club's own past: what happened then enters people at their time, and time goes on.

The clock of a replay goes in steps of an hour (of some hours where it looks back far) on the club's wall clock, and
stops besides at each instant at which a wait for an hour or a date ends. Within a step, what happened comes
before what falls due. Conditions are asked of people as they are known now (docs/journeys.md says what that means).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from events.consumers import Entry
from journeys import listening
from journeys.clocks import cron_times, instant, local_time
from journeys.definition import Definition, parse
from journeys.definition.steps import Send, Wait
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
from journeys.trial_tables import own_tables
from journeys.trying import in_trial, standing_for, trial_journey
from journeys.versions import message_of
from tenants.models import Tenant
from tenants.scope import current_tenant_id

SAMPLES: Final = 5
# Days looked back → hours a step.
STEPS: Final = ((31, 1), (93, 2), (366, 6))
AT_ONCE: Final = timedelta(days=7)
ENTRIES: Final = """
SELECT l.id, l.profile_id, l.type, l.occurred_at FROM profiles_activity AS l
WHERE l.tenant_id = %s AND l.occurred_at >= %s AND l.occurred_at < %s AND l.type = ANY(%s)
ORDER BY l.occurred_at, l.id
"""
TRANSITIONS: Final = """
SELECT id, profile_id, CASE WHEN is_join THEN 'segment.joined' ELSE 'segment.left' END, at, segment_id::text, cause
FROM segments_segmenttransition
WHERE tenant_id = %s AND at >= %s AND at < %s AND segment_id::text = ANY(%s) ORDER BY at, id
"""
# Days on which a score came to the other side of a level, as the last word of the day says.
SCORES: Final = """
SELECT h.profile_id, h.day, b.engagement, h.engagement, b.churn_risk, h.churn_risk FROM profiles_scorehistory AS h
CROSS JOIN LATERAL (
    SELECT engagement, churn_risk FROM profiles_scorehistory AS b
    WHERE b.tenant_id = h.tenant_id AND b.profile_id = h.profile_id AND b.day < h.day ORDER BY b.day DESC LIMIT 1) AS b
WHERE h.tenant_id = %(tenant)s AND h.day >= %(since)s AND h.day <= %(until)s AND EXISTS (
    SELECT FROM unnest(%(levels)s::int[]) AS l
    WHERE (b.engagement < l) <> (h.engagement < l) OR (b.engagement > l) <> (h.engagement > l)
       OR (b.churn_risk < l) <> (h.churn_risk < l) OR (b.churn_risk > l) <> (h.churn_risk > l))
ORDER BY h.day, h.profile_id
"""
# Ends of waits for an hour or a date, which are few instants; those of durations come with the step of the clock.
SHARP: Final = """
SELECT DISTINCT due_at FROM journeys_run
WHERE tenant_id = %s AND journey_id = %s AND status = 'WAITING' AND due_at >= %s AND due_at <= %s AND step = ANY(%s)
ORDER BY due_at
"""
IS_DUE: Final = """
SELECT EXISTS (SELECT FROM journeys_run
               WHERE tenant_id = %s AND journey_id = %s AND status = 'WAITING' AND due_at >= %s AND due_at <= %s)
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
    progress: Callable[[int], None] | None = None,
    tried: UUID | None = None,
) -> DryRun:
    """The definition over the last days of the club's own timeline, in tables of its own; nothing is kept.

    `tried`: the journey whose draft it is; people are divided as there.
    """
    now = now or timezone.now()
    definition, tenant = parse(raw), Tenant.objects.get(pk=current_tenant_id())
    started = now - timedelta(days=days)
    result = DryRun(days)
    for step in definition.steps:
        if isinstance(step, Send):
            message_of(step)  # texts are kept once and for all, and not while others may wait for them
    with own_tables(tenant, definition, started), in_trial():
        journey = trial_journey(definition, started)
        replay = _Replay(tenant, journey, definition)
        with standing_for(journey, tried):
            for moment in _stretches(started, now):
                until = min(moment + AT_ONCE, now)
                replay.play(moment, until, hours=next(hours for most, hours in STEPS if days <= most))
                if progress is not None:
                    progress(round(100 * (until - started) / (now - started)))
        _sum_up(journey, result, tenant)
    return result


def _stretches(started: datetime, now: datetime) -> Iterator[datetime]:
    while started < now:
        yield started
        started += AT_ONCE


class _Replay:
    def __init__(self, tenant: Tenant, journey: Journey, definition: Definition) -> None:
        self.tenant, self.journey, self.definition = tenant, journey, definition
        self.zone = definition.zone(tenant.zone)
        self.place = [tenant.pk, journey.pk]
        self.sharp = [
            step.id for step in definition.steps if isinstance(step, Wait) and step.until.mode != "DURATION"
        ]
        self.interest = Interest.load(journey)
        self.types = sorted({*event_types(definition), *_awaited(definition)})
        rules = (*definition.triggers, *definition.exits)
        scores = [one for one in definition.triggers if isinstance(one, ScoreTrigger)]
        self.levels = sorted({level for one in scores for level in (one.level, one.rearm)})
        self.segments = [one.segment for one in rules if isinstance(one, SegmentTrigger | SegmentExit)]

    def play(self, since: datetime, until: datetime, *, hours: int) -> None:
        """A stretch of the past, step by step of the clock."""
        found, place = self._entries(since, until), 0
        instants = self._instants(since, until)
        moment = since
        while moment < until:
            after = min(self._next(moment, hours), until)
            for at in [one for one in instants if moment < one <= after]:
                scan(self.tenant, at, only=self.journey)
                self._move(moment, at)
            first = place
            while place < len(found) and found[place].at < after:
                place += 1
            if place > first:
                self._hear(found[first:place], moment, after)
            self._move(moment, after)
            moment = after

    def _next(self, moment: datetime, hours: int) -> datetime:
        """The next full hour of the wall clock that the step divides."""
        local = moment.astimezone(self.zone)
        ahead = hours - local.hour % hours
        start = local.replace(minute=0, second=0, microsecond=0)
        found = instant(start.replace(tzinfo=None) + timedelta(hours=ahead), self.zone)
        return found if found > moment else moment + timedelta(hours=hours)

    def _entries(self, since: datetime, until: datetime) -> list[Entry]:
        tenant = self.tenant.pk
        with connection.cursor() as cursor:
            cursor.execute(ENTRIES, [tenant, since, until, self.types])
            found = [
                Entry("0", pk, tenant, "activity.recorded", who, {"activityId": pk, "type": kind}, at)
                for pk, who, kind, at in cursor.fetchall()
            ]
            if self.segments:
                cursor.execute(TRANSITIONS, [tenant, since, until, self.segments])
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
        cursor.execute(SCORES, {"tenant": self.tenant.pk, "levels": self.levels, **days})
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
        """Whatever falls due, sharp ends at their instant, and on until nothing is due by then.

        Until `since` all has been moved: what was due before and is no more is not walked again.
        """
        with connection.cursor() as cursor:
            if self.sharp:
                cursor.execute(SHARP, [*self.place, since, until, self.sharp])
                for (due,) in cursor.fetchall():
                    self._move_due(since, due)
            cursor.execute(IS_DUE, [*self.place, since, until])
            if cursor.fetchone()[0]:
                self._move_due(since, until)

    def _move_due(self, since: datetime, now: datetime) -> None:
        move_due(now=now, seconds=600, only=self.journey.pk, since=since, tenant=self.tenant)

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
    for run in [*RunEnded.objects.filter(journey_id=journey.pk).order_by("id")[:SAMPLES]]:
        result.samples.append({"customerId": run.profile_id, "story": story(run)})


def _iso(day: date) -> str:
    return day.isoformat()
