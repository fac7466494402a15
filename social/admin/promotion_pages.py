"""Promotions: the list, and one plan on a line of time."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from messaging.clocks import instant
from messaging.models import SendChannel
from profiles.admin.provenance import handicap_text
from segments.fields import FIELDS as SEGMENT_FIELDS
from segments.models import Segment
from segments.representation import suggestions
from social.admin.formatting import TONES, dollars
from social.admin.promotion_choices import (
    audience_of,
    membership_choices,
    memberships_of,
    promotion_or_404,
    touch_id,
    values_of,
)
from social.admin.promotion_preview import preview_of
from social.models import (
    Connection,
    ConnectionStatus,
    Media,
    MediaKind,
    Network,
    Promotion,
    SourceType,
    Touch,
    TouchStatus,
)
from social.promoting import actions, parts, staff_events
from social.promoting.facts import moment_of
from social.promoting.log_consumer import apply_change
from social.promoting.planning import band_of, fill_rate, words_of
from social.promoting.report import report_of
from social.promoting.wording import is_outward, plain, reading, said_by
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.amounts import NoAmount, as_typed, smallest_units
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.roles import Right

SHOWN = 60
SHOWN_SEGMENTS, SHOWN_PICTURES = 200, 11
FORM_TIME = "%Y-%m-%dT%H:%M"
SAID = {
    "approve": "The plan runs.",
    "pause": "Paused; nothing more goes out.",
    "cancel": "Everything that waited is taken back.",
    "apply": "The plan follows the change.",
    "event": "Noted. Look at what would change, then let the plan follow.",
    "part": "Saved.",
    "leave_out": "That part does not happen.",
    "put_back": "That part happens again.",
    "plan": "The plan is changed.",
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
    row = promotion_or_404(promotion_id)
    values, now = values_of(row), timezone.now()
    touches = sorted(row.touches.all(), key=lambda one: (one.due_at is None, one.due_at or now, one.key))
    low, high = band_of(row)
    report = report_of(row)
    for one in (*report["posts"], *report["byLinks"]):
        one["label"] = Network(one["platform"]).label if one["platform"] in Network.values else ""
    return show(
        request,
        "social/promotion.html",
        row.name,
        row=row,
        tone=TONES[row.status],
        touches=[_part(row, one, values) for one in touches],
        percent=_percent(row),
        facts=[(label, values["event"].get(name)) for name, label in FACTS if values["event"].get(name)],
        band=f"{handicap_text(low, row.tenant)} to {handicap_text(high, row.tenant)}"
        if low is not None and high is not None
        else "",
        preview=preview_of(row),
        history=[(line["words"], moment_of(line.get("at"))) for line in reversed(row.history)],
        may_edit=request_may(request, Right.EDIT),
        days=", ".join(map(str, row.reminder_days)),
        channels=[(key, label, key in row.channels) for key, label in CHANNELS],
        accounts=_accounts(row),
        **membership_choices(row.tenant, row.audience),
        memberships=memberships_of(row),
        segment_name=_segment_name(row),
        segments=Segment.objects.filter(deleted_at=None).order_by("name")[:SHOWN_SEGMENTS],
        pictures=_pictures(row),
        is_own=row.source_type != SourceType.COMPETITION,
        event=_form_of(row),
        genders=genders(row.tenant, row.facts.get("gender")),
        report=report,
        cost=dollars(report["costMills"], row.tenant),
        crumb={"link": reverse("admin:promotions"), "title": "Promotions"},
    )


def _segment_name(row: Promotion) -> str:
    names = Segment.objects.filter(pk=row.segment_id).values_list("name", flat=True) if row.segment_id else ()
    return next(iter(names), "a segment that is gone")


FACTS = (
    ("startsAt", "Starts"),
    ("entriesCloseAt", "Entries close"),
    ("clubName", "Where"),
    ("format", "Format"),
    ("entryFee", "Entry"),
    ("url", "Page"),
)


def _part(row: Promotion, touch: Touch, values: dict[str, Any]) -> dict[str, Any]:
    """A touch as the line of time shows it, with what staff may change of it."""
    is_planned = touch.status == TouchStatus.PLANNED
    words = said_by(row, touch) if is_planned else ""
    return {
        "row": touch,
        "tone": TONES[touch.status],
        "says": reading(words, values),
        "words": plain(words, values),
        "may_change": is_planned and not is_outward(touch) and row.status not in staff_events.OVER,
        "may_return": touch.status == TouchStatus.CANCELLED
        and not is_outward(touch)
        and touch.reason == parts.LEFT_OUT
        and row.status not in staff_events.OVER,
        "at": touch.due_at.astimezone(row.tenant.zone).strftime(FORM_TIME) if touch.due_at else "",
    }


def _accounts(row: Promotion) -> list[tuple[Connection, bool]]:
    """The club's accounts, and whether the plan's posts go there."""
    found = Connection.objects.filter(status=ConnectionStatus.ACTIVE).order_by("network", "account_name")
    return [(one, not row.connection_ids or str(one.pk) in row.connection_ids) for one in found]


def _pictures(row: Promotion) -> list[Media]:
    """The plan's own picture, then the newest others of the library."""
    images = Media.objects.filter(kind=MediaKind.IMAGE)
    own = list(images.filter(pk=row.picture_id))
    return [*own, *images.exclude(pk=row.picture_id).order_by("-created_at", "pk")[:SHOWN_PICTURES]]


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
    """Approve, pause, cancel, follow a change now; change the plan, or one part of it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row, act = promotion_or_404(promotion_id), request.POST.get("act", "")
    try:
        if act in ACTS:
            ACTS[act](request, row)
            messages.success(request, SAID[act])
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return HttpResponseRedirect(reverse("admin:promotion", args=[row.pk]))


def _change_part(request: StaffRequest, row: Promotion) -> None:
    """Words and time of one part, as its form has them."""
    given, at = request.POST, None
    if given.get("at"):
        try:
            at = instant(datetime.strptime(given["at"][:16], FORM_TIME), club_of(request).zone)
        except ValueError as error:
            raise InvalidError("This is no time.", field="dueAt") from error
    touch = next((one for one in row.touches.all() if one.pk == touch_id(request)), None)
    if touch is not None and touch.due_at is not None and at == touch.due_at.replace(second=0, microsecond=0):
        at = None
    text = given.get("text", "").replace("\r\n", "\n").strip()
    # Words that nobody changed stay what they are: the usual ones, or those of an earlier change.
    if touch is not None:
        values = values_of(row)
        if text == plain(words_of(row, touch.kind), values):
            text = ""
        elif text == plain(said_by(row, touch), values):
            text = touch.text
    parts.change_part(row.pk, touch_id(request), text=text, at=at)


def _changed_plan(request: StaffRequest) -> dict[str, Any]:
    """Ways, days, accounts, people and picture, as the form has them; raises InvalidError."""
    given = request.POST
    channels = [one for one in given.getlist("channels") if one in dict(CHANNELS)]
    if not channels:
        raise InvalidError("Choose at least one way to tell people.", field="channels")
    accounts = [key for key in map(uuid_or_none, given.getlist("accounts")) if key is not None]
    all_of_them = Connection.objects.filter(status=ConnectionStatus.ACTIVE).count()
    return {
        "channels": channels,
        "reminder_days": days_of(request),
        # All of them also means those that are connected later.
        "connection_ids": [] if len(accounts) == all_of_them else accounts,
        "segment_id": uuid_or_none(given.get("segment", "")),
        "audience": audience_of(request),
        "picture_id": uuid_or_none(given.get("picture", "")),
    }


@page("promotions/new/", name="promotion_new", right=Right.EDIT)
def promotion_new(request: StaffRequest) -> HttpResponse:
    """A plan for an event of the club's own."""
    refusal = ""
    if request.method == "POST":
        try:
            made = staff_events.plan_event(
                source_type=request.POST.get("kind", ""),
                facts=_facts(request, club_of(request).currency),
                channels=[one for one in request.POST.getlist("channels") if one in dict(CHANNELS)],
                reminder_days=days_of(request),
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
        genders=genders(club_of(request), given.get("gender")),
        channels=[
            (key, label, key in given.getlist("channels") if given else key in ("POST", "EMAIL"))
            for key, label in CHANNELS
        ],
        crumb={"link": reverse("admin:promotions"), "title": "Promotions"},
    )


