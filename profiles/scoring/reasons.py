"""What scores mean, in plain words: reasons with their points, levels, and what to do about a risk. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any, Final

from profiles.scoring.rules import (
    CHURN_LEVELS,
    CHURN_PARTS,
    ENGAGEMENT_LEVELS,
    ENGAGEMENT_PARTS,
    Rules,
    level_of,
)

Inputs = Mapping[str, Any]
DISCREET: Final = frozenset({"monetary", "payments", "complaints"})


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score: what it looks at, what was found, and `points` of at most `most`."""

    part: str
    words: str
    points: float
    most: int

    @property
    def is_discreet(self) -> bool:
        """Whether it tells of money or complaints, which not everybody at the club may see."""
        return self.part in DISCREET


@dataclass(frozen=True, slots=True)
class Explained:
    """A score, its level and its reasons; for churn the heaviest first."""

    score: int
    level: str
    reasons: list[Reason]


def engagement_of(score: int, components: Inputs, inputs: Inputs, rules: Rules, now: datetime) -> Explained:
    """Why somebody is that engaged."""
    words = {
        "recency": _recency(inputs, now),
        "frequency": f"{_many(inputs['count30d'], 'activity', 'activities')} in 30 days",
        "monetary": "What they have paid in all",
        "breadth": f"Seen through {_many(inputs['channels90d'], 'channel')} in 90 days",
        "depth": _depth(inputs),
    }
    reasons = [
        Reason(part, words[part], _points(rules.engagement_weights[part] * components[part], 100), weight)
        for part, weight in ((part, rules.engagement_weights[part]) for part in ENGAGEMENT_PARTS)
    ]
    return Explained(score, level_of(score, rules.engagement_levels, ENGAGEMENT_LEVELS), reasons)


def churn_of(score: int, components: Inputs, inputs: Inputs, rules: Rules) -> Explained:
    """Why somebody may leave; only what speaks for it."""
    reasons = [
        Reason(
            part,
            CHURN_WORDS[part](inputs),
            _points(rules.churn_weights[part] * components[part], 1),
            rules.churn_weights[part],
        )
        for part in CHURN_PARTS
        if components[part]
    ]
    reasons.sort(key=lambda reason: -reason.points)
    return Explained(score, level_of(score, rules.churn_levels, CHURN_LEVELS), reasons)


# What the heaviest reason asks for.
REMEDIES: Final[Mapping[str, str]] = {
    "decline": "invite them to play",
    "payments": "settle the open payment with them",
    "opens": "try another channel than e-mail",
    "downgrade": "ask what the new membership lacks",
    "complaints": "resolve the complaint first",
}
URGENCY: Final[Mapping[str, str]] = {
    "Critical": "Call today",
    "High": "Win back this week",
    "Moderate": "Keep an eye on them",
    "Low": "Nothing urgent",
    "Minimal": "All is well",
}


URGENT: Final = ("Critical", "High", "Moderate")


def action_for(risk: Explained) -> str:
    """The recommended action, as in: Call today: settle the open payment with them."""
    urgency = URGENCY[risk.level]
    if not risk.reasons or risk.level not in URGENT:
        return urgency
    return f"{urgency}: {REMEDIES[risk.reasons[0].part]}"


def _points(product: float, divisor: int) -> float:
    """With one decimal at most; halves go up."""
    tenths = floor(Fraction(str(product)) / divisor * 10 + Fraction(1, 2)) / 10
    return int(tenths) if tenths == int(tenths) else tenths


def _many(count: int, word: str, many: str | None = None) -> str:
    return f"{count} {word if count == 1 else many or word + 's'}"


def _recency(inputs: Inputs, now: datetime) -> str:
    if inputs["lastActivityAt"] is None:
        return "Nothing has happened yet"
    days = max((now - datetime.fromisoformat(inputs["lastActivityAt"])).days, 0)
    return (
        "Last activity today"
        if days == 0
        else f"No activity for {_many(days, 'day')}"
        if days > 1
        else "Active yesterday"
    )


def _depth(inputs: Inputs) -> str:
    if not inputs["received90d"]:
        return "No e-mails in 90 days, counted as average"
    read = f"Opened {inputs['opened90d']} of {_many(inputs['received90d'], 'e-mail')} in 90 days"
    return f"{read}, clicked in {inputs['clicked90d']}"


def _decline(inputs: Inputs) -> str:
    usual = Fraction(inputs["countBefore"], 3)
    drop = floor(100 * (1 - inputs["count30d"] / usual) + Fraction(1, 2))
    return f"Activity down {drop} %: {inputs['count30d']} in 30 days, {inputs['countBefore']} in the 90 days before"


def _opens(inputs: Inputs) -> str:
    if not inputs["opened30d"]:
        return f"Opened none of the last {_many(inputs['received30d'], 'e-mail')}, used to open them"
    return f"Opens half as many e-mails as before: {inputs['opened30d']} of {inputs['received30d']}"


def _payments(inputs: Inputs) -> str:
    return f"{_many(inputs['paymentIssues90d'], 'invoice')} failed or overdue and not paid since"


def _downgrade(inputs: Inputs) -> str:
    return "Moved to a lower membership in the last 90 days"


def _complaints(inputs: Inputs) -> str:
    if inputs["openComplaints"]:
        return f"{_many(inputs['openComplaints'], 'open complaint')}"
    return f"{_many(inputs['closedComplaints90d'], 'complaint')} closed in the last 90 days"


# Asked only of parts that speak for leaving: there is no decline of nothing.
CHURN_WORDS: Final[Mapping[str, Callable[[Inputs], str]]] = {
    "decline": _decline,
    "payments": _payments,
    "opens": _opens,
    "downgrade": _downgrade,
    "complaints": _complaints,
}
