"""Slipping away: customers at risk, the most value at risk first, each with what to do and what came of it.

The page stands here, and not with the scores, because its rows are tasks: whoever calls says how it went.
"""

from typing import Final
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from journeys.admin.common import refused
from journeys.models import Outcome, Task, TaskSource
from journeys.staff_tasks import TaskFields, close_task, make_task, saved_this_quarter, today
from profiles.admin.score_dials import TONES
from profiles.scoring.reading import scores_of, slipping_away, slipping_level, value_at_risk, with_customers
from tenants.admin.base import messages, request_may
from tenants.admin.pages import page, show, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

PAGE_SIZE: Final = 50
MOST_PAGES: Final = 200
# What the address says → the least churn risk.
CHOICES: Final = {"80": "Critical", "60": "High and up", "40": "Moderate and up"}
OUTCOMES: Final = [("CALLED", "Called"), ("PROMISED", "Promised to stay"), ("LOST", "Lost")]


@page("customers/slipping-away/", name="slipping_away", right=Right.VIEW_PROFILES)
def slipping_away_page(request: StaffRequest) -> HttpResponse:
    """One page of the list; `from` is the least risk (else where somebody is), `page` counts from 1."""
    least = request.GET.get("from", "")
    least = least if least in CHOICES else str(slipping_level())
    place = min(whole_number(request.GET.get("page", "")) or 1, MOST_PAGES)
    start = (place - 1) * PAGE_SIZE
    everybody = slipping_away(from_risk=int(least))
    rows = list(everybody[start : start + PAGE_SIZE + 1])
    told = _newest_tasks([row.pk for row in rows[:PAGE_SIZE]])
    people = [
        (customer, scores, TONES[scores.churn_risk.level], told.get(customer.pk))
        for customer, scores in with_customers(rows[:PAGE_SIZE])
    ]
    kept, kept_cents = saved_this_quarter()
    return show(
        request,
        "journeys/slipping.html",
        "Slipping away",
        people=people,
        choices=list(CHOICES.items()),
        least=least,
        before=place - 1,
        after=place + 1 if len(rows) > PAGE_SIZE else 0,
        total_cents=value_at_risk(int(least)),
        kept=kept,
        kept_cents=kept_cents,
        outcomes=OUTCOMES,
        may_act=request_may(request, Right.ADD_NOTES),
    )


def _newest_tasks(people: list[UUID]) -> dict[UUID, Task]:
    """Customer → the newest task that this list made."""
    rows = Task.objects.filter(profile_id__in=people, source=TaskSource.SLIPPING).order_by("created_at")
    return {one.profile_id: one for one in rows}


@page("customers/slipping-away/act/", name="slipping_act", right=Right.ADD_NOTES)
def slipping_act(request: StaffRequest) -> HttpResponse:
    """What somebody did about a customer (`outcome`), or a task to do it (`later`); the advice is its reason."""
    post = request.POST
    wanted, profile_id = post.get("from", ""), uuid_or_none(post.get("customer", ""))
    back = reverse("admin:slipping_away") + (f"?from={wanted}" if wanted in CHOICES else "")
    if request.method != "POST" or profile_id is None:
        return HttpResponseRedirect(back)
    scores, outcome = scores_of(profile_id), post.get("outcome", "")
    advice = scores.action if scores else "Call"
    try:
        with transaction.atomic():
            task = _open_task(profile_id) or make_task(
                profile_id, TaskFields(title=advice[:200]), source=TaskSource.SLIPPING,
                key=f"slipping:{profile_id}:{today()}:{Task.objects.filter(profile_id=profile_id).count()}",
            )  # fmt: skip
            if outcome in Outcome.values:
                close_task(task.pk, outcome, post.get("note", ""))
    except DomainError as error:
        return refused(request, error, back)
    words = (
        f"Noted: {Outcome(outcome).label.lower()}."
        if outcome in Outcome.values
        else "The task is on the list."
    )
    messages.success(request, words)
    return HttpResponseRedirect(back)


def _open_task(profile_id: UUID) -> Task | None:
    found: Task | None = Task.objects.filter(
        profile_id=profile_id, source=TaskSource.SLIPPING, status="OPEN"
    ).first()
    return found
