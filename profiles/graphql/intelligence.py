"""Scores, scoring rules and privacy by GraphQL: the same answers, acts and refusals as over REST."""

from typing import Any

import graphene

from profiles.api.privacy import ERASURE_COST
from profiles.graphql.context import Context, scoped
from profiles.graphql.queries import TENANT, uuid_of
from profiles.graphql.types import JSON, Date, DateTime, Stage, by_api_name, text_enum
from profiles.models import ErasureReason
from profiles.privacy.copies import copy_of_person
from profiles.privacy.erasing import erase_customer, erasure_fields
from profiles.reading import get_customer
from profiles.restricting import restriction_of, set_restriction
from profiles.scoring.representation import customer_scores, read_rules, replace_rules
from profiles.scoring.rules import CHURN_LEVELS, CHURN_PARTS, ENGAGEMENT_LEVELS, ENGAGEMENT_PARTS
from tenants.api.throttling import WRITE, charge
from tenants.errors import InvalidError
from tenants.models import Scope

Level = text_enum(
    "ScoreLevel",
    list(dict.fromkeys([*ENGAGEMENT_LEVELS, *CHURN_LEVELS])),
    "Engagement: Excellent, Good, Average, Low, AT_RISK. Churn risk: Critical, High, Moderate, Low, Minimal.",
)
Part = text_enum("ScorePart", [*ENGAGEMENT_PARTS, *CHURN_PARTS], "The parts of both scores.")
Reason = text_enum("ErasureReason", ErasureReason, "Why somebody is erased.")


class ScoreReason(graphene.ObjectType):
    """One part of a score."""

    class Meta:
        default_resolver = by_api_name

    part = graphene.Field(Part, required=True)
    words = graphene.String(required=True)
    points = graphene.Float(required=True, description="What this part adds to the score.")
    most = graphene.Int(required=True, description="What it could add at most.")


class Score(graphene.ObjectType):
    """A score with its level and reasons."""

    class Meta:
        default_resolver = by_api_name

    score = graphene.Int(required=True)
    level = graphene.Field(Level, required=True)
    reasons = graphene.List(graphene.NonNull(ScoreReason), required=True)


class ScoreDay(graphene.ObjectType):
    """What the scores became on a day."""

    class Meta:
        default_resolver = by_api_name

    day = Date(required=True)
    engagement_score = graphene.Int(required=True)
    churn_risk_score = graphene.Int(required=True)


class StageChange(graphene.ObjectType):
    """A step from one lifecycle stage to another."""

    class Meta:
        default_resolver = by_api_name

    before = graphene.Field(Stage)
    after = graphene.Field(Stage, required=True)
    changed_at = DateTime(required=True)


class CustomerScores(graphene.ObjectType):
    """Both scores of a customer; null before the first scoring."""

    class Meta:
        default_resolver = by_api_name

    engagement = graphene.Field(Score)
    churn_risk = graphene.Field(Score)
    recommended_action = graphene.String()
    value_at_risk = graphene.BigInt(description="Lifetime value times churn risk, in cents.")
    rules_version = graphene.Int()
    scored_at = DateTime()
    history = graphene.List(graphene.NonNull(ScoreDay), required=True)
    stages = graphene.List(graphene.NonNull(StageChange), required=True)


class ScoringRules(graphene.ObjectType):
    """Weights, bands (pairs of a limit and points) and levels."""

    class Meta:
        default_resolver = by_api_name

    version = graphene.Int(required=True)
    engagement_weights = JSON(required=True)
    churn_weights = JSON(required=True)
    recency_days = JSON(required=True)
    frequency = JSON(required=True)
    monetary_cents = JSON(required=True)
    breadth = JSON(required=True)
    engagement_levels = graphene.List(graphene.NonNull(graphene.Int), required=True)
    churn_levels = graphene.List(graphene.NonNull(graphene.Int), required=True)


class Erased(graphene.ObjectType):
    """What an erasure did, or in a dry run would do."""

    class Meta:
        default_resolver = by_api_name

    customer_id = graphene.ID(required=True)
    profile_ids = graphene.List(graphene.NonNull(graphene.ID), required=True)
    counts = JSON(required=True, description="Table, act, rows.")
    receipt = JSON(description="Null in a dry run.")


@scoped(Scope.READ)
def _customer_scores(context: Context, *, customer_id: str) -> Any:
    return customer_scores(uuid_of(customer_id))


@scoped(Scope.READ)
def _scoring_rules(context: Context) -> Any:
    return read_rules()


@scoped(Scope.READ)
def _restriction(context: Context, *, customer_id: str) -> Any:
    return restriction_of(get_customer(uuid_of(customer_id)).pk)


@scoped(Scope.ADMIN)
def _replace_scoring_rules(context: Context, *, rules: Any) -> Any:
    if not isinstance(rules, dict):
        raise InvalidError("Write the rules as an object.")
    return replace_rules(rules)


@scoped(Scope.ADMIN)
def _erase_customer(context: Context, *, customer_id: str, reason: Any, dry_run: bool = False) -> Any:
    charge(context.caller, WRITE, cost=ERASURE_COST)
    return erasure_fields(erase_customer(uuid_of(customer_id), reason=reason.value, dry_run=bool(dry_run)))


@scoped(Scope.ADMIN)
def _restrict_customer(context: Context, *, customer_id: str, restricted: bool) -> Any:
    set_restriction(uuid_of(customer_id), is_restricted=restricted)
    return restricted


@scoped(Scope.ADMIN)
def _export_customer(context: Context, *, customer_id: str) -> Any:
    return copy_of_person(uuid_of(customer_id))


ABOUT = {"customer_id": graphene.ID(required=True), "tenant_id": TENANT}


class IntelligenceQueries(graphene.ObjectType):
    """Root fields about scores and restriction."""

    customer_scores = graphene.Field(CustomerScores, **ABOUT, resolver=_customer_scores)
    scoring_rules = graphene.Field(ScoringRules, tenant_id=TENANT, resolver=_scoring_rules)
    processing_restricted = graphene.Field(graphene.Boolean, **ABOUT, resolver=_restriction)


class IntelligenceMutations(graphene.ObjectType):
    """Acts on scoring rules, and what the law lets a person ask for."""

    replace_scoring_rules = graphene.Field(
        ScoringRules,
        tenant_id=TENANT,
        rules=JSON(required=True),
        resolver=_replace_scoring_rules,
        description="What is left out becomes as in the product's own rules; everybody is scored anew.",
    )
    erase_customer = graphene.Field(
        Erased,
        **ABOUT,
        reason=Reason(required=True),
        dry_run=graphene.Boolean(default_value=False),
        resolver=_erase_customer,
        description="For good, with everybody who was merged into them; a dry run only counts. As ten requests.",
    )
    restrict_customer = graphene.Field(
        graphene.Boolean,
        **ABOUT,
        restricted=graphene.Boolean(required=True),
        resolver=_restrict_customer,
        description="Restrict processing, or allow it again.",
    )
    export_customer = graphene.Field(
        JSON,
        **ABOUT,
        resolver=_export_customer,
        description="A copy of everything held; a mutation, because it stands in the action log.",
    )
