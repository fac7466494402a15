"""Whether a definition can run: every problem with its step and what would be right. Pure; `World` knows the club."""

from collections.abc import Callable, Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Final

from journeys import clocks
from journeys.definition.advice import advise
from journeys.definition.graph import Definition
from journeys.definition.parts import ELAPSED_LIMIT_DAYS, Length, UntilDate
from journeys.definition.problems import Problem, Weight
from journeys.definition.steps import (
    Condition,
    Enrol,
    Notify,
    Send,
    Split,
    Step,
    Update,
    Wait,
    WaitUntil,
    Webhook,
    title,
)
from journeys.definition.triggers import (
    DateTrigger,
    EventExit,
    EventTrigger,
    Policy,
    ScheduleTrigger,
    ScoreTrigger,
    SegmentExit,
    SegmentTrigger,
    Trigger,
)
from journeys.definition.vocabulary import DATE_FIELDS, TRIGGER_DATES, activity_types

# What a run is called in texts, beside what it learned.
RESERVED = frozenset({"key", "enteredAt", "path"})


def _anything(_: object) -> str | None:
    return None


@dataclass(frozen=True)
class World:
    """What the club has. None: not asked, everything is taken for known.

    `quiet_hours`: from and until; `consents`: channel → how many agreed to marketing by it.
    `check_rule`, `check_text` and `check_url` say what is wrong with a rule tree, a Liquid text, an address;
    None: nothing.
    """

    segments: Collection[str] | None = None
    static_segments: Collection[str] | None = None
    journeys: Collection[str] | None = None
    templates: Container[str] | None = None
    secrets: Collection[str] | None = None
    stages: Collection[str] | None = None
    check_rule: Callable[[object], str | None] = field(default=_anything)
    check_text: Callable[[str], str | None] = field(default=_anything)
    check_url: Callable[[str], str | None] = field(default=_anything)
    has_quiet_hours: bool = True
    quiet_hours: tuple[time, time] | None = None
    consents: Mapping[str, int] | None = None


def check(definition: Definition, world: World | None = None) -> list[Problem]:
    """Every problem, errors first; an empty list means that it can be published."""
    world = world or World()
    problems = [
        *_check_graph(definition),
        *_check_triggers(definition, world),
        *(problem for step in definition.steps for problem in _check_step(step, definition, world)),
        *_check_exits(definition, world),
        *advise(definition, world),
    ]
    return sorted(problems, key=lambda problem: not problem.is_error)


# --- The graph


def _check_graph(definition: Definition) -> Iterator[Problem]:
    if not definition.triggers:
        yield Problem("NO_TRIGGER", "Nobody can enter: choose what starts it, or “By hand”.")
    if not definition.steps:
        yield Problem("NO_STEPS", "There is no step yet: add one with +.")
        return
    yield from _check_ids(definition)
    if definition.start is None or definition.start not in definition.by_id:
        yield Problem(
            "NO_START", f"The first step {definition.start!r} does not exist: choose one of the steps."
        )
        return
    reached = set(definition.walk())
    for step in definition.steps:
        yield from _check_ways(step, definition)
        if step.id not in reached:
            yield Problem(
                "UNREACHABLE", f"No way leads to step {title(step)}: connect it, or delete it.", step.id
            )
    yield from _check_loops(definition, reached)


def _check_ids(definition: Definition) -> Iterator[Problem]:
    seen: set[str] = set()
    for step in definition.steps:
        if step.id in seen:
            yield Problem("DUPLICATE_STEP", f"Two steps have the id {step.id!r}: give one another.", step.id)
        seen.add(step.id)


def _check_ways(step: Step, definition: Definition) -> Iterator[Problem]:
    for name in step.outlets:
        if name not in step.ways and name not in step.optional:
            yield Problem(
                "MISSING_WAY",
                f"Step {title(step)} has no way “{name}”: say where it leads, or null for the end.",
                step.id,
            )
    for name, target in step.ways.items():
        if name not in step.outlets:
            ways = ", ".join(step.outlets) or "none"
            yield Problem(
                "UNKNOWN_WAY", f"Step {title(step)} has no way called “{name}”; it has: {ways}.", step.id
            )
        elif target is not None and target not in definition.by_id:
            yield Problem(
                "UNKNOWN_STEP",
                f"The way “{name}” of step {title(step)} leads to {target!r}, which does not exist.",
                step.id,
            )


