"""Remembering whom not to know: keyed hashes of the identifiers of people who were erased."""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from events.identity_hints import IdentityKey
from profiles.claims import WEAK_KINDS, Claim
from profiles.identity import IdentityMap
from tenants.own_secrets import own_secret
from tenants.scope import current_tenant_id

SUPPRESS = """
INSERT INTO profiles_suppressedkey (tenant_id, key_hash) SELECT %(tenant)s, unnest(%(hashes)s::text[])
ON CONFLICT ON CONSTRAINT profiles_suppressed_key_uq DO NOTHING
"""
ANY_SUPPRESSED = "SELECT FROM profiles_suppressedkey WHERE tenant_id = %s LIMIT 1"
SUPPRESSED = """
SELECT key_hash FROM profiles_suppressedkey WHERE tenant_id = %s AND key_hash = ANY(%s)
"""
LIFT = "DELETE FROM profiles_suppressedkey WHERE tenant_id = %s AND key_hash = ANY(%s)"
SKIPPED = """
UPDATE events_inboxevent
SET status = 'SKIPPED', processed_at = clock_timestamp(), attempts = attempts + 1, due_at = NULL, profile_id = NULL,
    activity_id = NULL, error_code = 'ERASED_PERSON', error_field = '',
    error_message = 'About somebody who was erased on request.', remarks = NULL, envelope = '{"erased": true}',
    original_envelope = NULL
WHERE tenant_id = %s AND id = ANY(%s)
"""
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
        cursor.execute(SUPPRESS, {"tenant": tenant_id, "hashes": hashes})
        return int(cursor.rowcount)


def suppressed(keys: Collection[IdentityKey]) -> set[IdentityKey]:
    """Those of the keys (in normal form) that belonged to somebody who was erased; at most two queries."""
    if not keys:
        return set()
    tenant_id = current_tenant_id()
    with connection.cursor() as cursor:
        # Most clubs have erased nobody, and need no hashes.
        cursor.execute(ANY_SUPPRESSED, [tenant_id])
        if cursor.fetchone() is None:
            return set()
        by_hash = {key_hash(tenant_id, key): key for key in keys}
        cursor.execute(SUPPRESSED, [tenant_id, list(by_hash)])
        return {by_hash[found] for (found,) in cursor.fetchall()}


def lift(keys: Collection[IdentityKey]) -> int:
    """Let these keys in again, because the person came back of their own will; returns how many were suppressed."""
    tenant_id = current_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(LIFT, [tenant_id, [key_hash(tenant_id, key) for key in keys]])
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
        cursor.execute(SKIPPED, [tenant_id, list(inbox_ids)])
