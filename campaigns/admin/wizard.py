"""The wizard: audience, content, test, time, and a last page that says in words what will happen."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from campaigns.actions import schedule_campaign
from campaigns.admin.list_page import campaign_or_404
from campaigns.admin.previews import previews_of
from campaigns.admin.reach import Reach, reach_of
from campaigns.admin.sentences import METRIC_WORDS, rule_words, sentences_of
from campaigns.editing import UNNAMED, lacks_approval, may_approve, update_campaign
from campaigns.models import (
    Campaign,
    CampaignChannel,
    CampaignStatus,
    CampaignType,
    CampaignVariant,
    Goal,
    SendWindow,
)
from campaigns.readiness import problems_of
from campaigns.schedule import is_late
from campaigns.settings import settings_of
from campaigns.triggers import event_choices
from campaigns.values import parse_values
from messaging.clocks import instant
from messaging.rendering import FIELDS
from messaging.templates import templates_of
from segments.models import Segment
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError, UnprocessableError
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.numbers import whole_number
from tenants.roles import Right

STEPS: Final = {
    "audience": "Who",
    "content": "What",
    "test": "Test",
    "time": "When",
    "review": "Look once more",
}
WRITTEN: Final = (CampaignChannel.EMAIL, CampaignChannel.SMS, CampaignChannel.PUSH, CampaignChannel.WHATSAPP)
# What is tried against version A, the text of the step before.
VERSIONS: Final = ("B", "C", "D", "E")
MOST_OTHERS: Final = 50
Values = dict[str, Any]


@page("campaigns/<uuid:campaign_id>/edit/<slug:step>/", name="campaign_edit", right=Right.EDIT)
def campaign_edit(request: StaffRequest, campaign_id: UUID, step: str) -> HttpResponse:
    """One step; saving goes on to the next."""
    campaign = campaign_or_404(campaign_id)
    if step not in STEPS:
        raise Http404("There is no such step.")
    if not campaign.is_draft:
        return HttpResponseRedirect(reverse("admin:campaign", args=[campaign.pk]))
    problems: dict[str, str] = {}
    if request.method == "POST" and step in READERS:
        try:
            campaign = update_campaign(campaign.pk, read_step(request, campaign, step))
        except UnprocessableError as refusal:
            problems = {detail["field"].split(".")[0]: detail["message"] for detail in refusal.details}
        else:
            names = list(STEPS)
            wanted = request.POST.get("go", "")
            following = wanted if wanted in STEPS else names[names.index(step) + 1]
            return HttpResponseRedirect(reverse("admin:campaign_edit", args=[campaign.pk, following]))
    return _shown(request, campaign, step, problems)


def _shown(request: StaffRequest, campaign: Campaign, step: str, problems: Mapping[str, str]) -> HttpResponse:
    club = club_of(request)
    return show(
        request,
        f"campaigns/{step}.html",
        campaign.name,
        status=422 if problems else 200,
        campaign=campaign,
        club=club,
        step=step,
        steps=[(name, label, number) for number, (name, label) in enumerate(STEPS.items(), 1)],
        problems=problems,
        crumb={"link": reverse("admin:campaigns"), "title": "Campaigns"},
        **CONTEXTS[step](request, campaign, club),
    )


def _audience_context(request: HttpRequest, campaign: Campaign, club: Tenant) -> Values:
    return {
        "name": "" if campaign.name == UNNAMED else campaign.name,
        "segments": Segment.objects.filter(deleted_at=None).order_by("name"),
        "others": Campaign.objects.filter(
            status__in=[CampaignStatus.COMPLETED, CampaignStatus.ACTIVE, CampaignStatus.CANCELLED]
        )
        .exclude(pk=campaign.pk)
        .order_by("-created_at")[:MOST_OTHERS],
        "rule": rule_words(campaign, club),
        "channels": [(channel.value, channel.label) for channel in WRITTEN],
        "reach": reach_of(campaign, club),
    }


def _content_context(request: HttpRequest, campaign: Campaign, club: Tenant) -> Values:
    templates = templates_of(club)
    return {
        "parts": [
            (
                CampaignChannel(channel),
                campaign.content.get(channel, {}),
                campaign.template_id(channel),
                templates.of(channel),
            )
            for channel in campaign.direct_channels
        ],
        "templates": templates,
        "tokens": FIELDS,
        **previews_of(campaign, club, request.GET.get("member", "")),
    }


def _test_context(request: HttpRequest, campaign: Campaign, club: Tenant) -> Values:
    written = {each.label: each for each in campaign.variants.all()}
    empty = CampaignVariant(content={}, channels=[])
    ways = [(channel, CampaignChannel(channel).label) for channel in campaign.direct_channels]
    return {
        "is_tested": bool(written),
        "versions": [
            {
                "label": label,
                "texts": [
                    (CampaignChannel(channel), variant.content.get(channel, {}))
                    for channel in campaign.direct_channels
                ],
                "is_open": label == VERSIONS[0] or label in written,
                "way": (variant.channels or [""])[0],
                "delay": variant.delay_minutes,
            }
            for label in VERSIONS
            for variant in [written.get(label, empty)]
        ],
        "ways": ways if len(ways) > 1 else [],
        "metrics": [(value, words[:1].upper() + words[1:]) for value, words in METRIC_WORDS.items()],
        "goals": Goal.choices,
        "hours": _hours(campaign.test_minutes),
    }


def _time_context(request: HttpRequest, campaign: Campaign, club: Tenant) -> Values:
    at = campaign.scheduled_at.astimezone(campaign.zone) if campaign.scheduled_at else None
    end = campaign.recur_end_at.astimezone(campaign.zone) if campaign.recur_end_at else None
    return {
        "types": [(kind.value, kind.label) for kind in CampaignType if kind is not CampaignType.JOURNEY],
        "windows": SendWindow.choices,
        "events": event_choices(),
        "at": f"{at:%Y-%m-%dT%H:%M}" if at else "",
        "end": f"{end:%Y-%m-%dT%H:%M}" if end else "",
        "patterns": PATTERNS,
        "own": "" if campaign.recur_pattern in dict(PATTERNS) else campaign.recur_pattern,
        "spread_hours": _hours(campaign.spread_minutes or 120),
    }


def _review_context(request: HttpRequest, campaign: Campaign, club: Tenant) -> Values:
    reach, problems = reach_of(campaign, club), problems_of(campaign)
    if campaign.scheduled_at and is_late(campaign.scheduled_at, timezone.now(), settings_of(club).grace):
        problems.append({"field": "scheduledAt", "message": "The hour has gone: choose one that is to come."})
    return {
        "missing": problems,
        "reach": reach,
        "sentences": sentences_of(campaign, club, reach),
        "lacks_approval": lacks_approval(campaign, club),
        "may_approve": may_approve(campaign, club),
        **previews_of(campaign, club, ""),
    }


PATTERNS: Final = (
    ("0 9 * * *", "Every day at 09:00"),
    ("0 9 * * 1", "Every Monday at 09:00"),
    ("0 9 * * 5", "Every Friday at 09:00"),
    ("0 9 1 * *", "On the first of each month at 09:00"),
)
CONTEXTS: Final[Mapping[str, Callable[[HttpRequest, Campaign, Tenant], Values]]] = {
    "audience": _audience_context,
    "content": _content_context,
    "test": _test_context,
    "time": _time_context,
    "review": _review_context,
}


# --- What the forms say


def read_step(request: HttpRequest, campaign: Campaign, step: str) -> Values:
    """The columns that a step's form states; raises UnprocessableError."""
    return parse_values(READERS[step](request.POST, campaign))


