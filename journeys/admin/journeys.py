"""One journey: its picture with figures, who is in it, why and why not, and what is done to it as a whole."""

from typing import Any, Final
from uuid import UUID

import orjson
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from journeys import lifecycle, winning
from journeys.admin.common import journey_or_404, people_meant, refused
from journeys.definition import parse
from journeys.definition.registry import STEPS, TRIGGERS
from journeys.describing import entry_words, key_words, leaving_words, trigger_words
from journeys.drafts import draft_of, live_version
from journeys.engine import holding
from journeys.explaining import explain, find_run, in_words, now_for, runs_of, story
from journeys.models import Hold, Journey, JourneyVersion, MovePlan, Run, RunEnded, Trial
from journeys.paths import draw_path
from journeys.picturing import Node, picture
from journeys.publishing import moving
from journeys.reading import (
    entered_by_week,
    figures,
    left_at_steps,
    lift_of,
    reasons_left,
    step_figures,
    step_times,
)
from journeys.versions import definition_of
from journeys.world import names_in_pictures
from profiles.called import has_in_name, with_full_names
from profiles.models import CustomerProfile
from tenants.admin.base import messages, request_may
from tenants.admin.formatting import duration
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

PAGE_SIZE: Final = 50
MOST_PAGES: Final = 999
HOLD_WORDS: Final = {
    Hold.PAUSED.value: "wait because the journey is paused",
    Hold.OVERDUE.value: "are overdue: they waited more than a day too long",
    Hold.FLOOD.value: "would get an overdue message, all at once",
}


