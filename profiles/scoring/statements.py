"""The SQL of scoring: one statement measures a chunk of people, three store what differs.

Mirrored in plain Python by tests/profiles/scoring_oracle.py. All times are parameters, so that a whole chunk has one
clock. Divisions are numeric and come last, so that halves are halves and round up.
"""

from typing import Final

from profiles.log_kinds import LogKind
from profiles.restricting import NOT_RESTRICTED
from profiles.scoring.rules import Bands, Rules
from profiles.vocabulary import COUNTED
from tenants.postgresql.staging import StagingTable

# How many people lie between two ids is a guess, and a bad one of those who were brought in together: a chunk taken for
# one person is joined with itself row by row. So a chunk's rows are hashed, and looked up only where LATERAL says so.
PLAN_TO_MEASURE: Final = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_nestloop = off; SET LOCAL enable_hashjoin = on;"
    "SET LOCAL enable_mergejoin = on"
)
# What was measured is looked up by index in the large tables, however young the statistics are.
PLAN_TO_STORE: Final = (
    "SET LOCAL enable_nestloop = on; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
)

SCORED: Final = StagingTable(
    "scored",
    "profile_id uuid, version integer, count_30d integer, count_90d integer, bookings_30d integer,"
    " engagement smallint, churn_risk smallint, components jsonb, inputs jsonb, stage text, value_cents bigint",
)
# Above this churn risk somebody must be told.
CROSSING: Final = 80
SOME: Final = "p.id = ANY(%(ids)s)"
RANGE: Final = "p.id > %(after)s AND p.id <= %(until)s"
# Whose rows of the timeline can matter to these; known to the planner before it knows the people.
NEARBY: Final = {
    SOME: "a.profile_id = ANY(%(ids)s)",
    RANGE: "a.profile_id > %(after)s AND a.profile_id <= %(until)s",
}

# What the clock of the statement decides besides the windows: the newest activity, the lifetime value, the last moment
# that counts. Of the present they stand in the profile; of a day in the past they follow from the timeline.
PRESENT: Final = {"last": "p.last_activity_at", "value": "p.lifetime_value_cents", "upto": ""}
PAST: Final = {
    "last": f"""(
        SELECT a.occurred_at FROM profiles_activity AS a
        WHERE a.tenant_id = %(tenant)s AND a.profile_id = p.id AND a.occurred_at <= %(now)s
          AND a.{COUNTED}
        ORDER BY a.occurred_at DESC LIMIT 1)""",
    "value": """p.lifetime_value_cents - COALESCE((
        SELECT sum(CASE a.type WHEN 'PAYMENT_RECEIVED' THEN 1 ELSE -1 END * (a.metadata ->> 'amountCents')::numeric)
        FROM profiles_activity AS a
        WHERE a.tenant_id = %(tenant)s AND a.profile_id = p.id AND a.occurred_at > %(now)s
          AND a.type IN ('PAYMENT_RECEIVED', 'PAYMENT_REFUNDED')
          AND jsonb_typeof(a.metadata -> 'amountCents') = 'number'), 0)""",
    "upto": "AND occurred_at <= %(now)s",
}

