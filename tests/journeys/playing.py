"""A club with a clock that the test moves: make a journey, let time pass, look."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events.consumers import Entry
from journeys import entering, lifecycle, listening
from journeys.engine.passing import move_due
from journeys.entering import Entrant
from journeys.models import Journey, Run, RunEnded, StepLog
from journeys.versions import definition_of, forget_versions
from messaging.models import Delivery
from profiles.models import Activity, CustomerProfile
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.journeys.definitions import Json

_numbers = count(1_000_000)
START = datetime(2026, 11, 2, 9, tzinfo=UTC)  # a Monday, 11:00 in Johannesburg


def person(tenant: Tenant, name: str = "Anna", **values: Any) -> CustomerProfile:
    """A customer who may be written to by mail and SMS; `values` as columns."""
    defaults: dict[str, Any] = {
        "first_name": name,
        "display_name": name,
        "email": f"{name.lower()}@example.org",
        "email_opt_in": True,
        "sms_opt_in": True,
    }
    with tenant_scope(tenant):
        made: CustomerProfile = CustomerProfile.objects.create(tenant=tenant, **(defaults | values))
    return made


@contextmanager
def time_machine(now: datetime) -> Iterator[None]:
    """The platform's clock stands at a moment."""
    real = timezone.now
    timezone.now = lambda: now
    try:
        yield
    finally:
        timezone.now = real


class Play:
    """One club, one clock."""

    def __init__(self, tenant: Tenant, now: datetime = START) -> None:
        self.tenant, self.now = tenant, now
        forget_versions()

    @contextmanager
    def open(self) -> Iterator[None]:
        """The club's scope."""
        with tenant_scope(self.tenant):
            yield

    def start(self, definition: Json, name: str = "Journey") -> Journey:
        """Make and publish a journey that starts now."""
        with self.open():
            journey = lifecycle.create_journey(name=name, definition=definition)
            lifecycle.publish(journey.pk)
            Journey.objects.filter(pk=journey.pk).update(activated_at=self.now, scanned_at=self.now)
            journey.refresh_from_db()
        return journey

    def enter(self, journey: Journey, *people: CustomerProfile | UUID, **values: Any) -> dict[str, int]:
        """Let people in by hand, and move them; verdict → how many."""
        ids = [one if isinstance(one, UUID) else one.pk for one in people]
        with self.open():
            trigger = definition_of(journey.version_id or 0).triggers[0]
            entered = entering.enter(
                journey, [Entrant(one, **values) for one in ids], trigger=trigger, now=self.now
            )
        self.tick()
        return dict(entered.counts)

    def tick(self) -> int:
        """One round of the engine, at this moment."""
        with self.open():
            return move_due(now=self.now, seconds=60)

    def at(self, moment: datetime) -> None:
        """Move the clock to a moment and let the engine work."""
        self.now = moment
        self.tick()

    def later(self, **delta: float) -> None:
        """Let time pass."""
        self.at(self.now + timedelta(**delta))

    def tell(self, who: CustomerProfile, kind: str, at: datetime | None = None, **metadata: Any) -> None:
        """Something happens to somebody, and the consumer of the log reads it."""
        with self.open(), transaction.atomic():
            number = next(_numbers)
            activity = Activity.objects.create(
                id=number, tenant=self.tenant, profile_id=who.pk, origin_profile_id=who.pk,
                occurred_at=at or self.now, type=kind, category="GOLF", source="teetime",
                source_event_id=f"told-{number}", title=kind, metadata=metadata,
            )  # fmt: skip
        data = {"activityId": activity.pk, "type": kind, "occurredAt": (at or self.now).isoformat()}
        self.hear("activity.recorded", who, **data)

    def hear(self, kind: str, who: CustomerProfile, **data: Any) -> None:
        """The consumer reads an entry of the log, and the engine works."""
        with self.open(), transaction.atomic(), time_machine(self.now):
            entry = Entry("1", next(_numbers), self.tenant.pk, kind, who.pk, data, self.now)
            listening.handle(self.tenant, [entry])
        self.tick()

    def run(self, who: CustomerProfile) -> Run | None:
        """The live run of somebody."""
        with self.open():
            return Run.objects.filter(profile_id=who.pk).first()

    def ended(self, who: CustomerProfile) -> list[tuple[str, str]]:
        """(status, reason) of the runs of somebody that are over."""
        with self.open():
            rows = RunEnded.objects.filter(profile_id=who.pk).order_by("id")
            return list(rows.values_list("status", "reason"))

    def sent(self, who: CustomerProfile) -> list[tuple[str, str]]:
        """(step, status or reason) of the messages to somebody, in order."""
        with self.open():
            rows = Delivery.objects.filter(profile_id=who.pk).order_by("id")
            return [(row.variant, row.reason or row.status) for row in rows]

    def story(self, who: CustomerProfile) -> list[tuple[str, str]]:
        """(step, outcome) of all runs of somebody."""
        with self.open():
            runs = [
                *Run.objects.filter(profile_id=who.pk).values_list("pk", flat=True),
                *RunEnded.objects.filter(profile_id=who.pk).values_list("pk", flat=True),
            ]
            rows = StepLog.objects.filter(run_id__in=runs).order_by("run_id", "move")
            return list(rows.values_list("step", "outcome"))

    def count(self, table: str) -> int:
        """Rows of a table of this club."""
        with self.open(), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", [self.tenant.pk])
            return int(cursor.fetchone()[0])
