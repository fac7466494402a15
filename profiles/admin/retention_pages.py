"""How long the club keeps what: the periods, what would go by them, and storing them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from profiles.errors import InvalidFields
from profiles.privacy.retention import (
    MOST_COUNTED,
    check_periods,
    count_past,
    days_of,
    periods,
    set_periods,
)
from tenants.admin.base import messages
from tenants.admin.formatting import number
from tenants.admin.pages import club_of, page, show
from tenants.extension import Period
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.numbers import whole_number
from tenants.roles import Right


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """A period as the form shows it; `going` says how many rows would go, empty where that was not asked."""

    period: Period
    value: str
    default: str
    problem: str
    going: str


@page("privacy/retention/", name="privacy_retention", right=Right.ADMINISTER)
def retention(request: StaffRequest) -> HttpResponse:
    """The periods; by POST with `act` = preview what they would end, else they are stored."""
    club = Tenant.objects.get(pk=club_of(request).pk)
    if request.method != "POST":
        own = {period.name: days_of(club, period) for period in periods().values()}
        # The default shows in the empty field, so that a later one of the product counts.
        values = {
            period.name: "" if own[period.name] == period.default_days else str(own[period.name])
            for period in periods().values()
        }
        return _shown(request, club, values, {}, {})
    typed = {period.name: request.POST.get(period.name, "").strip() for period in periods().values()}
    days = {name: _days(text) for name, text in typed.items()}
    try:
        if request.POST.get("act") == "preview":
            check_periods(days)
            return _shown(request, club, typed, {}, count_past(club.pk, days))
        set_periods(club.pk, days)
    except InvalidFields as error:
        return _shown(request, club, typed, error.fields, {})
    messages.success(request, "Saved. What is past its period goes next night.")
    return HttpResponseRedirect(reverse("admin:privacy_retention"))


def _days(text: str) -> int | None:
    """Nothing: the default; what is no number becomes one that is refused."""
    if not text:
        return None
    days = whole_number(text, 10**8)
    return -1 if days is None else days


def _shown(
    request: StaffRequest,
    club: Tenant,
    values: Mapping[str, str],
    problems: Mapping[str, str],
    counts: Mapping[str, int],
) -> HttpResponse:
    lines = [
        PeriodLine(
            period,
            values[period.name],
            "for ever" if period.default_days is None else f"{number(period.default_days, club)} days",
            problems.get(period.name, ""),
            _going(counts.get(period.name, 0), club) if counts else "",
        )
        for period in periods().values()
    ]
    return show(
        request,
        "crm/privacy/retention.html",
        "Retention periods",
        status=422 if problems else 200,
        lines=lines,
        problems=problems,
        is_preview=bool(counts),
        crumb={"link": reverse("admin:privacy"), "title": "Privacy"},
    )


def _going(count: int, club: Tenant) -> str:
    if not count:
        return "nothing"
    rows = "row" if count == 1 else "rows"
    return f"{number(count, club)}{' or more' if count == MOST_COUNTED else ''} {rows}"
