"""The SQL of campaigns: due occurrences, audiences, planning, standing. Parts in braces are filled in by `planning`."""

from typing import Final

from campaigns.buckets import bucket_sql

# --- Due occurrences

# Over all tenants; a campaign that is paused or a draft is nobody's work. What a killed worker held is due again when
# its lease has run out.
CLAIM: Final = """
WITH due AS MATERIALIZED (
    SELECT o.id FROM campaigns_campaignoccurrence AS o
    JOIN campaigns_campaign AS c ON c.tenant_id = o.tenant_id AND c.id = o.campaign_id
    WHERE o.status IN ('WAITING', 'TESTING', 'SENDING') AND o.due_at <= %(now)s
      AND (o.leased_until IS NULL OR o.leased_until <= %(now)s AND o.attempts < %(most_lost)s)
      AND c.status IN ('SCHEDULED', 'ACTIVE')
    ORDER BY o.due_at LIMIT %(most)s FOR UPDATE OF o SKIP LOCKED
)
UPDATE campaigns_campaignoccurrence AS o SET leased_until = %(lease)s, attempts = o.attempts + 1
FROM due WHERE o.id = due.id
RETURNING o.id, o.tenant_id
"""
# What killed every worker that was at it.
DEADLY: Final = """
SELECT o.id, o.tenant_id FROM campaigns_campaignoccurrence AS o
JOIN campaigns_campaign AS c ON c.tenant_id = o.tenant_id AND c.id = o.campaign_id
WHERE o.status IN ('WAITING', 'TESTING', 'SENDING') AND o.due_at <= %(now)s AND o.leased_until <= %(now)s
  AND o.attempts >= %(most_lost)s AND c.status IN ('SCHEDULED', 'ACTIVE')
ORDER BY o.due_at LIMIT %(most)s
"""

# --- Who is meant

# People who stand for somebody. Conditions are added with AND; alias p.
PEOPLE: Final = "p.tenant_id = %(tenant)s AND p.status IN ('ACTIVE', 'INACTIVE')"
IN_SEGMENTS: Final = """p.id IN (
    SELECT m.profile_id FROM segments_segmentmember AS m
    WHERE m.tenant_id = %(tenant)s AND m.segment_id = ANY(%(segments)s))"""
NOT_IN_SEGMENTS: Final = """p.id NOT IN (
    SELECT m.profile_id FROM segments_segmentmember AS m
    WHERE m.tenant_id = %(tenant)s AND m.segment_id = ANY(%(excluded_segments)s))"""
NOT_OF_CAMPAIGNS: Final = """p.id NOT IN (
    SELECT d.profile_id FROM messaging_delivery AS d
    WHERE d.tenant_id = %(tenant)s AND d.source_id = ANY(%(excluded_campaigns)s) AND d.source = 'CAMPAIGN'
      AND d.status IN ('HANDED_OVER', 'DELIVERED', 'UNKNOWN'))"""
COUNT: Final = "SELECT count(*) FROM profiles_customerprofile AS p WHERE {condition}"
SAMPLE: Final = (
    "SELECT p.id FROM profiles_customerprofile AS p WHERE {condition} ORDER BY p.id LIMIT %(most)s"
)

# --- Candidates

