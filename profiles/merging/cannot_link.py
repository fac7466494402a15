"""Cannot-link pairs (record linkage): two people whom the rules must never join.

A pair is stored by the identifiers of both, because identifiers outlive profiles.
"""

from uuid import UUID

from django.db import connection

from tenants.actors import current_actor
from tenants.scope import current_tenant_id

# Ids of services where somebody has any, else the addresses; every key of one against every key of the other.
FORBID_LINK = """
WITH held AS (
    SELECT i.kind, i.value, i.profile_id, i.kind IN ('email', 'phoneNumber') AS is_weak
    FROM profiles_identifier AS i WHERE i.tenant_id = %(tenant)s AND i.profile_id IN (%(one)s, %(other)s)
), telling AS (
    SELECT kind || ':' || value AS key, profile_id FROM held AS h
    WHERE NOT is_weak OR NOT EXISTS (SELECT FROM held AS s WHERE s.profile_id = h.profile_id AND NOT s.is_weak)
)
INSERT INTO profiles_cannotlink (tenant_id, first_key, second_key, decided_by_name)
SELECT DISTINCT %(tenant)s::uuid, LEAST(a.key, b.key), GREATEST(a.key, b.key), %(name)s
FROM telling AS a JOIN telling AS b ON a.profile_id = %(one)s AND b.profile_id = %(other)s AND a.key <> b.key
ON CONFLICT (tenant_id, first_key, second_key) DO NOTHING
"""
ALLOW_LINK = """
DELETE FROM profiles_cannotlink AS apart
USING profiles_identifier AS a, profiles_identifier AS b
WHERE apart.tenant_id = %(tenant)s AND a.tenant_id = %(tenant)s AND b.tenant_id = %(tenant)s
  AND a.profile_id = %(one)s AND b.profile_id = %(other)s
  AND apart.first_key = LEAST(a.kind || ':' || a.value, b.kind || ':' || b.value)
  AND apart.second_key = GREATEST(a.kind || ':' || a.value, b.kind || ':' || b.value)
"""
ARE_KEPT_APART = """
SELECT EXISTS (
    SELECT FROM profiles_cannotlink AS apart
    JOIN profiles_identifier AS a ON a.tenant_id = %(tenant)s AND a.profile_id = %(one)s
    JOIN profiles_identifier AS b ON b.tenant_id = %(tenant)s AND b.profile_id = %(other)s
    WHERE apart.tenant_id = %(tenant)s
      AND apart.first_key = LEAST(a.kind || ':' || a.value, b.kind || ':' || b.value)
      AND apart.second_key = GREATEST(a.kind || ':' || a.value, b.kind || ':' || b.value))
"""


def forbid_link(one: UUID, other: UUID) -> None:
    """Forbid the rules to join these two; staff still may. Needs the identity lock."""
    _run(FORBID_LINK, one, other)


def allow_link(one: UUID, other: UUID) -> None:
    """Undo `forbid_link`."""
    _run(ALLOW_LINK, one, other)


def are_kept_apart(one: UUID, other: UUID) -> bool:
    """Whether the rules are forbidden to join these two."""
    with connection.cursor() as cursor:
        cursor.execute(ARE_KEPT_APART, {"tenant": current_tenant_id(), "one": one, "other": other})
        return bool(cursor.fetchone()[0])


def _run(statement: str, one: UUID, other: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {"tenant": current_tenant_id(), "one": one, "other": other, "name": current_actor().name},
        )