CHANNELS = (("POST", "Posts"), *SendChannel.choices)
MOMENTS = ("startsAt", "entriesCloseAt")
HANDICAPS = ("handicapMin", "handicapMax")
WORDS = ("name", "clubName", "format", "url")


def _on_clock(wall: datetime, zone: ZoneInfo) -> str:
    return instant(wall, zone).astimezone(zone).isoformat()


def _facts(request: StaffRequest, currency: str) -> dict[str, Any]:
    """The event as the form has it, by the payload's names; raises InvalidError. `currency`: of its price."""
    given, zone = request.POST, club_of(request).zone
    facts: dict[str, Any] = {name: given.get(name, "").strip() for name in WORDS}
    for name in MOMENTS:
        text = given.get(name, "")
        try:
            facts[name] = _on_clock(datetime.fromisoformat(text[:16]), zone) if text else ""
        except ValueError as error:
            raise InvalidError("This is no time.", field=name) from error
    places, fee = given.get("maxEntries", "").strip(), given.get("fee", "").strip()
    if places and not (places.isascii() and places.isdecimal() and 0 < int(places) < 100_000):  # noqa: PLR2004 - a field
        raise InvalidError("Write the places as a number.", field="maxEntries")
    facts["maxEntries"] = int(places) if places else ""
    facts |= {name: _handicap(given.get(name, ""), name) for name in HANDICAPS}
    facts["gender"] = given.get("gender", "").strip()[:40]
    try:
        facts["entryFeeCents"] = smallest_units(fee, currency) if fee else ""
    except NoAmount as error:
        raise InvalidError(str(error), field="fee") from error
    return {name: value for name, value in facts.items() if value != ""}


