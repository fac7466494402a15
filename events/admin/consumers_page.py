"""Consumers of the domain log: how far behind each is. They serve all clubs, so only operators stop them."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from events.consumers import PeerAway, lags, pause, resume
from events.publishing_again import UnknownReader, publish_again
from tenants.admin.base import messages
from tenants.admin.formatting import plural
from tenants.admin.pages import club_of, page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right


@page("operations/consumers/", name="operations_consumers", right=Right.ADMINISTER)
def consumers(request: StaffRequest) -> HttpResponse:
    """The list, renewed while it is looked at."""
    return show(
        request,
        "crm/operations/consumers.html",
        "Background work",
        lags=lags(),
        readers=settings.CRM_OUTBOUND_READERS,
        queue=settings.CRM_OUTBOUND_QUEUE,
    )


@page("operations/consumers/rows/", name="operations_consumer_rows", right=Right.ADMINISTER)
def consumer_rows(request: StaffRequest) -> HttpResponse:
    """The part that changes."""
    return render(request, "crm/operations/consumer_rows.html", {"lags": lags(), "club": club_of(request)})


@page("operations/consumers/<str:name>/pause/", name="operations_pause_consumer", right=Right.ADMINISTER)
@require_POST
def pause_consumer(request: StaffRequest, name: str) -> HttpResponse:
    """Stop a consumer before its next batch, or let it go on (form field `paused`: 1 or 0).

    Going on also ends the stop after entries that failed one after the other.
    """
    if not request.user.is_superuser:
        raise PermissionDenied(
            "Background work serves all clubs: only operators of the platform may stop it."
        )
    paused = request.POST.get("paused") == "1"
    if not pause(name, paused=paused):
        raise Http404("There is no such work.")
    if not paused:
        resume(name)
    messages.success(request, f"{name} {'is paused' if paused else 'goes on'}.")
    return HttpResponseRedirect(reverse("admin:operations_consumers"))


@page("operations/consumers/again/", name="operations_publish_again", right=Right.ADMINISTER)
@require_POST
def publish_again_page(request: StaffRequest) -> HttpResponse:
    """Publish to the outbound queue again what this club's log holds since a moment (form field `since`).

    `reader`: one of CRM_OUTBOUND_READERS; none is the queue that is always told.
    """
    since = parse_datetime(request.POST.get("since", ""))
    back = HttpResponseRedirect(reverse("admin:operations_consumers"))
    if since is None:
        messages.error(request, "Say since when.")
        return back
    since = since if since.tzinfo else since.replace(tzinfo=club_of(request).zone)
    try:
        count = publish_again(since, reader=request.POST.get("reader", ""))
    except UnknownReader as unknown:
        messages.error(request, str(unknown))
    except PeerAway as away:
        messages.error(request, f"{away}. Try again when that is over: nothing is doubled.")
    else:
        told = plural(count, "event", club=request.tenant)
        messages.success(request, f"{told} published again, under the ids they had.")
    return back
