"""The visual builder: the draft as a tree drawn by the server, every act a POST that answers with the new tree."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from journeys import building, counting, forms
from journeys.admin.common import journey_or_404
from journeys.admin.panel import panel_context
from journeys.definition import parse
from journeys.definition.registry import STEPS, TRIGGERS
from journeys.describing import at_step, entry_words, leaving_words, plain_problems, trigger_words
from journeys.drafts import (
    acts_around,
    draft_of,
    live_version,
    problems_of,
    save_draft,
    step_back,
    step_forward,
)
from journeys.models import Journey
from journeys.picturing import loose_lines, picture, target_at
from journeys.secrets import make_secret
from journeys.world import names_in_pictures
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

Json = dict[str, Any]


def _tree(request: StaffRequest, journey: Journey, done: "Done | None" = None) -> dict[str, Any]:
    done = done or Done()
    draft = draft_of(journey)
    definition = parse(draft.definition)
    names = names_in_pictures()
    way, nodes = picture(definition, names)
    loose = loose_lines(definition, names)
    for one in (node for line in loose for node in line.line):
        nodes.setdefault(one.step.id, one)
    problems = plain_problems(definition, problems_of(definition))
    for problem in problems:
        if problem.step in nodes:
            nodes[problem.step].problems.append(at_step(problem.message))
    undo, redo = acts_around(journey, draft)
    version = live_version(journey)
    return {
        "journey": journey,
        "club": club_of(request),
        "way": way,
        "loose": loose,
        "has_ways": any(node.ways for node in nodes.values()),
        "triggers": [
            (number, trigger_words(one, names), TRIGGERS[one.kind].icon)
            for number, one in enumerate(definition.triggers)
        ],
        "rules": [*entry_words(definition), *leaving_words(definition, names)],
        "problems": problems,
        "errors": [one for one in problems if one.is_error],
        "undo": undo,
        "redo": redo,
        "trigger_kinds": list(TRIGGERS.values()),
        "definition": definition,
        "problem": done.problem,
        "said": done.said,
        "focus": done.focus,
        "chosen": done.step,
        "chosen_trigger": done.trigger,
        "is_first": version is None,
        "is_published": version is not None and version.fingerprint == definition.fingerprint,
    }


class Done:
    """What came of an act: what to say, what is chosen now, and where the keyboard goes."""

    def __init__(
        self,
        said: str = "",
        *,
        step: str = "",
        trigger: int | None = None,
        focus: str = "",
        problem: str = "",
    ) -> None:
        self.said, self.step, self.trigger, self.focus, self.problem = said, step, trigger, focus, problem

    @property
    def panel(self) -> dict[str, Any]:
        """What the side panel shows afterwards, as in its address."""
        if self.trigger is not None:
            return {"number": str(self.trigger)}
        return {"step": self.step} if self.step else {}


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


@page("journeys/<uuid:journey_id>/edit/counts/", name="journey_counts", right=Right.EDIT)
def journey_counts(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """How many people triggers and conditions mean now; the page asks for it once it stands."""
    journey = journey_or_404(journey_id)
    found = counting.counts(parse(draft_of(journey).definition))
    return TemplateResponse(request, "journeys/counts.html", {"counts": found, "club": club_of(request)})


@page("journeys/<uuid:journey_id>/edit/act/", name="journey_edit", right=Right.EDIT)
def journey_edit(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """One act on the draft; answers with the tree and the side panel (htmx), or goes back to the builder."""
    journey, done = journey_or_404(journey_id), Done()
    if request.method == "POST":
        try:
            done = _act(journey, request.POST)
        except DomainError as error:
            done = Done(problem=error.message, step=request.POST.get("step", ""))
    if request.headers.get("HX-Request"):
        context = _tree(request, journey, done)
        panel = panel_context(request, journey, done.panel, definition=context["definition"])
        return TemplateResponse(request, "journeys/acted.html", {**panel, **context, "chosen": done.step})
    if done.problem:
        messages.error(request, done.problem)
    return HttpResponseRedirect(reverse("admin:journey_builder", args=[journey.pk]))


def _act(journey: Journey, post: QueryDict) -> Done:
    act = post.get("act", "")
    if act not in ACTS:
        raise InvalidError("There is no such act.", field="act")
    done: Done = ACTS[act](journey, draft_of(journey).definition, post)
    return done


def _undo(journey: Journey, raw: Json, post: QueryDict) -> Done:
    undone = acts_around(journey, draft_of(journey))[0]
    step_back(journey)
    return _still(journey, post, f"Taken back: {undone}.")


def _redo(journey: Journey, raw: Json, post: QueryDict) -> Done:
    done = acts_around(journey, draft_of(journey))[1]
    step_forward(journey)
    return _still(journey, post, f"Done again: {done}.")


def _still(journey: Journey, post: QueryDict, said: str) -> Done:
    """What was chosen stays so where it is still there."""
    kind, _, name = post.get("chosen", "").partition("=")
    definition = parse(draft_of(journey).definition)
    if kind == "step" and name in definition.by_id:
        return Done(said, step=name)
    number = whole_number(name) if kind == "number" else None
    if number is not None and number < len(definition.triggers):
        return Done(said, trigger=number)
    return Done(said)


def _title(raw: Json, step_id: str) -> str:
    found = next((one for one in raw["steps"] if one["id"] == step_id), None)
    return f"“{found.get('name') or STEPS[found['kind']].title}”" if found else "the step"


def _add(journey: Journey, raw: Json, post: QueryDict) -> Done:
    made, step = building.insert(raw, post.get("place", ""), post.get("kind", ""))
    said = f"Added “{STEPS[post.get('kind', '')].title}”"
    save_draft(journey, made, said)
    return Done(f"{said}.", step=step, focus="panel")


def _delete(journey: Journey, raw: Json, post: QueryDict) -> Done:
    step = post.get("step", "")
    made = building.delete(raw, step)
    fallen = len(raw["steps"]) - len(made["steps"]) - 1
    said = f"Deleted {_title(raw, step)}" + (f" and {fallen} behind it" if fallen else "")
    node = picture(parse(raw))[1].get(step)
    save_draft(journey, made, said)
    order = list(picture(parse(made))[1])
    before = list(picture(parse(raw))[1])[: _place(raw, step)] if node else []
    near = next((one for one in reversed(before) if one in order), order[0] if order else "")
    return Done(f"{said}. Ctrl+Z takes it back.", focus=f"step-{near}" if near else "plus-start")


def _place(raw: Json, step: str) -> int:
    order = list(picture(parse(raw))[1])
    return order.index(step) if step in order else 0


def _shift(journey: Journey, raw: Json, post: QueryDict) -> Done:
    step, way = post.get("step", ""), post.get("act", "")
    said = f"Moved {_title(raw, step)} {way}"
    save_draft(journey, building.move(raw, step, way), said)
    return Done(f"{said}.", step=step)


def _move(journey: Journey, raw: Json, post: QueryDict) -> Done:
    step = post.get("step", "")
    said = f"Moved {_title(raw, step)}"
    save_draft(journey, building.relocate(raw, step, post.get("place", "")), said)
    return Done(f"{said}.", step=step, focus=f"step-{step}")


def _copy(journey: Journey, raw: Json, post: QueryDict) -> Done:
    step, place = post.get("step", ""), post.get("place", "")
    made = building.copy_branch(raw, step, place)
    said = f"Copied {_title(raw, step)} and what follows"
    save_draft(journey, made, said)
    copied = target_at(made, place) or ""
    return Done(f"{said}.", step=copied, focus=f"step-{copied}")


def _connect(journey: Journey, raw: Json, post: QueryDict) -> Done:
    step = post.get("step") or None
    save_draft(journey, building.connect(raw, post.get("place", ""), step), "Changed where a way leads")
    return Done("The way leads elsewhere now.", focus=f"step-{post.get('place', '').partition(':')[0]}")


def _save(journey: Journey, raw: Json, post: QueryDict) -> Done:
    step = post.get("step", "")
    old = next((one for one in raw["steps"] if one["id"] == step), None)
    if old is None:
        raise InvalidError("This step is gone: somebody else changed the journey.", field="step")
    fields = forms.step_of(old["kind"], post, old)
    other_way = "otherWay" in post if "otherWayForm" in post else None
    made = building.replace(raw, step, fields, other_way=other_way)
    said = f"Changed {_title(made, step)}"
    save_draft(journey, made, said)
    return Done(f"{said}.", step=step)


def _trigger(journey: Journey, raw: Json, post: QueryDict) -> Done:
    triggers, place = list(raw["triggers"]), whole_number(post.get("number", ""))
    if place is not None and place < len(triggers):
        triggers[place] = forms.trigger_of(post, triggers[place])
        said = "Changed a start"
    else:
        triggers.append(forms.trigger_of(post))
        place, said = len(triggers) - 1, "Added a start"
    save_draft(journey, {**raw, "triggers": triggers}, said)
    return Done(f"{said}.", trigger=place)


def _drop_trigger(journey: Journey, raw: Json, post: QueryDict) -> Done:
    number = post.get("number", "")
    rest = [one for place, one in enumerate(raw["triggers"]) if str(place) != number]
    save_draft(journey, {**raw, "triggers": rest}, "Removed a start")
    return Done("Removed a start. Ctrl+Z takes it back.", focus="jy-add-start")


def _rules(journey: Journey, raw: Json, post: QueryDict) -> Done:
    save_draft(journey, raw | forms.rules_of(post, raw), "Changed who may enter and leave")
    return Done("Changed who may enter and leave.", focus="jy-rules")


def _secret(journey: Journey, raw: Json, post: QueryDict) -> Done:
    step, name = post.get("step", ""), post.get("secretName", "").strip()
    _, plain = make_secret(name)
    save_draft(journey, building.replace(raw, step, {"secret": name}), f"Signs with the secret “{name}”")
    return Done(f"The secret “{name}” is {plain}. Copy it now: it is not shown again.", step=step)


ACTS = {
    "undo": _undo,
    "redo": _redo,
    "add": _add,
    "delete": _delete,
    "up": _shift,
    "down": _shift,
    "move": _move,
    "copy": _copy,
    "connect": _connect,
    "save": _save,
    "trigger": _trigger,
    "drop_trigger": _drop_trigger,
    "rules": _rules,
    "secret": _secret,
}
