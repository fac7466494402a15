"""Webhooks in the back office: endpoints with their health, the delivery log, one delivery in full."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from events.admin.inbox_page import before_of
from events.admin.webhook_forms import WebhookForm, type_words, words_of
from events.models import ENDED_STATUSES, DeliveryStatus, WebhookDelivery, WebhookEndpoint
from events.webhooks.addresses import warnings_of
from events.webhooks.deliveries import attempts_of, deliveries_of, get_delivery
from events.webhooks.endpoints import (
    MOST_ENDPOINTS,
    create_endpoint,
    endpoints,
    get_endpoint,
    secret_of,
    update_endpoint,
)
from events.webhooks.errors import DeliveryNotFound, EndpointNotFound, TooManyEndpoints
from events.webhooks.health import HOURS, Health, health_of
from events.webhooks.rendering import envelopes_of
from tenants.admin.base import messages
from tenants.admin.pages import page, show
from tenants.errors import InvalidError
from tenants.middleware import StaffRequest
from tenants.numbers import BIGGEST
from tenants.roles import Right

PAGE: Final = 50
BAR_HEIGHT: Final = 26
BAR_STEP: Final = 7
TONES: Final = {"PENDING": "info", "DELIVERED": "good", "FAILED": "bad", "DROPPED": "warn"}
# How far back a replay of all failures may go; empty: as far as the log does.
SINCE: Final = {
    "1": "the last hour",
    "24": "the last day",
    "72": "the last three days",
    "": "all that is kept",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour of the drawing: what arrived at the bottom, what failed on top."""

    x: int
    good_y: float
    good_height: float
    bad_y: float
    bad_height: float
    label: str


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint with its colour, its word and its health."""

    endpoint: WebhookEndpoint
    tone: str
    word: str
    filters: str
    health: Health
    bars: list[Bar]
    succeeded: int
    failed: int


@page("webhooks/", name="webhooks", right=Right.ADMINISTER)
def webhooks(request: StaffRequest) -> HttpResponse:
    """Every endpoint and how it fares."""
    rows = list(endpoints())
    health = health_of([row.pk for row in rows])
    return show(
        request,
        "crm/webhooks/list.html",
        "Webhooks",
        rows=[row_of(row, health[row.pk]) for row in rows],
        most=MOST_ENDPOINTS,
    )


@page("webhooks/new/", name="webhook_new", right=Right.ADMINISTER)
def webhook_new(request: StaffRequest) -> HttpResponse:
    """The form; after it the page on which the secret is shown."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint = create_endpoint(**form.cleaned_data)
        except InvalidError as refusal:
            form.add_refusal(refusal)
        except TooManyEndpoints as refusal:
            form.add_error(None, refusal.message)
        else:
            _warn(request, endpoint)
            return show_secret_page(request, endpoint, secret_of(endpoint), "Endpoint made")
    return show(
        request, "crm/webhooks/form.html", "New endpoint", status=_status(form), form=form, crumb=_crumb()
    )


@page("webhooks/<uuid:endpoint_id>/edit/", name="webhook_edit", right=Right.ADMINISTER)
def webhook_edit(request: StaffRequest, endpoint_id: UUID) -> HttpResponse:
    """The form of an endpoint that is there."""
    endpoint = endpoint_or_404(endpoint_id)
    form = WebhookForm(request.POST or None, endpoint=endpoint)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint = update_endpoint(endpoint.pk, **form.cleaned_data)
        except InvalidError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, "Saved.")
            _warn(request, endpoint)
            return HttpResponseRedirect(reverse("admin:webhook", args=[endpoint.pk]))
    return show(
        request,
        "crm/webhooks/form.html",
        "Edit endpoint",
        status=_status(form),
        form=form,
        endpoint=endpoint,
        crumb=_crumb(),
    )


@page("webhooks/<uuid:endpoint_id>/", name="webhook", right=Right.ADMINISTER)
def webhook(request: StaffRequest, endpoint_id: UUID) -> HttpResponse:
    """One endpoint and its delivery log, newest first."""
    endpoint = endpoint_or_404(endpoint_id)
    chosen = request.GET.get("status", "")
    chosen = chosen if chosen in DeliveryStatus.values else ""
    before = before_of(request.GET)
    found = deliveries_of(endpoint.pk, chosen or None)
    rows = list((found if before is None else found.filter(pk__lt=before))[: PAGE + 1])
    more = urlencode({"status": chosen, "before": rows[PAGE - 1].pk}) if len(rows) > PAGE else ""
    return show(
        request,
        "crm/webhooks/endpoint.html",
        str(endpoint),
        row=row_of(endpoint, health_of([endpoint.pk])[endpoint.pk]),
        rows=[(one, TONES[one.status], words_of(one.event_type)) for one in rows[:PAGE]],
        more=more,
        chosen=chosen,
        statuses=DeliveryStatus.choices,
        since=SINCE.items(),
        is_continued=before is not None,
        crumb=_crumb(),
    )


