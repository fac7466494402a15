"""Pages for readers of mails, who have no login: unsubscribe with one click or by hand, choose, open, click."""

from hashlib import sha256
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from messaging.models import Delivery
from messaging.telling import event, tell
from messaging.tracking import Token, is_machine, read
from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.scope import tenant_scope

PIXEL: Final = bytes.fromhex(
    "47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b"
)
CHANNELS: Final = (
    ("emailOptIn", "email_opt_in", "E-mail"),
    ("smsOptIn", "sms_opt_in", "SMS"),
    ("whatsappOptIn", "whatsapp_opt_in", "WhatsApp"),
)


def _found(token: Token | None) -> tuple[Delivery, CustomerProfile, Tenant] | None:
    """The row, its person and club; in that club's scope. None: forged, or somebody who was erased."""
    if token is None:
        return None
    row = Delivery.objects.filter(pk=token.delivery_id).first()
    profile = (
        CustomerProfile.objects.filter(pk=row.profile_id).exclude(status="DELETED").first() if row else None
    )
    return (row, profile, Tenant.objects.get(pk=token.tenant_id)) if row and profile else None


# RFC 8058: the mail program posts without a page and without a cookie; the signed address is the proof. Whatever only
# fetches the address (a scanner) sees the page and unsubscribes nobody.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A page with one's choices; a POST unsubscribes from mails, or keeps the choices that were made on the page."""
    read_token = read(token)
    if read_token is None:
        return render(request, "messaging/choices.html", {"is_gone": True}, status=404)
    with tenant_scope(read_token.tenant_id):
        found = _found(read_token)
        if found is None:
            return render(request, "messaging/choices.html", {"is_gone": True}, status=404)
        row, profile, tenant = found
        if request.method == "POST":
            flags = _chosen(request, profile)
            # Each decision is an event of its own: who came back and leaves again by the same mail is heard again.
            mark = f"-{timezone.now().timestamp():.6f}"
            if flags is None:
                tell(tenant.pk, [event(row, profile, "message.unsubscribed", mark=mark, channel="EMAIL")])
                flags = {"emailOptIn": False}
            elif flags:
                tell(tenant.pk, [event(row, profile, "contactPreference.updated", mark=mark, **flags)])
            return _page(request, profile, tenant, flags, is_kept=True)
        return _page(request, profile, tenant, {})


def _chosen(request: HttpRequest, profile: CustomerProfile) -> dict[str, Any] | None:
    """The flags that the form on the page narrows or widens; None where it is the one click."""
    if "choices" not in request.POST:
        return None
    wanted = {name: name in request.POST for name, _, _ in CHANNELS}
    return {name: wanted[name] for name, column, _ in CHANNELS if wanted[name] != getattr(profile, column)}


def _page(
    request: HttpRequest,
    profile: CustomerProfile,
    tenant: Tenant,
    flags: dict[str, Any],
    *,
    is_kept: bool = False,
) -> HttpResponse:
    channels = [(name, label, flags.get(name, getattr(profile, column))) for name, column, label in CHANNELS]
    context = {"club": tenant, "channels": channels, "is_kept": is_kept}
    answer = render(request, "messaging/choices.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _seen(request: HttpRequest, token: Token, kind: str, **payload: Any) -> None:
    with tenant_scope(token.tenant_id):
        found = _found(token)
        if found is None:
            return
        row, profile, tenant = found
        agent = request.headers.get("User-Agent", "")[:200]
        age = (timezone.now() - (row.handed_over_at or row.planned_at)).total_seconds()
        # Who asks for the head only wants to know whether the link is good.
        machine = request.method == "HEAD" or is_machine(agent, seconds_since_sent=age)
        # The first time, by a person and by a machine, and of each link.
        link = f"-{sha256(token.url.encode()).hexdigest()[:12]}" if token.url else ""
        mark = f"-{'m' if machine else 'h'}{link}"
        told = event(row, profile, kind, mark=mark, userAgent=agent, isMachine=machine, **payload)
        tell(tenant.pk, [told])


@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """The picture of a mail; tells that it was opened, by whom or by what."""
    read_token = read(token)
    if read_token is not None:
        _seen(request, read_token, "email.opened", openedAt=timezone.now().isoformat())
    return HttpResponse(PIXEL, content_type="image/gif", headers={"Cache-Control": "no-store"})


@require_safe
def clicked(request: HttpRequest, token: str) -> HttpResponse:
    """On to where a link of a mail leads; only to addresses that we signed."""
    read_token = read(token)
    if read_token is None or not read_token.url:
        return render(request, "messaging/choices.html", {"is_gone": True}, status=404)
    _seen(request, read_token, "email.clicked", url=read_token.url, clickedAt=timezone.now().isoformat())
    return HttpResponseRedirect(read_token.url)
