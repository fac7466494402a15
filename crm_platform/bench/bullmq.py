"""How fast a queue that filled up gets empty: one consumer, one worker process, to finished profiles."""

import asyncio
import subprocess
import sys
import time
from typing import Any, Final

from django.utils import timezone

from crm_platform import env
from crm_platform.bench import inbox
from crm_platform.bench.database import Connection, connect, one_row, settle
from crm_platform.bench.figures import BenchError, Figure, rate
from crm_platform.bench.mix import Made, mixed_events
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.processes import Processes
from crm_platform.bench.queueing import open_queue, put_all
from crm_platform.bench.setting import Setting
from tenants.models import Tenant

LEAST_RATE: Final = 2_000
BARE_QUEUE: Final = "bench-bare"
# The bare worker's rate does not depend on how many there are; more would only take longer.
MOST_BARE_JOBS: Final = 10_000
# The port's default is 1; from here on more makes no difference.
BARE_CONCURRENCY: Final = 50
BARE_PATIENCE_SECONDS: Final = 120
POLL_SECONDS: Final = 0.02


def run(setting: Setting) -> list[Figure]:
    """Measure the bare worker, then the product: from the moment the queue opens to the last event done."""
    sizes = setting.sizes
    tenant = make_tenant()
    load_people(tenant, sizes.people, setting.reporter)
    made = list(mixed_events(sizes.events, sizes.people, now=timezone.now()))
    bare = asyncio.run(_bare_rate(setting, made[:MOST_BARE_JOBS]))
    with connect() as connection:
        after = inbox.last_id(connection)
        with Processes(setting.folder) as processes:
            processes.worker(concurrency=1)
            processes.consumer()
            settle(connection)
            seconds = asyncio.run(_product_seconds(setting, connection, tenant, made))
        inbox.check_done(connection, after, made, people=sizes.people)
    title = "jobs waiting to finished profiles, against the port's worker doing nothing"
    return [rate("bullmq", title, sizes.events / seconds, "events/s", baseline=bare, least=LEAST_RATE)]


async def _product_seconds(
    setting: Setting, connection: Connection, tenant: Tenant, made: list[Made]
) -> float:
    """Fill the queue while it is paused, open it, wait for the end."""
    count = len(made)
    after = inbox.last_id(connection)
    queue = open_queue()
    await queue.pause()
    with setting.reporter.bar("putting jobs on the queue", 1):
        await put_all(queue, [one.event for one in made])
    with setting.reporter.bar("events done", count) as report:
        began = time.perf_counter()
        await queue.resume()
        await asyncio.to_thread(_wait_until_stored, connection, after, count)
        ended = await asyncio.to_thread(inbox.wait_until_done, connection, tenant.pk, after, report)
    await queue.close()
    return ended - began


def _wait_until_stored(connection: Connection, after: int, count: int) -> None:
    """Wait until the consumer has stored all jobs; raises BenchError when it stands still."""
    newest, moved_at = after, time.monotonic()
    # A transaction that was tried again leaves a gap in the numbers; so they are counted once it may be enough.
    while newest < after + count or _stored(connection, after) < count:
        before, newest = newest, inbox.last_id(connection)
        if newest > before:
            moved_at = time.monotonic()
        elif time.monotonic() - moved_at > inbox.PATIENCE_SECONDS:
            raise BenchError("The consumer stands still.")
        time.sleep(POLL_SECONDS)


def _stored(connection: Connection, after: int) -> int:
    (count,) = one_row(connection, "SELECT count(*) FROM events_inboxevent WHERE id > %s", [after])
    return int(count)


async def _bare_rate(setting: Setting, made: list[Made]) -> float:
    """Jobs a second of the port's own worker with an empty function, in a process of its own."""
    queue = open_queue(BARE_QUEUE)
    events: list[dict[str, Any]] = [one.event for one in made]
    with setting.reporter.bar("the bare worker", len(events)):
        await put_all(queue, events)
        seconds = await asyncio.to_thread(_work_bare, len(events))
        await queue.obliterate(force=True)
        await queue.close()
    return len(events) / seconds


def _work_bare(jobs: int) -> float:
    command = [
        sys.executable,
        "-m",
        "crm_platform.bench.bare_queue",
        BARE_QUEUE,
        str(jobs),
        str(BARE_CONCURRENCY),
    ]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=env.PROJECT_DIR,
        timeout=BARE_PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise BenchError("The bare worker failed.")
    return float(done.stdout)
