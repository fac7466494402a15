"""One person through a draft, stop by stop, on a clock that runs at a press; texts are filled in with their data.

It is the trial of `journeys.trying`: the same engine, in a transaction that is taken back. What somebody pressed so far
is played anew each time, so that nothing has to be kept between two presses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from journeys import entering
from journeys.definition import Definition, parse
from journeys.definition.steps import Step, WaitUntil
from journeys.definition.triggers import EventTrigger
from journeys.definition.vocabulary import activity_types
from journeys.engine.awaiting import SETTLE
from journeys.engine.passing import move_due
from journeys.entering import Entrant
from journeys.explaining import find_run, in_words, story
from journeys.models import Journey, Run, RunData, RunEnded
from journeys.payloads import key_of
from journeys.trying import shadow
from messaging.composing import club_values
from messaging.models import Delivery, Message
from messaging.rendering import TemplateProblem, render, render_strict, values_for
from profiles.editing import record_activity
from profiles.models import Activity, CustomerProfile
from profiles.representation import customer_fields
from tenants.models import Tenant

TIME: Final = "t"
HAPPENED: Final = "h"
MOST_PRESSES: Final = 60
LONGEST_UNTIL_IT_HAPPENS: Final = timedelta(days=1)


@dataclass
class Walk:
    """How far somebody got. `due`: where a press leads, None: it is over; `can_happen`: it may happen instead."""

    now: datetime
    refused: str = ""
    run: Run | RunEnded | None = None
    step: Step | None = None
    due: datetime | None = None
    can_happen: bool = False
    lines: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)


def walk(raw: Any, profile: CustomerProfile, presses: str = "", *, now: datetime | None = None) -> Walk:
    """Enter, then one stop for each press: `t` lets time run until the next moment, `h` lets happen what is awaited."""
    now = now or timezone.now()
    # Whoever is tried with is never the one who is held out to compare with.
    definition = parse({**raw, "entry": {**(raw.get("entry") or {}), "holdoutPercent": 0}})
    with shadow(definition, now) as journey:
        entrant = _entrant(definition, profile.pk)
        verdict = entering.enter(journey, [entrant], now=now, each=True).verdicts[0]
        if verdict.run_id is None:
            return Walk(now, refused=in_words(verdict.verdict))
        move_due(now=now, seconds=60, only=journey.pk)
        for press in presses[:MOST_PRESSES]:
            run = Run.objects.filter(pk=verdict.run_id).first()
            if run is None or run.due_at is None:
                break
            now = _pressed(definition, journey, run, press, now)
        return _told(definition, journey, profile, verdict.run_id, now)


def _entrant(definition: Definition, profile_id: UUID) -> Entrant:
    """As by the start of the journey: with the person's newest such event, where there is one."""
    for trigger in definition.triggers:
        if not isinstance(trigger, EventTrigger):
            continue
        types = activity_types(trigger.event)
        rows = Activity.objects.filter(profile_id=profile_id, type__in=types).order_by("-occurred_at")
        newest = rows.first()
        if newest is not None:
            data = newest.metadata or {}
            return Entrant(profile_id, data=data, key=key_of(data, trigger.key), cause="EVENT")
    return Entrant(
        profile_id, key="try" if any(getattr(one, "key", None) for one in definition.triggers) else ""
    )


def _pressed(definition: Definition, journey: Journey, run: Run, press: str, now: datetime) -> datetime:
    step = definition.by_id.get(run.step)
    due = run.due_at or now
    if press == HAPPENED and isinstance(step, WaitUntil) and step.event is not None:
        now = now + min(LONGEST_UNTIL_IT_HAPPENS, (due - now) / 2)
        _let_happen(definition, step, run, now)
        Run.objects.filter(pk=run.pk).update(due_at=now)
    else:
        now = max(due, now)
    move_due(now=now, seconds=60, only=journey.pk)
    if isinstance(step, WaitUntil) and Run.objects.filter(pk=run.pk, step=step.id).exists():
        # A time-out is decided a moment after the deadline, when nothing more can come in before it.
        now += SETTLE * 40
        move_due(now=now, seconds=60, only=journey.pk)
    return now


def _let_happen(definition: Definition, step: WaitUntil, run: Run, at: datetime) -> None:
    """What is awaited stands on the timeline, with what the step asks of it."""
    assert step.event is not None  # noqa: S101 - asked by the caller
    paths = [one.key for one in definition.triggers if isinstance(one, EventTrigger) and one.key]
    asked: list[tuple[str, Any]] = [(path, run.key) for path in paths if run.key]
    asked += [(one.path, one.value) for one in step.event.where if one.operator in ("eq", "gte", "lte")]
    payload: dict[str, Any] = {}
    for path, value in asked:
        here = payload
        *before, last = path.split(".")
        for part in before:
            here = here.setdefault(part, {})
        here[last] = value
    [kind, *_] = activity_types(step.event.event) or ("TRIAL",)
    record_activity(
        run.profile_id, activity_type=kind, category="NOTE", title="Trial", metadata=payload, occurred_at=at
    )


def _told(
    definition: Definition, journey: Journey, profile: CustomerProfile, run_id: int, now: datetime
) -> Walk:
    run = find_run(run_id)
    live = run if isinstance(run, Run) else None
    step = definition.by_id.get(live.step) if live else None
    awaits = isinstance(step, WaitUntil) and step.event is not None
    return Walk(
        now,
        run=run,
        step=step,
        due=max(live.due_at, now) if live and live.due_at else None,
        can_happen=awaits,
        lines=story(run) if run else [],
        messages=_messages(journey, profile, run_id),
    )


def _messages(journey: Journey, profile: CustomerProfile, run_id: int) -> list[dict[str, Any]]:
    """Each with the person's data; `problem`: a token that is not known."""
    data = RunData.objects.filter(run_id=run_id).first()
    extra = {"event": data.data if data else {}, "run": data.variables if data else {}}
    tenant = Tenant.objects.get(pk=journey.tenant_id)
    values = values_for(customer_fields(profile), club=club_values(tenant), extra=extra)
    rows: Sequence[Delivery] = list(
        Delivery.objects.filter(source_id=journey.pk, profile_id=profile.pk).order_by("due_at", "id")
    )
    texts = Message.objects.in_bulk({row.message_id for row in rows if row.message_id})
    return [_message(row, texts.get(row.message_id), values) for row in rows]


def _message(row: Delivery, text: Message | None, values: dict[str, Any]) -> dict[str, Any]:
    problem = ""
    subject, body = (text.subject, text.body) if text else ("", "")
    try:
        for part in (subject, body):
            render_strict(part, values)
    except TemplateProblem as error:
        problem = str(error)
    try:
        subject, body = render(subject, values), render(body, values)
    except TemplateProblem as error:
        problem = str(error)
    return {
        "step": row.variant,
        "is_sent": row.status != "SKIPPED",
        "reason": in_words(row.reason) if row.reason else "",
        "channel": row.channel,
        "at": row.due_at,
        "subject": subject,
        "text": body,
        "template": text.template_id if text else "",
        "problem": problem,
    }
