"""Publishing through BullMQ as the source services do: jobs of all three shapes, and patience with Redis."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bullmq import Queue
from django.conf import settings

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.envelope import lot
from events.transports.bullmq import AWAY_ERRORS, connect
from events.transports.peers import Peer

RETRY_SECONDS: Final = 2.0
MESSAGING: Final = "messaging"
# Percentages of Messaging's jobs; the rest are whole envelopes.
WRAPPED, BARE = 40, 30
JOB_OPTIONS: Final = {
    "attempts": 3,
    "backoff": {"type": "exponential", "delay": 1000},
    "removeOnFail": {"count": 1000},
}


@dataclass(frozen=True, slots=True)
class Job:
    """A job as a service adds it."""

    name: str
    data: dict[str, Any]
    options: dict[str, Any]


def job_of(event: Event) -> Job:
    """The job that carries an event: mostly the whole envelope.

    Only Messaging has habits of its own: the type without its first part as the job's name, and as data the
    payload with the club's name in it, or `{eventId, tenantId, payload}`.
    """
    moment = datetime.fromisoformat(event["timestamp"])
    options = {**JOB_OPTIONS, "jobId": event["id"], "timestamp": int(moment.timestamp() * 1000)}
    shape = lot(event["id"] + "shape")
    name, payload, tenant = event["type"], event["payload"], event["tenantId"]
    if "contactId" not in payload or shape >= WRAPPED + BARE:
        return Job(name, event, options)
    name = name.removeprefix(f"{MESSAGING}.")
    if shape < WRAPPED:
        return Job(name, {"eventId": event["id"], "tenantId": tenant, "payload": payload}, options)
    return Job(name, {"tenantId": tenant, **payload}, options)


def publish_all(events: Iterable[Event]) -> None:
    """Add each event to the queue at its time; returns when there are no more.

    While Redis is away it waits, says so once, and goes on with the event that it could not add.
    """
    asyncio.run(_publish_all(events))


async def _publish_all(events: Iterable[Event]) -> None:
    redis = Peer("Redis")
    client = connect(settings.REDIS_URL, decode=True)
    options = {"connection": client, "prefix": settings.CRM_BULLMQ_PREFIX}
    queue = Queue(settings.CRM_EVENTS_QUEUE, options)
    try:
        for event in events:
            await _wait_for(datetime.fromisoformat(event["timestamp"]))
            await _add(queue, job_of(event), redis)
    finally:
        await client.aclose()


async def _wait_for(moment: datetime) -> None:
    await asyncio.sleep(max((moment - datetime.now(UTC)).total_seconds(), 0))


async def _add(queue: Queue, job: Job, redis: Peer) -> None:
    while True:
        try:
            await queue.add(job.name, job.data, job.options)
        except AWAY_ERRORS as error:
            redis.lost(error)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            redis.found()
            return
