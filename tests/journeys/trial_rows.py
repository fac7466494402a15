"""What a trial over the past has written, read before its tables end."""

from collections.abc import Callable
from typing import Any

import pytest

from journeys import replaying


def kept_rows(monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any]) -> list[Any]:
    """A list that gets what `read` finds each time a trial adds up."""
    kept: list[Any] = []
    real = replaying._sum_up

    def look(*values: Any) -> None:
        kept.append(read())
        real(*values)

    monkeypatch.setattr(replaying, "_sum_up", look)
    return kept