def _read_audience(form: QueryDict, campaign: Campaign) -> Values:
    return {
        "name": form.get("name", "").strip() or campaign.name,
        "segmentIds": form.getlist("segmentIds"),
        "excludedSegmentIds": form.getlist("excludedSegmentIds"),
        "excludedCampaignIds": form.getlist("excludedCampaignIds"),
        "holdOutPercent": _number(form.get("holdOutPercent", "0")),
        "channels": list(
            dict.fromkeys(
                filter(None, [form.get("first", ""), form.get("second", ""), form.get("third", "")])
            )
        ),
    }


def _read_content(form: QueryDict, campaign: Campaign) -> Values:
    content = {
        channel: {part: form.get(f"{channel}-{part}", "") for part in ("subject", "body", "html")}
        for channel in campaign.direct_channels
    }
    templates = {
        f"{channel.lower()}TemplateId": form.get(f"{channel}-template", "")
        for channel in campaign.direct_channels
    }
    return {"content": content, **templates}


def _read_test(form: QueryDict, campaign: Campaign) -> Values:
    values: Values = {
        "goal": form.get("goal", "NONE"),
        "goalDays": _number(form.get("goalDays", "7")),
        "variants": [],
        "testPercent": 100,
    }
    if "tested" not in form or not campaign.direct_channels:
        return values
    return values | {
        "variants": _versions(form, campaign),
        "winnerMetric": form.get("winnerMetric", "CLICKS"),
        "testPercent": _number(form.get("testPercent", "100")),
        "testMinutes": _minutes(form.get("hours", "4"), "testMinutes"),
    }


