"""The numbers of a model: how often each outcome is seen between records of one person (m) and of two (u)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from profiles.matching.duplicates.comparisons import COMPARISONS, Comparison, Level

SHIPPED: Final = Path(__file__).with_name("parameters.json")
# No outcome is impossible, whatever few examples said.
LEAST: Final = 1e-9
MOST: Final = 0.9999
VERSION_LENGTH: Final = 12

Odds = tuple[float, float]  # m, u


@dataclass(frozen=True, slots=True)
class Parameters:
    """`duplicates_each`: pairs to be found for each customer; `odds`: by "comparison.level"."""

    duplicates_each: float
    odds: Mapping[str, Odds]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote; raises KeyError."""
        odds = {key: (float(m), float(u)) for key, (m, u) in document["odds"].items()}
        return cls(float(document["duplicates_each"]), odds)

    def as_document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "duplicates_each": float(f"{self.duplicates_each:.4g}"),
            "odds": {
                key: [float(f"{m:.4g}"), float(f"{u:.4g}")] for key, (m, u) in sorted(self.odds.items())
            },
        }

    @property
    def version(self) -> str:
        """The same for the same numbers and the same comparisons."""
        text = json.dumps([self.as_document(), [repr(comparison) for comparison in COMPARISONS]])
        return hashlib.sha256(text.encode()).hexdigest()[:VERSION_LENGTH]

    def prior(self, people: int) -> float:
        """How likely two customers out of so many are one person, before anything is compared."""
        return min(max(2 * self.duplicates_each / max(people - 1, 1), LEAST), 0.5)

    def odds_of(self, comparison: Comparison, level: Level, people: int) -> Odds:
        """M and u of an outcome in a club of so many."""
        m, u = self.odds[key_of(comparison, level)]
        return _possible(m), _possible(u / max(people - 1, 1) if level.thins_out else u)


def key_of(comparison: Comparison, level: Level) -> str:
    """Where a level stands in `Parameters.odds`."""
    return f"{comparison.code}.{level.code}"


def _possible(probability: float) -> float:
    return min(max(probability, LEAST), MOST)


@cache
def shipped_parameters() -> Parameters:
    """What is used until a club is large enough to learn from; docs/duplicates.md says how it was made."""
    return Parameters.from_document(json.loads(SHIPPED.read_text()))
