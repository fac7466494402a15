"""Bands, weights and levels of the two scores: the product's own, and those that a club changed. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, Final, Self

from profiles.errors import InvalidFields

HIGHEST: Final = 100
MOST_BANDS: Final = 20
MOST_CENTS: Final = 10**12
# What has to be at least (for recency: at most) so much → component score; everybody else 0.
Bands = tuple[tuple[int, int], ...]

ENGAGEMENT_PARTS: Final = ("recency", "frequency", "monetary", "breadth", "depth")
CHURN_PARTS: Final = ("decline", "payments", "opens", "downgrade", "complaints")
ENGAGEMENT_LEVELS: Final = ("Excellent", "Good", "Average", "Low", "At Risk")
CHURN_LEVELS: Final = ("Critical", "High", "Moderate", "Low", "Minimal")


@dataclass(frozen=True, slots=True)
class Rules:
    """How a club scores. Weights are percent and add up to 100; levels are the least scores of the upper four."""

    engagement_weights: Mapping[str, int]
    churn_weights: Mapping[str, int]
    recency_days: Bands
    frequency: Bands
    monetary_cents: Bands
    breadth: Bands
    engagement_levels: tuple[int, ...]
    churn_levels: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values, as they are stored."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Checked rules; what is left out stays as in DEFAULT_RULES. Raises InvalidFields."""
        names = {field.name for field in fields(cls)}
        problems = dict.fromkeys(given.keys() - names, "There is no such setting.")
        values: dict[str, Any] = {name: getattr(DEFAULT_RULES, name) for name in names}
        for name in names & given.keys():
            try:
                values[name] = CHECKS[name](given[name])
            except ValueError as error:
                problems[name] = str(error)
        if problems:
            raise InvalidFields(problems)
        return cls(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value


def _whole(value: Any, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"Write whole numbers from 0 to {most:,}.")
    return value


def _weights(value: Any, parts: tuple[str, ...]) -> dict[str, int]:
    if not isinstance(value, Mapping) or value.keys() != set(parts):
        raise ValueError(f"Give a weight for each of {', '.join(parts)}.")
    weights = {part: _whole(value[part], HIGHEST) for part in parts}
    if sum(weights.values()) != HIGHEST:
        raise ValueError(f"The weights add up to {sum(weights.values())}; they must add up to {HIGHEST}.")
    return weights


def _bands(value: Any, *, rising: bool) -> Bands:
    """From the best band to the least; `rising`: the limits are upper ones, as of days since the last activity."""
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_BANDS:
        raise ValueError(f"Give 1 to {MOST_BANDS} bands.")
    bands: list[tuple[int, int]] = []
    for band in value:
        if not isinstance(band, list | tuple) or len(band) != 2:  # noqa: PLR2004 - a pair
            raise ValueError("Each band is a limit and a score.")
        bands.append((_whole(band[0], MOST_CENTS), _whole(band[1], HIGHEST)))
    for (limit, score), (next_limit, next_score) in pairwise(bands):
        if (next_limit <= limit if rising else next_limit >= limit) or next_score >= score:
            order = "rising limits" if rising else "falling limits"
            raise ValueError(f"Bands go from the best to the least: {order}, falling scores.")
    return tuple(bands)


def _levels(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or len(value) != len(ENGAGEMENT_LEVELS) - 1:
        raise ValueError(f"Give {len(ENGAGEMENT_LEVELS) - 1} scores, the highest first.")
    levels = tuple(_whole(one, HIGHEST) for one in value)
    if any(after >= before for before, after in pairwise(levels)):
        raise ValueError("The scores must fall.")
    return levels


DEFAULT_RULES: Final = Rules(
    engagement_weights={"recency": 30, "frequency": 25, "monetary": 20, "breadth": 15, "depth": 10},
    churn_weights={"decline": 35, "payments": 25, "opens": 20, "downgrade": 10, "complaints": 10},
    recency_days=((7, 100), (14, 80), (30, 60), (60, 40), (90, 20)),
    frequency=((20, 100), (10, 80), (5, 60), (2, 40), (1, 20)),
    monetary_cents=((100_000, 100), (50_000, 80), (20_000, 60), (10_000, 40), (5_000, 20)),
    breadth=((5, 100), (4, 80), (3, 60), (2, 40), (1, 20)),
    engagement_levels=(80, 60, 40, 20),
    churn_levels=(80, 60, 40, 20),
)
CHECKS: Final[Mapping[str, Any]] = {
    "engagement_weights": lambda value: _weights(value, ENGAGEMENT_PARTS),
    "churn_weights": lambda value: _weights(value, CHURN_PARTS),
    "recency_days": lambda value: _bands(value, rising=True),
    "frequency": lambda value: _bands(value, rising=False),
    "monetary_cents": lambda value: _bands(value, rising=False),
    "breadth": lambda value: _bands(value, rising=False),
    "engagement_levels": _levels,
    "churn_levels": _levels,
}


def level_of(score: int, levels: tuple[int, ...], names: tuple[str, ...]) -> str:
    """The name of the level a score belongs to."""
    return next((name for least, name in zip(levels, names, strict=False) if score >= least), names[-1])
