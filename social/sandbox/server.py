"""The server: one port, a prefix for each network, faults on the way in and on the way out."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

from social.sandbox import (
    control,
    drawn,
    feeds,
    graph_login,
    graph_routes,
    instagram_login,
    page_videos,
    x_login,
    x_media,
    x_posts,
)
from social.sandbox.faults import AFTER, BEFORE, FaultPlan, Rule, odd_shapes_of, texts_of
from social.sandbox.store import Store, World
from social.sandbox.wire import Answer, Refusal, Request, parse

NOT_FOUND: Final = 404
# First part of a path → whose fault plan and ledger it belongs to.
NETWORKS: Final = {
    "graph": "meta", "facebook": "meta", "rupload": "meta", "instagram": "meta", "instagram-api": "meta",
    "instagram-graph": "meta", "x": "x", "x-api": "x",
}  # fmt: skip
HTML: Final = "<!doctype html><html><body><h1>Sorry, something went wrong.</h1></body></html>"


class Sandbox:
    """The stand-in with its store, its faults and its address."""

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, path: str = ":memory:", url: str = ""
    ) -> None:
        self.faults, self.path = FaultPlan(), path
        self.world = World(Store(path))
        handler = type("SandboxHandler", (_Handler,), {"sandbox": self})
        self.server = _Server((host, port), handler)
        self.world.base_url = url or f"http://{host}:{self.server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address of the stand-in."""
        return self.world.base_url

    def start(self) -> "Sandbox":
        """Serve from a thread."""
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()
        self.world.store.close()

    def answer(self, request: Request) -> Answer:
        """Answer a call without any fault."""
        prefix, _, rest = request.path.lstrip("/").partition("/")
        try:
            return self._route(request, prefix, rest)
        except Refusal as refusal:
            return refusal.answer

    def _route(self, request: Request, prefix: str, rest: str) -> Answer:
        world = self.world
        if prefix == "graph":
            return graph_routes.answer(world, request, rest)
        if prefix == "facebook" and rest.endswith("dialog/oauth"):
            act = graph_login.consent if request.method == "POST" else graph_login.consent_page
            return act(world, request)
        if prefix == "instagram" and rest == "oauth/authorize":
            act = instagram_login.consent if request.method == "POST" else instagram_login.consent_page
            return act(world, request)
        if prefix == "instagram-api" and rest == "oauth/access_token":
            return instagram_login.redeem(world, request)
        if prefix == "instagram-graph":
            return instagram_login.answer(world, request, rest)
        if prefix == "rupload":
            return page_videos.receive_bytes(world, request, rest.rpartition("/")[2])
        if prefix == "x" and rest in ("i/oauth2/authorize", "oauth2/authorize"):
            act = x_login.consent if request.method == "POST" else x_login.consent_page
            return act(world, request)
        if prefix == "x-api":
            return self._x(request, rest)
        if prefix == "control":
            return control.answer(world, self.faults, request, rest)
        return (
            self._feeds(request, rest)
            if prefix in ("feeds", "")
            else Answer({"error": "not found"}, NOT_FOUND)
        )

    def _feeds(self, request: Request, rest: str) -> Answer:
        network, _, key = rest.partition("/")
        if network == "drawn":
            return drawn.picture(key)
        if network == "bytes":
            return feeds.picture(self.world, request, key)
        return feeds.feed(self.world, request, network, key) if key else feeds.index(self.world, request)

    def _x(self, request: Request, rest: str) -> Answer:
        world, method = self.world, request.method
        parts = rest.split("/")
        fixed = {
            ("POST", "2/oauth2/token"): x_login.token,
            ("POST", "2/oauth2/revoke"): x_login.revoke,
            ("POST", "2/tweets"): x_posts.create,
            ("GET", "2/tweets/analytics"): x_posts.analytics,
            ("GET", "2/users/me"): x_posts.me,
            ("POST", "2/media/upload"): x_media.upload,
            ("GET", "2/media/upload"): x_media.status,
            ("POST", "2/media/upload/initialize"): x_media.initialize,
            ("POST", "2/media/metadata"): x_media.describe,
        }
        if (method, rest) in fixed:
            return fixed[method, rest](world, request)
        match [method, *parts]:
            case ["GET", "2", "tweets"]:
                return x_posts.by_ids(world, request, [str(one) for one in request.sequence("ids")])
            case ["GET", "2", "tweets", key]:
                return x_posts.by_ids(world, request, [key])
            case ["DELETE", "2", "tweets", key]:
                return x_posts.delete(world, request, key)
            case ["GET", "2", "users", key, "tweets"]:
                return x_posts.timeline(world, request, key)
            case ["POST", "2", "media", "upload", key, "append"]:
                return x_media.append(world, request, key)
            case ["POST", "2", "media", "upload", key, "finalize"]:
                return x_media.finalize(world, request, key)
        return Answer({"title": "Not Found", "type": "about:blank", "status": 404, "detail": ""}, NOT_FOUND)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    sandbox: Sandbox
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """The ledger is the log."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The header `Date`, by the moved clock."""
        return super().date_time_string(int(self.sandbox.world.now() if timestamp is None else timestamp))

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = parse(self.command, self.path, headers, body)
        network = _network(request.path)
        rule = self.sandbox.faults.strike(network, request.method, request.path) if network else None
        if rule and rule.seconds:
            time.sleep(rule.seconds)
        if rule and rule.lever:
            control.pull(self.sandbox.world, *rule.lever)
        answer = self._before(rule) if rule and rule.action in BEFORE else self.sandbox.answer(request)
        if rule and rule.lever_after:
            control.pull(self.sandbox.world, *rule.lever_after)
        if network:
            self._note(network, request, answer, rule)
        if answer is None or (rule and rule.action in AFTER and not self._spoil(rule, answer)):
            self._cut()
        elif answer is not None:
            self._send(answer)

    do_GET = do_POST = do_DELETE = do_PUT = _serve  # noqa: N815 - the names that the base class looks for

    def _before(self, rule: Rule) -> Answer | None:
        """What is said without anything being done; None: nothing at all."""
        if rule.action == "cut_before":
            return None
        if rule.action == "redirect":
            return Answer("", 302, {"Location": f"{self.sandbox.url}/feeds"})
        return Answer(rule.body if rule.body is not None else HTML, rule.status, dict(rule.headers))

    def _spoil(self, rule: Rule, answer: Answer) -> bool:
        """Spoil the answer to what was done; False: cut it off."""
        if rule.action == "cut_after":
            return False
        if rule.action == "cut_middle":
            content = answer.content
            self._head(answer, len(content))
            self.wfile.write(content[: len(content) // 2])
            return False
        if rule.action == "status_after":
            answer.status, answer.body = rule.status, rule.body if rule.body is not None else HTML
        elif rule.action == "html":
            answer.status, answer.body, answer.content_type = 200, HTML, "text/html"
        elif rule.action == "empty":
            answer.status, answer.body = 200, ""
        elif rule.action == "wrong_type":
            answer.content_type = "text/plain"
        elif rule.action == "texts":
            answer.body = texts_of(answer.body)
        elif rule.action == "shapes":
            answer.body = odd_shapes_of(answer.body)
        return True

    def _note(self, network: str, request: Request, answer: Answer | None, rule: Rule | None) -> None:
        self.sandbox.world.store.note(
            {
                "at": self.sandbox.world.now(),
                "network": network,
                "method": request.method,
                "path": request.path,
                "token": request.token_hash,
                "status": answer.status if answer else 0,
                "commits": _json(answer.commits if answer else []),
                "fault": rule.action if rule else "",
            }
        )

    def _head(self, answer: Answer, length: int) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _send(self, answer: Answer) -> None:
        content = answer.content
        self._head(answer, len(content))
        self.wfile.write(content)

    def _cut(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(2)


def _network(path: str) -> str:
    """Which network a path belongs to; "" for feeds and control."""
    prefix = path.lstrip("/").partition("/")[0]
    return NETWORKS.get(prefix, "")


def _json(value: list[str]) -> str:
    return "[" + ", ".join(f'"{one}"' for one in value) + "]"
