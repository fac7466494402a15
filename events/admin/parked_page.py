"""Log entries that a consumer could not digest."""

from typing import Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse

from events.admin.inbox_page import before_of
from events.models import ParkedEntry
from tenants.admin.pages import page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right

PAGE: Final = 50


@page("operations/parked/", name="operations_parked", right=Right.ADMINISTER)
def parked(request: StaffRequest) -> HttpResponse:
    """The list, newest first; filtered by status, parked ones unless told otherwise."""
    chosen = request.GET.get("status", ParkedEntry.Status.PARKED.value)
    status = chosen if chosen in ParkedEntry.Status.values else ParkedEntry.Status.PARKED.value
    before = before_of(request.GET)
    rows: QuerySet[ParkedEntry] = ParkedEntry.objects.filter(status=status).order_by("-id")
    found = list((rows.filter(id__lt=before) if before is not None else rows)[: PAGE + 1])
    more = urlencode({"status": status, "before": found[PAGE - 1].pk}) if len(found) > PAGE else ""
    return show(
        request,
        "crm/operations/parked.html",
        "Set aside",
        rows=found[:PAGE],
        more=more,
        chosen=status,
        statuses=ParkedEntry.Status.choices,
        is_continued="before" in request.GET,
    )
