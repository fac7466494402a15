"""Input at the edges: what a route may be sent by mistake, by a broken program, or on purpose."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

LONG: Final = "x" * 20_000
DEEP: Final = 20_000
# Put into every field at once, and by kind into each field alone.
TEXTS: Final = ("", " ", "a\x00b", LONG, "\u202eevil", "bell\x07", "٣", "null", "-1")
MOMENTS: Final = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-03-01T08:15:00",
    "2026-02-30T08:15:00Z",
    "2026-03-01T24:00:00+99:99",
)
DAYS: Final = ("0001-01-01", "9999-12-31", "2026-02-30", "2026-W09-7")
NUMBERS: Final = (0, -1, 2**31, 2**63, -(2**63) - 1, 10**30, 1.5, 1e308, True)
UUIDS: Final = (
    "0199F1C4-6F0A-7C3E-9D55-3F1F5C0C7A11",
    "0199f1c46f0a7c3e9d553f1f5c0c7a11",
    "{0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a11}",
    "urn:uuid:0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a11",
    "0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a1g",
)
SHAPES: Final[tuple[Any, ...]] = (None, [], {}, [None], [[]], [{}], {"": ""}, {"x": [LONG]})
VALUES: Final[tuple[Any, ...]] = (*TEXTS, *MOMENTS, *DAYS, *NUMBERS, *UUIDS, *SHAPES)
BY_FORMAT: Final[Mapping[str, tuple[Any, ...]]] = {
    "date-time": MOMENTS,
    "date": DAYS,
    "uuid": UUIDS,
    "integer": NUMBERS,
    "number": NUMBERS,
    "array": SHAPES,
    "object": SHAPES,
    "boolean": (None, 2, "yes", [], {}),
    "string": (*TEXTS[2:6], *MOMENTS[:1]),
}
QUERY_VALUES: Final = (*TEXTS, *MOMENTS, *DAYS, *UUIDS, "0", "9" * 5_000, str(2**63), "1e9", "true", "a,b,,c")
JSON: Final = "application/json"
CONTENT_TYPES: Final = (
    "",
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=latin-1",
    "application/json; charset=no-such",
    "application/json; charset",
    ";",
)


def broken_bodies(good: bytes) -> Iterator[tuple[str, bytes]]:
    """Bodies that are no JSON that we take, by name."""
    yield "empty", b""
    yield "blank", b" \n"
    yield "cut off", good[:-1]
    yield "with a byte order mark", b"\xef\xbb\xbf" + good
    yield "in UTF-16", good.decode().encode("utf-16")
    yield "in Latin-1", b'{"x": "caf\xe9"}'
    yield "twice", good + good
    yield "NaN", b'{"x": NaN}'
    yield "Infinity", b'{"x": [-Infinity]}'
    yield "beyond a double", b'{"x": 1e400}'
    yield "5,000 digits", b'{"x": ' + b"9" * 5_000 + b"}"
    yield "deep lists", b"[" * DEEP + b"]" * DEEP
    yield "deep objects", b'{"x":' * DEEP + b"1" + b"}" * DEEP
    yield "a lone surrogate", b'{"x": "\\ud800"}'
    yield "a lone surrogate as a name", b'{"\\udfff": 1}'
    yield "null bytes", b'{"x": ["\\u0000"], "\\u0000": 1}'
    yield "a name twice", b'{"name": "a", "name": "b"}'
    yield "a name twice, escaped", b'{"name": "a", "n\\u0061me": "b"}'
    yield "comments", b"{/* none */}"
    yield "single quotes", b"{'name': 'x'}"


def other_shapes() -> Iterator[tuple[str, bytes]]:
    """Good JSON that is not what is expected."""
    shapes: list[Any] = [None, True, 7, "x", [], [None], [[]], [{}] * 3, {}, {"": ""}, {"x" * 70_000: 1}]
    for value in shapes:
        body = orjson.dumps(value)
        yield body[:20].decode(), body


def kind_of(schema: Mapping[str, Any]) -> str:
    """Which values suit a field."""
    found = schema.get("format", schema.get("type", "string"))
    return found if found in BY_FORMAT else str(schema.get("type", "string"))
