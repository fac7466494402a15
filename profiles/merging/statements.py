"""The SQL of merging: whole components at a time. The staging tables hold a handful of rows."""

from profiles.vocabulary import COUNTED
from tenants.postgresql.staging import StagingTable

RECORDED = StagingTable(
    "recorded_merge", "winner_id uuid, loser_id uuid, kind text, evidence jsonb, position integer"
)
RECORD = """
INSERT INTO profiles_profilemerge (tenant_id, winner_id, loser_id, kind, evidence, merged_by_id, merged_by_name, reason)
SELECT %s, winner_id, loser_id, kind, evidence, %s, %s, %s FROM recorded_merge ORDER BY position
RETURNING id
"""
SEED = StagingTable("merge_seed", "profile_id uuid")
# Everybody who stands together with a seed now.
MEMBERS = """
WITH survivor AS (
    SELECT DISTINCT COALESCE(p.merged_into_id, p.id) AS id FROM merge_seed AS seed
    JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = seed.profile_id
)
SELECT p.id, p.id, p.identity_id FROM survivor
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = survivor.id
UNION ALL
SELECT p.id, p.merged_into_id, p.identity_id FROM survivor
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.merged_into_id = survivor.id
"""
EDGES = """
SELECT e.id, e.winner_id, e.loser_id, e.kind = 'AUTOMATIC' FROM merge_member AS member
JOIN profiles_profilemerge AS e ON e.tenant_id = %(tenant)s AND e.loser_id = member.profile_id
WHERE e.unmerged_at IS NULL
"""
MEMBER = StagingTable(
    "merge_member", "profile_id uuid, old_id uuid, new_id uuid, identity_id uuid, is_alone boolean"
)
# In the order in which every writer of profiles takes them, so that none waits for another in a circle.
LOCK_MEMBERS = """
SELECT p.id FROM profiles_customerprofile AS p
WHERE p.tenant_id = %(tenant)s AND p.id IN (SELECT profile_id FROM merge_member) ORDER BY p.id FOR NO KEY UPDATE
"""
# What each side brings, kept apart from the moment it stops being its own row.
KEEP_SHARES = """
INSERT INTO profiles_profileshare (
    tenant_id, profile_id, lifetime_value_cents, stage_reached, tags, created_at, last_activity_at, last_activity_type,
    last_booking_at, last_email_open_at, last_email_click_at)
SELECT p.tenant_id, p.id, p.lifetime_value_cents, p.stage_reached, p.tags, p.created_at, p.last_activity_at,
       p.last_activity_type, p.last_booking_at, p.last_email_open_at, p.last_email_click_at
FROM merge_member AS member
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = member.profile_id
WHERE NOT member.is_alone AND NOT p.has_shares AND p.merged_into_id IS NULL
ON CONFLICT (profile_id) DO NOTHING
"""
# For tables whose rows remember the profile they were born with.
MOVE = """
UPDATE {table} AS moved SET profile_id = member.new_id
FROM merge_member AS member
WHERE moved.tenant_id = %(tenant)s AND moved.profile_id = member.old_id
  AND moved.origin_profile_id = member.profile_id AND member.new_id <> member.old_id
"""
# Where a person may have one such row only: whichever comes second stays where it was.
UNLESS_TAKEN = """
  AND (NOT ({among_moved}) OR NOT EXISTS (
        SELECT FROM {table} AS other
        WHERE other.tenant_id = moved.tenant_id AND ({among_other}) AND {other_key} <> {moved_key} {same}
          AND (other.profile_id = member.new_id
               OR ({other_key} < {moved_key} AND EXISTS (
                    SELECT FROM merge_member AS sibling
                    WHERE sibling.old_id = other.profile_id AND sibling.profile_id = other.origin_profile_id
                      AND sibling.new_id = member.new_id)))))
"""
# Facts were born with their identifier.
MOVE_FACTS = """
UPDATE profiles_fact AS moved SET profile_id = member.new_id
FROM merge_member AS member
JOIN profiles_identifier AS i ON i.tenant_id = %(tenant)s AND i.profile_id = member.new_id
    AND i.origin_profile_id = member.profile_id
WHERE moved.tenant_id = %(tenant)s AND moved.profile_id = member.old_id AND moved.identifier_id = i.id
  AND member.new_id <> member.old_id
"""
DROP_DOCUMENTS = """
DELETE FROM profiles_searchdocument AS document USING merge_member AS member
WHERE document.tenant_id = %(tenant)s AND document.profile_id = member.profile_id
  AND member.new_id <> member.profile_id
"""
# First the survivors, to whom the others may then point.
SET_SURVIVORS = """
UPDATE profiles_customerprofile AS p
SET status = CASE WHEN p.merged_into_id IS NULL THEN p.status ELSE 'ACTIVE' END, merged_into_id = NULL,
    identity_id = NULL, has_shares = NOT member.is_alone, version = p.version + 1, updated_at = now()
FROM merge_member AS member
WHERE p.tenant_id = %(tenant)s AND p.id = member.profile_id AND member.new_id = member.profile_id
"""
SET_LOSERS = """
UPDATE profiles_customerprofile AS p
SET status = 'MERGED', merged_into_id = member.new_id, identity_id = member.identity_id, has_shares = false,
    version = p.version + 1, updated_at = now(), activity_count_30d = 0, activity_count_90d = 0,
    booking_count_30d = 0, lifetime_value_cents = 0
FROM merge_member AS member
WHERE p.tenant_id = %(tenant)s AND p.id = member.profile_id AND member.new_id <> member.profile_id
"""
# A survivor's figures are what its members bring; the windows are counted anew, since time has passed.
SUM_UP = f"""
UPDATE profiles_customerprofile AS p
SET lifetime_value_cents = summed.lifetime_value_cents, stage_reached = summed.stage_reached, tags = summed.tags,
    created_at = summed.created_at, last_activity_at = summed.last_activity_at,
    last_activity_type = summed.last_activity_type, last_booking_at = summed.last_booking_at,
    last_email_open_at = summed.last_email_open_at, last_email_click_at = summed.last_email_click_at,
    activity_count_30d = counted.count_30d, activity_count_90d = counted.count_90d,
    booking_count_30d = counted.bookings_30d
FROM (
    SELECT member.new_id, sum(s.lifetime_value_cents) AS lifetime_value_cents, max(s.stage_reached) AS stage_reached,
           min(s.created_at) AS created_at, max(s.last_activity_at) AS last_activity_at,
           (array_agg(s.last_activity_type
                      ORDER BY s.last_activity_at DESC NULLS LAST, s.last_activity_type DESC))[1] AS last_activity_type,
           max(s.last_booking_at) AS last_booking_at, max(s.last_email_open_at) AS last_email_open_at,
           max(s.last_email_click_at) AS last_email_click_at,
           (SELECT COALESCE(array_agg(DISTINCT tag ORDER BY tag), '{{}}')
            FROM merge_member AS tagged
            JOIN profiles_profileshare AS t ON t.tenant_id = %(tenant)s AND t.profile_id = tagged.profile_id,
                 unnest(t.tags) AS tag
            WHERE tagged.new_id = member.new_id) AS tags
    FROM merge_member AS member
    JOIN profiles_profileshare AS s ON s.tenant_id = %(tenant)s AND s.profile_id = member.profile_id
    GROUP BY member.new_id
) AS summed
CROSS JOIN LATERAL (
    SELECT count(*) AS count_90d,
           count(*) FILTER (WHERE a.occurred_at > now() - interval '30 days') AS count_30d,
           count(*) FILTER (WHERE a.occurred_at > now() - interval '30 days' AND a.type = 'TEETIME_BOOKED')
               AS bookings_30d
    FROM profiles_activity AS a
    WHERE a.tenant_id = %(tenant)s AND a.profile_id = summed.new_id AND a.occurred_at > now() - interval '90 days'
      AND a.{COUNTED}
) AS counted
WHERE p.tenant_id = %(tenant)s AND p.id = summed.new_id
"""
DROP_SHARES = """
DELETE FROM profiles_profileshare AS s USING merge_member AS member
WHERE s.tenant_id = %(tenant)s AND s.profile_id = member.profile_id AND member.is_alone
"""
