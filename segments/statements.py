"""The SQL of membership: whoever is weighed, what the rules say of them, and what has changed by that.

Writers of members hold the tenant's lock SEGMENTS and ask the rule again in the statement that compares, so that a
refresh that has looked long ago and a reader of the log that has looked just now never undo each other.
"""

from typing import Final

from profiles.models.profile import ANYBODY
from profiles.restricting import NOT_RESTRICTED
from tenants.postgresql.staging import StagingTable

# The date says nothing new, but reaches the index of what rules ask for (`profiles.models.profile.ANYBODY`).
ELIGIBLE: Final = f"""p.created_at >= '{ANYBODY.isoformat()}'::timestamptz
AND p.status IN ('ACTIVE', 'INACTIVE') AND {NOT_RESTRICTED}"""
# `asked`: the words of the segments that a person is weighed for (`segments.weighing`); `looks`: one of these asks the
# timeline.
WEIGHED: Final = StagingTable("weighed_person", "profile_id uuid, asked bigint[], looks boolean, cause text")
WEIGH_ALIKE: Final = """
INSERT INTO weighed_person (profile_id, asked, looks, cause)
SELECT profile_id, %(asked)s, %(looks)s, %(cause)s FROM unnest(%(people)s::uuid[]) AS profile_id
"""
CHANGE: Final = StagingTable(
    "membership_change", "segment_id uuid, profile_id uuid, is_join boolean, cause text, rule jsonb"
)

# Person by person, by index, however large the tables are and whatever statistics say (OFFSET keeps the planner from
# joining whole tables). `answers`: what the leaves said; nothing of somebody who is in no segment anyway.
WEIGH: Final = """
SELECT s.id AS segment_id, r.profile_id, (r.wanted[1 + s.place / {word}] >> (s.place %% {word})) & 1 = 1 AS is_join,
       r.cause, r.answers
FROM (
    SELECT w.profile_id, w.cause, ARRAY[{wanted}] AS wanted, ARRAY[{differs}] AS differs,
           CASE WHEN p.id IS NOT NULL THEN v.l::text END AS answers
    FROM weighed_person AS w
    LEFT JOIN LATERAL (
        SELECT p.* FROM profiles_customerprofile AS p
        WHERE p.tenant_id = %(tenant)s AND p.id = w.profile_id AND p.status IN ('ACTIVE', 'INACTIVE')
          AND p.id NOT IN ({restricted}) OFFSET 0) AS p ON TRUE
    {tallies}
    CROSS JOIN LATERAL (
        SELECT COALESCE(array_agg(mine.segment_id), '{{}}') AS ids, {had}
        FROM (SELECT m.segment_id, array_position(%(segments)s::uuid[], m.segment_id) - 1 AS place
              FROM segments_segmentmember AS m
              WHERE m.tenant_id = %(tenant)s AND m.profile_id = w.profile_id OFFSET 0) AS mine) AS had
    CROSS JOIN LATERAL (SELECT ARRAY[{leaves}]::boolean[] AS l OFFSET 0) AS v
    CROSS JOIN LATERAL (SELECT {words} OFFSET 0) AS q
    WHERE ({any_differs}) <> 0
    OFFSET 0) AS r
CROSS JOIN LATERAL (
    SELECT id, (number - 1)::integer AS place FROM unnest(%(segments)s::uuid[]) WITH ORDINALITY AS s (id, number)) AS s
WHERE (r.differs[1 + s.place / {word}] >> (s.place %% {word})) & 1 = 1
"""
KEEP_CHANGES: Final = """
INSERT INTO membership_change (segment_id, profile_id, is_join, cause)
SELECT segment_id, profile_id, is_join, cause FROM ({weigh}) AS weighed
"""
TALLY: Final = "SELECT segment_id, is_join, count(*) FROM membership_change GROUP BY segment_id, is_join"
CHANGES: Final = "SELECT segment_id, profile_id, is_join, cause FROM membership_change"

