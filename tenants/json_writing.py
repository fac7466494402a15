"""Writing JSON with orjson, whatever a column of JSON holds.

PostgreSQL keeps whole numbers of any size, and events may bring them; orjson writes none beyond 64 bits. They are
written to the precision of a double, which is what most readers of JSON have.
"""

from collections.abc import Callable
from typing import Any, Final

import orjson

LEAST: Final = -(2**63)
MOST: Final = 2**64 - 1


def written(data: Any, *, default: Callable[[Any], Any] | None = None, option: int = 0) -> bytes:
    """UTF-8 JSON, as `orjson.dumps` writes it; raises TypeError for what is no data."""
    try:
        return orjson.dumps(data, default, option)
    except TypeError:
        # What is no data is refused again here.
        return orjson.dumps(
            _narrowed(data), None if default is None else lambda value: _narrowed(default(value)), option
        )


def _narrowed(value: Any) -> Any:
    """The same with doubles for whole numbers that are too large."""
    if isinstance(value, int) and not LEAST <= value <= MOST:
        return float(value)
    if isinstance(value, dict):
        return {name: _narrowed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_narrowed(inner) for inner in value]
    return value
