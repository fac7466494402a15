"""Promotions: the list, and one plan on a line of time."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from profiles.admin.provenance import handicap_text
from social.admin.formatting import TONES, dollars
from social.errors import PromotionNotFound
from social.models import Promotion, SourceType, Touch
from social.promoting import actions, staff_events
from social.promoting.facts import event_values, moment_of
from social.promoting.log_consumer import apply_change
from social.promoting.planning import band_of, fill_rate, words_of
from social.promoting.report import report_of
from social.texts import fill
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.roles import Right

SHOWN = 60
SAID = {
    "approve": "The plan runs.",
    "pause": "Paused; nothing more goes out.",
    "cancel": "Everything that waited is taken back.",
    "apply": "The plan follows the change.",
    "event": "Noted. Look at what would change, then let the plan follow.",
    "call_off": "The event is called off: what waited is stopped, what is out is taken back.",
}


@page("promotions/", name="promotions", right=Right.VIEW_PROFILES)
def promotions(request: StaffRequest) -> HttpResponse:
    """Every plan, those that need somebody first."""
    rows = Promotion.objects.prefetch_related("touches").order_by("-created_at", "pk")[:SHOWN]
    order = {"DRAFT": 0, "ACTIVE": 1, "PAUSED": 2}
    ranked = sorted(rows, key=lambda row: order.get(row.status, 9))
    return show(
        request,
        "social/promotions.html",
        "Promotions",
        rows=[(row, TONES[row.status], _percent(row), _next(row)) for row in ranked],
        may_edit=request_may(request, Right.EDIT),
    )


@page("promotions/<uuid:promotion_id>/", name="promotion", right=Right.VIEW_PROFILES)
def promotion(request: StaffRequest, promotion_id: object) -> HttpResponse:
    """One plan: its field, its touches on a line of time, what it says, one approval."""
    row = _promotion_or_404(promotion_id)
    values, now = {"event": event_values(row), "club": {"name": row.tenant.name}}, timezone.now()
    touches = sorted(row.touches.all(), key=lambda one: (one.due_at is None, one.due_at or now, one.key))
    low, high = band_of(row)
    report = report_of(row)
    return show(
        request,
        "social/promotion.html",
        row.name,
        row=row,
        tone=TONES[row.status],
        touches=[(one, TONES[one.status], _says(row, one, values)) for one in touches],
        percent=_percent(row),
        facts=[(label, values["event"].get(name)) for name, label in FACTS if values["event"].get(name)],
        band=f"{handicap_text(low, row.tenant)} to {handicap_text(high, row.tenant)}"
        if low is not None and high is not None
        else "",
        pending=row.pending.get("changes") if row.pending else None,
        may_edit=request_may(request, Right.EDIT),
        days=", ".join(map(str, row.reminder_days)),
        is_own=row.source_type != SourceType.COMPETITION,
        event=_form_of(row),
        report=report,
        cost=dollars(report["costMills"], row.tenant),
        crumb={"link": reverse("admin:promotions"), "title": "Promotions"},
    )


FACTS = (
    ("startsAt", "Starts"),
    ("entriesCloseAt", "Entries close"),
    ("clubName", "Where"),
    ("format", "Format"),
    ("entryFee", "Entry"),
    ("url", "Page"),
)


def _says(row: Promotion, touch: Touch, values: dict[str, Any]) -> str:
    if touch.kind in ("CORRECTION", "CANCELLATION"):
        return ""
    return fill(touch.text or words_of(row, touch.kind), values)


def _percent(row: Promotion) -> int | None:
    rate = fill_rate(row)
    return None if rate is None else min(100, round(rate * 100))


def _next(row: Promotion) -> Touch | None:
    planned = [one for one in row.touches.all() if one.status == "PLANNED" and one.due_at is not None]
    return min(
        planned, key=lambda one: (one.due_at is None, one.due_at and one.due_at.timestamp()), default=None
    )


@page("promotions/<uuid:promotion_id>/act/", name="promotion_act", right=Right.EDIT)
def promotion_act(request: StaffRequest, promotion_id: object) -> HttpResponse:
    """Approve, pause, cancel, follow a change now, or change the days of the reminders."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row, act = _promotion_or_404(promotion_id), request.POST.get("act", "")
    try:
        if act == "approve":
            actions.approve_promotion(row.pk)
        elif act == "pause":
            actions.pause_promotion(row.pk)
        elif act == "cancel":
            actions.cancel_promotion(row.pk)
        elif act == "apply" and row.pending:
            apply_change(row)
        elif act == "event":
            staff_events.change_event(row.pk, _facts(request))
        elif act == "call_off":
            staff_events.call_off(row.pk)
        elif act == "days":
            actions.update_promotion(row.pk, {"reminder_days": _days(request)})
        messages.success(request, SAID.get(act, "Saved."))
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return HttpResponseRedirect(reverse("admin:promotion", args=[row.pk]))


