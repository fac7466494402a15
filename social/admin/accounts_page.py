"""Accounts: their health, the way through a network's consent page, disconnecting."""

from typing import Final

from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from social import club_apps, connecting
from social.errors import ConnectionNotFound
from social.health import health_of
from social.library.serving import public_url
from social.models import Connection, ConnectionStatus, Network
from social.networks.addresses import instagram_app, is_sandbox
from social.sandbox_address import sandbox_url
from tenants.admin.base import messages, request_may
from tenants.admin.pages import page, show, uuid_or_none
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.roles import Right

FEEDS: Final = {Network.FACEBOOK: "facebook", Network.INSTAGRAM: "instagram", Network.TWITTER: "x"}


@page("social/accounts/", name="social_accounts", right=Right.VIEW_PROFILES)
def social_accounts(request: StaffRequest) -> HttpResponse:
    """Every account and whether it works."""
    rows = [(row, health_of(row), _feed(row)) for row in connecting.connections()]
    connected = {row.network for row, _, _ in rows if row.status != ConnectionStatus.DISCONNECTED}
    return show(
        request,
        "social/accounts.html",
        "Social accounts",
        rows=rows,
        networks=[(Network.FACEBOOK, "Facebook and Instagram"), (Network.TWITTER, "X")],
        connected=connected,
        has_instagram_app=bool(instagram_app().client_id),
        may_connect=request_may(request, Right.ADMINISTER),
        may_write=request_may(request, Right.EDIT)
        and any(row.status == ConnectionStatus.ACTIVE for row, _, _ in rows),
        is_sandbox=is_sandbox(),
        apps=club_apps.own_apps(),
    )


def _feed(row: Connection) -> str:
    """Where the demo's stand-in shows what the account published; "" on real networks."""
    return f"{sandbox_url()}/feeds/{FEEDS[Network(row.network)]}/{row.account_id}" if is_sandbox() else ""


@page("social/accounts/connect/<str:network>/", name="social_connect", right=Right.ADMINISTER)
def social_connect(request: StaffRequest, network: str) -> HttpResponse:
    """On to the network's own page, which asks the person."""
    if network not in Network.values:
        raise Http404
    try:
        begun = connecting.begin(
            network=network,
            redirect_uri=_back_to(),
            session=_session(request),
            login=request.GET.get("login", ""),
        )
    except InvalidError as refusal:
        raise Http404 from refusal
    return HttpResponseRedirect(begun.url)


@page("social/accounts/connected/", name="social_connected", right=Right.ADMINISTER)
def social_connected(request: StaffRequest) -> HttpResponse:
    """Back from the network: what was connected, and what was not, with the reason."""
    asked = request.GET
    try:
        done = connecting.finish(
            state=asked.get("state", ""),
            code=asked.get("code", ""),
            error=asked.get("error", ""),
            session=_session(request),
        )
    except DomainError as refusal:
        return show(request, "social/refused.html", "Not connected", status=422, refusal=refusal)
    names = ", ".join(str(row) for row in done.connections)
    messages.success(request, f"Connected: {names}.")
    for remark in done.remarks:
        messages.warning(request, remark)
    return HttpResponseRedirect(reverse("admin:social_accounts"))


@page("social/accounts/<uuid:connection_id>/act/", name="social_account_act", right=Right.ADMINISTER)
def social_account_act(request: StaffRequest, connection_id: object) -> HttpResponse:
    """Check an account, or disconnect it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    key = uuid_or_none(str(connection_id))
    try:
        if key is None:
            raise ConnectionNotFound
        if request.POST.get("act") == "disconnect":
            row = connecting.disconnect(key)
            messages.success(request, f"{row.account_name} is disconnected; its tokens are gone.")
        else:
            row = connecting.check_health(key)
            messages.info(request, f"{row.account_name}: {health_of(row).words}")
    except ConnectionNotFound as missing:
        raise Http404 from missing
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return HttpResponseRedirect(reverse("admin:social_accounts"))


@page("social/apps/", name="social_apps", right=Right.ADMINISTER)
def social_apps(request: StaffRequest) -> HttpResponse:
    """Set or forget the club's own app at a network; its secret is never shown."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    given = request.POST
    try:
        if given.get("act") == "forget":
            club_apps.forget_own_app(given.get("family", ""))
            messages.success(request, "The platform’s app is used again. Connect the accounts again.")
        else:
            club_apps.set_own_app(
                given.get("family", ""), client_id=given.get("client_id", ""), secret=given.get("secret", "")
            )
            messages.success(request, "The club’s own app is used now. Connect the accounts again.")
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return HttpResponseRedirect(reverse("admin:social_accounts"))


def _back_to() -> str:
    return public_url() + reverse("admin:social_connected")


def _session(request: StaffRequest) -> str:
    """The browser's session, as a consent is bound to it."""
    return f"user:{request.user.pk}:{request.session.session_key}"
