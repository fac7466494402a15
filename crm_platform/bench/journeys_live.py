"""With all programs running as `up` runs them: how precise timers are, how soon an event has planned its message."""

import time
from collections.abc import Iterator
from typing import Any, Final

import uvloop
from django.utils import timezone

from crm_platform.bench import inbox
from crm_platform.bench.database import Connection, settle
from crm_platform.bench.figures import BenchError, Figure, duration, percentile
from crm_platform.bench.journeys_setup import clear, fill, mixed_journey, started
from crm_platform.bench.mix import Made, mixed_events
from crm_platform.bench.processes import Processes
from crm_platform.bench.queueing import OPTIONS, open_queue
from crm_platform.bench.setting import Setting
from journeys import lifecycle
from journeys.models import Journey
from tenants.models import Tenant
from tenants.scope import tenant_scope

DUE_A_SECOND: Final = 500
LEAD_SECONDS: Final = 5.0
TIMER_MS: Final = 5_000.0
EVENT_MS: Final = 2_000.0
JOURNEYS: Final = 200
LOOK_EVERY: Final = 0.1
PATIENCE_SECONDS: Final = 60.0
# Kinds of the mixed stream, and the part of their payload that has the number of the event.
KINDS: Final = (
    ("messaging.email.opened", "messageId"), ("messaging.email.clicked", "messageId"),
    ("messaging.message.delivered", "messageId"), ("messaging.message.sent", "messageId"),
    ("teetime.booking.created", "id"),
)  # fmt: skip
SPREAD: Final = """
UPDATE journeys_run AS r SET due_at = now() + make_interval(secs => %(lead)s::float8 + n::float8 / %(rate)s)
FROM (SELECT id, row_number() OVER (ORDER BY md5(id::text)) AS n FROM journeys_run ORDER BY n LIMIT %(most)s) AS d
WHERE r.id = d.id
"""
TIMERS: Final = """
CREATE TABLE bench_timer AS
SELECT id AS run_id, due_at FROM journeys_run ORDER BY due_at LIMIT %(most)s
"""
FIRED: Final = """
DELETE FROM bench_timer AS t USING journeys_steplog AS l
WHERE l.tenant_id = %(tenant)s AND l.run_id = t.run_id AND l.move = 0
RETURNING extract(epoch FROM clock_timestamp() - t.due_at)
"""
# The event whose run planned a message: by the run that the key names.
PLANNED: Final = """
SELECT d.id, a.source_event_id FROM messaging_delivery AS d
JOIN journeys_rundata AS x ON x.run_id = split_part(d.key, ':', 2)::bigint
JOIN profiles_activity AS a ON a.id = x.event_id
WHERE d.id <> ALL(%(seen)s) AND d.id > %(low)s
"""


def measure(setting: Setting, connection: Connection, tenant: Tenant) -> Iterator[Figure]:
    """Timers first, then events; the programs stay."""
    with tenant_scope(tenant):
        waiting = mixed_journey("Timers", sends=False)
    with Processes(setting.folder) as processes:
        processes.worker()
        processes.consumer()
        yield _timers(setting, connection, tenant, waiting)
        yield _events(setting, connection, tenant)


def _timers(setting: Setting, connection: Connection, tenant: Tenant, journey: Journey) -> Figure:
    most = min(round(DUE_A_SECOND * setting.sizes.seconds), setting.sizes.people)
    fill(connection, tenant, journey, after=30 * 86_400.0)
    values: dict[str, Any] = {"lead": LEAD_SECONDS, "rate": DUE_A_SECOND, "most": most, "tenant": tenant.pk}
    connection.execute("DROP TABLE IF EXISTS bench_timer")
    connection.execute(SPREAD, values)
    connection.execute(TIMERS, values)
    late: list[float] = []
    ends = time.monotonic() + LEAD_SECONDS + most / DUE_A_SECOND + PATIENCE_SECONDS
    with setting.reporter.bar("timers", most) as report:
        while len(late) < most:
            late += [float(row[0]) for row in connection.execute(FIRED, values).fetchall()]
            report(len(late))
            if time.monotonic() > ends:
                raise BenchError(f"{most - len(late):,} timers never fired.")
            time.sleep(LOOK_EVERY)
    connection.execute("DROP TABLE bench_timer")
    words = f"{setting.sizes.people:,} waiting, {DUE_A_SECOND} due a second, p99 of the delay"
    return duration("journeys", words, percentile(late, 0.99) * 1000, most_ms=TIMER_MS)


