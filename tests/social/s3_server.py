"""A small service that speaks S3 over HTTP: it checks every signature by the published rules, and addresses that end.

Written from Amazon's description of Signature Version 4, with nothing of the platform.
"""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

KEY_ID, KEY, REGION, BUCKET = "club-key", "club-secret", "eu-test-1", "club-media"


@dataclass
class Service:
    """What it holds, and how it fares."""

    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    calls: list[tuple[str, str, int]] = field(default_factory=list)
    failing: int = 0
    ahead: timedelta = timedelta(0)
    url: str = ""


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _expected(
    method: str,
    path: str,
    query: list[tuple[str, str]],
    headers: list[tuple[str, str]],
    *,
    payload: str,
    stamp: str,
    scope: str,
) -> str:
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query)
    lines = [method, path, "&".join(f"{name}={value}" for name, value in pairs)]
    lines += [f"{name}:{value.strip()}" for name, value in headers]
    lines += ["", ";".join(name for name, _ in headers), payload]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    day, region, service, end = scope.split("/")
    key = _hmac(_hmac(_hmac(_hmac(f"AWS4{KEY}".encode(), day), region), service), end)
    return hmac.new(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}".encode(), hashlib.sha256).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, content, kind = self._answer(body)
        self.service.calls.append((self.command, urlsplit(self.path).path, status))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that the base class looks for

    def _answer(self, body: bytes) -> tuple[int, bytes, str]:
        if self.service.failing:
            self.service.failing -= 1
            return 503, b"<Error><Code>SlowDown</Code></Error>", "application/xml"
        parts = urlsplit(self.path)
        if not self._is_signed(parts.path, parse_qsl(parts.query, keep_blank_values=True), body):
            return 403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>", "application/xml"
        bucket, _, key = parts.path.lstrip("/").partition("/")
        if bucket != BUCKET:
            return 404, b"<Error><Code>NoSuchBucket</Code></Error>", "application/xml"
        return self._act(key, body)

    def _act(self, key: str, body: bytes) -> tuple[int, bytes, str]:
        objects = self.service.objects
        if self.command == "PUT":
            objects[key] = (body, self.headers.get("Content-Type", ""))
            return 200, b"", "application/xml"
        if self.command == "DELETE":
            objects.pop(key, None)
            return 204, b"", "application/xml"
        if key not in objects:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml"
        return 200, *objects[key]

    def _is_signed(self, path: str, query: list[tuple[str, str]], body: bytes) -> bool:
        now = datetime.now(UTC) + self.service.ahead
        given = dict(query)
        if "X-Amz-Signature" in given:
            signature, stamp = given["X-Amz-Signature"], given["X-Amz-Date"]
            key_id, _, scope = given["X-Amz-Credential"].partition("/")
            names, payload = given["X-Amz-SignedHeaders"].split(";"), "UNSIGNED-PAYLOAD"
            ends = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) + timedelta(
                seconds=int(given["X-Amz-Expires"])
            )
            if self.command != "GET" or now > ends or int(given["X-Amz-Expires"]) > 604_800:
                return False
            query = [(name, value) for name, value in query if name != "X-Amz-Signature"]
        else:
            login = dict(part.split("=", 1) for part in self._login().split(", ") if "=" in part)
            if not {"Credential", "SignedHeaders", "Signature"} <= login.keys():
                return False
            signature, stamp = login["Signature"], self.headers.get("x-amz-date", "")
            key_id, _, scope = login["Credential"].partition("/")
            names, payload = login["SignedHeaders"].split(";"), self.headers.get("x-amz-content-sha256", "")
            if payload != hashlib.sha256(body).hexdigest() or "host" not in names:
                return False
        if key_id != KEY_ID or scope.split("/")[1:] != [REGION, "s3", "aws4_request"]:
            return False
        headers = [(name, self.headers.get(name, "")) for name in names]
        return hmac.compare_digest(
            signature,
            _expected(self.command, path, query, headers, payload=payload, stamp=stamp, scope=scope),
        )

    def _login(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("AWS4-HMAC-SHA256 ")


@contextmanager
def s3_service() -> Iterator[Service]:
    """The service on a port of its own."""
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("S3Handler", (_Handler,), {"service": service}))
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
