"""A job as the queue delivers it, read without trusting anything that its sender wrote."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from events.bullmq_jobs import COUNTED_ID

# Milliseconds since 1970 until the year 5138; Python refuses to read more than 4,300 digits at all.
LONGEST_TIMESTAMP_DIGITS: Final = 14


class QueuedJob(NamedTuple):
    """A job as the queue delivers it; `data` is JSON text as the sender wrote it, None when there is none."""

    key: bytes  # Its id as Redis has it.
    name: str
    data: bytes | None
    timestamp_ms: int | None
    options: Mapping[str, Any]
    fault: str = ""  # Why the job cannot be taken in, whatever its data say.
    scheduler: str = ""  # Whose iteration it is, of BullMQ's job schedulers.

    @property
    def id(self) -> str:
        """The id as text."""
        return self.key.decode(errors="backslashreplace")

    @property
    def durable_id(self) -> str:
        """An id that no other job gets, even after BullMQ has started to count anew."""
        if not COUNTED_ID.fullmatch(self.id):
            return self.id
        return f"bullmq:{self.id}" if self.timestamp_ms is None else f"bullmq:{self.id}:{self.timestamp_ms}"

    @property
    def due_ms(self) -> int | None:
        """What an event without a time of its own is dated: when a delayed job was due, else when it was added."""
        delay = self.options.get("delay")
        if self.timestamp_ms is None or not isinstance(delay, int) or delay <= 0:
            return self.timestamp_ms
        # One that was promoted runs before its time.
        return max(self.timestamp_ms, min(self.timestamp_ms + delay, now_ms()))


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def fields_of(answer: Sequence[Any]) -> dict[bytes, bytes]:
    """The fields of the job's hash, from an answer of `moveToActive`."""
    flat = iter(answer[0])
    return dict(zip(flat, flat, strict=True))


def read_job(answer: Sequence[Any]) -> QueuedJob:
    """A job from an answer of `moveToActive`; never raises for what the sender wrote."""
    fields = fields_of(answer)
    timestamp = fields.get(b"timestamp", b"")
    has_time = timestamp.isdigit() and len(timestamp) <= LONGEST_TIMESTAMP_DIGITS
    options = _options(fields.get(b"opts", b"{}"))
    fault = ""
    if options is None:
        fault = "The job's options cannot be read; they must be a JSON object."
    elif timestamp.isdigit() and not has_time:
        fault = "The job's timestamp is no time; it must be milliseconds since 1970."
    return QueuedJob(
        key=answer[1],
        name=fields.get(b"name", b"").decode(errors="backslashreplace"),
        data=fields.get(b"data"),
        timestamp_ms=int(timestamp) if has_time else None,
        options=options or {},
        fault=fault,
        scheduler=fields.get(b"rjk", b"").decode(errors="backslashreplace"),
    )


def is_object(text: bytes) -> bool:
    """Whether it is the JSON text of an object."""
    return _options(text) is not None


def _options(text: bytes) -> dict[str, Any] | None:
    try:
        options = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return options if isinstance(options, dict) else None


def wanted_kept(options: Mapping[str, Any], option: str, *, otherwise: int) -> dict[str, int]:
    """What the sender wants to be kept of finished jobs; our own limit where that says nothing."""
    wanted = options.get(option)
    if isinstance(wanted, bool):
        return {"count": 0 if wanted else -1}
    if isinstance(wanted, int):
        return {"count": wanted}
    limits = wanted.items() if isinstance(wanted, dict) else ()
    return {name: limit for name, limit in limits if isinstance(limit, int)} or {"count": otherwise}
