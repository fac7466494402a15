"""Steps, triggers and rules as sentences that staff read."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson

from journeys.definition import Definition
from journeys.definition.parts import PayloadCondition, UntilDate, UntilTime
from journeys.definition.problems import Problem
from journeys.definition.registry import STEPS
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
from messaging.models import CHANNEL_WORDS
from segments.rules import InvalidRule
from segments.rules import parse as parse_rule
from segments.words import Teller
from tenants.days import full_day
from tenants.models import Tenant
from tenants.scope import current_tenant_id

# How a problem begins that is about one step.
NAMED_FIRST: Final = re.compile(r"^Step “[^”]*”:? ")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WAYS = {"yes": "Yes", "no": "No", "happened": "It happened", "timeout": "Not in time", "next": "",
        "skipped": "Message skipped", "failed": "No answer"}  # fmt: skip
DID = {"DELIVERED": "got", "OPENED": "opened", "CLICKED": "clicked in", "SKIPPED": "did not get",
       "FAILED": "could not get"}  # fmt: skip
COMPARED = {
    "eq": "is", "neq": "is not", "gt": "is above", "gte": "is at least", "lt": "is below", "lte": "is at most",
    "in": "is one of", "contains": "contains", "exists": "is there",
}  # fmt: skip


def way_label(step: Step, name: str) -> str:
    """What stands on a way."""
    if isinstance(step, Split):
        branch = next((one for one in step.branches if one.id == name), None)
        total = sum(one.weight for one in step.branches) or 1
        return f"{branch.name} · {round(100 * branch.weight / total)} %" if branch else name
    return WAYS.get(name, name)


def step_words(  # noqa: C901 - one line a kind
    step: Step, names: Mapping[str, str], *, titles: Mapping[str, str] | None = None
) -> str:
    """What a step does, in one line. `names`: of segments and journeys; `titles`: of the other steps, by id."""
    if isinstance(step, Send):
        how = ", else ".join(CHANNEL_WORDS[one] for one in step.channels)
        return f"{how}: {step.subject or step.template or step.text[:60]}"
    if isinstance(step, Wait):
        return wait_words(step.until)
    if isinstance(step, WaitUntil):
        parts = [event_words(step.event.event)] if step.event else []
        parts += [part_words(one) for one in step.event.where] if step.event else []
        parts += [rule_words(step.condition, names)] if step.condition else []
        return f"until: {', '.join(parts) or 'nothing chosen yet'}; at most {step.timeout.words}"
    if isinstance(step, Condition):
        parts = [rule_words(step.rule, names)] if step.rule else []
        parts += [part_words(one) for one in step.where]
        if step.message:
            other = (titles or {}).get(step.message.step, step.message.step)
            parts.append(f"{DID[step.message.did]} “{other}”")
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


def rule_words(tree: Any, names: Mapping[str, str]) -> str:
    """A rule of the open scope's club as a sentence; empty for none, or one that is not sound yet."""
    if not tree:
        return ""
    text = orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)
    return _told(current_tenant_id(), text, tuple(names.items()) if b'"segment"' in text else ())


@lru_cache(maxsize=2000)
def _told(tenant_id: UUID, text: bytes, names: tuple[tuple[str, str], ...]) -> str:
    try:
        rule = parse_rule(orjson.loads(text))
        segments = {UUID(key): name for key, name in names}
    except (InvalidRule, ValueError):
        return "a condition that is not finished"
    return Teller(Tenant.objects.get(pk=tenant_id), segments).node(rule.root, is_top=True)


def part_words(one: PayloadCondition) -> str:
    """One comparison with what an event brought, as in amountCents is above 100."""
    value = ", ".join(map(str, one.value)) if isinstance(one.value, list) else one.value
    if one.operator == "exists":
        return f"{one.path} is {'missing' if one.value is False else 'there'}"
    return f"{one.path} {COMPARED[one.operator]} {'–' if value is None else value}"


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


def _thing(key: str) -> str:
    """What a key of the payload names, as in booking for bookingId."""
    name = key.rpartition(".")[2].removesuffix("Id")
    return "".join(f" {one.lower()}" if one.isupper() else one for one in name).strip()


