"""Whether accounts still work, and what will stop working soon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from social.models import Connection, ConnectionStatus, Login, Network
from social.networks import instagram_login, meta
from social.networks.calling import CallFailed
from social.networks.errors import MEANINGS, Effect
from social.networks.registry import FAMILIES, META
from social.networks.shapes import flag_of, understanding
from social.tokens import ACCESS, account_of, mark_dead, open_token
from tenants.encryption import DecryptionError

AHEAD: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Health:
    """How an account fares: a tone, a sentence, who must act, and until when it works."""

    tone: str
    words: str
    who: str = ""
    button: str = ""
    ends_at: datetime | None = None


def health_of(row: Connection, now: datetime | None = None) -> Health:
    """The state of an account in words."""
    now = now or timezone.now()
    if row.status == ConnectionStatus.DISCONNECTED:
        return Health("warn", "Disconnected.", button="Connect again")
    if row.status == ConnectionStatus.NEEDS_RECONNECT:
        meaning = MEANINGS[row.problem or "TOKEN_DEAD"]
        return Health("bad", meaning.words, meaning.who, meaning.button)
    ends = row.data_access_expires_at if row.network == Network.INSTAGRAM else None
    if ends is not None and ends <= now:
        meaning = MEANINGS["DATA_ACCESS_ENDED"]
        return Health("bad", meaning.words, meaning.who, meaning.button, ends)
    if ends is not None and ends <= now + AHEAD:
        return Health("warn", "Instagram ends access soon. Connect again before.", "An admin of the club",
                      "Connect again", ends)  # fmt: skip
    if row.closed_until is not None and row.closed_until > now:
        return Health("warn", MEANINGS[row.closed_reason or "TOO_MANY_CALLS"].words, ends_at=row.closed_until)
    return Health("good", "Works.", ends_at=ends)


def ailing(now: datetime | None = None) -> list[tuple[Connection, Health]]:
    """Accounts of the open scope that need somebody now or within a week."""
    rows: Sequence[Connection] = list(Connection.objects.exclude(status=ConnectionStatus.DISCONNECTED))
    told = [(row, health_of(row, now)) for row in rows]
    return [(row, health) for row, health in told if health.button]


def inspect_connection(row: Connection) -> Connection:
    """Ask the network; a dead token is marked, an end of access noted."""
    try:
        if row.login == Login.INSTAGRAM:
            instagram_login.me(account_of(row).token)
        elif FAMILIES[row.network] == META:
            _inspect_meta(row)
        else:
            account_of(row, rejected=row.access_sealed)
    except CallFailed as failed:
        if failed.verdict.meaning.effect is Effect.RECONNECT:
            mark_dead(row, failed.verdict.meaning.name)
    except DecryptionError:
        mark_dead(row, "TOKEN_DEAD")
    row.refresh_from_db()
    return row


def _inspect_meta(row: Connection) -> None:
    with understanding():
        told = meta.inspect(open_token(row, ACCESS))
        is_valid, ends = flag_of(told["is_valid"]), meta.moment(told.get("data_access_expires_at"))
    if not is_valid:
        # What exactly is wrong says a call with the token itself.
        meta.graph("GET", "me", open_token(row, ACCESS), fields="id")
        mark_dead(row, "TOKEN_DEAD")
        return
    Connection.objects.filter(pk=row.pk).update(
        data_access_expires_at=ends,
        scopes=[str(scope) for scope in told.get("scopes") or ()],
    )
