"""The server: the contract under /v1, the stand-in's own routes under /sandbox, the inbox page at /."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson

from messaging.sandbox import contract, control
from messaging.sandbox.book import Book
from messaging.sandbox.fates import Odds
from messaging.sandbox.faults import GARBLED, Fault, FaultPlan
from messaging.sandbox.publishing import Publish, Publisher

LONGEST_EFFECT: Final = 200


class Sandbox:
    """The stand-in with its book, its faults and its address.

    `odds` None: nothing becomes of messages but by hand. `publish` is given the events; None: they stay in the book.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        path: str = ":memory:",
        odds: Odds | None = None,
        publish: Publish | None = None,
    ) -> None:
        self.book, self.faults, self.odds = Book(path), FaultPlan(), odds
        handler = type("SandboxHandler", (_Handler,), {"sandbox": self})
        self.server = _Server((host, port), handler)
        self.url = f"http://{host}:{self.server.server_address[1]}"
        self._publisher = Publisher(self.book, publish) if publish else None

    def serve(self) -> None:
        """Serve and publish until stopped."""
        if self._publisher:
            self._publisher.start()
        self.server.serve_forever(poll_interval=0.1)

    def start(self) -> "Sandbox":
        """Serve from a thread."""
        Thread(target=self.serve, daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop serving and close the book."""
        if self._publisher:
            self._publisher.stop()
        self.server.shutdown()
        self.server.server_close()
        self.book.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    sandbox: Sandbox
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together

    def log_message(self, *args: Any) -> None:
        """Calls are in the book."""

    def _work(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = self.sandbox.faults.strike(address.path, raw) if address.path.startswith("/v1/") else None
        if fault and self._is_struck_before(fault, address.path):
            return
        status, answer, kind = self._answer(address.path, query, raw)
        if address.path.startswith("/v1/"):
            effect = orjson.dumps(answer).decode()[:LONGEST_EFFECT]
            self.sandbox.book.note_call(
                self.command, address.path, status, effect, fault.kind if fault else ""
            )
        if fault and fault.kind == "late":
            time.sleep(fault.seconds)
        if fault and fault.kind in GARBLED and isinstance(answer, dict):
            answer = {
                name: GARBLED[fault.kind](rows) if isinstance(rows, list) else rows
                for name, rows in answer.items()
            }
        if fault and fault.kind == "cut_after":
            self.close_connection = True
            self.connection.close()
            return
        self._send(status, answer, kind)

    do_GET = do_POST = do_PUT = do_DELETE = _work  # noqa: N815 - as the library calls them

    def _is_struck_before(self, fault: Fault, path: str) -> bool:
        if fault.seconds and fault.kind != "late":
            time.sleep(fault.seconds)
        if fault.kind not in ("status", "cut_before"):
            return False
        status = fault.status if fault.kind == "status" else 0
        self.sandbox.book.note_call(self.command, path, status, "", fault.kind)
        if fault.kind == "cut_before":
            self.close_connection = True
            self.connection.close()
            return True
        headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
        self._send(
            status, {"error": {"code": "FAULT", "message": "By the fault plan."}}, "application/json", headers
        )
        return True

    def _answer(self, path: str, query: dict[str, str], raw: bytes) -> tuple[int, Any, str]:
        sandbox = self.sandbox
        try:
            body = orjson.loads(raw) if raw else None
            if path.startswith("/v1/"):
                method = self.command
                return (
                    *contract.answer(sandbox.book, sandbox.odds, method, path[4:], query, body),
                    "application/json",
                )
            if path.rstrip("/").startswith("/sandbox"):
                rest = path.removeprefix("/sandbox").strip("/")
                return (
                    *control.answer(sandbox.book, sandbox.faults, self.command, rest, body),
                    "application/json",
                )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return (*contract.refuse(400, "INVALID", f"{type(error).__name__}: {error}"), "application/json")
        page = control.page(sandbox.book, path, query)
        return (200, page, "text/html") if page else (*contract.NOT_FOUND, "application/json")

    def _send(self, status: int, answer: Any, kind: str, headers: dict[str, str] | None = None) -> None:
        content = answer.encode() if isinstance(answer, str) else orjson.dumps(answer)
        self.send_response(status)
        self.send_header("content-type", f"{kind}; charset=utf-8")
        self.send_header("content-length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(content)
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # the caller gave up waiting
