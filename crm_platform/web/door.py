"""How a request comes in: it is read in the event loop, and a thread answers it.

A thread of Django's is a scarce thing (each holds a database connection). Therefore none waits for a client: bodies are
read before, within a deadline; answers leave without it. `/livez` needs none at all, and signing in, which is expensive
on purpose, has one of its own.
"""

import asyncio
import json
import resource
from collections import deque
from contextlib import suppress
from functools import cache
from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import close_old_connections, connection
from granian._granian import RSGIProtocolClosed as ProtocolClosed
from granian._granian import RSGIProtocolError as ProtocolError

from crm_platform.web.bodies import FILM_BYTES, KNOWN_BYTES, Body, Refusal, read_body
from crm_platform.web.bridge import answer, environment
from crm_platform.web.lanes import Lane
from tenants.callers import caller_of
from tenants.declarations import every
from tenants.request_id import HEADER, request_id_from

# Requests mostly wait for PostgreSQL; more threads than this only queue for the interpreter's lock.
THREADS: Final = 4
MOST_WAITING: Final = 512
MOST_SIGNING_IN: Final = 16
# The processor is for those who are known, when there is not enough of it.
SIGN_IN_NICENESS: Final = 10
SIGN_IN_PATHS: Final = ("/admin/login", "/admin/password", "/admin/invitation", "/account/")
BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
BUSY: Final = Refusal(503, "OVERLOADED", "Too many requests wait already; try again in a moment.")


@cache
def _large_uploads() -> tuple[str, ...]:
    return tuple(every("large_uploads"))


class Door:
    """granian's RSGI application; one for each process."""

    def __init__(self, django: WSGIHandler) -> None:
        self._django = django
        self._loop: asyncio.AbstractEventLoop = None  # type: ignore[assignment]  # granian brings it

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """The threads start in the process that serves."""
        self._loop = loop
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self._requests = Lane("request", threads=THREADS, most_waiting=MOST_WAITING)
        self._signing_in = Lane("sign-in", threads=1, most_waiting=MOST_SIGNING_IN, niceness=SIGN_IN_NICENESS)
        self._looking_up = Lane("look-up", threads=1, most_waiting=MOST_WAITING)
        # Requests that a thread has answered, and whose coroutines still wait.
        self._answered: deque[asyncio.Future[None]] = deque()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """One request."""
        self._let_go()
        if scope.path == "/livez":
            status = 200 if scope.method in BODILESS else 405
            protocol.response_bytes(status, _json_headers(), b'{"status": "ok"}')
            return
        try:
            await self._answer(scope, protocol)
        except Refusal as refusal:
            _refuse(scope, protocol, refusal)
        except (ProtocolClosed, ProtocolError):
            pass  # the client is gone

    async def _answer(self, scope: Any, protocol: Any) -> None:
        headers = scope.headers
        if "content-length" in headers or "transfer-encoding" in headers:
            most = FILM_BYTES if scope.path.startswith(_large_uploads()) else KNOWN_BYTES
            body = await read_body(
                protocol, headers.get("content-length"), lambda: self._is_known(scope), most=most
            )
            try:
                await self._in_thread(scope, protocol, body)
            finally:
                body.file.close()
        else:
            await self._in_thread(scope, protocol, None)

    async def _in_thread(self, scope: Any, protocol: Any, body: Body | None) -> None:
        done = self._loop.create_future()

        def job() -> None:
            is_answered = False
            try:
                environ = environment(scope, body.file, body.size) if body else environment(scope)
                answer(self._django, protocol, environ, self._loop)
                is_answered = True
            except (ProtocolClosed, ProtocolError):
                pass
            finally:
                if is_answered and body is None:
                    self._answered.append(done)
                else:
                    self._loop.call_soon_threadsafe(_settle, done, None)

        if not self._lane(scope).take(job):
            raise BUSY
        await done

    def _let_go(self) -> None:
        """End the coroutines of requests that were answered since the last one came.

        Nothing hangs on them any more. To wake the loop for each would cost a switch of threads a request.
        """
        while self._answered:
            _settle(self._answered.popleft(), None)

    def _lane(self, scope: Any) -> Lane:
        if scope.path == "/readyz":
            return self._looking_up
        if scope.method not in BODILESS and scope.path.startswith(SIGN_IN_PATHS):
            return self._signing_in
        return self._requests

    async def _is_known(self, scope: Any) -> bool:
        """Whether the credentials that the request shows are good; nobody is asked to wait behind other requests."""
        known = self._loop.create_future()

        def job() -> None:
            found = False
            try:
                found = has_credentials(environment(scope))
            finally:
                self._loop.call_soon_threadsafe(_settle, known, found)

        if not self._looking_up.take(job):
            raise BUSY
        return bool(await known)


def has_credentials(environ: dict[str, Any]) -> bool:
    """Whether a session has signed in, or a key or token is good."""
    request = WSGIRequest(environ)
    try:
        if key := request.COOKIES.get("sessionid"):
            return SESSION_KEY in SessionStore(key)
        return caller_of(request) is not None
    except Exception:  # whatever is wrong with them, they are not good; the request itself says why
        return False
    finally:
        if not connection.in_atomic_block:
            close_old_connections()


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _json_headers() -> list[tuple[str, str]]:
    return [("content-type", "application/json"), ("cache-control", "no-store")]


def _refuse(scope: Any, protocol: Any, refusal: Refusal) -> None:
    """The API's envelope; the connection ends, because its next bytes may be the rest of the body."""
    request_id = request_id_from(scope.headers.get(HEADER.lower()))
    error = {"code": refusal.code, "message": refusal.message, "requestId": request_id}
    headers = [*_json_headers(), ("connection", "close"), (HEADER.lower(), request_id)]
    if refusal is BUSY:
        headers.append(("retry-after", "1"))
    with suppress(ProtocolClosed, ProtocolError):
        protocol.response_bytes(refusal.status, headers, json.dumps({"error": error}).encode())
