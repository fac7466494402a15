"""The builder's side panel: what can be added at a place, a trigger, the rules of entry, the particulars of a step."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.template.response import TemplateResponse

from journeys import forms
from journeys.admin.common import colleagues, journey_or_404
from journeys.building import delete
from journeys.definition import Definition, parse
from journeys.definition.parts import PayloadCondition
from journeys.definition.registry import STEPS, TRIGGERS
from journeys.definition.steps import Split, Step
from journeys.definition.vocabulary import DATE_FIELDS, TRIGGER_DATES, event_groups
from journeys.describing import COMPARED, DID
from journeys.drafts import draft_of
from journeys.models import Journey, JourneySecret, Run
from journeys.picturing import OTHER_WAY, places, target_at
from journeys.world import segment_names
from messaging.models import CHANNEL_WORDS
from profiles.models import LifecycleStage
from segments.admin.building import builder_context
from segments.models import Segment
from tenants.admin.pages import club_of, page
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

WEEKDAYS: Final = [
    (1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"), (6, "Saturday"), (7, "Sunday"),
]  # fmt: skip
IF_PAST: Final = [
    ("SKIP_TO_NEXT_WAIT", "leave out the messages up to the next wait"),
    ("CONTINUE", "go on at once"),
    ("EXIT", "leave the journey"),
]
TOKENS: Final = (
    "{{ profile.firstName | default: 'golfer' }}", "{{ club.name }}", "{{ event.teeTime }}", "{{ run.enteredAt }}",
)  # fmt: skip
MOST_BRANCHES: Final = 10


@page("journeys/<uuid:journey_id>/edit/panel/", name="journey_panel", right=Right.EDIT)
def journey_panel(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """GET `place`, `trigger` (a kind), `number` (of a trigger), `rules` or `step`; nothing of it: the help."""
    journey = journey_or_404(journey_id)
    return TemplateResponse(
        request, "journeys/panel.html", panel_context(request, journey, request.GET) | {"journey": journey}
    )


def panel_context(
    request: StaffRequest,
    journey: Journey,
    wanted: Mapping[str, Any],
    *,
    definition: Definition | None = None,
) -> dict[str, Any]:
    """What the panel shows; `wanted` as in the address."""
    definition = definition or parse(draft_of(journey).definition)
    context: dict[str, Any] = {"definition": definition, "club": club_of(request), "panel_chosen": ""}
    step = definition.by_id.get(str(wanted.get("step", "")))
    number = whole_number(str(wanted.get("number", "")))
    if wanted.get("place"):
        return context | _adding(definition, str(wanted["place"]))
    if number is not None and number < len(definition.triggers):
        return context | _trigger(definition, definition.triggers[number].kind, number)
    if wanted.get("trigger") in TRIGGERS:
        return context | _trigger(definition, str(wanted["trigger"]), None)
    if "rules" in wanted:
        return context | _rules(definition)
    return context | (_step(journey, definition, step) if step else {})


def _adding(definition: Definition, place: str) -> dict[str, Any]:
    titles = [(one.id, one.name or STEPS[one.kind].title) for one in definition.steps]
    is_between = target_at(definition.as_json(), place) is not None
    return {"place": place, "kinds": list(STEPS.values()), "steps": titles, "is_between": is_between,
            "panel_chosen": f"place={place}"}  # fmt: skip


def _trigger(definition: Definition, kind: str, number: int | None) -> dict[str, Any]:
    old: Any = definition.triggers[number] if number is not None else None
    return {
        "trigger": TRIGGERS[kind],
        "number": number,
        "old": old,
        "old_size": abs(getattr(old, "offset_days", 0) or 0),
        "events": event_groups(getattr(old, "event", "")),
        "segments": _segments(getattr(old, "segment", "")),
        "trigger_dates": [(name, DATE_FIELDS[name][1]) for name in TRIGGER_DATES],
        "plan": forms.schedule_shown(getattr(old, "cron", "") or "0 9 * * 1"),
        "weekdays": WEEKDAYS,
        "where_rows": _where_rows(getattr(old, "where", ())),
        "comparisons": list(COMPARED.items()),
        "panel_chosen": f"number={number}" if number is not None else f"trigger={kind}",
        **builder_context(old.rule if old is not None else None),
    }


def _rules(definition: Definition) -> dict[str, Any]:
    segments = _segments(*(one.segment for one in definition.exits if one.kind == "SEGMENT"))
    chosen = [one.event for one in definition.exits if one.kind == "EVENT"]
    exits = [
        (group, [(f"event:{value}", words) for value, words in rows]) for group, rows in event_groups(*chosen)
    ]
    exits.append(("Leaves the segment", [(f"LEFT:{pk}", f"left {name}") for pk, name in segments]))
    exits.append(("Joins the segment", [(f"JOINED:{pk}", f"joined {name}") for pk, name in segments]))
    rows = [(forms.exit_value(one), getattr(one, "same_key", False)) for one in definition.exits]
    return {
        "is_rules": True,
        "events": event_groups(definition.goal.event if definition.goal else ""),
        "exits": exits,
        "exit_rows": [*rows, ("", False)],
        "panel_chosen": "rules=1",
        **builder_context(definition.matching),
    }


def _step(journey: Journey, definition: Definition, step: Step) -> dict[str, Any]:
    raw = definition.as_json()
    left = {one["id"] for one in delete(raw, step.id)["steps"]}
    gone = set(definition.by_id) - left
    at = Run.objects.filter(journey_id=journey.pk)
    return {
        "step": step,
        "kind": STEPS[step.kind],
        "here": at.filter(step=step.id).count(),
        "falls": len(gone) - 1,
        "there": at.filter(step__in=gone).count(),
        "is_single": step.outlets == ("next",),
        "has_other_way": OTHER_WAY.get(step.kind, "-") in step.ways,
        "places": places(definition),
        "panel_chosen": f"step={step.id}",
        **PARTICULARS.get(step.kind, lambda *_: {})(definition, step),
    }


def _segments(*chosen: str) -> list[tuple[str, str]]:
    """(id, name) of the club's segments; what is chosen and gone stands there too."""
    names = segment_names()
    gone = [(one, "a segment that is gone") for one in dict.fromkeys(chosen) if one and one not in names]
    return [*names.items(), *gone]


