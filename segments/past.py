"""What was true of a customer at a past moment, as far as it is kept.

The timeline is kept whole, scores and stages with their changes. Of other fields only the newest value is kept, with
its time: one that changed since is not known for earlier, and the answer says so instead of guessing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection

from profiles.models import CustomerProfile, Fact, ScoreHistory, StageChange
from profiles.vocabulary import UNCOUNTED_CATEGORIES
from segments.clock import Clock
from segments.compiler import Parameters, compile_with
from segments.membership import leaf_answers
from segments.models import SegmentTransition
from segments.rules import FieldLeaf, Leaf, Rule, SegmentLeaf, leaves_of
from segments.timeline import BY_PEOPLE
from tenants.models import Tenant

# The figures of the golden row that follow from the timeline, as they were.
FIGURES: Final = f"""
SELECT max(a.occurred_at) FILTER (WHERE counts),
       COALESCE((array_agg(a.type ORDER BY a.occurred_at DESC, a.type DESC) FILTER (WHERE counts))[1], ''),
       count(*) FILTER (WHERE counts AND a.occurred_at > %(at)s - interval '30 days'),
       count(*) FILTER (WHERE counts AND a.occurred_at > %(at)s - interval '90 days'),
       count(*) FILTER (WHERE a.type = 'TEETIME_BOOKED' AND a.occurred_at > %(at)s - interval '30 days'),
       max(a.occurred_at) FILTER (WHERE a.type = 'TEETIME_BOOKED'),
       max(a.occurred_at) FILTER (WHERE a.type = 'EMAIL_OPENED' AND {BY_PEOPLE}),
       max(a.occurred_at) FILTER (WHERE a.type = 'EMAIL_CLICKED' AND {BY_PEOPLE})
FROM profiles_activity AS a CROSS JOIN LATERAL (SELECT a.category <> ALL(%(uncounted)s) AS counts) AS c
WHERE a.tenant_id = %(tenant)s AND a.profile_id = %(person)s AND a.occurred_at <= %(at)s
"""
FIGURE_COLUMNS: Final = (
    "last_activity_at", "last_activity_type", "activity_count_30d", "activity_count_90d", "booking_count_30d",
    "last_booking_at", "last_email_open_at", "last_email_click_at",
)  # fmt: skip
FIGURE_FIELDS: Final = (
    "lastActivityAt", "lastActivityType", "activityCount30d", "activityCount90d", "bookingCount30d",
    "lastBookingAt", "lastEmailOpenAt", "lastEmailClickAt",
)  # fmt: skip
SCORE_FIELDS: Final = {"engagementScore": "engagement", "churnRiskScore": "churn_risk"}
SCORE_COLUMNS: Final = {"engagementScore": "engagement_score", "churnRiskScore": "churn_risk_score"}
# Never change once they are there.
CONSTANT: Final = frozenset({"id", "tenantId", "createdAt"})
# Field → those whose facts make it.
MADE_OF: Final = {
    "age": ("dateOfBirth",),
    "displayName": ("displayName", "firstName", "lastName"),
    "handicapUpdatedAt": ("handicap",),
}
AS_IT_WAS: Final = """
SELECT {answers} FROM (
    SELECT (jsonb_populate_record(q, %(columns)s::jsonb)).* FROM profiles_customerprofile AS q
    WHERE q.tenant_id = %(tenant)s AND q.id = %(person)s) AS p
