"""All journeys, and making one."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from journeys import lifecycle
from journeys.admin.common import refused
from journeys.definition import parse
from journeys.describing import trigger_words
from journeys.engine.watching import overdue, standing
from journeys.models import Journey
from journeys.reading import figures
from journeys.templates import BY_KEY, TEMPLATES
from journeys.versions import definition_of
from journeys.world import segment_names
from tenants.action_log import log_action
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.roles import Right

TONES = {"DRAFT": "info", "ACTIVE": "good", "PAUSED": "warn", "ARCHIVED": ""}
LARGEST_FILE = 500_000
STANDING = {
    "LATE": "were due more than five minutes ago and nobody moved them: does the worker for sends run?",
    "OVERDUE": "waited more than a day too long: let them go on, or end them, on the journey’s page",
    "FLOOD": "would get an overdue message all at once: decide on the journey’s page",
    "FAILED": "failed at a step in the last day",
}


@page("journeys/", name="journeys", right=Right.VIEW_PROFILES)
def journeys_page(request: StaffRequest) -> HttpResponse:
    """Every journey with its figures; archived ones by `archived=1`."""
    from django.utils import timezone  # noqa: PLC0415 - beside its use

    archived = "archived" in request.GET
    rows = Journey.objects.order_by("name")
    rows = rows.filter(status="ARCHIVED") if archived else rows.exclude(status="ARCHIVED")
    names = segment_names()
    shown = []
    for journey in rows[:200]:
        definition = definition_of(journey.version_id) if journey.version_id else None
        shown.append(
            {
                "journey": journey,
                "tone": TONES[journey.status],
                "figures": figures(journey),
                "trigger": trigger_words(definition.triggers[0], names) if definition else "Not started yet",
            }
        )
    return show(
        request,
        "journeys/list.html",
        "Journeys",
        rows=shown,
        is_archived=archived,
        stuck=overdue(timezone.now()),
        may_edit=_may(request),
        may_administer=request_may(request, Right.ADMINISTER),
        needs_approval=bool(club_of(request).settings.get(lifecycle.APPROVAL)),
    )


@page("journeys/settings/", name="journeys_settings", right=Right.ADMINISTER)
def journeys_settings(request: StaffRequest) -> HttpResponse:
    """POST `needs_approval`: whether one person writes a journey and another publishes it."""
    club = club_of(request)
    if request.method == "POST":
        club.settings[lifecycle.APPROVAL] = "needs_approval" in request.POST
        club.save(update_fields=["settings"])
        log_action("journey.settings", subject_kind="tenant", subject_id=club.pk)
        messages.success(
            request,
            "From now on a second person publishes each journey."
            if club.settings[lifecycle.APPROVAL]
            else "From now on whoever writes a journey may publish it.",
        )
    return HttpResponseRedirect(reverse("admin:journeys"))


def _may(request: StaffRequest) -> bool:
    return request_may(request, Right.EDIT)


def standing_still(request: StaffRequest) -> dict[str, Any] | None:
    """The dashboard's watchdog: runs that are due and were not moved, and questions to staff; hidden where none are."""
    from django.utils import timezone  # noqa: PLC0415

    rows = [(one.journey, one.people, one.since, STANDING[one.why]) for one in standing(timezone.now())]
    return {"standing_rows": rows} if rows else None


@page("journeys/new/", name="journey_new", right=Right.EDIT)
def journey_new(request: StaffRequest) -> HttpResponse:
    """Choose a template, an empty sheet or a file."""
    if request.method == "POST":
        return _made(request, request.POST.get("name", ""), None, "")
    return show(request, "journeys/new.html", "New journey", templates=TEMPLATES)


@page("journeys/new/<str:name>/", name="journey_from_template", right=Right.EDIT)
def journey_from_template(request: StaffRequest, name: str) -> HttpResponse:
    """A draft from a template, under the first free name."""
    template = BY_KEY.get(name)
    if request.method != "POST" or template is None:
        return HttpResponseRedirect(reverse("admin:journey_new"))
    return _made(request, _free_name(template.title), template.definition, name, template.description)


def _free_name(wanted: str) -> str:
    """The name, with a number behind it where a journey has it already."""
    taken = set(Journey.objects.exclude(status="ARCHIVED").values_list("name", flat=True))
    wanted = wanted[: lifecycle.LONGEST_NAME - 4].strip()
    names = (wanted + (f" {number}" if number > 1 else "") for number in range(1, 999))
    return next(one for one in names if one not in taken)


@page("journeys/import/", name="journey_import", right=Right.EDIT)
def journey_import(request: StaffRequest) -> HttpResponse:
    """A draft from a file that was exported."""
    import orjson  # noqa: PLC0415

    file = request.FILES.get("file")
    if request.method != "POST" or file is None or (file.size or 0) > LARGEST_FILE:
        messages.error(request, "Choose a file of at most 500 kB.")
        return HttpResponseRedirect(reverse("admin:journey_new"))
    try:
        raw = orjson.loads(file.read())
    except orjson.JSONDecodeError:
        messages.error(request, "This file is no JSON.")
        return HttpResponseRedirect(reverse("admin:journey_new"))
    inner = raw.get("definition", raw) if isinstance(raw, dict) else raw
    name = str(raw.get("name") or "Imported journey") if isinstance(raw, dict) else "Imported journey"
    return _made(request, _free_name(name), inner, "")


def _made(
    request: StaffRequest, name: str, definition: object, template: str, words: str = ""
) -> HttpResponse:
    try:
        if definition is not None:
            parse(definition)
        journey = lifecycle.create_journey(
            name=name, description=words, definition=definition, template=template
        )
    except DomainError as error:
        return refused(request, error, reverse("admin:journey_new"))
    return HttpResponseRedirect(reverse("admin:journey_builder", args=[journey.pk]))
