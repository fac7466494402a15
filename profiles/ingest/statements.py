"""The SQL of the ingestion. Every statement works on a whole batch, under `PLAN_FOR_BATCHES`."""

from profiles.golden_rows.statements import GOLDEN_COLUMN_LIST, TYPED_GOLDEN_COLUMNS
from tenants.postgresql.staging import StagingTable

# --- the claim
# Bounded in rows and in bytes as they are stored; the first one is taken however large.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id, priority, source, event_id, type, occurred_at, attempts, processed_at IS NOT NULL AS was_processed,
           envelope, ctid AS place
    FROM events_inboxevent
    WHERE tenant_id = %s AND {priorities} AND status IN ('PENDING', 'FAILED') AND (due_at IS NULL OR due_at <= now())
    ORDER BY priority, id
    LIMIT %s
    FOR UPDATE SKIP LOCKED
), sized AS (
    SELECT *, sum(pg_column_size(envelope)) OVER earlier AS bytes_before FROM due
    WINDOW earlier AS (ORDER BY priority, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT id, source, event_id, type, occurred_at, attempts, was_processed, envelope::text, place::text
FROM sized WHERE COALESCE(bytes_before, 0) < %s ORDER BY priority, id
"""
# What files brought has the last priority (`events.inbox`).
CLAIM_LIVE = _CLAIM.format(priorities="priority < 4")
CLAIM_BACKFILL = _CLAIM.format(priorities="priority = 4")
# One of so many places for workers that are at backfill, until the transaction ends.
TAKE_SLOT = """
SELECT slot FROM generate_series(1, %s) AS slot WHERE pg_try_advisory_xact_lock(%s, slot) LIMIT 1
"""
CLAIM_CHOSEN = """
SELECT id, source, event_id, type, occurred_at, attempts, processed_at IS NOT NULL, envelope::text, ctid::text
FROM events_inboxevent
WHERE tenant_id = %s AND id = ANY(%s) AND status IN ('PENDING', 'FAILED')
ORDER BY priority, id
FOR UPDATE SKIP LOCKED
"""
# Of rows that were claimed and read before, those that still stand where they stood: as they were then.
CLAIM_AGAIN = """
SELECT id, ctid::text FROM events_inboxevent
WHERE tenant_id = %s AND id = ANY(%s) AND status IN ('PENDING', 'FAILED')
ORDER BY priority, id
FOR UPDATE SKIP LOCKED
"""
APPLIED = StagingTable("applied_event", "place tid, id bigint, profile_id uuid, activity_id bigint")
# Claimed rows are found by their places (`PLAN_BY_PLACES`): no other way to them is open to the planner, whatever it
# believes of a club that it has never seen. It would read the index of all the club's rows once for each event.
SETTLE_APPLIED = """
UPDATE events_inboxevent AS inbox
SET status = 'SUCCESS', processed_at = clock_timestamp(), attempts = inbox.attempts + 1, due_at = NULL,
    profile_id = applied.profile_id, activity_id = applied.activity_id, error_code = '', error_field = '',
    error_message = ''
FROM applied_event AS applied
WHERE inbox.ctid = applied.place AND inbox.id = applied.id AND inbox.tenant_id = %s
"""
REMARKED = StagingTable("remarked_event", "id bigint, remarks jsonb", has_places=True)
REMARK = """
UPDATE events_inboxevent AS inbox SET remarks = remarked.remarks FROM remarked_event AS remarked
WHERE inbox.ctid = remarked.place AND inbox.id = remarked.id AND inbox.tenant_id = %s
"""
DEAD = StagingTable(
    "dead_event", "place tid, id bigint, error_code text, error_field text, error_message text"
)
SETTLE_DEAD = """
UPDATE events_inboxevent AS inbox
SET status = 'DEAD', processed_at = clock_timestamp(), attempts = inbox.attempts + 1, due_at = NULL,
    profile_id = NULL, activity_id = NULL, error_code = dead.error_code, error_field = dead.error_field,
    error_message = dead.error_message
FROM dead_event AS dead
WHERE inbox.ctid = dead.place AND inbox.id = dead.id AND inbox.tenant_id = %s
"""
# The delays stand in `batch.RETRY_DELAYS_SECONDS`.
POSTPONE = """
UPDATE events_inboxevent
SET attempts = attempts + 1, error_code = 'PROCESSING_FAILED', error_field = '', error_message = %s,
    status = CASE WHEN attempts + 1 >= %s THEN 'DEAD' ELSE 'FAILED' END,
    due_at = CASE WHEN attempts + 1 >= %s THEN NULL
                  ELSE now() + make_interval(secs => (%s::int[])[attempts + 1]) END
WHERE id = %s AND tenant_id = %s AND status IN ('PENDING', 'FAILED')
RETURNING status
"""

# --- identity
WANTED_KEY = StagingTable("wanted_key", "kind text, value text")
# An address of more people is a crowd's, of whom only some are loaded (`profiles.ingest.crowds`).
MOST_HOLDERS = 40
# From the keys to their rows, in this order (OFFSET), and by an average club (the sub-select): statistics that do not
# know the club yet would have its identifiers read once for each key.
_FIND = """
SELECT i.id, i.kind, i.value, i.profile_id, i.origin_profile_id, i.confidence, i.source, i.event_id, i.is_shared,
       i.linked_at, i.unlinked_at, COALESCE(born.identity_id, i.origin_profile_id)
FROM {wanted} AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM profiles_identifier AS i
    WHERE i.tenant_id = (SELECT %(tenant)s::uuid) AND {chosen}) AS i
LEFT JOIN LATERAL (
    SELECT p.identity_id FROM profiles_customerprofile AS p
    WHERE i.origin_profile_id <> i.profile_id
      AND p.tenant_id = (SELECT %(tenant)s::uuid) AND p.id = i.origin_profile_id OFFSET 0) AS born ON true
ORDER BY i.id
"""
# One more than a crowd has, so that it shows.
FIND_KEYS = _FIND.format(
    wanted="wanted_key",
    chosen=f"i.kind = wanted.kind AND i.value = wanted.value ORDER BY i.id LIMIT {MOST_HOLDERS + 1}",
)
WANTED_ROW = StagingTable("wanted_row", "id bigint")
FIND_ROWS = _FIND.format(wanted="wanted_row", chosen="i.id = wanted.id OFFSET 0")
# Everybody behind these addresses, and what their records call them.
CROWD = """
SELECT wanted.kind, wanted.value, i.id, i.profile_id, f.first, f.last FROM wanted_key AS wanted
CROSS JOIN LATERAL (
    SELECT i.id, i.profile_id FROM profiles_identifier AS i
    WHERE i.tenant_id = (SELECT %(tenant)s::uuid) AND i.kind = wanted.kind AND i.value = wanted.value OFFSET 0) AS i
LEFT JOIN LATERAL (
    SELECT max(f.value #>> '{}') FILTER (WHERE f.field = 'firstName') AS first,
           max(f.value #>> '{}') FILTER (WHERE f.field = 'lastName') AS last
    FROM profiles_fact AS f
    WHERE f.tenant_id = (SELECT %(tenant)s::uuid) AND f.profile_id = i.profile_id
      AND f.field IN ('firstName', 'lastName')
    GROUP BY f.identifier_id, f.source) AS f ON true
"""
# Of these customers those who have more than addresses.
KNOWN_TO_SERVICES = """
SELECT DISTINCT i.profile_id FROM profiles_identifier AS i
WHERE i.tenant_id = %s AND i.profile_id = ANY(%s) AND i.kind NOT IN ('email', 'phoneNumber')
"""
# What a survivor's own row says includes what others brought.
CREATION_TIMES = """
SELECT p.id, COALESCE(s.created_at, p.created_at) FROM wanted_profile AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM profiles_customerprofile AS p
    WHERE p.tenant_id = (SELECT %(tenant)s::uuid) AND p.id = wanted.profile_id OFFSET 0) AS p
LEFT JOIN profiles_profileshare AS s ON s.tenant_id = %(tenant)s AND s.profile_id = p.id
"""
# By identity: whoever was merged by a person stays somebody else to the rules.
KEYS_OF_PEOPLE = """
SELECT COALESCE(born.identity_id, i.origin_profile_id), i.id, i.kind, i.value FROM wanted_profile AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM profiles_identifier AS i
    WHERE i.tenant_id = (SELECT %(tenant)s::uuid) AND i.profile_id = wanted.profile_id OFFSET 0) AS i
LEFT JOIN LATERAL (
    SELECT p.identity_id FROM profiles_customerprofile AS p
    WHERE i.origin_profile_id <> i.profile_id
      AND p.tenant_id = (SELECT %(tenant)s::uuid) AND p.id = i.origin_profile_id OFFSET 0) AS born ON true
"""
NAMES_AND_BIRTHS = """
SELECT f.identifier_id, f.source, f.field, f.value #>> '{}' FROM wanted_profile AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM profiles_fact AS f
    WHERE f.tenant_id = (SELECT %s::uuid) AND f.profile_id = wanted.profile_id OFFSET 0) AS f
