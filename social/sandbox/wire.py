"""Requests and answers of the stand-in, free of any web framework."""

import json
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from social.sandbox.store import Doc, hash_of


@dataclass
class File:
    """A file of a multipart body."""

    name: str
    content: bytes
    content_type: str


@dataclass
class Request:
    """One call: parameters from query, form, multipart or JSON in one mapping, as Graph takes them."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    params: Doc = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    json: Any = None

    @property
    def bearer(self) -> str:
        """The token of the header, or of the parameter where the protocol has one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() in ("bearer", "oauth"):
            return token.strip()
        return str(self.params.get("access_token", ""))

    @property
    def token_hash(self) -> str:
        """What the ledger keeps of the token."""
        return hash_of(self.bearer) if self.bearer else ""

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text."""
        value = self.params.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def flag(self, name: str, default: bool) -> bool:
        """A parameter as a truth value."""
        return self.text(name, str(default)).lower() in ("true", "1", "yes")

    def number(self, name: str, default: int) -> int:
        """A parameter as a number; what is none counts as absent."""
        text = self.text(name, str(default))
        return int(text) if text.lstrip("-").isdigit() else default

    def sequence(self, name: str) -> list[Any]:
        """A list: JSON, comma separated, or `name[0]=`."""
        indexed = [value for key, value in sorted(self.params.items()) if key.startswith(f"{name}[")]
        value = self.params.get(name)
        if value is None:
            return indexed
        if isinstance(value, list):
            return value
        text = str(value)
        return json.loads(text) if text.startswith("[") else [part for part in text.split(",") if part]


@dataclass
class Answer:
    """What is sent back. `commits` names what became visible to the world by this call."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    commits: list[str] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


class Refusal(Exception):
    """An answer that ends the handling of a request."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def parse(method: str, target: str, headers: dict[str, str], body: bytes) -> Request:
    """Read a request."""
    parts = urlsplit(target)
    request = Request(method, parts.path, headers, body)
    request.params.update(parse_qsl(parts.query, keep_blank_values=True))
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        request.params.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    elif kind == "multipart/form-data":
        _read_multipart(request, headers["content-type"], body)
    elif kind == "application/json" and body:
        _read_json(request, body)
    return request


def _read_json(request: Request, body: bytes) -> None:
    try:
        request.json = json.loads(body)
    except ValueError:
        return
    if isinstance(request.json, dict):
        request.params.update(request.json)


def _read_multipart(request: Request, content_type: str, body: bytes) -> None:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition") or "")
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        if part.get_filename() is not None:
            request.files[name] = File(part.get_filename() or "", content, part.get_content_type())
        else:
            request.params[name] = content.decode("utf-8", "replace")
