"""Entering by a score that crosses a level, with a level from which on the trigger may fire again."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from events.consumers import Entry
from journeys.definition.triggers import Direction, Score, ScoreTrigger, Trigger
from journeys.entering import Entrant
from journeys.models import Journey, ScoreLatch


def crosses(trigger: ScoreTrigger, before: Any, after: Any) -> bool:
    """Whether two stored scores lie on both sides of the level; a first score crosses nothing."""
    if before is None or after is None:
        return False
    if trigger.direction == "UP":
        return bool(before < trigger.level <= after)
    return bool(before > trigger.level >= after)


def rearms(trigger: ScoreTrigger, after: Any) -> bool:
    """Whether a score lies past the level from which on the trigger may fire again."""
    if after is None:
        return False
    return bool(after < trigger.rearm) if trigger.direction == "UP" else bool(after > trigger.rearm)


def _number(trigger: ScoreTrigger, triggers: Sequence[Trigger]) -> int:
    """Names what a trigger asks, whatever other triggers come and go: of those that ask the same, by their order."""
    asked = [trigger.score, trigger.direction, trigger.level]
    same = [
        one
        for one in triggers
        if isinstance(one, ScoreTrigger) and [one.score, one.direction, one.level] == asked
    ]
    kind = 2 * list(Score).index(trigger.score) + list(Direction).index(trigger.direction)
    return (kind * 101 + trigger.level) * 10 + same.index(trigger)


def crossings(
    journey: Journey,
    trigger: ScoreTrigger,
    triggers: Sequence[Trigger],
    scored: Sequence[Entry],
    now: datetime,
) -> Iterator[Entrant]:
    """Who enters by a score; keeps each person's latch, so that a swinging score enters nobody twice."""
    number = _number(trigger, triggers)
    name = "churnRisk" if trigger.score == "CHURN" else "engagement"
    mine = ScoreLatch.objects.filter(
        journey_id=journey.pk, trigger=number, profile_id__in=[one.profile_id for one in scored]
    )
    latches = {one.profile_id: one for one in mine}
    for one in scored:
        before, after = one.data.get(name) or (None, None)
        latch = latches.get(one.profile_id)
        if latch is not None and not latch.is_armed and rearms(trigger, after):
            latch.is_armed = True
            latch.save()
        if not crosses(trigger, before, after) or one.profile_id is None:
            continue
        if latch is not None and (
            not latch.is_armed or now - latch.fired_at < timedelta(days=trigger.min_gap_days)
        ):
            continue
        if latch is None:
            latch = latches[one.profile_id] = ScoreLatch(
                tenant_id=journey.tenant_id, journey_id=journey.pk, profile_id=one.profile_id, trigger=number
            )
        latch.fired_at, latch.is_armed = now, False
        latch.save()
        yield Entrant(
            one.profile_id, cause="SCORE", data={"score": name, "before": before, "after": after}, at=one.at
        )
