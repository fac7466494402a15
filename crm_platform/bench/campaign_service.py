"""A Messaging service that answers at once and remembers only how much it was given; a process of its own.

`GET /` answers with what was counted. Argument: the port.
"""

import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

_lock = threading.Lock()
_by_tenant: dict[str, int] = {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """Take a batch."""
        body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
        keys = [message["idempotencyKey"] for message in body["messages"]]
        with _lock:
            _by_tenant[body["tenantId"]] = _by_tenant.get(body["tenantId"], 0) + len(keys)
        self._send(
            {"results": [{"idempotencyKey": key, "status": "accepted", "messageId": key} for key in keys]}
        )

    def do_GET(self) -> None:
        """How many messages of each tenant."""
        with _lock:
            self._send(_by_tenant)

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _send(self, answer: Any) -> None:
        content = orjson.dumps(answer)
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    address_family = socket.AF_INET


if __name__ == "__main__":
    _Server(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()
