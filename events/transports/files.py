"""The file door: events as lines of JSON, by the million.

While PostgreSQL stores one batch, the next one is read and checked. Running a file again is harmless and
quick: once a batch turns out to be known, the following ones are looked up first and only what is new is
stored.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events.admission import tenant_of
from events.dead_letters import keep_reused
from events.envelope import Received, parse_line
from events.inbox import Accepted, accept
from events.json_text import LARGEST_EVENT_BYTES, check_size
from events.known_events import EventKey, key_of, known_events
from events.models import Door
from events.refusals import EnvelopeRefused

BATCH_LINES: Final = 4000
# Room for the line's end; what is longer is refused without being read into memory.
LONGEST_LINE_BYTES: Final = LARGEST_EVENT_BYTES + 2


class ByteStream(Protocol):
    """What can be read by lines: an open file, plain or compressed."""

    def readline(self, size: int, /) -> bytes:
        """Up to and with the next line feed, or so many bytes."""


class Line(NamedTuple):
    """A line of a file: counted from 1, its text (cut if too long), its whole size in bytes."""

    number: int
    text: bytes
    size: int


class Reject(NamedTuple):
    """A line that is no event that can be taken."""

    line: int
    code: str
    message: str
    text: str


@dataclass(slots=True)
class Summary:
    """What became of the lines so far. In a dry run: what would become of them."""

    lines: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    tenants: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """Lines after the checks; blank ones are neither."""

    lines: int
    events: list[tuple[UUID, Received]]
    rejects: list[Reject]


# Stores events or only looks; returns how many were new.
Store = Callable[[Sequence[tuple[UUID, Received]]], Accepted]


def read_lines(stream: ByteStream) -> Iterator[Line]:
    """The lines of a stream without their ends; never more than one of them, cut, in memory."""
    number = 0
    while text := stream.readline(LONGEST_LINE_BYTES):
        number += 1
        size = len(text)
        is_cut = size == LONGEST_LINE_BYTES and not text.endswith(b"\n")
        while is_cut and (rest := stream.readline(LONGEST_LINE_BYTES)):
            size += len(rest)
            is_cut = not rest.endswith(b"\n")
        yield Line(number, text.rstrip(b"\r\n"), size)


def check_lines(lines: Iterable[Line], now: datetime) -> CheckedBatch:
    """Check lines one by one, and find out whose events they are."""
    events: list[tuple[UUID, Received]] = []
    rejects: list[Reject] = []
    count = 0
    for line in lines:
        count += 1
        try:
            if line.size >= LONGEST_LINE_BYTES:
                check_size(line.size)
            received = parse_line(line.text, now=now)
            events.append((tenant_of(received.envelope), received))
        except EnvelopeRefused as refused:
            if line.text and not line.text.isspace():
                text = line.text.decode(errors="backslashreplace")
                rejects.append(Reject(line.number, refused.code.value, refused.message, text))
    return CheckedBatch(count, events, rejects)


class FileDoor:
    """Takes the events of one or more files; counts go on from file to file."""

    def __init__(self, *, dry_run: bool, batch_lines: int = BATCH_LINES) -> None:
        self.summary = Summary()
        self._store: Store = DryStore() if dry_run else InboxStore()
        self._batch_lines = batch_lines

    def take(
        self, stream: ByteStream, *, on_reject: Callable[[Reject], None], on_batch: Callable[[], None]
    ) -> None:
        """Read a stream to its end. Batches that were stored stay stored when one fails."""
        lines = read_lines(stream)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbox") as thread:
            storing: Future[Accepted] | None = None
            try:
                while batch := list(islice(lines, self._batch_lines)):
                    checked = check_lines(batch, timezone.now())
                    self._count_stored(storing)
                    self._count_checked(checked)
                    storing = thread.submit(self._store, checked.events)
                    for reject in checked.rejects:
                        on_reject(reject)
                    on_batch()
                self._count_stored(storing)
                on_batch()
            finally:
                thread.submit(_close_connection).result()

    def _count_checked(self, checked: CheckedBatch) -> None:
        self.summary.lines += checked.lines
        self.summary.rejected.update(reject.code for reject in checked.rejects)
        self.summary.tenants.update(tenant_id for tenant_id, _ in checked.events)

    def _count_stored(self, storing: Future[Accepted] | None) -> None:
        """Wait for the batch that is being stored."""
        if storing is not None:
            stored = storing.result()
            self.summary.accepted += stored.accepted
            self.summary.duplicates += stored.duplicates


class InboxStore:
    """Stores events; looks them up first where the last batch was known for the greater part."""

    def __init__(self) -> None:
        self._expects_known = False

    def __call__(self, events: Sequence[tuple[UUID, Received]]) -> Accepted:
        """Store a batch."""
        fresh = events
        if self._expects_known:
            known = known_events(key_of(*event) for event in events)
            fresh = [event for event in events if key_of(*event) not in known]
        with transaction.atomic():
            stored = accept(fresh, door=Door.FILE)
            keep_reused(Door.FILE, (fresh[place] for place in stored.reused))
        new = stored.accepted
        self._expects_known = 2 * new < len(events)
        return Accepted(new, len(events) - new)


class DryStore:
    """Only looks. Remembers what it has seen, as a hash of eight bytes an event."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def __call__(self, events: Sequence[tuple[UUID, Received]]) -> Accepted:
        """Tell how many would be new."""
        keys: list[EventKey] = [key_of(*event) for event in events]
        known = known_events(keys)
        seen_before = len(self._seen)
        self._seen.update(hash(key) for key in keys if key not in known)
        new = len(self._seen) - seen_before
        return Accepted(new, len(events) - new)


def _close_connection() -> None:
    # The connection of the thread that calls this.
    connection.close()
