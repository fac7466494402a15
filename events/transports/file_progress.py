"""Progress of the file door on a terminal: how far, how fast, how long still."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from events.transports.file_sources import FileSource
from events.transports.files import Summary


@contextmanager
def reading_bar(
    console: Console, sources: Sequence[FileSource], summary: Summary
) -> Iterator[Callable[[], None]]:
    """A bar over the bytes of all sources; call what it gives after each batch."""
    sizes = [source.size for source in sources]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    began = time.monotonic()
    with _bar(console) as progress:
        task = progress.add_task("reading", total=total, note="")

        def update() -> None:
            rate = summary.lines / max(time.monotonic() - began, 0.001)
            note = f"{summary.lines:,} lines, {rate:,.0f}/s, {summary.rejected.total():,} rejected"
            progress.update(task, completed=sum(source.position for source in sources), note=note)

        yield update


@contextmanager
def drain_bar(console: Console, total: int) -> Iterator[Callable[[int], None]]:
    """A bar over the events that wait; call what it gives with how many still do."""
    began = time.monotonic()
    with _bar(console) as progress:
        task = progress.add_task("processing", total=total, note="")

        def update(left: int) -> None:
            done = max(total - left, 0)
            rate = done / max(time.monotonic() - began, 0.001)
            progress.update(task, completed=done, note=f"{left:,} left, {rate:,.0f}/s")

        yield update


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        console=console,
    )
