"""The SQL of consumers.

The log is read in the order (xid, id) and only below the oldest running transaction that may still append to it
(`events_log_horizon`): a transaction that commits late can then never have been passed. Transaction numbers count per
cluster, so entries and positions carry the cluster's identity as well; entries of another cluster came with a dump, and
none of them can still appear.
"""

# The row is the lock of this consumer at this tenant: whoever finds it taken has nothing to do. Entries are read below
# the horizon of this moment, and what the consumer wants is asked afterwards: so whatever was switched on before an
# entry was appended is known when that entry is read.
LOCK = """
SELECT p.id, p.cluster, p.last_xid::text, p.last_id, p.parked_in_row, p.stopped_at IS NOT NULL, events_cluster(),
       events_log_horizon(p.tenant_id)::text
FROM events_consumerposition AS p
WHERE p.tenant_id = %(tenant)s AND p.consumer = %(name)s
  AND (p.stopped_at IS NULL OR p.probe_at <= now())
  AND (p.leased_until IS NULL OR p.leased_until <= now())
  AND NOT EXISTS (SELECT FROM events_consumer AS c WHERE c.name = p.consumer AND c.is_paused)
FOR UPDATE OF p SKIP LOCKED
"""
_READABLE = """
l.tenant_id = %(tenant)s AND l.cluster = %(cluster)s AND (l.xid, l.id) > (%(xid)s::xid8, %(id)s)
      AND (%(cluster)s <> events_cluster() OR l.xid < %(before)s::xid8)
      {bounds}"""
