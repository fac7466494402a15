"""The timeline of the customer page: its filters, its days, and the fragment that loads as one scrolls."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from profiles.admin.timeline_moments import Moment, moments_of
from profiles.discretion import MONEY_CATEGORIES
from profiles.gathered_timeline import GatheredPage, read_gathered
from profiles.models import ActivityCategory, CustomerProfile
from profiles.timeline import Place, TimelineFilter
from tenants.admin import formatting
from tenants.admin.base import request_may
from tenants.admin.pages import club_of, page
from tenants.api.cursors import decode_cursor, encode_cursor
from tenants.api.errors import InvalidParameterError
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.roles import Right

TAKE: Final = 30


@dataclass(frozen=True, slots=True)
class Choice:
    """The filters as the form shows them; a date that cannot be read says so and filters nothing."""

    categories: tuple[str, ...] = ()
    source: str = ""
    since: str = ""
    until: str = ""
    problem: str = ""

    @property
    def is_any(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.categories or self.source or self.since or self.until)

    @property
    def query(self) -> str:
        """The filters as a query string."""
        pairs = [("category", each) for each in self.categories]
        single = (("source", self.source), ("since", self.since), ("until", self.until))
        return urlencode([*pairs, *((name, value) for name, value in single if value)])


@dataclass(frozen=True, slots=True)
class Day:
    """The rows of one day on the club's clock."""

    key: str
    heading: str
    moments: list[Moment]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the template shows: days, and where the next rows are."""

    days: list[Day]
    next_url: str


def choice_from(query: QueryDict) -> Choice:
    """The filters of a query string; unknown categories are left out."""
    categories = tuple(value for value in query.getlist("category") if value in ActivityCategory.values)
    source = query.get("source", "")
    since, until = query.get("since", ""), query.get("until", "")
    first, last = _day(since), _day(until)
    problem = ""
    if (since and first is None) or (until and last is None):
        problem = "Write the date as 2026-03-14."
    elif first and last and first > last:
        problem = "The first day lies after the last."
    return Choice(categories, source if source in formatting.SOURCES else "", since, until, problem)


def hidden_from(request: HttpRequest) -> tuple[str, ...]:
    """The categories that the person may not see."""
    return () if request_may(request, Right.SEE_MONEY) else MONEY_CATEGORIES


def timeline_of(
    profile_id: UUID, tenant: Tenant, choice: Choice, cursor: str = "", without: tuple[str, ...] = ()
) -> Timeline:
    """A page of the timeline; a fixed number of queries. Raises Http404 for a cursor that is not ours.

    `without`: the categories that the reader may not see; then no price of a booking is shown either.
    """
    chosen = replace(_filter(choice, tenant), without=without)
    found = read_gathered(profile_id, chosen=chosen, after=_place(cursor), take=TAKE)
    moments = moments_of(profile_id, found.rows, tenant, with_money=not without)
    return Timeline(by_day(moments, tenant), _next_url(profile_id, choice, found))


def by_day(moments: Sequence[Moment], tenant: Tenant) -> list[Day]:
    """Rows, newest first, under the headings of their days."""
    days = []
    for key, group in groupby(moments, key=lambda one: one.row.occurred_at.astimezone(tenant.zone).date()):
        of_day = list(group)
        heading = formatting.day_heading(of_day[0].row.occurred_at, tenant)
        days.append(Day(key.isoformat(), heading, of_day))
    return days


@page(
    "profiles/customerprofile/<uuid:profile_id>/timeline/",
    name="customer_timeline",
    right=Right.VIEW_PROFILES,
)
def timeline_fragment(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """Rows that the page appends or puts in place of what it shows."""
    profile = CustomerProfile.objects.filter(pk=profile_id).only("id", "tenant_id").first()
    if profile is None:
        raise Http404("No such customer.")
    club, choice = club_of(request), choice_from(request.GET)
    timeline = timeline_of(profile.pk, club, choice, request.GET.get("cursor", ""), hidden_from(request))
    context = {
        "timeline": timeline,
        "choice": choice,
        "club": club,
        "profile": profile,
        "may_administer": request_may(request, Right.ADMINISTER),
        "more": "cursor" in request.GET,
    }
    return render(request, "crm/customer/timeline_rows.html", context)


def _filter(choice: Choice, tenant: Tenant) -> TimelineFilter:
    if choice.problem:
        return TimelineFilter(categories=choice.categories, sources=[choice.source] if choice.source else [])
    first, last = _day(choice.since), _day(choice.until)
    return TimelineFilter(
        categories=choice.categories,
        sources=[choice.source] if choice.source else [],
        since=datetime.combine(first, time(), tenant.zone) if first else None,
        until=datetime.combine(last + timedelta(days=1), time(), tenant.zone) if last else None,
    )


def _day(text: str) -> date | None:
    try:
        value = date.fromisoformat(text)
    except ValueError:
        return None
    return value if value.year < date.max.year else None


def _place(cursor: str) -> Place | None:
    if not cursor:
        return None
    try:
        occurred_at, row_id = decode_cursor(cursor, (datetime, int))
    except InvalidParameterError as error:
        raise Http404("This place in the timeline does not exist.") from error
    return occurred_at, row_id


def _next_url(profile_id: UUID, choice: Choice, found: GatheredPage) -> str:
    if found.next_place is None:
        return ""
    place = urlencode({"cursor": encode_cursor(*found.next_place)})
    query = "&".join(part for part in (choice.query, place) if part)
    return f"{reverse('admin:customer_timeline', args=[profile_id])}?{query}"
