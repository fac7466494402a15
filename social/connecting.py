"""Connecting accounts: the way through a network's consent page and back, and out again."""

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from social.errors import ConnectionNotFound, ConsentInvalid, ConsentRefused, NetworkAway
from social.health import inspect_connection
from social.models import (
    Connection,
    ConnectionStatus,
    Login,
    Network,
    OAuthState,
    Post,
    Target,
    TargetStatus,
)
from social.networks import instagram_login, meta, x
from social.networks.calling import CallFailed
from social.networks.registry import FAMILIES, INSTAGRAM_LOGIN, META
from social.networks.shapes import understanding
from social.publishing.states import settle_posts
from social.tokens import ACCESS, REFRESH, encrypt_token, open_token, store_pair
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.encryption import DecryptionError, decrypt_for, encrypt_for
from tenants.errors import InvalidError
from tenants.scope import current_tenant_id

logger = logging.getLogger(__name__)
DATA_ACCESS: Final = timedelta(days=90)
CONSENT_LIFE: Final = timedelta(minutes=15)
LONGEST_REDIRECT: Final = 2000
PAGE_FIELDS: Final = "id,name,access_token,tasks"
TASKS: Final = frozenset({"CREATE_CONTENT", "MANAGE", "MODERATE", "PROFILE_PLUS_CREATE_CONTENT"})


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the person, and the state that comes back."""

    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Connected:
    """What came of a consent: accounts, and what was left out with the reason for each."""

    connections: tuple[Connection, ...]
    remarks: tuple[str, ...]


def begin(*, network: str, redirect_uri: str, session: str, login: str = "") -> Begun:
    """Begin a consent for the browser's session (or the caller); raises InvalidError.

    `login` INSTAGRAM: by Instagram itself, for an account without a Facebook Page.
    """
    if network not in Network.values:
        raise InvalidError(f"Choose one of {', '.join(Network.values)}.", field="platform")
    if not redirect_uri.startswith(("https://", "http://")) or len(redirect_uri) > LONGEST_REDIRECT:
        raise InvalidError(
            "Write the address to which the network sends the person back.", field="redirectUri"
        )
    if login not in Login.values or (login and network != Network.INSTAGRAM):
        raise InvalidError("Only Instagram has a login of its own: INSTAGRAM.", field="login")
    state, verifier = secrets.token_urlsafe(32), x.new_verifier()
    row = OAuthState(
        tenant_id=current_tenant_id(),
        state_hash=_hash(state),
        session_hash=_hash(session),
        family=INSTAGRAM_LOGIN if login else FAMILIES[network],
        redirect_uri=redirect_uri,
        started_by_name=current_actor().name[:250],
        expires_at=timezone.now() + CONSENT_LIFE,
    )
    if row.family == META:
        row.save()
        return Begun(
            meta.consent_url(redirect_uri=redirect_uri, state=state, again=_was_connected(Login.USUAL)), state
        )
    if row.family == INSTAGRAM_LOGIN:
        row.save()
        url = instagram_login.consent_url(
            redirect_uri=redirect_uri, state=state, again=_was_connected(Login.INSTAGRAM)
        )
        return Begun(url, state)
    row.verifier_sealed = encrypt_for(verifier_context(row), verifier)
    row.save()
    return Begun(x.consent_url(redirect_uri=redirect_uri, state=state, verifier=verifier), state)


def finish(*, state: str, code: str, session: str, error: str = "") -> Connected:
    """The network's answer; raises ConsentInvalid, ConsentRefused or NetworkAway."""
    row = _take(state, session)
    if error or not code:
        raise ConsentRefused(
            "You said no on the network's page, so nothing was connected. Begin again if that was a slip."
            if error in ("access_denied", "")
            else f"The network refused: {error[:100]}."
        )
    try:
        with understanding():
            return CONNECTORS[row.family](row, code)
    except CallFailed as failed:
        said = failed.verdict
        if said.meaning.effect.value in ("UNKNOWN", "RETRY"):
            raise NetworkAway from failed
        raise ConsentRefused(f"{said.meaning.words} ({said.code}: {said.message[:200]})") from failed


def _take(state: str, session: str) -> OAuthState:
    """The consent, used up; one that belongs to another session or club, or is over, is none."""
    now = timezone.now()
    mine = OAuthState.objects.filter(
        state_hash=_hash(state), session_hash=_hash(session), used_at=None, expires_at__gt=now
    )
    if not mine.update(used_at=now):
        raise ConsentInvalid
    row: OAuthState = OAuthState.objects.get(state_hash=_hash(state))
    return row


def _was_connected(login: str) -> bool:
    """Whether the network must ask anew, since the person unticked something before."""
    return bool(
        Connection.objects.filter(network__in=(Network.FACEBOOK, Network.INSTAGRAM), login=login)
        .exclude(status=ConnectionStatus.ACTIVE)
        .exists()
    )


# --- Facebook and Instagram -----------------------------------------------------------------------------------------