def _versions(form: QueryDict, campaign: Campaign) -> list[Values]:
    """A, and each further one in which something differs; what is left empty stays as in A.

    What the page does not show (weights, templates, HTML) stays as it is. Raises UnprocessableError where nothing
    differs.
    """
    kept = {each.label: each for each in campaign.variants.all()}
    found = [_kept(kept.get("A"), "A", is_whole=True)]
    for label in VERSIONS:
        present = kept.get(label)
        old = present.content if present else {}
        content = {
            channel: {part: form.get(f"{label}-{channel}-{part}", "") for part in ("subject", "body")}
            | {"html": old.get(channel, {}).get("html", "")}
            for channel in campaign.direct_channels
        }
        said = {channel: texts for channel, texts in content.items() if any(map(str.strip, texts.values()))}
        way, delay = form.get(f"{label}-way", ""), _number(form.get(f"{label}-delay", "") or "0")
        if said or way or delay or (present and present.template_ids):
            channels = [way, *(other for other in campaign.direct_channels if other != way)] if way else []
            found.append(
                _kept(present, label) | {"content": said, "channels": channels, "delayMinutes": delay}
            )
    if len(found) == 1:
        raise _refused("variants", "Write what is different in version B, or take the test away.")
    return found


def _kept(variant: CampaignVariant | None, label: str, *, is_whole: bool = False) -> Values:
    """What the page does not show of a version; `is_whole`: all of it."""
    if variant is None:
        return {"label": label}
    kept = {"label": label, "weight": variant.weight, "templateIds": variant.template_ids}
    whole = {
        "content": variant.content,
        "channels": variant.channels,
        "delayMinutes": variant.delay_minutes,
    }
    return kept | whole if is_whole else kept


def _read_time(form: QueryDict, campaign: Campaign) -> Values:
    kind = form.get("type", CampaignType.ONE_TIME.value)
    is_recurring, is_triggered = kind == CampaignType.RECURRING, kind == CampaignType.TRIGGERED
    at = _moment(form.get("at", ""), campaign, "scheduledAt") if form.get("now") != "on" else None
    return {
        "type": kind,
        "scheduledAt": at,
        "window": SendWindow.TOGETHER.value if is_triggered else form.get("window", "TOGETHER"),
        "spreadMinutes": _minutes(form.get("spread", "2"), "spreadMinutes")
        if form.get("window") == SendWindow.SPREAD
        else 0,
        "recurPattern": (form.get("ownPattern", "").strip() or form.get("recurPattern", ""))
        if is_recurring
        else "",
        "recurEndAt": _moment(form.get("end", ""), campaign, "recurEndAt")
        if is_recurring or is_triggered
        else None,
        "triggerEvent": form.get("triggerEvent", "") if is_triggered else "",
        "triggerDelayMinutes": _number(form.get("triggerDelayMinutes", "0")) if is_triggered else 0,
        "triggerCapDays": _number(form.get("triggerCapDays", "1")) if is_triggered else 1,
    }


