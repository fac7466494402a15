"""What becomes of people under way when a version is published: one choice for each old step where somebody is.

STAY on the old version, MOVE to the step of the same id or to one that is chosen, RESTART, EXIT. A wait is counted anew
from the arrival. Nobody gets a message at once through a move unless that is ticked. A move can be taken back for all
who have not gone on since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from events.debounce import enqueue_on_commit
from journeys import clocks
from journeys.bulk import CHANGED, revive, take_back_act
from journeys.by_row import json_of
from journeys.definition import Definition
from journeys.definition.steps import Send, Step, Wait, WaitUntil
from journeys.engine.holding import end_runs
from journeys.engine.statements import ZONE_OF
from journeys.engine.waits import due_of, zones_of_clubs
from journeys.entering import MOVE_RUNS
from journeys.errors import NothingToDo
from journeys.models import Journey, JourneyVersion, MoveAct, MovePlan, Run
from journeys.places import AS_IT_STOOD, come_back, come_to, hashed, leave
from journeys.versions import definition_of
from profiles.models import CustomerProfile
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.errors import InvalidError
from tenants.models import Tenant
from tenants.postgresql.staging import StagingTable

SAMPLES: Final = 10
WHERE_PEOPLE_ARE: Final = """
SELECT r.version_id, r.step, r.arrived_at IS NOT NULL, count(*), (array_agg(r.profile_id ORDER BY r.id))[1:10]
FROM journeys_run AS r
WHERE r.tenant_id = %(tenant)s AND r.journey_id = %(journey)s AND r.version_id <> %(version)s
GROUP BY r.version_id, r.step, r.arrived_at IS NOT NULL ORDER BY r.version_id, r.step
"""
REMEMBER: Final = """
INSERT INTO journeys_movedrun (tenant_id, plan_id, run_id, version_id, step, due_at, arrived_at, status, hold, moves)
SELECT %(tenant)s, %(plan)s, id, version_id, step, due_at, arrived_at, status, hold, moves FROM journeys_run
WHERE tenant_id = %(tenant)s AND version_id = %(from)s AND step = %(step)s
"""
MOVE: Final = """
UPDATE journeys_run AS r
SET version_id = %(to)s, step = %(target)s, arrived_at = CASE WHEN %(keeps)s THEN r.arrived_at END,
    due_at = CASE WHEN NOT %(keeps)s THEN %(now)s ELSE r.due_at END
WHERE r.tenant_id = %(tenant)s AND r.version_id = %(from)s AND r.step = %(step)s
"""
# `{people}`, `{zone}`: where home clubs have clocks of their own, by whose people; else by one clock.
ARRIVALS: Final = """
SELECT DISTINCT date_trunc('second', r.arrived_at), {zone} FROM journeys_run AS r {people}
WHERE r.tenant_id = %(tenant)s AND r.version_id = %(to)s AND r.step = %(target)s AND r.arrived_at IS NOT NULL
"""
DUE: Final = StagingTable("moved_due", "arrived_at timestamptz, zone text, due_at timestamptz")
RETIME: Final = """
UPDATE journeys_run AS r SET due_at = GREATEST(d.due_at, %(now)s) FROM moved_due AS d {people}
WHERE r.tenant_id = %(tenant)s AND r.version_id = %(to)s AND r.step = %(target)s AND r.status <> 'SUSPENDED'
  AND date_trunc('second', r.arrived_at) = d.arrived_at AND d.zone = {zone}
"""
ONE_CLOCK: Final = ("%(club)s", "", "")
OF_HOME_CLUBS: Final = (
    ZONE_OF,
    "JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = r.profile_id",
    ", profiles_customerprofile AS p",
)
OF_RUN: Final = " AND p.tenant_id = %(tenant)s AND p.id = r.profile_id"
RETURN: Final = f"""
UPDATE journeys_run AS r SET version_id = m.version_id, {AS_IT_STOOD} FROM journeys_movedrun AS m
WHERE m.tenant_id = %(tenant)s AND m.plan_id = %(plan)s AND r.tenant_id = %(tenant)s AND r.id = m.run_id
  AND r.id = ANY(ARRAY(SELECT run_id FROM journeys_movedrun WHERE tenant_id = %(tenant)s AND plan_id = %(plan)s))
  AND r.moves = m.moves AND r.version_id = %(to)s