"""


@dataclass(slots=True)
class Past:
    """Columns of the golden row as they were, and the fields of which that is not known."""

    columns: dict[str, Any] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)


def answers_of(rule: Rule, person: CustomerProfile, tenant: Tenant, clock: Clock) -> list[bool | None]:
    """What each leaf says of a person, in the order of `leaves_of`; None: it is not known any more."""
    if not clock.is_past:
        now: list[bool] = leaf_answers(tenant.pk, rule, [person.pk], clock).get(person.pk, [])
        return list(now)
    leaves = leaves_of(rule.root)
    past = past_of(person, clock, {each.field for each in leaves if isinstance(each, FieldLeaf)})
    answers = _ask(leaves, person.pk, past, tenant, clock)
    for column, value in past.columns.items():
        setattr(person, column, value)
    return answers


def past_of(person: CustomerProfile, clock: Clock, fields: set[str]) -> Past:
    """The values of these fields at the moment of the clock."""
    past = Past(unknown={name for name in fields if name not in CONSTANT})
    if person.created_at <= clock.now:
        _take_scores(past, person, clock)
        _take_stage(past, person, clock)
        _take_figures(past, person, clock)
        _take_facts(past, person, clock)
    return past


def _take_scores(past: Past, person: CustomerProfile, clock: Clock) -> None:
    if not past.unknown & SCORE_FIELDS.keys():
        return
    row = ScoreHistory.objects.filter(profile_id=person.pk, day__lte=clock.today).order_by("-day").first()
    if row is not None:
        for name, attribute in SCORE_FIELDS.items():
            past.columns[SCORE_COLUMNS[name]] = getattr(row, attribute)
            past.unknown.discard(name)


def _take_stage(past: Past, person: CustomerProfile, clock: Clock) -> None:
    if "lifecycleStage" not in past.unknown:
        return
    steps = StageChange.objects.filter(profile_id=person.pk)
    before = steps.filter(changed_at__lte=clock.now).order_by("-changed_at").first()
    if before is not None:
        past.columns["lifecycle_stage"] = before.stage_after
        past.unknown.discard("lifecycleStage")


def _take_figures(past: Past, person: CustomerProfile, clock: Clock) -> None:
    if not past.unknown & set(FIGURE_FIELDS):
        return
    values: dict[str, Any] = {
        "at": clock.now,
        "tenant": person.tenant_id,
        "person": person.pk,
        "uncounted": [str(each) for each in UNCOUNTED_CATEGORIES],
    }
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, values)
        past.columns |= dict(zip(FIGURE_COLUMNS, cursor.fetchone(), strict=True))
    past.unknown -= set(FIGURE_FIELDS)


def _take_facts(past: Past, person: CustomerProfile, clock: Clock) -> None:
    """A field whose newest word is older than the moment stood then as it stands now."""
    newest: dict[str, datetime] = {}
    for name, at in Fact.objects.filter(profile_id=person.pk).values_list("field", "occurred_at"):
        newest[name] = max(at, newest.get(name, at))
    for name in list(past.unknown):
        parts = [newest[each] for each in MADE_OF.get(name, (name,)) if each in newest]
        if parts and max(parts) <= clock.now:
            past.unknown.discard(name)


def _ask(leaves: list[Leaf], person_id: UUID, past: Past, tenant: Tenant, clock: Clock) -> list[bool | None]:
    """The same SQL as ever, on the row as it was."""
    parameters = Parameters("l")
    among = f"SELECT {parameters(person_id, 'uuid')}"
    columns = [compile_with(parameters, each, tenant.pk, clock, among=among) for each in leaves]
    if not columns:
        return []
    values: dict[str, Any] = {
        "tenant": tenant.pk,
        "person": person_id,
        "columns": orjson.dumps(past.columns).decode(),
    }
    with connection.cursor() as cursor:
        cursor.execute(AS_IT_WAS.format(answers=", ".join(columns)), values | parameters.values)
        found = list(cursor.fetchone())
    return [
        _corrected(leaf, answer, person_id, past, clock) for leaf, answer in zip(leaves, found, strict=True)
    ]


def _corrected(leaf: Leaf, answer: bool, person_id: UUID, past: Past, clock: Clock) -> bool | None:
    if isinstance(leaf, FieldLeaf):
        return None if leaf.field in past.unknown else answer
    if isinstance(leaf, SegmentLeaf):
        turns = SegmentTransition.objects.filter(
            segment_id=leaf.segment_id, profile_id=person_id, at__lte=clock.now
        )
        latest = turns.order_by("-at", "-id").first()
        return (latest is not None and latest.is_join) is (leaf.operator == "in")
    return answer