# In minutes: 1.667 hours are 100.02 minutes.
HIDDEN_BY_DECIMALS: Final = 0.05
READERS: Final[Mapping[str, Callable[[QueryDict, Campaign], Values]]] = {
    "audience": _read_audience,
    "content": _read_content,
    "test": _read_test,
    "time": _read_time,
}


def _number(text: str) -> int:
    """What is no number becomes one that is refused."""
    number = whole_number(text, 999_999)
    return -1 if number is None else number


def _hours(minutes: int) -> str:
    """Minutes as hours of the form, which `_minutes` reads as the same minutes again: 1.667 for 100."""
    return f"{minutes / 60:.3f}".rstrip("0").removesuffix(".")


def _minutes(text: str, field: str) -> int:
    """Minutes of a number of hours, with a point or a comma; raises UnprocessableError for what is none.

    Hours that are no whole minutes are refused, but for what three decimals hide.
    """
    try:
        hours = float(text.replace(",", "."))
    except ValueError:
        hours = math.nan
    if not math.isfinite(hours):
        raise _refused(field, "Write hours as a number, such as 2 or 0.5.")
    minutes = min(max(hours, 0.0), 10_000.0) * 60
    if abs(minutes - round(minutes)) > HIDDEN_BY_DECIMALS:
        raise _refused(field, "Write hours that are whole minutes, such as 0.5, 0.25 or 0.1.")
    return round(minutes)


def _moment(text: str, campaign: Campaign, field: str) -> datetime | None:
    """A time on the campaign's wall as the field writes it; None where it is empty, which means now, or for ever.

    Raises UnprocessableError for what is no time: it must not mean the same.
    """
    try:
        return instant(datetime.fromisoformat(text), campaign.zone) if text.strip() else None
    except (ValueError, OverflowError):
        raise _refused(field, "Write a day and a time, or leave the field empty.") from None


def _refused(field: str, message: str) -> UnprocessableError:
    return UnprocessableError(message, details=[{"field": field, "message": message}])


# --- Live parts


@page("campaigns/<uuid:campaign_id>/reach/", name="campaign_reach", right=Right.EDIT)
@require_POST
def campaign_reach(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Whom the form as it stands would reach, in numbers; nothing is kept."""
    campaign, club = campaign_or_404(campaign_id), club_of(request)
    found: Reach | None = None
    try:
        with transaction.atomic():
            if campaign.is_draft:
                campaign = update_campaign(campaign.pk, read_step(request, campaign, "audience"))
            found = reach_of(campaign, club)
            transaction.set_rollback(True)
    except DomainError as refusal:
        return TemplateResponse(request, "campaigns/reach.html", {"refusal": refusal.message, "club": club})
    return TemplateResponse(request, "campaigns/reach.html", {"reach": found, "club": club})


@page("campaigns/<uuid:campaign_id>/preview/", name="campaign_preview", right=Right.EDIT)
@require_POST
def campaign_preview(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """How the form as it stands looks to a member; nothing is kept."""
    campaign, club = campaign_or_404(campaign_id), club_of(request)
    try:
        with transaction.atomic():
            if campaign.is_draft:
                campaign = update_campaign(campaign.pk, read_step(request, campaign, "content"))
            found = previews_of(campaign, club, request.POST.get("member", ""))
            transaction.set_rollback(True)
    except UnprocessableError as refusal:
        found = {"refusals": [detail["message"] for detail in refusal.details]}
    return TemplateResponse(request, "campaigns/previews.html", {**found, "club": club})


@page("campaigns/<uuid:campaign_id>/schedule/", name="campaign_schedule", right=Right.EDIT)
@require_POST
def campaign_schedule(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """The button of the last page."""
    campaign = campaign_or_404(campaign_id)
    try:
        campaign = schedule_campaign(campaign.pk)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return HttpResponseRedirect(reverse("admin:campaign_edit", args=[campaign.pk, "review"]))
    is_now = campaign.scheduled_at is None or campaign.scheduled_at <= timezone.now()
    messages.success(request, "On its way." if is_now else "Scheduled.")
    return HttpResponseRedirect(reverse("admin:campaign", args=[campaign.pk]))
