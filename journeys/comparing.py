"""What a draft changes in the version that runs: one picture of both, each step marked in colour and in words. Pure.

What is gone stands where it stood, behind what is left of the steps before it. Moved are the fewest steps that explain
the new order: of those that both versions have in one line, all but a longest run in the old order.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from journeys.definition import Definition
from journeys.definition.registry import STEPS
from journeys.definition.steps import Step
from journeys.describing import entry_words, leaving_words, trigger_words, way_label
from journeys.picturing import START, Mark, Node, Way, picture

LONGEST: Final = 90
ADDED, GONE, CHANGED, MOVED = "New", "Removed", "Changed", "Moved"


@dataclass
class Difference:
    """The picture, and what changes beside the steps: (what, words). `counts`: how many steps of each mark."""

    way: Way
    around: list[tuple[str, str]]
    counts: list[tuple[str, int]]

    @property
    def is_empty(self) -> bool:
        """Whether both say the same."""
        return not self.around and not self.counts


def compare(before: Definition | None, after: Definition, names: Mapping[str, str]) -> Difference:
    """Everything that differs; without a version before, all is new and nothing is marked."""
    way, new = picture(after, names)
    if before is None:
        return Difference(way, [], [])
    was, old = picture(before, names)
    moved = _moved(old, new)
    signs = _signs(was), _signs(way)
    for step_id, node in new.items():
        node.mark = _mark(old.get(step_id), node, step_id in moved, signs)
    for step_id, node in old.items():
        if step_id not in new:
            _put_back(node, old, new, way)
    counts: dict[str, int] = {}
    for mark in (node.mark for node in new.values() if node.mark):
        for words in mark.words.split(", "):
            counts[words] = counts.get(words, 0) + 1
    gone = len(set(old) - set(new))
    counts |= {GONE: gone} if gone else {}
    return Difference(way, _around(before, after, names), list(counts.items()))


def _mark(
    old: Node | None, node: Node, is_moved: bool, signs: tuple[Mapping[str, str], Mapping[str, str]]
) -> Mark | None:
    if old is None:
        return Mark("good", ADDED)
    details = [
        *_fields(old, node),
        *_ways(old.step, node.step),
        *_ends(old.step, node.step, *signs),
    ]
    words = ([CHANGED] if details else []) + ([MOVED] if is_moved else [])
    if not words:
        return None
    return Mark("info" if details else "warn", ", ".join(words), details)


def _fields(before: Node, after: Node) -> list[str]:
    """Each field that differs, as before → after; what is no plain value, by the line of the whole step."""
    old, new = before.step, after.step
    if old.kind != new.kind:
        return [f"{STEPS[old.kind].title} → {STEPS[new.kind].title}"]
    one, other = old.model_dump(mode="json"), new.model_dump(mode="json")
    titles = {
        name: info.title or name.replace("_", " ").capitalize()
        for name, info in type(new).model_fields.items()
    }
    differing = [
        name for name in other if name not in ("id", "kind", "ways") and one.get(name) != other[name]
    ]
    plain = [name for name in differing if _is_plain(one.get(name)) and _is_plain(other[name])]
    found = [f"{titles[name]}: {_short(one[name])} → {_short(other[name])}" for name in plain]
    if len(plain) < len(differing):
        same = before.words == after.words
        found.insert(0, "Its particulars" if same else f"{_short(before.words)} → {_short(after.words)}")
    return found


def _is_plain(value: Any) -> bool:
    """Whether a value reads well by itself: a text, a number, or a list of such."""
    return not isinstance(value, dict) and not (
        isinstance(value, list) and any(isinstance(one, dict) for one in value)
    )


def _short(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(_short(one) for one in value) if isinstance(value, list) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _ways(old: Step, new: Step) -> list[str]:
    """Ways that came, went, or are called otherwise; where they lead the picture shows."""
    if old.kind != new.kind:
        return []
    gone = [f"Without the way “{way_label(old, one)}”" for one in old.outlets if one not in new.outlets]
    return gone + [f"With the way “{way_label(new, one)}”" for one in new.outlets if one not in old.outlets]


def _signs(way: Way) -> dict[str, str]:
    """Place at which a line ends → the step to which it goes on."""
    found = {way.place: way.goto.title} if way.goto else {}
    for node in way.line:
        for one in node.ways:
            found |= _signs(one)
    return found


def _ends(old: Step, new: Step, was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Ways that go on at a step elsewhere since, or do so no longer."""
    found = []
    for name in new.outlets:
        place = f"{new.id}:{name}"
        if (
            name in old.outlets
            and old.ways.get(name) != new.ways.get(name)
            and was.get(place) != now.get(place)
        ):
            label = way_label(new, name)
            where = f"goes on at “{now[place]}”" if place in now else f"no longer goes on at “{was[place]}”"
            found.append(f"The way “{label}” {where}" if label else f"{where[:1].upper()}{where[1:]}")
    return found


