"""A receiver of webhooks as a developer would build it on the official library, in a thread of the test."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True)
class Reply:
    """What the receiver answers."""

    status: int = 204
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What came in: the verified payload is None where the signature does not fit."""

    path: str
    headers: dict[str, str]
    body: bytes
    payload: Any


class Receiver:
    """Collects requests and answers by `reply`, a function of the request."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.secret = ""
        self.reply: Callable[[Request], Reply] = lambda request: Reply()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks?from=crm"

    @property
    def ids(self) -> list[str]:
        """The ids of all requests, in the order of arrival."""
        return [request.headers["webhook-id"] for request in self.requests]

    @property
    def payloads(self) -> list[Any]:
        """The verified envelopes."""
        return [request.payload for request in self.requests]

    def answer(self, *replies: Reply) -> None:
        """Answer with these in turn, and then with the last one for ever."""
        rest = list(replies)
        self.reply = lambda request: rest.pop(0) if len(rest) > 1 else rest[0]

    def _verified(self, headers: dict[str, str], body: bytes) -> Any:
        try:
            return Webhook(self.secret).verify(body, headers) if self.secret else None
        except WebhookVerificationError:
            return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers["content-length"]))
                if len(body) < int(headers["content-length"]):
                    return  # the sender died in the middle of it
                request = Request(self.path, headers, body, receiver._verified(headers, body))
                receiver.requests.append(request)
                with suppress(ConnectionError):  # the sender may have given up, or be dead
                    self._reply(receiver.reply(request))

            def _reply(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: Any) -> None:
                """Nothing on the test's output."""

        return Handler


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    receiver = Receiver()
    if tls is not None:
        receiver.server.socket = tls.wrap_socket(receiver.server.socket, server_side=True)
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()
