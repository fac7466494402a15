"""Tasks: the list, My day, the panel of a customer."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from journeys import morning
from journeys.admin.common import colleagues, people_meant, refused
from journeys.models import Outcome, Task
from journeys.staff_tasks import (
    FURTHEST,
    TaskFields,
    change_task,
    close_task,
    get_task,
    is_overdue,
    make_task,
    open_tasks,
    reopen_task,
    saved_this_quarter,
    snooze_task,
    today,
)
from profiles.models import CustomerProfile
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

MOST_SHOWN = 200
OUTCOMES = list(Outcome.choices)
LATER = [(1, "Tomorrow"), (3, "In three days"), (7, "In a week"), (30, "In a month")]


def _rows(tasks: list[Task]) -> list[dict[str, Any]]:
    people = CustomerProfile.objects.in_bulk({one.profile_id for one in tasks})
    day = today()
    return [
        {
            "task": one,
            "customer": people.get(one.profile_id),
            "is_overdue": one.status == "OPEN" and is_overdue(one, day),
        }
        for one in tasks
    ]


@page("tasks/", name="tasks", right=Right.VIEW_PROFILES)
def tasks_page(request: StaffRequest) -> HttpResponse:
    """Open ones by day: mine and nobody's, or everybody's (`all=1`); or those that are done (`done=1`)."""
    return _show_tasks(request)


def _show_tasks(request: StaffRequest, *, meant: list[CustomerProfile] | None = None) -> HttpResponse:
    """The page; `meant`: the people among whom to choose for the task that was posted, which stays written."""
    everybody, done = "all" in request.GET, "done" in request.GET
    if done:
        tasks = list(
            Task.objects.filter(status="CLOSED").select_related("owner").order_by("-closed_at")[:MOST_SHOWN]
        )
    else:
        tasks = list(open_tasks(owner=None if everybody else request.user)[:MOST_SHOWN])  # type: ignore[arg-type]
    kept, cents = saved_this_quarter()
    return show(
        request,
        "journeys/tasks.html",
        "Tasks",
        status=200 if meant is None else 422,
        typed=None if meant is None else request.POST,
        meant=meant,
        rows=_rows(tasks),
        is_all=everybody,
        is_done=done,
        kept=kept,
        kept_cents=cents,
        **_acts(request),
        wants_mail=morning.wants_mail(request.user),  # type: ignore[arg-type]
    )


def _acts(request: StaffRequest) -> dict[str, Any]:
    """What the rows offer."""
    return {
        "outcomes": OUTCOMES,
        "later": LATER,
        "may_act": request_may(request, Right.ADD_NOTES),
        "colleagues": colleagues(),
    }


@page("tasks/morning/", name="task_morning", right=Right.VIEW_PROFILES)
def task_morning(request: StaffRequest) -> HttpResponse:
    """Get the day's tasks by mail in the morning, or no more."""
    if request.method == "POST":
        wanted = "wanted" in request.POST
        morning.set_wish(request.user, club_of(request).pk, is_wanted=wanted)  # type: ignore[arg-type]
        messages.success(
            request, "The mail comes each morning on which something is due." if wanted else "No more mails."
        )
    return HttpResponseRedirect(reverse("admin:tasks"))


