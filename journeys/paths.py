"""One run's way on the picture of its version: passed, here, not; which way was taken, when and why."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from journeys.models import Run, RunEnded
from journeys.picturing import Node

MOST_VISITS: Final = 3
STATES: Final = {"here": ("info", "Is here"), "passed": ("good", "Passed"), "not": ("", "Not passed")}
ENDED: Final = ("here", "bad", "Left here")


def draw_path(nodes: Mapping[str, Node], lines: Sequence[Mapping[str, Any]], run: Run | RunEnded) -> None:
    """Mark each node by what the story says; of many visits to a step the last few are shown."""
    visits: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines:
        if line["step"]:
            visits.setdefault(line["step"], []).append(line)
    for step_id, node in nodes.items():
        seen = visits.get(step_id, [])
        node.figures = _figures(step_id, seen, run)
        outcomes = {line["outcome"] for line in seen}
        for way in node.ways:
            way.is_taken = way.name in outcomes


def _figures(step_id: str, seen: Sequence[Mapping[str, Any]], run: Run | RunEnded) -> dict[str, Any]:
    is_here = step_id == run.step
    if is_here and isinstance(run, RunEnded) and run.status != "COMPLETED":
        state, tone, said = ENDED
    else:
        state = "here" if is_here and isinstance(run, Run) else "passed" if seen else "not"
        tone, said = STATES[state]
    times = f", {len(seen)} times" if len(seen) > MOST_VISITS else ""
    return {"state": state, "tone": tone, "said": said + times, "visits": seen[-MOST_VISITS:]}