@page("promotions/new/", name="promotion_new", right=Right.EDIT)
def promotion_new(request: StaffRequest) -> HttpResponse:
    """A plan for an event of the club's own."""
    refusal = ""
    if request.method == "POST":
        try:
            made = staff_events.plan_event(
                source_type=request.POST.get("kind", ""),
                facts=_facts(request),
                channels=[one for one in request.POST.getlist("channels") if one in dict(CHANNELS)],
                reminder_days=_days(request),
            )
            messages.success(request, "The plan is made. Look at it, then approve it once.")
            return HttpResponseRedirect(reverse("admin:promotion", args=[made.pk]))
        except DomainError as refused:
            refusal = refused.message
    given = request.POST
    return show(
        request,
        "social/promotion_new.html",
        "Promote an event",
        status=422 if refusal else 200,
        refusal=refusal,
        values=given,
        channels=[
            (key, label, key in given.getlist("channels") if given else key in ("POST", "EMAIL"))
            for key, label in CHANNELS
        ],
        crumb={"link": reverse("admin:promotions"), "title": "Promotions"},
    )


CHANNELS = (
    ("POST", "Posts"),
    ("EMAIL", "E-mail"),
    ("SMS", "SMS"),
    ("PUSH", "Push"),
    ("WHATSAPP", "WhatsApp"),
)
MOMENTS = ("startsAt", "entriesCloseAt")
WORDS = ("name", "clubName", "format", "url")


def _facts(request: StaffRequest) -> dict[str, Any]:
    """The event as the form has it, by the payload's names; raises InvalidError."""
    given, zone = request.POST, club_of(request).zone
    facts: dict[str, Any] = {name: given.get(name, "").strip() for name in WORDS}
    for name in MOMENTS:
        text = given.get(name, "")
        try:
            facts[name] = datetime.fromisoformat(text[:16]).replace(tzinfo=zone).isoformat() if text else ""
        except ValueError as error:
            raise InvalidError("This is no time.", field=name) from error
    places, fee = given.get("maxEntries", "").strip(), given.get("fee", "").strip().replace(",", ".")
    if places and not (places.isascii() and places.isdecimal() and 0 < int(places) < 100_000):  # noqa: PLR2004 - a field
        raise InvalidError("Write the places as a number.", field="maxEntries")
    facts["maxEntries"] = int(places) if places else ""
    try:
        facts["entryFeeCents"] = round(float(fee) * 100) if fee else ""
    except (ValueError, OverflowError) as error:
        raise InvalidError("Write the fee as a number, as in 25.00.", field="fee") from error
    return {name: value for name, value in facts.items() if value != ""}


def _days(request: StaffRequest) -> list[int]:
    parts = request.POST.get("days", "").split(",")
    return [int(part) for part in parts if part.strip().isascii() and part.strip().isdecimal()]


def _form_of(row: Promotion) -> dict[str, Any]:
    """The event's facts as the form shows them."""
    facts, zone = row.facts, row.tenant.zone
    values = {name: facts.get(name) or "" for name in (*WORDS, "maxEntries")}
    for name in MOMENTS:
        moment = moment_of(facts.get(name))
        values[name] = moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if moment else ""
    cents = facts.get("entryFeeCents")
    values["fee"] = f"{cents / 100:.2f}" if isinstance(cents, int) else ""
    return values


def _promotion_or_404(promotion_id: object) -> Promotion:
    key = uuid_or_none(str(promotion_id))
    try:
        if key is None:
            raise PromotionNotFound
        return actions.get_promotion(key)
    except PromotionNotFound as missing:
        raise Http404 from missing