# By the column, not by its text: "10" stands before "9". Of entries that are not for this consumer only the last one
# leaves the database, to say how far the batch went: most consumers want few of the entries. One more than a batch is
# asked for, to tell a full batch from the last.
READ = f"""
WITH batch AS MATERIALIZED (
    SELECT l.xid, l.id, l.kind, l.profile_id, l.at, l.data FROM events_domainlogentry AS l
    WHERE {_READABLE}
    ORDER BY l.xid, l.id
    LIMIT %(scanned)s
), judged AS (
    SELECT l.*,
           kind = ANY(%(kinds)s)
           OR (kind = ANY(%(typed_kinds)s) AND coalesce(data ->> 'type', '') = ANY(%(types)s)) AS is_wanted
    FROM batch AS l
)
SELECT xid::text, id, kind, profile_id, at, CASE WHEN is_wanted THEN data::text END, is_wanted,
       (SELECT count(*) FROM batch)
FROM judged AS l
WHERE is_wanted OR (xid, id) = (SELECT xid, id FROM batch ORDER BY xid DESC, id DESC LIMIT 1)
ORDER BY l.xid, l.id
LIMIT %(limit)s + 1
"""
# Nothing is wanted: how far all of it goes, one step through the index from its end.
LAST = f"""
SELECT l.xid::text, l.id FROM events_domainlogentry AS l WHERE {_READABLE} ORDER BY l.xid DESC, l.id DESC LIMIT 1
"""
BOUND = "AND (l.xid, l.id) <= (%({xid})s::xid8, %({id})s)"
# Where those stand that must have passed an entry first.
UPSTREAM = """
SELECT p.cluster, p.last_xid::text, p.last_id FROM events_consumerposition AS p
WHERE p.tenant_id = %(tenant)s AND p.consumer = ANY(%(names)s)
"""
LEASE = """
UPDATE events_consumerposition SET leased_until = now() + %(lease)s WHERE id = %(position)s RETURNING leased_until
"""
# With a lease, only while it is ours. The error of a consumer that stands goes with the move.
MOVE = """
UPDATE events_consumerposition
SET cluster = %(cluster)s, last_xid = %(xid)s::xid8, last_id = %(id)s, parked_in_row = %(parked_in_row)s,
    moved_at = now(), last_error = '', failed_at = NULL, stopped_at = NULL, probe_at = NULL, leased_until = NULL
WHERE id = %(position)s AND leased_until IS NOT DISTINCT FROM %(lease)s
RETURNING id
"""
STOP = """
UPDATE events_consumerposition
SET stopped_at = coalesce(stopped_at, now()), probe_at = now() + %(probe)s, failed_at = now(), last_error = %(error)s,
    leased_until = NULL
WHERE id = %(position)s
"""
FAIL = """
UPDATE events_consumerposition SET failed_at = now(), last_error = %(error)s, leased_until = NULL
WHERE tenant_id = %(tenant)s AND consumer = %(name)s
"""
PARK = """
INSERT INTO events_parkedentry (tenant_id, consumer, log_id, kind, profile_id, data, at, error, status)
SELECT tenant_id, %(name)s, id, kind, profile_id, data, at, %(error)s, 'PARKED'
FROM events_domainlogentry WHERE tenant_id = %(tenant)s AND id = %(id)s
ON CONFLICT ON CONSTRAINT events_parked_entry_uq DO UPDATE SET error = excluded.error, status = 'PARKED'
"""
# The clusters in which this tenant's entries were made, found by steps through the index; then the one that comes after
# the position's own: numbers of `id` go on in a restored database, so its first entry beyond what was read tells.
# Last, what was read of it before (a dump that came back to where it was first): it is not read again.
NEXT_CLUSTER = """
WITH RECURSIVE clusters AS (
    (SELECT cluster FROM events_domainlogentry WHERE tenant_id = %(tenant)s ORDER BY cluster LIMIT 1)
    UNION ALL
    SELECT (SELECT l.cluster FROM events_domainlogentry AS l
            WHERE l.tenant_id = %(tenant)s AND l.cluster > c.cluster ORDER BY l.cluster LIMIT 1)
    FROM clusters AS c WHERE c.cluster IS NOT NULL
), border AS (
    SELECT greatest(%(id)s, (SELECT max(l.id) FROM events_domainlogentry AS l
                             WHERE l.tenant_id = %(tenant)s AND l.cluster = %(cluster)s)) AS id
), following AS (
    SELECT c.cluster, (SELECT min(l.id) FROM events_domainlogentry AS l
                       WHERE l.tenant_id = %(tenant)s AND l.cluster = c.cluster AND l.id > border.id) AS first_id
    FROM clusters AS c, border WHERE c.cluster <> %(cluster)s
), chosen AS (
    SELECT coalesce((SELECT cluster FROM following WHERE first_id IS NOT NULL ORDER BY first_id LIMIT 1),
                    events_cluster()) AS cluster
)
SELECT chosen.cluster, coalesce(had.xid::text, '0'), coalesce(had.id, border.id)
FROM chosen CROSS JOIN border LEFT JOIN LATERAL (
    SELECT l.xid, l.id FROM events_domainlogentry AS l
    WHERE l.tenant_id = %(tenant)s AND l.cluster = chosen.cluster AND l.id <= border.id
    ORDER BY l.xid DESC, l.id DESC LIMIT 1) AS had ON true
"""
ENSURE_CONSUMERS = """
INSERT INTO events_consumer (name, is_paused) SELECT name, false FROM unnest(%(names)s::text[]) AS name
ON CONFLICT DO NOTHING
"""
# A new consumer, and a new tenant, start at the beginning of the log.
ENSURE_POSITIONS = """
INSERT INTO events_consumerposition (tenant_id, consumer)
SELECT t.id, c.name FROM tenants_tenant AS t CROSS JOIN unnest(%(names)s::text[]) AS c(name)
WHERE NOT EXISTS (SELECT FROM events_consumerposition AS p WHERE p.tenant_id = t.id AND p.consumer = c.name)
ON CONFLICT DO NOTHING
"""
# Who failed a moment ago, or holds a lease, is left alone. One look into the index for each place at which somebody
# stands, not for each consumer: it passes whatever transactions that still run have appended behind it, row by row.
# The first entry behind the place, not EXISTS: that would be answered by reading the whole log, as long as the planner
# expects entries behind it.
_LAGGING = """
WITH standing AS MATERIALIZED (
    SELECT p.consumer, p.tenant_id, p.cluster, p.last_xid, p.last_id FROM events_consumerposition AS p
    LEFT JOIN events_consumer AS c ON c.name = p.consumer
    WHERE p.consumer = ANY(%(names)s) AND c.is_paused IS NOT TRUE
      AND (p.stopped_at IS NULL OR p.probe_at <= now())
      AND (p.leased_until IS NULL OR p.leased_until <= now())
      AND (p.failed_at IS NULL OR p.stopped_at IS NOT NULL OR p.failed_at < now() - %(pause)s)
      {of_tenant}
), place AS MATERIALIZED (
    SELECT * FROM (SELECT DISTINCT tenant_id, cluster, last_xid, last_id FROM standing) AS p
    WHERE p.cluster <> events_cluster() AND EXISTS (SELECT FROM events_domainlogentry AS l
            WHERE l.tenant_id = p.tenant_id AND l.id > p.last_id)
       OR (SELECT l.id FROM events_domainlogentry AS l
           WHERE l.tenant_id = p.tenant_id AND l.cluster = p.cluster AND (l.xid, l.id) > (p.last_xid, p.last_id)
           ORDER BY l.xid, l.id LIMIT 1) IS NOT NULL
)
SELECT consumer, tenant_id FROM standing JOIN place USING (tenant_id, cluster, last_xid, last_id)
"""
LAGGING = _LAGGING.format(of_tenant="")
LAGGING_OF_TENANT = _LAGGING.format(of_tenant="AND p.tenant_id = %(tenant)s")
# By consumer: the furthest behind of its tenants, and how much waits over all of them.
LAG = """
SELECT c.name, c.is_paused, max(p.moved_at),
       coalesce((array_agg(p.last_error ORDER BY p.failed_at DESC NULLS LAST)
                 FILTER (WHERE p.last_error <> ''))[1], ''),
       coalesce(sum(waiting.entries), 0)::bigint, coalesce(max(waiting.seconds), 0)::float,
       count(*) FILTER (WHERE waiting.entries > 0), count(p.stopped_at)
FROM events_consumer AS c
LEFT JOIN events_consumerposition AS p ON p.consumer = c.name
LEFT JOIN LATERAL (
    SELECT count(*) AS entries, extract(epoch FROM now() - min(w.at)) AS seconds FROM (
        (SELECT l.at FROM events_domainlogentry AS l
         WHERE l.tenant_id = p.tenant_id AND l.cluster = p.cluster AND (l.xid, l.id) > (p.last_xid, p.last_id)
         ORDER BY l.xid, l.id LIMIT %(most)s)
        UNION ALL
        (SELECT l.at FROM events_domainlogentry AS l
         WHERE p.cluster <> events_cluster()
           AND l.tenant_id = p.tenant_id AND l.cluster <> p.cluster AND l.id > p.last_id
         LIMIT %(most)s)) AS w) AS waiting ON p.id IS NOT NULL
WHERE c.name = ANY(%(names)s)
GROUP BY c.name, c.is_paused ORDER BY c.name
"""
