"""What the product tells others: which log entries become `crm.*` envelopes, and who makes them.

The floors above declare their kinds here; the queue and the webhooks tell the same envelopes under the same ids. An
envelope describes things as they are when it is made.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from events.consumers import Entry

Envelope = dict[str, Any]
# An envelope for each entry, in order; None where nobody may be told of it (any more).
Renderer = Callable[[Sequence[Entry]], list[Envelope | None]]

_types: dict[str, str] = {}
_renderers: dict[str, Renderer] = {}


def declare(types: Mapping[str, str], render: Renderer) -> None:
    """Let entries of these kinds be told: kind → event type. `render` is called outside any tenant's scope."""
    _types.update(types)
    _renderers.update(dict.fromkeys(types, render))


def types() -> Mapping[str, str]:
    """Kind of a log entry → event type, of everything that is told."""
    return _types


def event_id(entry: Entry) -> str:
    """The id of the entry's event, stable whoever tells it and however often.

    With the time, because a database that was made anew counts its log from 1 again.
    """
    return f"crm-{entry.id}-{int(entry.at.timestamp() * 1000)}"


def render(entries: Sequence[Entry]) -> list[Envelope | None]:
    """An envelope for each entry, in the same order; None where there is nothing to tell."""
    made: dict[int, Envelope | None] = {}
    by_renderer: dict[Renderer, list[Entry]] = {}
    for entry in entries:
        by_renderer.setdefault(_renderers[entry.kind], []).append(entry)
    for renderer, group in by_renderer.items():
        made.update(zip((entry.id for entry in group), renderer(group), strict=True))
    return [made[entry.id] for entry in entries]
