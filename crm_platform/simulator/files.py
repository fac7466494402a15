"""The files of a world: the history of each club as NDJSON and the truth about its people."""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import orjson

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.truth import as_line, truth_of
from crm_platform.simulator.world import World, history

# The level at which writing takes no longer than thinking the events up.
COMPRESSION: Final = 5


def history_path(folder: Path, slug: str) -> Path:
    """Where a club's history stands."""
    return folder / f"history-{slug}.ndjson.gz"


def truth_path(folder: Path, slug: str) -> Path:
    """Where the truth about a club's people stands."""
    return folder / f"truth-{slug}.jsonl"


def write_history(world: World, slug: str, folder: Path) -> int:
    """Write a club's history; returns the number of events."""
    return write_events(history(world, (slug,)), history_path(folder, slug))


def write_events(events: Iterable[Event], path: Path) -> int:
    """Write events, one a line; returns how many there are."""
    with _packed(path) as packed:
        count = 0
        for event in events:
            packed.write(orjson.dumps(event) + b"\n")
            count += 1
    return count


@contextmanager
def _packed(path: Path) -> Iterator[gzip.GzipFile]:
    """A compressed file that appears only when it is complete."""
    part = path.with_name(f"{path.name}.part")
    # Neither name nor time in the header: the same events give the same file.
    with part.open("wb") as raw, gzip.GzipFile("", "wb", COMPRESSION, raw, mtime=0) as packed:
        yield packed
    part.replace(path)


def write_truth(world: World, slug: str, folder: Path) -> int:
    """Write the truth about a club's people; returns how many there are."""
    lines = [as_line(person) for person in truth_of(world.town(slug))]
    truth_path(folder, slug).write_bytes(b"".join(lines))
    return len(lines)
