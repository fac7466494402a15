"""One pass: claim what is due in a club, move it through every step that does not wait, write each run once.

All of it is one transaction: a killed worker leaves nothing behind, and nothing is done twice. Workers pass each other
by SKIP LOCKED. A step that fails for one run fails for that run alone.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from events.log import wake_consumers
from journeys.engine import kinds, lateness
from journeys.engine import statements as sql
from journeys.engine.group import IN_TRIAL, Group
from journeys.engine.waits import zones_of_clubs
from journeys.versions import definition_of
from tenants.models import Tenant
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
) -> int:
    """Pass after pass over the open scope's club until nothing is due or the time is up; returns the steps executed.

    With `now`, the clock stands still, and `only` one journey is looked at: for tests and simulations. `since`: nobody
    is due before. `tenant`: the club, where it is known.
    """
    tenant = tenant or Tenant.objects.get(pk=current_tenant_id())
    ends, steps, low, size = time.monotonic() + seconds, 0, since, BATCH
    while time.monotonic() < ends:
        started = time.monotonic()
        is_first = low == since
        passed = one_pass(
            tenant, now=now or timezone.now(), low=low, limit=size, only=only, looks_first=is_first
        )
        steps += passed.steps
        if passed.runs:
            low = passed.low if passed.runs == size else since
        elif is_first:
            break
        else:
            low = since
        size = _sized(size, timedelta(seconds=time.monotonic() - started))
    return steps


def _sized(size: int, took: timedelta) -> int:
    if took > LONGEST_PASS:
        return max(LEAST_BATCH, size // 2)
    return min(MOST_BATCH, size * 2) if took < LONGEST_PASS / 3 else size


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
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.MOVING)
        claim = sql.CLAIM.format(only="AND journey_id = %(only)s" if only else "")
        cursor.execute(claim, {"tenant": tenant.pk, "now": now, "low": low, "limit": limit, "only": only})
        cursor.execute(sql.CLAIMED)
        claimed, newest = cursor.fetchone()
        if not claimed:
            return Passed(0, 0, low)
        steps = _Pass(cursor, tenant, now).run()
        return Passed(claimed, steps, newest)


def _is_anybody_due(tenant: Tenant, now: datetime, low: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql.ANYBODY, {"tenant": tenant.pk, "now": now, "low": low})
        return bool(cursor.rowcount)


class _Pass:
    """The temporary table `moving` from the claim to the writing."""

    def __init__(self, cursor: Any, tenant: Tenant, now: datetime) -> None:
        self.cursor, self.tenant, self.now = cursor, tenant, now
        self.steps = self.parts = 0
        self.common = {"tenant": tenant.pk, "now": now}
        self.journeys: dict[int, Any] = {}
        self.club_zones: dict[str, str] = {}

    def run(self) -> int:
        """Until everybody waits or has ended."""
        for statement in (sql.STOP, sql.FREEZE, sql.GONE):
            self.cursor.execute(statement, self.common)
        self._know_journeys()
        for _ in range(MOST_ROUNDS):
            self.cursor.execute(sql.GROUPS)
            rows = self.cursor.fetchall()
            if not rows:
                break
            for row in rows:
                for group in self._by_zone(self._group(*row)):
                    self._execute(group)
        self._write()
        return self.steps

    def _know_journeys(self) -> None:
        self.cursor.execute("SELECT DISTINCT version_id, journey_id FROM moving")
        self.journeys = dict(self.cursor.fetchall())
        self.club_zones = zones_of_clubs(self.tenant)

    def _group(  # noqa: PLR0917 - what names a group
        self,
        version_id: int,
        step: str,
        resumes: bool,
        part: int,
        size: int,
        is_marked: bool,
        zone: ZoneInfo | None = None,
    ) -> Group:
        definition = definition_of(version_id)
        return Group(
            cursor=self.cursor,
            tenant=self.tenant,
            now=self.now,
            definition=definition,
            version_id=version_id,
            step=definition.by_id[step],
            resumes=resumes,
            part=part,
            size=size,
            is_marked=is_marked,
            journey_id=self.journeys[version_id],
            zone=zone or definition.zone(self.tenant.zone),
        )

    def _by_zone(self, group: Group) -> Iterator[Group]:
        """A wait ends on the clock of the home club, where the journey has none of its own."""
        if not group.step.waits or group.definition.timezone or not self.club_zones:
            yield group
            return
        rows = group.fetch(
            sql.ZONES, zones=orjson.dumps(self.club_zones).decode(), club=self.tenant.time_zone
        )
        for name, size in rows:
            self.parts += 1
            group.execute(
                sql.APART, zones=orjson.dumps(self.club_zones).decode(), club=self.tenant.time_zone, zone=name,
                new_part=self.parts,
            )  # fmt: skip
            yield self._group(
                group.version_id,
                group.step.id,
                group.resumes,
                self.parts,
                size,
                group.is_marked,
                ZoneInfo(name),
            )

    def _execute(self, group: Group) -> None:
        """The step for all of the group; where it fails, for ever smaller parts of it."""
        try:
            with transaction.atomic():
                self._step(group)
        except OperationalError:
            raise
        except Exception as error:  # one run must not stop the others; it is recorded with the error
            if group.size > 1:
                self._halve(group)
                return
            logger.exception("a step failed", extra={"step": group.step.id, "version": group.version_id})
            group.execute(sql.FAIL, error=f"{type(error).__name__}: {error}"[:LONGEST_ERROR])
            self._leave(group)

    def _step(self, group: Group) -> None:
        if group.definition.has_circle:
            group.execute(sql.TOO_OFTEN, most=MOST_VISITS)
        if group.definition.must_match:
            kinds.leave_unmatched(group)
        if group.resumes:
            lateness.judge(group)
        handler(group.step.kind)(group)
        self._leave(group)

    def _leave(self, group: Group) -> None:
        """Log what was done, count it, and follow the ways."""
        [(left,)] = group.fetch(
            sql.ADVANCE,
            ways=orjson.dumps(group.ways).decode(),
            day=self.now.astimezone(self.tenant.zone).date(),
        )
        self.steps += left

    def _halve(self, group: Group) -> None:
        self.parts += 2
        half = group.size // 2
        group.execute(sql.HALVE, new_part=self.parts, half=half)
        for part, size in ((self.parts, half), (group.part, group.size - half)):
            again = self._group(
                group.version_id, group.step.id, group.resumes, part, size, group.is_marked, group.zone
            )
            self._execute(again)

    def _write(self) -> None:
        for statement in (sql.WRITE, sql.DROP_SUBSCRIPTIONS):
            self.cursor.execute(statement, self.common)
        self.cursor.execute(sql.FINISH, self.common)
        if self.cursor.rowcount and not IN_TRIAL.get():  # of a trial nobody else is told
            self.cursor.execute(sql.TELL_ENDED, self.common)
            kinds.note_on_timeline(self.cursor, self.tenant, self.now)
            wake_consumers()


def handler(kind: str) -> Callable[[Group], None]:
    """What executes a kind of step."""
    return kinds.HANDLERS[kind]