"""


class Choice(StrEnum):
    """What becomes of the people at one old step."""

    STAY = "STAY"
    MOVE = "MOVE"
    RESTART = "RESTART"
    EXIT = "EXIT"


@dataclass(frozen=True, slots=True)
class Standing:
    """People at one step of an old version. `default`: what happens where nothing is chosen."""

    version: JourneyVersion
    step: Step
    count: int
    people: Sequence[CustomerProfile]
    default: Choice
    target: str | None
    sends_at_once: bool

    @property
    def place(self) -> str:
        """Names it in the choices: version id and step id."""
        return f"{self.version.pk}:{self.step.id}"


def standings(journey: Journey, after: Definition, *, version_id: int = 0) -> list[Standing]:
    """Where people are in older versions, and what would become of them. `version_id`: the one they would come to."""
    with connection.cursor() as cursor:
        cursor.execute(
            WHERE_PEOPLE_ARE, {"tenant": journey.tenant_id, "journey": journey.pk, "version": version_id}
        )
        rows = cursor.fetchall()
    versions = JourneyVersion.objects.in_bulk({row[0] for row in rows})
    people = CustomerProfile.objects.in_bulk({one for row in rows for one in row[4]})
    merged: dict[tuple[int, str], list[Any]] = {}
    for pk, step, _, count, ids in rows:
        merged.setdefault((pk, step), [0, []])
        merged[pk, step][0] += count
        merged[pk, step][1] += ids
    return [
        _standing(versions[pk], step, count, [people[one] for one in ids if one in people][:SAMPLES], after)
        for (pk, step), (count, ids) in merged.items()
    ]


def _standing(
    version: JourneyVersion, step_id: str, count: int, people: Sequence[CustomerProfile], after: Definition
) -> Standing:
    before = definition_of(version.pk)
    step = before.by_id[step_id]
    target = step_id if step_id in after.by_id else surviving(before, step_id, after)
    sends = target is not None and not _keeps(step, after.by_id[target]) and bool(after.sends_ahead(target))
    default = Choice.MOVE if target is not None and not sends else Choice.STAY
    return Standing(version, step, count, people, default, target, sends)


def surviving(before: Definition, step_id: str, after: Definition) -> str | None:
    """The next step of the old version, along its ways, that the new one still has."""
    for one in before.walk(step_id):
        if one != step_id and one in after.by_id:
            return one
    return None


def _keeps(old: Step, new: Step) -> bool:
    """Whether somebody who waits at the old step goes on waiting at the new one."""
    return old.id == new.id and old.kind == new.kind


def move(
    journey: Journey, version: JourneyVersion, choices: Mapping[str, Any], *, now: datetime | None = None
) -> MovePlan | None:
    """Apply the choices (place → {"choice", "step"?, "sends"?}); what is not named takes its default.

    Returns the plan, or None where nobody was under way. Raises InvalidError for a step that does not exist, and where
    a message would go at once without `sends`.
    """
    now = now or timezone.now()
    after = definition_of(version.pk)
    found = standings(journey, after, version_id=version.pk)
    if not found:
        return None
    with transaction.atomic(), connection.cursor() as cursor:
        plan: MovePlan = MovePlan.objects.create(
            tenant_id=journey.tenant_id,
            journey_id=journey.pk,
            to_version_id=version.pk,
            choices=dict(choices),
            made_by_name=current_actor().name,
        )
        for standing in found:
            plan.moved += _Moving(cursor, journey, plan, version, after, now).apply(
                standing, choices.get(standing.place) or {}
            )
        plan.save()
        log_action(
            "journey.moved", subject_kind="journey", subject_id=journey.pk, details={"runs": plan.moved}
        )
        enqueue_on_commit(MOVE_RUNS, str(journey.tenant_id))
    return plan


@dataclass(frozen=True)
class _Moving:
    cursor: Any
    journey: Journey
    plan: MovePlan
    version: JourneyVersion
    after: Definition
    now: datetime

    def apply(self, standing: Standing, chosen: Mapping[str, Any]) -> int:
        """One choice; returns how many people it concerned."""
        try:
            choice = Choice(chosen.get("choice") or standing.default)
        except ValueError:
            raise InvalidError(f"Choose one of {', '.join(Choice)}.", field=standing.place) from None
        if choice is Choice.STAY:
            return 0
        if choice is Choice.EXIT:
            self.cursor.execute(REMEMBER, self._place(standing))
            runs = Run.objects.filter(version_id=standing.version.pk, step=standing.step.id)
            return end_runs(((run, CHANGED) for run in runs.values_list("pk", flat=True)), now=self.now)
        target = self.after.start if choice is Choice.RESTART else chosen.get("step") or standing.target
        if target is None or target not in self.after.by_id:
            raise InvalidError("Choose a step of the new version.", field=standing.place)
        keeps = choice is Choice.MOVE and _keeps(standing.step, self.after.by_id[target])
        if not keeps and self.after.sends_ahead(target) and not chosen.get("sends"):
            raise InvalidError(
                f"{standing.count} would get a message at once: say so with “sends”, or choose another step.",
                field=standing.place,
            )
        return self._move(standing, target, keeps)

    def _place(self, standing: Standing) -> dict[str, Any]:
        return {
            "tenant": self.journey.tenant_id,
            "plan": self.plan.pk,
            "from": standing.version.pk,
            "step": standing.step.id,
        }

    def _move(self, standing: Standing, target: str, keeps: bool) -> int:
        parameters = self._place(standing) | {
            "to": self.version.pk,
            "target": target,
            "keeps": keeps,
            "now": self.now,
        }
        self.cursor.execute(REMEMBER, parameters)
        if not keeps and isinstance(standing.step, Send | WaitUntil):
            leave(self.cursor, parameters)
        self.cursor.execute(MOVE, parameters)
        moved: int = self.cursor.rowcount
        step = self.after.by_id[target]
        if keeps and isinstance(step, Wait | WaitUntil):
            self._retime(step, parameters)
        if keeps and isinstance(step, WaitUntil):
            come_to(self.cursor, parameters, self.version.pk, step)
        return moved

    def _retime(self, step: Wait | WaitUntil, parameters: Mapping[str, Any]) -> None:
        """From the arrival, as the new version says; a date is looked at again."""
        tenant = Tenant.objects.get(pk=self.journey.tenant_id)
        zones = {} if self.after.timezone else zones_of_clubs(tenant)
        club = self.after.zone(tenant.zone).key
        values = {**parameters, "zones": json_of(zones), "club": club}
        zone_of, joined, listed = OF_HOME_CLUBS if zones else ONE_CLOCK
        self.cursor.execute(ARRIVALS.format(zone=zone_of, people=joined), values)
        rows = []
        for arrived, name in self.cursor.fetchall():
            zone = ZoneInfo(name)
            if isinstance(step, WaitUntil):
                due = clocks.shifted(arrived, step.timeout, zone)
            elif step.until.mode == "DATE":
                due = self.now
            else:
                due = due_of(step.until, arrived, zone)
            rows.append((arrived, name, due))
        DUE.fill(self.cursor, rows)
        retime = RETIME.format(zone=zone_of, people=listed) + (OF_RUN if zones else "")
        self.cursor.execute(retime, values)


def take_back(journey: Journey, plan_id: UUID, *, now: datetime | None = None) -> MovePlan:
    """Everybody who has not gone on since stands where they stood; raises NothingToDo."""
    with transaction.atomic(), connection.cursor() as cursor:
        plan: MovePlan | None = (
            MovePlan.objects.select_for_update().filter(pk=plan_id, journey_id=journey.pk).first()
        )
        if plan is None or plan.undone_at is not None:
            raise NothingToDo("There is no move to take back.")
        plan.undone_at = now or timezone.now()
        if plan.act == MoveAct.PUBLISH:
            values: dict[str, Any] = {
                "tenant": journey.tenant_id, "plan": plan.pk, "to": plan.to_version_id, "now": plan.undone_at,
            }  # fmt: skip
            with hashed(cursor):
                cursor.execute(RETURN, values)
                plan.returned = cursor.rowcount
            plan.returned += revive(cursor, values)
            come_back(cursor, values, journey.pk)
        else:
            plan.returned = take_back_act(plan, now=plan.undone_at)
        plan.save()
        log_action(
            "journey.move_undone",
            subject_kind="journey",
            subject_id=journey.pk,
            details={"runs": plan.returned},
        )
        enqueue_on_commit(MOVE_RUNS, str(journey.tenant_id))
    return plan
