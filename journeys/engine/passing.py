"""One pass: claim what is due in a club, move it through every step that does not wait, write each run once.

All of it is one transaction: a killed worker leaves nothing behind, and nothing is done twice. Workers pass each other
by SKIP LOCKED. A step that fails for one run fails for that run alone.
"""

import logging
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from events.log import wake_consumers
from journeys.by_row import json_of
from journeys.engine import kinds, lateness
from journeys.engine import statements as sql
from journeys.engine.group import IN_TRIAL, Group, Spot
from journeys.engine.likeness import LIKENESS
from journeys.engine.waits import zones_of_clubs
from journeys.versions import definition_of
from tenants.models import Tenant
from tenants.pacing import Pace
from tenants.postgresql.plans import any_club
from tenants.postgresql.prepared import read_prepared
from tenants.scope import current_tenant_id

logger = logging.getLogger(__name__)

BATCH: Final = 2000
LEAST_BATCH, MOST_BATCH = 1000, 5000
# A pass that takes longer is made smaller: no transaction may hold the log's cursors back.
LONGEST_PASS: Final = timedelta(milliseconds=600)
MOST_VISITS: Final = 50
MOST_ROUNDS: Final = 400
LONGEST_ERROR: Final = 500
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Passed:
    """What a pass did: runs claimed, steps executed, and the mark from which the next one goes on."""

    runs: int
    steps: int
    low: datetime


def move_due(
    *,
    now: datetime | None = None,
    seconds: float = 5.0,
    only: UUID | None = None,
    since: datetime = EPOCH,
    tenant: Tenant | None = None,
    is_due: bool = False,
) -> int:
    """Pass after pass over the open scope's club until nothing is due or the time is up; returns the steps executed.

    With `now`, the clock stands still, and `only` one journey is looked at: for tests and simulations. `since`: nobody
    is due before. `tenant`: the club, where it is known. `is_due`: it is known that somebody is.
    """
    tenant = tenant or Tenant.objects.get(pk=current_tenant_id())
    ends, steps, low = time.monotonic() + seconds, 0, since
    pace = Pace(BATCH, least=LEAST_BATCH, most=MOST_BATCH, longest=LONGEST_PASS)
    while time.monotonic() < ends:
        started, size = time.monotonic(), pace.size
        is_first = low == since
        looks_first, is_due = is_first and not is_due, False
        passed = one_pass(
            tenant, now=now or timezone.now(), low=low, limit=size, only=only, looks_first=looks_first
        )
        steps += passed.steps
        if passed.runs:
            low = passed.low if passed.runs == size else since
        elif is_first:
            break
        else:
            low = since
        pace.took(time.monotonic() - started)
    return steps


@any_club()
def one_pass(
    tenant: Tenant,
    *,
    now: datetime,
    low: datetime = EPOCH,
    limit: int = BATCH,
    only: UUID | None = None,
    looks_first: bool = True,
) -> Passed:
    """Claim at most `limit` runs that are due and move them; the scope is open.

    `looks_first`: nobody may be due, which is found out before a transaction is begun.
    """
    if looks_first and not _is_anybody_due(tenant, now, low):
        return Passed(0, 0, low)
    claim = sql.CLAIM.format(only="AND journey_id = %(only)s" if only else "")
    values = {"tenant": tenant.pk, "now": now, "low": low, "limit": limit, "only": only}
    try:
        return _claim_and_move(tenant, claim, values, is_careful=False)
    except OperationalError:
        raise
    except Exception:  # whose step failed is found out, and recorded, the second time
        return _claim_and_move(tenant, claim, values, is_careful=True)


def _claim_and_move(tenant: Tenant, claim: str, values: dict[str, Any], *, is_careful: bool) -> Passed:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.MOVING)
        cursor.execute(claim, values)
        return _Pass(cursor, tenant, values["now"], is_careful=is_careful).run(values["low"])


