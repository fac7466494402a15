"""Places in a sorted list, as opaque text: where the next page starts."""

import base64
import binascii
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from tenants.api.errors import InvalidParameterError

PARAMETER = "cursor"
MAX_LENGTH = 2_000
BIGINT = range(-(2**63), 2**63)


def encode_cursor(*values: datetime | UUID | int | str) -> str:
    """The sort key of the last row of a page as URL-safe text."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()


def decode_cursor(text: str, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    """The values of a cursor, one of each kind (datetime, UUID, int, str).

    A cursor is no secret and no permission: it is only compared with rows that the caller may see anyway.
    Raises InvalidParameterError (INVALID_CURSOR) for anything that `encode_cursor` would not have made.
    """
    try:
        if len(text) > MAX_LENGTH:
            raise ValueError("too long")
        values = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if not isinstance(values, list) or len(values) != len(kinds):
            raise ValueError("wrong number of values")
        return tuple(_read(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, binascii.Error) as error:
        raise InvalidParameterError(
            PARAMETER,
            "This cursor is not one of ours; take `meta.nextCursor` of the page before.",
            code="INVALID_CURSOR",
        ) from error


def _read(value: object, kind: type) -> Any:
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a time without offset")
        return moment
    if kind is UUID and isinstance(value, str):
        return UUID(value)
    if kind is int and isinstance(value, int) and value in BIGINT and not isinstance(value, bool):
        return value
    if kind is str and isinstance(value, str) and "\x00" not in value:
        return value
    raise ValueError(f"not a {kind.__name__}")
