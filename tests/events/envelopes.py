"""A well-formed event to spoil, and the refusals that follow."""

from datetime import UTC, datetime
from typing import Any

import pytest

from events.envelope import parse_envelope, parse_line
from events.refusals import EnvelopeRefused

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def event(**changes: Any) -> dict[str, Any]:
    """A well-formed event; `...` takes a field away."""
    whole = {
        "id": "e-1",
        "type": "teetime.score.posted",
        "version": "1.0",
        "timestamp": "2026-03-01T10:00:00+02:00",
        "tenantId": "fairview",
        "source": "teetime",
        "identity": {"teetimePlayerId": "p-1"},
        "payload": {"id": "s-1", "playerId": "p-1"},
        **changes,
    }
    return {field: value for field, value in whole.items() if value is not ...}


def refusal_of(raw: object) -> EnvelopeRefused:
    """What the door says of a value that it must refuse."""
    with pytest.raises(EnvelopeRefused) as refused:
        parse_envelope(raw, now=NOW)
    return refused.value


def refusal_of_line(line: bytes | str) -> EnvelopeRefused:
    """What the door says of JSON text that it must refuse."""
    with pytest.raises(EnvelopeRefused) as refused:
        parse_line(line, now=NOW)
    return refused.value
