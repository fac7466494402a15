"""Putting events on the queue as a source service does: by the official port's `Queue`."""

from collections.abc import Sequence
from typing import Any, Final

from bullmq import Queue
from django.conf import settings

BULK: Final = 1_000
# Both sides keep what was done only as long as the consumer wants it.
OPTIONS: Final = {"removeOnComplete": True}


def open_queue(name: str = "") -> Any:
    """The queue of incoming events, or one of another name beside it; needs a running event loop."""
    options = {"connection": settings.REDIS_URL, "prefix": settings.CRM_BULLMQ_PREFIX}
    return Queue(name or settings.CRM_EVENTS_QUEUE, options)


async def put_all(queue: Any, events: Sequence[dict[str, Any]]) -> None:
    """Add many jobs, a bulk at a time; each is a whole envelope under its type as the job's name."""
    for start in range(0, len(events), BULK):
        bulk = [
            {"name": event["type"], "data": event, "opts": OPTIONS} for event in events[start : start + BULK]
        ]
        await queue.addBulk(bulk)
