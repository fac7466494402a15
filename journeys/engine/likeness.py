"""Which steps of a kind can be executed by the same statements, in journeys and versions however many."""

from collections.abc import Callable, Hashable, Mapping
from typing import Final

import orjson

from journeys.engine import awaiting, sending, waits
from journeys.engine.group import Spot


def _all(_: Spot, __: bool) -> Hashable:
    """Every step of the kind."""
    return True


def _saying_the_same(spot: Spot, _: bool) -> Hashable:
    """Steps that say the same, whatever they are called and wherever they lead."""
    said = spot.step.model_dump(mode="json", exclude={"id", "name", "ways"})
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


# By the step, and whether who stands there waited there. Steps of equal likeness are executed together; None: alone.
LIKENESS: Final[Mapping[str, Callable[[Spot, bool], Hashable]]] = {
    "SEND": sending.likeness,
    "WAIT": waits.likeness,
    "WAIT_UNTIL": awaiting.likeness,
    "CONDITION": _saying_the_same,
    "SPLIT": _all,
    "UPDATE": _saying_the_same,
    "WEBHOOK": _all,
    "NOTIFY": _saying_the_same,
    "ENROL": _saying_the_same,
    "GOAL": _all,
    "EXIT": _all,
}
