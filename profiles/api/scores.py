"""A customer's scores, why they are what they are, and how they came there, over REST."""

from typing import Any, Final

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers

from profiles.api import schema
from profiles.api.customers import json_answer
from profiles.api.parameters import customer_id_of
from profiles.models import LifecycleStage
from profiles.reading import get_customer
from profiles.scoring.reading import Scores, history_of, scores_of, steps_of
from profiles.scoring.reasons import Explained
from profiles.scoring.rules import CHURN_LEVELS, CHURN_PARTS, ENGAGEMENT_LEVELS, ENGAGEMENT_PARTS
from tenants.api.views import ApiRequest, TenantApiView
from tenants.models import Scope


def _explained(name: str, levels: tuple[str, ...], parts: tuple[str, ...]) -> serializers.Serializer[Any]:
    reason = inline_serializer(
        f"{name}Reason",
        {
            "part": serializers.ChoiceField(choices=parts),
            "words": serializers.CharField(),
            "points": serializers.FloatField(help_text="What this part adds to the score."),
            "most": serializers.IntegerField(help_text="What it could add at most."),
        },
    )
    return inline_serializer(
        name,
        {
            "score": serializers.IntegerField(min_value=0, max_value=100),
            "level": serializers.ChoiceField(choices=levels),
            "reasons": type(reason)(many=True),
        },
    )


ENGAGEMENT: Final = _explained("EngagementScore", ENGAGEMENT_LEVELS, ENGAGEMENT_PARTS)
CHURN: Final = _explained("ChurnRiskScore", CHURN_LEVELS, CHURN_PARTS)
DAY: Final = inline_serializer(
    "ScoreDay",
    {
        "day": serializers.DateField(help_text="On the club's clock."),
        "engagementScore": serializers.IntegerField(),
        "churnRiskScore": serializers.IntegerField(),
    },
)
STEP: Final = inline_serializer(
    "StageChange",
    {
        "before": serializers.ChoiceField(choices=LifecycleStage.choices, allow_null=True),
        "after": serializers.ChoiceField(choices=LifecycleStage.choices),
        "changedAt": serializers.DateTimeField(),
    },
)
SCORES: Final = inline_serializer(
    "CustomerScores",
    {
        "engagement": type(ENGAGEMENT)(allow_null=True, help_text="Null before the first scoring."),
        "churnRisk": type(CHURN)(allow_null=True),
        "recommendedAction": serializers.CharField(allow_null=True),
        "valueAtRisk": serializers.IntegerField(
            help_text="Lifetime value times churn risk, in cents.", allow_null=True
        ),
        "rulesVersion": serializers.IntegerField(help_text="0: the product's own rules.", allow_null=True),
        "scoredAt": serializers.DateTimeField(
            help_text="When the scores or their reasons changed last.", allow_null=True
        ),
        "history": type(DAY)(
            many=True, help_text="The changes of twelve months, oldest first; at most one a day."
        ),
        "stages": type(STEP)(many=True, help_text="The latest fifty changes of the stage, newest first."),
    },
)


class ScoresView(TenantApiView):
    """Engagement and churn risk of one customer."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="getScores",
        tags=["customers"],
        summary="Read a customer's scores with their reasons",
        parameters=[schema.CUSTOMER_ID],
        responses=SCORES,
    )
    def get(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Each part with its points, the recommended action, the history of both scores and of the lifecycle stage.

        The id of a merged customer answers with the survivor's.
        """
        profile_id = get_customer(customer_id_of(customerId)).pk
        history = [
            {"day": row.day, "engagementScore": row.engagement, "churnRiskScore": row.churn_risk}
            for row in history_of(profile_id)
        ]
        stages = [
            {"before": step.stage_before, "after": step.stage_after, "changedAt": step.changed_at}
            for step in steps_of(profile_id)
        ]
        return json_answer({**score_fields(scores_of(profile_id)), "history": history, "stages": stages})


def score_fields(scores: Scores | None) -> dict[str, Any]:
    """Scores by their API names; all null before the first scoring."""
    if scores is None:
        names = ("engagement", "churnRisk", "recommendedAction", "valueAtRisk", "rulesVersion", "scoredAt")
        return dict.fromkeys(names)
    return {
        "engagement": _fields(scores.engagement),
        "churnRisk": _fields(scores.churn_risk),
        "recommendedAction": scores.action,
        "valueAtRisk": scores.value_at_risk_cents,
        "rulesVersion": scores.rules_version,
        "scoredAt": scores.scored_at,
    }


def _fields(explained: Explained) -> dict[str, Any]:
    reasons = [
        {"part": one.part, "words": one.words, "points": one.points, "most": one.most}
        for one in explained.reasons
    ]
    return {"score": explained.score, "level": explained.level, "reasons": reasons}