def _check_loops(definition: Definition, reached: set[str]) -> Iterator[Problem]:
    for group in _circles(definition, reached):
        steps = [definition.by_id[one] for one in sorted(group)]
        names = ", ".join(title(step) for step in steps)
        if not _breaks(definition, group):
            yield Problem(
                "LOOP_WITHOUT_WAIT",
                f"The steps {names} run in a circle without waiting: put a wait into it.",
                steps[0].id,
            )
        elif not _breaks(definition, group, surely=True):
            yield Problem(
                "CIRCLE_MAY_NOT_WAIT",
                f"In the circle {names} there may be nothing to wait for: a date that is over, or a condition that"
                " holds. Whoever comes round at once is taken out; put a wait for a length of time into it.",
                steps[0].id,
                Weight.WARNING,
            )
        if not any(
            target is None or target not in group for step in steps for target in _targets(definition, step)
        ):
            yield Problem(
                "NO_WAY_OUT",
                f"From the steps {names} nobody ever gets out: add a way to the end.",
                steps[0].id,
            )


def _breaks(definition: Definition, group: set[str], *, surely: bool = False) -> bool:
    """Whether every circle of the group waits somewhere: without the waiting steps no circle is left.

    `surely`: whatever the date that is waited for, and whether a condition holds.
    """
    waits = _surely_waits if surely else _waits
    rest = {one for one in group if not waits(definition.by_id[one])}
    return not any(True for _ in _circles(definition, rest))


def _waits(step: Step) -> bool:
    return step.waits


def _surely_waits(step: Step) -> bool:
    if isinstance(step, WaitUntil):
        return step.condition is None
    return isinstance(step, Wait) and (not isinstance(step.until, UntilDate) or step.until.yearly)


def _targets(definition: Definition, step: Step) -> list[str | None]:
    return [step.way(name) for name in step.outlets]


def _circles(definition: Definition, among: set[str]) -> Iterator[set[str]]:
    """Strongly connected groups that contain a circle."""
    ahead = {one: _ahead(definition, one, among) for one in among}
    done: set[str] = set()
    for one in sorted(among):
        if one in done or one not in ahead[one]:
            continue
        group = {other for other in ahead[one] if one in ahead[other]}
        done |= group
        yield group


def _ahead(definition: Definition, start: str, among: set[str]) -> set[str]:
    """What can be reached from a step by at least one way, inside the group."""
    seen: set[str] = set()
    waiting = _targets(definition, definition.by_id[start])
    while waiting:
        here = waiting.pop()
        if here is not None and here in among and here not in seen:
            seen.add(here)
            waiting.extend(_targets(definition, definition.by_id[here]))
    return seen


# --- Triggers and exits


def _check_triggers(definition: Definition, world: World) -> Iterator[Problem]:
    for trigger in definition.triggers:
        yield from _check_trigger(trigger, world)
        if words := trigger.rule is not None and world.check_rule(trigger.rule):
            yield Problem("INVALID_RULE", f"The condition of a start: {words}")
    keyed = [
        one
        for one in definition.triggers
        if isinstance(one, DateTrigger) or (isinstance(one, EventTrigger) and one.key)
    ]
    if definition.entry.policy is Policy.ONCE_PER_KEY and not keyed:
        yield Problem(
            "NO_KEY",
            "“Once for each key” needs a start with a key, as in bookingId; or choose another policy.",
        )


