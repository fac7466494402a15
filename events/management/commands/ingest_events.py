"""Take events from files: backfills, exports of the source services, rejected lines that were repaired."""

import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError
from rich.console import Console

from events.draining import has_worker, pending, wait_until_drained
from events.transports.file_progress import drain_bar, reading_bar
from events.transports.file_reports import RejectFile, rejects_path, summary_text
from events.transports.file_sources import FileSource
from events.transports.files import FileDoor
from tenants.commands import INTERRUPTED, ProductCommand, counted


class Command(ProductCommand):
    """The file door. Running it again goes on where it was stopped: what is stored is a duplicate then."""

    help = "Takes events, one JSON object a line, from files (.gz too; - for standard input) into the inbox."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Files and what to do besides reading them."""
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="only say what would become of the lines")
        parser.add_argument(
            "--rejects", metavar="FILE", help="where rejected lines go (default: FILE.rejects.ndjson)"
        )
        parser.add_argument("--strict", action="store_true", help="exit with 1 when a line was rejected")
        parser.add_argument(
            "--wait", action="store_true", help="return when the inbox of the clubs concerned is worked off"
        )
        parser.add_argument(
            "--process", action="store_true", help="work the inbox off in this process; implies --wait"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, report, wait."""
        door = FileDoor(dry_run=options["dry_run"])
        began = time.monotonic()
        try:
            rejects = _read_all(door, options["files"], options["rejects"])
        except KeyboardInterrupt:
            message = f"Stopped after {door.summary.lines:,} lines; run it again to go on."
            raise CommandError(message, returncode=INTERRUPTED) from None
        except (OSError, EOFError, DatabaseError) as error:
            raise CommandError(_stopped_by(error, door.summary.lines)) from error
        seconds = time.monotonic() - began
        self.stdout.write(summary_text(door.summary, seconds=seconds, dry_run=options["dry_run"]))
        for file in rejects:
            self.stdout.write(f"{counted(file.count, 'rejected line')} with the reason: {file.path}")
        if (options["wait"] or options["process"]) and not options["dry_run"]:
            self._wait(door, in_this_process=options["process"])
        if options["strict"] and rejects:
            sys.exit(1)

    def _wait(self, door: FileDoor, *, in_this_process: bool) -> None:
        if not in_this_process and not has_worker():
            self.stderr.write("No Celery worker answers: working the inbox off here.")
            in_this_process = True
        tenants = door.summary.tenants
        began, total = time.monotonic(), pending(tenants)
        with drain_bar(Console(stderr=True), total) as on_progress:
            wait_until_drained(tenants, in_this_process=in_this_process, on_progress=on_progress)
        seconds = time.monotonic() - began
        self.stdout.write(f"{counted(total, 'event')} worked off in {seconds:.1f} s")


def _stopped_by(error: Exception, lines: int) -> str:
    """Why reading ended early, and whether anything was taken before."""
    why = str(error)
    if isinstance(error, OSError) and error.strerror:
        why = f"{error.filename} cannot be read: {error.strerror}." if error.filename else error.strerror
    return f"After {counted(lines, 'line')}: {why}" if lines else why


def _read_all(door: FileDoor, names: list[str], rejects_name: str | None) -> list[RejectFile]:
    """Read all files; returns the files of rejected lines that were written."""
    sources = [FileSource(name) for name in names]
    shared = RejectFile(Path(rejects_name)) if rejects_name else None
    files: list[RejectFile] = []
    with ExitStack() as stack:
        on_batch = stack.enter_context(reading_bar(Console(stderr=True), sources, door.summary))
        for source in sources:
            rejects = shared or RejectFile(rejects_path(source.name))
            stack.callback(rejects.close)
            if rejects not in files:
                files.append(rejects)
            with source.opened() as stream:
                door.take(stream, on_reject=rejects.write, on_batch=on_batch)
    return [file for file in files if file.count]
