"""What differs between two versions of the rules, in words; a club's versions with what each changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from profiles.models import ScoringRules
from profiles.scoring.rules import DEFAULT_RULES, Bands, Rules
from profiles.scoring.versions import DEFAULT_VERSION

MOST_VERSIONS: Final = 50
LABELS: Final[Mapping[str, str]] = {
    "engagement_weights": "Engagement: weights",
    "churn_weights": "Churn risk: weights",
    "recency_days": "Days since the last activity",
    "frequency": "Activities in 30 days",
    "monetary_cents": "Lifetime value",
    "breadth": "Different channels in 90 days",
    "engagement_levels": "Engagement: levels",
    "churn_levels": "Churn risk: levels",
}


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """A version with its maker (nobody for the product's own) and what it changed against the one before."""

    number: int
    rules: Rules
    made_by_name: str
    made_at: datetime | None
    changes: list[str]


def differences(before: Rules, after: Rules) -> list[str]:
    """One line for each setting that is not the same."""
    old, new = before.as_json(), after.as_json()
    lines = []
    for name, label in LABELS.items():
        if old[name] == new[name]:
            continue
        if isinstance(old[name], dict):
            parts = [
                f"{part} {old[name][part]} → {new[name][part]}"
                for part in old[name]
                if old[name][part] != new[name][part]
            ]
            lines.append(f"{label}: {', '.join(parts)}")
        else:
            divisor = 100 if name.endswith("_cents") else 1
            lines.append(
                f"{label}: {_told(getattr(before, name), divisor)} → {_told(getattr(after, name), divisor)}"
            )
    return lines


def list_versions() -> list[RulesVersion]:
    """The newest versions of the open scope's club, the present one first; the product's own rules are the last."""
    stored = list(ScoringRules.objects.order_by("-version")[: MOST_VERSIONS + 1])
    known = [
        RulesVersion(row.version, Rules.from_json(row.rules), row.made_by_name, row.made_at, [])
        for row in stored
    ]
    if len(stored) <= MOST_VERSIONS:
        known.append(RulesVersion(DEFAULT_VERSION, DEFAULT_RULES, "", None, []))
    for one, before in pairwise(known):
        one.changes.extend(differences(before.rules, one.rules))
    return known[:MOST_VERSIONS]


def _told(value: Bands | tuple[int, ...], divisor: int) -> str:
    return ", ".join(
        f"{one[0] / divisor:g}: {one[1]}" if isinstance(one, tuple) else str(one) for one in value
    )
