"""How long after it was published an event can be read: through the queue, all programs running as `up` runs them.

Of every so many events one is watched: its person's timeline is asked for again and again until the event stands in it.
"""

import asyncio
import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
import uvloop
from django.utils import timezone

from crm_platform.bench import inbox
from crm_platform.bench.database import connect, settle
from crm_platform.bench.figures import BenchError, Figure, duration, percentile
from crm_platform.bench.http_client import HttpClient
from crm_platform.bench.http_load import Site
from crm_platform.bench.mix import Made, mixed_events
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.processes import Processes
from crm_platform.bench.queueing import OPTIONS, open_queue
from crm_platform.bench.reading import UNLIMITED
from crm_platform.bench.setting import Setting
from crm_platform.embedded.redis import free_port
from tenants.api_keys import issue_key
from tenants.models import Scope

MOST_P99_MS: Final = 1_000.0
WATCHED_A_SECOND: Final = 10
# Between an answer without the event and the next question; with the answer itself less than 10 ms.
PAUSE_SECONDS: Final = 0.004
# Of the time that an event takes already: as fine as it is long, or the questions would be what all others wait for.
PAUSE_SHARE: Final = 0.05
# What takes longer counts as lost.
PATIENCE_SECONDS: Final = 30.0
WARM_UP_SECONDS: Final = 3.0
ROWS: Final = 10


@dataclass(slots=True)
class Seen:
    """Seconds until watched events could be read, and how often was asked."""

    seconds: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)  # between two questions about the same event
    late: float = 0.0  # the most by which publishing fell behind its plan, in seconds


def run(setting: Setting) -> list[Figure]:
    """Publish at an even rate, watch a part, and see that all arrived."""
    sizes = setting.sizes
    tenant = make_tenant()
    load_people(tenant, sizes.people, setting.reporter)
    now = timezone.now()
    warm = list(mixed_events(round(sizes.rate * WARM_UP_SECONDS), sizes.people, now=now, run="w"))
    made = list(mixed_events(round(sizes.rate * sizes.seconds), sizes.people, now=now))
    key = issue_key(name="bench", tenants=[tenant], scopes=[Scope.READ], rate_limit_per_minute=UNLIMITED)
    site = Site(free_port(), {"X-API-Key": key.plain})
    with connect() as connection, Processes(setting.folder) as processes:
        after = inbox.last_id(connection)
        rows = connection.execute("SELECT id FROM profiles_customerprofile ORDER BY scl_member_id").fetchall()
        processes.web(site.port)
        processes.worker()
        processes.consumer()
        settle(connection)
        watch = Watch(site, [str(row[0]) for row in rows], setting)
        seen = uvloop.run(watch.run(warm, made))
        with setting.reporter.bar("events done", len(made)) as report:
            inbox.wait_until_done(connection, tenant.pk, after, report)
        inbox.check_done(connection, after, [*warm, *made], people=sizes.people)
    return _figures(setting, seen)


class Watch:
    """Publishes on time and looks for what it published."""

    def __init__(self, site: Site, ids: Sequence[str], setting: Setting) -> None:
        """`ids`: of the profiles, by the people's numbers."""
        self._client = HttpClient(site)
        self._ids = ids
        self._setting = setting
        self._seen = Seen()
        self._every = max(setting.sizes.rate // WATCHED_A_SECOND, 1)

    async def run(self, warm: Sequence[Made], made: Sequence[Made]) -> Seen:
        """First some events that do not count, so that caches and connections are there."""
        self._queue = open_queue()
        await self._publish(warm)
        self._seen = Seen()
        gc.collect()
        gc.freeze()
        await self._publish(made)
        await self._queue.close()
        await self._client.close()
        return self._seen

    async def _publish(self, made: Sequence[Made]) -> None:
        rate = self._setting.sizes.rate
        began = time.perf_counter()
        with self._setting.reporter.bar("publishing", len(made)) as report:
            async with asyncio.TaskGroup() as group:
                for number, one in enumerate(made):
                    await self._until(began + number / rate)
                    event = {**one.event, "timestamp": timezone.now().isoformat()}
                    published_at = time.perf_counter()
                    await self._queue.add(event["type"], event, OPTIONS)
                    if number % self._every == 0:
                        group.create_task(self._look_for(event["id"], one.person, published_at))
                        report(number)

    async def _until(self, moment: float) -> None:
        wait = moment - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        else:
            self._seen.late = max(self._seen.late, -wait)

    async def _look_for(self, event_id: str, person: int, published_at: float) -> None:
        """Ask until the event is there, and note how long that took, to the end of the answer that had it."""
        path = f"/api/v1/customers/{self._ids[person]}/activities?take={ROWS}"
        asked_at = published_at
        while True:
            body = await self._client.get(path)
            now = time.perf_counter()
            self._seen.pauses.append(now - asked_at)
            if any(row["sourceEventId"] == event_id for row in orjson.loads(body)["data"]):
                self._seen.seconds.append(now - published_at)
                return
            if now - published_at > PATIENCE_SECONDS:
                raise BenchError(f"The event {event_id} cannot be read after {PATIENCE_SECONDS:.0f} s.")
            asked_at = now
            await asyncio.sleep(max(PAUSE_SECONDS, PAUSE_SHARE * (now - published_at)))


def _figures(setting: Setting, seen: Seen) -> list[Figure]:
    resolution = percentile(seen.pauses, 0.99) * 1000
    setting.reporter.note(
        f"{len(seen.seconds):,} events watched; 99 of 100 questions about one came within {resolution:.0f} ms"
        f" of the last; publishing was at most {seen.late * 1000:.0f} ms late"
    )
    title = f"{setting.sizes.rate} events/s, publish to visible in the API"
    figures = [
        duration("freshness", f"{title}, p{share}", percentile(seen.seconds, share / 100) * 1000)
        for share in (50, 95)
    ]
    p99_ms = percentile(seen.seconds, 0.99) * 1000
    return [*figures, duration("freshness", f"{title}, p99", p99_ms, most_ms=MOST_P99_MS)]
