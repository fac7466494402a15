"""Coming round: whoever is at a step for another time, and has waited for nothing in between.

A date that is over and a condition that holds let everybody pass at once. In a circle that would be fifty messages, or
fifty tasks, in one moment: such a run ends at the second round.
"""

from datetime import datetime, timedelta
from typing import Final

from journeys.engine.group import Answer, Group
from journeys.engine.statements import HERE_M

# Who went on from here, and has come round in a circle; and when that was.
CAME_ROUND: Final = f"""
SELECT m.run_id, max(l.at) FROM moving AS m
JOIN journeys_steplog AS l ON l.tenant_id = %(tenant)s AND l.run_id = m.run_id AND l.step = m.step
WHERE {HERE_M} GROUP BY m.run_id
"""
# The shortest wait for a length of time.
SHORTEST_WAIT: Final = timedelta(minutes=1)
WENT_ROUND: Final = "WENT_ROUND"


def came_round(group: Group) -> dict[int, datetime]:
    """Run → when it last left this step; of those who arrive."""
    if group.resumes or not any(spot.definition.has_circle for spot in group.spots):
        return {}
    return dict(group.fetch(CAME_ROUND))


def is_at_once(group: Group, before: datetime | None) -> bool:
    """Whether nothing was waited for since a run left this step."""
    return before is not None and group.now - before < SHORTEST_WAIT


def ended(run_id: int) -> Answer:
    """What becomes of a run that goes round without waiting."""
    return Answer(run_id, outcome=WENT_ROUND, state="FAILED")
