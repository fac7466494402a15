"""Read the queue of incoming events until told to stop."""

import asyncio
import signal
from argparse import ArgumentParser
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand

from events.transports.bullmq import EventsQueue
from events.transports.consuming import Pace, QueueConsumer


class Command(BaseCommand):
    """A BullMQ worker; any number of them may run."""

    help = "Takes jobs from the BullMQ queue CRM_EVENTS_QUEUE into the inbox, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options for unusual loads."""
        defaults = Pace()
        parser.add_argument(
            "--batch", type=int, default=defaults.batch_jobs, metavar="JOBS", help="most jobs taken at once"
        )
        parser.add_argument(
            "--lock-seconds",
            type=float,
            default=defaults.lock_seconds,
            help="after so long BullMQ gives the jobs of a consumer that died to another one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the consumer in an event loop of its own."""
        pace = Pace(batch_jobs=options["batch"], lock_seconds=options["lock_seconds"])
        uvloop.run(consume(pace))


async def consume(pace: Pace) -> None:
    """Consume with clean ends on SIGTERM and SIGINT."""
    queue = EventsQueue(
        settings.REDIS_URL,
        settings.CRM_EVENTS_QUEUE,
        prefix=settings.CRM_BULLMQ_PREFIX,
        lock_seconds=pace.lock_seconds,
        stalled_seconds=pace.stalled_seconds,
    )
    consumer = QueueConsumer(queue, settings.CRM_EVENTS_QUEUE, pace)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, consumer.stop)
    await consumer.run()
