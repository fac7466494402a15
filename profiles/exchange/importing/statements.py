"""The SQL of imports; every statement works on a chunk of rows."""

from typing import Final

from tenants.postgresql.plans import for_any_club
from tenants.postgresql.staging import StagingTable

# --- storing and checking
FILE_ROW = StagingTable("file_row", "line integer, cells text[], is_heading boolean")
STORE_ROWS: Final = """
INSERT INTO profiles_importrow (tenant_id, import_id, line, cells, is_heading, remarks, is_partial, changes, reason,
                                is_created, added_tags)
SELECT %s, %s, line, cells, is_heading, '[]', false, '[]', '', false, '{}' FROM file_row
"""
JUDGED_ROW = StagingTable(
    "judged_row",
    "line integer, row_values jsonb, remarks jsonb, is_partial boolean, outcome text, reason text, changes jsonb,"
    " profile_id uuid, stage_before smallint",
)
STORE_VERDICTS: Final = for_any_club(
    """
UPDATE profiles_importrow AS r
SET values = j.row_values, remarks = j.remarks, is_partial = j.is_partial, outcome = j.outcome,
    reason = j.reason, changes = j.changes, profile_id = j.profile_id, stage_before = j.stage_before
FROM judged_row AS j
WHERE r.tenant_id = %s AND r.import_id = %s AND r.line = j.line
""",
    "import_id",
)
MATCHED_PROFILE = StagingTable("matched_profile", "profile_id uuid")
# {columns}: what a file may change.
KNOWN_PROFILES: Final = """
SELECT p.id, p.stage_reached, p.tags, p.display_name, {columns} FROM matched_profile AS m
CROSS JOIN LATERAL (
    SELECT * FROM profiles_customerprofile AS p WHERE p.tenant_id = %s AND p.id = m.profile_id OFFSET 0) AS p
"""
# For each field the fact that weighs most: what a file says may have to give way to it.
HEAVIEST_FACTS: Final = """
SELECT DISTINCT ON (f.profile_id, f.field) f.profile_id, f.field, f.rank, f.occurred_at FROM matched_profile AS m
CROSS JOIN LATERAL (
    SELECT * FROM profiles_fact AS f WHERE f.tenant_id = %s AND f.profile_id = m.profile_id OFFSET 0) AS f
ORDER BY f.profile_id, f.field, f.rank DESC, f.occurred_at DESC
"""
NAMESAKE = StagingTable("namesake", "first_name text, last_name text")
# Only for rows with nothing but a name; by the names as the golden rows have them, whatever the case.
NAMESAKES: Final = """
SELECT DISTINCT ON (n.first_name, n.last_name) n.first_name, n.last_name, p.id
FROM namesake AS n
JOIN profiles_customerprofile AS p ON p.tenant_id = %s
    AND lower(p.first_name) = n.first_name AND lower(p.last_name) = n.last_name
WHERE p.status IN ('ACTIVE', 'INACTIVE')
ORDER BY n.first_name, n.last_name, p.created_at
"""

# --- running
TAKE_ROWS: Final = for_any_club(
    """
SELECT id, line, values::text, outcome = 'UPDATE' AND profile_id IS NOT NULL AND reason = '',
       ARRAY(SELECT jsonb_array_elements(changes)->>'field')
FROM profiles_importrow
WHERE tenant_id = %s AND import_id = %s AND line > %s AND applied_at IS NULL AND outcome = ANY(%s)
ORDER BY line LIMIT %s
""",
    "import_id",
)
# Another worker may have brought in some since they were read.
LOCK_ROWS: Final = """
SELECT id FROM profiles_importrow WHERE tenant_id = %s AND id = ANY(%s) AND applied_at IS NULL FOR UPDATE
"""
APPLIED_ROW = StagingTable(
    "applied_row",
    "id bigint, outcome text, reason text, profile_id uuid, is_created boolean, added_tags text[]",
)
SETTLE_ROWS: Final = """
UPDATE profiles_importrow AS r
SET outcome = a.outcome, reason = CASE WHEN a.reason = '' THEN r.reason ELSE a.reason END, profile_id = a.profile_id,
    is_created = a.is_created, added_tags = a.added_tags,
    applied_at = CASE WHEN a.outcome <> 'ERROR' THEN clock_timestamp() END
FROM applied_row AS a
WHERE r.tenant_id = %s AND r.id = a.id
"""
BORN_PROFILE = StagingTable("born_profile", "profile_id uuid, created_at timestamptz")
SET_BIRTHS: Final = """
UPDATE profiles_customerprofile AS p SET created_at = b.created_at FROM born_profile AS b
WHERE p.tenant_id = %s AND p.id = b.profile_id AND b.created_at < p.created_at
"""

