"""Reading scores with their reasons, their history, and the list of those who slip away."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils import timezone

from profiles.models import CustomerProfile, ProfileScore, ScoreHistory, StageChange
from profiles.scoring.reasons import Explained, action_for, churn_of, engagement_of
from profiles.scoring.rules import Rules
from profiles.scoring.versions import rules_of

HISTORY: Final = timedelta(days=365)
MOST_STEPS: Final = 50
# The index of the list holds nobody below it.
SLIPPING_FROM: Final = 40
HIGH_FROM: Final = 60


@dataclass(frozen=True, slots=True)
class Scores:
    """Both scores explained, what to do, and the moment of the last change of them or their reasons."""

    engagement: Explained
    churn_risk: Explained
    action: str
    value_at_risk_cents: int
    rules_version: int
    scored_at: datetime


def explain(row: ProfileScore, rules: Rules, now: datetime) -> Scores:
    """A stored row in words."""
    churn = churn_of(row.churn_risk, row.components, row.inputs, rules)
    return Scores(
        engagement=engagement_of(row.engagement, row.components, row.inputs, rules, now),
        churn_risk=churn,
        action=action_for(churn),
        value_at_risk_cents=row.value_at_risk_cents,
        rules_version=row.rules_version,
        scored_at=row.scored_at,
    )


def scores_of(profile_id: UUID) -> Scores | None:
    """The scores of a customer; None before the first scoring."""
    row = ProfileScore.objects.filter(pk=profile_id).first()
    return None if row is None else explain(row, rules_of(row.rules_version), timezone.now())


def scores_of_many(profile_ids: Collection[UUID]) -> dict[UUID, Scores]:
    """Customer → scores, of those who have any; one statement, and one for each version of the rules."""
    rows = list(ProfileScore.objects.filter(pk__in=profile_ids))
    rules = {version: rules_of(version) for version in {row.rules_version for row in rows}}
    now = timezone.now()
    return {row.pk: explain(row, rules[row.rules_version], now) for row in rows}


def history_of(profile_id: UUID) -> list[ScoreHistory]:
    """The changes of the last twelve months, oldest first, led by the one that held when they began."""
    since = timezone.now().date() - HISTORY
    rows = ScoreHistory.objects.filter(profile_id=profile_id)
    before = rows.filter(day__lt=since).order_by("-day")[:1]
    return [*before, *rows.filter(day__gte=since).order_by("day")]


def steps_of(profile_id: UUID) -> list[StageChange]:
    """A customer's way through the stages, newest first."""
    return list(StageChange.objects.filter(profile_id=profile_id).order_by("-changed_at", "-id")[:MOST_STEPS])


def slipping_away(*, from_risk: int = SLIPPING_FROM) -> QuerySet[ProfileScore]:
    """Customers at risk, the most value at risk first."""
    rows: QuerySet[ProfileScore] = ProfileScore.objects.filter(
        churn_risk__gte=max(from_risk, SLIPPING_FROM)
    ).order_by("-value_at_risk_cents", "profile_id")
    return rows


def slipping_level() -> int:
    """From which risk on somebody counts as slipping away, on the dashboard as in the list.

    High and up; in a club in which nobody is that far gone, moderate and up.
    """
    return HIGH_FROM if slipping_away(from_risk=HIGH_FROM).exists() else SLIPPING_FROM


def value_at_risk(level: int) -> int:
    """Cents of all who slip away from this risk on."""
    found = slipping_away(from_risk=level).order_by().aggregate(cents=Sum("value_at_risk_cents"))
    return found["cents"] or 0


def with_customers(rows: Sequence[ProfileScore]) -> list[tuple[CustomerProfile, Scores]]:
    """Each row's customer and scores in words, in two or three queries."""
    customers = CustomerProfile.objects.in_bulk([row.profile_id for row in rows])
    rules = {version: rules_of(version) for version in {row.rules_version for row in rows}}
    now = timezone.now()
    return [
        (customers[row.profile_id], explain(row, rules[row.rules_version], now))
        for row in rows
        if row.profile_id in customers
    ]
