"""What will happen, in the order of time."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

Event = dict[str, Any]
Action = Callable[[datetime], Iterable[Event]]


class Agenda:
    """Actions with the moments at which they are due; equal moments keep the order in which they were added.

    An action gives the events of its moment and may put further ones on the agenda.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Action]] = []
        self._count = 0

    def add(self, when: datetime, action: Action) -> None:
        """Do something later."""
        self._count += 1
        heapq.heappush(self._heap, (when, self._count, action))

    def add_event(self, when: datetime, event: Event) -> None:
        """Send an event later that is ready now."""
        self.add(when, partial(_ready, event))

    def due(self, until: datetime) -> Iterator[tuple[datetime, Event]]:
        """Every event up to and with a moment, those of actions that come up meanwhile included."""
        while self._heap and self._heap[0][0] <= until:
            when, _, action = heapq.heappop(self._heap)
            for event in action(when):
                yield when, event

    @property
    def next_due(self) -> datetime | None:
        """When the next action is due; None when nothing is left."""
        return self._heap[0][0] if self._heap else None


def _ready(event: Event, _: datetime) -> Iterable[Event]:
    return (event,)