def _handicap(text: str, name: str) -> float | str:
    """A handicap of the form; a plus handicap is negative. Raises InvalidError."""
    try:
        value = float(text.strip().replace(",", ".")) if text.strip() else None
    except ValueError:
        raise InvalidError("Write the handicap as a number, as in 18 or -2.", field=name) from None
    if value is not None and not -10 <= value <= 54:  # noqa: PLR2004 - the World Handicap System's own bounds
        raise InvalidError("Handicaps go from -10 to 54.", field=name)
    if value is not None and value != round(value, 1):
        raise InvalidError("Handicaps have one decimal, as in 18.4.", field=name)
    return "" if value is None else value


def genders(club: Tenant, chosen: Any) -> list[tuple[str, bool]]:
    """Values in use, and the one that is chosen."""
    found = dict.fromkeys([*suggestions(SEGMENT_FIELDS["gender"], club), *filter(None, [chosen])])
    return [(one, one == chosen) for one in found]


def days_of(request: StaffRequest) -> list[int]:
    """Whole days, as the form lists them."""
    parts = request.POST.get("days", "").split(",")
    return [int(part) for part in parts if part.strip().isascii() and part.strip().isdecimal()]


def _form_of(row: Promotion) -> dict[str, Any]:
    """The event's facts as the form shows them."""
    facts, zone = row.facts, row.tenant.zone
    values = {name: facts.get(name) or "" for name in (*WORDS, "maxEntries")}
    for name in MOMENTS:
        moment = moment_of(facts.get(name))
        values[name] = moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if moment else ""
    values |= {name: "" if facts.get(name) is None else facts[name] for name in (*HANDICAPS, "gender")}
    cents = facts.get("entryFeeCents")
    values["fee"] = as_typed(cents, _currency(row)) if isinstance(cents, int) else ""
    return values


def _currency(row: Promotion) -> str:
    return str(row.facts.get("currency") or row.tenant.currency)


def _follow(row: Promotion) -> None:
    if row.pending:
        apply_change(row)


ACTS: Final[dict[str, Callable[[StaffRequest, Promotion], object]]] = {
    "approve": lambda request, row: actions.approve_promotion(row.pk),
    "pause": lambda request, row: actions.pause_promotion(row.pk),
    "cancel": lambda request, row: actions.cancel_promotion(row.pk),
    "apply": lambda request, row: _follow(row),
    "event": lambda request, row: staff_events.change_event(row.pk, _facts(request, _currency(row))),
    "call_off": lambda request, row: staff_events.call_off(row.pk),
    "plan": lambda request, row: actions.update_promotion(row.pk, _changed_plan(request)),
    "part": _change_part,
    "leave_out": lambda request, row: parts.leave_out(row.pk, touch_id(request)),
    "put_back": lambda request, row: parts.put_back(row.pk, touch_id(request)),
}
