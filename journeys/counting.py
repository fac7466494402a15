"""How many people a trigger or a condition means now, for the builder: from the same rules, sampled in a large club."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.utils import timezone

from journeys.definition import Definition
from journeys.definition.steps import Condition, WaitUntil
from journeys.definition.triggers import (
    DateTrigger,
    EventTrigger,
    ScheduleTrigger,
    ScoreTrigger,
    SegmentTrigger,
    Trigger,
)
from journeys.definition.vocabulary import activity_types
from segments.preview import count_quickly
from segments.rules import InvalidRule, parse
from tenants.models import Tenant
from tenants.scope import current_tenant_id

MOST_COUNTED: Final = 30
LAST_DAYS: Final = 30
SCORES: Final = {"CHURN": "churnRiskScore", "ENGAGEMENT": "engagementScore"}


class Counted(NamedTuple):
    """`place`: `trigger-0`, or the id of a step. `words` follow the number."""

    place: str
    number: int
    is_exact: bool
    words: str


def counts(definition: Definition, *, now: datetime | None = None) -> list[Counted]:
    """Each trigger that people can be counted for, and each condition on the person; unsound rules are left out."""
    tenant: Tenant = Tenant.objects.get(pk=current_tenant_id())
    found = []
    for place, tree, words in [*_of_triggers(definition), *_of_steps(definition)][:MOST_COUNTED]:
        try:
            counted = count_quickly(parse(tree), tenant, now or timezone.now())
        except InvalidRule:
            continue
        told = _of_one(words) if counted.count == 1 else words
        found.append(Counted(place, counted.count, counted.is_exact, told))
    return found


def _of_one(words: str) -> str:
    """As they follow the number one."""
    for many, one in (("customers fit", "customer fits"), ("people are", "person is"), ("people", "person")):
        words = words.replace(many, one)
    return words.replace("dates", "date")


def _of_steps(definition: Definition) -> Iterator[tuple[str, Any, str]]:
    for step in definition.steps:
        rule = step.rule if isinstance(step, Condition) else None
        rule = step.condition if isinstance(step, WaitUntil) else rule
        if rule is not None:
            yield step.id, rule, "customers fit now"


def _of_triggers(definition: Definition) -> Iterator[tuple[str, Any, str]]:
    for number, trigger in enumerate(definition.triggers):
        asked = _asked(trigger)
        if asked is None:
            continue
        leaf, words = asked
        rules = [leaf, *([trigger.rule] if trigger.rule else [])]
        yield f"trigger-{number}", {"combinator": "AND", "rules": rules}, words


def _asked(trigger: Trigger) -> tuple[Any, str] | None:
    leaf: dict[str, Any]
    if isinstance(trigger, EventTrigger):
        types = list(activity_types(trigger.event))
        leaf = {"event": {"types": types, "count": {"op": "gte", "value": 1}, "inLastDays": LAST_DAYS}}
        return (leaf, f"people in the last {LAST_DAYS} days") if types else None
    if isinstance(trigger, SegmentTrigger | ScheduleTrigger):
        return {"segment": trigger.segment, "operator": "in"}, "people are in it now"
    if isinstance(trigger, ScoreTrigger):
        is_up = trigger.direction == "UP"
        leaf = {"field": SCORES[trigger.score], "operator": "gte" if is_up else "lte", "value": trigger.level}
        return leaf, "people are there now"
    if isinstance(trigger, DateTrigger):
        operator = "anniversaryInNextDays" if trigger.yearly else "inNextDays"
        return {
            "field": trigger.field,
            "operator": operator,
            "value": LAST_DAYS,
        }, f"dates in the next {LAST_DAYS} days"
    return None
