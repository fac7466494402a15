"""The rules by which a club scores: everybody reads them, administrators change them and go back to older ones."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from profiles.admin.score_dials import SHOWN
from profiles.admin.scoring_forms import groups_of, rules_given, unread_amounts
from profiles.errors import InvalidFields
from profiles.models import ScoreRun
from profiles.scoring.changes import list_versions
from profiles.scoring.foretelling import Foretold, after_own_people, foretell
from profiles.scoring.people import Scorer
from profiles.scoring.rules import DEFAULT_RULES, Rules
from profiles.scoring.runs import is_due
from profiles.scoring.versions import change_rules, current_rules, go_back
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right


@page("scoring/", name="scoring_rules", right=Right.VIEW_PROFILES)
@require_GET
def scoring_rules(request: StaffRequest) -> HttpResponse:
    """Bands, weights and levels with their versions; with `?own` limits are offered after the club's own people."""
    if "own" in request.GET and request_may(request, Right.ADMINISTER):
        _, present = current_rules()
        return _shown(request, {}, {}, offered=after_own_people(present))
    return _shown(request, {}, {})


@page("scoring/foretell/", name="scoring_foretell", right=Right.ADMINISTER)
@require_POST
def scoring_foretell(request: StaffRequest) -> HttpResponse:
    """What the form would change, before it is saved."""
    try:
        wanted = Rules.from_json(rules_given(request.POST, club_of(request).currency))
    except InvalidFields as error:
        return _shown(
            request, error.fields | unread_amounts(request.POST, club_of(request).currency), request.POST
        )
    _, present = current_rules()
    return _shown(request, {}, request.POST, foretold=foretell(present, wanted))


@page("scoring/change/", name="scoring_change", right=Right.ADMINISTER)
@require_POST
def scoring_change(request: StaffRequest) -> HttpResponse:
    """Make a new version of what the form says; everybody is scored by it then."""
    before, _ = current_rules()
    try:
        version = change_rules(rules_given(request.POST, club_of(request).currency))
    except InvalidFields as error:
        return _shown(
            request, error.fields | unread_amounts(request.POST, club_of(request).currency), request.POST
        )
    _tell(request, before, version)
    return HttpResponseRedirect(reverse("admin:scoring_rules"))


@page("scoring/versions/<int:version>/go-back/", name="scoring_go_back", right=Right.ADMINISTER)
@require_POST
def scoring_go_back(request: StaffRequest, version: int) -> HttpResponse:
    """Make an older version the present one again, as a new version."""
    before, _ = current_rules()
    try:
        made = go_back(version)
    except LookupError as error:
        raise Http404("There is no such version.") from error
    _tell(request, before, made)
    return HttpResponseRedirect(reverse("admin:scoring_rules"))


@page("scoring/progress/", name="scoring_progress", right=Right.VIEW_PROFILES)
@require_GET
def scoring_progress(request: StaffRequest) -> HttpResponse:
    """How far the scoring of everybody is; leads to the whole page once it has ended."""
    progress = _progress()
    if progress is None:
        return HttpResponseRedirect(reverse("admin:scoring_rules"))
    return render(request, "crm/scoring/progress.html", {**progress, "club": club_of(request)})


def _tell(request: StaffRequest, before: int, version: int) -> None:
    if version == before:
        messages.info(request, "Nothing differs from the present rules.")
    else:
        messages.success(request, f"Saved as version {version}. Everybody is being scored by it.")


def _shown(
    request: StaffRequest,
    problems: Mapping[str, str],
    posted: Mapping[str, str],
    *,
    offered: Rules | None = None,
    foretold: Foretold | None = None,
) -> HttpResponse:
    """The form, filled with what was posted, else with what is offered, else with the present rules."""
    versions = list_versions()
    rules: Rules = versions[0].rules
    return show(
        request,
        "crm/scoring/rules.html",
        "Scoring rules",
        status=422 if problems else 200,
        groups=groups_of(offered or rules, problems, posted, club_of(request).currency),
        is_offered=offered is not None,
        foretold=foretold,
        moves=_moves(foretold) if foretold else [],
        problems=problems,
        versions=versions,
        progress=_progress(),
        is_default=rules == DEFAULT_RULES,
    )


def _moves(foretold: Foretold) -> list[tuple[str, str, str, int]]:
    """Which score, from and to which band as the customer page calls it, how many people."""
    return [
        (score, SHOWN.get(move.before, move.before), SHOWN.get(move.after, move.after), move.people)
        for score, moves in (("Engagement", foretold.engagement), ("Churn risk", foretold.churn))
        for move in moves
    ]


def _progress() -> dict[str, Any] | None:
    """The run at work, or that one is awaited; None where everybody is scored by the present rules."""
    if not is_due(Scorer.of_scope()):
        return None
    run = ScoreRun.objects.filter(status=ScoreRun.Status.RUNNING).order_by("-id").first()
    percent = 100 * run.done // run.total if run is not None and run.total else 0
    return {"run": run, "percent": percent}
