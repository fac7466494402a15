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
from journeys.happening import AWAITED, EXITS, GOAL, Happening, data_for, let_happen, possible
from journeys.interest import Interest
from journeys.models import Conversion, Journey, Run, RunData, RunEnded
from journeys.payloads import key_of
from journeys.trying import shadow
from journeys.world import segment_names
from messaging.composing import club_values
from messaging.models import Delivery, Message
from messaging.readers import reader_of
from messaging.rendering import TemplateProblem, render, render_strict, values_for
from profiles.models import Activity, CustomerProfile
from profiles.representation import customer_fields
from tenants.models import Tenant

TIME: Final = "t"
PRESSES: Final = f"{TIME}{AWAITED}{GOAL}{EXITS}"
MOST_PRESSES: Final = 60
LONGEST_UNTIL_IT_HAPPENS: Final = timedelta(days=1)


@dataclass
class Walk:
    """How far somebody got. `due`: where a press leads, None: it is over; `can_happen`: what may happen instead."""

    now: datetime
    refused: str = ""
    run: Run | RunEnded | None = None
    step: Step | None = None
    due: datetime | None = None
    can_happen: list[Happening] = field(default_factory=list)
    has_converted: bool = False
    lines: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Scene:
    definition: Definition
    journey: Journey
    tenant: Tenant
    interest: Interest


def walk(
    raw: Any,
    profile: CustomerProfile,
    presses: str = "",
    *,
    now: datetime | None = None,
    tried: UUID | None = None,
) -> Walk:
    """Enter, then one stop for each press: `t` lets time run until the next moment, `h` lets happen what is awaited.

    `g`: the goal is reached; `A`, `B`, …: the first way out, the second, … `tried`: the journey whose draft it is.
    """
    now = now or timezone.now()
    # Whoever is tried with is never the one who is held out to compare with.
    definition = parse({**raw, "entry": {**(raw.get("entry") or {}), "holdoutPercent": 0}})
    with shadow(definition, now, tried=tried) as journey:
        entrant = _entrant(definition, profile.pk)
        verdict = entering.enter(journey, [entrant], now=now, each=True).verdicts[0]
        if verdict.run_id is None:
            return Walk(now, refused=in_words(verdict.verdict))
        move_due(now=now, seconds=60, only=journey.pk)
        scene = _Scene(definition, journey, Tenant.objects.get(pk=journey.tenant_id), Interest.load(journey))
        for press in presses[:MOST_PRESSES]:
            run = Run.objects.filter(pk=verdict.run_id).first()
            if run is None or run.due_at is None:
                break
            now = _pressed(scene, run, press, now)
        return _told(scene, profile, verdict.run_id, now)


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


def _pressed(scene: _Scene, run: Run, press: str, now: datetime) -> datetime:
    """Time runs to the next moment; or something happens a day later, or half-way there."""
    definition, journey = scene.definition, scene.journey
    step, due = definition.by_id.get(run.step), run.due_at or now
    chosen = next((one for one in possible(definition, step, {}) if one.press == press), None)
    if chosen is None:
        now = max(due, now)
    else:
        now += min(LONGEST_UNTIL_IT_HAPPENS, max(due - now, timedelta()) / 2)
        data = data_for(definition, chosen, run.key)
        let_happen(scene.tenant, scene.interest, run.profile_id, chosen.event, data, now)
    move_due(now=now, seconds=60, only=journey.pk)
    if (
        chosen is None
        and isinstance(step, WaitUntil)
        and Run.objects.filter(pk=run.pk, step=step.id).exists()
    ):
        # A time-out is decided a moment after the deadline, when nothing more can come in before it.
        now += SETTLE * 40
        move_due(now=now, seconds=60, only=journey.pk)
    return now


def _told(scene: _Scene, profile: CustomerProfile, run_id: int, now: datetime) -> Walk:
    run, definition = find_run(run_id), scene.definition
    live = run if isinstance(run, Run) else None
    step = definition.by_id.get(live.step) if live else None
    return Walk(
        now,
        run=run,
        step=step,
        due=max(live.due_at, now) if live and live.due_at else None,
        can_happen=list(possible(definition, step, segment_names())) if live else [],
        has_converted=Conversion.objects.filter(subject="RUN", subject_id=run_id).exists(),
        lines=story(run) if run else [],
        messages=_messages(scene.journey, profile, run_id),
    )


def _messages(journey: Journey, profile: CustomerProfile, run_id: int) -> list[dict[str, Any]]:
    """Each with the person's data; `problem`: a token that is not known."""
    data = RunData.objects.filter(run_id=run_id).first()
    extra = {"event": data.data if data else {}, "run": data.variables if data else {}}
    tenant = Tenant.objects.get(pk=journey.tenant_id)
    values = values_for(
        customer_fields(profile), club=club_values(tenant), extra=extra, reader=reader_of(tenant)
    )
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
        "by": row.get_channel_display(),
        "at": row.due_at,
        "subject": subject,
        "text": body,
        "template": text.template_id if text else "",
        "problem": problem,
    }
