"""`manage.py consumers`: how far behind each reader of the log is; pause one everywhere, or let it go on."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from events.consumers import ConsumerLag, ensure_positions, lags, pause, resume
from events.consumers.registry import UnknownConsumer, names, registered
from tenants.commands import ProductCommand, counted


class Command(ProductCommand):
    """For operators at a terminal; the page Consumers shows and does the same."""

    help = "Show the consumers of the domain log; `pause NAME` stops one at every club, `resume NAME` lets it go on."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and to whom."""
        parser.add_argument("act", nargs="?", default="list", choices=["list", "pause", "resume"])
        parser.add_argument("name", nargs="?", default="")

    def handle(self, *args: Any, act: str, name: str, **options: Any) -> None:
        """Unknown names are refused."""
        ensure_positions()
        if act == "list":
            for lag in lags():
                self.stdout.write(_line(lag))
            return
        if not name:
            raise CommandError(f"Say which consumer: {', '.join(names())}.")
        try:
            registered(name)
        except UnknownConsumer as unknown:
            known = ", ".join(names())
            raise CommandError(f"There is no consumer {name!r}. Choose one of {known}.") from unknown
        pause(name, paused=act == "pause")
        if act == "resume":
            resume(name)
        self.stdout.write(f"{name} {'is paused' if act == 'pause' else 'goes on'}")


def _line(lag: ConsumerLag) -> str:
    state = (
        "paused" if lag.is_paused else f"stopped at {counted(lag.stopped, 'club')}" if lag.stopped else "on"
    )
    waits = (
        f"{lag.entries:,} wait at {counted(lag.tenants, 'club')}, {lag.seconds:,.0f} s"
        if lag.entries
        else "nothing waits"
    )
    return f"{lag.name:<32} {state:<8} {waits}{f'  {lag.last_error}' if lag.last_error else ''}"
