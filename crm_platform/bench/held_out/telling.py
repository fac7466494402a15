"""The form in which clubs that are told by their own generators tell their events."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

# When, of which type, with which payload.
Told = tuple[datetime, str, dict[str, Any]]


def in_order(slug: str, told: Iterable[Told]) -> Iterator[dict[str, Any]]:
    """Whole events in the order of their times, numbered; what is empty is not said."""
    for number, (at, event_type, payload) in enumerate(sorted(told, key=lambda one: one[0])):
        yield {
            "id": f"{slug}-{number}",
            "type": event_type,
            "timestamp": at.isoformat(),
            "tenantId": slug,
            "payload": {name: value for name, value in payload.items() if value != ""},
        }
