"""JSON of whatever the database holds can be written."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from tenants.json_writing import written


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**30, -(10**300)])
def test_a_whole_number_beyond_64_bits_is_written_as_a_double(number: int) -> None:
    text = written({"a": [{"b": number}], "c": (1, number)})

    assert orjson.loads(text) == {"a": [{"b": float(number)}], "c": [1, float(number)]}


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 0, True])
def test_what_fits_is_written_as_it_is(number: int) -> None:
    assert written([number]) == orjson.dumps([number])


def test_beside_it_all_else_is_written_as_ever() -> None:
    day, key = datetime(2026, 3, 1, tzinfo=UTC), UUID(int=7)

    found = orjson.loads(
        written({"at": day, "id": key, "n": 10**30, "d": {1}}, default=list, option=orjson.OPT_UTC_Z)
    )

    assert found == {"at": "2026-03-01T00:00:00Z", "id": str(key), "n": 1e30, "d": [1]}


def test_what_is_no_data_is_refused() -> None:
    nothing: Any = object()

    with pytest.raises(TypeError):
        written({"a": nothing})