# Digests cost the most of all, so each is asked for only where it decides something, and once.
HELD_OUT: Final = f"{bucket_sql('%(hold_out_salt)s', 'p.id')} < %(hold_out)s"
HELD_OUT_BY_CLUB: Final = f"{bucket_sql('%(global_salt)s', 'p.id')} < %(global_hold_out)s"
IN_TEST: Final = bucket_sql("%(variant_salt)s", "p.id")
ONE_ARM: Final = "0"
CLOCK: Final = "LEFT JOIN clock ON clock.country = p.country"
# The hour at which somebody mostly opens and clicks, machines left out; of whoever never did, the campaign's own.
BEST_HOUR: Final = """
LEFT JOIN LATERAL (
    SELECT extract(hour FROM a.occurred_at AT TIME ZONE %(zone)s)::int AS hour FROM profiles_activity AS a
    WHERE a.tenant_id = %(tenant)s AND a.profile_id = p.id AND a.occurred_at > %(since)s
      AND a.type IN ('EMAIL_OPENED', 'EMAIL_CLICKED') AND a.metadata ->> 'isMachine' IS DISTINCT FROM 'true'
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
) AS best ON true
LEFT JOIN hours ON hours.hour = best.hour"""
SPREAD: Final = (
    f"%(hour)s::timestamptz + {bucket_sql('%(spread_salt)s', 'p.id')} * %(spread)s::interval / 10000"
)
TOGETHER: Final = "%(hour)s::timestamptz"
OWN_ZONE: Final = "COALESCE(clock.at, %(hour)s::timestamptz)"
AT_BEST_HOUR: Final = "COALESCE(hours.at, %(hour)s::timestamptz)"
# One row a person: their arm, their time, held out or not. Who is in no arm waits for the winner. First who is meant,
# whatever the planner thinks: otherwise it sorts everybody to find a few.
CANDIDATES: Final = """
WITH arm AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(arms)s::jsonb)
        AS arm(label text, low int, high int, channels text[], message_ids uuid[], delay int)
), clock AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(clocks)s::jsonb) AS clock(country text, zone text, at timestamptz)
), hours AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(hours)s::jsonb) AS hours(hour int, at timestamptz)
), meant AS MATERIALIZED (
    SELECT p.id, p.country, {known} FROM profiles_customerprofile AS p WHERE {condition}
), parted AS MATERIALIZED (
    SELECT p.*, {held_out} AS is_out, {bucket} AS bucket FROM meant AS p
)
INSERT INTO send_candidate (profile_id, key, channels, message_ids, due_at, zone, occurrence, variant, skip_reason,
                            position, {person})
SELECT p.id, %(prefix)s || p.id, COALESCE(arm.channels, '{{}}'), COALESCE(arm.message_ids, '{{}}'),
       {due} + make_interval(mins => COALESCE(arm.delay, 0)), {zone}, %(occurrence)s,
       CASE WHEN p.is_out THEN '' ELSE arm.label END, CASE WHEN p.is_out THEN 'HOLD_OUT' ELSE '' END,
       row_number() OVER (ORDER BY p.id), {known}
FROM parted AS p
LEFT JOIN arm ON p.bucket >= arm.low AND p.bucket < arm.high
{joins}
WHERE arm.label IS NOT NULL OR p.is_out
"""

# --- Set off by an event

# From the ids to their rows, and so on from row to row (OFFSET): statistics that do not know a fresh send yet would
# have all of its messages read for each activity.
ACTIVITIES: Final = """unnest(%(activities)s::bigint[]) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT * FROM profiles_activity AS a
        WHERE a.tenant_id = (SELECT %(tenant)s::uuid) AND a.id = wanted.id OFFSET 0) AS a"""

