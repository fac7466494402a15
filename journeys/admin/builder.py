"""The visual builder: the draft as a tree drawn by the server, every act a POST that answers with the new tree."""

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from journeys import building, forms, lifecycle
from journeys.admin.common import journey_or_404, refused
from journeys.building import picture
from journeys.definition import Definition, InvalidDefinition, parse
from journeys.definition.registry import STEPS, TRIGGERS
from journeys.definition.vocabulary import DATE_FIELDS, TRIGGER_DATES, event_choices
from journeys.describing import trigger_words
from journeys.drafts import (
    acts_around,
    draft_of,
    live_version,
    problems_of,
    save_draft,
    step_back,
    step_forward,
)
from journeys.engine.conditions import OPERATORS
from journeys.models import Journey, Run
from journeys.publishing import moving
from journeys.versions import definition_of
from journeys.world import segment_names
from profiles.models import LifecycleStage
from segments.fields import FIELDS
from segments.models import Segment
from tenants.admin.base import messages
from tenants.admin.pages import page, show
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.roles import Right


def _tree(request: StaffRequest, journey: Journey, problem: str = "", chosen: str = "") -> dict[str, Any]:
    draft = draft_of(journey)
    definition = parse(draft.definition)
    names = segment_names()
    way, nodes = picture(definition, names)
    problems = problems_of(definition)
    for one in problems:
        if one.step in nodes:
            nodes[one.step].problems.append(one.message)
    undo, redo = acts_around(journey, draft)
    version = live_version(journey)
    return {
        "journey": journey,
        "way": way,
        "steps": [(node.step.id, node.title) for node in nodes.values()],
        "triggers": [(number, trigger_words(one, names)) for number, one in enumerate(definition.triggers)],
        "lost": building.lost(definition),
        "problems": problems,
        "errors": [one for one in problems if one.is_error],
        "undo": undo,
        "redo": redo,
        "kinds": list(STEPS.values()),
        "trigger_kinds": list(TRIGGERS.values()),
        "definition": definition,
        "problem": problem,
        "chosen": chosen,
        "is_published": version is not None and version.fingerprint == definition.fingerprint,
    }


