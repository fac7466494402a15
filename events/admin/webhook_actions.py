"""What an admin does with a webhook endpoint: test, replay, secrets, switching off and on, deleting."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from events.admin.webhooks_page import SINCE, endpoint_or_404, show_secret_page
from events.models import WebhookEndpoint
from events.webhooks.deliveries import replay_delivery, replay_failed, send_test
from events.webhooks.endpoints import (
    delete_endpoint,
    rotate_secret,
    secret_of,
    show_secret,
    update_endpoint,
)
from tenants.admin import formatting
from tenants.admin.base import messages
from tenants.admin.pages import page, show
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

Act = Callable[[StaffRequest, WebhookEndpoint], HttpResponse | None]
# What is asked once more, and why.
CONFIRMED: Final = {
    "rotate": (
        "Exchange the secret?",
        "Requests will be signed with a new secret, and for 24 hours with the present one as well. "
        "The receiver must know the new one by then.",
        "Exchange",
    ),
    "delete": (
        "Delete this endpoint?",
        "Nothing is sent to it any more, not even what waits, and its delivery log goes with it.",
        "Delete",
    ),
}


@page("webhooks/<uuid:endpoint_id>/act/", name="webhook_act", right=Right.ADMINISTER)
@require_POST
def webhook_act(request: StaffRequest, endpoint_id: UUID) -> HttpResponse:
    """Do what the form field `act` says, and go back to the endpoint where the act shows no page of its own."""
    endpoint = endpoint_or_404(endpoint_id)
    name = request.POST.get("act", "")
    if name in CONFIRMED and "confirmed" not in request.POST:
        return _ask(request, endpoint, name)
    try:
        answer = ACTS[name](request, endpoint) if name in ACTS else None
    except DomainError as error:
        messages.warning(request, error.message)
        answer = None
    return answer or HttpResponseRedirect(_address(endpoint))


def _ask(request: HttpRequest, endpoint: WebhookEndpoint, name: str) -> HttpResponse:
    question, consequence, button = CONFIRMED[name]
    return show(
        request,
        "crm/operations/confirm.html",
        str(endpoint),
        question=question,
        consequence=consequence,
        button=button,
        is_final=name == "delete",
        hidden=[("act", name)],
        action=reverse("admin:webhook_act", args=[endpoint.pk]),
        back=_address(endpoint),
    )


def _test(request: StaffRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    delivery, attempt = send_test(endpoint.pk)
    if attempt.succeeded:
        messages.success(
            request, f"The test arrived: answered {attempt.status_code} in {attempt.duration_ms} ms."
        )
    else:
        messages.error(request, f"The test did not arrive. {attempt.error}")
    return HttpResponseRedirect(reverse("admin:webhook_delivery", args=[endpoint.pk, delivery.pk]))


def _enable(request: StaffRequest, endpoint: WebhookEndpoint) -> None:
    update_endpoint(endpoint.pk, is_enabled=True)
    messages.success(request, "Enabled. What waits is sent now.")


def _disable(request: StaffRequest, endpoint: WebhookEndpoint) -> None:
    update_endpoint(endpoint.pk, is_enabled=False)
    messages.success(
        request, "Disabled. What waits stays until you enable it again; nothing new is set down."
    )


def _secret(request: StaffRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    return show_secret_page(request, endpoint, show_secret(endpoint), "Secret")


def _rotate(request: StaffRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    rotated = rotate_secret(endpoint.pk)
    return show_secret_page(request, rotated, secret_of(rotated), "New secret")


def _delete(request: StaffRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    delete_endpoint(endpoint.pk)
    messages.success(request, f"{endpoint} is deleted.")
    return HttpResponseRedirect(reverse("admin:webhooks"))


def _replay(request: StaffRequest, endpoint: WebhookEndpoint) -> HttpResponse | None:
    """One delivery, from its own page, or those that were ticked among the failed."""
    read = map(whole_number, request.POST.getlist("ids"))
    chosen = [number for number in read if number is not None]
    if "one" in request.POST and len(chosen) == 1:
        delivery = replay_delivery(endpoint.pk, chosen[0])
        messages.success(request, "It is sent again now, under the same id.")
        return HttpResponseRedirect(reverse("admin:webhook_delivery", args=[endpoint.pk, delivery.pk]))
    _say(request, replay_failed(endpoint.pk, only=chosen))
    return None


def _replay_failed(request: StaffRequest, endpoint: WebhookEndpoint) -> None:
    hours = request.POST.get("since", "")
    since = timezone.now() - timedelta(hours=int(hours)) if hours in SINCE and hours else None
    _say(request, replay_failed(endpoint.pk, since=since))


def _say(request: StaffRequest, count: int) -> None:
    if count:
        sent = formatting.plural(count, "delivery", "deliveries", club=request.tenant)
        messages.success(request, f"{sent} sent again now.")
    else:
        messages.info(request, "Nothing of this has failed.")


def _address(endpoint: WebhookEndpoint) -> str:
    return reverse("admin:webhook", args=[endpoint.pk])


ACTS: Final[Mapping[str, Act]] = {
    "test": _test,
    "enable": _enable,
    "disable": _disable,
    "secret": _secret,
    "rotate": _rotate,
    "delete": _delete,
    "replay": _replay,
    "replay_failed": _replay_failed,
}
