"""Remembering whom not to know: keyed hashes of the identifiers of people who were erased."""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from events.identity_hints import IdentityKey
from profiles.identity import WEAK_KINDS, Claim, IdentityMap
from profiles.privacy import statements as sql
from tenants.own_secrets import own_secret
from tenants.scope import current_tenant_id

CONTEXT: Final = b"crm suppression 1"
SECRET_NAME: Final = "suppression-secret"  # noqa: S105 - the name of its file


def key_hash(tenant_id: UUID, key: IdentityKey) -> str:
    """HMAC-SHA256 under the installation's secret: without it nobody can try out addresses."""
    text = f"{tenant_id}|{key.kind}|{key.value}".encode()
    return hmac.digest(CONTEXT + _secret().encode(), text, hashlib.sha256).hex()


def _secret() -> str:
    """A secret of its own, so that exchanging another one lets nobody in again."""
    return settings.CRM_SUPPRESSION_SECRET or own_secret(SECRET_NAME)


def suppress(keys: Iterable[IdentityKey]) -> int:
    """Remember the keys of somebody who is erased; returns how many are new."""
    tenant_id = current_tenant_id()
    hashes = [key_hash(tenant_id, key) for key in keys]
    if not hashes:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(sql.SUPPRESS, {"tenant": tenant_id, "hashes": hashes})
        return int(cursor.rowcount)


def suppressed(keys: Collection[IdentityKey]) -> set[IdentityKey]:
    """Those of the keys (in normal form) that belonged to somebody who was erased; at most two queries."""
    if not keys:
        return set()
    tenant_id = current_tenant_id()
    with connection.cursor() as cursor:
        # Most clubs have erased nobody, and need no hashes.
        cursor.execute(sql.ANY_SUPPRESSED, [tenant_id])
        if cursor.fetchone() is None:
            return set()
        by_hash = {key_hash(tenant_id, key): key for key in keys}
        cursor.execute(sql.SUPPRESSED, [tenant_id, list(by_hash)])
        return {by_hash[found] for (found,) in cursor.fetchall()}


def lift(keys: Collection[IdentityKey]) -> int:
    """Let these keys in again, because the person came back of their own will; returns how many were suppressed."""
    tenant_id = current_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(sql.LIFT, [tenant_id, [key_hash(tenant_id, key) for key in keys]])
        return int(cursor.rowcount)


def claims_of_erased(identity_map: IdentityMap, groups: Sequence[Sequence[Claim]]) -> set[int]:
    """The ids (`id()`) of the claims that are about somebody who was erased.

    Such a claim has a service's id of theirs, or one of their addresses and no key that leads to anybody else. Only
    keys that lead to nobody are looked up: an erased person's do.
    """
    unknown = {key for group in groups for claim in group for key in claim.keys if not identity_map.rows(key)}
    found = suppressed(unknown)
    if not found:
        return set()
    return {id(claim) for group in groups for claim in group if _is_erased(claim, found, identity_map)}


def _is_erased(claim: Claim, found: Collection[IdentityKey], identity_map: IdentityMap) -> bool:
    theirs = [key for key in claim.keys if key in found]
    if not theirs:
        return False
    return any(key.kind not in WEAK_KINDS for key in theirs) or not any(
        identity_map.rows(key) for key in claim.keys
    )


def settle_skipped(cursor: Any, tenant_id: UUID, inbox_ids: Sequence[int]) -> None:
    """End events about erased people: skipped, and without their content."""
    if inbox_ids:
        cursor.execute(sql.SKIPPED, [tenant_id, list(inbox_ids)])
