"""Every named constraint of the tables about scores, violated; part of the table in test_constraints.py."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from profiles.models import ProfileScore, ScoreDue, ScoreHistory, ScoreRun, ScoringRules, StageChange
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.constraints import Violation
from tests.profiles.records import NOON, profile

DAY: Final = date(2026, 3, 1)


def stored(club: Club, model: Any, **values: Any) -> object:
    """A row of the club."""
    with tenant_scope(club.tenant):
        return model.objects.create(tenant=club.tenant, **values)


def own(club: Club) -> Any:
    return profile(club.tenant).pk


def foreign(_club: Club) -> Any:
    return profile(factories.tenant()).pk


def a_score(whose: Callable[[Club], Any] = own, **values: Any) -> Violation:
    defaults: dict[str, Any] = {"engagement": 1, "churn_risk": 1, "components": {}, "inputs": {}}
    defaults |= {"value_at_risk_cents": 0, "lifecycle_stage": "LEAD", "rules_version": 0, "scored_at": NOON}
    return lambda club: stored(club, ProfileScore, profile_id=whose(club), **(defaults | values))


def a_day(whose: Callable[[Club], Any] = own, *, times: int = 1, **values: Any) -> Violation:
    defaults = {
        "engagement": 1,
        "churn_risk": 1,
        "components": {},
        "inputs": {},
        "rules_version": 0,
        "day": DAY,
    }

    def violate(club: Club) -> object:
        profile_id = whose(club)
        rows = [
            stored(club, ScoreHistory, profile_id=profile_id, **(defaults | values)) for _ in range(times)
        ]
        return rows[-1]

    return violate


def a_step(whose: Callable[[Club], Any] = own, stage: str = "LEAD") -> Violation:
    return lambda club: stored(club, StageChange, profile_id=whose(club), stage_after=stage, changed_at=NOON)


def rules(*versions: int) -> Violation:
    return lambda club: [stored(club, ScoringRules, version=version, rules={}) for version in versions]


def runs(*statuses: str) -> Violation:
    return lambda club: [
        stored(club, ScoreRun, day=DAY, rules_version=0, tier_order=[], status=status) for status in statuses
    ]


SCORE_VIOLATIONS: Final[dict[str, list[Violation]]] = {
    "profiles_score_engagement_ck": [a_score(engagement=-1), a_score(engagement=101)],
    "profiles_score_churn_ck": [a_score(churn_risk=-1), a_score(churn_risk=101)],
    "profiles_profilescore_profile_fk": [a_score(foreign)],
    "profiles_scohistory_day_uq": [a_day(times=2)],
    "profiles_scohistory_range_ck": [
        a_day(engagement=-1),
        a_day(engagement=101),
        a_day(churn_risk=-1),
        a_day(churn_risk=101),
    ],
    "profiles_scorehistory_profile_fk": [a_day(foreign)],
    "profiles_scoredue_profile_fk": [
        lambda club: stored(club, ScoreDue, profile_id=foreign(club)),
    ],
    "profiles_stagechange_stage_ck": [a_step(stage="FAN")],
    "profiles_stagechange_profile_fk": [a_step(foreign)],
    "profiles_scorules_version_uq": [rules(1, 1)],
    "profiles_scorules_version_ck": [rules(0)],
    "profiles_scorun_status_ck": [runs("GONE")],
    "profiles_scorun_running_uq": [runs("RUNNING", "RUNNING")],
}
