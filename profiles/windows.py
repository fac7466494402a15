"""The figures that time alone makes wrong: activities of the last 30 and 90 days."""

from django.db import connection, transaction

from profiles import cache
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import current_tenant_id

CHUNK = 2000
# Only people with something to decay, and each once a day; the index of the timeline answers the counts.
RECOUNT = """
WITH stale AS (
    SELECT id FROM profiles_customerprofile
    WHERE tenant_id = %(tenant)s AND activity_count_90d > 0
      AND (windows_on IS NULL OR windows_on < current_date)
    ORDER BY id LIMIT %(chunk)s
)
UPDATE profiles_customerprofile AS p
SET activity_count_30d = counted.count_30d, activity_count_90d = counted.count_90d,
    booking_count_30d = counted.bookings_30d, windows_on = current_date, version = p.version + 1, updated_at = now()
FROM stale
CROSS JOIN LATERAL (
    SELECT count(*) AS count_90d,
           count(*) FILTER (WHERE a.occurred_at > now() - interval '30 days') AS count_30d,
           count(*) FILTER (WHERE a.occurred_at > now() - interval '30 days' AND a.type = 'TEETIME_BOOKED')
               AS bookings_30d
    FROM profiles_activity AS a
    WHERE a.tenant_id = %(tenant)s AND a.profile_id = stale.id AND a.occurred_at > now() - interval '90 days'
      AND a.category NOT IN ('IDENTITY', 'NOTE')
) AS counted
WHERE p.tenant_id = %(tenant)s AND p.id = stale.id
RETURNING p.id
"""


def recount_windows() -> int:
    """Recount the open scope's stale figures, a chunk per transaction; returns how many profiles."""
    total = 0
    while True:
        with transaction.atomic():
            lock_tenant(AdvisoryLock.IDENTITY)
            with connection.cursor() as cursor:
                cursor.execute(RECOUNT, {"tenant": current_tenant_id(), "chunk": CHUNK})
                recounted = [profile_id for (profile_id,) in cursor.fetchall()]
            cache.forget(recounted)
        total += len(recounted)
        if len(recounted) < CHUNK:
            return total
