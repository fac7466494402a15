"""JSON text to data and back with orjson: strict on the way in, fast on the way out."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError


def to_json(data: Any) -> bytes:
    """UTF-8 JSON; times in UTC end in `Z`, UUIDs and decimals are strings. Raises TypeError for non-data."""
    return orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z)


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
        raise ParseError(f"The body is not JSON: {error}.") from error
    # The escape is rare, so that only bodies with it pay for the walk.
    if b"\\u0000" in body and contains_null(data):
        raise ParseError("Text must not contain null bytes.")
    return data