def _is_anybody_due(tenant: Tenant, now: datetime, low: datetime) -> bool:
    return bool(read_prepared(sql.ANYBODY, tenant.pk, now, low))


class _Pass:
    """The temporary table `moving` from the claim to the writing.

    `is_careful`: each step in a savepoint, so that it may fail for some alone. Savepoints are two statements a step,
    and most passes need none.
    """

    def __init__(self, cursor: Any, tenant: Tenant, now: datetime, *, is_careful: bool) -> None:
        self.cursor, self.tenant, self.now, self.is_careful = cursor, tenant, now, is_careful
        self.steps = self.parts = 0
        self.common = {"tenant": tenant.pk, "now": now}
        self.journeys: dict[int, UUID] = {}
        self.spots: dict[tuple[int, str], Spot] = {}
        self.numbered: list[Spot] = []
        self.club_zones: dict[str, str] = {}

    def run(self, low: datetime) -> Passed:
        """Until everybody waits or has ended; `low` is the mark where nobody was claimed."""
        self.cursor.execute(sql.STAND)
        stand = self.cursor.fetchall()
        if not stand:
            return Passed(0, 0, low)
        if not IN_TRIAL.get():  # where nobody is paused, restricted or erased after they entered
            for statement in (sql.STOP, sql.FREEZE, sql.GONE):
                self.cursor.execute(statement, self.common)
        self._number(stand)
        late = {"late": self.now - lateness.GRACE, "far": MOST_VISITS}
        for _ in range(MOST_ROUNDS):
            self.cursor.execute(sql.GROUPS, late)
            rows = self.cursor.fetchall()
            if not rows:
                break
            for alike in self._alike(rows):
                for group in self._by_zone(alike):
                    self._execute(group)
        self._write()
        return Passed(sum(row[3] for row in stand), self.steps, max(row[4] for row in stand))

    def _number(self, stand: Sequence[tuple[Any, ...]]) -> None:
        """Give each step of a version at which somebody stands its number."""
        self.journeys = {row[0]: row[1] for row in stand}
        self.club_zones = zones_of_clubs(self.tenant)
        numbers: dict[str, dict[str, int]] = {}
        for version_id, _, step, *_ in stand:
            numbers.setdefault(str(version_id), {})[step] = self._spot(version_id, step).number
        if len(stand) > 1:
            self.cursor.execute(sql.NUMBER, {"numbers": json_of(numbers)})

    def _spot(self, version_id: int, step: str) -> Spot:
        found = self.spots.get((version_id, step))
        if found is None:
            definition = definition_of(version_id)
            found = Spot(
                number=len(self.spots),
                version_id=version_id,
                journey_id=self.journeys[version_id],
                definition=definition,
                step=definition.by_id[step],
                zone=definition.zone(self.tenant.zone),
            )
            self.spots[version_id, step] = found
            self.numbered.append(found)
        return found

    def _alike(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[Group]:
        """The groups of a round: whose steps can be executed by the same statements are one."""
        found: dict[Hashable, list[tuple[Any, ...]]] = {}
        for row in rows:
            found.setdefault(self._likeness(*row[:-1]), []).append(row)
        for alike in found.values():
            _, resumes, part, _, is_marked, is_late, is_far, _ = alike[0]
            yield Group(
                cursor=self.cursor,
                tenant=self.tenant,
                now=self.now,
                spots=[self.numbered[row[0]] for row in alike],
                resumes=resumes,
                part=part,
                size=sum(row[3] for row in alike),
                is_marked=is_marked,
                is_late=is_late,
                is_far=is_far,
                has_silent=any(row[-1] for row in alike),
            )

    def _likeness(  # noqa: PLR0917 - a row of `sql.GROUPS`
        self, number: int, resumes: bool, part: int, _: int, is_marked: bool, is_late: bool, is_far: bool
    ) -> Hashable:
        """Equal for groups that go together: what asks for a statement of its own, and what the kind says."""
        spot = self.numbered[number]
        definition = spot.definition
        likeness = LIKENESS[spot.step.kind](spot, resumes)
        if likeness is None or is_marked or is_late or definition.must_match:
            return number, resumes, part
        has_own_zone = not spot.step.waits or bool(definition.timezone)
        return (
            spot.step.kind, resumes, part, likeness, has_own_zone, is_far and definition.has_circle,
        )  # fmt: skip

    def _by_zone(self, group: Group) -> Iterator[Group]:
        """A wait ends on the clock of the home club, where the journey has none of its own."""
        if not group.step.waits or group.definition.timezone or not self.club_zones:
            yield group
            return
        zones = {"zones": json_of(self.club_zones), "club": self.tenant.time_zone}
        for name, size in group.fetch(sql.ZONES, **zones):
            self.parts += 1
            group.execute(sql.APART, **zones, zone=name, new_part=self.parts)
            spots = [replace(spot, zone=ZoneInfo(name)) for spot in group.spots]
            yield replace(group, spots=spots, part=self.parts, size=size)

    def _execute(self, group: Group) -> None:
        """The step for all of the group; where it fails, for ever smaller parts of it."""
        if not self.is_careful:
            self._step(group)
            return
        try:
            with transaction.atomic():
                self._step(group)
        except OperationalError:
            raise
        except Exception as error:  # one run must not stop the others; it is recorded with the error
            if group.size > 1:
                self._halve(group)
                return
            where = {"step": group.step.id, "version": group.spots[0].version_id}
            logger.exception("a step failed", extra=where)
            group.execute(sql.FAIL, error=f"{type(error).__name__}: {error}"[:LONGEST_ERROR])
            self._leave(group)

    def _step(self, group: Group) -> None:
        if group.is_far and group.definition.has_circle:
            group.execute(sql.TOO_OFTEN, most=MOST_VISITS)
        if group.definition.must_match:
            kinds.leave_unmatched(group)
        if group.resumes:
            lateness.judge(group)
        handler(group.step.kind)(group)
        self._leave(group)

    def _leave(self, group: Group) -> None:
        """Log what was done, count it, and follow the ways."""
        ways = {spot.number: self._ways(spot) for spot in group.spots}
        is_one = len(ways) == 1
        [(left,)] = group.fetch(
            sql.ADVANCE.replace("{of_spot}", "" if is_one else "-> spot::text"),
            ways=json_of(ways[group.spots[0].number] if is_one else ways),
            day=self.now.astimezone(self.tenant.zone).date(),
        )
        self.steps += left

    def _ways(self, spot: Spot) -> dict[str, tuple[str, int] | None]:
        """Way → next step and its spot; ways that were not drawn lead where `next` leads."""
        step = spot.step
        default, found = step.way("next"), {}
        for name in (*step.outlets, "skipped", "failed"):
            target = step.ways.get(name, default)
            found[name] = None if target is None else (target, self._spot(spot.version_id, target).number)
        return found

    def _halve(self, group: Group) -> None:
        first, second = self.parts + 1, self.parts + 2
        self.parts += 2
        rows = group.fetch(sql.HALVE, first=first, second=second, half=group.size // 2)
        for part, numbers, size in rows:
            spots = [group.by_number[number] for number in numbers]
            self._execute(replace(group, spots=spots, part=part, size=size))

    def _write(self) -> None:
        self.cursor.execute(sql.WRITE, self.common)
        self.cursor.execute(sql.FINISH, self.common)
        if not self.cursor.rowcount:
            return
        self.cursor.execute(sql.DROP_SUBSCRIPTIONS, self.common)
        if not IN_TRIAL.get():  # of a trial nobody else is told
            self.cursor.execute(sql.TELL_ENDED, self.common)
            kinds.note_on_timeline(self.cursor, self.tenant, self.now)
            wake_consumers()


def handler(kind: str) -> Callable[[Group], None]:
    """What executes a kind of step."""
    return kinds.HANDLERS[kind]
