"""Publishing a draft: the difference as a picture, what becomes of people under way, and the button."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from journeys import lifecycle
from journeys.admin.common import journey_or_404, refused
from journeys.comparing import compare
from journeys.definition import Definition, parse
from journeys.definition.registry import STEPS
from journeys.describing import plain_problems
from journeys.drafts import draft_of, live_version, problems_of
from journeys.errors import DraftNotReady
from journeys.models import Journey
from journeys.publishing import moving
from journeys.publishing.foretelling import Foretold, foretell, in_sum
from journeys.versions import definition_of
from journeys.world import names_in_pictures
from messaging.models.policy import policy_of
from tenants.actors import current_actor
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.roles import Right


def _choices(journey: Journey, after: Definition, post: QueryDict) -> dict[str, dict[str, Any]]:
    """What the form says of each place; an unticked box and an empty choice say nothing."""
    return {
        one.place: {
            "choice": post.get(f"choice:{one.place}") or None,
            "step": post.get(f"step:{one.place}") or None,
            "sends": f"sends:{one.place}" in post,
        }
        for one in moving.standings(journey, after)
    }


def _asked(request: StaffRequest, journey: Journey, after: Definition, post: QueryDict) -> dict[str, Any]:
    """Each place where people are, with the choice and what it would cause; and the sum."""
    club, now = club_of(request), timezone.now()
    policy, rows, told = policy_of(club), [], list[Foretold]()
    for standing in moving.standings(journey, after):
        place = standing.place
        chosen = {
            "choice": post.get(f"choice:{place}") or standing.default.value,
            "step": post.get(f"step:{place}") or standing.target,
            "sends": f"sends:{place}" in post,
        }
        foretold = foretell(standing, chosen, after, tenant=club, policy=policy, now=now)
        told.append(foretold)
        rows.append({"standing": standing, "chosen": chosen, "foretold": foretold,
                     "title": standing.step.name or STEPS[standing.step.kind].title,
                     "target_title": _title(after, standing.target)})  # fmt: skip
    return {"asked": rows, "in_sum": in_sum(told) if told else ""}


def _title(definition: Definition, step_id: str | None) -> str:
    step = definition.by_id.get(step_id or "")
    return (step.name or STEPS[step.kind].title) if step else ""


@page("journeys/<uuid:journey_id>/publish/", name="journey_publish", right=Right.EDIT)
def journey_publish(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """The difference, what becomes of people under way, and the button."""
    journey = journey_or_404(journey_id)
    after = parse(draft_of(journey).definition)
    version = live_version(journey)
    before = definition_of(version.pk) if version else None
    if request.method == "POST":
        return _publish(request, journey, after)
    problems, names = plain_problems(after, problems_of(after)), names_in_pictures()
    needs = lifecycle.needs_second_person(journey)
    return show(
        request,
        "journeys/publish.html",
        f"{'Publish' if version else 'Start'} {journey.name}",
        journey=journey,
        version=version,
        difference=(found := compare(before, after, names)),
        way=found.way,
        steps=[(one.id, _title(after, one.id)) for one in after.steps],
        problems=[one for one in problems if not one.is_error],
        errors=[one for one in problems if one.is_error],
        needs_approval=needs,
        may_approve=needs and journey.submitted_at is not None and not _is_mine(journey),
        crumb={"link": reverse("admin:journey_builder", args=[journey.pk]), "title": journey.name},
        **_asked(request, journey, after, QueryDict()),
    )


def _is_mine(journey: Journey) -> bool:
    user = current_actor().user
    return user is not None and journey.submitted_by_id == user.pk


def _publish(request: StaffRequest, journey: Journey, after: Definition) -> HttpResponse:
    try:
        choices = _choices(journey, after, request.POST)
        lifecycle.publish(journey.pk, choices=choices, note=request.POST.get("note", ""))
    except DraftNotReady as error:
        return refused(request, error, reverse("admin:journey_builder", args=[journey.pk]))
    except DomainError as error:
        return refused(request, error, reverse("admin:journey_publish", args=[journey.pk]))
    messages.success(request, "It runs from now on.")
    return HttpResponseRedirect(reverse("admin:journey_page", args=[journey.pk]))


@page("journeys/<uuid:journey_id>/publish/foretell/", name="journey_foretell", right=Right.EDIT)
def journey_foretell(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """What the choices of the form (POST) would cause: the sentences of the page, renewed while somebody chooses."""
    journey = journey_or_404(journey_id)
    after = parse(draft_of(journey).definition)
    return TemplateResponse(
        request,
        "journeys/foretold.html",
        _asked(request, journey, after, request.POST) | {"club": club_of(request)},
    )
