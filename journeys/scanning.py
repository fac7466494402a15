"""Triggers that the clock pulls: dates of people, schedules; and changes of such dates.

Each occurrence is dealt with once, whatever the number of workers: a mark is unique per journey and occurrence.
What fell before the first start of a journey is never looked at; what was missed is one, within a grace.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from journeys import clocks
from journeys.definition.triggers import DateTrigger, ScheduleTrigger
from journeys.definition.vocabulary import DATE_FIELDS
from journeys.entering import Entrant, enter
from journeys.models import Journey, TriggerMark
from journeys.versions import definition_of
from tenants.models import Tenant

logger = logging.getLogger(__name__)

GRACE: Final = timedelta(hours=24)
MISSED, DONE = "MISSED", "DONE"
# By (month, day) for what comes back each year, by the day for what does not.
YEARLY: Final = """
SELECT id FROM profiles_customerprofile
WHERE tenant_id = %(tenant)s AND status = 'ACTIVE' AND {column} IS NOT NULL AND {column} < %(anchor)s
  AND (date_part('month', {column})::int * 100 + date_part('day', {column})::int) = ANY(%(days)s)
  AND (%(only)s::uuid[] IS NULL OR id = ANY(%(only)s))
"""
ONCE: Final = """
SELECT id FROM profiles_customerprofile
WHERE tenant_id = %(tenant)s AND status = 'ACTIVE' AND {column} = %(anchor)s
  AND (%(only)s::uuid[] IS NULL OR id = ANY(%(only)s))
"""
CHANGED: Final = "SELECT id, {column} FROM profiles_customerprofile WHERE tenant_id = %s AND id = ANY(%s)"
MEMBERS: Final = "SELECT profile_id FROM segments_segmentmember WHERE tenant_id = %s AND segment_id = %s"


def scan(tenant: Tenant, now: datetime | None = None, *, only: Journey | None = None) -> int:
    """Look at every active journey of the open scope's club; returns how many entered."""
    now = now or timezone.now()
    entered = 0
    journeys = Journey.objects.filter(status__in=["ACTIVE", "PAUSED"], scanned_at__lt=now)
    for journey in journeys if only is None else journeys.filter(pk=only.pk):
        try:
            entered += _scan_one(tenant, journey, now)
        except OperationalError:
            raise
        except Exception:  # one journey must not stop the others; it is looked at again from where it stood
            logger.exception("a journey's dates cannot be looked at", extra={"journey": str(journey.pk)})
            continue
        Journey.objects.filter(pk=journey.pk).update(scanned_at=now)
    return entered


def _scan_one(tenant: Tenant, journey: Journey, now: datetime) -> int:
    definition, entered = definition_of(journey.version_id or 0), 0
    zone = definition.zone(tenant.zone)
    for trigger in definition.triggers:
        if isinstance(trigger, DateTrigger):
            for day, at in _instants(trigger, journey.scanned_at, now, tenant, zone):
                entered += _day(journey, trigger, day, at, now)
        elif isinstance(trigger, ScheduleTrigger):
            entered += _schedule(journey, trigger, now, zone)
    return entered


def _instants(
    trigger: DateTrigger, after: datetime, now: datetime, tenant: Tenant, zone: Any
) -> Iterator[tuple[date, datetime]]:
    """The days whose hour lies in (after, now]."""
    day = after.astimezone(zone).date()
    while day <= now.astimezone(zone).date():
        at = clocks.instant(datetime.combine(day, clocks.local_time(trigger.at)), zone)
        if after < at <= now:
            yield day, at
        day += timedelta(days=1)


def _day(journey: Journey, trigger: DateTrigger, day: date, at: datetime, now: datetime) -> int:
    """Everybody whose date, with the offset, falls on this day."""
    occurrence = _named(trigger, day.isoformat())
    if now - at > GRACE:
        _mark(journey, occurrence, MISSED)
        return 0
    with transaction.atomic():
        if not _mark(journey, occurrence, DONE):
            return 0
        entered = _enter(journey, trigger, _people(journey, trigger, day, None), day, at, now)
        TriggerMark.objects.filter(journey_id=journey.pk, occurrence=occurrence).update(count=entered)
        return entered


