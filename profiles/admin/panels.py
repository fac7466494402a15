"""Parts that apps bring to the customer page and the dashboard, drawn one by one so that their values never mix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from profiles.admin.customer_list import ListChoice
from profiles.models import CustomerProfile
from tenants.admin.base import request_may
from tenants.admin.pages import club_of
from tenants.declarations import ordered, resolve
from tenants.extension import CustomerPanel, DashboardPanel, ListPart, Place
from tenants.middleware import StaffRequest
from tenants.roles import Right


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel as it stands on the page."""

    name: str
    title: str
    body: SafeString
    is_wide: bool = False


def customer_panels(request: StaffRequest, profile: CustomerProfile) -> dict[str, list[Drawn]]:
    """The panels of a customer page by place (in lower case), those only that the person may see."""
    places: dict[str, list[Drawn]] = {place.value.lower(): [] for place in Place}
    panel: CustomerPanel
    for panel in _allowed(request, ordered("customer_panels")):
        values = resolve(panel.context)(request, profile)
        if values is not None:
            body = _body(request, panel.template, {"profile": profile, **values})
            places[panel.place.value.lower()].append(Drawn(panel.name, panel.title, body))
    return places


def list_parts(request: StaffRequest, choice: ListChoice) -> list[SafeString]:
    """What stands above the customer list, those parts only that the person may see."""
    drawn = []
    part: ListPart
    for part in _allowed(request, ordered("list_parts")):
        values = resolve(part.context)(request, choice)
        if values is not None:
            drawn.append(_body(request, part.template, {"choice": choice, **values}))
    return drawn


def dashboard_panels(request: StaffRequest) -> list[Drawn]:
    """The panels of the dashboard, those only that the person may see."""
    drawn = []
    panel: DashboardPanel
    for panel in _allowed(request, ordered("dashboard_panels")):
        values = resolve(panel.context)(request)
        if values is not None:
            body = _body(request, panel.template, values)
            drawn.append(Drawn(panel.name, panel.title, body, panel.is_wide))
    return drawn


def _allowed(request: StaffRequest, panels: Sequence[Any]) -> list[Any]:
    return [panel for panel in panels if request_may(request, Right(panel.right))]


def _body(request: StaffRequest, template: str, values: Mapping[str, Any]) -> SafeString:
    rights = {
        "may_note": request_may(request, Right.ADD_NOTES),
        "may_correct": request_may(request, Right.CORRECT),
        "may_see_money": request_may(request, Right.SEE_MONEY),
        "may_edit": request_may(request, Right.EDIT),
        "may_administer": request_may(request, Right.ADMINISTER),
    }
    return render_to_string(template, {"club": club_of(request), **rights, **values}, request)
