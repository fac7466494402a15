"""The list of segments, one segment, and making and changing one."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from profiles.discretion import sees_money
from profiles.models import CustomerProfile
from profiles.search.finding import search_profiles
from segments.actions import (
    Draft,
    Maker,
    create_segment,
    get_segment,
    is_refreshing,
    list_segments,
    update_segment,
    users_of,
)
from segments.admin.building import builder_context
from segments.clock import Clock, next_day
from segments.discretion import is_about_money
from segments.errors import SegmentNotFound
from segments.explaining import Day, explain, growth, told_leaf
from segments.lists import finished_imports
from segments.models import Cause, Frequency, Segment, SegmentMember, SegmentTransition, SegmentType
from segments.retrying import troubles_of
from segments.words import Teller
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.models import User
from tenants.roles import Right

PAGE: Final = 50
MOST_TURNS: Final = 30
MOST_OTHERS: Final = 5
MOST_FOUND: Final = 500
MOST_IMPORTS: Final = 20
CURVE_HEIGHT: Final = 100


def address_of(segment_id: UUID) -> str:
    """The page of a segment."""
    return reverse("admin:segment", args=[segment_id])


@page("segments/", name="segments", right=Right.VIEW_PROFILES)
def segments_page(request: StaffRequest) -> HttpResponse:
    """All segments with their size, their freshness and what they mean."""
    club = club_of(request)
    text = request.GET.get("q", "").strip()[:120]
    rows = list(list_segments().filter(Q(name__icontains=text) | Q(description__icontains=text)))
    teller = Teller(club, dict(list_segments().values_list("pk", "name")))
    busy = is_refreshing([each.pk for each in rows])
    told = [
        {
            "segment": each,
            "words": teller.rule(each.rule) if each.has_rule else "People put in by hand.",
            "is_busy": each.pk in busy,
        }
        for each in rows
    ]
    return show(request, "segments/list.html", "Segments", rows=told, text=text, **_may(request))


@page("segments/new/", name="segment_new", right=Right.EDIT)
def new_segment(request: StaffRequest) -> HttpResponse:
    """A segment is made."""
    return _form(request, None)


@page("segments/<uuid:segment_id>/edit/", name="segment_edit", right=Right.EDIT)
def edit_segment(request: StaffRequest, segment_id: UUID) -> HttpResponse:
    """Its name, its rule, how often it is refreshed."""
    return _form(request, find_or_404(segment_id))


def _form(request: StaffRequest, segment: Segment | None) -> HttpResponse:
    refusal, given = "", request.POST
    if request.method == "POST":
        try:
            saved = _save(request, segment)
        except DomainError as error:
            refusal = error.message
        else:
            messages.success(request, f"Saved “{saved.name}”. The number is being brought up to date.")
            return HttpResponseRedirect(address_of(saved.pk))
    criteria = given.get("criteria") or (segment.criteria if segment else None)
    values = {
        "name": given.get("name", segment.name if segment else ""),
        "description": given.get("description", segment.description if segment else ""),
        "refresh_frequency": given.get(
            "refresh_frequency", segment.refresh_frequency if segment else "DAILY"
        ),
        "type": given.get("type", segment.type if segment else request.GET.get("type", "DYNAMIC")),
    }
    return show(
        request,
        "segments/form.html",
        f"Edit {segment.name}" if segment else "New segment",
        status=422 if refusal else 200,
        segment=segment,
        values=values,
        frequencies=Frequency.choices,
        refusal=refusal,
        is_ruled=values["type"] in (SegmentType.DYNAMIC, SegmentType.SMART),
        **builder_context(criteria),
        crumb={"link": reverse("admin:segments"), "title": "Segments"},
    )


def _save(request: StaffRequest, segment: Segment | None) -> Segment:
    given = request.POST
    values: dict[str, Any] = {
        "name": given.get("name", ""),
        "description": given.get("description", ""),
        "refresh_frequency": given.get("refresh_frequency", Frequency.DAILY),
    }
    if segment is not None:
        if segment.has_rule:
            values["criteria"] = given.get("criteria", "")
        return update_segment(segment.pk, values)
    kind = given.get("type", SegmentType.DYNAMIC)
    criteria = given.get("criteria", "") if kind == SegmentType.DYNAMIC else None
    return create_segment(Draft(**values, type=kind, criteria=criteria, maker=maker_of(request)))


@page("segments/<uuid:segment_id>/", name="segment", right=Right.VIEW_PROFILES)
def segment_page(request: StaffRequest, segment_id: UUID) -> HttpResponse:
    """One segment: members, growth, who came and went and why, where it is used."""
    segment, club, now = find_or_404(segment_id), club_of(request), timezone.now()
    teller = Teller(club, dict(list_segments().values_list("pk", "name")))
    if request.method == "POST":
        return _search_members(request, segment, teller, now)
    return _show_segment(request, segment, teller, now)


def _search_members(request: StaffRequest, segment: Segment, teller: Teller, now: datetime) -> HttpResponse:
    """The text comes by POST, so that a name stands in no address and no log."""
    return _show_segment(request, segment, teller, now, text=request.POST.get("q", "").strip()[:200])


def _show_segment(
    request: StaffRequest, segment: Segment, teller: Teller, now: datetime, *, text: str = ""
) -> HttpResponse:
    days = growth(segment, club_of(request), now)
    is_hidden = segment.has_rule and is_about_money(segment.rule) and not sees_money()
    asked = uuid_or_none(request.GET.get("why", ""))
    return show(
        request,
        "segments/page.html",
        segment.name,
        segment=segment,
        words=teller.rule(segment.rule) if segment.has_rule else "People put in by hand.",
        is_busy=bool(is_refreshing([segment.pk])),
        trouble=troubles_of([segment.pk]).get(segment.pk),
        is_hidden=is_hidden,
        members=[] if is_hidden else _members(segment, text),
        others=[] if is_hidden or not text else _others(segment, text),
        text=text,
        curve=_curve(days),
        first_day=days[0].day,
        turns=[] if is_hidden else _turns(segment, teller),
        users=users_of(segment.pk),
        imports=[] if segment.has_rule else list(finished_imports()[:MOST_IMPORTS]),
        why=_why(segment, asked, request, now) if asked else None,
        **_may(request),
        crumb={"link": reverse("admin:segments"), "title": "Segments"},
    )


def _members(segment: Segment, text: str) -> list[dict[str, Any]]:
    rows = SegmentMember.objects.filter(segment_id=segment.pk)
    if text:
        rows = rows.filter(profile_id__in=search_profiles(text, most=MOST_FOUND))
    found = list(rows.order_by("-joined_at", "-profile_id")[:PAGE])
    people = CustomerProfile.objects.in_bulk([row.profile_id for row in found])
    return [
        {"person": people[row.profile_id], "joined_at": row.joined_at}
        for row in found
        if row.profile_id in people
    ]


def _others(segment: Segment, text: str) -> list[CustomerProfile]:
    """Who was found as well and is not in the segment: of them one asks why not."""
    found = search_profiles(text, most=MOST_FOUND)
    members = set(
        SegmentMember.objects.filter(segment_id=segment.pk, profile_id__in=found).values_list(
            "profile_id", flat=True
        )
    )
    people = CustomerProfile.objects.in_bulk([one for one in found if one not in members][:MOST_OTHERS])
    return [people[one] for one in found if one in people]


def _turns(segment: Segment, teller: Teller) -> list[dict[str, Any]]:
    rows = list(SegmentTransition.objects.filter(segment_id=segment.pk).order_by("-at", "-id")[:MOST_TURNS])
    people = CustomerProfile.objects.in_bulk({row.profile_id for row in rows})
    return [
        {
            "person": people.get(row.profile_id),
            "is_join": row.is_join,
            "at": row.at,
            "cause": Cause(row.cause).label,
            "because": told_leaf(row.rule, teller),
        }
        for row in rows
    ]


def _curve(days: list[Day]) -> dict[str, Any]:
    """Points of a line in a box of 3 a day by CURVE_HEIGHT."""
    most = max((day.members for day in days), default=0) or 1
    points = " ".join(
        f"{number * 3},{CURVE_HEIGHT - round(day.members / most * (CURVE_HEIGHT - 6)) - 3}"
        for number, day in enumerate(days)
    )
    return {
        "points": points,
        "width": (len(days) - 1) * 3,
        "height": CURVE_HEIGHT,
        "most": most,
        "joined": sum(day.joined for day in days),
        "left": sum(day.left for day in days),
    }


def _why(segment: Segment, person: UUID, request: StaffRequest, now: datetime) -> dict[str, Any] | None:
    """Now, or as it stood at the end of the day `on`."""
    club = club_of(request)
    today = now.astimezone(club.zone).date()
    day = date_or_none(request.GET.get("on", ""))
    at = None
    if day is not None and day < today:
        at = Clock(now, club.zone).start_of(next_day(day)) - timedelta(microseconds=1)
    try:
        answer = explain(segment.pk, person, club, now, at)
    except DomainError:
        return None
    name = CustomerProfile.objects.get(pk=UUID(answer["customerId"])).name
    turn = answer["turn"] and {**answer["turn"], "at": datetime.fromisoformat(answer["turn"]["at"])}
    lines = _lines(answer["rule"], 0) if answer["rule"] else []
    return {
        **answer, "name": name, "turn": turn, "lines": lines, "day": day if at else None, "today": today,
        "asked": person, "is_partly_unknown": any(line["is"] is None for line in lines),
    }  # fmt: skip


def date_or_none(text: str) -> date | None:
    """A day as a date field sends it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _lines(node: dict[str, Any], depth: int) -> list[dict[str, Any]]:
    """The answered tree as indented lines."""
    if "rules" not in node:
        found = node.get("found")
        if isinstance(found, dict):
            count = found.get("count", 0)
            found = "once" if count == 1 else f"{count} times"
        elif isinstance(found, list):
            found = ", ".join(map(str, found)) or None
        return [{"words": node["words"], "is": node["is"], "found": found, "depth": depth}]
    words = "all of these" if node["combinator"] == "AND" else "any of these"
    head = {"words": f"not {words}" if node["not"] else words, "is": node["is"], "found": "", "depth": depth}
    return [head, *(line for each in node["rules"] for line in _lines(each, depth + 1))]


def find_or_404(segment_id: UUID) -> Segment:
    """The segment of an address."""
    try:
        return get_segment(segment_id)
    except SegmentNotFound as error:
        raise Http404(error.message) from error


def _may(request: HttpRequest) -> dict[str, bool]:
    return {"may_edit": request_may(request, Right.EDIT)}


def maker_of(request: StaffRequest) -> Maker:
    """Who is at the desk."""
    user = request.user
    return Maker(user.get_full_name() or user.username, user) if isinstance(user, User) else Maker()