WHERE f.field IN ('firstName', 'lastName', 'dateOfBirth') AND jsonb_typeof(f.value) = 'string'
"""
WANTED_LINK_KEY = StagingTable("wanted_link_key", "key text")
CANNOT_LINKS = """
SELECT result.key, apart.second_key FROM wanted_link_key AS result
JOIN profiles_cannotlink AS apart ON apart.tenant_id = %(tenant)s AND apart.first_key = result.key
UNION ALL
SELECT result.key, apart.first_key FROM wanted_link_key AS result
JOIN profiles_cannotlink AS apart ON apart.tenant_id = %(tenant)s AND apart.second_key = result.key
"""
NEXT_IDENTIFIER_IDS = """
SELECT COALESCE(array_agg(nextval(sequence)), '{}')
FROM (SELECT pg_get_serial_sequence('profiles_identifier', 'id')::regclass AS sequence OFFSET 0) AS named,
     generate_series(1, %s)
"""
NEW_IDENTIFIER = StagingTable(
    "new_identifier",
    "id bigint, profile_id uuid, origin_profile_id uuid, kind text, value text, confidence smallint, source text,"
    " event_id text, is_shared boolean, linked_at timestamptz, unlinked_at timestamptz",
)
INSERT_IDENTIFIERS = """
INSERT INTO profiles_identifier (id, tenant_id, profile_id, origin_profile_id, kind, value, confidence, source,
                                 event_id, is_shared, linked_at, unlinked_at)