def key_words(definition: Definition, key: str) -> str:
    """What a run is for, from its business key: "booking B1", or the day it is about in the club's format."""
    if not key:
        return ""
    if any(isinstance(one, DateTrigger) for one in definition.triggers):
        with suppress(ValueError):
            return full_day(date.fromisoformat(key))
    things = " or ".join(dict.fromkeys(map(_thing, definition.key_paths)))
    return f"{things} {key}" if things else key


def trigger_words(trigger: Trigger, names: Mapping[str, str]) -> str:
    """What starts a journey, in one line."""
    condition = f", only if {rule_words(trigger.rule, names)}" if trigger.rule else ""
    if isinstance(trigger, EventTrigger):
        key = f", once for each {_thing(trigger.key)}" if trigger.key else ""
        where = "".join(f", {part_words(one)}" for one in trigger.where)
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
        offset = f"{size} day{'' if size == 1 else 's'} {side}: " if size else ""
        return f"{offset}{name}, at {trigger.at}{condition}"
    if isinstance(trigger, ScheduleTrigger):
        everybody = names.get(trigger.segment, "a segment")
        return f"{cron_words(trigger.cron)}, everybody in {everybody}{condition}"
    return f"By hand: one person, a list or a segment; or by the API{condition}"


def cron_words(cron: str) -> str:
    """A schedule in words where it is a plain one: daily, weekly or monthly at an hour; else as it is written."""
    minute, hour, day, month, weekday = [*cron.split(), "", "", "", "", ""][:5]
    if not (minute.isdecimal() and hour.isdecimal() and month == "*"):
        return f"On the schedule {cron}"
    at = f"at {int(hour):02}:{int(minute):02}"
    if day == "*" and weekday == "*":
        return f"Every day {at}"
    if day == "*" and weekday.isdecimal() and 1 <= int(weekday) <= len(DAYS):
        return f"Every {DAYS[int(weekday) - 1]} {at}"
    if day.isdecimal() and weekday == "*":
        return f"On day {day} of each month {at}"
    return f"On the schedule {cron}"


def entry_words(definition: Definition) -> list[str]:
    """Who may enter and how often; the limits that are set."""
    entry = definition.entry
    words = {
        "ONCE": "Each person once only",
        "ONCE_PER_KEY": "Once for each booking, competition or invoice",
        "AFTER_EXIT": "Each time, once the last run is over",
        "AFTER_DAYS": f"Again after {entry.days} days",
    }
    found = [words[entry.policy]]
    found += [f"At most {entry.max_enrollments} people ever"] if entry.max_enrollments else []
    found += [f"At most {entry.daily_cap} people a day"] if entry.daily_cap else []
    found += [f"{entry.holdout_percent} % held out, to compare with"] if entry.holdout_percent else []
    return found


def leaving_words(definition: Definition, names: Mapping[str, str]) -> list[str]:
    """The goal, and what takes people out."""
    found = []
    if definition.goal:
        goal = definition.goal
        found.append(
            f"Goal: {event_words(goal.event).lower()}, counted for {goal.window_days} days after the end"
        )
    for one in definition.exits:
        if one.kind == "EVENT":
            same = " for the same booking or object" if one.same_key else ""
            found.append(f"Leaves when: {event_words(one.event).lower()}{same}")
        else:
            found.append(f"Leaves when: {one.change.lower()} {names.get(one.segment, 'a segment')}")
    if definition.exit_mode in ("STOPS_MATCHING", "EITHER") and definition.matching:
        found.append(f"Leaves when no longer: {rule_words(definition.matching, names)}")
    if definition.goal and definition.exit_mode in ("STOPS_MATCHING", "NEITHER"):
        found.append("Goes on after the goal was reached")
    return found


def plain_problems(definition: Definition, problems: Sequence[Problem]) -> list[Problem]:
    """Problems as the picture names the steps: by what a step does, where nobody gave it a name."""
    titles = {f"“{one.id}”": f"“{STEPS[one.kind].title}”" for one in definition.steps if not one.name}
    found = []
    for one in problems:
        words = one.message
        for name, title in titles.items():
            words = words.replace(name, title)
        found.append(replace(one, message=words))
    return found


def at_step(message: str) -> str:
    """A problem as it stands at its step, which need not be named there."""
    rest = NAMED_FIRST.sub("", message)
    return rest[:1].upper() + rest[1:]