def _connect_meta(row: OAuthState, code: str) -> Connected:
    user_token = meta.long_token(code=code, redirect_uri=row.redirect_uri)
    told = meta.inspect(user_token)
    scopes = [str(scope) for scope in told.get("scopes") or ()]
    missing = meta.NEEDED - set(scopes)
    if missing:
        raise ConsentRefused(
            f"These permissions were left out: {', '.join(sorted(missing))}. Begin again and leave every box ticked.",
            "SCOPE_MISSING",
        )
    pages = {str(page["id"]): page for page in _pages(user_token, scopes)}
    if not pages:
        raise ConsentRefused(
            "This person manages no Page, or no Page was ticked. Ask an admin of the Page, or begin again and tick it.",
            "NO_PAGE",
        )
    made: list[Connection] = []
    remarks: list[str] = []
    for page in pages.values():
        made += _connect_page(page, told, scopes, remarks)
    if not made:
        raise ConsentRefused(" ".join(remarks), "NOTHING_TO_CONNECT")
    return Connected(tuple(made), tuple(remarks))


def _pages(user_token: str, scopes: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The person's own Pages and those of their portfolios, which are missing in the first list."""
    yield from meta.listed("me/accounts", user_token, fields=PAGE_FIELDS, limit=100)
    if "business_management" not in scopes:
        return
    for business in meta.listed("me/businesses", user_token, limit=100):
        for edge in ("owned_pages", "client_pages"):
            yield from meta.listed(f"{business['id']}/{edge}", user_token, fields=PAGE_FIELDS, limit=100)


def _connect_page(
    page: dict[str, Any], told: dict[str, Any], scopes: list[str], remarks: list[str]
) -> list[Connection]:
    name = str(page.get("name") or page["id"])
    token = page.get("access_token")
    if not token or not TASKS.intersection(page.get("tasks") or TASKS):
        remarks.append(f"{name}: this person may not publish there. Ask for the task “Create content”.")
        return []
    common = {
        "person_id": str(told.get("user_id") or ""),
        "scopes": scopes,
        "data_access_expires_at": meta.moment(told.get("data_access_expires_at")),
    }
    facebook = _store(Network.FACEBOOK, str(page["id"]), str(token), account_name=name, **common)
    instagram = _instagram_of(page, str(token), scopes, remarks, name)
    if instagram is None:
        return [facebook]
    account = _store(
        Network.INSTAGRAM,
        str(instagram["id"]),
        str(token),
        account_name=str(instagram.get("name") or instagram.get("username") or name),
        username=str(instagram.get("username") or ""),
        parent_account_id=str(page["id"]),
        # Who had come by its own login comes by the Page from now on.
        login=Login.USUAL,
        access_expires_at=None,
        **common,
    )
    return [facebook, account]


def _instagram_of(
    page: dict[str, Any], token: str, scopes: list[str], remarks: list[str], name: str
) -> dict[str, Any] | None:
    """The Instagram account that hangs on a Page, or None with a remark why not."""
    linked = meta.graph("GET", str(page["id"]), token, fields="instagram_business_account").body
    account = linked.get("instagram_business_account")
    if not account:
        remarks.append(f"{name}: no professional Instagram account is linked to this Page.")
        return None
    if not meta.NEEDED_INSTAGRAM.issubset(scopes):
        remarks.append(
            f"{name}: its Instagram account was not allowed. Begin again and leave every box ticked."
        )
        return None
    return meta.graph("GET", str(account["id"]), token, fields="id,username,name").body


# --- Instagram by its own login --------------------------------------------------------------------------------------


def _connect_instagram(row: OAuthState, code: str) -> Connected:
    short = instagram_login.short_token(code=code, redirect_uri=row.redirect_uri)
    scopes = short["permissions"]
    missing = instagram_login.NEEDED - set(scopes)
    if missing:
        raise ConsentRefused(
            f"These permissions were left out: {', '.join(sorted(missing))}. Begin again and leave every box ticked.",
            "SCOPE_MISSING",
        )
    pair = instagram_login.long_token(str(short["access_token"]))
    user = instagram_login.me(str(pair["access_token"]))
    username = str(user.get("username") or "")
    kind = str(user.get("account_type") or "").upper()
    if kind and kind not in instagram_login.PROFESSIONAL:
        raise ConsentRefused(
            f"@{username} is a personal account. Switch it to a professional one in Instagram"
            " (Settings → Account type), then begin again.",
            "WRONG_ACCOUNT_TYPE",
        )
    account_id = str(user.get("user_id") or short.get("user_id") or user["id"])
    connection = _store(
        Network.INSTAGRAM,
        account_id,
        str(pair["access_token"]),
        login=Login.INSTAGRAM,
        account_name=str(user.get("name") or username),
        username=username,
        parent_account_id="",
        person_id=account_id,
        scopes=scopes,
        # The network does not tell it here: a person's consent to data lasts 90 days everywhere.
        data_access_expires_at=timezone.now() + DATA_ACCESS,
    )
    store_pair(connection, pair)
    connection.refresh_from_db()
    return Connected((connection,), ())


# --- X ---------------------------------------------------------------------------------------------------------------


def _connect_x(row: OAuthState, code: str) -> Connected:
    pair = x.tokens(
        grant_type="authorization_code",
        code=code,
        redirect_uri=row.redirect_uri,
        code_verifier=decrypt_for(verifier_context(row), row.verifier_sealed),
    )
    scopes = str(pair.get("scope") or "").split()
    missing = set(x.SCOPES) - set(scopes)
    if missing:
        raise ConsentRefused(
            f"These permissions were left out: {', '.join(sorted(missing))}.", "SCOPE_MISSING"
        )
    user = x.me(str(pair["access_token"]))
    connection = _store(
        Network.TWITTER,
        str(user["id"]),
        str(pair["access_token"]),
        account_name=str(user.get("name") or user["username"]),
        username=str(user["username"]),
        scopes=scopes,
        person_id=str(user["id"]),
    )
    store_pair(connection, pair)
    connection.refresh_from_db()
    return Connected((connection,), ())


CONNECTORS: Final[dict[str, Callable[[OAuthState, str], Connected]]] = {
    META: _connect_meta,
    INSTAGRAM_LOGIN: _connect_instagram,
    "X": _connect_x,
}


# --- Rows ------------------------------------------------------------------------------------------------------------


def _store(network: str, account_id: str, token: str, **values: Any) -> Connection:
    """Make the account or connect it again, in the club's scope; jobs that waited for it go on."""
    with transaction.atomic():
        known = Connection.objects.select_for_update().filter(network=network, account_id=account_id).first()
        row = known or Connection(tenant_id=current_tenant_id(), network=network, account_id=account_id)
        for name, value in values.items():
            setattr(row, name, value)
        row.access_sealed = encrypt_token(row, ACCESS, token)
        row.status, row.problem = ConnectionStatus.ACTIVE, ""
        row.closed_until, row.closed_reason, row.renewing_until, row.warned_at = None, "", None, None
        row.connected_by_name, row.connected_at = current_actor().name[:250], timezone.now()
        row.save()
        log_action(
            "social.connected", subject_kind="connection", subject_id=row.pk, details={"network": network}
        )
    return row


def connections() -> Any:
    """Accounts of the open scope, in the order of networks and names; those that were disconnected last."""
    return Connection.objects.order_by("status", "network", "account_name", "pk")


def get_connection(connection_id: UUID) -> Connection:
    """An account of the open scope; raises ConnectionNotFound."""
    row: Connection | None = Connection.objects.filter(pk=connection_id).first()
    if row is None:
        raise ConnectionNotFound
    return row


def check_health(connection_id: UUID) -> Connection:
    """Ask the network about the account's token, renew what can be renewed; raises NetworkAway."""
    row = get_connection(connection_id)
    if row.status == ConnectionStatus.DISCONNECTED:
        raise ConsentRefused("This account is disconnected. Connect it again.", "DISCONNECTED")
    return inspect_connection(row)


def disconnect(connection_id: UUID) -> Connection:
    """Forget the tokens, take the permission back at the network, cancel what waits. Idempotent."""
    row = get_connection(connection_id)
    _revoke(row)
    with transaction.atomic():
        Connection.objects.filter(pk=row.pk).update(
            status=ConnectionStatus.DISCONNECTED, access_sealed="", refresh_sealed="", problem=""
        )
        waiting = Target.objects.filter(connection=row, status__in=(TargetStatus.WAITING, TargetStatus.HELD))
        posts = sorted(set(waiting.values_list("post_id", flat=True)))
        # Lock order: posts, then targets.
        list(
            Post.objects.select_for_update(of=("self",)).filter(pk__in=posts).order_by("pk").values_list("pk")
        )
        waiting.update(status=TargetStatus.CANCELLED)
        settle_posts(posts)
        log_action("social.disconnected", subject_kind="connection", subject_id=row.pk)
    row.refresh_from_db()
    return row


def _revoke(row: Connection) -> None:
    """Best effort: what the network does not hear expires by itself.

    Meta's consent is one for all Pages of a person, so it is taken back only with the last of them. Instagram's own
    login has no such call: the token is forgotten and ends by itself.
    """
    try:
        if row.network == Network.TWITTER:
            for token in filter(None, (open_token(row, REFRESH), open_token(row, ACCESS))):
                x.revoke(token)
        elif not row.login and not _others_of_person(row):
            meta.graph("DELETE", "me/permissions", open_token(row, ACCESS))
    except (CallFailed, DecryptionError):
        logger.info("consent was not revoked at the network", extra={"connection_id": str(row.pk)})


def _others_of_person(row: Connection) -> bool:
    others = Connection.objects.exclude(pk=row.pk).exclude(status=ConnectionStatus.DISCONNECTED)
    return bool(
        others.filter(
            person_id=row.person_id, login="", network__in=(Network.FACEBOOK, Network.INSTAGRAM)
        ).exists()
    )


def verifier_context(row: OAuthState) -> str:
    """What the verifier of a consent under way is bound to."""
    return f"social:{row.tenant_id}:{row.pk}:verifier"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