# --- undoing
UNDONE_ROW = StagingTable(
    "undone_row",
    "id bigint, event_id text, profile_id uuid, is_created boolean, tags text[], stage_before smallint,"
    " survivor_id uuid, is_built_on boolean, since timestamptz",
)
ROWS_TO_UNDO: Final = for_any_club(
    """
SELECT r.id, r.line, r.profile_id, r.is_created, r.added_tags, r.stage_before,
       COALESCE(p.merged_into_id, p.id)
FROM profiles_importrow AS r
JOIN profiles_customerprofile AS p ON p.tenant_id = r.tenant_id AND p.id = r.profile_id
WHERE r.tenant_id = %s AND r.import_id = %s AND r.applied_at IS NOT NULL AND r.undone_at IS NULL
ORDER BY r.line DESC LIMIT %s
FOR UPDATE OF r
""",
    "import_id",
)
# Joined because a row of this import named two customers at once.
MERGES_BY_ROWS: Final = """
UPDATE profiles_profilemerge AS m
SET unmerged_at = now(), unmerged_by_name = %s, unmerged_by_id = %s
FROM undone_row AS u
WHERE m.tenant_id = %s AND m.kind = 'AUTOMATIC' AND m.unmerged_at IS NULL AND m.evidence->>'source' = 'crm'
  AND m.evidence->>'eventId' = u.event_id
RETURNING u.id, u.event_id, m.winner_id, m.loser_id
"""
# What the row brought may stand on either side now.
ALSO_UNDO: Final = """
INSERT INTO undone_row (id, event_id, profile_id, is_created, tags, is_built_on, since)
VALUES (%s, %s, %s, false, '{}', false, %s)
"""
# What an import brought that was taken back before, and left because this one rested on it, goes with this one:
# nobody else may be known of whoever came with the two. The ids are those of `subjects.event_id_of`.
ALSO_UNDONE_BEFORE: Final = """
INSERT INTO undone_row (id, event_id, profile_id, is_created, tags, stage_before, is_built_on, since)
SELECT before.* FROM (SELECT DISTINCT profile_id FROM undone_row) AS u CROSS JOIN LATERAL (
    SELECT r.id, 'import:' || r.import_id || ':' || lpad(r.line::text, %(width)s, '0'), r.profile_id, r.is_created,
           '{}'::text[], r.stage_before, false, i.started_at
    FROM profiles_importrow AS r
    JOIN profiles_memberimport AS i ON i.tenant_id = r.tenant_id AND i.id = r.import_id
    WHERE r.tenant_id = %(tenant)s AND r.profile_id = u.profile_id AND r.undone_at IS NOT NULL
      AND r.import_id <> %(import)s OFFSET 0) AS before
"""
MOVE_ON: Final = """
UPDATE undone_row AS u SET survivor_id = COALESCE(p.merged_into_id, p.id) FROM profiles_customerprofile AS p
WHERE p.tenant_id = %s AND p.id = u.profile_id
"""
# Whatever came to a customer since the import began rests on what the import said: their keys stay, and so do they.
# Asked for each of them (OFFSET), and not of all the club's rows at once.
MARK_BUILT_ON: Final = """
UPDATE undone_row AS u SET is_built_on =
    EXISTS (SELECT FROM profiles_activity AS a
            WHERE a.tenant_id = %(tenant)s AND a.profile_id = u.survivor_id AND a.recorded_at >= u.since
            OFFSET 0)
    OR EXISTS (SELECT FROM profiles_fact AS f
               WHERE f.tenant_id = %(tenant)s AND f.profile_id = u.survivor_id AND f.recorded_at >= u.since
                 AND NOT starts_with(f.event_id, %(mine)s) OFFSET 0)
"""
# From the rows to what they brought, never the other way round: nothing here has statistics (hence OFFSET 0).
TAKE_FACTS: Final = """
DELETE FROM profiles_fact WHERE tenant_id = %(tenant)s AND id IN (
    SELECT brought.id FROM undone_row AS u CROSS JOIN LATERAL (
        SELECT f.id FROM profiles_fact AS f
        WHERE f.tenant_id = %(tenant)s AND f.profile_id = u.survivor_id AND f.event_id = u.event_id
          AND f.source = 'crm' OFFSET 0) AS brought)
"""
TAKE_KEYS: Final = """
DELETE FROM profiles_identifier WHERE tenant_id = %(tenant)s AND id IN (
    SELECT brought.id FROM undone_row AS u CROSS JOIN LATERAL (
        SELECT i.id FROM profiles_identifier AS i
        WHERE i.tenant_id = %(tenant)s AND i.profile_id = u.survivor_id AND i.event_id = u.event_id
          AND i.source = 'crm' AND (NOT u.is_built_on OR i.kind = 'crmRecordId') AND i.linked_at IS NULL
          AND NOT EXISTS (SELECT FROM profiles_fact AS f
                          WHERE f.tenant_id = %(tenant)s AND f.profile_id = u.survivor_id
                            AND (f.identifier_id = i.id OR (f.field = i.kind AND f.value #>> '{}' = i.value)))
        OFFSET 0) AS brought)
RETURNING kind, value, is_shared
"""
NO_LONGER_SHARED = StagingTable("no_longer_shared", "kind text, value text")
UNSHARE: Final = """
UPDATE profiles_identifier AS i SET is_shared = false FROM no_longer_shared AS n
WHERE i.tenant_id = %(tenant)s AND i.kind = n.kind AND i.value = n.value
  AND NOT EXISTS (SELECT FROM profiles_identifier AS other
                  WHERE other.tenant_id = %(tenant)s AND other.kind = n.kind AND other.value = n.value
                    AND other.id <> i.id)
"""
TAKE_CANDIDATES: Final = """
DELETE FROM profiles_reviewcandidate AS c USING undone_row AS u
WHERE c.tenant_id = %s AND c.status = 'OPEN' AND c.evidence->>'source' = 'crm' AND c.evidence->>'eventId' = u.event_id
"""
TAKE_TAGS: Final = """
UPDATE {table} AS p
SET tags = ARRAY(SELECT tag FROM unnest(p.tags) AS tag WHERE tag <> ALL(t.tags) ORDER BY tag)
FROM tagged_profile AS t
WHERE p.tenant_id = %s AND p.{key} = t.profile_id
"""
TAKE_STAGES: Final = """
UPDATE profiles_customerprofile AS p SET stage_reached = u.stage_before
FROM (SELECT profile_id, survivor_id, min(stage_before) AS stage_before FROM undone_row WHERE NOT is_built_on
      GROUP BY 1, 2) AS u
WHERE p.tenant_id = %s AND p.id = u.profile_id AND p.id = u.survivor_id AND NOT p.has_shares
  AND u.stage_before < p.stage_reached
"""
# Customers who came with the import and of whom no table that keeps a person knows anything else.
LEFT_WITH_NOTHING: Final = """
SELECT DISTINCT u.profile_id FROM undone_row AS u
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = u.profile_id AND NOT p.has_shares
    AND p.tags = '{{}}' AND p.status IN ('ACTIVE', 'INACTIVE')
WHERE u.is_created
  {nothing_left}
"""
# {0}: the table, {1}: a column that names the person, {2}: which rows count.
NOTHING_IN: Final = """AND NOT EXISTS (
    SELECT FROM {0} AS x WHERE x.tenant_id = %(tenant)s AND x.{1} = u.profile_id AND {2})"""
