"""Keys of calling services: made once, stored as a hash, revocable within seconds."""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from tenants.errors import InvalidError
from tenants.expiring_cache import ExpiringCache
from tenants.models import ApiKey, Scope, Tenant, User
from tenants.sources import SOURCES

logger = logging.getLogger(__name__)

KEY_START = "crm_"
# Of keys that open sandboxes and nothing else.
TEST_START = "test_"
SECRET_BYTES = 30  # 40 characters, 240 bits
MAX_KEY_LENGTH = 100
PREFIX_LENGTH = 12
# A revocation by any process bites everywhere within this time.
FOUND_SECONDS = 3.0
MISSED_SECONDS = 1.0
TOUCH_INTERVAL = timedelta(minutes=1)

_found: ExpiringCache[str, "ActiveKey"] = ExpiringCache(max_entries=2_000)
_missed: ExpiringCache[str, bool] = ExpiringCache(max_entries=5_000)
_touched: ExpiringCache[UUID, bool] = ExpiringCache(max_entries=2_000)


class IssuedKey(NamedTuple):
    """A new key's row and the key itself, which nobody can read again."""

    row: ApiKey
    plain: str


@dataclass(frozen=True, slots=True)
class ActiveKey:
    """What a valid key allows."""

    id: UUID
    name: str
    scopes: frozenset[str]
    tenant_ids: frozenset[UUID]
    rate_limit_per_minute: int | None
    expires_at: datetime | None
    sources: frozenset[str]


def issue_key(
    *,
    name: str,
    tenants: Iterable[Tenant],
    scopes: Iterable[str],
    sources: Iterable[str] = (),
    rate_limit_per_minute: int | None = None,
    expires_at: datetime | None = None,
    created_by: User | None = None,
) -> IssuedKey:
    """Make a key. The plain key is in the answer and nowhere else. Raises InvalidError.

    A key that publishes events is bound to services (`sources`): it cannot speak in another's name. One for sandboxes
    opens no real club, and says so by its beginning.
    """
    tenant_rows, scope_names = list(tenants), sorted(set(scopes))
    if not tenant_rows:
        raise InvalidError("A key needs at least one tenant.", field="tenants")
    kinds = {tenant.is_sandbox for tenant in tenant_rows}
    if len(kinds) > 1:
        raise InvalidError("A key opens sandboxes or real clubs, never both.", field="tenants")
    unknown = [scope for scope in scope_names if scope not in Scope.values]
    if unknown or not scope_names:
        raise InvalidError(
            f"Unknown scope {', '.join(unknown)}." if unknown else "A key needs at least one scope.",
            field="scopes",
        )
    source_names = sorted(set(sources))
    if Scope.EVENTS in scope_names and not source_names:
        raise InvalidError("A key for events needs the services for which it speaks.", field="sources")
    strange = [source for source in source_names if source not in SOURCES]
    if strange:
        raise InvalidError(f"Unknown source {', '.join(strange)}.", field="sources")
    plain = (TEST_START if kinds == {True} else KEY_START) + secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        row = ApiKey.objects.create(
            name=name,
            prefix=plain[:PREFIX_LENGTH],
            key_hash=hash_key(plain),
            scopes=scope_names,
            sources=source_names,
            rate_limit_per_minute=rate_limit_per_minute,
            expires_at=expires_at,
            created_by=created_by,
        )
        row.tenants.set(tenant_rows)
    return IssuedKey(row, plain)


def hash_key(plain: str) -> str:
    """SHA-256 as 64 hexadecimal digits; a plain hash is enough for a secret of 240 random bits."""
    return hashlib.sha256(plain.encode()).hexdigest()


def find_key(plain: str) -> ActiveKey | None:
    """The key when it is known, not revoked and not expired, else None; cached for FOUND_SECONDS."""
    if len(plain) > MAX_KEY_LENGTH or not plain.startswith((KEY_START, TEST_START)):
        return None
    digest = hash_key(plain)
    key = _found.get(digest)
    if key is None and not _missed.get(digest):
        key = _load(digest)
        if key is None:
            _missed.put(digest, True, seconds=MISSED_SECONDS)
        else:
            _found.put(digest, key, seconds=FOUND_SECONDS)
    if key is None or (key.expires_at is not None and key.expires_at <= timezone.now()):
        return None
    return key


def _load(digest: str) -> ActiveKey | None:
    row = ApiKey.objects.filter(key_hash=digest, revoked_at=None).first()
    if row is None:
        return None
    return ActiveKey(
        id=row.pk,
        name=row.name,
        scopes=frozenset(row.scopes),
        tenant_ids=frozenset(row.tenants.filter(is_active=True).values_list("pk", flat=True)),
        rate_limit_per_minute=row.rate_limit_per_minute,
        expires_at=row.expires_at,
        sources=frozenset(row.sources),
    )


def revoke_key(key_id: UUID) -> bool:
    """Make the key useless, here at once and elsewhere within FOUND_SECONDS; False when it was so already."""
    revoked = ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=timezone.now())
    transaction.on_commit(_found.clear)
    return revoked == 1


def touch_last_used(key_id: UUID) -> None:
    """Note that the key was used, at most once a minute and without ever waiting for a lock or failing."""
    if _touched.get(key_id):
        return
    _touched.put(key_id, True, seconds=TOUCH_INTERVAL.total_seconds())
    now = timezone.now()
    # Skipping a locked row: somebody who edits the key must not hold up its requests.
    due = (
        ApiKey.objects.select_for_update(skip_locked=True)
        .filter(Q(last_used_at=None) | Q(last_used_at__lt=now - TOUCH_INTERVAL), pk=key_id)
        .values("pk")
    )
    try:
        with transaction.atomic():
            ApiKey.objects.filter(pk__in=due).update(last_used_at=now)
    except DatabaseError:
        logger.warning("last use of key not noted", extra={"key_id": str(key_id)}, exc_info=True)
