"""Read the queue of incoming events until told to stop."""

import asyncio
import signal
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any, Final

import uvloop
from django.conf import settings

from events.transports.bullmq import EventsQueue
from events.transports.consuming import Pace, QueueConsumer
from tenants.commands import ProductCommand

# A batch is one transaction.
LARGEST_BATCH: Final = 5000
# Three renewals must fit in, and a job of a consumer that died should not wait for minutes.
SHORTEST_LOCK_SECONDS: Final = 0.3
LONGEST_LOCK_SECONDS: Final = 600.0


class Command(ProductCommand):
    """A BullMQ worker; any number of them may run."""

    help = "Takes jobs from the BullMQ queue CRM_EVENTS_QUEUE into the inbox, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options for unusual loads."""
        defaults = Pace()
        parser.add_argument(
            "--batch",
            type=_batch,
            default=defaults.batch_jobs,
            metavar="JOBS",
            help=f"most jobs taken at once: 1 to {LARGEST_BATCH}",
        )
        parser.add_argument(
            "--lock-seconds",
            type=_lock_seconds,
            default=defaults.lock_seconds,
            help="after so long BullMQ gives the jobs of a consumer that died to another one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the consumer in an event loop of its own."""
        pace = Pace(batch_jobs=options["batch"], lock_seconds=options["lock_seconds"])
        uvloop.run(consume(pace))


def _batch(text: str) -> int:
    number = int(text)
    if not 1 <= number <= LARGEST_BATCH:
        raise ArgumentTypeError(f"must be from 1 to {LARGEST_BATCH}")
    return number


def _lock_seconds(text: str) -> float:
    seconds = float(text)
    if not SHORTEST_LOCK_SECONDS <= seconds <= LONGEST_LOCK_SECONDS:
        raise ArgumentTypeError(f"must be from {SHORTEST_LOCK_SECONDS} to {LONGEST_LOCK_SECONDS}")
    return seconds


async def consume(pace: Pace) -> None:
    """Consume with clean ends on SIGTERM and SIGINT."""
    queue = EventsQueue(
        settings.REDIS_URL,
        settings.CRM_EVENTS_QUEUE,
        prefix=settings.CRM_BULLMQ_PREFIX,
        lock_seconds=pace.lock_seconds,
        stalled_seconds=pace.stalled_seconds,
        fails_dead=settings.CRM_FAIL_DEAD_JOBS,
    )
    consumer = QueueConsumer(queue, settings.CRM_EVENTS_QUEUE, pace)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, consumer.stop)
    await consumer.run()
