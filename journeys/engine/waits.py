"""WAIT: when somebody who arrives may go on, and dates that move."""

from collections.abc import Hashable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from events.iso_time import moment_from_iso
from journeys import clocks
from journeys.definition.parts import Duration, IfPast, Length, UntilDate, UntilTime
from journeys.definition.triggers import LeapDay
from journeys.definition.vocabulary import DATE_FIELDS
from journeys.engine import circles
from journeys.engine.group import Answer, Group, Spot, as_json
from journeys.engine.statements import HERE, HERE_M
from journeys.payloads import at_path
from messaging.models.policy import policy_of
from tenants.models import Tenant

DATES_OF_PEOPLE: Final = """
SELECT m.spot, m.run_id, p.{column}, m.arrived_at FROM moving AS m
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = m.profile_id WHERE """
DATES_OF_EVENTS: Final = """
SELECT m.spot, m.run_id, d.data || d.variables, m.arrived_at FROM moving AS m
LEFT JOIN journeys_rundata AS d ON d.tenant_id = %(tenant)s AND d.run_id = m.run_id WHERE """

PARK_SOME: Final = f"""
UPDATE moving SET state = 'PARK', arrived_at = %(now)s, due_at = %(due)s WHERE {HERE} AND run_id = ANY(%(ids)s)
"""


def wait(group: Group) -> None:
    """Arriving: park until the moment, or go on where it is now; resuming: go on."""
    if not group.resumes:
        group.speak()
    elif group.is_marked:
        group.let_go()
    if isinstance(group.step.until, UntilDate):
        _wait_for_dates(group)
        return
    if not group.resumes:
        dues = {spot.number: due_of(spot.step.until, group.now, spot.zone) for spot in group.spots}
        later = {number: due for number, due in dues.items() if due > group.now}
        if later:
            group.park(later)
        if len(later) == len(dues):
            return
        _wait_another_round(group)
    group.go("next", "WAITED")


def likeness(spot: Spot, _: bool) -> Hashable:
    """Waits go together by the date that they read. Where people come round in a circle each goes alone."""
    until: Duration | UntilTime | UntilDate = spot.step.until
    if spot.definition.has_circle and not isinstance(until, Duration):
        return None
    if not isinstance(until, UntilDate):
        return until.mode
    return until.is_of_event or until.field


def _wait_for_dates(group: Group) -> None:
    rows = group.fetch(f"{dates_of(group.step.until)}{HERE_M} AND m.way IS NULL")
    before = circles.came_round(group)
    group.answer(
        _at_date(run_id, value, group, group.by_number[number], arrived, before.get(run_id))
        for number, run_id, value, arrived in rows
    )


def _wait_another_round(group: Group) -> None:
    """Whoever went on from this hour and has come round waits for the next one."""
    until = group.step.until
    if isinstance(until, UntilTime) and (before := circles.came_round(group)):
        again = [run for run, left in before.items() if group.now - left <= clocks.TOLERANCE]
        due = clocks.next_time(
            group.now,
            clocks.local_time(until.at),
            until.weekdays,
            group.spots[0].zone,
            tolerance=timedelta(),
        )
        group.execute(PARK_SOME, due=due, ids=again)


def zones_of_clubs(tenant: Tenant) -> dict[str, str]:
    """Home club → zone, where the club's rules for sending name any."""
    return dict(policy_of(tenant).club_zones)


def due_of(until: Duration | UntilTime, arrived: datetime, zone: ZoneInfo) -> datetime:
    """When a wait that does not hang on a date ends for whoever arrived then."""
    if isinstance(until, Duration):
        return clocks.shifted(arrived, until.length, zone)
    return clocks.next_time(arrived, clocks.local_time(until.at), until.weekdays, zone)


def dates_of(until: UntilDate) -> str:
    """The query for (spot, run, date or payload, arrival); a condition on alias m of `moving` follows."""
    return (
        DATES_OF_EVENTS if until.is_of_event else DATES_OF_PEOPLE.format(column=DATE_FIELDS[until.field][0])
    )


def anchor_of(until: UntilDate, value: Any, after: date, leap_day: LeapDay) -> date | datetime | None:
    """The date that a wait hangs on; of a yearly one the first occurrence whose wait ends on a day or later."""
    if until.is_of_event:
        found = at_path(as_json(value) or {}, until.field.removeprefix("event."))
        value = _read(found) if isinstance(found, str) else None
    if value is None or not until.yearly or not isinstance(value, date) or isinstance(value, datetime):
        return value if isinstance(value, date) else None
    offset = Length(amount=abs(until.offset), unit=until.unit)
    return clocks.occurrence_from(value, after, offset, 1 if until.offset >= 0 else -1, leap_day)


def _read(text: str) -> date | datetime | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else moment_from_iso(text)  # noqa: PLR2004 - ISO day
    except ValueError:
        return None


def moment_of(until: UntilDate, anchor: date | datetime, zone: ZoneInfo) -> datetime:
    """The instant at which such a wait ends."""
    at = clocks.local_time(until.at) if until.at else None
    return clocks.at_date(anchor, zone, offset=until.offset, unit=until.unit, at=at)


def _at_date(  # noqa: PLR0917 - one row of the answer
    run_id: int,
    value: Any,
    group: Group,
    spot: Spot,
    arrived: datetime | None,
    came_round: datetime | None,
) -> Answer:
    """`came_round`: when it left this step in a circle before; the same occurrence is not waited for twice."""
    until, zone = spot.step.until, spot.zone
    after = (arrived if group.resumes and arrived else group.now).astimezone(zone).date()
    if came_round is not None:
        after = max(after, came_round.astimezone(zone).date() + timedelta(days=1))
    anchor = anchor_of(until, value, after, spot.definition.leap_day(until.field))
    if anchor is None:
        if circles.is_at_once(group, came_round):
            return circles.ended(run_id)
        return _passed(run_id, until.if_missing, "MISSING", {"field": until.field})
    due = moment_of(until, anchor, zone)
    detail = {"field": until.field, "date": str(anchor), "due": due.isoformat()}
    if due > group.now:
        return Answer(run_id, state="PARK", due_at=due, skip_sends="")
    if group.resumes and arrived is not None and due >= arrived:
        return Answer(run_id, way="next", outcome="WAITED", detail=detail)
    if group.now - due <= clocks.TOLERANCE:
        return Answer(run_id, way="next", outcome="WAITED", detail=detail)
    if circles.is_at_once(group, came_round):
        return circles.ended(run_id)
    return _passed(run_id, until.if_past, "PAST", detail)


def _passed(run_id: int, choice: IfPast, reason: str, detail: Mapping[str, Any]) -> Answer:
    """The moment is over, or unknown: on, but without the messages up to the next wait; or on; or out."""
    if choice is IfPast.EXIT:
        return Answer(run_id, outcome=reason, detail=detail, state="EXITED")
    skip = reason if choice is IfPast.SKIP_TO_NEXT_WAIT else ""
    return Answer(run_id, way="next", outcome=reason, detail=detail, skip_sends=skip)