FORGET: Final = "DELETE FROM {table} AS x WHERE x.tenant_id = %(tenant)s AND ({mine})"
SETTLE_UNDONE: Final = """
UPDATE profiles_importrow AS r SET undone_at = clock_timestamp() FROM undone_row AS u
WHERE r.tenant_id = %s AND r.id = u.id AND r.undone_at IS NULL
"""

# --- rows that name a customer by id
# The strongest key that is the customer's alone; of somebody who was merged the survivor's.
KEYS_OF_CUSTOMERS: Final = """
SELECT DISTINCT ON (p.id) p.id, i.kind, i.value
FROM profiles_customerprofile AS p
JOIN profiles_identifier AS i ON i.tenant_id = p.tenant_id AND i.profile_id = COALESCE(p.merged_into_id, p.id)
WHERE p.tenant_id = %s AND p.id = ANY(%s::uuid[]) AND p.status <> 'DELETED' AND NOT i.is_shared
ORDER BY p.id, i.confidence DESC, i.id
"""

# --- the job
COUNTS: Final = """
SELECT outcome, count(*), count(applied_at), count(*) FILTER (WHERE is_partial) FROM profiles_importrow
WHERE tenant_id = %s AND import_id = %s GROUP BY outcome
"""
PROGRESS: Final = """
UPDATE profiles_memberimport SET leased_until = clock_timestamp() + make_interval(secs => %s), done = %s, attempts = 0
WHERE tenant_id = %s AND id = %s AND status = %s
"""
# --- the old system
# `v` is what a record states, the newest of each person; `{counts}` is made of the fields that are compared.
RECONCILE: Final = """
WITH record AS (
    SELECT values AS v, line FROM profiles_importrow
    WHERE tenant_id = %(tenant)s AND import_id = %(import)s AND values IS NOT NULL
), newest AS (
    SELECT DISTINCT ON (v->>%(kind)s) v FROM record WHERE v ? %(kind)s
    ORDER BY v->>%(kind)s, v->>'createdAt' DESC NULLS LAST, line DESC
)
SELECT (SELECT count(*) FROM record), count(*), count(p.id), {counts}
FROM newest
LEFT JOIN profiles_identifier AS i ON i.tenant_id = %(tenant)s AND i.kind = %(kind)s AND i.value = v->>%(kind)s
LEFT JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = i.profile_id
    AND p.status IN ('ACTIVE', 'INACTIVE')
"""
