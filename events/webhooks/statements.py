"""The SQL of webhooks."""

# One row for each endpoint × event that its filters want. An endpoint is told only of what happened since it was made.
PLAN = """
WITH told AS (
    SELECT * FROM unnest(%(log_ids)s::bigint[], %(event_ids)s::text[], %(types)s::text[], %(times)s::timestamptz[])
                  AS told(log_id, event_id, event_type, at)
), planned AS (
    INSERT INTO events_webhookdelivery (tenant_id, endpoint_id, log_id, event_id, event_type, occurred_at, due_at)
    SELECT endpoint.tenant_id, endpoint.id, told.log_id, told.event_id, told.event_type, told.at, now()
    FROM told JOIN events_webhookendpoint AS endpoint
      ON endpoint.tenant_id = %(tenant)s AND endpoint.status = 'ENABLED' AND endpoint.created_at <= told.at
    WHERE EXISTS (SELECT FROM unnest(endpoint.event_types) AS wanted
                  WHERE wanted = told.event_type
                     OR (wanted IN ('*', 'crm.*') AND told.event_type <> ALL(%(frequent)s))
                     OR (wanted <> 'crm.*' AND right(wanted, 2) = '.*'
                         AND starts_with(told.event_type, left(wanted, -1))))
    ON CONFLICT ON CONSTRAINT events_delivery_event_uq DO NOTHING
    RETURNING endpoint_id
)
SELECT DISTINCT endpoint_id FROM planned
"""
# Endpoints to which somebody could send now.
WAITING = """
SELECT endpoint.id FROM events_webhookendpoint AS endpoint
WHERE endpoint.status = 'ENABLED'
  AND (endpoint.leased_until IS NULL OR endpoint.leased_until <= now())
  AND (endpoint.backoff_until IS NULL OR endpoint.backoff_until <= now())
  AND EXISTS (SELECT FROM events_webhookdelivery AS delivery
              WHERE delivery.endpoint_id = endpoint.id AND delivery.status = 'PENDING' AND delivery.due_at <= now()
                AND (delivery.leased_until IS NULL OR delivery.leased_until <= now()))
"""
# Materialised, because a sub-select that is run again for each row takes others than those it took before.
# The oldest that are due; what a killed worker held is due again when its lease has run out.
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM events_webhookdelivery
    WHERE tenant_id = %(tenant)s AND endpoint_id = %(endpoint)s AND status = 'PENDING' AND due_at <= %(now)s
      AND (leased_until IS NULL OR leased_until <= %(now)s)
    ORDER BY due_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE events_webhookdelivery AS delivery
SET leased_until = %(lease)s, attempts = delivery.attempts + 1
FROM due WHERE delivery.tenant_id = %(tenant)s AND delivery.id = due.id
RETURNING delivery.id
"""
# Only of deliveries that are still ours: somebody else's lease, or an act of staff, stands.
RECORD = """
UPDATE events_webhookdelivery AS delivery
SET status = came.status, due_at = came.due_at, leased_until = NULL, last_status_code = came.status_code,
    last_error = came.error, ended_at = CASE WHEN came.status = 'PENDING' THEN NULL ELSE now() END
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(dues)s::timestamptz[], %(codes)s::int[], %(errors)s::text[])
     AS came(id, status, due_at, status_code, error)
WHERE delivery.tenant_id = %(tenant)s AND delivery.id = came.id AND delivery.status = 'PENDING'
  AND delivery.leased_until = %(lease)s
"""
# By hour, the latest last; hours without an attempt are missing.
HEALTH = """
SELECT endpoint_id, %(hours)s - 1 - floor(extract(epoch FROM %(now)s - at) / 3600)::int AS hour,
       count(*) FILTER (WHERE succeeded), count(*) FILTER (WHERE NOT succeeded)
FROM events_webhookattempt
WHERE tenant_id = %(tenant)s AND endpoint_id = ANY(%(endpoints)s)
  AND at > %(now)s - make_interval(hours => %(hours)s) AND at <= %(now)s
GROUP BY endpoint_id, hour
"""
COUNTS = """
SELECT endpoint_id, count(*) FILTER (WHERE status = 'PENDING'), count(*) FILTER (WHERE status = 'FAILED')
FROM events_webhookdelivery
WHERE tenant_id = %(tenant)s AND endpoint_id = ANY(%(endpoints)s) AND status IN ('PENDING', 'FAILED')
GROUP BY endpoint_id
"""
# Deliveries with their attempts, a bounded part: those of deleted endpoints.
PRUNE = """
WITH ended AS (
    SELECT delivery.id FROM events_webhookdelivery AS delivery
    JOIN events_webhookendpoint AS endpoint ON endpoint.id = delivery.endpoint_id
    WHERE endpoint.disabled_reason = 'DELETED' LIMIT %s
), attempts AS (
    DELETE FROM events_webhookattempt WHERE delivery_id IN (SELECT id FROM ended)
)
DELETE FROM events_webhookdelivery WHERE id IN (SELECT id FROM ended)
"""
PRUNE_ENDPOINTS = """
DELETE FROM events_webhookendpoint AS endpoint
WHERE endpoint.disabled_reason = 'DELETED'
  AND NOT EXISTS (SELECT FROM events_webhookdelivery AS delivery WHERE delivery.endpoint_id = endpoint.id)
"""
