"""What is allowed in a definition, and yet worth a look before it runs. Pure."""

from collections.abc import Iterator
from datetime import time
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from journeys.definition.graph import Definition
from journeys.definition.parts import UntilDate, UntilTime
from journeys.definition.problems import Problem, Weight
from journeys.definition.steps import Condition, MessageClass, Send, Split, Step, Wait, WaitUntil, title
from journeys.definition.triggers import DateTrigger, EventExit, EventTrigger, Policy
from messaging.models import CHANNEL_WORDS

if TYPE_CHECKING:
    from journeys.definition.checking import World

MOST_MESSAGES_A_WEEK: Final = 4
# Beyond that the number itself tells nobody more.
MOST_COUNTED: Final = 12
WEEK_DAYS: Final = 7.0


def _warning(code: str, message: str, step: str = "") -> Problem:
    return Problem(code, message, step, Weight.WARNING)


def advise(definition: Definition, world: "World") -> Iterator[Problem]:
    """Each warning with its step."""
    yield from _of_consent(definition, world)
    yield from _of_quiet_hours(definition, world)
    yield from _of_waits(definition)
    yield from _of_ways(definition)
    most = most_messages_a_week(definition)
    if most > MOST_MESSAGES_A_WEEK:
        words = f"{most} or more" if most == MOST_COUNTED else str(most)
        yield _warning("MANY_MESSAGES", f"One person may get {words} messages within a week.")
    has_sends = any(isinstance(step, Send) for step in definition.steps)
    if definition.entry.policy is Policy.AFTER_EXIT and definition.entry.daily_cap is None and has_sends:
        yield _warning("REENTRY", "People may enter again at once after leaving.")


def _of_consent(definition: Definition, world: "World") -> Iterator[Problem]:
    for step in definition.steps:
        if not isinstance(step, Send):
            continue
        if step.message_class is MessageClass.TRANSACTIONAL:
            yield _warning(
                "NO_CONSENT_ASKED",
                f"Step {title(step)} is a service message: people without consent get it too. Is it one?",
                step.id,
            )
        elif world.consents is not None and not any(world.consents.get(one) for one in step.channels):
            ways = " or ".join(CHANNEL_WORDS[one] for one in step.channels)
            yield _warning(
                "NO_CONSENT",
                f"Step {title(step)} reaches nobody: no customer agreed to marketing by {ways}."
                " Choose another channel, or ask for consent first.",
                step.id,
            )


def _of_quiet_hours(definition: Definition, world: "World") -> Iterator[Problem]:
    sends = [step for step in definition.steps if isinstance(step, Send)]
    if sends and not world.has_quiet_hours:
        yield _warning("NO_QUIET_HOURS", "The club has no quiet hours: messages may go at night.")
    if world.quiet_hours is None:
        return
    first = definition.by_id.get(definition.start or "")
    hours = [(one.at, first) for one in definition.triggers if isinstance(one, DateTrigger)]
    for step in definition.steps:
        until = step.until if isinstance(step, Wait) else None
        if isinstance(until, UntilTime | UntilDate) and until.at:
            hours.append((until.at, definition.by_id.get(step.way("next") or "")))
    for at, step_then in hours:
        if isinstance(step_then, Send) and is_within(time.fromisoformat(at), *world.quiet_hours):
            then = (
                "is not sent" if step_then.on_quiet == "SKIP" else f"waits until {world.quiet_hours[1]:%H:%M}"
            )
            yield _warning(
                "IN_QUIET_HOURS",
                f"{at} lies in the club’s quiet hours: the message of step {title(step_then)} {then}.",
                step_then.id,
            )


def is_within(at: time, start: time, end: time) -> bool:
    """Whether an hour lies between two others, over midnight too."""
    return start <= at < end if start <= end else at >= start or at < end


def _of_waits(definition: Definition) -> Iterator[Problem]:
    events = [one for one in definition.triggers if isinstance(one, EventTrigger)]
    has_key = any(one.key for one in events)
    for step in definition.steps:
        if isinstance(step, WaitUntil) and step.event and step.event.same_key and not has_key:
            yield _warning(
                "NEVER_HAPPENS",
                f"Step {title(step)} waits for the same booking or object, but no start says which one: it always"
                " runs out of time. Give the start a key, or wait for any.",
                step.id,
            )
        if (
            isinstance(step, Wait)
            and isinstance(step.until, UntilDate)
            and step.until.is_of_event
            and not events
        ):
            yield _warning(
                "NEVER_KNOWN",
                f"Step {title(step)} waits for a date of the event, but nobody enters by an event.",
                step.id,
            )
    if not has_key and any(isinstance(one, EventExit) and one.same_key for one in definition.exits):
        yield _warning(
            "NEVER_HAPPENS", "An exit is for the same booking or object, but no start says which one."
        )


def _of_ways(definition: Definition) -> Iterator[Problem]:
    open_to = _reached(definition)
    for step in definition.steps:
        if isinstance(step, Split) and any(one.weight for one in step.branches):
            for one in step.branches:
                target = step.way(one.id)
                if not one.weight and target is not None and target not in open_to:
                    yield _warning(
                        "NOBODY_COMES",
                        f"Nobody takes the way “{one.name}” of step {title(step)}: its share is 0.",
                        step.id,
                    )
        if isinstance(step, Condition) and step.message is not None:
            asked = step.message.step
            if asked in definition.by_id and step.id not in set(definition.walk(asked)):
                yield _warning(
                    "ALWAYS_NO",
                    f"Step {title(step)} asks about a message that nobody can have got before it.",
                    step.id,
                )


def _targets(step: Step) -> Iterator[str | None]:
    shares = {one.id: one.weight for one in step.branches} if isinstance(step, Split) else {}
    for name in step.outlets:
        if shares.get(name, 1):
            yield step.way(name)


def _reached(definition: Definition) -> set[str]:
    """Steps to which somebody can come; a way whose share is 0 leads nobody."""
    seen: set[str] = set()
    waiting = [definition.start]
    while waiting:
        here = waiting.pop()
        if here is not None and here not in seen and here in definition.by_id:
            seen.add(here)
            waiting.extend(_targets(definition.by_id[here]))
    return seen


def most_messages_a_week(definition: Definition) -> int:
    """The most messages that one run can bring within seven days, circles included; at most `MOST_COUNTED`.

    From each message: the shortest time in which so many more can follow (Dijkstra over step and count).
    """
    sends = [one for one in _reached(definition) if isinstance(definition.by_id[one], Send)]
    return max((_from(definition, one) for one in sends), default=0)


def _from(definition: Definition, start: str) -> int:
    best: dict[tuple[str, int], float] = {}
    heap, most = [(0.0, start, 1)], 1
    while heap and most < MOST_COUNTED:
        at, here, count = heappop(heap)
        if any(best.get((here, more), WEEK_DAYS) <= at for more in range(count, MOST_COUNTED + 1)):
            continue
        best[here, count] = at
        most = max(most, count)
        step = definition.by_id[here]
        then = at + least_days(step)
        for target in _targets(step):
            if target in definition.by_id and target is not None and then < WEEK_DAYS:
                follows = isinstance(definition.by_id[target], Send)
                heappush(heap, (then, target, count + follows))
    return most


def least_days(step: Step) -> float:
    """How long a step takes at least, as far as one can know; who waits for an event may go on at once."""
    if not isinstance(step, Wait):
        return 0.0
    until = step.until
    if until.mode == "DURATION":
        return until.length.days
    if until.mode == "TIME":
        return 0.5 if not until.weekdays else 7 / len(until.weekdays) / 2
    return WEEK_DAYS + 1
