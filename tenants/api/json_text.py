"""JSON text to data and back with orjson: strict on the way in, fast on the way out."""

import json
from codecs import BOM_UTF8
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError

from tenants.json_writing import written


def to_json(data: Any) -> bytes:
    """UTF-8 JSON; times in UTC end in `Z`, UUIDs and decimals are strings. Raises TypeError for non-data."""
    return written(data, default=_plain, option=orjson.OPT_UTC_Z)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | Promise):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def contains_null(value: Any) -> bool:
    """Whether any string inside (names of members too) holds a null byte, which PostgreSQL cannot store."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any("\x00" in name or contains_null(inner) for name, inner in value.items())
    if isinstance(value, list):
        return any(contains_null(inner) for inner in value)
    return False


def from_json(body: bytes) -> Any:
    """Parse strict JSON (no NaN, no lone surrogates, no null bytes); raises DRF's ParseError."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ParseError(_words(body, error)) from error
    # The escape is rare, so that only bodies with it pay for the walk.
    if b"\\u0000" in body and contains_null(data):
        raise ParseError("Text must not contain null bytes.")
    if (name := repeated_name(body)) is not None:
        raise ParseError(f"The body says {name[:80]!r} twice in one object; say it once.")
    return data


def _words(body: bytes, error: orjson.JSONDecodeError) -> str:
    """What is wrong with a body, without the words of the library."""
    if body.startswith(BOM_UTF8):
        return "The body begins with a byte order mark; leave it out."
    if not body.strip():
        return "The body is empty; send JSON."
    try:
        body.decode()
    except UnicodeDecodeError:
        return "The body is not in UTF-8."
    return f"The body is no JSON that can be read (line {error.lineno}, column {error.colno})."


class _Repeated(Exception):
    """An object has two members of one name."""


def _distinct(members: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in members:
        if name in seen:
            raise _Repeated(name)
        seen.add(name)


def repeated_name(body: bytes) -> str | None:
    """The first name that an object of a JSON text says twice: readers differ in which of the two counts."""
    try:
        json.loads(body, object_pairs_hook=_distinct, parse_int=str, parse_float=str)
    except _Repeated as repeated:
        return str(repeated)
    except (ValueError, RecursionError):
        pass  # what can be read was read already
    return None