@page("journeys/<uuid:journey_id>/edit/", name="journey_builder", right=Right.EDIT)
def journey_builder(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """The whole builder."""
    journey = journey_or_404(journey_id)
    return show(
        request,
        "journeys/builder.html",
        journey.name,
        crumb={"link": reverse("admin:journey_page", args=[journey.pk]), "title": "Journey"},
        **_tree(request, journey),
    )


@page("journeys/<uuid:journey_id>/edit/act/", name="journey_edit", right=Right.EDIT)
def journey_edit(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """One act on the draft; answers with the tree (htmx), or goes back to the builder."""
    journey, problem, chosen = journey_or_404(journey_id), "", ""
    if request.method == "POST":
        try:
            chosen = _act(request, journey, draft_of(journey).definition)
        except DomainError as error:
            problem = error.message
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "journeys/tree.html", _tree(request, journey, problem, chosen))
    if problem:
        messages.error(request, problem)
    return HttpResponseRedirect(reverse("admin:journey_builder", args=[journey.pk]))


def _act(request: StaffRequest, journey: Journey, raw: Any) -> str:  # noqa: C901 - one branch an act
    post, act, step = request.POST, request.POST.get("act", ""), request.POST.get("step", "")
    if act == "undo":
        step_back(journey)
    elif act == "redo":
        step_forward(journey)
    elif act == "add":
        made, step = building.insert(raw, post.get("place", ""), post.get("kind", ""))
        save_draft(journey, made, f"Added “{STEPS[post['kind']].title}”")
    elif act == "delete":
        save_draft(journey, building.delete(raw, step), f"Deleted {step}")
        step = ""
    elif act in ("up", "down"):
        save_draft(journey, building.move(raw, step, act), f"Moved {step} {act}")
    elif act == "copy":
        save_draft(journey, building.copy_branch(raw, step, post.get("place", "")), f"Copied from {step}")
    elif act == "connect":
        save_draft(
            journey, building.connect(raw, post.get("place", ""), step or None), "Changed where a way leads"
        )
    elif act == "save":
        kind = next(one["kind"] for one in raw["steps"] if one["id"] == step)
        fields = forms.step_of(kind, post, post.getlist("channels"))
        save_draft(journey, building.replace(raw, step, fields), f"Changed “{fields.get('name') or step}”")
    elif act == "trigger":
        save_draft(
            journey, {**raw, "triggers": [*raw["triggers"], forms.trigger_of(post)]}, "Added a trigger"
        )
    elif act == "drop_trigger":
        number = int(post.get("number", "-1"))
        rest = [one for place, one in enumerate(raw["triggers"]) if place != number]
        save_draft(journey, {**raw, "triggers": rest}, "Removed a trigger")
    elif act == "rules":
        save_draft(journey, raw | _rules(post), "Changed who may enter and leave")
    return step


def _rules(post: Any) -> dict[str, Any]:
    number = {
        name: int(post[name]) if post.get(name, "").isdecimal() else None
        for name in ("days", "maxEnrollments", "dailyCap", "holdoutPercent")
    }
    exits = [
        {"kind": "EVENT", "event": event, "sameKey": "exitSameKey" in post}
        for event in post.getlist("exit")
        if event
    ]
    goal = post.get("goal")
    return {
        "entry": {
            "policy": post.get("policy", "ONCE"),
            "days": number["days"] or 30,
            "maxEnrollments": number["maxEnrollments"] or None,
            "dailyCap": number["dailyCap"] or None,
            "holdoutPercent": number["holdoutPercent"] or 0,
        },
        "exits": exits,
        "goal": {"event": goal} if goal else None,
    }


@page("journeys/<uuid:journey_id>/edit/panel/", name="journey_panel", right=Right.EDIT)
def journey_panel(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """The side panel: a step, a new trigger, the rules of entry, or what can be added at a place."""
    journey = journey_or_404(journey_id)
    definition = parse(draft_of(journey).definition)
    context: dict[str, Any] = {
        "journey": journey,
        "definition": definition,
        "channels": ["EMAIL", "SMS", "PUSH", "WHATSAPP"],
        "events": event_choices(),
        "fields": sorted(FIELDS.values(), key=lambda one: (one.group, one.label)),
        "operators": list(OPERATORS.items()),
        "segments": list(segment_names().items()),
        "dates": [(name, words) for name, (_, words) in DATE_FIELDS.items()],
        "trigger_dates": [(name, DATE_FIELDS[name][1]) for name in TRIGGER_DATES],
        "stages": LifecycleStage.choices,
        "journeys": Journey.objects.exclude(status="ARCHIVED").exclude(pk=journey.pk),
        "sends": [one for one in definition.steps if one.kind == "SEND"],
        "place": request.GET.get("place", ""),
        "kinds": list(STEPS.values()),
        "steps": [(one.id, one.name or one.id) for one in definition.steps],
        "trigger": TRIGGERS.get(request.GET.get("trigger", "")),
        "is_rules": "rules" in request.GET,
        "lists": Segment.objects.filter(type="STATIC", deleted_at__isnull=True),
    }
    step = definition.by_id.get(request.GET.get("step", ""))
    if step is not None:
        context |= {"step": step, "kind": STEPS[step.kind], "here": _people_at(journey, step.id)}
        context |= _rule_context(getattr(step, "rule", None) or getattr(step, "condition", None))
        context["where"] = next(iter(getattr(step, "where", ()) or ()), None)
    return TemplateResponse(request, "journeys/panel.html", context)


def _rule_context(rule: Any) -> dict[str, Any]:
    leaves = rule.get("rules", []) if isinstance(rule, dict) else []
    simple = (
        all("field" in leaf for leaf in leaves) and isinstance(rule, dict) and rule.get("combinator") == "AND"
    )
    rows = [
        {
            **leaf,
            "value": ", ".join(map(str, leaf["value"]))
            if isinstance(leaf.get("value"), list)
            else leaf.get("value", ""),
        }
        for leaf in leaves[:3]
    ]
    return {
        "rule_rows": (rows if simple and len(leaves) <= 3 else []) + [{}] * (3 - len(rows) if simple else 3),  # noqa: PLR2004
        "rule_json": "" if simple or not rule else orjson.dumps(rule, option=orjson.OPT_INDENT_2).decode(),
        "audience": _audience(rule) if rule else None,
    }


def _audience(rule: Any) -> int | None:
    """How many customers fulfil a condition now."""
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from journeys.engine.conditions import decide  # noqa: PLC0415
    from tenants.models import Tenant  # noqa: PLC0415
    from tenants.scope import current_tenant_id  # noqa: PLC0415

    try:
        decided = decide(rule, Tenant.objects.get(pk=current_tenant_id()), timezone.now())
    except DomainError:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM profiles_customerprofile AS p WHERE p.tenant_id = %(tenant)s AND p.status = 'ACTIVE'"
            f" AND ({decided.holds})",
            {"tenant": current_tenant_id(), **decided.params},
        )
        [count] = cursor.fetchone()
    return int(count)


def _people_at(journey: Journey, step: str) -> int:
    return Run.objects.filter(journey_id=journey.pk, step=step).count()


@page("journeys/<uuid:journey_id>/publish/", name="journey_publish", right=Right.EDIT)
def journey_publish(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """The difference, what becomes of people under way, and the button."""
    journey = journey_or_404(journey_id)
    after = parse(draft_of(journey).definition)
    version = live_version(journey)
    before = definition_of(version.pk) if version else None
    standings = moving.standings(journey, after)
    if request.method == "POST":
        choices = {
            one.place: {
                "choice": request.POST.get(f"choice:{one.place}") or None,
                "step": request.POST.get(f"step:{one.place}") or None,
                "sends": f"sends:{one.place}" in request.POST,
            }
            for one in standings
        }
        try:
            lifecycle.publish(journey.pk, choices=choices, note=request.POST.get("note", ""))
        except InvalidDefinition as error:
            return refused(request, error, reverse("admin:journey_builder", args=[journey.pk]))
        except DomainError as error:
            return refused(request, error, reverse("admin:journey_publish", args=[journey.pk]))
        messages.success(request, "Published. It runs from now on.")
        return HttpResponseRedirect(reverse("admin:journey_page", args=[journey.pk]))
    return show(
        request,
        "journeys/publish.html",
        f"Publish {journey.name}",
        journey=journey,
        version=version,
        difference=difference(before, after),
        standings=standings,
        steps=[(one.id, one.name or one.id) for one in after.steps],
        problems=problems_of(after),
        errors=[one for one in problems_of(after) if one.is_error],
        crumb={"link": reverse("admin:journey_builder", args=[journey.pk]), "title": journey.name},
    )


def difference(before: Definition | None, after: Definition) -> list[tuple[str, str, str]]:
    """(what: new, changed, gone; step; words) of each step that differs."""
    names = segment_names()
    _, old = picture(before, names) if before else (None, {})
    _, new = picture(after, names)
    rows = [("new", node.title, node.words) for step, node in new.items() if step not in old]
    rows += [
        (
            "changed",
            node.title,
            f"{old[step].words} → {node.words}" if old[step].words != node.words else "its text or ways",
        )
        for step, node in new.items()
        if step in old and old[step].step != node.step
    ]
    return rows + [("gone", node.title, node.words) for step, node in old.items() if step not in new]
