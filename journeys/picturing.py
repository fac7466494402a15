"""The picture of a definition: a tree in which each step stands once, and joins and circles are "go to" signs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from journeys.definition import Definition
from journeys.definition.registry import STEPS
from journeys.definition.steps import Step
from journeys.describing import step_words, way_label
from tenants.errors import InvalidError

Json = dict[str, Any]
START: Final = "start"
# A way that a step has only where staff chose it.
OTHER_WAY: Final = {"SEND": "skipped", "WEBHOOK": "failed"}


@dataclass
class Mark:
    """What a page says about a step: `tone` colours it, `words` say the same."""

    tone: str
    words: str
    details: list[str] = field(default_factory=list)


@dataclass
class Node:
    """A step as it is drawn: the ways of a branching step hold lines of their own. `place` leads to it."""

    step: Step
    title: str
    icon: str
    words: str
    level: int
    place: str = ""
    ways: list["Way"] = field(default_factory=list)
    figures: Mapping[str, Any] | None = None
    problems: list[str] = field(default_factory=list)
    mark: Mark | None = None
    is_gone: bool = False

    @property
    def moves(self) -> bool:
        """Whether it can change places with its neighbours: it has one way out."""
        return self.step.outlets == ("next",)


@dataclass
class Way:
    """One way out: its line of steps, and where that line ends. `start`: the place from which it begins."""

    name: str
    label: str
    place: str
    line: list[Node]
    goto: Node | None = None
    start: str = ""
    is_taken: bool = False

    @property
    def count(self) -> int:
        """How many steps it holds, those of its own ways included."""
        return sum(1 + sum(way.count for way in node.ways) for node in self.line)


class _Drawing:
    """Lays a graph out as a tree: each step once, joins and circles as "go to"."""

    def __init__(self, definition: Definition, names: Mapping[str, str]) -> None:
        self.definition, self.names = definition, names
        self.titles = {one.id: one.name or STEPS[one.kind].title for one in definition.steps}
        self.drawn: dict[str, Node] = {}

    def way(self, name: str, label: str, place: str, step_id: str | None, level: int) -> Way:
        line: list[Node] = []
        way = Way(name, label, place, line, start=place)
        while step_id is not None and step_id in self.definition.by_id:
            if step_id in self.drawn:
                way.goto = self.drawn[step_id]
                break
            step = self.definition.by_id[step_id]
            node = Node(
                step,
                step.name or STEPS[step.kind].title,
                STEPS[step.kind].icon,
                step_words(step, self.names, titles=self.titles),
                level,
                way.place,
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


def loose_lines(definition: Definition, names: Mapping[str, str] | None = None) -> list[Way]:
    """Lines of steps to which no way leads, each from its first step; empty in a sound journey."""
    drawing = _Drawing(definition, names or {})
    drawing.way(START, "", START, definition.start, 1)
    led_to = {step.way(name) for step in definition.steps for name in step.outlets}
    firsts = [step.id for step in definition.steps if step.id not in led_to]
    others = [step.id for step in definition.steps]
    return [
        drawing.way("", "", "", step_id, 1)
        for step_id in dict.fromkeys(firsts + others)
        if step_id not in drawing.drawn
    ]


def places(definition: Definition) -> list[tuple[str, str]]:
    """(place, words) of every place at which a step can stand, in the order of the picture."""
    found = [(START, "at the beginning")]
    for node in picture(definition)[1].values():
        for name in node.step.outlets:
            label = way_label(node.step, name)
            found.append(
                (f"{node.step.id}:{name}", f"after “{node.title}”" + (f", {label}" if label else ""))
            )
    return found


def target_at(raw: Json, place: str) -> str | None:
    """The step to which a place (`start`, `step:way`) leads; raises InvalidError for a step that is gone."""
    if place == START:
        start: str | None = raw.get("start")
        return start
    step_id, _, way = place.partition(":")
    found: Json | None = next((one for one in raw["steps"] if one["id"] == step_id), None)
    if found is None:
        raise InvalidError("This step is gone: somebody else changed the journey.", field="step")
    target: str | None = found["ways"].get(way)
    return target
