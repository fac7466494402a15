"""What may still happen to somebody whose wait ended long ago, by kind of wait (docs/journeys.md, table)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from journeys import clocks
from journeys.definition.parts import Duration, UntilDate, UntilTime
from journeys.definition.steps import Wait
from journeys.engine.group import IN_TRIAL, Answer, Group, Spot
from journeys.engine.statements import HERE, HERE_M
from journeys.engine.waits import anchor_of, dates_of, due_of, moment_of
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
RESTED: Final = f"SELECT m.run_id, m.arrived_at FROM moving AS m WHERE {HERE_M} AND m.hold = 'REST'"
DUE: Final = f"""
UPDATE moving AS m SET due_at = LEAST(m.due_at, d.moment)
FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) AS d(run_id, moment)
WHERE {HERE_M} AND m.run_id = d.run_id
"""
DELAY: Final = f"UPDATE moving SET not_before = %(at)s WHERE {HERE} AND due_at < %(before)s"


def judge(group: Group) -> None:
    """Before those who waited here go on: hold, delay or silence the ones that are late."""
    step = group.step
    if IN_TRIAL.get() or not isinstance(step, Wait):
        return
    if group.is_marked:
        _remember_when_due(group, step.until)
    if isinstance(step.until, UntilDate):
        _judge_dates(group)
    if not (group.is_late or group.is_marked) or not _is_anyone_late(group):
        return
    sends = group.definition.sends_ahead(step.way("next"))
    if sends and _is_flood(group):
        group.execute(HOLD_LATE, hold=Hold.FLOOD.value, before=group.now - GRACE)
        group.execute(HOLD_ALL, before=group.now - GRACE, steps=_before_sends(group))
        return
    if isinstance(step.until, Duration):
        group.execute(HOLD_LATE, hold=Hold.OVERDUE.value, before=group.now - OVERDUE_AFTER)
    elif isinstance(step.until, UntilTime):
        zone = group.spots[0].zone
        at = _next_window(step.until, group.now, zone)
        group.execute(DELAY, at=at, before=group.now - GRACE)


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


def _judge_dates(group: Group) -> None:
    """A reminder of a date that has passed says nothing, whoever let it go; one that is only late may, for a while.

    What is to be said after a date is never past, only late.
    """
    expires = {spot.number: _expiry(spot) for spot in group.spots}
    if not any(expires.values()):
        return
    silenced = []
    for spot, run_id, anchor, moment, due in _moments(group, "m.hold <> 'GO'"):
        until, expiry = spot.step.until, expires[spot.number]
        if expiry is None or group.now - moment <= GRACE:
            continue
        at = clocks.at_date(anchor, spot.zone, offset=0, unit=until.unit)
        if not isinstance(anchor, datetime):
            at += timedelta(days=1)  # the whole day is still ahead
        is_past = until.offset <= 0 and at <= group.now
        if is_past or group.now - due > expiry:
            silenced.append(Answer(run_id, skip_sends="PAST" if is_past else "LATE"))
    if silenced:
        _silence(group, silenced)


def _expiry(spot: Spot) -> timedelta | None:
    """How late the message after a wait may be; None: there is none."""
    sends = spot.definition.sends_ahead(spot.step.way("next"))
    return timedelta(hours=sends[0].expires_after_hours) if sends else None


def _moments(group: Group, condition: str) -> Iterator[tuple[Spot, int, date | datetime, datetime, datetime]]:
    """(spot, run, the date, when the wait for it was to end, when it is due now) of those that fulfil it."""
    statement = dates_of(group.step.until).replace("m.arrived_at", "m.arrived_at, m.due_at", 1)
    for number, run_id, value, arrived, due in group.fetch(f"{statement}{HERE_M} AND {condition}"):
        spot = group.by_number[number]
        until, zone = spot.step.until, spot.zone
        leap_day = spot.definition.leap_day(until.field)
        anchor = anchor_of(until, value, (arrived or due).astimezone(zone).date(), leap_day)
        if anchor is not None:
            yield spot, run_id, anchor, moment_of(until, anchor, zone), due


def _remember_when_due(group: Group, until: Duration | UntilTime | UntilDate) -> None:
    """Whose data had to rest was looked at each hour; how late they are counts from the end of the wait."""
    if isinstance(until, UntilDate):
        found = {run_id: moment for _, run_id, _, moment, _ in _moments(group, "m.hold = 'REST'")}
    else:
        rested = group.fetch(RESTED)
        found = {run_id: due_of(until, arrived, group.spots[0].zone) for run_id, arrived in rested}
    if found:
        group.execute(DUE, ids=list(found), moments=list(found.values()))


def _silence(group: Group, silenced: list[Answer]) -> None:
    for reason in {one.skip_sends for one in silenced}:
        group.execute(
            f"UPDATE moving SET skip_sends = %(reason)s WHERE {HERE} AND run_id = ANY(%(ids)s)",
            reason=reason,
            ids=[one.run_id for one in silenced if one.skip_sends == reason],
        )
