"""The SQL of entering; `entrant` holds who may enter which journey, and then what was decided.

What a journey says itself stands in braces (`journeys.by_row`): people come into many journeys by the same statements.
"""

from typing import Final

from tenants.postgresql.staging import StagingTable

ENTRANT: Final = StagingTable(
    "entrant",
    "position integer, journey_id uuid, profile_id uuid, key text, cause text, event_type text, event_id bigint,"
    " data jsonb, at timestamptz, due_at timestamptz, verdict text, run_id bigint, detail jsonb, variables jsonb",
)
ANALYZE: Final = "ANALYZE entrant"
# Here and below, OFFSET 0: from the few who may enter to what is known of each, by a look into an index. PostgreSQL
# would read all runs of the journey instead, where the statistics are older than they.
# Whoever was merged is who they became.
RESOLVE: Final = """
UPDATE entrant AS e SET profile_id = r.merged_into_id
FROM (SELECT o.position, p.merged_into_id FROM entrant AS o CROSS JOIN LATERAL (
          SELECT merged_into_id FROM profiles_customerprofile
          WHERE tenant_id = %(tenant)s AND id = o.profile_id AND merged_into_id IS NOT NULL OFFSET 0) AS p) AS r
WHERE r.position = e.position
"""
ENDED: Final = """
SELECT FROM (SELECT journey_id, key, ended_at FROM journeys_runended
             WHERE tenant_id = %(tenant)s AND profile_id = p.id OFFSET 0) AS h WHERE h.journey_id = e.journey_id
"""
# Says how many are left.
REFUSE: Final = """
WITH decided AS (
    UPDATE entrant AS e SET verdict = CASE
        WHEN p.id IS NULL THEN 'NOT_FOUND'
        WHEN p.status = 'DELETED' THEN 'ERASED'
        WHEN EXISTS (SELECT FROM profiles_processingrestriction AS r
                     JOIN profiles_customerprofile AS q ON q.tenant_id = r.tenant_id AND q.id = r.profile_id
                     WHERE r.tenant_id = %(tenant)s AND COALESCE(q.merged_into_id, q.id) = p.id) THEN 'RESTRICTED'
        WHEN e.at < {oldest} THEN 'TOO_OLD'
        WHEN EXISTS (SELECT FROM journeys_run AS r
                     WHERE r.tenant_id = %(tenant)s AND r.profile_id = p.id AND r.journey_id = e.journey_id
                       AND r.status <> 'SUSPENDED' AND (r.key = e.key OR {once}) OFFSET 0) THEN 'ALREADY_IN'
        WHEN same.nth_key > 1 OR same.nth > 1 AND {once} THEN 'ALREADY_IN'
        WHEN {once} AND EXISTS ({ended}) THEN 'ONCE_ONLY'
        WHEN {per_key} AND EXISTS ({ended} AND h.key = e.key) THEN 'ONCE_PER_KEY'
        WHEN {since} IS NOT NULL AND EXISTS ({ended} AND h.ended_at > {since}) THEN 'TOO_SOON'
        END
    FROM (
        SELECT position, profile_id,
               row_number() OVER (PARTITION BY journey_id, profile_id ORDER BY position) AS nth,
               row_number() OVER (PARTITION BY journey_id, profile_id, key ORDER BY position) AS nth_key
        FROM entrant WHERE verdict IS NULL
    ) AS same LEFT JOIN LATERAL (
        SELECT id, status FROM profiles_customerprofile
        WHERE tenant_id = %(tenant)s AND id = same.profile_id OFFSET 0) AS p ON TRUE
    WHERE same.position = e.position
    RETURNING e.verdict
)
SELECT count(*) FROM decided WHERE verdict IS NULL
""".replace("{ended}", ENDED)
ENTRY: Final = {"oldest": "timestamptz", "once": "boolean", "per_key": "boolean", "since": "timestamptz"}
# Of the journeys that ask this, by a rule that is put together for them.
ASK: Final = """
UPDATE entrant AS e
SET verdict = 'CONDITION',
    detail = jsonb_strip_nulls(jsonb_build_object('part', %(parts)s::jsonb -> GREATEST(a.index, 0), 'value', a.value))
FROM (
    SELECT e.position, {index} AS index, {value} AS value, {holds} AS holds FROM entrant AS e
    JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = e.profile_id
    WHERE e.verdict IS NULL AND e.journey_id = ANY(%(journeys)s::uuid[])
) AS a
WHERE a.position = e.position AND NOT a.holds
"""
HOLD_OUT: Final = """
WITH held AS (
    UPDATE entrant AS e SET verdict = 'HOLD_OUT'
    WHERE e.verdict IS NULL AND e.journey_id = ANY(%(journeys)s::uuid[])
      AND ('x' || substr(md5(e.profile_id::text || {salt}), 1, 8))::bit(32)::bigint %% 10000 < {holdout}
    RETURNING e.journey_id, e.profile_id, e.key
)
INSERT INTO journeys_holdout (tenant_id, journey_id, profile_id, key, at)
SELECT %(tenant)s, journey_id, profile_id, key, %(now)s FROM held
ON CONFLICT ON CONSTRAINT journeys_holdout_person_uq DO NOTHING
"""
CHANCE: Final = {"holdout": "bigint", "salt": "text"}
CAP: Final = """
WITH had AS (
    SELECT j.id,
           (SELECT count(*) FROM journeys_run WHERE tenant_id = %(tenant)s AND journey_id = j.id)
         + (SELECT count(*) FROM journeys_runended WHERE tenant_id = %(tenant)s AND journey_id = j.id) AS ever,
           (SELECT count(*) FROM journeys_run
            WHERE tenant_id = %(tenant)s AND journey_id = j.id AND entered_at >= %(today)s)
         + (SELECT count(*) FROM journeys_runended
            WHERE tenant_id = %(tenant)s AND journey_id = j.id AND entered_at >= %(today)s) AS today
    FROM unnest(%(journeys)s::uuid[]) AS j(id)
), ranked AS (
    SELECT position, row_number() OVER (PARTITION BY journey_id ORDER BY position) AS nth
    FROM entrant WHERE verdict IS NULL
)
UPDATE entrant AS e
SET verdict = CASE WHEN had.ever + r.nth > {most} THEN 'MAX_ENROLLMENTS' ELSE 'DAILY_CAP' END
FROM ranked AS r, had
WHERE r.position = e.position AND had.id = e.journey_id
  AND (had.ever + r.nth > {most} OR had.today + r.nth > {daily})
"""
CAPS: Final = {"most": "bigint", "daily": "bigint"}
INSERT: Final = """
WITH made AS (
    INSERT INTO journeys_run (tenant_id, due_at, entered_at, version_id, moves, sent, journey_id, profile_id,
                              origin_profile_id, status, hold, step, key)
    SELECT %(tenant)s, GREATEST(e.due_at, %(now)s), %(now)s, {version}, 0, 0, e.journey_id, e.profile_id,
           e.profile_id, 'WAITING', '', {start}, e.key
    FROM entrant AS e WHERE e.verdict IS NULL ORDER BY e.position
    ON CONFLICT (tenant_id, journey_id, profile_id, key) WHERE status <> 'SUSPENDED' DO NOTHING
    RETURNING id, journey_id, profile_id, key
)
UPDATE entrant AS e SET verdict = 'ENROLLED', run_id = made.id
FROM made
WHERE e.verdict IS NULL AND e.journey_id = made.journey_id AND e.profile_id = made.profile_id AND e.key = made.key
"""
SAID: Final = {"version": "bigint", "start": "text", "name": "text"}
KEEP_DATA: Final = """
INSERT INTO journeys_rundata (tenant_id, run_id, profile_id, cause, event_type, event_id, data, variables)
SELECT %(tenant)s, run_id, profile_id, cause, event_type, event_id, data, variables
FROM entrant WHERE run_id IS NOT NULL
"""
TELL: Final = """
INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
SELECT %(tenant)s, 'journey.enrolled', e.profile_id,
       jsonb_build_object('journeyId', e.journey_id, 'runId', e.run_id, 'versionId', {version}, 'cause', e.cause)
FROM entrant AS e WHERE e.run_id IS NOT NULL ORDER BY e.position
"""
NOTE: Final = """
INSERT INTO noted_activity (profile_id, occurred_at, type, category, source_event_id, title, metadata)
SELECT e.profile_id, %(now)s, 'JOURNEY_ENROLLED', 'JOURNEY', 'journey:' || e.run_id || ':enrolled',
       'Entered the journey ' || {name},
       jsonb_build_object('journeyId', e.journey_id, 'runId', e.run_id, 'cause', e.cause)
FROM entrant AS e WHERE e.run_id IS NOT NULL
"""
KEEP_REFUSALS: Final = """
INSERT INTO journeys_entryrefusal (tenant_id, journey_id, profile_id, key, reason, cause, detail, at)
SELECT %(tenant)s, journey_id, profile_id, key, COALESCE(verdict, 'ALREADY_IN'), cause, detail, %(now)s
FROM entrant WHERE COALESCE(verdict, 'ALREADY_IN') NOT IN ('ENROLLED', 'NOT_FOUND') ORDER BY position
"""
COUNTS: Final = "SELECT journey_id, COALESCE(verdict, 'ALREADY_IN'), count(*) FROM entrant GROUP BY 1, 2"
EACH: Final = """
SELECT journey_id, profile_id, key, COALESCE(verdict, 'ALREADY_IN'), run_id FROM entrant ORDER BY position
"""
MEMBERS: Final = "SELECT profile_id FROM segments_segmentmember WHERE tenant_id = %s AND segment_id = %s"
# One after the other, as they stand.
LOCK: Final = "SELECT pg_advisory_xact_lock(%s, hashtext(whom)) FROM unnest(%s::text[]) AS whom"
