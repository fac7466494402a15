"""What the builder does to a definition: each act is a pure function from JSON to JSON."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from journeys.definition import parse
from journeys.definition.registry import STEPS
from journeys.picturing import OTHER_WAY, START, picture, target_at
from tenants.errors import InvalidError

Json = dict[str, Any]
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


def _step(raw: Json, step_id: str) -> Json:
    found: Json | None = next((one for one in raw["steps"] if one["id"] == step_id), None)
    if found is None:
        raise InvalidError("This step is gone: somebody else changed the journey.", field="step")
    return found


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
    """A new step at a place; what came there comes after it, along its first way. Raises InvalidError."""
    if kind not in NEW:
        raise InvalidError("There is no such kind of step.", field="kind")
    raw = deepcopy(raw)
    step_id, after = fresh_id(raw, kind), target_at(raw, place)
    outlets = OUTLETS.get(kind, ("next",))
    if not outlets and after is not None:
        raise InvalidError(
            f"After “{STEPS[kind].title}” nothing can come: add it where a way ends.", field="kind"
        )
    ways = {name: (after if number == 0 else None) for number, name in enumerate(outlets)}
    raw["steps"].append({"id": step_id, "kind": kind, **deepcopy(NEW[kind]), "ways": ways})
    lead(raw, place, step_id)
    return raw, step_id


def delete(raw: Json, step_id: str) -> Json:
    """Without a step: what led to it leads to what came after, along its first way; steps only it led to go as well.

    Steps that nothing led to before stay.
    """
    raw = deepcopy(raw)
    loose = {one["id"] for one in raw["steps"]} - _reached(raw)
    gone = _step(raw, step_id)
    first = next(iter(_way_names(gone)), None)
    after = gone["ways"][first] if first else None
    raw["steps"].remove(gone)
    _redirect(raw, step_id, None if after == step_id else after)
    kept = _reached(raw) | loose
    raw["steps"] = [one for one in raw["steps"] if one["id"] in kept]
    return raw


def _redirect(raw: Json, old: str, new: str | None) -> None:
    if raw.get("start") == old:
        raw["start"] = new
    for step in raw["steps"]:
        for way, target in step["ways"].items():
            if target == old:
                step["ways"][way] = new


def _reached(raw: Json) -> set[str]:
    by_id = {one["id"]: one for one in raw["steps"]}
    return set(_after(by_id, raw.get("start")))


def _way_names(step: Json) -> list[str]:
    """The ways of a step in the order in which they are drawn; the database keeps no order of keys."""
    order = OUTLETS.get(step["kind"], ("next",))
    if step["kind"] == "SPLIT":
        order = tuple(one["id"] for one in step.get("branches", []))
    return sorted(step["ways"], key=lambda name: order.index(name) if name in order else len(order))


def _is_single(step: Json) -> bool:
    return set(step["ways"]) == {"next"}


def _place_of(raw: Json, step_id: str) -> str:
    """From where the picture draws a step."""
    node = picture(parse(raw))[1].get(step_id)
    if node is None:
        raise InvalidError("Nothing leads to this step: connect it first.", field="step")
    return node.place


def move(raw: Json, step_id: str, direction: str) -> Json:
    """Up or down the picture by one: past a neighbour, into the first way of a branching step, or out of a way.

    Raises InvalidError where it cannot go further, and for a step with several ways (`relocate` moves its branch).
    """
    raw = deepcopy(raw)
    here = _step(raw, step_id)
    if not _is_single(here):
        raise InvalidError(
            "A step with several ways moves with all that follows: use “Move to”.", field="step"
        )
    return _up(raw, here) if direction == "up" else _down(raw, here)


def _up(raw: Json, here: Json) -> Json:
    place = _place_of(raw, here["id"])
    if place == START:
        raise InvalidError("It is the first step already.", field="step")
    parent = _step(raw, place.partition(":")[0])
    lead(raw, place, here["ways"]["next"])
    _redirect(raw, parent["id"], here["id"])
    here["ways"]["next"] = parent["id"]
    return raw


def _down(raw: Json, here: Json) -> Json:
    after = here["ways"]["next"]
    if after is None:
        raise InvalidError("It is the last step of its way already.", field="step")
    if _place_of(raw, after) != f"{here['id']}:next":
        raise InvalidError("The way goes on at a step that stands elsewhere.", field="step")
    neighbour = _step(raw, after)
    way = next(iter(_way_names(neighbour)), None)
    if way is None:
        raise InvalidError("After this step the way ends.", field="step")
    _redirect(raw, here["id"], after)
    here["ways"]["next"], neighbour["ways"][way] = neighbour["ways"][way], here["id"]
    return raw


def relocate(raw: Json, step_id: str, place: str) -> Json:
    """A step to another place; one with several ways takes all that follows along. Raises InvalidError."""
    raw = deepcopy(raw)
    here = _step(raw, step_id)
    if place.partition(":")[0] == step_id or target_at(raw, place) == step_id:
        raise InvalidError("It stands there already.", field="place")
    if _is_single(here):
        _redirect(raw, step_id, here["ways"]["next"])
        here["ways"]["next"] = target_at(raw, place)
        lead(raw, place, step_id)
        return raw
    by_id = {one["id"]: one for one in raw["steps"]}
    if place.partition(":")[0] in set(_after(by_id, step_id)):
        raise InvalidError("Choose a place outside of what moves.", field="place")
    lead(raw, _place_of(raw, step_id), None)
    _put(raw, place, step_id, set(_after(by_id, step_id)))
    return raw


def copy_branch(raw: Json, step_id: str, place: str) -> Json:
    """A step and all that comes after it once more, at a place; what came there follows at the copy's first end.

    Raises InvalidError.
    """
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
    _put(raw, place, names[step_id], set(names.values()))
    return raw


def _put(raw: Json, place: str, first: str, branch: set[str]) -> None:
    """Let a place lead to a branch, and the first loose end of the branch to what came there.

    Where the branch has no such end, what came there must have another way to it.
    """
    after = target_at(raw, place)
    lead(raw, place, first)
    if after is None or after in branch:
        return
    ends = (
        (step, way)
        for step in raw["steps"]
        if step["id"] in branch
        for way in _way_names(step)
        if step["ways"][way] is None
    )
    end = next(ends, None)
    if end is None and after in _reached(raw):
        return
    if end is None:
        raise InvalidError(
            "No way of it ends where the other steps could go on: choose the end of a way.", field="place"
        )
    end[0]["ways"][end[1]] = after


def _after(by_id: Mapping[str, Json], step_id: Any) -> Iterator[str]:
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


def replace(raw: Json, step_id: str, fields: Mapping[str, Any], *, other_way: bool | None = None) -> Json:
    """Other particulars of a step; what `fields` does not name stays as it is. Ways that it loses are dropped.

    `other_way`: whether a message that is skipped (a call that fails) takes a way of its own; None: as it is.
    """
    raw = deepcopy(raw)
    step = _step(raw, step_id)
    step |= {**fields, "id": step["id"], "kind": step["kind"], "ways": step["ways"]}
    if step["kind"] == "SPLIT":
        step["ways"] = {one["id"]: step["ways"].get(one["id"]) for one in step.get("branches", [])}
    if other_way is not None and (name := OTHER_WAY.get(step["kind"])):
        if other_way:
            step["ways"].setdefault(name, None)
        else:
            step["ways"].pop(name, None)
    return raw
