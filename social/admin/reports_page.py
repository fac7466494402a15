"""What posts brought: by network, hour, kind, campaign, promotion and post, beside the time before."""

from datetime import timedelta
from typing import Any, Final

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from social.contents import shown_texts
from social.conversions import conversions
from social.measuring import COLUMNS, report
from social.models import Network, Post, Promotion
from tenants.admin.pages import club_of, page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right

PERIODS: Final = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year"}
SHOWN: Final = 20


@page("social/reports/", name="social_reports", right=Right.VIEW_PROFILES)
def social_reports(request: StaffRequest) -> HttpResponse:
    """The report of a period; a number that no network told is a dash, never 0."""
    days = request.GET.get("days", "30")
    days = days if days in PERIODS else "30"
    until, zone = timezone.now(), str(club_of(request).zone)
    since = until - timedelta(days=int(days))
    span: dict[str, Any] = {"since": since, "until": until, "zone": zone}
    parts = {
        by: report(by=by, **span) for by in ("platform", "hour", "kind", "campaign", "promotion", "post")
    }
    before = report(by="platform", since=since - (until - since), until=since, zone=zone)
    return show(
        request,
        "social/reports.html",
        "Social reports",
        days=days,
        periods=PERIODS,
        columns=COLUMNS,
        tables=[(title, _rows(by, parts[by])) for by, title in TITLES.items() if parts[by]],
        brought=_brought(conversions(since=since, until=until)),
        totals=_totals(parts["platform"], before),
        crumb={"link": reverse("admin:social_posts"), "title": "Social posts"},
    )


TITLES: Final = {
    "platform": "By network",
    "kind": "By kind",
    "hour": "By hour of the club’s day",
    "post": "By post",
    "promotion": "By promotion",
    "campaign": "By campaign",
}


def _totals(
    now: list[dict[str, Any]], before: list[dict[str, Any]]
) -> list[tuple[str, int | None, int | None]]:
    """Each number with that of the time before."""
    return [(name, _sum(now, name), _sum(before, name)) for name in ("posts", *COLUMNS)]


def _brought(rows: list[dict[str, Any]]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Post (or the campaign's name) with its link, network, and what it brought."""
    names = _names("post", [row["postId"] for row in rows[:SHOWN] if row["postId"]])
    labels = dict(Network.choices)
    return [
        (
            *names.get(str(row["postId"]), (row["campaign"] or "(no name)", "")),
            str(labels.get(row["platform"], "Elsewhere")),
            row,
        )
        for row in rows[:SHOWN]
    ]


def _sum(rows: list[dict[str, Any]], name: str) -> int | None:
    known = [int(row[name]) for row in rows if row[name] is not None]
    return sum(known) if known else None


def _rows(by: str, rows: list[dict[str, Any]]) -> list[tuple[str, str, int, list[Any]]]:
    """Label, link, posts and numbers of the best ones, by views."""
    ranked = sorted(rows, key=lambda row: -(row["views"] or 0)) if by == "post" else rows
    names = _names(by, [row[by] for row in ranked[:SHOWN]])
    return [
        (*names.get(str(row[by]), (str(row[by]), "")), row["posts"], [row[name] for name in COLUMNS])
        for row in ranked[:SHOWN]
    ]


def _names(by: str, keys: list[Any]) -> dict[str, tuple[str, str]]:
    if by == "platform":
        return {one: (str(label), "") for one, label in Network.choices}
    if by == "hour":
        return {str(key): (f"{int(key):02d}:00", "") for key in keys}
    if by == "post":
        found = list(Post.objects.select_related("tenant").filter(pk__in=keys))
        texts = shown_texts(found)
        return {
            str(one.pk): (texts[one.pk][:80] or "(no text)", reverse("admin:social_post", args=[one.pk]))
            for one in found
        }
    if by == "promotion":
        rows = Promotion.objects.filter(pk__in=keys).values_list("pk", "name")
        return {str(key): (name, reverse("admin:promotion", args=[key])) for key, name in rows}
    if by == "campaign":
        return {str(key): ("A campaign", reverse("admin:campaign", args=[key])) for key in keys}
    return {str(key): (str(key).capitalize(), "") for key in keys}
