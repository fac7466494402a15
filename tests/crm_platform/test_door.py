"""The door between granian's event loop and the threads that answer."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from django.core.handlers.wsgi import WSGIHandler

from crm_platform.web.door import Door
from tests.patience import PATIENCE_SECONDS


@dataclass
class Scope:
    """A request as granian tells it: anonymous, without a body."""

    path: str = "/api/v1/customers"
    method: str = "GET"
    query_string: str = ""
    scheme: str = "http"
    server: str = "127.0.0.1:8000"
    client: str = "127.0.0.1:50000"
    authority: str | None = None
    headers: dict[str, str] = field(default_factory=lambda: {"host": "localhost"})


@dataclass
class Protocol:
    """Granian's side of the request: takes the answer, in whatever thread."""

    loop: asyncio.AbstractEventLoop
    fails: bool = False

    def __post_init__(self) -> None:
        self.status: asyncio.Future[int] = self.loop.create_future()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Take the answer, or fail as a closed connection does."""
        self.loop.call_soon_threadsafe(self.status.set_result, status)
        if self.fails:
            raise RuntimeError("the answer cannot be sent")


def a_door() -> Door:
    door = Door(WSGIHandler())
    door.__rsgi_init__(asyncio.get_running_loop())
    return door


async def asked(door: Door, *, fails: bool = False) -> tuple["asyncio.Task[None]", int]:
    """The coroutine of a request whose answer was sent, and its status."""
    protocol = Protocol(asyncio.get_running_loop(), fails)
    scope: Any = Scope()
    task = asyncio.create_task(door.__rsgi__(scope, protocol))
    return task, await asyncio.wait_for(protocol.status, PATIENCE_SECONDS)


def test_what_was_answered_is_let_go_with_a_later_request() -> None:
    async def play() -> None:
        door = a_door()
        first, status = await asked(door)
        assert status == 401
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not first.done():
                await asked(door)

    asyncio.run(play())


def test_a_request_that_ends_without_an_answer_is_let_go_at_once() -> None:
    async def play() -> None:
        door = a_door()
        task, _ = await asked(door, fails=True)
        await asyncio.wait_for(task, PATIENCE_SECONDS)

    asyncio.run(play())