SELECT id, %s, profile_id, origin_profile_id, kind, value, confidence, source, event_id, is_shared, linked_at,
       unlinked_at
FROM new_identifier
"""
CHANGED_IDENTIFIER = StagingTable(
    "changed_identifier",
    "id bigint, is_shared boolean, linked_at timestamptz, unlinked_at timestamptz",
    has_places=True,
)
# Maxima, and sharing never ends: so two batches that change the same row may do so in any order.
UPDATE_IDENTIFIERS = """
UPDATE profiles_identifier AS i
SET is_shared = i.is_shared OR changed.is_shared, linked_at = GREATEST(i.linked_at, changed.linked_at),
    unlinked_at = GREATEST(i.unlinked_at, changed.unlinked_at)
FROM changed_identifier AS changed
WHERE i.ctid = changed.place AND i.id = changed.id AND i.tenant_id = %s
"""
NEW_CANDIDATE = StagingTable("new_candidate", "first_id uuid, second_id uuid, reason text, evidence jsonb")
INSERT_CANDIDATES = """
INSERT INTO profiles_reviewcandidate (tenant_id, first_profile_id, second_profile_id, reason, evidence, status)
SELECT %s, first_id, second_id, reason, evidence, 'OPEN' FROM new_candidate
ON CONFLICT ON CONSTRAINT profiles_candidate_pair_uq DO NOTHING
"""

# --- facts
NEW_FACT = StagingTable(
    "new_fact",
    "profile_id uuid, identifier_id bigint, field text, source text, rank smallint, value jsonb,"
    " occurred_at timestamptz, event_id text, sequence bigint, arrival bigint",
)
# A late event never overwrites a newer fact; of two at the same instant the sender's sequence decides, then arrival.
UPSERT_FACTS = """
INSERT INTO profiles_fact AS f (tenant_id, profile_id, identifier_id, field, source, rank, value, occurred_at, event_id,
                                sequence, arrival)
SELECT %s, profile_id, identifier_id, field, source, rank, value, occurred_at, event_id, sequence, arrival
FROM new_fact
ON CONFLICT ON CONSTRAINT profiles_fact_record_uq DO UPDATE
SET value = excluded.value, occurred_at = excluded.occurred_at, event_id = excluded.event_id,
    sequence = excluded.sequence, arrival = excluded.arrival, recorded_at = now()
