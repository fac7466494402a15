"""The page of lost property, and its panels."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from profiles.models import CustomerProfile
from tenants.admin.pages import page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right
from tests.sample.items import waiting_items
from tests.sample.models import LastSeen

SHOWN: Final = 100


@page("lost-property/", name="lost_property", right=Right.VIEW_PROFILES)
def lost_property(request: StaffRequest) -> HttpResponse:
    """What waits, the newest first."""
    items = list(waiting_items()[:SHOWN])
    people = CustomerProfile.objects.in_bulk([item.profile_id for item in items])
    rows = [(item, people[item.profile_id]) for item in items]
    return show(request, "sample/page.html", "Lost property", rows=rows)


def panel(request: HttpRequest, profile: CustomerProfile) -> dict[str, Any]:
    """What a customer left behind, and when they were last seen."""
    return {
        "items": list(waiting_items().filter(profile_id=profile.pk)[:SHOWN]),
        "seen": LastSeen.objects.filter(profile_id=profile.pk).first(),
    }


def dashboard_panel(request: HttpRequest) -> dict[str, Any] | None:
    """How much waits; hidden where nothing does."""
    waiting = waiting_items().count()
    return {"waiting": waiting} if waiting else None
