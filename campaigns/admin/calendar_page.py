"""The calendar of all sends: a month or a week, clashes marked; moving by drag or by a form."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from campaigns.actions import reschedule_campaign
from campaigns.admin.list_page import campaign_or_404
from campaigns.calendar import Entry, entries_between
from messaging.clocks import instant, said_if_skipped
from tenants.admin import formatting
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.roles import Right

WEEK: Final = 7
MOST_OF_ONE: Final = 1


Timed = tuple[Entry, str]


@dataclass(frozen=True, slots=True)
class Row:
    """What stands together on a day: one entry, or all of one whole where it has more than MOST_OF_ONE there."""

    title: str
    entries: list[Timed]

    @property
    def clashes(self) -> int:
        """How many of them clash with something."""
        return sum(bool(entry.clashes_with) for entry, _ in self.entries)


@dataclass(frozen=True, slots=True)
class Day:
    """A square of the calendar."""

    date: date
    is_other_month: bool
    is_today: bool
    entries: list[Timed]

    @property
    def rows(self) -> list[Row]:
        """The entries in order, those of one promotion folded at the first of them: it must not hide the others."""
        of_one: dict[str, list[Timed]] = {}
        for timed in self.entries:
            of_one.setdefault(timed[0].belongs_to, []).append(timed)
        rows = []
        for timed in self.entries:
            name = timed[0].belongs_to
            together = of_one.get(name, []) if name else []
            if len(together) <= MOST_OF_ONE:
                rows.append(Row("", [timed]))
            elif timed is together[0]:
                rows.append(Row(name, together))
        return rows

    @property
    def weekday(self) -> str:
        """In three letters, for phones, where the week stands one below the other."""
        return f"{self.date:%a}"


@page("campaigns/calendar/", name="campaign_calendar", right=Right.VIEW_PROFILES)
def campaign_calendar(request: StaffRequest) -> HttpResponse:
    """`?view=week`, `?day=2026-06-01`."""
    club = club_of(request)
    today = timezone.now().astimezone(club.zone).date()
    chosen = _day(request.GET.get("day", ""), today)
    is_week = request.GET.get("view") == "week"
    first, count = _range(chosen, is_week)
    days = _days(first, count, chosen, today, club)
    before = chosen - timedelta(days=WEEK) if is_week else (chosen.replace(day=1) - timedelta(days=1))
    after = chosen + timedelta(days=WEEK) if is_week else _next_month(chosen)
    return show(
        request,
        "campaigns/calendar.html",
        "Calendar",
        club=club,
        weeks=[days[start : start + WEEK] for start in range(0, count, WEEK)],
        is_week=is_week,
        is_empty=not any(day.entries for day in days),
        heading=f"Week of {formatting.day(first)}" if is_week else f"{chosen:%B %Y}",
        before=before.isoformat(),
        after=after.isoformat(),
        chosen=chosen.isoformat(),
        clashes=sum(bool(entry.clashes_with) for day in days for entry, _ in day.entries),
        may_edit=request_may(request, Right.EDIT),
        names=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        crumb={"link": reverse("admin:campaigns"), "title": "Campaigns"},
    )


def _day(text: str, today: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return today
    return found if abs((found - today).days) < 3660 else today  # noqa: PLR2004 - ten years


def _range(chosen: date, is_week: bool) -> tuple[date, int]:
    start = chosen if is_week else chosen.replace(day=1)
    first = start - timedelta(days=start.weekday())
    if is_week:
        return first, WEEK
    days = (_next_month(chosen) - first).days
    return first, -(-days // WEEK) * WEEK


def _next_month(chosen: date) -> date:
    return (chosen.replace(day=28) + timedelta(days=4)).replace(day=1)


def _days(first: date, count: int, chosen: date, today: date, club: Tenant) -> list[Day]:
    start = instant(datetime.combine(first, time()), club.zone)
    end = instant(datetime.combine(first + timedelta(days=count), time()), club.zone)
    by_day: dict[date, list[tuple[Entry, str]]] = {}
    for entry in entries_between(start, end):
        local = entry.at.astimezone(club.zone)
        by_day.setdefault(local.date(), []).append((entry, f"{local:%H:%M}"))
    days = [first + timedelta(days=number) for number in range(count)]
    return [
        Day(each, each.month != chosen.month and count > WEEK, each == today, by_day.get(each, []))
        for each in days
    ]


@page("campaigns/<uuid:campaign_id>/move/", name="campaign_move", right=Right.EDIT)
@require_POST
def campaign_move(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """To another day at the same time of the club's clock (`day`), or to another moment (`at`)."""
    campaign, club = campaign_or_404(campaign_id), club_of(request)
    is_script = request.headers.get("X-Requested-With") == "fetch"
    back = HttpResponseRedirect(f"{reverse('admin:campaign_calendar')}?day={request.POST.get('day', '')}")
    said, wall = "Moved.", None
    try:
        wall = _wall(request, campaign.scheduled_at or timezone.now(), club)
        if wall is not None:
            campaign = reschedule_campaign(campaign.pk, instant(wall, club.zone))
    except DomainError as refusal:
        # The script loads the page anew, which then says it.
        messages.warning(request, f"Not moved: {refusal.message}")
        return JsonResponse({"message": refusal.message}, status=409) if is_script else back
    if campaign.scheduled_at is not None:
        said = f"Moved. “{campaign.name}” goes out {formatting.moment(campaign.scheduled_at, club)}."
        said += said_if_skipped(wall, club.zone) if wall is not None else ""
    messages.success(request, said)
    return JsonResponse({"message": said}) if is_script else back


def _wall(request: StaffRequest, present: datetime, club: Tenant) -> datetime | None:
    try:
        if request.POST.get("at"):
            return datetime.fromisoformat(request.POST["at"]).replace(tzinfo=None)
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        return None
    return datetime.combine(day, present.astimezone(club.zone).time().replace(microsecond=0))