_MEASURE: Final = """
INSERT INTO scored
WITH person AS MATERIALIZED (
    SELECT p.id, p.version, {last} AS last_activity_at, {value} AS lifetime_value_cents, p.lifecycle_stage
    FROM profiles_customerprofile AS p
    WHERE p.tenant_id = %(tenant)s AND {chosen} AND p.status IN ('ACTIVE', 'INACTIVE')
),
act AS MATERIALIZED (
    SELECT a.profile_id, a.occurred_at, a.type, a.channel,
           a.{counted} AS counts,
           CASE a.category
               WHEN 'COMMUNICATION' THEN CASE WHEN a.channel = 'EMAIL'
                    AND a.type IN ('MESSAGE_SENT', 'MESSAGE_DELIVERED', 'EMAIL_OPENED', 'EMAIL_CLICKED')
                    AND (a.metadata -> 'isMachine') IS DISTINCT FROM 'true'
                    THEN COALESCE(a.metadata ->> 'messageId', a.id::text) END
               WHEN 'PAYMENT' THEN COALESCE(a.metadata ->> 'paymentId', a.metadata ->> 'invoiceId', a.id::text)
           END AS reference,
           CASE WHEN a.category = 'PAYMENT' AND jsonb_typeof(a.metadata -> 'amountCents') = 'number'
                THEN (a.metadata ->> 'amountCents')::numeric END AS amount,
           CASE WHEN a.category = 'MEMBERSHIP' AND a.type IN ('TIER_DOWNGRADED', 'TIER_UPGRADED', 'TIER_CHANGED')
                THEN COALESCE(array_position(%(tiers)s::text[], a.metadata ->> 'previousTier')
                              < array_position(%(tiers)s::text[], a.metadata ->> 'newTier'),
                              a.type = 'TIER_DOWNGRADED') END AS is_downgrade
    FROM person CROSS JOIN LATERAL (
        SELECT * FROM profiles_activity
        WHERE tenant_id = %(tenant)s AND profile_id = person.id AND occurred_at > %(d120)s {upto} OFFSET 0
    ) AS a
),
counted AS (
    SELECT profile_id,
           count(*) FILTER (WHERE counts AND occurred_at > %(d30)s) AS count_30d,
           count(*) FILTER (WHERE counts AND occurred_at > %(d90)s) AS count_90d,
           count(*) FILTER (WHERE counts AND occurred_at <= %(d30)s) AS count_before,
           count(*) FILTER (WHERE counts AND type = 'TEETIME_BOOKED' AND occurred_at > %(d30)s) AS bookings_30d,
           count(DISTINCT channel) FILTER (WHERE counts AND channel <> '' AND occurred_at > %(d90)s) AS channels,
           max(occurred_at) FILTER (WHERE is_downgrade AND occurred_at > %(d90)s) AS downgraded_at
    FROM act GROUP BY profile_id
),
mail AS (
    SELECT profile_id,
           bool_or(type = 'MESSAGE_DELIVERED' AND occurred_at > %(d90)s) AS delivered_90d,
           bool_or(type = 'MESSAGE_SENT' AND occurred_at > %(d90)s) AS sent_90d,
           bool_or(type = 'EMAIL_OPENED' AND occurred_at > %(d90)s) AS opened_90d,
           bool_or(type = 'EMAIL_CLICKED' AND occurred_at > %(d90)s) AS clicked_90d,
           bool_or(type = 'MESSAGE_DELIVERED' AND occurred_at > %(d30)s) AS delivered_30d,
           bool_or(type = 'MESSAGE_SENT' AND occurred_at > %(d30)s) AS sent_30d,
           bool_or(type = 'EMAIL_OPENED' AND occurred_at > %(d30)s) AS opened_30d,
           bool_or(type = 'MESSAGE_DELIVERED' AND occurred_at <= %(d30)s) AS delivered_before,
           bool_or(type = 'MESSAGE_SENT' AND occurred_at <= %(d30)s) AS sent_before,
           bool_or(type = 'EMAIL_OPENED' AND occurred_at <= %(d30)s) AS opened_before
    FROM act WHERE reference IS NOT NULL AND channel = 'EMAIL'
        AND type IN ('MESSAGE_SENT', 'MESSAGE_DELIVERED', 'EMAIL_OPENED', 'EMAIL_CLICKED')
    GROUP BY profile_id, reference
),
mailed AS (
    SELECT profile_id,
           COALESCE(NULLIF(count(*) FILTER (WHERE delivered_90d), 0), count(*) FILTER (WHERE sent_90d)) AS received,
           count(*) FILTER (WHERE opened_90d) AS opened,
           count(*) FILTER (WHERE clicked_90d) AS clicked,
           COALESCE(NULLIF(count(*) FILTER (WHERE delivered_30d), 0), count(*) FILTER (WHERE sent_30d)) AS received_30d,
           count(*) FILTER (WHERE opened_30d) AS opened_30d,
           COALESCE(NULLIF(count(*) FILTER (WHERE delivered_before), 0), count(*) FILTER (WHERE sent_before))
               AS received_before,
           count(*) FILTER (WHERE opened_before) AS opened_before
    FROM mail GROUP BY profile_id
),
trouble AS (
    SELECT profile_id, reference, min(occurred_at) AS began_at, max(occurred_at) AS occurred_at, max(amount) AS amount
    FROM act WHERE type IN ('PAYMENT_FAILED', 'INVOICE_OVERDUE') AND reference IS NOT NULL AND occurred_at > %(d90)s
    GROUP BY profile_id, reference
),
attempt AS (
    SELECT *, amount IS NULL
              OR (began_at - lag(occurred_at) OVER same <= INTERVAL '21 days') IS NOT TRUE AS is_another
    FROM trouble WINDOW same AS (PARTITION BY profile_id, amount ORDER BY began_at, occurred_at, reference)
),
numbered AS (
    SELECT *, count(*) FILTER (WHERE is_another)
              OVER (PARTITION BY profile_id, amount ORDER BY began_at, occurred_at, reference) AS number
    FROM attempt
),
invoice AS (
    SELECT profile_id, array_agg(reference) AS known_as, max(occurred_at) AS occurred_at, amount
    FROM numbered GROUP BY profile_id, amount, number
),
unpaid AS (
    SELECT profile_id, count(*) AS issues FROM invoice
    WHERE NOT EXISTS (
        SELECT FROM act AS paid
        WHERE paid.profile_id = invoice.profile_id AND paid.type = 'PAYMENT_RECEIVED'
          AND paid.occurred_at >= invoice.occurred_at
          AND (paid.reference = ANY(invoice.known_as) OR invoice.amount IS NULL OR paid.amount >= invoice.amount))
    GROUP BY profile_id
),
complaint AS (
    SELECT DISTINCT ON (a.profile_id, a.metadata ->> 'complaintId')
           a.profile_id, a.type = 'COMPLAINT_OPENED' AS is_open, a.occurred_at
    FROM person
    JOIN profiles_activity AS a ON a.tenant_id = %(tenant)s AND a.profile_id = person.id
        AND a.type IN ('COMPLAINT_OPENED', 'COMPLAINT_CLOSED') AND {nearby} {upto}
    ORDER BY a.profile_id, a.metadata ->> 'complaintId', a.occurred_at DESC, a.type
),
complained AS (
    SELECT profile_id, count(*) FILTER (WHERE is_open) AS open_complaints,
           count(*) FILTER (WHERE NOT is_open AND occurred_at > %(d90)s) AS closed_complaints
    FROM complaint GROUP BY profile_id
),
measured AS (
    SELECT person.id, version, last_activity_at, lifetime_value_cents, lifecycle_stage, downgraded_at,
           COALESCE(count_30d, 0) AS count_30d, COALESCE(count_90d, 0) AS count_90d,
           COALESCE(count_before, 0) AS count_before, COALESCE(bookings_30d, 0) AS bookings_30d,
           COALESCE(channels, 0) AS channels, COALESCE(received, 0) AS received,
           LEAST(opened, received) AS opened, LEAST(clicked, received) AS clicked,
           COALESCE(received_30d, 0) AS received_30d, COALESCE(opened_30d, 0) AS opened_30d,
           GREATEST(received_before, opened_before, 0) AS received_before, COALESCE(opened_before, 0) AS opened_before,
           COALESCE(issues, 0) AS issues, COALESCE(open_complaints, 0) AS open_complaints,
           COALESCE(closed_complaints, 0) AS closed_complaints,
           floor(extract(epoch FROM %(now)s - last_activity_at) / 86400) AS days
    FROM person
    LEFT JOIN counted ON counted.profile_id = person.id
    LEFT JOIN mailed ON mailed.profile_id = person.id
    LEFT JOIN unpaid ON unpaid.profile_id = person.id
    LEFT JOIN complained ON complained.profile_id = person.id
),
banded AS (
    SELECT *, {recency} AS recency, {frequency} AS frequency, {monetary} AS monetary, {breadth} AS breadth,
           CASE WHEN count_before < 3 THEN 0
                ELSE LEAST(GREATEST(4 * count_before - 15 * count_30d, 0), 3 * count_before) END AS decline_parts,
           CASE WHEN count_before < 3 THEN 1 ELSE 3 * count_before END AS decline_whole,
           CASE WHEN issues >= 2 THEN 10 WHEN issues = 1 THEN 6 ELSE 0 END AS payments_tenths,
           CASE WHEN opened_before < 2 OR received_30d < 3 THEN 0
                WHEN opened_30d = 0 THEN 10
                WHEN 2 * LEAST(opened_30d, received_30d) * received_before <= opened_before * received_30d THEN 5
                ELSE 0 END AS opens_tenths,
           CASE WHEN downgraded_at IS NULL THEN 0 ELSE 10 END AS downgrade_tenths,
           CASE WHEN open_complaints > 0 THEN 10 WHEN closed_complaints > 0 THEN 5 ELSE 0 END AS complaints_tenths
    FROM measured
),
deep AS (
    SELECT *, CASE WHEN received = 0 THEN round((recency + frequency + monetary + breadth) / 4.0)
                   ELSE round((60 * opened + 40 * LEAST(received, 5 * clicked)) / received::numeric)
              END::integer AS depth
    FROM banded
),
final AS (
    SELECT *,
           round(({e_recency} * recency + {e_frequency} * frequency + {e_monetary} * monetary
                  + {e_breadth} * breadth + {e_depth} * depth) / 100.0) AS engagement,
           round({c_decline} * decline_parts / decline_whole::numeric
                 + ({c_payments} * payments_tenths + {c_opens} * opens_tenths + {c_downgrade} * downgrade_tenths
                    + {c_complaints} * complaints_tenths) / 10.0) AS churn_risk
    FROM deep
)
SELECT id, version, count_30d, count_90d, bookings_30d, engagement, churn_risk,
       jsonb_build_object(
           'recency', recency, 'frequency', frequency, 'monetary', monetary, 'breadth', breadth, 'depth', depth,
           'decline', trim_scale(round(decline_parts / decline_whole::numeric, 3)),
           'payments', trim_scale(payments_tenths / 10.0), 'opens', trim_scale(opens_tenths / 10.0),
           'downgrade', downgrade_tenths / 10, 'complaints', trim_scale(complaints_tenths / 10.0)),
       jsonb_build_object(
           'lastActivityAt', last_activity_at, 'count30d', count_30d, 'countBefore', count_before,
           'lifetimeValueCents', lifetime_value_cents, 'channels90d', channels, 'received90d', received,
           'opened90d', COALESCE(opened, 0), 'clicked90d', COALESCE(clicked, 0), 'received30d', received_30d,
           'opened30d', opened_30d, 'receivedBefore', received_before, 'openedBefore', opened_before,
           'paymentIssues90d', issues, 'downgradedAt', downgraded_at, 'openComplaints', open_complaints,
           'closedComplaints90d', closed_complaints),
       lifecycle_stage, round(GREATEST(lifetime_value_cents, 0) * churn_risk / 100.0)
FROM final ORDER BY id
"""
DIFFERS: Final = """
(p.engagement_score, p.churn_risk_score, p.activity_count_30d, p.activity_count_90d, p.booking_count_30d)
IS DISTINCT FROM (s.engagement, s.churn_risk, s.count_30d, s.count_90d, s.bookings_30d)
""".strip()
# Only where nobody changed the profile since it was measured, or is about to: a batch of events may hold one of these
# people and wait for another, who is held here. Who is passed over waits for the next turn (`MOVED_ON`).
# What changed is told to the log in the same statement, which answers whose scores did and who crossed the limit.
STORE_PROFILES: Final = f"""
WITH free AS (
    SELECT p.id, s.engagement, s.churn_risk, s.count_30d, s.count_90d, s.bookings_30d
    FROM scored AS s
    JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = s.profile_id AND p.version = s.version
    WHERE {DIFFERS}
    FOR NO KEY UPDATE OF p SKIP LOCKED
), stored AS (
UPDATE profiles_customerprofile AS p
SET engagement_score = s.engagement, churn_risk_score = s.churn_risk, engagement_score_at = %(now)s,
    churn_risk_score_at = %(now)s, activity_count_30d = s.count_30d, activity_count_90d = s.count_90d,
    booking_count_30d = s.bookings_30d, version = p.version + 1, updated_at = now()
FROM free AS s
WHERE p.tenant_id = %(tenant)s AND p.id = s.id
RETURNING p.id, s.churn_risk > {CROSSING} AND COALESCE(old.churn_risk_score, 0) <= {CROSSING} AS is_crossing,
          old.engagement_score AS engagement_before, new.engagement_score AS engagement,
          old.churn_risk_score AS churn_before, new.churn_risk_score AS churn,
          array_remove(ARRAY[
              CASE WHEN old.activity_count_30d <> new.activity_count_30d THEN 'activityCount30d' END,
              CASE WHEN old.activity_count_90d <> new.activity_count_90d THEN 'activityCount90d' END,
              CASE WHEN old.booking_count_30d <> new.booking_count_30d THEN 'bookingCount30d' END], NULL) AS counted
), told AS (
    INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
    SELECT %(tenant)s, '{LogKind.PROFILE_SCORED}', id,
           jsonb_build_object('engagement', jsonb_build_array(engagement_before, engagement),
                              'churnRisk', jsonb_build_array(churn_before, churn))
    FROM stored WHERE (engagement_before, churn_before) IS DISTINCT FROM (engagement, churn)
    UNION ALL
    SELECT %(tenant)s, '{LogKind.PROFILE_COUNTED}', id, jsonb_build_object('changes', to_jsonb(counted))
    FROM stored WHERE counted <> '{{}}'
)
SELECT id, is_crossing FROM stored
"""
# Those whom somebody changed meanwhile or holds, and those just stored, whose version is the next one.
MOVED_ON: Final = f"""
SELECT s.profile_id FROM scored AS s
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = s.profile_id
WHERE p.version <> s.version OR {DIFFERS}
"""
# In the order of ids, as everybody notes them, so that nobody waits in a circle.
NOTE_DUE: Final = """
INSERT INTO profiles_scoredue (tenant_id, profile_id)
SELECT %(tenant)s, profile_id FROM unnest(%(ids)s::uuid[]) AS profile_id ORDER BY profile_id
ON CONFLICT (profile_id) DO NOTHING
"""
DROP_MOVED: Final = "DELETE FROM scored WHERE profile_id = ANY(%(ids)s)"
# Even an upsert that changes nothing locks its row, which is a write. A subquery of each row and no join: while the
# first run fills the scores, the planner holds their table for empty, and would read the chunk once for each of them.
DROP_SAME: Final = """
DELETE FROM scored AS s
WHERE (
    SELECT (k.engagement, k.churn_risk, k.components, k.inputs, k.lifecycle_stage, k.rules_version)
           = (s.engagement, s.churn_risk, s.components, s.inputs, s.stage, %(rules)s)
    FROM profiles_profilescore AS k WHERE k.tenant_id = %(tenant)s AND k.profile_id = s.profile_id
)
"""
STORE_REASONS: Final = """
WITH kept AS (
    INSERT INTO profiles_profilescore AS k (tenant_id, profile_id, engagement, churn_risk, components, inputs,
                                            lifecycle_stage, value_at_risk_cents, rules_version, scored_at)
    SELECT %(tenant)s, profile_id, engagement, churn_risk, components, inputs, stage, value_cents, %(rules)s, %(now)s
    FROM scored
    ON CONFLICT (profile_id) DO UPDATE
    SET engagement = excluded.engagement, churn_risk = excluded.churn_risk, components = excluded.components,
        inputs = excluded.inputs, lifecycle_stage = excluded.lifecycle_stage,
        value_at_risk_cents = excluded.value_at_risk_cents, rules_version = excluded.rules_version,
        scored_at = excluded.scored_at
    RETURNING k.profile_id, new.engagement, new.churn_risk, new.components, new.inputs, new.lifecycle_stage,
              old.engagement AS engagement_before, old.churn_risk AS churn_before,
              old.lifecycle_stage AS stage_before
),
history AS (
    INSERT INTO profiles_scorehistory (tenant_id, profile_id, day, engagement, churn_risk, components, inputs,
                                       rules_version)
    SELECT %(tenant)s, profile_id, %(day)s, engagement, churn_risk, components, inputs, %(rules)s FROM kept
    WHERE (engagement_before, churn_before) IS DISTINCT FROM (engagement, churn_risk)
    ON CONFLICT ON CONSTRAINT profiles_scohistory_day_uq DO UPDATE
    SET engagement = excluded.engagement, churn_risk = excluded.churn_risk, components = excluded.components,
        inputs = excluded.inputs, rules_version = excluded.rules_version
)
INSERT INTO profiles_stagechange (tenant_id, profile_id, stage_before, stage_after, changed_at)
SELECT %(tenant)s, profile_id, stage_before, lifecycle_stage, %(now)s FROM kept
WHERE stage_before IS DISTINCT FROM lifecycle_stage
"""
# Who was merged or erased has no scores of their own; after an unmerge they are computed anew.
FORGET_RETIRED: Final = """
DELETE FROM profiles_profilescore AS k USING profiles_customerprofile AS p
WHERE k.tenant_id = %(tenant)s AND k.profile_id = ANY(%(ids)s) AND p.tenant_id = %(tenant)s AND p.id = k.profile_id
  AND p.status NOT IN ('ACTIVE', 'INACTIVE')
"""
# Whose line begins today, although their timeline is older: those a club brought along.
WITHOUT_PAST: Final = f"""
SELECT p.id FROM profiles_customerprofile AS p
LEFT JOIN LATERAL (
    SELECT h.day FROM profiles_scorehistory AS h
    WHERE h.tenant_id = %(tenant)s AND h.profile_id = p.id AND h.day <= %(day)s LIMIT 1
) AS known ON true
CROSS JOIN LATERAL (
    SELECT a.id FROM profiles_activity AS a
    WHERE known.day IS NULL AND a.tenant_id = %(tenant)s AND a.profile_id = p.id AND a.occurred_at <= %(now)s
      AND a.{COUNTED} LIMIT 1
) AS old
WHERE p.tenant_id = %(tenant)s AND p.id > %(after)s AND p.id <= %(until)s AND p.status IN ('ACTIVE', 'INACTIVE')
  AND {NOT_RESTRICTED}
ORDER BY p.id
"""
# The past of a line; step by step, the oldest first. Before somebody's first activity there is none.
STORE_PAST: Final = """
INSERT INTO profiles_scorehistory (tenant_id, profile_id, day, engagement, churn_risk, components, inputs,
                                   rules_version)
SELECT %(tenant)s, s.profile_id, %(day)s, s.engagement, s.churn_risk, s.components, s.inputs, %(rules)s
FROM scored AS s
LEFT JOIN LATERAL (
    SELECT h.engagement, h.churn_risk FROM profiles_scorehistory AS h
    WHERE h.tenant_id = %(tenant)s AND h.profile_id = s.profile_id AND h.day < %(day)s
    ORDER BY h.day DESC LIMIT 1
) AS before ON true
WHERE s.inputs ->> 'lastActivityAt' IS NOT NULL
  AND (before.engagement, before.churn_risk) IS DISTINCT FROM (s.engagement, s.churn_risk)
ON CONFLICT ON CONSTRAINT profiles_scohistory_day_uq DO NOTHING
"""
# Where each chunk of a full run ends.
CHUNK_ENDS: Final = """
SELECT id, n FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS total
    FROM profiles_customerprofile WHERE tenant_id = %(tenant)s
) AS numbered
WHERE n %% %(chunk)s = 0 OR n = total ORDER BY id
"""


def measure(rules: Rules, chosen: str, *, is_past: bool = False) -> str:
    """The statement that fills SCORED by these rules; `chosen`: SOME or RANGE. Rules are whole numbers, checked.

    `is_past`: as if it were the moment `now`, when nothing had happened yet of what came later.
    """
    return _MEASURE.format(
        **(PAST if is_past else PRESENT),
        counted=COUNTED,
        chosen=f"{chosen} AND {NOT_RESTRICTED}",
        nearby=NEARBY.get(chosen, "true"),
        recency=banded("days", "<=", rules.recency_days),
        frequency=banded("count_30d", ">=", rules.frequency),
        monetary=banded("lifetime_value_cents", ">=", rules.monetary_cents),
        breadth=banded("channels", ">=", rules.breadth),
        **{f"e_{part}": int(weight) for part, weight in rules.engagement_weights.items()},
        **{f"c_{part}": int(weight) for part, weight in rules.churn_weights.items()},
    )


def banded(column: str, comparison: str, bands: Bands) -> str:
    """The score of a column by the bands of some rules, as SQL."""
    cases = " ".join(f"WHEN {column} {comparison} {int(limit)} THEN {int(score)}" for limit, score in bands)
    return f"CASE {cases} ELSE 0 END"
