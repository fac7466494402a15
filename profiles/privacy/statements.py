"""The SQL of privacy; `%(ids)s` are the profiles that are erased or told about: a survivor and all merged into it."""

from tenants.postgresql.staging import StagingTable

MERGED_IDS = """
SELECT id FROM profiles_customerprofile
WHERE tenant_id = %(tenant)s AND (id = %(survivor)s OR merged_into_id = %(survivor)s)
"""
# The ids by which services know the person; addresses are no parameters of statements.
SERVICE_KEYS = """
SELECT DISTINCT kind, value FROM profiles_identifier
WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s) AND kind NOT IN ('email', 'phoneNumber')
"""
OWN_KEYS = """
SELECT DISTINCT mine.kind, mine.value FROM profiles_identifier AS mine
WHERE mine.tenant_id = %(tenant)s AND mine.profile_id = ANY(%(ids)s)
  AND NOT EXISTS (SELECT FROM profiles_identifier AS other
                  WHERE other.tenant_id = mine.tenant_id AND other.kind = mine.kind AND other.value = mine.value
                    AND other.profile_id <> ALL(%(ids)s))
"""
# Names as they stand together in one record, and as the golden rows say; a record that lacks one half is completed by
# those. All first names with all last names would be hundreds, of which most are nobody's.
STATED_NAMES = """
WITH golden AS (
    SELECT id, first_name, last_name FROM profiles_customerprofile
    WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s)
), stated AS (
    SELECT max(value #>> '{}') FILTER (WHERE field = 'firstName') AS first_name,
           max(value #>> '{}') FILTER (WHERE field = 'lastName') AS last_name
    FROM profiles_fact
    WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s) AND field IN ('firstName', 'lastName')
    GROUP BY identifier_id, source, rank
)
SELECT s.first_name, s.last_name FROM stated AS s
UNION SELECT g.first_name, g.last_name FROM golden AS g
UNION SELECT s.first_name, g.last_name FROM stated AS s CROSS JOIN golden AS g
WHERE s.last_name IS NULL AND g.id = %(survivor)s
UNION SELECT g.first_name, s.last_name FROM stated AS s CROSS JOIN golden AS g
WHERE s.first_name IS NULL AND g.id = %(survivor)s
"""
DISPLAY_NAMES = """
SELECT DISTINCT display_name FROM profiles_customerprofile
WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s) AND display_name <> ''
"""

# --- the inbox and the timelines of others
OWN_EVENTS = "SELECT id FROM events_inboxevent WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s)"
LOCK_EVENTS = """
SELECT id FROM events_inboxevent WHERE tenant_id = %(tenant)s AND id = ANY(%(mentioned)s) ORDER BY id FOR UPDATE
"""
LOCK_FREE_EVENTS = LOCK_EVENTS + " SKIP LOCKED"
EVENT_IDS = (
    "SELECT id, event_id FROM events_inboxevent WHERE tenant_id = %(tenant)s AND id = ANY(%(mentioned)s)"
)
# What is about the person alone, or about nobody known, keeps its place and loses its content. What was waiting is not
# applied any more.
BLANK_OWN = """
UPDATE events_inboxevent AS inbox
SET envelope = '{"erased": true}', original_envelope = NULL, profile_id = NULL, activity_id = NULL, due_at = NULL,
    error_code = 'ERASED_PERSON', error_field = '', remarks = NULL,
    error_message = 'About somebody who was erased on request.',
    event_id = CASE WHEN inbox.id = ANY(%(odd_ids)s) THEN 'erased-' || inbox.id ELSE inbox.event_id END,
    status = 'SKIPPED', processed_at = COALESCE(inbox.processed_at, now())
WHERE tenant_id = %(tenant)s AND id = ANY(%(mentioned)s)
  AND (profile_id = ANY(%(ids)s) OR (profile_id IS NULL AND status <> 'SUCCESS')) AND envelope <> '{"erased": true}'
"""
TEXTS_OF_OTHERS = """
SELECT id, envelope::text, original_envelope::text, error_message FROM events_inboxevent
WHERE tenant_id = %(tenant)s AND id = ANY(%(mentioned)s) AND envelope <> '{"erased": true}'
  AND (profile_id IS NULL OR profile_id <> ALL(%(ids)s))
"""
REDACTED_EVENT = StagingTable("redacted_event", "id bigint, envelope jsonb, original jsonb, error text")
REDACT_EVENTS = """
UPDATE events_inboxevent AS inbox
SET envelope = redacted.envelope, original_envelope = redacted.original,
    error_message = redacted.error
FROM redacted_event AS redacted
WHERE inbox.tenant_id = %(tenant)s AND inbox.id = redacted.id
"""
# Rows of others made by an event that mentions the person, and what staff wrote by hand.
# Each way by its key: an OR of the three would read the timeline of the whole club.
ACTIVITIES_OF_OTHERS = """
WITH theirs AS MATERIALIZED (
    SELECT DISTINCT source, source_event_id FROM profiles_activity
    WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s)
), found AS MATERIALIZED (
    SELECT a.id FROM unnest(%(mentioned)s::bigint[]) AS m (id)
    CROSS JOIN LATERAL (SELECT id FROM profiles_activity
                        WHERE id BETWEEN m.id * 256 AND m.id * 256 + 255 AND tenant_id = %(tenant)s OFFSET 0) AS a
    UNION
    SELECT a.id FROM theirs AS t
    CROSS JOIN LATERAL (SELECT id FROM profiles_activity
                        WHERE tenant_id = %(tenant)s AND source = t.source AND source_event_id = t.source_event_id
                        OFFSET 0) AS a
    UNION
    SELECT unnest(%(by_hand)s::bigint[])
)
SELECT a.id, a.title, a.metadata::text FROM found
CROSS JOIN LATERAL (SELECT * FROM profiles_activity WHERE id = found.id AND tenant_id = %(tenant)s OFFSET 0) AS a
WHERE a.profile_id <> ALL(%(ids)s)
"""
REDACTED_ACTIVITY = StagingTable("redacted_activity", "id bigint, title text, metadata jsonb")
REDACT_ACTIVITIES = """
UPDATE profiles_activity AS a SET title = redacted.title, metadata = redacted.metadata
FROM redacted_activity AS redacted
WHERE a.tenant_id = %(tenant)s AND a.id = redacted.id
"""
