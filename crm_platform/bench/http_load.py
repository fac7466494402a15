"""A closed loop of HTTP/1.1 requests over keep-alive connections, at little cost to the server beside it.

One event loop on libuv; requests are concatenated bytes, answers are searched for their length and nothing more. Each
status is checked, and every CHECK_EVERYth body by the caller's own rule.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, cast

import uvloop

from crm_platform.bench.figures import BenchError, percentile

CHECK_EVERY: Final = 50
HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = b"\r\ncontent-length:"
OK: Final = b"HTTP/1.1 200"
SHOWN_BYTES: Final = 300

# Given the path and the body of an answer; raises BenchError when it is the wrong one.
Check = Callable[[bytes, bytes], None]


@dataclass(slots=True)
class Load:
    """What one measurement found."""

    latencies: list[float] = field(default_factory=list)  # seconds
    seconds: float = 0.0
    client_share: float = 0.0  # of one processor, used up by this client

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    @property
    def p99_ms(self) -> float:
        """The latency that 99 of 100 requests kept."""
        return percentile(self.latencies, 0.99) * 1000


@dataclass(frozen=True, slots=True)
class Site:
    """A web server on loopback, and the headers that go with each request."""

    port: int
    headers: dict[str, str]

    @property
    def tail(self) -> bytes:
        """What follows the path of a GET request."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f" HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{lines}\r\n".encode()


def closed_loop(
    site: Site, paths: Iterator[bytes], *, connections: int, seconds: float, check: Check
) -> Load:
    """Keep so many connections busy for so long; raises BenchError for an answer other than 200."""
    gc.collect()
    gc.disable()
    try:
        return uvloop.run(_run(site, paths, connections, seconds, check))
    finally:
        gc.enable()


async def _run(site: Site, paths: Iterator[bytes], connections: int, seconds: float, check: Check) -> Load:
    loop = asyncio.get_running_loop()
    load = Load()
    began, used = time.perf_counter(), time.process_time()
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: _Client(site.tail, paths, load, began + seconds, check), "127.0.0.1", site.port
        )
        clients.append(client)
    await asyncio.gather(*(client.ended for client in clients))
    load.seconds = time.perf_counter() - began
    load.client_share = (time.process_time() - used) / load.seconds
    return load


class _Client(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(
        self, tail: bytes, paths: Iterator[bytes], load: Load, deadline: float, check: Check
    ) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tail = tail
        self._paths = paths
        self._load = load
        self._deadline = deadline
        self._check = check
        self._sent_at = 0.0
        self._path = b""
        self._wanted = 0  # bytes of the answer; 0: not known yet
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Only we may end it."""
        if not self.ended.done():
            self.ended.set_exception(BenchError(f"The server closed a connection: {exc}"))

    def data_received(self, data: bytes) -> None:
        """Count an answer once all of it is there, and go on."""
        self._answer = self._answer + data if self._answer else data
        if not self._wanted:
            self._wanted = length_of(self._answer)
        if not self._wanted or len(self._answer) < self._wanted:
            return
        now = time.perf_counter()
        self._load.latencies.append(now - self._sent_at)
        try:
            self._look()
        except BenchError as error:
            self._end(error)
            return
        if now < self._deadline:
            self._send()
        else:
            self._end(None)

    def _send(self) -> None:
        self._path = next(self._paths)
        self._answer, self._wanted = b"", 0
        self._sent_at = time.perf_counter()
        self._transport.write(b"GET " + self._path + self._tail)

    def _look(self) -> None:
        if not self._answer.startswith(OK):
            shown = self._answer[:SHOWN_BYTES].decode(errors="replace")
            raise BenchError(f"GET {self._path.decode()} was answered with: {shown}")
        if len(self._load.latencies) % CHECK_EVERY == 1:
            self._check(self._path, self._answer[self._answer.index(HEAD_END) + len(HEAD_END) :])

    def _end(self, error: BenchError | None) -> None:
        if not self.ended.done():
            if error is None:
                self.ended.set_result(None)
            else:
                self.ended.set_exception(error)
        self._transport.close()


def length_of(answer: bytes) -> int:
    """Bytes of head and body together; 0 while the head is incomplete. Raises BenchError without a length."""
    end = answer.find(HEAD_END)
    if end < 0:
        return 0
    head = answer[: end + 2].lower()
    start = head.find(LENGTH)
    if start < 0:
        raise BenchError("An answer does not say its length.")
    start += len(LENGTH)
    return end + len(HEAD_END) + int(head[start : head.index(b"\r\n", start)])
