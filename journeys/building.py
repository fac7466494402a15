"""What the builder does to a definition: each act is a pure function from JSON to JSON; and the picture of it."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from journeys.definition import Definition
from journeys.definition.registry import STEPS
from journeys.definition.steps import Step
from journeys.describing import step_words, way_label
from tenants.errors import InvalidError

Json = dict[str, Any]
START: Final = "start"
NEW: Final[Mapping[str, Json]] = {
    "SEND": {"subject": "", "text": ""},
    "WAIT": {"until": {"mode": "DURATION", "amount": 1, "unit": "DAYS"}},
    "WAIT_UNTIL": {"event": {"event": "teetime.booking.created"}, "timeout": {"amount": 7, "unit": "DAYS"}},
    "CONDITION": {},
    "SPLIT": {"branches": [{"id": "a", "name": "A", "weight": 50}, {"id": "b", "name": "B", "weight": 50}]},
    "UPDATE": {},
    "WEBHOOK": {"url": "https://"},
    "NOTIFY": {"title": "Call the customer"},
    "ENROL": {"journey": "-"},
    "GOAL": {},
    "EXIT": {},
}
OUTLETS: Final = {
    "WAIT_UNTIL": ("happened", "timeout"),
    "CONDITION": ("yes", "no"),
    "SPLIT": ("a", "b"),
    "EXIT": (),
}


@dataclass
class Node:
    """A step as it is drawn: the ways of a branching step hold lines of their own."""

    step: Step
    title: str
    icon: str
    words: str
    level: int
    ways: list["Way"] = field(default_factory=list)
    figures: Mapping[str, Any] | None = None
    problems: list[str] = field(default_factory=list)


@dataclass
class Way:
    """One way out: its line of steps, and where that line ends."""

    name: str
    label: str
    place: str
    line: list[Node]
    goto: Node | None = None


class _Drawing:
    """Lays a graph out as a tree: each step once, joins and circles as "go to"."""

    def __init__(self, definition: Definition, names: Mapping[str, str]) -> None:
        self.definition, self.names = definition, names
        self.drawn: dict[str, Node] = {}

    def way(self, name: str, label: str, place: str, step_id: str | None, level: int) -> Way:
        line: list[Node] = []
        way = Way(name, label, place, line)
        while step_id is not None and step_id in self.definition.by_id:
            if step_id in self.drawn:
                way.goto = self.drawn[step_id]
                break
            step = self.definition.by_id[step_id]
            node = Node(
                step,
                step.name or STEPS[step.kind].title,
                STEPS[step.kind].icon,
                step_words(step, self.names),
                level,
            )
            self.drawn[step_id] = node
            line.append(node)
            if step.outlets == ("next",):
                way.place, step_id = f"{step.id}:next", step.way("next")
                continue
            node.ways = [
                self.way(one, way_label(step, one), f"{step.id}:{one}", step.way(one), level + 1)
                for one in step.outlets
            ]
            way.place, step_id = "", None
        return way


def picture(definition: Definition, names: Mapping[str, str] | None = None) -> tuple[Way, dict[str, Node]]:
    """The line from the start, and every node by the id of its step."""
    drawing = _Drawing(definition, names or {})
    return drawing.way(START, "", START, definition.start, 1), drawing.drawn


def lost(definition: Definition) -> list[Step]:
    """Steps to which no way leads."""
    reached = set(definition.walk())
    return [step for step in definition.steps if step.id not in reached]


# --- Acts


def _step(raw: Json, step_id: str) -> Json:
    found: Json | None = next((one for one in raw["steps"] if one["id"] == step_id), None)
    if found is None:
        raise InvalidError("This step is gone: somebody else changed the journey.", field="step")
    return found


def target_at(raw: Json, place: str) -> str | None:
    """The step to which a place (`start`, `step:way`) leads."""
    if place == START:
        start: str | None = raw.get("start")
        return start
    step_id, _, way = place.partition(":")
    target: str | None = _step(raw, step_id)["ways"].get(way)
    return target


def lead(raw: Json, place: str, target: str | None) -> None:
    """Let a place lead to a step, or to the end."""
    if place == START:
        raw["start"] = target
        return
    step_id, _, way = place.partition(":")
    _step(raw, step_id)["ways"][way] = target


def fresh_id(raw: Json, kind: str) -> str:
    """An id that no step has, and that stays."""
    taken = {one["id"] for one in raw["steps"]}
    base = kind.lower().replace("_", "-")
    return next(one for number in range(1, 1000) if (one := f"{base}-{number}") not in taken)


def insert(raw: Json, place: str, kind: str) -> tuple[Json, str]:
    """A new step at a place; what came there comes after it, along its first way."""
    if kind not in NEW:
        raise InvalidError("There is no such kind of step.", field="kind")
    raw = deepcopy(raw)
    step_id, after = fresh_id(raw, kind), target_at(raw, place)
    outlets = OUTLETS.get(kind, ("next",))
    ways = {name: (after if number == 0 else None) for number, name in enumerate(outlets)}
    raw["steps"].append({"id": step_id, "kind": kind, **deepcopy(NEW[kind]), "ways": ways})
    lead(raw, place, step_id)
    return raw, step_id


def delete(raw: Json, step_id: str) -> Json:
    """Without a step: what led to it leads to what came after, along its first way; steps only it led to go as well."""
    raw = deepcopy(raw)
    gone = _step(raw, step_id)
    after = next(iter(gone["ways"].values()), None)
    raw["steps"].remove(gone)
    _redirect(raw, step_id, None if after == step_id else after)
    return _without_lost(raw)


def _redirect(raw: Json, old: str, new: str | None) -> None:
    if raw.get("start") == old:
        raw["start"] = new
    for step in raw["steps"]:
        for way, target in step["ways"].items():
            if target == old:
                step["ways"][way] = new


def _without_lost(raw: Json) -> Json:
    reached: set[str] = set()
    waiting: list[Any] = [raw.get("start")]
    by_id = {one["id"]: one for one in raw["steps"]}
    while waiting:
        here = waiting.pop()
        if here in by_id and here not in reached:
            reached.add(here)
            waiting += by_id[here]["ways"].values()
    raw["steps"] = [one for one in raw["steps"] if one["id"] in reached]
    return raw


def move(raw: Json, step_id: str, direction: str) -> Json:
    """Up or down along its line: two neighbours change places. Only steps with one way out move."""
    raw = deepcopy(raw)
    here = _step(raw, step_id)
    if set(here["ways"]) != {"next"}:
        raise InvalidError(
            "A step with several ways stays where it is: move what is around it.", field="step"
        )
    if direction == "up":
        before = [
            one for one in raw["steps"] if one["ways"].get("next") == step_id and set(one["ways"]) == {"next"}
        ]
        if not before:
            return raw
        return _swap(raw, before[0]["id"], step_id)
    after = here["ways"]["next"]
    if after is None or set(_step(raw, after)["ways"]) != {"next"}:
        return raw
    return _swap(raw, step_id, after)


def _swap(raw: Json, first: str, second: str) -> Json:
    one, two = _step(raw, first), _step(raw, second)
    _redirect(raw, first, second)
    one["ways"]["next"], two["ways"]["next"] = two["ways"]["next"], first
    return raw


def copy_branch(raw: Json, step_id: str, place: str) -> Json:
    """A step and all that comes after it once more, at the end of a way."""
    raw = deepcopy(raw)
    by_id = {one["id"]: one for one in raw["steps"]}
    wanted = list(_after(by_id, step_id))
    names: dict[str, str] = {}
    for one in wanted:
        copied = deepcopy(by_id[one])
        copied["id"] = names[one] = fresh_id(raw, copied["kind"])
        raw["steps"].append(copied)
    for one in wanted:
        copied = _step(raw, names[one])
        copied["ways"] = {way: names.get(target, target) for way, target in copied["ways"].items()}
    lead(raw, place, names[step_id])
    return raw


def _after(by_id: Mapping[str, Json], step_id: str) -> Iterator[str]:
    seen: set[str] = set()
    waiting: list[Any] = [step_id]
    while waiting:
        here = waiting.pop()
        if here in by_id and here not in seen:
            seen.add(here)
            yield here
            waiting += by_id[here]["ways"].values()


def connect(raw: Json, place: str, target: str | None) -> Json:
    """Let a way go on at a step that is there already, or end."""
    raw = deepcopy(raw)
    if target is not None:
        _step(raw, target)
    lead(raw, place, target)
    return raw


def replace(raw: Json, step_id: str, fields: Mapping[str, Any]) -> Json:
    """Other particulars of a step; ways that the new ones do not have are dropped."""
    raw = deepcopy(raw)
    step = _step(raw, step_id)
    kept = {"id": step["id"], "kind": step["kind"], "ways": step["ways"]}
    step.clear()
    step |= {**fields, **kept}
    if step["kind"] == "SPLIT":
        step["ways"] = {one["id"]: step["ways"].get(one["id"]) for one in step.get("branches", [])}
    return raw