# An event sets a campaign off once for a person: not again within the cap, whatever became of the message. Without a
# cap each of a person's events counts, also of those that are heard of together.
TRIGGER: Final = f"""
WITH armed AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(campaigns)s::jsonb)
        AS c(id uuid, event text, wanted jsonb, delay int, cap int, since timestamptz)
), happened AS (
    SELECT DISTINCT ON (c.id, a.profile_id, CASE c.cap WHEN 0 THEN a.id END)
           c.id AS campaign_id, c.delay, c.cap, a.id AS activity_id, a.profile_id, a.origin_profile_id, a.recorded_at
    FROM {ACTIVITIES}
    JOIN events_inboxevent AS e ON e.tenant_id = a.tenant_id AND e.id = a.id / %(slots)s
    JOIN armed AS c ON c.event = e.type AND (c.wanted = '{{}}' OR e.envelope -> 'payload' @> c.wanted)
    WHERE a.slot = 0 AND a.occurred_at > now() - %(oldest)s::interval AND (c.since IS NULL OR a.occurred_at >= c.since)
    ORDER BY c.id, a.profile_id, CASE c.cap WHEN 0 THEN a.id END, a.id
)
INSERT INTO campaigns_triggeredperson (tenant_id, campaign_id, profile_id, origin_profile_id, activity_id, due_at)
SELECT %(tenant)s, campaign_id, profile_id, origin_profile_id, activity_id, now() + make_interval(mins => delay)
FROM happened AS h
WHERE h.cap = 0 OR NOT EXISTS (
    SELECT FROM campaigns_triggeredperson AS t
    WHERE t.tenant_id = %(tenant)s AND t.profile_id = h.profile_id AND t.campaign_id = h.campaign_id
      AND t.due_at > now() + make_interval(mins => h.delay) - make_interval(days => h.cap))
ON CONFLICT ON CONSTRAINT campaigns_triggered_event_uq DO NOTHING
"""
# A key for each event: the same person may be set off again once the cap allows it. `event` holds its payload. Who
# waited too long, as through a pause, is skipped (EXPIRED).
TRIGGERED_CANDIDATES: Final = """
WITH arm AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(arms)s::jsonb)
        AS arm(label text, low int, high int, channels text[], message_ids uuid[], delay int)
), due AS (
    UPDATE campaigns_triggeredperson AS t SET planned_at = %(now)s
    WHERE t.id IN (
        SELECT id FROM campaigns_triggeredperson
        WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s AND planned_at IS NULL AND due_at <= %(now)s
        ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
    RETURNING t.profile_id, t.activity_id, t.due_at
), filled AS (
    INSERT INTO send_candidate (profile_id, key, channels, message_ids, due_at, expires_at, occurrence, variant,
                                skip_reason, variables, position)
    SELECT p.id, %(prefix)s || due.activity_id || ':' || p.id, COALESCE(arm.channels, '{{}}'),
           COALESCE(arm.message_ids, '{{}}'), %(now)s::timestamptz + make_interval(mins => COALESCE(arm.delay, 0)),
           due.due_at + make_interval(mins => COALESCE(arm.delay, 0)) + %(oldest)s::interval, %(occurrence)s,
           CASE WHEN part.is_out THEN '' ELSE arm.label END,
           CASE WHEN part.is_out THEN 'HOLD_OUT' ELSE '' END,
           jsonb_build_object('event', COALESCE(e.envelope -> 'payload', '{{}}')), row_number() OVER (ORDER BY p.id)
    FROM due JOIN profiles_customerprofile AS p ON p.id = due.profile_id
    CROSS JOIN LATERAL (SELECT {held_out} AS is_out, {bucket} AS bucket) AS part
    LEFT JOIN arm ON part.bucket >= arm.low AND part.bucket < arm.high
    LEFT JOIN events_inboxevent AS e ON e.tenant_id = %(tenant)s AND e.id = due.activity_id / %(slots)s
    WHERE {condition}
)
SELECT count(*) FROM due
"""

# --- Where it stands

LEDGER: Final = """
SELECT occurrence, status, reason, count(*) FROM messaging_delivery
WHERE tenant_id = %(tenant)s AND source_id = %(campaign)s AND source = 'CAMPAIGN'
GROUP BY occurrence, status, reason
"""
HAS_OPEN: Final = """
SELECT EXISTS (
    SELECT FROM messaging_delivery WHERE tenant_id = %(tenant)s AND source_id = %(campaign)s
      AND occurrence = %(occurrence)s AND status IN ('PLANNED', 'DEFERRED', 'CLAIMED', 'UNKNOWN'))
"""
# Tried so far, failed of them, and the commonest reason.
TRIED: Final = """
SELECT count(*) FILTER (WHERE status IN ('HANDED_OVER', 'DELIVERED', 'BOUNCED', 'FAILED')),
       count(*) FILTER (WHERE status = 'FAILED'),
       mode() WITHIN GROUP (ORDER BY NULLIF(error, '')) FILTER (WHERE status = 'FAILED')
FROM messaging_delivery
WHERE tenant_id = %(tenant)s AND source_id = %(campaign)s AND occurrence = %(occurrence)s AND source = 'CAMPAIGN'
"""
# Of a campaign that goes on and on: what became of the newest, of whoever was planned since somebody let it go on. All
# of them would be read every few seconds, and a fault of today would not be seen among the messages of years.
# Backwards over the index of sources, in an order that no other index has.
TRIED_LATELY: Final = """
SELECT count(*) FILTER (WHERE status IN ('HANDED_OVER', 'DELIVERED', 'BOUNCED', 'FAILED')),
       count(*) FILTER (WHERE status = 'FAILED'),
       mode() WITHIN GROUP (ORDER BY NULLIF(error, '')) FILTER (WHERE status = 'FAILED')
FROM (
    SELECT source_id, occurrence, status, error, planned_at FROM messaging_delivery
    WHERE tenant_id = %(tenant)s AND (source_id, occurrence) <= (%(campaign)s, %(occurrence)s)
    ORDER BY source_id DESC, occurrence DESC, id DESC LIMIT 1000
) AS newest
WHERE source_id = %(campaign)s AND occurrence = %(occurrence)s AND planned_at > COALESCE((
    SELECT max(at) FROM campaigns_campaignact
    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s AND act = 'resumed'), '-infinity')
"""
