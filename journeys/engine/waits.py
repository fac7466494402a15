"""WAIT: when somebody who arrives may go on, and dates that move."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from events.iso_time import moment_from_iso
from journeys import clocks
from journeys.definition.parts import Duration, IfPast, Unit, UntilDate, UntilTime
from journeys.definition.steps import Wait
from journeys.definition.triggers import LeapDay
from journeys.definition.vocabulary import DATE_FIELDS
from journeys.engine.group import Answer, Group, as_json
from journeys.engine.statements import HERE_M, SPEAK
from journeys.payloads import at_path
from messaging.models.policy import policy_of
from tenants.models import Tenant

DATES_OF_PEOPLE: Final = """
SELECT m.run_id, p.{column}, m.arrived_at FROM moving AS m
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = m.profile_id WHERE """
DATES_OF_EVENTS: Final = """
SELECT m.run_id, d.data || d.variables, m.arrived_at FROM moving AS m
LEFT JOIN journeys_rundata AS d ON d.tenant_id = %(tenant)s AND d.run_id = m.run_id WHERE """


def wait(group: Group) -> None:
    """Arriving: park until the moment, or go on where it is now; resuming: go on."""
    step = group.step
    assert isinstance(step, Wait)  # noqa: S101 - by kind
    until, zone = step.until, group.zone
    if not group.resumes:
        group.execute(SPEAK)
    if isinstance(until, UntilDate):
        statement = DATES_OF_EVENTS if until.is_of_event else DATES_OF_PEOPLE.format(column=column_of(until))
        rows = group.fetch(statement + HERE_M)
        group.answer(_at_date(run_id, value, until, group, arrived) for run_id, value, arrived in rows)
        return
    if group.resumes:
        group.go("next", "WAITED")
        return
    due = due_of(until, group.now, zone)
    if due <= group.now:
        group.go("next", "WAITED")
    else:
        group.park(due)


def zones_of_clubs(tenant: Tenant) -> dict[str, str]:
    """Home club → zone, where the club's rules for sending name any."""
    return dict(policy_of(tenant).club_zones)


def due_of(until: Duration | UntilTime, arrived: datetime, zone: ZoneInfo) -> datetime:
    """When a wait that does not hang on a date ends for whoever arrived then."""
    if isinstance(until, Duration):
        return clocks.shifted(arrived, until.length, zone)
    return clocks.next_time(arrived, clocks.local_time(until.at), until.weekdays, zone)


def column_of(until: UntilDate) -> str:
    """The column of the person's date."""
    return DATE_FIELDS[until.field][0]


def anchor_of(until: UntilDate, value: Any, zone: ZoneInfo, today: date) -> date | datetime | None:
    """The date that a wait hangs on; of a yearly one the occurrence next to come, counted with its offset."""
    if until.is_of_event:
        found = at_path(as_json(value) or {}, until.field.removeprefix("event."))
        value = _read(found) if isinstance(found, str) else None
    if value is None or not until.yearly or not isinstance(value, date) or isinstance(value, datetime):
        return value if isinstance(value, date) else None
    length = until.offset if until.unit is Unit.DAYS else 0
    return clocks.next_occurrence(value, today - timedelta(days=length), LeapDay.FEBRUARY_28)


def _read(text: str) -> date | datetime | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else moment_from_iso(text)  # noqa: PLR2004 - ISO day
    except ValueError:
        return None


def moment_of(until: UntilDate, anchor: date | datetime, zone: ZoneInfo) -> datetime:
    """The instant at which such a wait ends."""
    at = clocks.local_time(until.at) if until.at else None
    return clocks.at_date(anchor, zone, offset=until.offset, unit=until.unit, at=at)


def _at_date(run_id: int, value: Any, until: UntilDate, group: Group, arrived: datetime | None) -> Answer:
    zone = group.zone
    anchor = anchor_of(until, value, zone, group.now.astimezone(zone).date())
    if anchor is None:
        return _passed(run_id, until.if_missing, "MISSING", {"field": until.field})
    due = moment_of(until, anchor, zone)
    detail = {"field": until.field, "date": str(anchor), "due": due.isoformat()}
    if due > group.now:
        return Answer(run_id, state="PARK", due_at=due, skip_sends="")
    if group.resumes and arrived is not None and due >= arrived:
        return Answer(run_id, way="next", outcome="WAITED", detail=detail)
    if group.now - due <= clocks.TOLERANCE:
        return Answer(run_id, way="next", outcome="WAITED", detail=detail)
    return _passed(run_id, until.if_past, "PAST", detail)


def _passed(run_id: int, choice: IfPast, reason: str, detail: Mapping[str, Any]) -> Answer:
    """The moment is over, or unknown: on, but without the messages up to the next wait; or on; or out."""
    if choice is IfPast.EXIT:
        return Answer(run_id, outcome=reason, detail=detail, state="EXITED")
    skip = reason if choice is IfPast.SKIP_TO_NEXT_WAIT else ""
    return Answer(run_id, way="next", outcome=reason, detail=detail, skip_sends=skip)
