"""Scores and rules by their names in the API: the same over REST and GraphQL."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from profiles.discretion import sees_money
from profiles.errors import InvalidFields
from profiles.reading import get_customer
from profiles.scoring.reading import Scores, history_of, scores_of, steps_of
from profiles.scoring.reasons import Explained
from profiles.scoring.rules import Rules
from profiles.scoring.versions import change_rules, current_rules

API_NAMES: Final = {
    "engagement_weights": "engagementWeights",
    "churn_weights": "churnWeights",
    "recency_days": "recencyDays",
    "frequency": "frequency",
    "monetary_cents": "monetaryCents",
    "breadth": "breadth",
    "engagement_levels": "engagementLevels",
    "churn_levels": "churnLevels",
}
OWN_NAMES: Final = {theirs: own for own, theirs in API_NAMES.items()}


def customer_scores(customer_id: UUID) -> dict[str, Any]:
    """A customer's scores with their history and the way through the stages; raises CustomerNotFound."""
    profile_id = get_customer(customer_id).pk
    history = [
        {"day": row.day, "engagementScore": row.engagement, "churnRiskScore": row.churn_risk}
        for row in history_of(profile_id)
    ]
    stages = [
        {"before": step.stage_before, "after": step.stage_after, "changedAt": step.changed_at}
        for step in steps_of(profile_id)
    ]
    told = score_fields(scores_of(profile_id), sees_all=sees_money())
    return {**told, "history": history, "stages": stages}


def read_rules() -> dict[str, Any]:
    """The rules by which the open scope's club scores, with their version."""
    return _rule_fields(*current_rules())


def replace_rules(given: Mapping[str, Any]) -> dict[str, Any]:
    """Score by these rules from now on; what is left out is as in the product's own. Raises InvalidFields."""
    problems = dict.fromkeys(given.keys() - OWN_NAMES.keys(), "There is no such setting.")
    if problems:
        raise InvalidFields(problems)
    try:
        change_rules({OWN_NAMES[name]: value for name, value in given.items()})
    except InvalidFields as error:
        raise InvalidFields({API_NAMES[name]: words for name, words in error.fields.items()}) from error
    return read_rules()


def _rule_fields(version: int, rules: Rules) -> dict[str, Any]:
    return {"version": version, **{API_NAMES[name]: value for name, value in rules.as_json().items()}}


def score_fields(scores: Scores | None, *, sees_all: bool) -> dict[str, Any]:
    """Scores by their API names; all null before the first scoring.

    Without `sees_all` (money) parts about money or complaints are left out, and the advice where one weighs most.
    """
    if scores is None:
        names = ("engagement", "churnRisk", "recommendedAction", "valueAtRisk", "rulesVersion", "scoredAt")
        return dict.fromkeys(names)
    reasons = scores.churn_risk.reasons
    is_told = sees_all or not (reasons and reasons[0].is_discreet)
    return {
        "engagement": _fields(scores.engagement, sees_all=sees_all),
        "churnRisk": _fields(scores.churn_risk, sees_all=sees_all),
        "recommendedAction": scores.action if is_told else None,
        "valueAtRisk": scores.value_at_risk_cents if sees_all else None,
        "rulesVersion": scores.rules_version,
        "scoredAt": scores.scored_at,
    }


def _fields(explained: Explained, *, sees_all: bool) -> dict[str, Any]:
    reasons = [
        {"part": one.part, "words": one.words, "points": one.points, "most": one.most}
        for one in explained.reasons
        if sees_all or not one.is_discreet
    ]
    return {"score": explained.score, "level": explained.level, "reasons": reasons}