def _check_trigger(trigger: Trigger, world: World) -> Iterator[Problem]:
    if isinstance(trigger, EventTrigger):
        yield from _check_event(trigger.event, "A start")
    elif isinstance(trigger, SegmentTrigger | ScheduleTrigger):
        yield from _check_segment(trigger.segment, "A start", world)
        if isinstance(trigger, ScheduleTrigger) and (words := clocks.check_cron(trigger.cron)):
            yield Problem("INVALID_SCHEDULE", f"A start: {words}")
    elif isinstance(trigger, DateTrigger) and trigger.field not in TRIGGER_DATES:
        choices = ", ".join(TRIGGER_DATES)
        yield Problem(
            "UNKNOWN_FIELD", f"No journey can start from {trigger.field!r}; choose one of {choices}."
        )
    elif isinstance(trigger, ScoreTrigger):
        up = trigger.direction == "UP"
        if (trigger.rearm >= trigger.level) if up else (trigger.rearm <= trigger.level):
            side = "below" if up else "above"
            yield Problem("INVALID_REARM", f"The re-arm level must lie {side} the level, as in 80 and 70.")


def _check_event(event: str, who: str, step: str = "") -> Iterator[Problem]:
    if not activity_types(event):
        yield Problem(
            "UNKNOWN_EVENT",
            f"{who} names the event {event!r}, which does not exist; write one such as teetime.booking.created.",
            step,
        )


def _check_segment(segment: str, who: str, world: World, step: str = "") -> Iterator[Problem]:
    if world.segments is not None and segment not in world.segments:
        yield Problem("UNKNOWN_SEGMENT", f"{who} names a segment that does not exist: choose another.", step)


def _check_exits(definition: Definition, world: World) -> Iterator[Problem]:
    for exit_rule in definition.exits:
        if isinstance(exit_rule, EventExit):
            yield from _check_event(exit_rule.event, "An exit")
        elif isinstance(exit_rule, SegmentExit):
            yield from _check_segment(exit_rule.segment, "An exit", world)
    if definition.goal is not None:
        yield from _check_event(definition.goal.event, "The goal")
    if definition.exit_mode in ("STOPS_MATCHING", "EITHER") and definition.matching is None:
        yield Problem(
            "NO_CONDITION", "“Leaves when it no longer matches” needs the condition that must match."
        )
    if words := definition.matching is not None and world.check_rule(definition.matching):
        yield Problem("INVALID_RULE", f"The condition to stay: {words}")


# --- Steps


def _check_step(step: Step, definition: Definition, world: World) -> Iterator[Problem]:
    name = f"Step {title(step)}"
    if isinstance(step, Condition):
        yield from _check_condition(step, name, definition, world)
    elif (checked := CHECKS.get(step.kind)) is not None:
        yield from checked(step, name, world)


def _check_notify(step: Notify, name: str, world: World) -> Iterator[Problem]:
    for text in (step.title, step.reason):
        if words := world.check_text(text):
            yield Problem("INVALID_TEXT", f"{name}: {words}", step.id)


def _check_enrol(step: Enrol, name: str, world: World) -> Iterator[Problem]:
    if world.journeys is not None and step.journey not in world.journeys:
        yield Problem(
            "UNKNOWN_JOURNEY", f"{name} names a journey that does not exist: choose another.", step.id
        )


def _check_send(step: Send, name: str, world: World) -> Iterator[Problem]:
    if step.template and world.templates is not None and step.template not in world.templates:
        yield Problem(
            "UNKNOWN_TEMPLATE", f"{name} names the template {step.template!r}, which does not exist.", step.id
        )
    if not step.template and not step.text.strip():
        yield Problem("NO_TEXT", f"{name} says nothing: choose a template or write a text.", step.id)
    for text in (step.subject, step.text):
        if words := text and world.check_text(text):
            yield Problem("INVALID_TEXT", f"{name}: {words}", step.id)


def _check_wait(step: Wait, name: str, world: World) -> Iterator[Problem]:
    until = step.until
    if until.mode == "DURATION":
        yield from _check_length(until.length, name, step.id)
    elif until.mode == "DATE" and not until.is_of_event and until.field not in DATE_FIELDS:
        choices = ", ".join(DATE_FIELDS)
        yield Problem(
            "UNKNOWN_FIELD",
            f"{name} waits for {until.field!r}, which is no date; choose {choices} or event.teeTime.",
            step.id,
        )


