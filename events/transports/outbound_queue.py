"""The way out: envelopes become jobs of a BullMQ queue that other services read."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from bullmq import Queue
from django.conf import settings

from events import outbound
from events.consumers import PeerAway
from events.transports.bullmq import AWAY_ERRORS, connect
from tenants.models import Tenant

# Redis answers nobody else while it adds a chunk: some ten milliseconds.
CHUNK: Final = 200
# A queue that nobody reads must not fill the memory of Redis; what is beyond waits in the domain log.
MOST_WAITING: Final = 100_000
JOB_OPTIONS: Final[Mapping[str, Any]] = {
    "attempts": 3,
    "backoff": {"type": "exponential", "delay": 1000},
    "removeOnComplete": {"count": 1000},
    "removeOnFail": {"count": 10_000},
}


def send(tenant: Tenant, envelopes: Sequence[Mapping[str, Any]]) -> None:
    """What the consumer sends; the envelopes name their tenant. Other services hear nothing of sandboxes."""
    if not tenant.is_sandbox:
        publish(envelopes)


def senders_to_readers() -> dict[str, Callable[[Tenant, Sequence[Mapping[str, Any]]], None]]:
    """The consumers of further readers, each with what it sends by."""
    return {
        name: partial(_send_to, queue=queue)
        for name, queue in outbound.queues().items()
        if name != outbound.NAME
    }


def _send_to(tenant: Tenant, envelopes: Sequence[Mapping[str, Any]], *, queue: str) -> None:
    if not tenant.is_sandbox:
        publish(envelopes, queue=queue)


def publish(envelopes: Sequence[Mapping[str, Any]], *, queue: str = "") -> None:
    """Add a job to the queue (CRM_OUTBOUND_QUEUE where none is named) for each envelope, in the given order.

    The envelope's id is the job's: published again it is the same job, as long as BullMQ still has the first.
    Raises PeerAway when Redis cannot be reached, and when the queue is so full that nobody can be reading it.
    """
    if not envelopes:
        return
    try:
        asyncio.run(_publish(envelopes, queue or settings.CRM_OUTBOUND_QUEUE))
    except AWAY_ERRORS as error:
        raise PeerAway(f"Redis does not take jobs: {type(error).__name__}") from error


async def _publish(envelopes: Sequence[Mapping[str, Any]], name: str) -> None:
    client = connect(settings.REDIS_URL, decode=True)
    queue = Queue(name, {"connection": client, "prefix": settings.CRM_BULLMQ_PREFIX})
    try:
        waiting = await client.llen(queue.keys["wait"])
        if waiting >= MOST_WAITING:
            raise PeerAway(f"Nobody reads the queue {name}: {waiting} jobs wait")
        rest = iter(envelopes)
        while chunk := list(islice(rest, CHUNK)):
            await queue.addBulk([_job(envelope) for envelope in chunk])
    finally:
        await client.aclose()


def _job(envelope: Mapping[str, Any]) -> dict[str, Any]:
    options = {**JOB_OPTIONS, "jobId": envelope["id"]}
    return {"name": envelope["type"], "data": envelope, "opts": options}