@page(
    "webhooks/<uuid:endpoint_id>/deliveries/<int:delivery_id>/",
    name="webhook_delivery",
    right=Right.ADMINISTER,
)
def webhook_delivery(request: StaffRequest, endpoint_id: UUID, delivery_id: int) -> HttpResponse:
    """One delivery: every attempt with its answer, and what would be sent now."""
    endpoint = endpoint_or_404(endpoint_id)
    delivery = delivery_or_404(endpoint_id, delivery_id)
    return show(
        request,
        "crm/webhooks/delivery.html",
        "Delivery",
        endpoint=endpoint,
        delivery=delivery,
        tone=TONES[delivery.status],
        words=words_of(delivery.event_type),
        attempts=attempts_of([delivery.pk])[delivery.pk],
        envelope=envelopes_of([delivery])[delivery.pk],
        may_replay=delivery.status in ENDED_STATUSES and delivery.log_id is not None and endpoint.is_enabled,
        crumb={"link": reverse("admin:webhook", args=[endpoint.pk]), "title": str(endpoint)},
    )


def show_secret_page(
    request: StaffRequest, endpoint: WebhookEndpoint, secret: str, title: str
) -> HttpResponse:
    """The secret in plain; nothing may keep a copy of the page."""
    response = show(
        request, "crm/webhooks/secret.html", title, endpoint=endpoint, secret=secret, crumb=_crumb()
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def endpoint_or_404(endpoint_id: UUID) -> WebhookEndpoint:
    """An endpoint of the open scope."""
    try:
        return get_endpoint(endpoint_id)
    except EndpointNotFound as error:
        raise Http404(error.message) from error


def delivery_or_404(endpoint_id: UUID, delivery_id: int) -> WebhookDelivery:
    """A delivery of an endpoint of the open scope."""
    try:
        return get_delivery(endpoint_id, min(delivery_id, BIGGEST))
    except DeliveryNotFound as error:
        raise Http404(error.message) from error


def row_of(endpoint: WebhookEndpoint, health: Health) -> EndpointRow:
    """An endpoint as the pages show it."""
    tone, word = _state(endpoint)
    return EndpointRow(
        endpoint=endpoint,
        tone=tone,
        word=word,
        filters=type_words(endpoint.event_types),
        health=health,
        bars=draw(health),
        succeeded=sum(health.succeeded),
        failed=sum(health.failed),
    )


def _state(endpoint: WebhookEndpoint) -> tuple[str, str]:
    if not endpoint.is_enabled:
        return ("bad" if endpoint.disabled_reason in ("FAILING", "GONE") else "warn"), "Disabled"
    return ("warn", "Failing") if endpoint.failing_since else ("good", "Enabled")


def draw(health: Health) -> list[Bar]:
    """A bar for each hour, against the fullest of them."""
    most = max(map(sum, zip(health.succeeded, health.failed, strict=True))) or 1
    bars = []
    for hour, (good, bad) in enumerate(zip(health.succeeded, health.failed, strict=True)):
        good_height, bad_height = (round(count / most * BAR_HEIGHT, 1) for count in (good, bad))
        ago = HOURS - 1 - hour
        label = f"{'The last hour' if ago == 0 else f'{ago} h ago'}: {good} arrived, {bad} failed"
        good_y = BAR_HEIGHT - good_height
        bars.append(Bar(hour * BAR_STEP, good_y, good_height, good_y - bad_height, bad_height, label))
    return bars


def _warn(request: StaffRequest, endpoint: WebhookEndpoint) -> None:
    for warning in warnings_of(endpoint.url):
        messages.warning(request, warning)


def _crumb() -> dict[str, str]:
    return {"link": reverse("admin:webhooks"), "title": "Webhooks"}


def _status(form: Any) -> int:
    return 422 if form.errors else 200