def _where_rows(where: Any) -> list[dict[str, Any]]:
    def shown(one: PayloadCondition) -> Any:
        return (
            ("true" if one.value is not False else "false")
            if one.operator == "exists"
            else forms.shown(one.value)
        )

    rows = [{"path": one.path, "operator": one.operator, "shown": shown(one)} for one in where or ()]
    return [*rows, {}]


def _send(_: Definition, step: Any) -> dict[str, Any]:
    rows = [*step.channels, *("" for _ in CHANNEL_WORDS)][: len(CHANNEL_WORDS)]
    return {"channels": list(CHANNEL_WORDS.items()), "channel_rows": rows, "tokens": TOKENS}


def _wait(_: Definition, step: Any) -> dict[str, Any]:
    until = step.until
    is_date = until.mode == "DATE"
    return {
        "weekdays": WEEKDAYS,
        "dates": [(name, words) for name, (_, words) in DATE_FIELDS.items()],
        "if_past": IF_PAST,
        "until_at": until.at if until.mode == "TIME" else "09:00",
        "offset_size": abs(until.offset) if is_date else 1,
        "date_unit": until.unit if is_date else "DAYS",
        "date_at": (until.at or "") if is_date else "09:00",
        "event_field": until.field if is_date and until.is_of_event else "",
    }


def _asking(rule: Any) -> dict[str, Any]:
    return {"comparisons": list(COMPARED.items()), **builder_context(rule)}


def _wait_until(_: Definition, step: Any) -> dict[str, Any]:
    where = step.event.where if step.event else ()
    event = step.event.event if step.event else ""
    return {"events": event_groups(event), "where_rows": _where_rows(where), **_asking(step.condition)}


def _condition(definition: Definition, step: Any) -> dict[str, Any]:
    sends = [(one.id, one.name or one.id) for one in definition.steps if one.kind == "SEND"]
    if step.message and step.message.step not in dict(sends):
        sends.append((step.message.step, "a step that is gone"))
    return {
        "where_rows": _where_rows(step.where),
        "sends": sends,
        "dids": list(DID.items()),
        **_asking(step.rule),
    }


def _split(_: Definition, step: Split) -> dict[str, Any]:
    rows: list[Any] = list(step.branches)
    if len(rows) < MOST_BRANCHES:
        rows.append({"name": "", "weight": "", "is_holdout": False})
    return {"branch_rows": rows, "certainty": round(100 * step.winner.certainty) if step.winner else 95}


def _update(_: Definition, step: Any) -> dict[str, Any]:
    rows = Segment.objects.filter(type="STATIC", deleted_at__isnull=True).order_by("name")
    lists = [(str(pk), name) for pk, name in rows.values_list("pk", "name")]
    named = dict(lists)
    lists += [(one, "a segment that is gone") for one in (*step.add_to, *step.take_from) if one not in named]
    return {"stages": LifecycleStage.choices, "lists": list(dict.fromkeys(lists))}


def _webhook(_: Definition, step: Any) -> dict[str, Any]:
    secrets = list(JourneySecret.objects.order_by("name").values_list("name", flat=True))
    if step.secret and step.secret not in secrets:
        secrets.append(step.secret)
    return {"secrets": secrets, "kept": "\n".join(f"{name} = {path}" for name, path in step.save.items())}


def _notify(_: Definition, step: Any) -> dict[str, Any]:
    people = colleagues()
    if step.owner and step.owner not in dict(people):
        people.append((step.owner, f"{step.owner} (no longer here)"))
    return {"colleagues": people}


def _enrol(_: Definition, step: Any) -> dict[str, Any]:
    rows = Journey.objects.exclude(status="ARCHIVED").order_by("name").values_list("pk", "name")
    found = [(str(pk), name) for pk, name in rows]
    if step.journey != "-" and step.journey not in dict(found):
        found.append((step.journey, "a journey that is gone"))
    return {"journeys": found}


PARTICULARS: Final[Mapping[str, Any]] = {
    "SEND": _send,
    "WAIT": _wait,
    "WAIT_UNTIL": _wait_until,
    "CONDITION": _condition,
    "SPLIT": _split,
    "UPDATE": _update,
    "WEBHOOK": _webhook,
    "NOTIFY": _notify,
    "ENROL": _enrol,
}
