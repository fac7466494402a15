"""A log whose transaction numbers this cluster has not counted to, and what to do about it.

Entries and positions carry the identity of their cluster, so that a dump restored elsewhere reads on by itself. What
keeps the identity and loses the count (`pg_resetwal`, rows copied by hand) puts them into the future of the cluster
that answers: consumers would say that nothing waits, until it has counted as far.
"""

from typing import Final

from django.db import connection, transaction

from tenants.scope import all_tenants

AHEAD: Final = """
SELECT t.slug FROM tenants_tenant AS t
WHERE EXISTS (
        SELECT FROM events_consumerposition AS p
        WHERE p.tenant_id = t.id AND p.cluster = events_cluster()
          AND p.last_xid >= pg_snapshot_xmax(pg_current_snapshot()))
   OR (SELECT l.xid FROM events_domainlogentry AS l WHERE l.tenant_id = t.id AND l.cluster = events_cluster()
       ORDER BY l.xid DESC, l.id DESC LIMIT 1) >= pg_snapshot_xmax(pg_current_snapshot())
ORDER BY t.slug
"""
# Waits for whoever appends: entries that come later have higher ids, and that is where consumers go on.
LOCK: Final = "LOCK TABLE events_domainlogentry, events_consumerposition IN SHARE ROW EXCLUSIVE MODE"
# A number that no cluster has: PostgreSQL's are as large as a clock, and positive.
NEW_IDENTITY: Final = """
SELECT least(0, (SELECT min(cluster) FROM events_domainlogentry),
             (SELECT min(cluster) FROM events_consumerposition)) - 1
"""
# Whatever has an id up to here was appended before the count was lost, whatever its number.
BORDER: Final = """
SELECT coalesce(max(id), 0) FROM events_domainlogentry
WHERE cluster = events_cluster() AND xid >= pg_snapshot_xmax(pg_current_snapshot())
"""
CLOSE_POSITIONS: Final = """
UPDATE events_consumerposition SET cluster = %(identity)s
WHERE cluster = events_cluster()
  AND (last_id <= %(border)s OR last_xid >= pg_snapshot_xmax(pg_current_snapshot()))
"""
CLOSE_ENTRIES: Final = """
UPDATE events_domainlogentry SET cluster = %(identity)s WHERE cluster = events_cluster() AND id <= %(border)s
"""


def clubs_ahead() -> list[str]:
    """The clubs of which entries or positions lie in this cluster's future: their consumers stand still."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(AHEAD)
        return [slug for (slug,) in cursor.fetchall()]


def close_cluster() -> int:
    """Take what was appended before the count was lost as another cluster's, as if a dump had brought it.

    Consumers read the rest of it, then go on with what this cluster appends from now on; nothing is skipped and
    nothing repeated. Returns how many entries; locks the log and the positions.
    """
    with all_tenants(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        values = {}
        for name, statement in (("identity", NEW_IDENTITY), ("border", BORDER)):
            cursor.execute(statement)
            [(values[name],)] = cursor.fetchall()
        cursor.execute(CLOSE_POSITIONS, values)
        cursor.execute(CLOSE_ENTRIES, values)
        return int(cursor.rowcount)