# --- Order


def _context(step_id: str, nodes: Mapping[str, Node], known: set[str]) -> str:
    """The line in which a step stands: the way of the nearest branching step that both versions have."""
    place = nodes[step_id].place
    while place != START:
        parent, _, way = place.partition(":")
        if not nodes[parent].moves and parent in known:
            return f"{parent}:{way}"
        place = nodes[parent].place
    return START


def _moved(old: Mapping[str, Node], new: Mapping[str, Node]) -> set[str]:
    known = set(old) & set(new)
    lines: dict[str, list[str]] = {}
    moved = set()
    for step_id in new:
        if step_id not in known or not new[step_id].place or not old[step_id].place:
            continue
        context = _context(step_id, new, known)
        if context == _context(step_id, old, known):
            lines.setdefault(context, []).append(step_id)
        else:
            moved.add(step_id)
    order = {step_id: number for number, step_id in enumerate(old)}
    for line in lines.values():
        moved |= set(line) - _longest_run(line, order)
    return moved


def _longest_run(line: list[str], order: Mapping[str, int]) -> set[str]:
    """A longest part of a line that stands in the old order."""
    ends: list[int] = []
    last: list[str] = []
    before: dict[str, str | None] = {}
    for step_id in line:
        place = bisect_left(ends, order[step_id])
        before[step_id] = last[place - 1] if place else None
        if place == len(ends):
            ends.append(order[step_id])
            last.append(step_id)
        else:
            ends[place], last[place] = order[step_id], step_id
    found: set[str] = set()
    here = last[-1] if last else None
    while here is not None:
        found.add(here)
        here = before[here]
    return found


# --- What is gone


def _put_back(node: Node, old: Mapping[str, Node], new: Mapping[str, Node], way: Way) -> None:
    """Draw a step that is gone behind what is left of those before it."""
    place, via = node.place, ""
    while place != START and place.partition(":")[0] not in new:
        parent = old[place.partition(":")[0]]
        label = way_label(parent.step, place.partition(":")[2])
        via = via or label
        place = parent.place
    details = [f"It stood on the way “{via}”"] if via else []
    ghost = replace(node, ways=[], is_gone=True, mark=Mark("bad", GONE, details))
    if place == START:
        _behind_ghosts(way.line, 0, ghost)
        return
    parent_id, _, name = place.partition(":")
    for line, number in _lines(way):
        if line[number].step.id == parent_id and not line[number].is_gone:
            branch = next((one for one in line[number].ways if one.name == name), None)
            if branch is not None:
                _behind_ghosts(branch.line, 0, ghost)
            else:
                _behind_ghosts(line, number + 1, ghost)
            return


def _behind_ghosts(line: list[Node], number: int, ghost: Node) -> None:
    while number < len(line) and line[number].is_gone:
        number += 1
    line.insert(number, ghost)


def _lines(way: Way) -> list[tuple[list[Node], int]]:
    found = [(way.line, number) for number in range(len(way.line))]
    for node in way.line:
        for one in node.ways:
            found += _lines(one)
    return found


# --- Beside the steps


def _around(before: Definition, after: Definition, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Starts, entry, goal and exits: what is new and what is gone."""

    def said(one: Definition) -> list[str]:
        starts = [f"Starts when: {trigger_words(trigger, names)}" for trigger in one.triggers]
        clock = [f"Clock: {one.timezone}"] if one.timezone else []
        return [*starts, *entry_words(one), *leaving_words(one, names), *clock]

    was, now = said(before), said(after)
    rows = [(GONE, words) for words in was if words not in now] + [
        (ADDED, words) for words in now if words not in was
    ]
    if not rows and before.model_dump(exclude={"steps", "start"}) != after.model_dump(
        exclude={"steps", "start"}
    ):
        rows.append((CHANGED, "Particulars of the starts, the exits or the goal"))
    return rows
