"""Tokens of accounts: encrypted for their row, renewed once however many workers want it, stored before use."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from social.models import Connection, ConnectionStatus, Login, Network
from social.networks import instagram_login, x
from social.networks.calling import CallFailed
from social.networks.content import Account
from social.networks.errors import Effect, verdict
from tenants.encryption import DecryptionError, decrypt_for, encrypt_for
from tenants.one_by_one import one_by_one
from tenants.scope import all_tenants, tenant_scope

Told = TypeVar("Told")
# Renewed so long before its end that a post never meets it.
AHEAD: Final = timedelta(minutes=5)
LEASE: Final = timedelta(seconds=45)
# Instagram's tokens live 60 days and are renewed while they live; a refusal is asked about again an hour later.
INSTAGRAM_AHEAD, INSTAGRAM_PAUSE = timedelta(days=10), timedelta(hours=1)
# X takes a refresh token back that nobody used for about half a year.
X_IDLE: Final = timedelta(days=30)
MOST: Final = 100
PATIENCE_SECONDS: Final = 40.0
PAUSE_SECONDS: Final = 0.1
ACCESS, REFRESH = "access", "refresh"


def context_of(connection: Connection, kind: str) -> str:
    """What a token is bound to: tenant, row and which of the two it is."""
    return f"social:{connection.tenant_id}:{connection.pk}:{kind}"


def access_context(connection: Connection) -> str:
    """What the token for calls is bound to."""
    return context_of(connection, ACCESS)


def refresh_context(connection: Connection) -> str:
    """What the token for new tokens is bound to."""
    return context_of(connection, REFRESH)


def encrypt_token(connection: Connection, kind: str, token: str) -> str:
    """A token as it is stored; "" stays empty."""
    return encrypt_for(context_of(connection, kind), token) if token else ""


def open_token(connection: Connection, kind: str) -> str:
    """The token in plain; raises DecryptionError."""
    sealed = connection.access_sealed if kind == ACCESS else connection.refresh_sealed
    return decrypt_for(context_of(connection, kind), sealed) if sealed else ""


def account_of(connection: Connection, *, rejected: str = "", is_read_now: bool = False) -> Account:
    """The account with a token that works, renewed where it must be. Raises CallFailed.

    `rejected`: the sealed token that the network just refused: one that somebody has renewed since is taken instead.
    `is_read_now`: the row was read a moment ago.
    """
    row = _fresh(connection, rejected, is_read_now=is_read_now)
    try:
        token = open_token(row, ACCESS)
    except DecryptionError as broken:
        raise CallFailed(verdict("TOKEN_DEAD", "SEAL_BROKEN"), is_sent=False) from broken
    return Account(
        id=row.account_id,
        token=token,
        parent_id=row.parent_account_id,
        username=row.username,
        login=row.login,
    )


def may_renew(connection: Connection, failed: CallFailed) -> bool:
    """Whether a fresh token may help: X says 401 to one that has just ended."""
    return connection.network == Network.TWITTER and failed.verdict.meaning.name == "TOKEN_EXPIRED"


def asked(connection: Connection, ask: Callable[[Account], Told]) -> Told:
    """What a network answers by an account's token; once more with a fresh one where X says that it has just ended.

    Such a refusal did nothing, so whatever is asked may be asked again. Raises CallFailed.
    """
    row: Connection = Connection.objects.get(pk=connection.pk)
    try:
        return ask(account_of(row, is_read_now=True))
    except CallFailed as failed:
        if not may_renew(row, failed):
            raise
    return ask(account_of(row, rejected=row.access_sealed))


def _fresh(connection: Connection, rejected: str, *, is_read_now: bool = False) -> Connection:
    row: Connection = connection if is_read_now else Connection.objects.get(pk=connection.pk)
    if row.status != ConnectionStatus.ACTIVE:
        raise CallFailed(verdict(row.problem or "TOKEN_DEAD", row.status), is_sent=False)
    if row.network != Network.TWITTER:
        return _kept_alive(row) if row.login == Login.INSTAGRAM else row
    ends = time.monotonic() + PATIENCE_SECONDS
    while _must_renew(row, rejected):
        if _take_lease(row):
            renew(row)
        elif time.monotonic() > ends:
            raise CallFailed(verdict("NO_CONNECTION", "RENEWAL_PENDING"), is_sent=False)
        else:
            time.sleep(PAUSE_SECONDS)
        row = Connection.objects.get(pk=connection.pk)
        if row.status != ConnectionStatus.ACTIVE:
            raise CallFailed(verdict(row.problem or "TOKEN_DEAD", row.status), is_sent=False)
    return row


def _kept_alive(row: Connection) -> Connection:
    """An account by Instagram's login: renewed well ahead; the token that is there serves as long as it lives.

    One that is over cannot be revived. Raises CallFailed.
    """
    now, ends = timezone.now(), row.access_expires_at
    if ends is not None and ends <= now:
        mark_dead(row, "TOKEN_EXPIRED")
        raise CallFailed(verdict("TOKEN_EXPIRED", "OVER"), is_sent=False)
    if ends is None or ends > now + INSTAGRAM_AHEAD or not _take_lease(row, INSTAGRAM_PAUSE):
        return row
    try:
        pair = instagram_login.renewed(open_token(row, ACCESS))
    except (CallFailed, DecryptionError) as error:
        # The lease stays: it is asked again in an hour.
        if isinstance(error, CallFailed) and error.verdict.meaning.effect is Effect.RECONNECT:
            mark_dead(row, error.verdict.meaning.name)
            raise
        return row
    store_pair(row, pair)
    found: Connection = Connection.objects.get(pk=row.pk)
    return found


def keep_alive(now: datetime | None = None) -> int:
    """Renew what nobody used for long: Instagram's tokens ahead of their end, X's before half a year is over.

    Returns how many accounts were looked at.
    """
    now = now or timezone.now()
    ends = Q(login=Login.INSTAGRAM, access_expires_at__lte=now + INSTAGRAM_AHEAD)
    idle = Q(network=Network.TWITTER, access_expires_at__lte=now - X_IDLE)
    with all_tenants():
        free = Q(renewing_until=None) | Q(renewing_until__lte=now)
        rows = Connection.objects.filter(ends | idle, free, status=ConnectionStatus.ACTIVE)
        rows = rows.order_by("access_expires_at", "pk")
        found = list(rows.values_list("pk", "tenant_id")[:MOST])

    def keep(account: tuple[UUID, UUID]) -> None:
        key, tenant_id = account
        with tenant_scope(tenant_id), suppress(CallFailed):
            account_of(Connection.objects.get(pk=key))

    one_by_one(found, keep, what="keeping a token alive")
    return len(found)


def _must_renew(row: Connection, rejected: str) -> bool:
    if rejected and row.access_sealed == rejected:
        return True
    return row.access_expires_at is not None and row.access_expires_at <= timezone.now() + AHEAD


def _take_lease(row: Connection, life: timedelta = LEASE) -> bool:
    """Whether this worker may renew now; the token must be the one that it saw."""
    now = timezone.now()
    free = Connection.objects.filter(
        Q(renewing_until=None) | Q(renewing_until__lte=now), pk=row.pk, access_sealed=row.access_sealed
    )
    return bool(free.update(renewing_until=now + life))


def renew(row: Connection, ask: Callable[..., dict[str, Any]] = x.tokens) -> None:
    """Change the refresh token for a new pair and store it; the lease must be held. Raises CallFailed.

    Only a refusal of the grant means that the connection is dead; anything else leaves it as it was.
    """
    try:
        pair = ask(grant_type="refresh_token", refresh_token=open_token(row, REFRESH))
    except (CallFailed, DecryptionError) as error:
        failed = error if isinstance(error, CallFailed) else CallFailed(verdict("TOKEN_DEAD", "SEAL_BROKEN"))
        if failed.verdict.meaning.effect is Effect.RECONNECT:
            mark_dead(row, failed.verdict.meaning.name)
        Connection.objects.filter(pk=row.pk).update(renewing_until=None)
        raise failed from error
    store_pair(row, pair)


def store_pair(row: Connection, pair: dict[str, Any]) -> None:
    """Write a new pair over the old one. A refresh token that did not come stays the one that is there."""
    changes: dict[str, Any] = {
        "access_sealed": encrypt_token(row, ACCESS, str(pair["access_token"])),
        "access_expires_at": _end(pair),
        "renewing_until": None,
        "renewals": F("renewals") + 1,
    }
    if pair.get("refresh_token"):
        changes["refresh_sealed"] = encrypt_token(row, REFRESH, str(pair["refresh_token"]))
    Connection.objects.filter(pk=row.pk).update(**changes)


def _end(pair: dict[str, Any]) -> datetime:
    return timezone.now() + timedelta(seconds=float(pair.get("expires_in") or 7200))


def mark_dead(connection: Connection, problem: str) -> None:
    """Stop all work of an account until somebody connects it again."""
    Connection.objects.filter(pk=connection.pk, status=ConnectionStatus.ACTIVE).update(
        status=ConnectionStatus.NEEDS_RECONNECT, problem=problem
    )