WHERE (excluded.occurred_at, excluded.sequence, excluded.arrival) > (f.occurred_at, f.sequence, f.arrival)
"""

# --- activities
NEW_ACTIVITY = StagingTable(
    "new_activity",
    "id bigint, profile_id uuid, origin_profile_id uuid, occurred_at timestamptz, slot smallint, type text,"
    " category text, channel text, source text, source_event_id text, title text, metadata jsonb, once_key uuid",
)
INSERT_ACTIVITIES = """
INSERT INTO profiles_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, slot, type, category,
                               channel, source, source_event_id, title, metadata, once_key)
SELECT id, %s, profile_id, origin_profile_id, occurred_at, slot, type, category, channel, source, source_event_id,
       title, metadata, once_key
FROM new_activity
"""
ONCE_KEY = StagingTable("wanted_once_key", "key uuid")
# What is stored counts what it said last; refunds count below zero, other currencies nothing.
KNOWN_ONCE = """
SELECT a.once_key, a.id, a.profile_id, COALESCE((a.metadata->>'toldAt')::timestamptz, a.occurred_at), CASE
           WHEN a.metadata->>'currency' IS DISTINCT FROM t.currency AND a.metadata ? 'currency' THEN 0
           WHEN a.type = 'PAYMENT_RECEIVED' THEN (a.metadata->>'amountCents')::bigint
           WHEN a.type = 'PAYMENT_REFUNDED' THEN -(a.metadata->>'amountCents')::bigint
           ELSE 0 END
FROM tenants_tenant AS t
CROSS JOIN wanted_once_key AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM profiles_activity AS a
    WHERE a.tenant_id = (SELECT %(tenant)s::uuid) AND a.once_key = wanted.key OFFSET 0) AS a
WHERE t.id = %(tenant)s
"""
AMENDED = StagingTable("amended_activity", "id bigint, title text, metadata jsonb", has_places=True)
AMEND = """
UPDATE profiles_activity AS a SET title = amended.title, metadata = amended.metadata
FROM amended_activity AS amended
WHERE a.ctid = amended.place AND a.tenant_id = %s AND a.id = amended.id
"""
LOG_ACTIVITIES = """
INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
SELECT %s, 'activity.recorded', profile_id,
       jsonb_build_object('activityId', id, 'type', type, 'occurredAt', occurred_at)
FROM new_activity
"""
REPLAYED_EVENT = StagingTable("replayed_event", "source text, event_id text")
RECORDED_ALREADY = """
SELECT DISTINCT a.source, a.source_event_id FROM replayed_event AS r
CROSS JOIN LATERAL (
    SELECT * FROM profiles_activity AS a
    WHERE a.tenant_id = (SELECT %s::uuid) AND a.source = r.source AND a.source_event_id = r.event_id OFFSET 0) AS a
