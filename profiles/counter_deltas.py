"""Adding up what a batch adds to the counters and figures of each profile."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from profiles.effects.drafts import FigureDelta, Subject
from profiles.vocabulary import UNCOUNTED_CATEGORIES

SHORT_WINDOW = timedelta(days=30)
LONG_WINDOW = timedelta(days=90)
BOOKING_TYPE = "TEETIME_BOOKED"


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)


@dataclass(slots=True)
class CounterDelta:
    """Sums and maxima over the events of one batch for one profile."""

    count_30d: int = 0
    count_90d: int = 0
    bookings_30d: int = 0
    last_at: datetime | None = None
    last_type: str = ""
    value_cents: int = 0
    stage_rank: int = 0
    booked_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None

    def add_figures(self, figures: FigureDelta) -> None:
        """Money and the times of the latest booking, opening and click."""
        self.value_cents += figures.value_cents
        self.booked_at = _later(self.booked_at, figures.booked_at)
        self.opened_at = _later(self.opened_at, figures.opened_at)
        self.clicked_at = _later(self.clicked_at, figures.clicked_at)

    def add_activities(self, subject: Subject, occurred_at: datetime, now: datetime) -> None:
        """Count the rows of the timeline that a subject gets."""
        for draft in subject.activities:
            if draft.category in UNCOUNTED_CATEGORIES:
                continue
            if occurred_at > now - LONG_WINDOW:
                self.count_90d += 1
                if occurred_at > now - SHORT_WINDOW:
                    self.count_30d += 1
                    self.bookings_30d += draft.type == BOOKING_TYPE
            if self.last_at is None or (occurred_at, draft.type) > (self.last_at, self.last_type):
                self.last_at, self.last_type = occurred_at, draft.type

    def plus(self, other: "CounterDelta") -> "CounterDelta":
        """The sum of both."""
        last_at, last_type = max(
            ((one.last_at, one.last_type) for one in (self, other) if one.last_at is not None),
            default=(None, ""),
        )
        return CounterDelta(
            count_30d=self.count_30d + other.count_30d,
            count_90d=self.count_90d + other.count_90d,
            bookings_30d=self.bookings_30d + other.bookings_30d,
            last_at=last_at,
            last_type=last_type,
            value_cents=self.value_cents + other.value_cents,
            stage_rank=max(self.stage_rank, other.stage_rank),
            booked_at=_later(self.booked_at, other.booked_at),
            opened_at=_later(self.opened_at, other.opened_at),
            clicked_at=_later(self.clicked_at, other.clicked_at),
        )

    def row(self, profile_id: Any) -> tuple[Any, ...]:
        """As the staging table wants it."""
        return (
            profile_id,
            self.count_30d,
            self.count_90d,
            self.bookings_30d,
            self.last_at,
            self.last_type,
            self.value_cents,
            self.stage_rank,
            self.booked_at,
            self.opened_at,
            self.clicked_at,
        )


NOTHING_ADDED = CounterDelta()