def _check_length(length: Length, name: str, step: str) -> Iterator[Problem]:
    if length.days > ELAPSED_LIMIT_DAYS:
        yield Problem(
            "TOO_LONG", f"{name} waits longer than {ELAPSED_LIMIT_DAYS} days, the most there is.", step
        )


def _check_wait_until(step: WaitUntil, name: str, world: World) -> Iterator[Problem]:
    if step.event is None and step.condition is None:
        yield Problem("NO_CAUSE", f"{name} waits for nothing: name an event or a condition.", step.id)
    if step.event is not None:
        yield from _check_event(step.event.event, name, step.id)
    if words := step.condition is not None and world.check_rule(step.condition):
        yield Problem("INVALID_RULE", f"{name}: {words}", step.id)
    if step.timeout.amount == 0:
        yield Problem("NO_TIMEOUT", f"{name} never gives up: say after how long.", step.id)
    yield from _check_length(step.timeout, name, step.id)


def _check_condition(step: Condition, name: str, definition: Definition, world: World) -> Iterator[Problem]:
    if step.rule is None and not step.where and step.message is None:
        yield Problem("NO_CONDITION", f"{name} asks nothing: add a condition.", step.id)
    if words := step.rule is not None and world.check_rule(step.rule):
        yield Problem("INVALID_RULE", f"{name}: {words}", step.id)
    if step.message is not None and not isinstance(definition.by_id.get(step.message.step), Send):
        yield Problem(
            "UNKNOWN_STEP",
            f"{name} asks about the message of step {step.message.step!r}, which sends none.",
            step.id,
        )


def _check_split(step: Split, name: str, world: World) -> Iterator[Problem]:
    if sum(branch.weight for branch in step.branches) == 0:
        yield Problem("NO_WEIGHT", f"{name} lets nobody through: give at least one way a weight.", step.id)
    ids = [branch.id for branch in step.branches]
    if len(set(ids)) < len(ids):
        yield Problem("DUPLICATE_BRANCH", f"{name} has two ways with the same id.", step.id)


def _check_update(step: Update, name: str, world: World) -> Iterator[Problem]:
    if not (step.add_tags or step.remove_tags or step.stage or step.add_to or step.take_from):
        yield Problem("NO_CHANGE", f"{name} changes nothing: add a tag, a stage or a segment.", step.id)
    if step.stage is not None and world.stages is not None and step.stage not in world.stages:
        yield Problem("UNKNOWN_FIELD", f"{name}: there is no stage {step.stage!r}.", step.id)
    for segment in (*step.add_to, *step.take_from):
        if world.static_segments is not None and segment not in world.static_segments:
            yield Problem("UNKNOWN_SEGMENT", f"{name} needs a static segment; this one is none.", step.id)


def _check_webhook(step: Webhook, name: str, world: World) -> Iterator[Problem]:
    if words := world.check_url(step.url):
        yield Problem("INVALID_ADDRESS", f"{name}: {words}", step.id)
    if step.secret and world.secrets is not None and step.secret not in world.secrets:
        yield Problem(
            "UNKNOWN_SECRET", f"{name} signs with {step.secret!r}, a secret that does not exist.", step.id
        )
    if words := world.check_text(step.body):
        yield Problem("INVALID_TEXT", f"{name}: {words}", step.id)
    for taken in RESERVED & set(step.save):
        yield Problem(
            "RESERVED_NAME",
            f"{name} keeps something as {taken!r}, which every run has: choose another.",
            step.id,
        )


CHECKS: Final[Mapping[str, Callable[[Any, str, World], Iterator[Problem]]]] = {
    "SEND": _check_send,
    "WAIT": _check_wait,
    "WAIT_UNTIL": _check_wait_until,
    "SPLIT": _check_split,
    "UPDATE": _check_update,
    "WEBHOOK": _check_webhook,
    "NOTIFY": _check_notify,
    "ENROL": _check_enrol,
}
