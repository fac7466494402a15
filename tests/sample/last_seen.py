"""When somebody was last seen: kept from the log, and recomputed by merges."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from events.consumers import Entry
from tenants.models import Tenant

# Of whoever stands for the people now: an entry may name somebody who was merged since.
FOLLOW: Final = """
INSERT INTO sample_lastseen (tenant_id, profile_id, seen_at)
SELECT a.tenant_id, a.profile_id, max(a.occurred_at) FROM profiles_activity AS a
WHERE a.tenant_id = %(tenant)s AND a.profile_id IN (
    SELECT COALESCE(p.merged_into_id, p.id) FROM profiles_customerprofile AS p
    WHERE p.tenant_id = %(tenant)s AND p.id = ANY(%(ids)s))
GROUP BY a.tenant_id, a.profile_id
ON CONFLICT (tenant_id, profile_id) DO UPDATE SET seen_at = excluded.seen_at
"""
FORGET_MEMBERS: Final = """
DELETE FROM sample_lastseen AS s USING merge_member AS m
WHERE s.tenant_id = %(tenant)s AND s.profile_id = m.profile_id
"""
# The timeline has moved by then.
RECOMPUTE_MEMBERS: Final = """
INSERT INTO sample_lastseen (tenant_id, profile_id, seen_at)
SELECT a.tenant_id, a.profile_id, max(a.occurred_at) FROM profiles_activity AS a
WHERE a.tenant_id = %(tenant)s AND a.profile_id IN (SELECT new_id FROM merge_member)
GROUP BY a.tenant_id, a.profile_id
"""


def follow(tenant: Tenant, entries: Sequence[Entry]) -> None:
    """The consumer: recompute whoever did something."""
    ids = sorted({entry.profile_id for entry in entries if entry.profile_id is not None})
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW, {"tenant": tenant.pk, "ids": ids})


def recompute_merged(cursor: Any, tenant_id: UUID) -> None:
    """On merge and unmerge: the survivors' rows, from the rows of the timeline that are theirs now."""
    cursor.execute(FORGET_MEMBERS, {"tenant": tenant_id})
    cursor.execute(RECOMPUTE_MEMBERS, {"tenant": tenant_id})
