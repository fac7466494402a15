"""Progress bars on standard error, so that standard output stays JSON."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# Called with what has been done so far, in all.
Report = Callable[[float], None]


class Reporter:
    """Says on standard error what one benchmark is doing."""

    def __init__(self, benchmark: str) -> None:
        self._benchmark = benchmark
        self._console = Console(stderr=True)

    def note(self, text: str) -> None:
        """A line."""
        self._console.print(f"{self._benchmark}: {text}", highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def bar(self, title: str, total: float) -> Iterator[Report]:
        """A bar for one step; without a terminal a line once it is done."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(f"{self._benchmark}: {title}", total=round(total))

            def report(done: float) -> None:
                progress.update(task, completed=round(done))

            yield report
            progress.update(task, completed=round(total))
