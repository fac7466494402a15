"""`manage.py bench`: how fast the product is here, on a database made for it."""

import json
import signal
import subprocess
import sys
from argparse import ArgumentParser
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from crm_platform import env
from crm_platform.bench.figures import BenchError, Figure, as_json, as_table
from crm_platform.bench.place import Place, bench_environment, bench_place
from crm_platform.bench.sizes import DEFAULTS, GROUPS, NAMES
from crm_platform.embedded import ServerError
from crm_platform.embedded.process import launch_command

ALL = "all"
CHOICES = (*NAMES, *GROUPS, ALL)
INTERRUPTED = 130
TABLE_WIDTH = 150
# A session stops its programs, one after the other.
PATIENCE_SECONDS = 60.0


class Command(BaseCommand):
    """Runs each benchmark in a process of its own over a new database, which is dropped in the end."""

    help = "Measure the product's hot paths, each against a baseline of the same run."
    # The servers may have to be started first.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Sizes default to those of docs/benchmarks.md."""
        parser.add_argument("benchmarks", nargs="+", choices=CHOICES, metavar=f"{{{','.join(CHOICES)}}}")
        parser.add_argument(
            "--json", action="store_true", help="one JSON list on standard output instead of a table"
        )
        parser.add_argument(
            "--quick", action="store_true", help="a fiftieth of everything, to see whether it works"
        )
        parser.add_argument(
            "--part",
            action="append",
            default=[],
            metavar="NAME",
            help="of one benchmark only this part, and further ones",
        )
        parser.add_argument("--events", type=_count, metavar="N", help="ingest, bullmq: events")
        parser.add_argument("--people", type=_count, metavar="N", help="known people (lookup: profiles)")
        parser.add_argument("--activities", type=_count, metavar="N", help="timeline: activities")
        parser.add_argument(
            "--connections", type=_count, metavar="N", help="lookup, timeline: HTTP connections"
        )
        parser.add_argument(
            "--seconds", type=_positive, metavar="S", help="length of each measurement under load"
        )
        parser.add_argument("--rate", type=_count, metavar="N", help="freshness: events a second")
        parser.add_argument(
            "--rounds", type=_count, metavar="N", help="lookup, timeline: rounds of bare and product"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, then print, also when stopped; exits with 1 when something could not be measured."""
        chosen = [name for one in options["benchmarks"] for name in GROUPS.get(one, (one,))]
        names = NAMES if ALL in chosen else tuple(dict.fromkeys(chosen))
        if options["part"] and len(names) > 1:
            raise CommandError("Parts are of one benchmark: name one only.")
        signal.signal(signal.SIGTERM, _interrupt)
        figures: list[Figure] = []
        failed: list[str] = []
        try:
            with bench_place() as place:
                failed += [name for name in names if not _measure(place, name, options, figures)]
        except KeyboardInterrupt:
            if figures:
                self._print(figures, as_list=options["json"])
            raise CommandError("Stopped; what was made for it is gone.", returncode=INTERRUPTED) from None
        except (BenchError, ServerError) as error:
            raise CommandError(str(error)) from None
        self._print(figures, as_list=options["json"])
        if failed:
            raise CommandError(
                f"Not measured, or not to the end: {', '.join(failed)}. The reasons stand above."
            )

    def _print(self, figures: list[Figure], *, as_list: bool) -> None:
        if as_list:
            self.stdout.write(json.dumps(as_json(figures), indent=1))
        else:
            # Cut to eighty columns when it goes into a file, it would tell nothing.
            width = None if self.stdout.isatty() else TABLE_WIDTH
            Console(width=width).print(as_table(figures))


def _measure(place: Place, name: str, options: dict[str, Any], figures: list[Figure]) -> bool:
    """Add the figures of one benchmark as they come; False when its process failed, which then has said why."""
    sizes = DEFAULTS[name].quick() if options["quick"] else DEFAULTS[name]
    sizes = sizes.changed(**{key: options[key] for key in sizes.as_options()})
    session = [sys.executable, "-m", "crm_platform.bench.session"]
    command = [*session, name, json.dumps(sizes.as_options()), *options["part"]]
    with bench_environment(place, name) as environment:
        process = subprocess.Popen(
            launch_command(command, death_signal=signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            # Ctrl-C reaches only this process, which then stops the session in good order.
            start_new_session=True,
            cwd=env.PROJECT_DIR,
            env=environment,
        )
        with process:
            try:
                _read(process, figures)
                process.wait()
            finally:
                _stop(process)
                _read(process, figures)
    return process.returncode == 0


def _read(process: "subprocess.Popen[bytes]", figures: list[Figure]) -> None:
    """Add what the session says, to its end."""
    for line in process.stdout or ():
        figures.append(Figure(**json.loads(line)))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Let the session stop its programs, so that nobody uses the database any more."""
    if process.poll() is not None:
        return
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE_SECONDS)
    process.kill()
    process.wait()


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # nothing may interrupt the stopping itself
    raise KeyboardInterrupt


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise ValueError
    return value
