"""The front page: how the club is doing and whether everything runs; it renews itself while it is looked at."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render

from events.consumers import ConsumerLag
from events.webhooks.endpoints import disabled_by_itself
from profiles.admin.club_figures import MOST_COUNTED, club_figures
from profiles.admin.first_steps import first_steps
from profiles.admin.panels import dashboard_panels
from profiles.admin.timeline_moments import ICONS
from profiles.admin.timeline_pages import hidden_from
from profiles.models import ActivityCategory
from tenants.admin.base import request_may
from tenants.admin.pages import club_of, front_page, page, show
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.roles import Right

SLOW_SECONDS: Final = 5
LATE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class ConsumerState:
    """A consumer with a colour and a word for how it is doing."""

    lag: ConsumerLag
    tone: str
    word: str


def state_of(lag: ConsumerLag) -> ConsumerState:
    """By what hinders it, else by how old its oldest waiting entry is."""
    if lag.is_paused:
        return ConsumerState(lag, "warn", "Paused")
    if lag.stopped:
        return ConsumerState(lag, "bad", "Stopped")
    if lag.last_error:
        return ConsumerState(lag, "bad", "In trouble")
    if lag.entries == 0 or lag.seconds < SLOW_SECONDS:
        return ConsumerState(lag, "good", "Up to date")
    return ConsumerState(lag, "warn" if lag.seconds < LATE_SECONDS else "bad", "Behind")


@front_page
def dashboard(request: StaffRequest) -> HttpResponse:
    """The whole page."""
    return show(request, "crm/dashboard.html", "Dashboard", **_context(request))


@page("dashboard/", name="dashboard_figures", right=Right.VIEW_PROFILES)
def dashboard_figures(request: StaffRequest) -> HttpResponse:
    """The part that changes."""
    return render(request, "crm/dashboard_figures.html", _context(request))


def _context(request: StaffRequest) -> dict[str, Any]:
    club = club_of(request)
    figures, hidden = club_figures(club), hidden_from(request)
    change = figures.people.new_this_month - figures.people.new_last_month
    consumers = [state_of(lag) for lag in figures.consumers]
    return {
        "club": club,
        "figures": figures,
        "is_troubled": bool(figures.trouble.failures) or any(each.tone == "bad" for each in consumers),
        "change": change,
        "change_size": abs(change),
        "consumers": consumers,
        "feed": [
            (each, ICONS[ActivityCategory(each.activity.category)])
            for each in figures.feed
            if each.activity.category not in hidden
        ],
        "most": MOST_COUNTED,
        "may_administer": request_may(request, Right.ADMINISTER),
        "silent_webhooks": list(disabled_by_itself()),
        **_start(request, club, is_fresh=figures.people.total == 0),
        "panels": dashboard_panels(request),
    }


def _start(request: StaffRequest, club: Tenant, *, is_fresh: bool) -> dict[str, Any]:
    """What to do first, of a club that knows nobody yet."""
    steps = first_steps(request, club) if is_fresh else []
    done = sum(step.is_done for step in steps)
    return {"is_fresh": is_fresh, "first_steps": steps, "steps_done": done}
