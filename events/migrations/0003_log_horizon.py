"""How far one club's log is complete, though others' transactions still run."""

from django.db import migrations

# Transactions that hold back nobody else's log: those of other databases, and those that hold or await the identity
# lock of another club (`tenants.postgresql.locks`; its number is 1). Whoever is not known to be one of these counts. The
# snapshot is older than the look at the locks: who has ended meanwhile is not found there, and counts as well.
HORIZON = """
CREATE OR REPLACE FUNCTION events_log_horizon(tenant uuid) RETURNS xid8 LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog AS $$
DECLARE
    seen CONSTANT pg_snapshot := pg_current_snapshot();
    here CONSTANT oid := (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database());
    club CONSTANT oid := (hashtext(tenant::text)::bigint & 4294967295)::oid;
BEGIN
    IF pg_snapshot_xmin(seen) = pg_snapshot_xmax(seen) THEN
        RETURN pg_snapshot_xmin(seen);
    END IF;
    RETURN (
        WITH held AS MATERIALIZED (
            SELECT pid, locktype, database, transactionid, mode, granted,
                   locktype = 'advisory' AND classid = 1 AND objsubid = 2 AS is_of_a_club, objid
            FROM pg_locks WHERE pid IS NOT NULL
        ), elsewhere AS MATERIALIZED (
            SELECT pid FROM held GROUP BY pid
            HAVING bool_or(database NOT IN (0, here))
                OR bool_or(is_of_a_club AND objid <> club) AND NOT bool_or(is_of_a_club AND objid = club)
        ), others AS MATERIALIZED (
            SELECT transactionid FROM held JOIN elsewhere USING (pid)
            WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted
        )
        SELECT coalesce(
            (SELECT running.xid FROM (
                SELECT xid FROM pg_snapshot_xip(seen) AS xid
                WHERE NOT EXISTS (SELECT FROM others WHERE others.transactionid = xid.xid::xid)
                UNION ALL
                SELECT pg_current_xact_id_if_assigned()) AS running
             WHERE running.xid IS NOT NULL ORDER BY running.xid LIMIT 1),
            pg_snapshot_xmax(seen)));
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0002_row_isolation")]

    operations = [migrations.RunSQL(HORIZON, "DROP FUNCTION events_log_horizon(uuid)")]
