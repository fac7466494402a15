"""Where each network is, which version is spoken, and who we are there."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings

from social.models import ClubApp
from social.sandbox_address import sandbox_url
from tenants.encryption import decrypt_for
from tenants.sandboxes import is_sandbox as is_sandbox_club

_known: ContextVar[dict[str, "App | None"] | None] = ContextVar("known_apps", default=None)
SANDBOX: Final = "SANDBOX"
# Of the stand-in, known to everybody.
SANDBOX_META: Final = ("1200000000000001", "sandbox-meta-secret")
SANDBOX_INSTAGRAM: Final = ("1300000000000001", "sandbox-instagram-secret")
SANDBOX_X: Final = ("sandbox-x-client", "sandbox-x-secret")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The hosts, without version and without a slash at the end."""

    graph: str
    dialog: str
    upload: str
    instagram_consent: str
    instagram_token: str
    instagram_graph: str
    x_consent: str
    x_api: str


LIVE: Final = Addresses(
    graph="https://graph.facebook.com",
    dialog="https://www.facebook.com",
    upload="https://rupload.facebook.com",
    instagram_consent="https://www.instagram.com/oauth/authorize",
    instagram_token="https://api.instagram.com/oauth/access_token",  # noqa: S106 - an address
    instagram_graph="https://graph.instagram.com",
    x_consent="https://x.com/i/oauth2/authorize",
    x_api="https://api.x.com",
)


@dataclass(frozen=True, slots=True)
class App:
    """Our registration at a network."""

    client_id: str
    secret: str = field(repr=False)


def is_sandbox() -> bool:
    """Whether the stand-in is spoken to: by the setting, and always for a club that is a sandbox."""
    return bool(settings.CRM_SOCIAL_NETWORKS == SANDBOX) or is_sandbox_club()


def addresses() -> Addresses:
    """The networks, or the stand-in."""
    if not is_sandbox():
        return LIVE
    url = sandbox_url()
    return Addresses(
        graph=f"{url}/graph",
        dialog=f"{url}/facebook",
        upload=f"{url}/rupload",
        instagram_consent=f"{url}/instagram/oauth/authorize",
        instagram_token=f"{url}/instagram-api/oauth/access_token",
        instagram_graph=f"{url}/instagram-graph",
        x_consent=f"{url}/x/i/oauth2/authorize",
        x_api=f"{url}/x-api",
    )


def graph_url(path: str) -> str:
    """An address of the Graph, with its version."""
    return f"{addresses().graph}/{settings.CRM_META_VERSION}/{path}"


def instagram_url(path: str) -> str:
    """An address of Instagram's own Graph, with its version."""
    return f"{addresses().instagram_graph}/{settings.CRM_META_VERSION}/{path}"


def own_app(family: str) -> App | None:
    """The registration of the open club itself, where it has one. Raises DecryptionError."""
    known = _known.get()
    if known is not None and family in known:
        return known[family]
    row: ClubApp | None = ClubApp.objects.filter(family=family).first()
    found = None if row is None else App(row.client_id, decrypt_for(app_context(row), row.secret_sealed))
    if known is not None:
        known[family] = found
    return found


@contextmanager
def remembered_apps() -> Iterator[None]:
    """Ask for the club's own apps once, for as long as one post of it is worked on."""
    before = _known.set({})
    try:
        yield
    finally:
        _known.reset(before)


def app_context(row: ClubApp) -> str:
    """What a club's secret is bound to."""
    return f"social:{row.tenant_id}:{row.pk}:app"


def meta_app() -> App:
    """The club's own app at Meta, or the platform's."""
    own = own_app("META")
    if own is not None:
        return own
    if is_sandbox():
        return App(*SANDBOX_META)
    return App(settings.CRM_META_APP_ID, settings.CRM_META_APP_SECRET)


def instagram_app() -> App:
    """The club's own app for Instagram Login, or the platform's."""
    own = own_app("INSTAGRAM")
    if own is not None:
        return own
    if is_sandbox():
        return App(*SANDBOX_INSTAGRAM)
    return App(settings.CRM_INSTAGRAM_APP_ID, settings.CRM_INSTAGRAM_APP_SECRET)


def x_app() -> App:
    """The club's own app at X, or the platform's."""
    own = own_app("X")
    if own is not None:
        return own
    return App(*SANDBOX_X) if is_sandbox() else App(settings.CRM_X_CLIENT_ID, settings.CRM_X_CLIENT_SECRET)
