"""What may still happen to somebody whose wait ended long ago, by kind of wait (docs/journeys.md, table)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from journeys import clocks
from journeys.definition.parts import Duration, UntilDate, UntilTime
from journeys.definition.steps import Send, Wait
from journeys.engine.group import IN_TRIAL, Answer, Group, as_json
from journeys.engine.statements import HERE, HERE_M
from journeys.engine.waits import DATES_OF_EVENTS, DATES_OF_PEOPLE, anchor_of, column_of
from journeys.models import Hold

# Below this nobody is late: passes have their pace, and a worker may have been restarted.
GRACE: Final = timedelta(minutes=30)
OVERDUE_AFTER: Final = timedelta(hours=24)
# So many overdue messages of one step are a question to staff.
FLOOD: Final = 500
HOLD_LATE: Final = f"UPDATE moving SET state = 'HOLD', hold = %(hold)s WHERE {HERE} AND due_at < %(before)s"
# Whoever is at one of the steps and was claimed already is judged with the own group.
HOLD_ALL: Final = """
UPDATE journeys_run SET status = 'HELD', hold = 'FLOOD'
WHERE tenant_id = %(tenant)s AND version_id = %(version)s AND step = ANY(%(steps)s) AND status = 'WAITING'
  AND arrived_at IS NOT NULL AND due_at < %(before)s AND id NOT IN (SELECT run_id FROM moving)
"""
COUNT_LATE: Final = """
SELECT count(*) FROM (
    SELECT FROM journeys_run WHERE tenant_id = %(tenant)s AND version_id = %(version)s AND step = ANY(%(steps)s)
      AND arrived_at IS NOT NULL AND ((status = 'WAITING' AND due_at < %(before)s) OR hold = 'FLOOD')
    LIMIT %(most)s) AS late
"""
DELAY: Final = f"UPDATE moving SET not_before = %(at)s WHERE {HERE} AND due_at < %(before)s"


def judge(group: Group) -> None:
    """Before those who waited here go on: hold, delay or silence the ones that are late."""
    step = group.step
    if IN_TRIAL.get() or not isinstance(step, Wait) or not _is_anyone_late(group):
        return
    sends = group.definition.sends_ahead(step.way("next"))
    if sends and _is_flood(group):
        group.execute(HOLD_LATE, hold=Hold.FLOOD.value, before=group.now - GRACE)
        group.execute(HOLD_ALL, before=group.now - GRACE, steps=_before_sends(group))
        return
    if isinstance(step.until, Duration):
        group.execute(HOLD_LATE, hold=Hold.OVERDUE.value, before=group.now - OVERDUE_AFTER)
    elif isinstance(step.until, UntilTime):
        zone = group.zone
        at = _next_window(step.until, group.now, zone)
        group.execute(DELAY, at=at, before=group.now - GRACE)
    else:
        _judge_dates(group, step.until, sends)


def _is_anyone_late(group: Group) -> bool:
    rows = group.fetch(
        f"SELECT 1 FROM moving WHERE {HERE} AND due_at < %(before)s LIMIT 1", before=group.now - GRACE
    )
    return bool(rows)


def _is_flood(group: Group) -> bool:
    steps = _before_sends(group)
    [(count,)] = group.fetch(COUNT_LATE, before=group.now - GRACE, most=FLOOD + 1, steps=steps)
    return bool(count > FLOOD)


def _before_sends(group: Group) -> list[str]:
    """The waits of the journey after which a message comes before the next wait."""
    definition = group.definition
    return [
        step.id
        for step in definition.steps
        if isinstance(step, Wait) and definition.sends_ahead(step.way("next"))
    ]


def _next_window(until: UntilTime, now: datetime, zone: object) -> datetime:
    return clocks.next_time(now, clocks.local_time(until.at), until.weekdays, zone)  # type: ignore[arg-type]


def _judge_dates(group: Group, until: UntilDate, sends: Sequence[Send]) -> None:
    """A message about a date that has passed says nothing; one about a date ahead may, for a while."""
    expires = timedelta(hours=sends[0].expires_after_hours) if sends else OVERDUE_AFTER
    zone = group.zone
    statement = DATES_OF_EVENTS if until.is_of_event else DATES_OF_PEOPLE.format(column=column_of(until))
    rows = group.fetch(
        statement.replace("m.arrived_at", "m.due_at") + HERE_M + " AND m.due_at < %(before)s",
        before=group.now - GRACE,
    )
    silenced = []
    for run_id, value, due in rows:
        anchor = anchor_of(
            until,
            as_json(value) if until.is_of_event else value,
            due.astimezone(zone).date(),
            group.definition.leap_day(until.field),
        )
        if anchor is None:
            continue
        at = clocks.at_date(anchor, zone, offset=0, unit=until.unit)
        if not isinstance(anchor, datetime):
            at += timedelta(days=1)  # the whole day is still ahead
        reason = "PAST" if at <= group.now else "LATE" if group.now - due > expires else None
        if reason:
            silenced.append(Answer(run_id, skip_sends=reason))
    if silenced:
        _silence(group, silenced)


def _silence(group: Group, silenced: list[Answer]) -> None:
    for reason in {one.skip_sends for one in silenced}:
        group.execute(
            f"UPDATE moving SET skip_sends = %(reason)s WHERE {HERE} AND run_id = ANY(%(ids)s)",
            reason=reason,
            ids=[one.run_id for one in silenced if one.skip_sends == reason],
        )
