"""SPLIT with a winner: once enough people went each way, and one way is better at every look, new people go that way.

Judged by the journey's goal with the statistics of campaigns. The change is a version like any other, published by the
rule; those inside stay where they are, and a branch that is a hold-out neither wins nor loses.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection, transaction

from campaigns.statistics import Rate, judge
from journeys import lifecycle
from journeys.definition import parse
from journeys.definition.steps import Split
from journeys.drafts import draft_of, get_journey, live_version, save_draft
from journeys.models import Journey, JourneyStatus
from journeys.versions import definition_of
from tenants.actors import acting_as, program

# By way: who went it (once each), and who of them reached the goal.
OUTCOMES: Final = """
SELECT l.outcome, count(*), count(c.id) FROM (
    SELECT DISTINCT ON (s.run_id) s.run_id, s.outcome FROM journeys_steplog AS s
    WHERE s.tenant_id = %(tenant)s AND s.step = %(step)s AND s.version_id IN (
        SELECT id FROM journeys_journeyversion WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s)
    ORDER BY s.run_id, s.move
) AS l LEFT JOIN journeys_conversion AS c
  ON c.tenant_id = %(tenant)s AND c.subject = 'RUN' AND c.subject_id = l.run_id
GROUP BY l.outcome
"""
RULE: Final = program("rule")


def arms_of(journey: Journey, step: Split) -> dict[str, Rate]:
    """Way → how many of its people reached the goal."""
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES, {"tenant": journey.tenant_id, "journey": journey.pk, "step": step.id})
        return {way: Rate(reached, people) for way, people, reached in cursor.fetchall()}


def verdict(journey: Journey, step: Split) -> dict[str, Any] | None:
    """What the experiment says now; None where too few came for a word."""
    contenders = [one for one in step.branches if not one.is_holdout and one.weight]
    found = arms_of(journey, step)
    arms = [found.get(one.id, Rate(0, 0)) for one in contenders]
    if step.winner is None or len(contenders) < 2 or min(arm.trials for arm in arms) == 0:  # noqa: PLR2004
        return None
    said = judge(arms, planned=step.winner.fewest)
    return {
        "step": step.id,
        "winner": contenders[said.leader].id,
        "name": contenders[said.leader].name,
        "isCertain": said.is_certain and said.chances[said.leader] >= step.winner.certainty,
        "isEnough": min(arm.trials for arm in arms) >= step.winner.fewest,
        "ways": [
            {
                "id": one.id, "name": one.name, "people": arm.trials, "reached": arm.successes,
                "probabilityBest": round(chance, 4),
            }
            for one, arm, chance in zip(contenders, arms, said.chances, strict=True)
        ],
    }  # fmt: skip


def verdicts(journey: Journey) -> list[dict[str, Any]]:
    """Of every split of the live version that looks for a winner."""
    version = live_version(journey)
    if version is None:
        return []
    splits = [one for one in definition_of(version.pk).steps if isinstance(one, Split) and one.winner]
    return [found for one in splits if (found := verdict(journey, one)) is not None]


def decide_all() -> int:
    """Let the winners of the open scope's club win; returns how many versions were published."""
    made = 0
    for journey in Journey.objects.filter(status=JourneyStatus.ACTIVE):
        won = {
            one["step"]: one["winner"] for one in verdicts(journey) if one["isCertain"] and one["isEnough"]
        }
        if won:
            made += _let_win(journey, won)
    return made


def _let_win(journey: Journey, won: dict[str, str]) -> bool:
    """Publish the live version with new weights, unless staff are changing the journey: then the draft is theirs."""
    with transaction.atomic(), acting_as(RULE):
        journey = get_journey(journey.pk, for_update=True)
        version = live_version(journey)
        if version is None or parse(draft_of(journey).definition).fingerprint != version.fingerprint:
            return False
        raw = {**version.definition, "steps": [_reweighed(one, won) for one in version.definition["steps"]]}
        save_draft(journey, raw, f"The best way won: {', '.join(won.values())}")
        lifecycle.publish(journey.pk, note="The best way takes all new people.", is_rule=True)
    return True


def _reweighed(step: dict[str, Any], won: dict[str, str]) -> dict[str, Any]:
    if step["id"] not in won:
        return step
    branches: Sequence[dict[str, Any]] = step["branches"]
    total = sum(one["weight"] for one in branches if not one.get("isHoldout"))
    weighed = [
        one if one.get("isHoldout") else {**one, "weight": total if one["id"] == won[step["id"]] else 0}
        for one in branches
    ]
    return {**step, "branches": weighed, "winner": None}