"""

# --- figures
_DELTA_COLUMNS = (
    "profile_id uuid, count_30d integer, count_90d integer, bookings_30d integer, last_at timestamptz, last_type text,"
    " value_cents bigint, stage_rank smallint, booked_at timestamptz, opened_at timestamptz, clicked_at timestamptz"
)
COUNTER_DELTA = StagingTable("delta", _DELTA_COLUMNS, has_places=True)
# Sums and maxima only, so that the order of events does not matter. Answers whose stage moved.
ADD_COUNTER_DELTAS = """
WITH moved AS (
    UPDATE profiles_customerprofile AS p
    SET activity_count_30d = p.activity_count_30d + t.count_30d,
        activity_count_90d = p.activity_count_90d + t.count_90d,
        booking_count_30d = p.booking_count_30d + t.bookings_30d,
        last_activity_type = CASE
            WHEN t.last_at IS NULL THEN p.last_activity_type
            WHEN p.last_activity_at IS NULL OR (t.last_at, t.last_type) > (p.last_activity_at, p.last_activity_type)
                THEN t.last_type
            ELSE p.last_activity_type END,
        last_activity_at = GREATEST(p.last_activity_at, t.last_at),
        lifetime_value_cents = p.lifetime_value_cents + t.value_cents,
        last_booking_at = GREATEST(p.last_booking_at, t.booked_at),
        last_email_open_at = GREATEST(p.last_email_open_at, t.opened_at),
        last_email_click_at = GREATEST(p.last_email_click_at, t.clicked_at),
        stage_reached = GREATEST(p.stage_reached, t.stage_rank),
        lifecycle_stage = CASE
            WHEN p.lifecycle_stage = 'CHURNED' THEN 'CHURNED'
            ELSE (%s::text[])[GREATEST(p.stage_reached, t.stage_rank) + 1] END,
        version = p.version + 1,
        updated_at = now()
    FROM delta AS t
    WHERE p.ctid = t.place AND p.tenant_id = (SELECT %s::uuid) AND p.id = t.profile_id
    RETURNING p.id, old.lifecycle_stage <> new.lifecycle_stage AS is_moved, p.has_shares
)
SELECT id, is_moved, has_shares FROM moved WHERE is_moved OR has_shares
"""
# What a merged customer's sides bring is kept by side, so that it can go back with them.
SHARE = StagingTable("share_counter_delta", _DELTA_COLUMNS)
ADD_SHARES = """
UPDATE profiles_profileshare AS s
SET last_activity_type = CASE
        WHEN t.last_at IS NULL THEN s.last_activity_type
        WHEN s.last_activity_at IS NULL OR (t.last_at, t.last_type) > (s.last_activity_at, s.last_activity_type)
            THEN t.last_type
        ELSE s.last_activity_type END,
    last_activity_at = GREATEST(s.last_activity_at, t.last_at),
    lifetime_value_cents = s.lifetime_value_cents + t.value_cents,
    last_booking_at = GREATEST(s.last_booking_at, t.booked_at),
    last_email_open_at = GREATEST(s.last_email_open_at, t.opened_at),
    last_email_click_at = GREATEST(s.last_email_click_at, t.clicked_at),
    stage_reached = GREATEST(s.stage_reached, t.stage_rank)
FROM share_counter_delta AS t
WHERE s.tenant_id = %s AND s.profile_id = t.profile_id
"""

# --- tags
TAGGED_PROFILE = StagingTable("tagged_profile", "profile_id uuid, tags text[]", has_places=True)
ADD_TAGS = """
UPDATE profiles_customerprofile AS p
SET tags = ARRAY(SELECT DISTINCT tag FROM unnest(p.tags || t.tags) AS tag ORDER BY tag), version = p.version + 1,
    updated_at = now()
FROM tagged_profile AS t
WHERE p.ctid = t.place AND p.tenant_id = %s AND p.id = t.profile_id AND NOT p.tags @> t.tags
RETURNING p.id, old.tags
"""
ADD_SHARED_TAGS = """
UPDATE profiles_profileshare AS s
SET tags = ARRAY(SELECT DISTINCT tag FROM unnest(s.tags || t.tags) AS tag ORDER BY tag)
FROM tagged_profile AS t
WHERE s.tenant_id = %s AND s.profile_id = t.profile_id AND NOT s.tags @> t.tags
"""

# --- new people
NEW_PROFILE = StagingTable(
    "new_profile",
    f"{_DELTA_COLUMNS}, created_source text, position integer, tags text[], {TYPED_GOLDEN_COLUMNS}",
)
INSERT_PROFILES = f"""
INSERT INTO profiles_customerprofile (
    id, tenant_id, created_source, version, tags, activity_count_30d, activity_count_90d, booking_count_30d,
    last_activity_at, last_activity_type, lifetime_value_cents, stage_reached, last_booking_at, last_email_open_at,
    last_email_click_at, {GOLDEN_COLUMN_LIST})
SELECT profile_id, %s, created_source, 1, tags, count_30d, count_90d, bookings_30d, last_at, last_type, value_cents,
       stage_rank, booked_at, opened_at, clicked_at, {GOLDEN_COLUMN_LIST}
FROM new_profile ORDER BY position
"""

# --- privacy
NEW_ERASURE = StagingTable("new_erasure", "profile_id uuid, source text, event_id text, reason text")
INSERT_ERASURES = """
INSERT INTO profiles_privacyrequest (
    tenant_id, profile_id, origin_profile_id, kind, reason, source, source_event_id, status)
SELECT DISTINCT ON (profile_id) %s::uuid, profile_id, profile_id, 'ERASURE', reason, source, event_id, 'OPEN'
FROM new_erasure
ON CONFLICT (tenant_id, profile_id, kind) WHERE status = 'OPEN' DO NOTHING
"""
