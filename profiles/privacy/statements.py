"""The SQL of privacy; `%(ids)s` are the profiles that are erased or told about: a survivor and all merged into it."""

from tenants.postgresql.staging import StagingTable

MERGED_IDS = """
SELECT id FROM profiles_customerprofile
WHERE tenant_id = %(tenant)s AND (id = %(survivor)s OR merged_into_id = %(survivor)s)
"""
ALL_KEYS = """
SELECT DISTINCT kind, value FROM profiles_identifier WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s)
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
MENTION = StagingTable("erased_mention", "id bigint")
# The whole inbox is read, before the lock is taken; afterwards only what came or changed since.
FIND_MENTIONS = """
INSERT INTO erased_mention
SELECT id FROM events_inboxevent
WHERE tenant_id = %(tenant)s
  AND (profile_id = ANY(%(ids)s) OR envelope::text ~* %(pattern)s OR envelope::text ~ %(id_pattern)s
       OR (status <> 'SUCCESS' AND (type LIKE 'scl.member.%%' OR type LIKE 'teetime.player.%%')
           AND envelope->'payload'->>'id' = ANY(%(subject_ids)s))
       OR original_envelope::text ~* %(pattern)s OR error_message ~* %(pattern)s OR event_id ~* %(pattern)s)
"""
FIND_LATE_MENTIONS = FIND_MENTIONS + " AND (id > %(newest)s OR status NOT IN ('SUCCESS'))"
NEWEST = "SELECT COALESCE(max(id), 0) FROM events_inboxevent WHERE tenant_id = %(tenant)s"
# What is about the person alone, or about nobody known, keeps its place and loses its content. What was waiting is not
# applied any more.
BLANK_OWN = """
UPDATE events_inboxevent AS inbox
SET envelope = '{"erased": true}', original_envelope = NULL, profile_id = NULL, activity_id = NULL, due_at = NULL,
    error_code = 'ERASED_PERSON', error_field = '', remarks = NULL,
    error_message = 'About somebody who was erased on request.',
    event_id = CASE WHEN inbox.event_id ~* %(pattern)s THEN 'erased-' || inbox.id ELSE inbox.event_id END,
    status = 'SKIPPED', processed_at = COALESCE(inbox.processed_at, now())
WHERE tenant_id = %(tenant)s AND id IN (SELECT id FROM erased_mention)
  AND (profile_id = ANY(%(ids)s) OR (profile_id IS NULL AND status <> 'SUCCESS')) AND envelope <> '{"erased": true}'
"""
TEXTS_OF_OTHERS = """
SELECT id, envelope::text, original_envelope::text FROM events_inboxevent
WHERE tenant_id = %(tenant)s AND id IN (SELECT id FROM erased_mention) AND envelope <> '{"erased": true}'
"""
REDACTED_EVENT = StagingTable("redacted_event", "id bigint, envelope jsonb, original jsonb")
REDACT_EVENTS = """
UPDATE events_inboxevent AS inbox
SET envelope = redacted.envelope, original_envelope = redacted.original,
    error_message = regexp_replace(inbox.error_message, %(pattern)s, '[erased]', 'gi')
FROM redacted_event AS redacted
WHERE inbox.tenant_id = %(tenant)s AND inbox.id = redacted.id
"""
# Rows of others made by an event that mentions the person, and what staff wrote by hand.
ACTIVITIES_OF_OTHERS = """
SELECT a.id, a.title, a.metadata::text FROM profiles_activity AS a
WHERE a.tenant_id = %(tenant)s AND a.profile_id <> ALL(%(ids)s)
  AND (a.id IN (SELECT b.id FROM erased_mention AS m
                JOIN profiles_activity AS b ON b.id BETWEEN m.id * 256 AND m.id * 256 + 255)
       OR (a.source, a.source_event_id) IN (SELECT source, source_event_id FROM profiles_activity
                                            WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s))
       OR (a.source = 'crm' AND (a.title ~* %(pattern)s OR a.metadata::text ~* %(pattern)s)))
"""
REDACTED_ACTIVITY = StagingTable("redacted_activity", "id bigint, title text, metadata jsonb")
REDACT_ACTIVITIES = """
UPDATE profiles_activity AS a SET title = redacted.title, metadata = redacted.metadata
FROM redacted_activity AS redacted
WHERE a.tenant_id = %(tenant)s AND a.id = redacted.id
"""
