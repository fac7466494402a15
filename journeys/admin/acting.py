"""People of a journey from outside: letting them in by hand, and acts on many of them, each with its undo."""

from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from journeys import bulk, entering, letting_in
from journeys.admin.common import journey_or_404, refused
from journeys.drafts import live_version
from journeys.explaining import in_words
from journeys.models import MoveAct
from journeys.world import segment_names
from tenants.admin.base import messages
from tenants.admin.pages import page, show, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

DONE: Final = {
    MoveAct.END: "{} left the journey.",
    MoveAct.GO: "{} look at their step now.",
    MoveAct.MOVE: "{} were moved.",
}
LONGEST_LIST: Final = 500_000


@page("journeys/<uuid:journey_id>/people/act/", name="journey_people_act", right=Right.EDIT)
def journey_people_act(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """End, move or let go on: the chosen, or everybody at a step (`all`). The journey's page offers the way back."""
    journey, post = journey_or_404(journey_id), request.POST
    back = reverse("admin:journey_people", args=[journey.pk])
    read = (whole_number(one) for one in post.getlist("run")[:1000])
    ids = [number for number in read if number is not None]
    is_everybody = "all" in post and bool(post.get("step"))
    if request.method != "POST" or not (ids or is_everybody):
        messages.warning(request, "Choose somebody first.")
        return HttpResponseRedirect(back)
    act = {"end": MoveAct.END, "go": MoveAct.GO, "move": MoveAct.MOVE}.get(post.get("act", ""), MoveAct.GO)
    try:
        plan = bulk.act_on_runs(
            journey, act, ids=None if is_everybody else ids,
            step=post.get("step", "") if is_everybody else "", target=post.get("target", ""),
        )  # fmt: skip
    except DomainError as error:
        return refused(request, error, back)
    messages.success(request, DONE[act].format(plan.moved) + " This can be taken back on the journey’s page.")
    return HttpResponseRedirect(reverse("admin:journey_page", args=[journey.pk]))


@page("journeys/<uuid:journey_id>/enter/", name="journey_enter", right=Right.EDIT)
def journey_enter(request: StaffRequest, journey_id: UUID) -> HttpResponse:
    """Let one person, a segment or a pasted list in; first how many would, then (`sure`) it is done."""
    journey, post = journey_or_404(journey_id), request.POST
    context: dict[str, Any] = {}
    if request.method == "POST":
        text = post.get("list", "")[:LONGEST_LIST]
        segment = uuid_or_none(post.get("segment", ""))
        found = letting_in.people_meant(text=text, segment=segment)
        context |= {"text": text, "segment": str(segment or ""), "unknown": found.unknown[:20]}
        context |= {"unknown_count": len(found.unknown)}
        try:
            with transaction.atomic():
                entered = letting_in.let_in(journey, found.people)
                if "sure" not in post:
                    transaction.set_rollback(True)
        except DomainError as error:
            return refused(request, error, reverse("admin:journey_enter", args=[journey.pk]))
        counts = [
            (in_words(reason), count)
            for reason, count in entered.counts.items()
            if reason != entering.ENTERED
        ]
        context |= {"entered": entered.entered, "counts": counts, "is_asked": "sure" not in post}
        if "sure" in post:
            messages.success(request, f"{entered.entered} people entered.")
            if not counts and not found.unknown:
                return HttpResponseRedirect(reverse("admin:journey_page", args=[journey.pk]))
    return show(
        request,
        "journeys/enter.html",
        f"{journey.name}: let people in",
        journey=journey,
        is_live=live_version(journey) is not None and journey.status == "ACTIVE",
        segments=list(segment_names().items()),
        crumb={"link": reverse("admin:journey_page", args=[journey.pk]), "title": journey.name},
        **context,
    )
