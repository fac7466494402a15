"""Dead letters of both kinds: accepted events that could not be applied, and jobs of the queue that are no events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.urls import reverse

from events.admin.explanations import EXPLANATIONS, explain
from events.admin.inbox_page import LIST_COLUMNS, TYPES, before_of, row_of
from events.models import DeadLetter, ErrorCode, InboxStatus
from events.replay import Selection
from tenants.admin.pages import page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right
from tenants.scope import all_tenants

PAGE: Final = 50
CRUMB: Final = "Events that failed"


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A refused job with its reason in words; `is_ours` is False for one that names no known club."""

    letter: DeadLetter
    reason: str
    is_ours: bool


@page("operations/dead-letters/", name="operations_dead_letters", right=Right.ADMINISTER)
def dead_events(request: StaffRequest) -> HttpResponse:
    """Accepted events that ended dead."""
    selection = selection_from(request.GET)
    before = before_of(request.GET)
    events = selection.rows().only(*LIST_COLUMNS).order_by("-id")
    found = list((events.filter(id__lt=before) if before is not None else events)[: PAGE + 1])
    filters = filters_of(selection)
    return show(
        request,
        "crm/operations/dead_events.html",
        CRUMB,
        tab="events",
        filters=filters,
        rows=[row_of(event) for event in found[:PAGE]],
        more=urlencode({**filters, "before": found[PAGE - 1].pk}) if len(found) > PAGE else "",
        is_continued="before" in request.GET,
        codes=[code for code in ErrorCode.choices if code[0] in EXPLANATIONS],
        types=TYPES,
    )


def selection_from(query: QueryDict, ids: Sequence[int] = ()) -> Selection:
    """Dead events by reason and type, as the page filters them; and some of them by id."""
    code = query.get("code", "")
    wanted = query.get("type", "").replace("\x00", "").strip()[:100]
    return Selection(
        statuses=(InboxStatus.DEAD,),
        ids=ids,
        type=wanted or None,
        code=code if code in ErrorCode.values and code else None,
    )


def filters_of(selection: Selection) -> dict[str, str]:
    """The set filters by their parameter."""
    return {name: value for name, value in (("code", selection.code), ("type", selection.type)) if value}


@page("operations/dead-letters/jobs/", name="operations_letters", right=Right.ADMINISTER)
def letters(request: StaffRequest) -> HttpResponse:
    """Jobs that are no events; operators also see those that name no known club."""
    handled = request.GET.get("handled") == "1"
    rows, more = _letter_rows(request, handled=handled)
    return show(
        request,
        "crm/operations/letters.html",
        CRUMB,
        tab="jobs",
        rows=rows,
        more=more,
        handled=handled,
        is_continued="before" in request.GET,
    )


def _letter_rows(request: StaffRequest, *, handled: bool) -> tuple[list[LetterRow], str]:
    """A page of this club's letters, with those of no club for an operator; one query, or two."""
    before = before_of(request.GET)

    def newest(rows: QuerySet[DeadLetter]) -> list[DeadLetter]:
        rows = rows.filter(handled_at__isnull=not handled).order_by("-id")
        return list((rows.filter(id__lt=before) if before is not None else rows)[: PAGE + 1])

    found = newest(DeadLetter.objects.all())
    if request.user.is_superuser:
        # Letters of no club are outside every club's scope.
        with all_tenants():
            found += newest(DeadLetter.objects.filter(tenant=None))
    found = sorted(found, key=lambda letter: -letter.pk)
    rows = [
        LetterRow(letter, explain(letter.code).reason, letter.tenant_id is not None)
        for letter in found[:PAGE]
    ]
    query: dict[str, Any] = {"handled": "1"} if handled else {}
    more = urlencode({**query, "before": found[PAGE - 1].pk}) if len(found) > PAGE else ""
    return rows, more


def crumb() -> dict[str, str]:
    """The way back to the list of jobs."""
    return {"link": reverse("admin:operations_letters"), "title": CRUMB}
