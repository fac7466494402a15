"""Time goes by for what waits."""

from crm_platform.bench.moved_clock import Doubts
from social.publishing.working import drain


def minutes_in_doubt(minutes: int) -> int:
    """Work minute by minute; the longest time for which a target was UNKNOWN."""
    doubts = Doubts()
    for _ in range(minutes):
        drain(60)
        doubts.tick()
    return doubts.longest