@page("journeys/<uuid:journey_id>/", name="journey_page", right=Right.VIEW_PROFILES)
def journey_page(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """The live version as a picture with live figures; of a draft, the draft."""
    journey, club = journey_or_404(journey_id), club_of(request)
    version = live_version(journey)
    definition = definition_of(version.pk) if version else parse(draft_of(journey).definition)
    names = names_in_pictures()
    way, nodes = picture(definition, names)
    numbers = step_figures(journey)
    times = step_times(journey)
    left = left_at_steps(journey)
    for step_id, node in nodes.items():
        if step_id in numbers or step_id in left:
            node.figures = {
                "waiting": 0,
                "passed": 0,
                **numbers.get(step_id, {}),
                "left": left.get(step_id, 0),
                "took": took_words(times.get(step_id, {}).get("p50", 0)),
            }
    weeks = entered_by_week(journey, club.time_zone)
    most = max((count for _, count in weeks), default=1)
    total = figures(journey)
    plan = (
        MovePlan.objects.filter(journey_id=journey.pk, undone_at__isnull=True, moved__gt=0)
        .order_by("-made_at")
        .first()
    )
    older = dict(_older(journey))
    return show(
        request,
        "journeys/journey.html",
        journey.name,
        journey=journey,
        version=version,
        way=way,
        triggers=[(trigger_words(one, names), TRIGGERS[one.kind].icon) for one in definition.triggers],
        rules=[*entry_words(definition), *leaving_words(definition, names)],
        has_goal=definition.goal is not None,
        mails=[
            (node.title, numbers[step_id]["messages"])
            for step_id, node in nodes.items()
            if step_id in numbers and numbers[step_id]["messages"]
        ],
        versions=_versions(journey),
        rate=round(100 * total["conversionRate"], 1) if total["conversionRate"] is not None else None,
        figures=total,
        lift=_lift(total),
        experiments=winning.verdicts(journey),
        trials=Trial.objects.filter(journey_id=journey.pk).order_by("-made_at")[:1],
        left=[(in_words(reason), count) for reason, count in reasons_left(journey)[:8]],
        weeks=[(week, count, max(2, round(60 * count / most))) for week, count in weeks],
        held=[(hold, count, HOLD_WORDS.get(hold, hold)) for hold, count, _ in holding.held_counts(journey)],
        plan=plan,
        older=[(one, older[one.pk]) for one in JourneyVersion.objects.filter(pk__in=older)],
        may_edit=request_may(request, Right.EDIT),
        crumb={"link": reverse("admin:journeys"), "title": "Journeys"},
    )


def took_words(hours: float) -> str:
    """A median length of stay; empty where it is next to nothing."""
    return duration(hours * 3600) if hours * 60 >= 1 else ""


def _versions(journey: Journey) -> list[tuple[JourneyVersion, int]]:
    """The newest versions, with how many people are in each."""
    rows = list(
        JourneyVersion.objects.filter(journey_id=journey.pk).defer("definition").order_by("-number")[:10]
    )
    people = dict(
        Run.objects.filter(version_id__in=[one.pk for one in rows])
        .values_list("version_id")
        .annotate(Count("id"))
    )
    return [(one, people.get(one.pk, 0)) for one in rows]


def _older(journey: Journey) -> list[tuple[int, int]]:
    rows = Run.objects.filter(journey_id=journey.pk).exclude(version_id=journey.version_id)
    return list(rows.values_list("version_id").annotate(Count("id")))


def _lift(total: dict[str, Any]) -> str:
    """Conversion against the hold-out, with its interval, in words."""
    found = lift_of(total)
    if found is None:
        return ""
    words = "" if found["isCertain"] else ": not certain yet"
    points = f"{100 * found['difference']:+.1f} points against the hold-out"
    return f"{points} ({100 * found['low']:+.1f} to {100 * found['high']:+.1f}){words}"


@page("journeys/<uuid:journey_id>/people/", name="journey_people", right=Right.VIEW_PROFILES)
def journey_people(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """Who is in the journey (at `step`), or was (`ended=1`); `q` finds by name or address."""
    journey = journey_or_404(journey_id)
    step, text, ended = request.GET.get("step", ""), request.GET.get("q", "").strip(), "ended" in request.GET
    rows: Any = (
        RunEnded.objects.filter(journey_id=journey.pk).order_by("-ended_at", "-pk")
        if ended
        else Run.objects.filter(journey_id=journey.pk).order_by("due_at", "pk")
    )
    if step:
        rows = rows.filter(step=step)
    if text:
        people = with_full_names().filter(has_in_name(text) | Q(email__icontains=text))
        rows = rows.filter(profile_id__in=people.values("pk")[:500])
    place = whole_number(request.GET.get("page", ""), MOST_PAGES) or 1
    found = list(rows[(place - 1) * PAGE_SIZE : place * PAGE_SIZE + 1])
    people_by_id = CustomerProfile.objects.in_bulk([one.profile_id for one in found])
    version = live_version(journey)
    versions = dict.fromkeys([*([version.pk] if version else []), *(one.version_id for one in found)])
    steps = [one for pk in reversed(versions) for one in definition_of(pk).steps]
    titles = {one.id: one.name or STEPS[one.kind].title for one in steps}
    return show(
        request,
        "journeys/people.html",
        f"{journey.name}: people",
        journey=journey,
        rows=[
            (
                one,
                people_by_id.get(one.profile_id),
                _state(one),
                titles.get(one.step, one.step),
                key_words(definition_of(one.version_id), one.key),
            )
            for one in found[:PAGE_SIZE]
        ],
        step=step,
        text=text,
        is_ended=ended,
        steps=list(titles.items()),
        title_here=titles.get(step, step),
        before=place - 1,
        after=place + 1 if len(found) > PAGE_SIZE else 0,
        may_edit=request_may(request, Right.EDIT),
        crumb={"link": reverse("admin:journey_page", args=[journey.pk]), "title": journey.name},
    )


@page("journeys/runs/<int:run_id>/", name="journey_run", right=Right.VIEW_PROFILES)
def journey_run(request: StaffRequest, run_id: int) -> HttpResponse:
    """The story of one run, with its way through the picture."""
    run = find_run(run_id)
    if run is None:
        raise Http404
    journey = journey_or_404(run.journey_id)
    lines = story(run)
    definition = definition_of(run.version_id)
    way, nodes = picture(definition, names_in_pictures())
    draw_path(nodes, lines, run)
    return show(
        request,
        "journeys/run.html",
        f"{journey.name}: one person’s way",
        journey=journey,
        run=run,
        is_live=isinstance(run, Run),
        stands=_stands(run, nodes),
        about=key_words(definition, run.key),
        entered=lines[0],
        ended=lines[-1] if isinstance(run, RunEnded) else None,
        customer=CustomerProfile.objects.filter(pk=run.profile_id).first(),
        lines=lines,
        way=way,
        crumb={"link": reverse("admin:journey_page", args=[journey.pk]), "title": journey.name},
    )


def _state(run: Run | RunEnded) -> str:
    """Why somebody stands still, or how the run ended; in words."""
    if isinstance(run, Run):
        held = HELD_WORDS.get(run.hold, "")
        return held.capitalize() or ("Suspended by a merge" if run.status == "SUSPENDED" else "")
    return in_words(run.reason).capitalize() if run.status != "COMPLETED" else "Reached the end"


HELD_WORDS: Final = {
    "PAUSED": "stands still: the journey is paused",
    "OVERDUE": "stands still: it is more than a day too late, and staff decide",
    "FLOOD": "stands still: many overdue messages at once, and staff decide",
}


def _stands(run: Run | RunEnded, nodes: dict[str, Node]) -> str:
    """Where a live run is, in words; its due time follows."""
    if not isinstance(run, Run):
        return ""
    name = nodes[run.step].title if run.step in nodes else run.step
    if run.hold in HELD_WORDS:
        return f"at “{name}”, {HELD_WORDS[run.hold]}"
    if run.status == "SUSPENDED":
        return f"at “{name}”, suspended: the record was merged with one that is in the journey too"
    return f"waits at “{name}” until" if run.arrived_at else f"comes to “{name}” at"


@page("journeys/<uuid:journey_id>/why/", name="journey_why", right=Right.VIEW_PROFILES)
def journey_why(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """Why did somebody get this, and why not? `customer`: an id, an address or a name."""
    journey = journey_or_404(journey_id)
    text = request.GET.get("customer", "").strip()
    meant = people_meant(text)
    person = meant[0] if len(meant) == 1 else None
    return show(
        request,
        "journeys/why.html",
        f"{journey.name}: why?",
        journey=journey,
        text=text,
        person=person,
        choices=meant if len(meant) > 1 else [],
        starts=now_for(journey, person) if person else [],
        explained=explain(journey, person.pk) if person else None,
        runs=runs_of(person.pk, journey.pk) if person else [],
        crumb={"link": reverse("admin:journey_page", args=[journey.pk]), "title": journey.name},
    )


def _minutes(text: str) -> int:
    """Over how many minutes people go on, 0 where nothing is said; raises InvalidError, for at once was not meant."""
    number = whole_number(text) if text.strip() else 0
    if number is None:
        raise InvalidError("Write the minutes as a whole number.", field="minutes")
    return number


@page("journeys/<uuid:journey_id>/act/", name="journey_act", right=Right.EDIT)
def journey_act(  # noqa: C901 - one branch an act
    request: StaffRequest, journey_id: UUID
) -> HttpResponse:
    """Pause, resume, archive, copy, delete, let the held go on, take a move back, submit."""
    journey, act, post = journey_or_404(journey_id), request.POST.get("act", ""), request.POST
    back = reverse("admin:journey_page", args=[journey.pk])
    if request.method != "POST":
        return HttpResponseRedirect(back)
    try:
        minutes = _minutes(post.get("minutes", ""))
        if act == "pause":
            lifecycle.pause(journey.pk, queues_entries=post.get("entries") != "DROP")
        elif act == "resume":
            lifecycle.resume(journey.pk, how=post.get("how", "CONTINUE"), minutes=minutes)
        elif act == "archive":
            lifecycle.archive(journey.pk, people=post.get("people", "FINISH"))
        elif act == "duplicate":
            back = reverse("admin:journey_builder", args=[lifecycle.duplicate(journey.pk).pk])
        elif act == "delete":
            lifecycle.delete_draft(journey.pk)
            back = reverse("admin:journeys")
        elif act == "release":
            count = holding.release(journey, how=post.get("how", "CONTINUE"), minutes=minutes)
            messages.success(request, f"{count} go on.")
        elif act == "rename":
            lifecycle.rename_journey(
                journey.pk, name=post.get("name", ""), description=post.get("description", "")
            )
            messages.success(request, "Saved.")
        elif act == "submit":
            lifecycle.submit(journey.pk)
            messages.success(request, "Submitted: somebody else can publish it now.")
        elif act == "take_back":
            plan = moving.take_back(journey, UUID(post.get("plan", str(UUID(int=0)))))
            messages.success(request, f"{plan.returned} of {plan.moved} stand where they stood.")
    except DomainError as error:
        return refused(request, error, back)
    return HttpResponseRedirect(back)


@page("journeys/<uuid:journey_id>/export/", name="journey_export", right=Right.VIEW_PROFILES)
def journey_export(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """The draft as a file that can be imported elsewhere."""
    journey = journey_or_404(journey_id)
    body = {"name": journey.name, "definition": draft_of(journey).definition}
    answer = HttpResponse(orjson.dumps(body, option=orjson.OPT_INDENT_2), content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="journey.json"'
    return answer
