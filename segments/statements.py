"""The SQL of membership: whoever is weighed, what the rules say of them, and what has changed by that.

Writers of members hold the tenant's lock SEGMENTS and ask the rule again in the statement that compares, so that a
refresh that has looked long ago and a reader of the log that has looked just now never undo each other.
"""

from typing import Final

from profiles.restricting import NOT_RESTRICTED
from tenants.postgresql.staging import StagingTable

ELIGIBLE: Final = f"p.status IN ('ACTIVE', 'INACTIVE') AND {NOT_RESTRICTED}"
# `signature` numbers the set of segments that a person is weighed for.
WEIGHED: Final = StagingTable("weighed_person", "profile_id uuid, signature integer, cause text")
CHANGE: Final = StagingTable(
    "membership_change", "segment_id uuid, profile_id uuid, is_join boolean, cause text, rule jsonb"
)
NOTED_DAY: Final = StagingTable("noted_day", "profile_id uuid, due_on date")
AMONG: Final = "SELECT profile_id FROM weighed_person"

# `rules`: rows of (segment, signatures, condition). Nothing is said of a person whom a segment does not weigh.
WEIGH: Final = f"""
WITH person AS MATERIALIZED (
    SELECT w.profile_id, w.signature, w.cause, p.id AS eligible_id
    FROM weighed_person AS w
    LEFT JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = w.profile_id AND {ELIGIBLE}
), verdict AS MATERIALIZED (
    SELECT rule.segment_id, person.profile_id, person.cause, person.eligible_id IS NOT NULL AND rule.is_in AS is_in
    FROM person
    LEFT JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = person.eligible_id
    CROSS JOIN LATERAL (VALUES {{rules}}) AS rule (segment_id, is_in)
    WHERE rule.is_in IS NOT NULL
)
SELECT v.segment_id, v.profile_id, v.is_in, v.cause
FROM verdict AS v
LEFT JOIN segments_segmentmember AS m
    ON m.tenant_id = %(tenant)s AND m.segment_id = v.segment_id AND m.profile_id = v.profile_id
WHERE v.is_in <> (m.profile_id IS NOT NULL)
"""
RULE: Final = (
    "({segment}, CASE WHEN person.signature = ANY({signatures}) THEN COALESCE({condition}, FALSE) END)"
)

JOIN: Final = """
INSERT INTO segments_segmentmember (tenant_id, segment_id, profile_id, origin_profile_id)
SELECT %(tenant)s, segment_id, profile_id, profile_id FROM membership_change WHERE is_join
ORDER BY segment_id, profile_id
ON CONFLICT (segment_id, profile_id) DO NOTHING
"""
LEAVE: Final = """
DELETE FROM segments_segmentmember AS m USING membership_change AS c
WHERE NOT c.is_join AND m.tenant_id = %(tenant)s AND m.segment_id = c.segment_id AND m.profile_id = c.profile_id
"""
REMEMBER: Final = """
INSERT INTO segments_segmenttransition (tenant_id, segment_id, profile_id, is_join, cause, rule, version)
SELECT %(tenant)s, c.segment_id, c.profile_id, c.is_join, c.cause, c.rule, s.version
FROM membership_change AS c
JOIN segments_segment AS s ON s.tenant_id = %(tenant)s AND s.id = c.segment_id
"""
COUNT: Final = """
UPDATE segments_segment AS s
SET member_count = s.member_count + c.joined - c.departed
FROM (SELECT segment_id, count(*) FILTER (WHERE is_join) AS joined, count(*) FILTER (WHERE NOT is_join) AS departed
      FROM membership_change GROUP BY segment_id) AS c
WHERE s.tenant_id = %(tenant)s AND s.id = c.segment_id
"""
# A person each for those who follow people, and lists of at most a thousand for other services.
TELL: Final = """
INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
SELECT %(tenant)s, CASE WHEN is_join THEN 'segment.joined' ELSE 'segment.left' END, profile_id,
       jsonb_build_object('segmentId', segment_id, 'cause', cause, 'rule', rule)
FROM membership_change;
INSERT INTO events_domainlogentry (tenant_id, kind, data)
SELECT %(tenant)s, 'segment.membership.changed', jsonb_build_object(
    'segmentId', c.segment_id,
    'added', COALESCE(jsonb_agg(c.profile_id) FILTER (WHERE c.is_join), '[]'),
    'removed', COALESCE(jsonb_agg(c.profile_id) FILTER (WHERE NOT c.is_join), '[]'),
    'memberCount', min(s.member_count))
FROM (SELECT *, (row_number() OVER (PARTITION BY segment_id ORDER BY is_join, profile_id) - 1) / %(chunk)s AS chunk
      FROM membership_change) AS c
JOIN segments_segment AS s ON s.tenant_id = %(tenant)s AND s.id = c.segment_id
GROUP BY c.segment_id, c.chunk
"""
MOST_TOLD: Final = 1000

# Everybody against several rules in one pass; only what differs leaves the database.
DIFFERENCE: Final = """
SELECT COALESCE(w.segment_id, m.segment_id), COALESCE(w.profile_id, m.profile_id)
FROM ({wanted}) AS w
FULL JOIN (SELECT segment_id, profile_id FROM segments_segmentmember
           WHERE tenant_id = %(tenant)s AND segment_id = ANY(%(segments)s)) AS m
    ON m.segment_id = w.segment_id AND m.profile_id = w.profile_id
WHERE w.profile_id IS NULL OR m.profile_id IS NULL
"""
WANTED_BY_ONE: Final = f"""
SELECT {{segment}} AS segment_id, p.id AS profile_id FROM profiles_customerprofile AS p
WHERE p.tenant_id = %(tenant)s AND {ELIGIBLE} AND {{condition}}
"""
WANTED_BY_MANY: Final = f"""
SELECT rule.segment_id, p.id AS profile_id FROM profiles_customerprofile AS p
CROSS JOIN LATERAL (VALUES {{rules}}) AS rule (segment_id, is_in)
WHERE p.tenant_id = %(tenant)s AND {ELIGIBLE} AND rule.is_in
"""
TAKE_DUE: Final = """
DELETE FROM segments_dueday WHERE profile_id IN (
    SELECT profile_id FROM segments_dueday WHERE tenant_id = %(tenant)s AND due_on <= %(today)s
    ORDER BY due_on, profile_id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING profile_id
"""
TENANTS_WITH_DUE: Final = """
SELECT t.id FROM tenants_tenant AS t
WHERE t.is_active AND EXISTS (
    SELECT FROM segments_dueday AS d
    WHERE d.tenant_id = t.id AND d.due_on <= (now() AT TIME ZONE t.time_zone)::date)
"""
FINISH: Final = """
UPDATE segments_segment AS s
SET refreshed_version = %(version)s, last_refreshed_at = now(), refresh_error = '',
    member_count = (SELECT count(*) FROM segments_segmentmember AS m
                    WHERE m.tenant_id = %(tenant)s AND m.segment_id = s.id)
WHERE s.tenant_id = %(tenant)s AND s.id = %(segment)s AND s.version = %(version)s
"""
