"""One campaign: live progress with the closing sum, the report, its recipients with their reasons."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from campaigns.admin.acts import told
from campaigns.admin.list_page import MOST_SKIPPED, TONES, campaign_or_404
from campaigns.admin.sentences import left_out, rule_words, segment_names
from campaigns.benchmarks import FIELD_RATES, SOURCE
from campaigns.links import without_parameters
from campaigns.models import Campaign, CampaignChannel, OccurrenceStatus, WinnerMetric
from campaigns.representation import reason_text, recipient_fields, recipients_of
from campaigns.rhythm import coming_times
from campaigns.schedule import explain
from campaigns.stats import RATES, closing_sum, stats_of
from messaging.models import DeliveryStatus, SendChannel
from tenants.admin import formatting
from tenants.admin.base import request_may
from tenants.admin.pages import club_of, page, show
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.numbers import whole_number
from tenants.roles import Right

PAGE: Final = 50
BAR_STEP: Final = 30
BAR_HEIGHT: Final = 90
RATE_WORDS: Final = {
    "deliveredRate": "Delivered", "openRate": "Opened by people", "clickRate": "Clicked",
    "conversionRate": "Reached the goal", "unsubscribeRate": "Unsubscribed", "complaintRate": "Complained",
    "bounceRate": "Bounced",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour of the drawing."""

    x: int
    opened_y: float
    opened_height: float
    clicked_y: float
    clicked_height: float
    label: str


