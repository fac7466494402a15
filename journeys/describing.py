"""Steps, triggers and rules as sentences that staff read."""

from collections.abc import Mapping
from typing import Any

from journeys.definition.parts import UntilDate, UntilTime
from journeys.definition.steps import (
    Condition,
    Enrol,
    Exit,
    Notify,
    Send,
    Split,
    Step,
    Update,
    Wait,
    WaitUntil,
    Webhook,
)
from journeys.definition.triggers import (
    DateTrigger,
    EventTrigger,
    ScheduleTrigger,
    ScoreTrigger,
    SegmentTrigger,
    Trigger,
)
from journeys.definition.vocabulary import DATE_FIELDS, event_words
from journeys.engine.conditions import rule_in_words

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WAYS = {"yes": "Yes", "no": "No", "happened": "It happened", "timeout": "Not in time", "next": "",
        "skipped": "Message skipped", "failed": "No answer"}  # fmt: skip
CHANNELS = {"EMAIL": "e-mail", "SMS": "SMS", "PUSH": "push", "WHATSAPP": "WhatsApp"}


def way_label(step: Step, name: str) -> str:
    """What stands on a way."""
    if isinstance(step, Split):
        branch = next((one for one in step.branches if one.id == name), None)
        total = sum(one.weight for one in step.branches) or 1
        return f"{branch.name} · {round(100 * branch.weight / total)} %" if branch else name
    return WAYS.get(name, name)


def step_words(step: Step, names: Mapping[str, str]) -> str:  # noqa: C901 - one line a kind
    """What a step does, in one line."""
    if isinstance(step, Send):
        how = ", else ".join(CHANNELS[one] for one in step.channels)
        return f"{how}: {step.subject or step.template or step.text[:60]}"
    if isinstance(step, Wait):
        return wait_words(step.until)
    if isinstance(step, WaitUntil):
        what = event_words(step.event.event) if step.event else rule_in_words(step.condition)
        return f"until: {what}; at most {step.timeout.words}"
    if isinstance(step, Condition):
        parts = [rule_in_words(step.rule)] if step.rule else []
        parts += [f"{one.path} {one.operator} {one.value}" for one in step.where]
        if step.message:
            parts.append(f"{step.message.did.lower()} the message of {step.message.step}")
        return " and ".join(part for part in parts if part) or "nothing asked yet"
    if isinstance(step, Update):
        parts = [f"+ {', '.join(step.add_tags)}"] if step.add_tags else []
        parts += [f"− {', '.join(step.remove_tags)}"] if step.remove_tags else []
        parts += [f"stage {step.stage.capitalize()}"] if step.stage else []
        parts += [f"into {names.get(one, 'a list')}" for one in step.add_to]
        return " · ".join(parts + [f"off {names.get(one, 'a list')}" for one in step.take_from])
    if isinstance(step, Webhook):
        return step.url
    if isinstance(step, Notify):
        return step.title
    if isinstance(step, Enrol):
        return names.get(step.journey, "another journey")
    if isinstance(step, Exit):
        return step.reason.replace("_", " ").lower()
    return f"{len(step.branches)} ways" if isinstance(step, Split) else ""


def wait_words(until: Any) -> str:
    """A wait, saying whether time elapses or the calendar counts."""
    if isinstance(until, UntilTime):
        days = ", ".join(DAYS[one - 1] for one in until.weekdays)
        return f"until {until.at}" + (f" on {days}" if days else "")
    if isinstance(until, UntilDate):
        name = DATE_FIELDS[until.field][1].lower() if until.field in DATE_FIELDS else until.field
        unit = until.unit.lower()
        size = abs(until.offset)
        side = "before" if until.offset < 0 else "after"
        when = f"{size} {unit[:-1] if size == 1 else unit} {side} {name}" if size else f"the day of {name}"
        return f"until {when}" + (f", {until.at}" if until.at else "")
    suffix = "" if until.unit in ("MINUTES", "HOURS") else ", at the same hour"
    return f"{until.length.words}{suffix}"


def trigger_words(trigger: Trigger, names: Mapping[str, str]) -> str:
    """What starts a journey, in one line."""
    condition = f", only if {rule_in_words(trigger.rule)}" if trigger.rule else ""
    if isinstance(trigger, EventTrigger):
        key = f", once for each {trigger.key}" if trigger.key else ""
        where = "".join(f", {one.path} {one.operator} {one.value}" for one in trigger.where)
        return f"{event_words(trigger.event)}{where}{key}{condition}"
    if isinstance(trigger, SegmentTrigger):
        return f"{trigger.change.capitalize()} {names.get(trigger.segment, 'a segment')}{condition}"
    if isinstance(trigger, ScoreTrigger):
        score = "Churn risk" if trigger.score == "CHURN" else "Engagement"
        way = "rises to" if trigger.direction == "UP" else "falls to"
        return f"{score} {way} {trigger.level} (again after {trigger.rearm}){condition}"
    if isinstance(trigger, DateTrigger):
        size, side = abs(trigger.offset_days), "before" if trigger.offset_days < 0 else "after"
        name = DATE_FIELDS[trigger.field][1] if trigger.field in DATE_FIELDS else trigger.field
        offset = f"{size} days {side} " if size else ""
        return f"{offset}{name}, at {trigger.at}{condition}"
    if isinstance(trigger, ScheduleTrigger):
        return (
            f"On schedule ({trigger.cron}), everybody in {names.get(trigger.segment, 'a segment')}{condition}"
        )
    return f"By hand, a list, or the API{condition}"
