"""How long the domain log is kept."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from tenants.scope import all_tenants

KEPT = timedelta(days=30)
CHUNK = 10_000
# Never past the slowest cursor, however old the entries are.
PRUNE = """
DELETE FROM events_domainlogentry WHERE id IN (
    SELECT l.id FROM events_domainlogentry AS l
    WHERE l.at < %s
      AND NOT EXISTS (SELECT FROM events_consumer AS c WHERE (l.xid, l.id) > (c.last_xid, c.last_id))
    ORDER BY l.xid, l.id LIMIT %s)
"""


def prune() -> int:
    """Delete entries older than KEPT that all consumers have passed, in short transactions; returns how many."""
    total: int = 0
    with all_tenants():
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(PRUNE, [timezone.now() - KEPT, CHUNK])
                deleted = int(cursor.rowcount)
            total += deleted
            if deleted < CHUNK:
                return total
