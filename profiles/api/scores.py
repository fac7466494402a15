"""A customer's scores, why they are what they are, and how they came there, over REST."""

from typing import Any, Final

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers

from profiles.api import schema
from profiles.api.customers import json_answer
from profiles.api.parameters import customer_id_of
from profiles.models import LifecycleStage
from profiles.scoring.representation import customer_scores, read_rules, replace_rules
from profiles.scoring.rules import (
    CHURN_LEVELS,
    CHURN_PARTS,
    ENGAGEMENT_LEVELS,
    ENGAGEMENT_PARTS,
    HIGHEST,
    MOST_BANDS,
)
from tenants.api.bodies import body_object
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


def _weights(name: str, parts: tuple[str, ...], required: bool) -> serializers.Serializer[Any]:
    weight: dict[str, serializers.Field[Any, Any, Any, Any]] = {
        part: serializers.IntegerField(min_value=0, max_value=HIGHEST) for part in parts
    }
    return inline_serializer(name, weight, required=required, help_text="Percent; they add up to 100.")


def _bands(words: str, required: bool) -> serializers.ListField:
    pair = serializers.ListField(child=serializers.IntegerField(min_value=0), min_length=2, max_length=2)
    return serializers.ListField(
        required=required,
        child=pair,
        min_length=1,
        max_length=MOST_BANDS,
        help_text=f"Pairs of a limit and points, the best first: {words}.",
    )


def _levels(names: tuple[str, ...], required: bool) -> serializers.ListField:
    return serializers.ListField(
        required=required,
        child=serializers.IntegerField(min_value=0, max_value=HIGHEST),
        min_length=len(names) - 1,
        max_length=len(names) - 1,
        help_text=f"The least scores of {', '.join(names[:-1])}.",
    )


def _rules(
    name: str, *, required: bool = True, **more: serializers.Field[Any, Any, Any, Any]
) -> serializers.Serializer[Any]:
    return inline_serializer(
        name,
        {
            **more,
            "engagementWeights": _weights("EngagementWeights", ENGAGEMENT_PARTS, required),
            "churnWeights": _weights("ChurnWeights", CHURN_PARTS, required),
            "recencyDays": _bands("at most so many days since the last activity", required),
            "frequency": _bands("at least so many activities in 30 days", required),
            "monetaryCents": _bands("at least so many cents paid in all", required),
            "breadth": _bands("at least so many channels in 90 days", required),
            "engagementLevels": _levels(ENGAGEMENT_LEVELS, required),
            "churnLevels": _levels(CHURN_LEVELS, required),
        },
    )


RULES: Final = _rules(
    "ScoringRules", version=serializers.IntegerField(help_text="0: the product's own rules.")
)
NEW_RULES: Final = _rules("ScoringRulesReplacement", required=False)


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
        return json_answer(customer_scores(customer_id_of(customerId)))


class ScoringRulesView(TenantApiView):
    """The rules by which a club scores."""

    required_scopes = {"GET": Scope.READ, "PUT": Scope.ADMIN}

    @extend_schema(
        operation_id="getScoringRules",
        tags=["scoring"],
        summary="Read the rules by which the club scores",
        responses=RULES,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Weights, bands and levels of the present version."""
        return json_answer(read_rules())

    @extend_schema(
        operation_id="replaceScoringRules",
        tags=["scoring"],
        summary="Replace the rules by which the club scores",
        request=NEW_RULES,
        responses=RULES,
    )
    def put(self, request: ApiRequest) -> HttpResponseBase:
        """Makes a new version, by which everybody is scored anew; rules that are the present ones make none.

        What is left out becomes as in the product's own rules.
        """
        return json_answer(replace_rules(body_object(request)))
