"""A web server as clubs have it: files, and whatever else comes over the wire, in a thread of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """What an address answers; `length`: what it claims, None: nothing, as older servers do."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = -1
    waits_for: threading.Event | None = None


class FileHost:
    """Answers by path, and remembers who asked for what."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.path)
                page = host.pages.get(self.path, Page(status=404))
                with suppress(ConnectionError):
                    self._reply(page)

            def _reply(self, page: Page) -> None:
                self.send_response(page.status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                if page.length is not None:
                    self.send_header(
                        "content-length", str(len(page.body) if page.length < 0 else page.length)
                    )
                self.end_headers()
                self.wfile.write(page.body)
                if page.waits_for is not None:
                    self.wfile.flush()
                    page.waits_for.wait(60)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        return Handler


@contextmanager
def file_host() -> Iterator[FileHost]:
    """A host that listens until the end."""
    host = FileHost()
    threading.Thread(target=host.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield host
    finally:
        for page in host.pages.values():
            if page.waits_for is not None:
                page.waits_for.set()
        host.server.shutdown()
        host.server.server_close()