def _named(trigger: DateTrigger | ScheduleTrigger, moment: str) -> str:
    """An occurrence with what the trigger asks: the hour may be changed, and other triggers may come and go."""
    asked = orjson.dumps(trigger.model_dump(mode="json", exclude={"at", "cron"}), option=orjson.OPT_SORT_KEYS)
    return f"{moment} {sha256(asked).hexdigest()[:12]}"


def _people(journey: Journey, trigger: DateTrigger, day: date, only: Sequence[UUID] | None) -> list[UUID]:
    anchor = day - timedelta(days=trigger.offset_days)
    column = DATE_FIELDS[trigger.field][0]
    with connection.cursor() as cursor:
        cursor.execute(
            (YEARLY if trigger.comes_yearly else ONCE).format(column=column),
            {
                "tenant": journey.tenant_id,
                "anchor": anchor,
                "days": [month * 100 + one for month, one in clocks.born_on(anchor, trigger.leap_day)],
                "only": None if only is None else list(only),
            },
        )
        return [row[0] for row in cursor.fetchall()]


def _enter(  # noqa: PLR0917 - what names one occurrence
    journey: Journey,
    trigger: DateTrigger,
    people: Collection[UUID],
    day: date,
    at: datetime,
    now: datetime,
) -> int:
    anchor = day - timedelta(days=trigger.offset_days)
    data = {"field": trigger.field, "date": anchor.isoformat()}
    entrants = (Entrant(one, key=anchor.isoformat(), cause="DATE", data=data, at=at) for one in people)
    return enter(journey, entrants, trigger=trigger, now=now).entered


def _schedule(journey: Journey, trigger: ScheduleTrigger, now: datetime, zone: Any) -> int:
    newest, count = clocks.newest_due(trigger.cron, journey.scanned_at, now, zone)
    if newest is None:
        return 0
    outcome = MISSED if now - newest > GRACE else DONE
    with transaction.atomic():
        is_ours = _mark(journey, _named(trigger, newest.isoformat()), outcome)
        if not is_ours or outcome == MISSED:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(MEMBERS, [journey.tenant_id, trigger.segment])
            people = [row[0] for row in cursor.fetchall()]
        data = {"at": newest.isoformat(), "missed": count - 1}
        entrants = (Entrant(one, cause="SCHEDULE", data=data, at=newest) for one in people)
        return enter(journey, entrants, trigger=trigger, now=now).entered


def _mark(journey: Journey, occurrence: str, outcome: str) -> bool:
    """Whether this occurrence is ours to deal with."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journeys_triggermark (tenant_id, journey_id, occurrence, outcome, count)"
            " VALUES (%s, %s, %s, %s, 0) ON CONFLICT ON CONSTRAINT journeys_triggermark_once_uq DO NOTHING",
            [journey.tenant_id, journey.pk, occurrence, outcome],
        )
        return bool(cursor.rowcount)


def date_changed(
    journey: Journey, trigger: DateTrigger, people: Collection[UUID], now: datetime, zone: Any
) -> int:
    """Late-comers: whose date was set when its hour had passed already, and still lies ahead (or is today).

    They enter where they belong; messages whose moment has passed are skipped by the waits before them.
    """
    today = now.astimezone(zone).date()
    column = DATE_FIELDS[trigger.field][0]
    with connection.cursor() as cursor:
        cursor.execute(CHANGED.format(column=column), [journey.tenant_id, list(people)])
        rows = [(one, value) for one, value in cursor.fetchall() if value is not None]
    entrants = []
    for one, value in rows:
        anchor = clocks.next_occurrence(value, today, trigger.leap_day) if trigger.comes_yearly else value
        starts = clocks.day_after(anchor, trigger.offset_days)
        at = clocks.instant(datetime.combine(starts, clocks.local_time(trigger.at)), zone)
        if at <= now and anchor >= today:
            data = {"field": trigger.field, "date": anchor.isoformat()}
            entrants.append(Entrant(one, key=anchor.isoformat(), cause="DATE", data=data, at=now))
    return enter(journey, entrants, trigger=trigger, now=now).entered if entrants else 0