def _events(setting: Setting, connection: Connection, tenant: Tenant) -> Figure:
    sizes = setting.sizes
    clear(connection)
    with tenant_scope(tenant):
        for number in range(JOURNEYS):
            _ask_for(number)
        for journey in Journey.objects.filter(name__in=["Timers"]):
            lifecycle.archive(journey.pk)
    settle(connection)
    after = inbox.last_id(connection)
    made = list(mixed_events(round(sizes.rate * sizes.seconds), sizes.people, now=timezone.now(), run="j"))
    took = uvloop.run(_Stream(setting, connection, made).run())
    with setting.reporter.bar("events done", len(made)) as report:
        inbox.wait_until_done(connection, tenant.pk, after, report)
    setting.reporter.note(f"{len(took):,} messages were planned by events")
    words = f"{sizes.rate} events/s, {JOURNEYS} active journeys: published to message planned, p95"
    return duration("journeys", words, percentile(took, 0.95) * 1000, most_ms=EVENT_MS)


def _ask_for(number: int) -> None:
    """A journey of one message, for the events of a kind whose number has certain digits."""
    kind, path = KINDS[number % len(KINDS)]
    digits = str(10 + number // len(KINDS))
    trigger = {
        "kind": "EVENT", "event": kind, "where": [{"path": path, "operator": "contains", "value": digits}],
    }  # fmt: skip
    mail = {
        "id": "mail", "kind": "SEND", "subject": "Hi", "text": "Hi", "messageClass": "TRANSACTIONAL",
        "ways": {"next": None},
    }  # fmt: skip
    started(f"Live {number}", [mail], [trigger], entry={"policy": "AFTER_EXIT"})


class _Stream:
    """Publishes at an even rate, and looks which events have planned a message."""

    def __init__(self, setting: Setting, connection: Connection, made: list[Made]) -> None:
        self.setting, self.connection, self.made = setting, connection, made
        self.published: dict[str, float] = {}
        self.seen: list[int] = []
        self.took: list[float] = []

    async def run(self) -> list[float]:
        """Seconds from publishing to a planned message, of every message."""
        queue = open_queue()
        rate, began = self.setting.sizes.rate, time.perf_counter()
        looked = began
        with self.setting.reporter.bar("publishing", len(self.made)) as report:
            for number, one in enumerate(self.made):
                event = {**one.event, "timestamp": timezone.now().isoformat()}
                self.published[event["id"]] = time.perf_counter()
                await queue.add(event["type"], event, OPTIONS)
                while (wait := began + (number + 1) / rate - time.perf_counter()) > 0:
                    if time.perf_counter() - looked > LOOK_EVERY:
                        looked = time.perf_counter()
                        self._look()
                    else:
                        time.sleep(min(wait, 0.002))
                report(number)
        quiet = time.perf_counter() + 5
        while time.perf_counter() < quiet:
            if self._look():
                quiet = time.perf_counter() + 5
            time.sleep(LOOK_EVERY)
        await queue.close()
        return self.took

    def _look(self) -> int:
        low = self.seen[-500] if len(self.seen) > 500 else 0  # noqa: PLR2004 - late commits come within these
        values: dict[str, Any] = {"seen": self.seen[-500:], "low": low}
        rows = self.connection.execute(PLANNED, values).fetchall()
        now = time.perf_counter()
        for delivery, event_id in sorted(rows):
            self.seen.append(delivery)
            if event_id in self.published:
                self.took.append(now - self.published[event_id])
        return len(rows)