# Members, their history, the counts, an entry of the log for each person for those who follow people, and lists of at
# most `chunk` for others. Who leaves is deleted by place, found one by one; the lock of members keeps rows in place.
WRITE: Final = """
WITH joined AS (
    INSERT INTO segments_segmentmember (tenant_id, segment_id, profile_id, origin_profile_id)
    SELECT %(tenant)s, segment_id, profile_id, profile_id FROM membership_change WHERE is_join
    ORDER BY segment_id, profile_id
    ON CONFLICT (segment_id, profile_id) DO NOTHING
), departed AS (
    DELETE FROM segments_segmentmember AS m
    WHERE m.tenant_id = %(tenant)s AND m.ctid = ANY(ARRAY(
        SELECT leaving.place FROM membership_change AS c CROSS JOIN LATERAL (
            SELECT l.ctid AS place FROM segments_segmentmember AS l
            WHERE l.tenant_id = %(tenant)s AND l.segment_id = c.segment_id AND l.profile_id = c.profile_id OFFSET 0
        ) AS leaving WHERE NOT c.is_join))
), counted AS (
    UPDATE segments_segment AS s
    SET member_count = s.member_count + c.joined - c.departed, member_sum = s.member_sum # c.sum
    FROM (SELECT segment_id, count(*) FILTER (WHERE is_join) AS joined,
                 count(*) FILTER (WHERE NOT is_join) AS departed, bit_xor(uuid_hash_extended(profile_id, 0)) AS sum
          FROM membership_change GROUP BY segment_id) AS c
    WHERE s.tenant_id = %(tenant)s AND s.id = c.segment_id
    RETURNING s.id, s.version, s.member_count
), remembered AS (
    INSERT INTO segments_segmenttransition (tenant_id, segment_id, profile_id, is_join, cause, rule, version)
    SELECT %(tenant)s, c.segment_id, c.profile_id, c.is_join, c.cause, c.rule, s.version
    FROM membership_change AS c JOIN counted AS s ON s.id = c.segment_id
), told AS (
    INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
    SELECT %(tenant)s, CASE WHEN is_join THEN 'segment.joined' ELSE 'segment.left' END, profile_id,
           jsonb_build_object('segmentId', segment_id, 'cause', cause, 'rule', rule)
    FROM membership_change
)
INSERT INTO events_domainlogentry (tenant_id, kind, data)
SELECT %(tenant)s, 'segment.membership.changed', jsonb_build_object(
    'segmentId', c.segment_id,
    'added', COALESCE(jsonb_agg(c.profile_id) FILTER (WHERE c.is_join), '[]'),
    'removed', COALESCE(jsonb_agg(c.profile_id) FILTER (WHERE NOT c.is_join), '[]'),
    'memberCount', min(s.member_count))
FROM (SELECT segment_id, profile_id, is_join,
             (row_number() OVER (PARTITION BY segment_id ORDER BY is_join, profile_id) - 1) / %(chunk)s AS chunk
      FROM membership_change) AS c
JOIN counted AS s ON s.id = c.segment_id
GROUP BY c.segment_id, c.chunk
"""
MOST_TOLD: Final = 1000

# Everybody against one rule: whether the members are as many as the kept figures say and the same, and who differs.
XMIN: Final = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
DIFFERENCE: Final = f"""
SELECT (SELECT member_count = count(m.profile_id)
               AND member_sum = COALESCE(bit_xor(uuid_hash_extended(m.profile_id, 0)), 0) FROM segments_segment
        WHERE tenant_id = %(tenant)s AND id = ANY(%(segments)s)),
       {XMIN},
       1, array_agg(COALESCE(w.id, m.profile_id) ORDER BY COALESCE(w.id, m.profile_id))
           FILTER (WHERE w.id IS NULL OR m.profile_id IS NULL)::text
FROM (SELECT p.id FROM profiles_customerprofile AS p
      WHERE p.tenant_id = %(tenant)s AND {ELIGIBLE} AND {{condition}}) AS w
FULL JOIN (SELECT profile_id FROM segments_segmentmember
           WHERE tenant_id = %(tenant)s AND segment_id = ANY(%(segments)s)) AS m ON m.profile_id = w.id
"""
# Everybody against several rules in one pass: the rules and the memberships of a person are bits of two words. Which
# segments differ for anybody, and who differs in any.
DIFFERENCES: Final = f"""
SELECT FALSE, {XMIN}, bit_or(differs), array_agg(profile_id ORDER BY profile_id)::text
FROM (
    SELECT COALESCE(w.id, m.profile_id) AS profile_id, COALESCE(w.word, 0) # COALESCE(m.word, 0) AS differs
    FROM (SELECT p.id, {{word}} AS word FROM profiles_customerprofile AS p {{tallies}}
          WHERE p.tenant_id = %(tenant)s AND {ELIGIBLE}) AS w
    FULL JOIN (SELECT profile_id, bit_or(1::bigint << array_position(%(segments)s::uuid[], segment_id) - 1) AS word
               FROM segments_segmentmember
               WHERE tenant_id = %(tenant)s AND segment_id = ANY(%(segments)s::uuid[])
               GROUP BY profile_id) AS m ON m.profile_id = w.id
) AS compared
WHERE differs <> 0
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
# `xid`: the pass over everybody saw whatever older transactions did.
FINISH: Final = """
UPDATE segments_segment AS s
SET refreshed_version = %(version)s, last_refreshed_at = now(), refresh_error = '',
    compared_xid = %(xid)s, compared_at = CASE WHEN %(is_compared)s THEN now() ELSE s.compared_at END
WHERE s.tenant_id = %(tenant)s AND s.id = %(segment)s AND s.version = %(version)s
"""
# Where the pass over everybody has not found the kept figures true.
RECOUNT: Final = """
UPDATE segments_segment AS s SET member_count = c.members, member_sum = c.sum
FROM (SELECT count(*) AS members, COALESCE(bit_xor(uuid_hash_extended(m.profile_id, 0)), 0) AS sum
      FROM segments_segmentmember AS m WHERE m.tenant_id = %(tenant)s AND m.segment_id = %(segment)s) AS c
WHERE s.tenant_id = %(tenant)s AND s.id = %(segment)s
"""
