"""The SQL of publishing."""

# An account may be worked with: it works, and neither it nor its app is paused.
_ABLE = """
    c.status = 'ACTIVE' AND (c.closed_until IS NULL OR c.closed_until <= %(now)s)
  AND NOT EXISTS (SELECT FROM social_apppause AS p
                  WHERE p.until > %(now)s AND p.family = CASE c.network WHEN 'TWITTER' THEN 'X' ELSE 'META' END)
"""
# Nobody is at it, and not too many workers died of it.
_DUE = """
    t.status IN ('WAITING', 'PUBLISHING', 'UNKNOWN') AND t.due_at <= %(now)s
  AND (t.leased_until IS NULL OR t.leased_until <= %(now)s AND t.lost_workers < %(most_lost)s)
"""
# Account by account, as a claim looks: what waits at accounts that are dead or paused is not even read.
COUNT_DUE = f"""
SELECT count(*) FROM (
    SELECT FROM social_connection AS c
    CROSS JOIN LATERAL (
        SELECT FROM social_target AS t
        WHERE t.tenant_id = c.tenant_id AND t.connection_id = c.id AND {_DUE}
        ORDER BY t.due_at, t.id LIMIT %(most)s) AS one
    WHERE {_ABLE}
    LIMIT %(most)s) AS due
"""
# Clubs take turns, and so do the accounts of a club: who has the fewest under way goes first, so that one flood delays
# no other post. One row of the index is read for each account, however much waits there. Several accounts are tried,
# because another worker may just be taking the only post of the first.
# Materialised, because a sub-select that is run again for each row takes others than those it took before.
CLAIM = f"""
WITH busy AS MATERIALIZED (
    SELECT tenant_id, connection_id, count(*) AS underway FROM social_target
    WHERE leased_until > %(now)s GROUP BY tenant_id, connection_id
), clubs AS MATERIALIZED (
    SELECT tenant_id, sum(underway) AS underway FROM busy GROUP BY tenant_id
), turn AS MATERIALIZED (
    SELECT c.tenant_id, c.id AS connection_id
    FROM social_connection AS c
    CROSS JOIN LATERAL (
        SELECT t.due_at FROM social_target AS t
        WHERE t.tenant_id = c.tenant_id AND t.connection_id = c.id AND {_DUE}
        ORDER BY t.due_at, t.id LIMIT 1) AS head
    LEFT JOIN busy ON busy.tenant_id = c.tenant_id AND busy.connection_id = c.id
    LEFT JOIN clubs ON clubs.tenant_id = c.tenant_id
    WHERE {_ABLE} AND (SELECT coalesce(sum(underway), 0) FROM busy) < %(most)s
    ORDER BY coalesce(clubs.underway, 0), coalesce(busy.underway, 0), head.due_at LIMIT %(accounts)s
), taken AS MATERIALIZED (
    SELECT one.id FROM turn CROSS JOIN LATERAL (
        SELECT t.id FROM social_target AS t
        WHERE t.tenant_id = turn.tenant_id AND t.connection_id = turn.connection_id AND {_DUE}
        ORDER BY t.due_at, t.id LIMIT 1 FOR UPDATE OF t SKIP LOCKED) AS one
    LIMIT 1
)
UPDATE social_target AS t
SET status = CASE t.status WHEN 'WAITING' THEN 'PUBLISHING' ELSE t.status END,
    lease = %(lease)s, tries = t.tries + 1, lost_workers = t.lost_workers + (t.lease IS NOT NULL)::int,
    leased_until = CASE t.status WHEN 'UNKNOWN' THEN %(look_until)s ELSE %(until)s END
FROM taken WHERE t.id = taken.id
RETURNING t.id, t.tenant_id
"""
# What killed every worker that was at it: nobody takes it any more.
DEADLY = """
SELECT tenant_id, id FROM social_target
WHERE leased_until <= %(now)s AND lost_workers >= %(most_lost)s ORDER BY leased_until LIMIT 100
"""
# The state of a post follows from its targets; cancelled ones count only where there are no others.
SETTLE_POSTS = """
WITH told AS (
    SELECT t.post_id,
           count(*) FILTER (WHERE t.status = 'PUBLISHING') AS going,
           count(*) FILTER (WHERE t.status = 'UNKNOWN') AS unknown,
           count(*) FILTER (WHERE t.status IN ('WAITING', 'HELD')) AS waiting,
           count(*) FILTER (WHERE t.status = 'FAILED') AS failed,
           count(*) FILTER (WHERE t.status = 'PUBLISHED') AS published
    FROM social_target AS t WHERE t.tenant_id = %(tenant)s AND t.post_id = ANY(%(posts)s) GROUP BY t.post_id
), settled AS (
    SELECT post_id, CASE
        WHEN going > 0 THEN 'PUBLISHING'
        WHEN unknown > 0 THEN 'UNKNOWN'
        WHEN waiting > 0 AND failed + published > 0 THEN 'PUBLISHING'
        WHEN waiting > 0 THEN 'SCHEDULED'
        WHEN failed > 0 THEN 'FAILED'
        WHEN published > 0 THEN 'PUBLISHED'
        ELSE 'CANCELLED' END AS status
    FROM told
)
UPDATE social_post AS p SET status = settled.status, updated_at = now()
FROM settled
WHERE p.tenant_id = %(tenant)s AND p.id = settled.post_id AND p.status <> settled.status
  AND p.status NOT IN ('DRAFT', 'IN_REVIEW')
"""
