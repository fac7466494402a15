"""Who stands behind addresses, and what is known of them: read for a batch of people, and by nothing but indexes.

Each statement goes from what is asked for to the rows, in this order (OFFSET), and by an average club (the sub-select):
statistics that do not know the club yet would have all its rows read (ADR 112).
"""

from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import UUID

from django.db import connection

from events.identity_hints import IdentityKey
from profiles.claims import WEAK_KINDS
from profiles.ingest.statements import MOST_HOLDERS
from profiles.merging.reassignment import BY_PERSON
from profiles.models import Identifier
from tenants.scope import current_tenant_id

_AT: Final = """
    SELECT k.kind, k.value, k.profile_id FROM unnest(%(kinds)s::text[]) AS weak (kind)
    CROSS JOIN LATERAL (
        SELECT * FROM profiles_identifier AS i
        WHERE i.tenant_id = (SELECT %(tenant)s::uuid) AND i.kind = weak.kind AND i.value = asked.value OFFSET 0) AS k
"""
HOLDERS: Final = f"""
SELECT found.kind, found.value, found.profile_id FROM unnest(%(values)s::text[]) AS asked (value)
CROSS JOIN LATERAL ({_AT}) AS found
"""
CROWDED: Final = f"""
SELECT asked.value FROM unnest(%(values)s::text[]) AS asked (value)
CROSS JOIN LATERAL (SELECT count(DISTINCT profile_id) AS holders FROM ({_AT} WHERE k.is_shared) AS found) AS found
WHERE found.holders > %(most)s
"""
LINKS: Final = """
SELECT i.* FROM unnest(%(ids)s::uuid[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT * FROM profiles_identifier AS k
    WHERE k.tenant_id = (SELECT %(tenant)s::uuid) AND k.profile_id = asked.id OFFSET 0) AS i
"""
FACTS: Final = """
SELECT f.identifier_id, f.field, f.source, f.value #>> '{}' FROM unnest(%(ids)s::uuid[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT * FROM profiles_fact AS told
    WHERE told.tenant_id = (SELECT %(tenant)s::uuid) AND told.profile_id = asked.id OFFSET 0) AS f
WHERE f.field = ANY(%(fields)s) AND jsonb_typeof(f.value) = 'string'
"""
# Of the customers themselves and of who was merged into them, whom staff merged.
MERGED_BY_STAFF: Final = """
SELECT asked.id FROM unnest(%(ids)s::uuid[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT p.id FROM profiles_customerprofile AS p
    WHERE p.tenant_id = (SELECT %(tenant)s::uuid) AND p.merged_into_id = asked.id
    UNION ALL SELECT asked.id) AS side
CROSS JOIN LATERAL (
    SELECT m.id FROM profiles_profilemerge AS m
    WHERE m.tenant_id = (SELECT %(tenant)s::uuid) AND m.loser_id = side.id AND m.kind = %(by_staff)s
      AND m.unmerged_at IS NULL OFFSET 0) AS merge
"""


def holders_at(values: Collection[str]) -> list[tuple[IdentityKey, UUID]]:
    """Whose these addresses are."""
    rows = _rows(HOLDERS, values=list(values), kinds=sorted(WEAK_KINDS))
    return [(IdentityKey(kind, value), profile_id) for kind, value, profile_id in rows]


def crowded(values: Collection[str]) -> set[str]:
    """Those of these addresses that a crowd has: two of it who are joined make it no smaller a crowd."""
    rows = _rows(CROWDED, values=list(values), kinds=sorted(WEAK_KINDS), most=MOST_HOLDERS)
    return {value for (value,) in rows}


def links_of(profile_ids: Collection[UUID]) -> list[Identifier]:
    """All keys of these customers."""
    return list(Identifier.objects.raw(LINKS, {"ids": list(profile_ids), "tenant": current_tenant_id()}))


def facts_of(profile_ids: Collection[UUID], fields: Iterable[str]) -> list[tuple[int, str, str, str]]:
    """What their records say of these fields, as far as it is text: identifier, field, source, text."""
    return _rows(FACTS, ids=list(profile_ids), fields=list(fields))


def merged_by_staff(profile_ids: Collection[UUID]) -> set[UUID]:
    """Those of these customers into whom staff merged somebody, as it still stands."""
    return {one for (one,) in _rows(MERGED_BY_STAFF, ids=list(profile_ids), by_staff=BY_PERSON)}


def _rows(statement: str, **parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant_id(), **parameters})
        return list(cursor.fetchall())