@page("campaigns/<uuid:campaign_id>/", name="campaign", right=Right.VIEW_PROFILES)
def campaign_page(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """A draft leads to the wizard where one may edit it."""
    campaign, club = campaign_or_404(campaign_id), club_of(request)
    may_edit = request_may(request, Right.EDIT)
    if campaign.is_draft and may_edit:
        return HttpResponseRedirect(reverse("admin:campaign_edit", args=[campaign.pk, "audience"]))
    stats = stats_of(campaign)
    return show(
        request,
        "campaigns/campaign.html",
        campaign.name,
        campaign=campaign,
        club=club,
        may_edit=may_edit,
        rhythm=explain(campaign.recur_pattern) if campaign.recur_pattern else "",
        stats=stats,
        rates=_rates(stats, club, is_mail="EMAIL" in campaign.channels),
        field=SOURCE if "EMAIL" in campaign.channels else "",
        channels=_channel_rows(stats["channels"], club),
        bars=_bars(stats["hours"], club),
        whom=[*segment_names(campaign.segment_ids), *filter(None, [rule_words(campaign, club)])],
        left_out=left_out(campaign),
        ways=[CampaignChannel(each).label for each in campaign.channels],
        coming=coming_times([campaign]).get(campaign.pk),
        links=_links(stats["links"]),
        lift=_lift_words(stats["lift"], club),
        test=_test_words(stats["test"], club),
        acts=[told(act, club) for act in campaign.acts.order_by("-id")[:20]],
        times=_times(stats["occurrences"]),
        crumb={"link": reverse("admin:campaigns"), "title": "Campaigns"},
        **progress_of(campaign, club),
    )


@page("campaigns/<uuid:campaign_id>/progress/", name="campaign_progress", right=Right.VIEW_PROFILES)
def campaign_progress(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """The part of the page that renews itself."""
    campaign, club = campaign_or_404(campaign_id), club_of(request)
    context = {"campaign": campaign, "club": club, **progress_of(campaign, club)}
    return TemplateResponse(request, "campaigns/progress.html", context)


def progress_of(campaign: Campaign, club: Tenant) -> dict[str, Any]:
    """The closing sum with the parts of a bar of a thousand, and the reasons in words."""
    total = closing_sum(campaign)
    whole = max(total["target"], 1)
    parts, x = [], 0.0
    for name, tone in (("sent", "good"), ("waiting", "info"), ("failed", "bad"), ("skipped", "none")):
        width = round(1000 * total[name] / whole, 1)
        parts.append((name, tone, x, width))
        x += width
    return {
        "sum": total,
        "parts": parts,
        "reasons": [(reason_text(reason) or reason, people) for reason, people in total["reasons"].items()],
        "tone": TONES[campaign.status],
    }


def _rates(stats: dict[str, Any], club: Tenant, *, is_mail: bool) -> list[tuple[str, int, str, str, str]]:
    """Words, count, rate, the club's own past rate and the field's, of what the report opens with."""
    past = (stats["past"] or {}).get("rates", {})
    field = FIELD_RATES if is_mail else {}
    return [
        (
            RATE_WORDS[rate],
            stats["counters"][name],
            *(_percent(rates.get(rate), club) for rates in (stats["rates"], past, field)),
        )
        for rate, name in RATES.items()
    ]


def _channel_rows(channels: list[dict[str, Any]], club: Tenant) -> list[tuple[str, dict[str, int], str, str]]:
    """Channel, counters, and the parts who opened and clicked; nothing where there is only one channel."""
    if len(channels) < 2:  # noqa: PLR2004 - the counters above say it
        return []
    return [
        (
            CampaignChannel(each["name"]).label if each["name"] else "None",
            each["counters"],
            _percent(each["rates"]["openRate"], club),
            _percent(each["rates"]["clickRate"], club),
        )
        for each in channels
    ]


def _times(occurrences: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each sending with its state in words; nothing where there was only one."""
    if len(occurrences) < 2:  # noqa: PLR2004 - the page says it
        return []
    return [{**each, "state": OccurrenceStatus(each["status"]).label} for each in occurrences]


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    """A recipient with state and channel as staff read them."""
    channel = SendChannel(row["channel"]).label if row["channel"] else ""
    return {**row, "state": DeliveryStatus(row["status"]).label, "by": channel}


def _lift_words(found: dict[str, Any] | None, club: Tenant) -> dict[str, Any] | None:
    """With the difference and its interval in percentage points."""
    conversion = (found or {}).get("conversion")
    if found is None or conversion is None:
        return None
    points, low, high = (_signed(100 * conversion[name], club) for name in ("difference", "low", "high"))
    return {**found, "points": points, "range": f"{low} to {high}"}


def _test_words(found: dict[str, Any] | None, club: Tenant) -> dict[str, Any] | None:
    """With each version's chance as a per cent, and what decides in words and numbers."""
    if found is None:
        return None
    versions, metric = found.get("variants", []), found.get("metric", "")
    rows = [
        {
            **each,
            "chance": _percent(each["probabilityBest"], club),
            "measure": formatting.money(round(each["value"]), club)
            if metric == WinnerMetric.REVENUE
            else _percent(each["value"] if each["people"] else None, club),
        }
        for each in versions
    ]
    measured = (
        "Money a person" if metric == WinnerMetric.REVENUE else WinnerMetric(metric).label if metric else ""
    )
    return {
        **found,
        "rows": rows,
        "measured": measured,
        "hasNumbers": any(each["value"] for each in versions),
    }


def _links(links: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """Address without what analytics read, clicks of people and of machines: the same link of all versions is one."""
    found: dict[str, tuple[int, int]] = {}
    for link in links:
        url = without_parameters(link["url"])
        people, machines = found.get(url, (0, 0))
        found[url] = (people + link["clicks"], machines + link["machineClicks"])
    return sorted(((url, *counts) for url, counts in found.items()), key=lambda each: -each[1])


def _percent(value: float | None, club: Tenant) -> str:
    return "–" if value is None else formatting.percent(value, club, 1)


def _signed(points: float, club: Tenant) -> str:
    return f"{'+' if points >= 0 else '-'}{formatting.decimals(abs(points), club, 1)}"


def _bars(hours: list[dict[str, int]], club: Tenant) -> list[Bar]:
    """Nothing where nobody has opened or clicked."""
    most = max((max(hour["opened"], hour["clicked"]) for hour in hours), default=0)
    if not most:
        return []
    found = []
    for hour in hours:
        opened, clicked = (BAR_HEIGHT * hour[name] / most for name in ("opened", "clicked"))
        numbers = (formatting.number(hour[name], club) for name in ("opened", "clicked"))
        label = f"{hour['hour']:02}:00, opened {next(numbers)}, clicked {next(numbers)}"
        found.append(
            Bar(
                hour["hour"] * BAR_STEP,
                BAR_HEIGHT - opened,
                opened,
                BAR_HEIGHT - clicked,
                clicked,
                label,
            )
        )
    return found


@page("campaigns/<uuid:campaign_id>/recipients/", name="campaign_recipients", right=Right.VIEW_PROFILES)
def campaign_recipients(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Who got it, who did not, and why."""
    campaign, club = campaign_or_404(campaign_id), club_of(request)
    status = request.GET.get("status", "")
    status = status if status in DeliveryStatus.values else ""
    search = request.GET.get("q", "")[:200]
    after = whole_number(request.GET.get("skip", ""), MOST_SKIPPED) or 0
    rows = list(recipients_of(campaign, status=status, search=search)[after : after + PAGE + 1])
    return show(
        request,
        "campaigns/recipients.html",
        "Recipients",
        campaign=campaign,
        club=club,
        rows=[_in_words(row) for row in recipient_fields(rows[:PAGE])],
        statuses=DeliveryStatus.choices,
        chosen=status,
        search=search,
        is_continued=after > 0,
        more=urlencode({"skip": after + PAGE, "status": status, "q": search}) if len(rows) > PAGE else "",
        crumb={"link": reverse("admin:campaign", args=[campaign.pk]), "title": campaign.name},
    )
