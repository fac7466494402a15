"""Trying the draft: with one person from stop to stop, and over the past as a job with progress."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from events.iso_time import moment_from_iso
from journeys import trials
from journeys.admin.common import journey_or_404, people_meant, refused
from journeys.definition import parse
from journeys.definition.registry import STEPS
from journeys.describing import plain_problems
from journeys.drafts import draft_of, live_version, problems_of
from journeys.explaining import OUTCOMES, in_words
from journeys.models import Journey, Trial
from journeys.paths import draw_path
from journeys.picturing import picture
from journeys.walking import MOST_PRESSES, PRESSES, walk
from journeys.world import names_in_pictures
from profiles.models import CustomerProfile
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

SPANS = (30, 90, 365)


@page("journeys/<uuid:journey_id>/try/", name="journey_try", right=Right.EDIT)
def journey_try(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """GET `customer`: one person. POST `days`: ask for a trial over the past. Nothing is kept but the answer."""
    journey = journey_or_404(journey_id)
    here = reverse("admin:journey_try", args=[journey.pk])
    if request.method == "POST":
        try:
            trial = trials.request_trial(journey, whole_number(request.POST.get("days", "")) or 0)
        except DomainError as error:
            return refused(request, error, here)
        return HttpResponseRedirect(f"{here}?trial={trial.pk}")
    text, presses = request.GET.get("customer", "").strip(), request.GET.get("way", "")
    presses = "".join(one for one in presses if one in PRESSES)[:MOST_PRESSES]
    raw = draft_of(journey).definition
    definition = parse(raw)
    errors = [one for one in plain_problems(definition, problems_of(definition)) if one.is_error]
    meant = people_meant(text)
    person = meant[0] if len(meant) == 1 else None
    walked = walk(raw, person, presses, tried=journey.pk) if person and not errors else None
    way, nodes = picture(definition, names_in_pictures())
    if walked and walked.run:
        draw_path(nodes, walked.lines, walked.run)
    return show(
        request,
        "journeys/try.html",
        f"{journey.name}: try it",
        journey=journey,
        text=text,
        spans=SPANS,
        errors=errors,
        person=person,
        choices=meant if len(meant) > 1 else [],
        walked=walked,
        way=way,
        presses=presses,
        stands=nodes[walked.step.id].title if walked and walked.step else "",
        is_first=live_version(journey) is None,
        **_shown(journey, trials.newest(journey, uuid_or_none(request.GET.get("trial", "")))),
        crumb={"link": reverse("admin:journey_builder", args=[journey.pk]), "title": journey.name},
    )


@page("journeys/<uuid:journey_id>/try/<uuid:trial_id>/", name="journey_trial", right=Right.EDIT)
def journey_trial(request: StaffRequest, journey_id: UUID, trial_id: UUID) -> HttpResponse:
    """How far a trial is, or what it found: the part of the page that asks again."""
    journey = journey_or_404(journey_id)
    context = {"journey": journey, "club": club_of(request)}
    return TemplateResponse(
        request, "journeys/trial.html", context | _shown(journey, trials.newest(journey, trial_id))
    )


def _shown(journey: Journey, trial: Trial | None) -> dict[str, Any]:
    if trial is None or trial.result is None:
        return {"trial": trial}
    found = trial.result
    most = max([*found["messages_by_day"].values(), *found["by_day"].values(), 1])
    days = sorted({*found["messages_by_day"], *found["by_day"]})
    people = CustomerProfile.objects.in_bulk([one["customerId"] for one in found["samples"]])
    definition = parse(trial.definition)
    names = {step.id: step.name or STEPS[step.kind].title for step in definition.steps}
    return {
        "trial": trial,
        "dry": found,
        "took": round(trials.seconds_taken(trial), 1),
        "dry_days": [
            (
                date.fromisoformat(day),
                found["by_day"].get(day, 0),
                count,
                max(2, round(60 * count / most)) if count else 0,
            )
            for day in days
            for count in (found["messages_by_day"].get(day, 0),)
        ],
        "dry_steps": [
            (names.get(one["step"], one["step"]), OUTCOMES.get(one["outcome"], one["outcome"]), one["count"])
            for one in found["by_step"]
        ],
        "dry_messages": [(in_words(reason), count) for reason, count in found["messages"].items()],
        "dry_refused": [(in_words(reason), count) for reason, count in found["refused"].items()],
        "samples": [
            (people.get(UUID(one["customerId"])), [_with_time(line) for line in one["story"]])
            for one in found["samples"]
        ],
    }


def _with_time(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "at": moment_from_iso(line["at"])}
