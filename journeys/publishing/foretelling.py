"""What a choice about people under way would cause, in words, before it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from journeys.definition import Definition
from journeys.definition.registry import STEPS
from journeys.definition.steps import Condition, Send, Split, Step, Wait, WaitUntil, title
from journeys.describing import wait_words
from journeys.publishing.moving import Choice, Standing
from messaging.models import CHANNEL_WORDS
from messaging.models.policy import SendPolicy
from tenants.models import Tenant

EVENING: Final = 17


@dataclass(frozen=True, slots=True)
class Foretold:
    """What becomes of the people at one step. `messages`: how many get one before the next wait."""

    words: str
    messages: int = 0
    moved: int = 0
    left: int = 0
    problem: str = ""


def foretell(
    standing: Standing,
    chosen: Mapping[str, Any],
    after: Definition,
    *,
    tenant: Tenant,
    policy: SendPolicy,
    now: datetime,
) -> Foretold:
    """The consequence of a choice (`choice`, `step`, `sends` as in a publication)."""
    count, people = standing.count, "person" if standing.count == 1 else "people"
    choice = str(chosen.get("choice") or standing.default)
    if choice == Choice.STAY:
        return Foretold(f"{count} {people} finish the version they entered; nothing changes for them.")
    if choice == Choice.EXIT:
        return Foretold(
            f"{count} {people} leave now and get nothing more; messages that wait are taken back.", left=count
        )
    target = after.start if choice == Choice.RESTART else chosen.get("step") or standing.target
    if target is None or target not in after.by_id:
        return Foretold("Choose a step of the new version.", problem="Choose a step of the new version.")
    step = after.by_id[target]
    if choice == Choice.MOVE and step.id == standing.step.id and step.kind == standing.step.kind:
        return _goes_on(standing, step, people)
    verb = "start again at" if choice == Choice.RESTART else "go on at"
    if count == 1:
        verb = "starts again at" if choice == Choice.RESTART else "goes on at"
    words = f"{count} {people} {verb} {_named(step)}{_then(step)}"
    send, is_sure = _first_message(after, target)
    if send is None:
        return Foretold(f"{words}.", moved=count)
    how = " or ".join(CHANNEL_WORDS[one] for one in send.channels)
    sure = "" if is_sure else "up to "
    when = _when(send, tenant, policy, now)
    get = "gets" if count == 1 else "get"
    message = f"{sure}{count} {get} “{send.subject or send.name or send.id}” by {how} {when}"
    problem = (
        "" if chosen.get("sends") else "Tick that they may get a message at once, or choose another step."
    )
    return Foretold(f"{words}: {message}.", messages=count, moved=count, problem=problem)


def _goes_on(standing: Standing, step: Step, people: str) -> Foretold:
    count = standing.count
    if isinstance(step, Wait) and step != standing.step:
        return Foretold(
            f"{count} {people} keep waiting, counted anew from when each arrived: {wait_words(step.until)}.",
            moved=count,
        )
    if isinstance(step, WaitUntil) and step != standing.step:
        return Foretold(
            f"{count} {people} keep waiting, at most {step.timeout.words} from when each arrived.",
            moved=count,
        )
    return Foretold(
        f"{count} {people} stay at {_named(step)} and follow the new version from there.", moved=count
    )


def _named(step: Step) -> str:
    return title(step) if step.name else f"“{STEPS[step.kind].title}”"


def _then(step: Step) -> str:
    if isinstance(step, Wait):
        return f" and wait anew: {wait_words(step.until)}"
    return f" and wait anew, at most {step.timeout.words}" if isinstance(step, WaitUntil) else ""


def _first_message(after: Definition, start: str) -> tuple[Send | None, bool]:
    """The first message before the next wait, and whether everybody comes to it."""
    seen: set[str] = set()
    waiting: list[tuple[str | None, bool]] = [(start, True)]
    while waiting:
        here, is_sure = waiting.pop(0)
        if here is None or here in seen or here not in after.by_id:
            continue
        seen.add(here)
        step = after.by_id[here]
        if isinstance(step, Send):
            return step, is_sure
        if not isinstance(step, Wait | WaitUntil):
            branches = isinstance(step, Condition | Split)
            waiting += [(step.way(name), is_sure and not branches) for name in step.outlets]
    return None, True


def _when(send: Send, tenant: Tenant, policy: SendPolicy, now: datetime) -> str:
    """At once, tonight, or when the quiet hours are over: by the club's clock."""
    local = now.astimezone(tenant.zone)
    start, end = policy.quiet_from, policy.quiet_until
    if start is not None and end is not None:
        at = local.time()
        is_quiet = start <= at < end if start <= end else at >= start or at < end
        if is_quiet and send.on_quiet == "SKIP":
            return "not at all: it is quiet now"
        if is_quiet:
            day = "tomorrow" if at >= end else "today"
            return f"{day} at {end:%H:%M}, when the quiet hours are over"
    return "tonight, at once" if local.hour >= EVENING else "at once"


def in_sum(rows: Sequence[Foretold]) -> str:
    """One line over all: how many get a message, are moved, leave."""
    messages, moved, left = (
        sum(getattr(one, name) for one in rows) for name in ("messages", "moved", "left")
    )
    parts = [
        f"{messages} {'gets' if messages == 1 else 'get'} a message at once"
        if messages
        else "Nobody gets a message at once"
    ]
    parts += [f"{moved} {'comes' if moved == 1 else 'come'} to the new version"] if moved else []
    parts += [f"{left} {'leaves' if left == 1 else 'leave'}"] if left else []
    return ", ".join(parts) + "."
