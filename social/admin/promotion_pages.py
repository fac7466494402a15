"""Promotions: the list, and one plan on a line of time."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from social.admin.formatting import TONES
from social.errors import PromotionNotFound
from social.models import Promotion, Touch
from social.promoting import actions
from social.promoting.facts import event_values
from social.promoting.log_consumer import apply_change
from social.promoting.planning import band_of, fill_rate, words_of
from social.texts import fill
from tenants.admin.base import messages, request_may
from tenants.admin.pages import page, show, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.roles import Right

SHOWN = 60
SAID = {
    "approve": "The plan runs.",
    "pause": "Paused; nothing more goes out.",
    "cancel": "Everything that waited is taken back.",
    "apply": "The plan follows the change.",
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
    )


@page("promotions/<uuid:promotion_id>/", name="promotion", right=Right.VIEW_PROFILES)
def promotion(request: StaffRequest, promotion_id: object) -> HttpResponse:
    """One plan: its field, its touches on a line of time, what it says, one approval."""
    row = _promotion_or_404(promotion_id)
    values, now = {"event": event_values(row), "club": {"name": row.tenant.name}}, timezone.now()
    touches = sorted(row.touches.all(), key=lambda one: (one.due_at is None, one.due_at or now, one.key))
    low, high = band_of(row)
    return show(
        request,
        "social/promotion.html",
        row.name,
        row=row,
        tone=TONES[row.status],
        touches=[(one, TONES[one.status], _says(row, one, values)) for one in touches],
        percent=_percent(row),
        facts=[(label, values["event"].get(name)) for name, label in FACTS if values["event"].get(name)],
        band=f"{low / 10:g} to {high / 10:g}" if low is not None and high is not None else "",
        pending=row.pending.get("changes") if row.pending else None,
        may_edit=request_may(request, Right.EDIT),
        days=", ".join(map(str, row.reminder_days)),
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
        elif act == "days":
            days = [int(part) for part in request.POST.get("days", "").split(",") if part.strip().isdecimal()]
            actions.update_promotion(row.pk, {"reminder_days": days})
        messages.success(request, SAID.get(act, "Saved."))
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return HttpResponseRedirect(reverse("admin:promotion", args=[row.pk]))


def _promotion_or_404(promotion_id: object) -> Promotion:
    key = uuid_or_none(str(promotion_id))
    try:
        if key is None:
            raise PromotionNotFound
        return actions.get_promotion(key)
    except PromotionNotFound as missing:
        raise Http404 from missing
