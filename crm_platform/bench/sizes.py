"""How much each benchmark does."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

QUICK_SHARE: Final = 50
LEAST_SECONDS: Final = 1.0
LEAST_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class Sizes:
    """0: of no concern to the benchmark. `seconds`: of load; where rounds alternate, of each measurement."""

    events: int = 0
    people: int = 0
    activities: int = 0
    connections: int = 0
    seconds: float = 0.0
    rate: int = 0  # events a second
    rounds: int = 0

    def changed(self, **given: float | None) -> Self:
        """With what somebody chose; None: nothing chosen."""
        chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        return replace(self, **chosen)

    def quick(self) -> Self:
        """A fiftieth, for trying out."""
        return replace(
            self,
            events=_fiftieth(self.events),
            people=_fiftieth(self.people),
            activities=_fiftieth(self.activities),
            seconds=max(self.seconds / QUICK_SHARE, LEAST_SECONDS) if self.seconds else 0.0,
            rounds=min(self.rounds, 1),
        )

    def as_options(self) -> dict[str, float]:
        """For another process."""
        return asdict(self)


def _fiftieth(rows: int) -> int:
    return max(rows // QUICK_SHARE, LEAST_ROWS) if rows else 0


DEFAULTS: Final[dict[str, Sizes]] = {
    "ingest": Sizes(events=200_000, people=100_000),
    "newclub": Sizes(events=28_000, people=6_000),
    "bullmq": Sizes(events=50_000, people=25_000),
    "freshness": Sizes(people=20_000, rate=200, seconds=60),
    "lookup": Sizes(people=1_000_000, connections=8, seconds=10, rounds=3),
    "timeline": Sizes(people=100_000, activities=10_000_000, connections=8, seconds=10, rounds=3),
    "merge": Sizes(people=10_000, activities=50_000, rounds=5),
    "neighbours": Sizes(events=200_000, people=20_000, rate=20, seconds=90),
    "erasure": Sizes(people=50_000, activities=5_000_000, events=2_000_000, rounds=5),
    "identity": Sizes(people=3_000),
    "duplicates": Sizes(people=1_000_000),
    "rescore": Sizes(people=1_000_000, activities=20_000_000),
    "imports": Sizes(people=100_000, events=50_000),
    "export": Sizes(people=100_000),
    "search": Sizes(people=1_000_000),
    "segments": Sizes(people=1_000_000, activities=20_000_000, events=40_000, rate=200, seconds=60, rounds=5),
    "campaigns": Sizes(people=1_000_000, events=100_000, activities=10_000_000, rounds=2),
    "social": Sizes(events=1_000, people=5_000, rounds=6),
    "journeys": Sizes(people=1_000_000, events=100_000, rate=200, seconds=30, rounds=2),
}
NAMES: Final = tuple(DEFAULTS)
# Names for several at once.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "intelligence": ("merge", "duplicates", "rescore", "imports", "export", "search"),
}