@page("tasks/new/", name="task_new", right=Right.ADD_NOTES)
def task_new(request: StaffRequest) -> HttpResponse:
    """A task about a customer (POST `customer`: an id, an address or a name; `title`, `reason`, `due_on`, `owner`)."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:tasks"))
    meant = people_meant(request.POST.get("customer", "").strip())
    if len(meant) != 1:
        return _show_tasks(request, meant=meant)
    profile_id = meant[0].pk
    back = _back(request, reverse("admin:profiles_customerprofile_change", args=[profile_id]))
    try:
        due = request.POST.get("due_on") or ""
        mine = request.user.get_username() if "mine" in request.POST else request.POST.get("owner") or None
        make_task(
            profile_id,
            TaskFields(
                title=request.POST.get("title", ""),
                reason=request.POST.get("reason", ""),
                due_on=date.fromisoformat(due) if due else None,
                owner=mine,
            ),
            source="SLIPPING" if request.POST.get("source") == "SLIPPING" else "PERSON",
        )
    except DomainError as error:
        return refused(request, error, back)
    except ValueError:
        messages.error(request, "Write the day as 2026-12-01.")
        return HttpResponseRedirect(back)
    messages.success(request, "The task is on the list.")
    return HttpResponseRedirect(back)


@page("tasks/<uuid:task_id>/act/", name="task_act", right=Right.ADD_NOTES)
def task_act(request: StaffRequest, task_id: UUID) -> HttpResponse:
    """Close with an outcome and a note, open again, put off to a day or by some days, change, or take it (`mine`)."""
    back = _back(request, reverse("admin:tasks"))
    if request.method != "POST":
        return HttpResponseRedirect(back)
    try:
        messages.success(request, _acted(request, task_id))
    except DomainError as error:
        return refused(request, error, back)
    except ValueError:
        messages.error(request, "Write the day as 2026-12-01.")
    return HttpResponseRedirect(back)


def _acted(request: StaffRequest, task_id: UUID) -> str:
    post = request.POST
    outcome = post.get("outcome", "")
    if outcome in Outcome.values:
        close_task(task_id, outcome, post.get("note", ""))
        return f"Noted: {Outcome(outcome).label.lower()}."
    if "reopen" in post:
        reopen_task(task_id)
        return "It is on the list again."
    if "mine" in post:
        change_task(task_id, TaskFields(owner=request.user.get_username()))
        return "It is yours now."
    if "change" in post:
        due = post.get("due_on") or ""
        fields = TaskFields(
            title=post.get("title", ""), reason=post.get("reason", ""), owner=post.get("owner", "")
        )
        if due and date.fromisoformat(due) != get_task(task_id).due_on:
            fields = replace(fields, due_on=date.fromisoformat(due))
        change_task(task_id, fields)
        return "Changed."
    days = whole_number(post.get("days", ""), FURTHEST.days)
    if days is None and post.get("days", "").strip():
        raise InvalidError(f"Write the days as a whole number up to {FURTHEST.days}.", field="days")
    until = date.fromisoformat(post["until"]) if post.get("until") else None
    until = until or today() + timedelta(days=days or 1)
    snooze_task(task_id, until)
    return f"It comes back on {until:%-d %B}."


def _back(request: StaffRequest, default: str) -> str:
    """Where the form stood; only pages of ours."""
    wanted = request.POST.get("back", "")
    return wanted if wanted.startswith("/admin/") and "//" not in wanted[1:] else default


def my_day(request: StaffRequest) -> dict[str, Any] | None:
    """The dashboard's panel: what is due today, mine and nobody's. Hidden where nothing is."""
    tasks = list(open_tasks(owner=request.user, until=today())[:8])  # type: ignore[arg-type]
    return {"task_rows": _rows(tasks), **_acts(request)}


def customer_tasks(request: StaffRequest, profile: CustomerProfile) -> dict[str, Any]:
    """The customer page's panel: open tasks, and a new one."""
    tasks = list(open_tasks().filter(profile_id=profile.pk)[:20])
    return {
        "task_rows": _rows(tasks),
        **_acts(request),
        "customer": profile,
        "here": request.path,
    }


def customer_journeys(request: StaffRequest, profile: CustomerProfile) -> dict[str, Any] | None:
    """The customer page's panel: journeys of the person; hidden where there are none."""
    from journeys.explaining import in_words, runs_of  # noqa: PLC0415
    from journeys.models import Run  # noqa: PLC0415
    from journeys.reading import by_ids  # noqa: PLC0415

    runs = runs_of(profile.pk)[:8]
    journeys = by_ids([one.journey_id for one in runs])
    if not runs:
        return None
    return {
        "run_rows": [
            (one, journeys.get(one.journey_id), isinstance(one, Run), in_words(getattr(one, "reason", "")))
            for one in runs
        ]
    }
