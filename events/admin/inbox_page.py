"""The inbox: every accepted event and what became of it. Pages go by id, so that nothing is ever counted."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from events.admin.explanations import explain, tone
from events.catalogue.registry import EVENT_TYPES, canonical
from events.models import Door, InboxEvent, InboxStatus
from tenants.admin import formatting
from tenants.admin.pages import page, show
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

PAGE: Final = 50
WAITING: Final = "It waits its turn; this page shows by itself what becomes of it."
LIST_COLUMNS: Final = (
    "id",
    "tenant_id",
    "source",
    "event_id",
    "type",
    "occurred_at",
    "received_at",
    "door",
    "status",
    "attempts",
    "error_code",
    "error_field",
    "error_message",
    "profile_id",
    "remarks",
)
TYPES: Final = sorted(event_type.name for event_type in EVENT_TYPES)


@dataclass(frozen=True, slots=True)
class InboxChoice:
    """The filters of the list; empty means everything."""

    status: str = ""
    type: str = ""
    source: str = ""
    door: str = ""
    event_id: str = ""

    @property
    def filters(self) -> dict[str, str]:
        """The set filters by their parameter."""
        pairs = {
            "status": self.status,
            "type": self.type,
            "source": self.source,
            "door": self.door,
            "event_id": self.event_id,
        }
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True, slots=True)
class InboxRow:
    """An event with its colour, and why it is dead or what was left aside."""

    event: InboxEvent
    tone: str
    summary: str
    reason: str


def choice_from(query: QueryDict) -> InboxChoice:
    """The filters of a query string; values that do not exist filter nothing."""
    status, source, door = query.get("status", ""), query.get("source", ""), query.get("door", "")
    return InboxChoice(
        status=status if status in InboxStatus.values else "",
        type=query.get("type", "").replace("\x00", "").strip()[:100],
        source=source if source in formatting.SOURCES else "",
        door=door if door in Door.values else "",
        event_id=query.get("event_id", "").replace("\x00", "").strip()[:200],
    )


def matching(choice: InboxChoice) -> QuerySet[InboxEvent]:
    """The events of the open scope that fit, newest arrival first."""
    conditions = Q()
    if choice.status:
        conditions &= Q(status=choice.status)
    if choice.type:
        known = canonical(choice.type)
        conditions &= Q(type=known.name if known else choice.type)
    if choice.door:
        conditions &= Q(door=choice.door)
    if choice.event_id:
        # All sources by name: the unique key (tenant, source, event id) then finds it without a scan.
        conditions &= Q(
            source__in=[choice.source] if choice.source else list(formatting.SOURCES),
            event_id=choice.event_id,
        )
    elif choice.source:
        conditions &= Q(source=choice.source)
    rows: QuerySet[InboxEvent] = InboxEvent.objects.filter(conditions).order_by("-id")
    return rows


def rows_after(choice: InboxChoice, before_id: int | None, *, take: int = PAGE) -> tuple[list[InboxRow], str]:
    """A page of rows and the query string of the next one (empty: none). One query."""
    events = matching(choice).only(*LIST_COLUMNS)
    if before_id is not None:
        events = events.filter(id__lt=before_id)
    found = list(events[: take + 1])
    more = urlencode({**choice.filters, "before": found[take - 1].pk}) if len(found) > take else ""
    return [row_of(event) for event in found[:take]], more


def row_of(event: InboxEvent) -> InboxRow:
    """An event as the lists show it."""
    known = canonical(event.type)
    left_aside = " ".join(remark["text"] for remark in event.remarks or ())
    reason = explain(event.error_code).reason if event.error_code else left_aside
    return InboxRow(event, tone(event.status), known.summary if known else "Unknown kind of event", reason)


def before_of(query: QueryDict) -> int | None:
    """The id that the page starts below."""
    return whole_number(query.get("before", ""))


@page("operations/inbox/", name="operations_inbox", right=Right.ADMINISTER)
def inbox(request: StaffRequest) -> HttpResponse:
    """The list."""
    choice = choice_from(request.GET)
    rows, more = rows_after(choice, before_of(request.GET))
    options = {
        "statuses": InboxStatus.choices,
        "types": TYPES,
        "sources": list(formatting.SOURCES.items()),
        "doors": Door.choices,
    }
    continued = "before" in request.GET
    context: dict[str, Any] = {
        "choice": choice,
        "rows": rows,
        "more": more,
        "is_continued": continued,
        **options,
    }
    return show(request, "crm/operations/inbox.html", "Events received", **context)


@page("operations/inbox/<int:row_id>/", name="operations_event", right=Right.ADMINISTER)
def inbox_event(request: StaffRequest, row_id: int) -> HttpResponse:
    """One event: envelope, timing, reason, what it led to; with `?waits` only whether it still waits its turn."""
    event = event_or_404(row_id)
    if "waits" in request.GET:
        if event.status == InboxStatus.PENDING:
            return HttpResponse(WAITING)
        return HttpResponseRedirect(reverse("admin:operations_event", args=[row_id]))
    return show(request, "crm/operations/event.html", "Event", **event_context(event))


def event_or_404(row_id: int) -> InboxEvent:
    """An event of the open scope."""
    event: InboxEvent | None = InboxEvent.objects.filter(pk=row_id).first() if row_id < 2**63 else None
    if event is None:
        raise Http404("There is no such event in this club.")
    return event


def event_context(event: InboxEvent) -> dict[str, Any]:
    """What the page of one event shows."""
    took: timedelta | None = event.processed_at - event.received_at if event.processed_at else None
    return {
        "event": event,
        "row": row_of(event),
        "meanwhile": WAITING,
        "explanation": explain(event.error_code) if event.error_code else None,
        "took": round(took.total_seconds(), 1) if took else None,
        "is_dead": event.status == InboxStatus.DEAD,
        "is_open": event.status in (InboxStatus.DEAD, InboxStatus.FAILED),
        "crumb": {"link": reverse("admin:operations_inbox"), "title": "Events received"},
    }
