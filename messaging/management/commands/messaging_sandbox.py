"""`manage.py messaging_sandbox`: the Messaging service for those who have none."""

import asyncio
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bullmq import Queue
from django.conf import settings
from django.core.management.base import BaseCommand

from events.transports.bullmq import connect
from messaging.sandbox.fates import Odds
from messaging.sandbox.publishing import Envelope
from messaging.sandbox.server import Sandbox
from messaging.sandbox_address import sandbox_url


def publish(envelopes: Sequence[Envelope]) -> None:
    """Add a job for each event to the queue of incoming events."""
    asyncio.run(_publish(envelopes))


async def _publish(envelopes: Sequence[Envelope]) -> None:
    client = connect(settings.REDIS_URL, decode=True)
    queue = Queue(settings.CRM_EVENTS_QUEUE, {"connection": client, "prefix": settings.CRM_BULLMQ_PREFIX})
    options = {"removeOnComplete": {"count": 1000}}
    try:
        await queue.addBulk([{"name": one["type"], "data": one, "opts": options} for one in envelopes])
    finally:
        await client.aclose()


class Command(BaseCommand):
    """Serves until a signal."""

    help = "Run the stand-in of the Messaging service: messages, lists, faults, an inbox page, events back."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where it stands, and how lively it is."""
        parser.add_argument("--port", type=int, default=None, help="default: 98 above PORT")
        parser.add_argument("--store", default=None, help="the file of its book; default: in the data folder")
        parser.add_argument(
            "--speed", type=float, default=1.0, help="how much faster than life readers react"
        )
        parser.add_argument("--silent", action="store_true", help="nothing becomes of messages but by hand")

    def handle(
        self, *args: Any, port: int | None, store: str | None, speed: float, silent: bool, **options: Any
    ) -> None:
        """Run."""
        path = Path(store) if store else Path(settings.CRM_KEY_DIR).parent / "messaging-sandbox.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        sandbox = Sandbox(
            port=(urlsplit(sandbox_url()).port or 80) if port is None else port,
            path=str(path),
            odds=None if silent else Odds(speed=speed),
            publish=publish,
        )
        self.stdout.write(f"The stand-in of the Messaging service is at {sandbox.url}")
        try:
            sandbox.serve()
        except KeyboardInterrupt:
            sandbox.server.server_close()
