"""Publishing a draft: the difference, what becomes of people under way, and the button."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from journeys import lifecycle
from journeys.admin.common import journey_or_404, refused
from journeys.definition import Definition, InvalidDefinition, parse
from journeys.drafts import draft_of, live_version, problems_of
from journeys.picturing import picture
from journeys.publishing import moving
from journeys.versions import definition_of
from journeys.world import segment_names
from tenants.admin.base import messages
from tenants.admin.pages import page, show
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.roles import Right


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
