"""Mail providers behind Django's mail API, by django-anymail: their settings, and what they tell of mails afterwards.

Which one it is stands in the settings (`CRM_MAIL_PROVIDER`). Each mail carries a signed token of its row as metadata,
which the provider sends back with whatever it tells; without that token nothing is believed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from messaging.mail_providers import PROVIDERS
from messaging.models import Delivery
from messaging.telling import event, tell
from messaging.tracking import is_machine, read, sign
from profiles.models import CustomerProfile
from tenants.scope import tenant_scope

MARK: Final = "crm"
LONGEST_AGENT: Final = 200


# Of anymail's normalized kinds; deferred and queued mails are still on their way.
KINDS: Final[Mapping[str, str]] = {
    "delivered": "message.delivered",
    "bounced": "message.bounced",
    "rejected": "message.failed",
    "failed": "message.failed",
    "complained": "email.complained",
    "unsubscribed": "message.unsubscribed",
    "opened": "email.opened",
    "clicked": "email.clicked",
}
DEAD: Final = ("bounced", "invalid")
READ: Final = ("email.opened", "email.clicked")


def metadata_of(delivery_id: int) -> dict[str, str]:
    """What a mail carries so that we know it again."""
    return {MARK: sign(delivery_id)}


# The provider has no session here; the secret in its address and the token of each event are the proof.
@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail_events(request: HttpRequest) -> HttpResponse:
    """What the provider tells of mails becomes Messaging's events; without a provider and a secret there is no door."""
    provider = PROVIDERS.get(settings.CRM_MAIL_PROVIDER)
    if provider is None or not settings.CRM_MAIL_WEBHOOK_SECRET:
        raise Http404("Nobody is expected here.")
    if request.method == "HEAD":
        return HttpResponse()
    view: Any = import_string(f"anymail.webhooks.{provider.module}.{provider.view}")()
    view.setup(request)
    # Raises SuspiciousOperation, which is answered with 400.
    view.run_validators(request)
    take_in(view.parse_events(request))
    return HttpResponse()


def take_in(told: Sequence[Any]) -> int:
    """Put the provider's events into the inbox; returns how many were about mails of ours."""
    taken = 0
    for one in told:
        kind, token = KINDS.get(one.event_type), read(str((one.metadata or {}).get(MARK, "")))
        if kind is None or token is None:
            continue
        with tenant_scope(token.tenant_id):
            row = Delivery.objects.filter(pk=token.delivery_id).first()
            person = (
                row and CustomerProfile.objects.filter(pk=row.profile_id).exclude(status="DELETED").first()
            )
            if row and person:
                tell(token.tenant_id, [_envelope(one, kind, row, person)])
                taken += 1
    return taken


def _envelope(one: Any, kind: str, row: Delivery, person: CustomerProfile) -> dict[str, Any]:
    mark = f"-{one.event_id}" if one.event_id and kind in READ else ""
    payload: dict[str, Any] = {"channel": "EMAIL"}
    more: Callable[[], dict[str, Any]] | None = {
        "message.bounced": lambda: {"bounceType": "hard" if one.reject_reason in DEAD else "soft"},
        "message.failed": lambda: {"reason": one.description or one.reject_reason or "rejected"},
    }.get(kind)
    if more is not None:
        payload |= more()
    if kind in READ:
        payload |= _reading(one, row)
    return event(row, person, kind, mark=mark, **payload)


def _reading(one: Any, row: Delivery) -> dict[str, Any]:
    """Who or what opened or clicked; the provider's own clock says how fast that was."""
    agent = str(one.user_agent or "")[:LONGEST_AGENT]
    sent_at = row.handed_over_at or row.planned_at
    age = (one.timestamp - sent_at).total_seconds() if one.timestamp else float("inf")
    url = {"url": one.click_url} if one.click_url else {}
    return {"userAgent": agent, "isMachine": is_machine(agent, seconds_since_sent=age), **url}
