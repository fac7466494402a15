"""Publishing jobs as other services do, and reading jobs and the log as the platform does."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import redis
import redis.asyncio as asyncio_redis
from bullmq import Queue
from django.conf import settings
from django.db import close_old_connections

from events import consumers
from events.models import DeadLetter, InboxEvent
from events.transports.bullmq import EventsQueue
from events.transports.consuming import Pace, QueueConsumer, Tally
from tenants.models import Tenant
from tenants.scope import all_tenants
from tests.patience import PATIENCE_SECONDS, wait_until

EAGER = Pace(gather_seconds=0.002, lock_seconds=1.0)


class Job(NamedTuple):
    """A job to publish."""

    name: str
    data: Any
    options: dict[str, Any] = {}


def base(queue: str | None = None) -> str:
    """What the keys of a queue begin with."""
    return f"{settings.CRM_BULLMQ_PREFIX}:{queue or settings.CRM_EVENTS_QUEUE}:"


def publish(*jobs: Job, url: str | None = None) -> list[str]:
    """Add jobs with the official port's own Queue; returns their ids."""

    async def add() -> list[str]:
        client = asyncio_redis.from_url(url or settings.REDIS_URL, decode_responses=True)
        queue = Queue(settings.CRM_EVENTS_QUEUE, {"connection": client, "prefix": settings.CRM_BULLMQ_PREFIX})
        try:
            added = await queue.addBulk([{"name": j.name, "data": j.data, "opts": j.options} for j in jobs])
            return [job.id for job in added]
        finally:
            await client.aclose()

    return asyncio.run(add())


def publish_text(text: bytes, *, client: "redis.Redis", name: str = "event") -> str:
    """Add a job whose data is this text, whatever it is."""
    client.delete(base() + "marker")
    (job_id,) = publish(Job(name, {}))
    client.hset(base() + job_id, "data", text)
    return job_id


def consumer(pace: Pace = EAGER, *, url: str | None = None) -> QueueConsumer:
    """A consumer of the events queue; make it where an event loop runs."""
    queue = EventsQueue(
        url or settings.REDIS_URL,
        settings.CRM_EVENTS_QUEUE,
        prefix=settings.CRM_BULLMQ_PREFIX,
        lock_seconds=pace.lock_seconds,
        stalled_seconds=pace.stalled_seconds,
        fails_dead=settings.CRM_FAIL_DEAD_JOBS,
    )
    return QueueConsumer(queue, settings.CRM_EVENTS_QUEUE, pace)


def consume(
    jobs: int,
    *,
    pace: Pace = EAGER,
    url: str | None = None,
    meanwhile: Callable[[QueueConsumer], Awaitable[None]] | None = None,
    seconds: float = PATIENCE_SECONDS,
) -> Tally:
    """Run a consumer until so many jobs are completed; fails when that takes longer than `seconds`."""

    async def run() -> Tally:
        reader = consumer(pace, url=url)
        running = asyncio.create_task(reader.run())
        async with asyncio.timeout(seconds):
            if meanwhile is not None:
                await meanwhile(reader)
            while reader.tally.jobs < jobs and not running.done():
                await asyncio.sleep(0.005)
            reader.stop()
            await running
        return reader.tally

    try:
        return asyncio.run(run())
    finally:
        close_old_connections()


def counts(client: "redis.Redis", queue: str | None = None) -> dict[str, int]:
    """How many jobs are in each state."""
    start = base(queue)
    return {
        "wait": int(client.llen(start + "wait")),
        "active": int(client.llen(start + "active")),
        "completed": int(client.zcard(start + "completed")),
        "failed": int(client.zcard(start + "failed")),
    }


def read_on(name: str) -> None:
    """Let a reader of the log read all there is; entries wait for every transaction of the server that runs."""

    def has_read_all() -> bool:
        for tenant in Tenant.objects.all():
            consumers.run(name, tenant.pk)
        return not any(lag.entries for lag in consumers.lags() if lag.name == name)

    wait_until(has_read_all)


def inbox_ids() -> list[str]:
    """The event ids in the inbox, in order of arrival."""
    with all_tenants():
        return list(InboxEvent.objects.order_by("pk").values_list("event_id", flat=True))


def letters() -> Sequence[DeadLetter]:
    """All dead letters, oldest first."""
    with all_tenants():
        return list(DeadLetter.objects.order_by("pk"))
