"""From a request of granian's to a WSGI environment, and from Django's answer back."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

# How long a reader of a streamed answer may take for one chunk before the thread turns to somebody else.
CHUNK_PATIENCE_SECONDS = 30.0
FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
FORWARDED_PROTO = "HTTP_X_FORWARDED_PROTO"


def environment(scope: Any, body: IO[bytes] | None = None, size: int = 0) -> dict[str, Any]:
    """The WSGI environment of a request whose body was read."""
    host, _, port = scope.server.rpartition(":")
    found: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body or BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    _add_headers(found, scope)
    # As it was read, whatever was announced; a body in chunks gets its length here.
    found.pop("HTTP_TRANSFER_ENCODING", None)
    found["CONTENT_LENGTH"] = str(size) if size or "CONTENT_LENGTH" in found else ""
    if settings.CRM_PROXIES:
        _believe_proxies(found)
    return found


def _add_headers(found: dict[str, Any], scope: Any) -> None:
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # it would pass for the header with a dash
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        found[key] = f"{found[key]},{value}" if key in found else value
    if scope.authority:
        found.setdefault("HTTP_HOST", scope.authority)


def _believe_proxies(found: dict[str, Any]) -> None:
    """Each of our proxies adds the address that called it, on the right; what stands left of those is hearsay."""
    addresses = [part.strip() for part in found.get(FORWARDED_FOR, "").split(",") if part.strip()]
    if len(addresses) >= settings.CRM_PROXIES:
        found["REMOTE_ADDR"] = addresses[-settings.CRM_PROXIES]
    if found.get(FORWARDED_PROTO) in ("http", "https"):
        found["wsgi.url_scheme"] = found[FORWARDED_PROTO]


def answer(
    django: WSGIHandler, protocol: Any, environ: dict[str, Any], loop: asyncio.AbstractEventLoop
) -> None:
    """Let Django answer in this thread."""
    head: list[Any] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], failure: Any = None
    ) -> Callable[..., None]:
        head[:] = [int(status[:3]), [(name.lower(), value) for name, value in headers]]
        return lambda data: None

    result: Any = django(environ, start_response)
    try:
        if getattr(result, "streaming", False):
            _stream(protocol.response_stream(*head), result, loop)
        else:
            protocol.response_bytes(*head, b"".join(result))
    finally:
        result.close()


async def _send(transport: Any, chunk: bytes) -> None:
    """Wait for granian's own kind of future, which is no coroutine."""
    await transport.send_bytes(chunk)


def _stream(transport: Any, chunks: Iterable[bytes], loop: asyncio.AbstractEventLoop) -> None:
    """Send piece by piece; who does not take a piece in time gets no more."""
    for chunk in chunks:
        sent = asyncio.run_coroutine_threadsafe(_send(transport, bytes(chunk)), loop)
        try:
            sent.result(CHUNK_PATIENCE_SECONDS)
        except TimeoutError:
            sent.cancel()
            return
