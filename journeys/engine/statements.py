"""The SQL of the engine.

A pass claims runs into the temporary table `moving`, moves them there through every step that does not wait, and writes
each run once at the end. A spot is a step of a version, numbered in the pass. Parameters: `%(tenant)s`, `%(now)s`, and
of one group of runs, whose steps are executed together, `%(spots)s`, `%(resumes)s`, `%(part)s`.
"""

from typing import Final

from messaging.holds import CALL_OFF, MAY_BE_CALLED_OFF
from tenants.postgresql.prepared import Prepared

# state: GO (to be executed), PARK (waits), HOLD, COMPLETED, EXITED, FAILED. The step sets `way`; `outcome` is logged.
MOVING: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS moving (
    run_id bigint PRIMARY KEY, profile_id uuid NOT NULL, journey_id uuid NOT NULL, version_id bigint NOT NULL,
    step text NOT NULL, spot integer NOT NULL DEFAULT 0, key text NOT NULL, moves integer NOT NULL,
    sent smallint NOT NULL,
    entered_at timestamptz NOT NULL, arrived_at timestamptz, due_at timestamptz NOT NULL,
    resumes boolean NOT NULL, part integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'GO', hold text NOT NULL DEFAULT '', reason text NOT NULL DEFAULT '', way text,
    outcome text, detail jsonb, skip_sends text NOT NULL DEFAULT '', not_before timestamptz
) WITH (fillfactor = 25) ON COMMIT DELETE ROWS;
DELETE FROM moving
"""
# From the low-water mark of this round on: dead entries at the left edge of the index are not walked again.
CLAIM: Final = """
INSERT INTO moving (run_id, profile_id, journey_id, version_id, step, key, moves, sent, entered_at, arrived_at, due_at,
                    resumes, hold, skip_sends)
SELECT id, profile_id, journey_id, version_id, step, key, moves, sent, entered_at, arrived_at, due_at,
       arrived_at IS NOT NULL, hold, CASE WHEN hold = 'SKIP' THEN 'LATE' ELSE '' END
FROM journeys_run
WHERE tenant_id = %(tenant)s AND status = 'WAITING' AND due_at <= %(now)s AND due_at >= %(low)s {only}
ORDER BY due_at LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
"""
# Asked first where nobody may be due: no transaction, no table.
ANYBODY: Final = Prepared("""
SELECT 1 FROM journeys_run
WHERE tenant_id = %s AND status = 'WAITING' AND due_at <= %s AND due_at >= %s ORDER BY due_at LIMIT 1
""")
# How many were claimed, where they stand, and by which number that goes; all are at number 0 where it is one spot.
STAND: Final = """
SELECT version_id, journey_id, step, count(*), max(due_at) FROM moving GROUP BY 1, 2, 3 ORDER BY 1, 3
"""
NUMBER: Final = "UPDATE moving SET spot = (%(numbers)s::jsonb -> version_id::text ->> step)::int"
# `hold` of those who wait: SKIP, GO or REST. Who may not be moved now: of paused journeys, and whose data is restricted
# (looked at again in an hour).
STOP: Final = """
UPDATE moving AS m SET state = 'HOLD', hold = 'PAUSED'
FROM journeys_journey AS j
WHERE j.tenant_id = %(tenant)s AND j.id = m.journey_id AND j.status = 'PAUSED'
"""
FREEZE: Final = """
UPDATE moving AS m SET state = 'PARK', due_at = %(now)s + interval '1 hour', reason = 'RESTRICTED'
WHERE state = 'GO' AND m.profile_id IN (
    SELECT COALESCE(p.merged_into_id, p.id) FROM profiles_processingrestriction AS r
    JOIN profiles_customerprofile AS p ON p.tenant_id = r.tenant_id AND p.id = r.profile_id
    WHERE r.tenant_id = %(tenant)s)
"""
GONE: Final = """
UPDATE moving AS m SET state = 'EXITED', reason = 'ERASED'
FROM profiles_customerprofile AS p
WHERE p.tenant_id = %(tenant)s AND p.id = m.profile_id AND p.status = 'DELETED' AND m.state = 'GO'
"""
GROUPS: Final = """
SELECT spot, resumes, part, count(*), bool_or(resumes AND hold <> ''), resumes AND min(due_at) < %(late)s,
       NOT resumes AND max(moves) >= %(far)s, bool_or(skip_sends <> '')
FROM moving WHERE state = 'GO' GROUP BY spot, resumes, part ORDER BY spot, resumes, part
"""
HERE: Final = "state = 'GO' AND spot = ANY(%(spots)s::int[]) AND resumes = %(resumes)s AND part = %(part)s"
HERE_M: Final = (
    "m.state = 'GO' AND m.spot = ANY(%(spots)s::int[]) AND m.resumes = %(resumes)s AND m.part = %(part)s"
)
ZONE_OF: Final = "COALESCE(%(zones)s::jsonb ->> p.home_club_id, %(club)s)"
# People of home clubs with clocks of their own stand apart at a wait.
ZONES: Final = f"""
SELECT {ZONE_OF}, count(*) FROM moving AS m
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = m.profile_id
WHERE {HERE_M} GROUP BY 1 ORDER BY 1
"""
APART: Final = f"""
UPDATE moving AS m SET part = %(new_part)s FROM profiles_customerprofile AS p
WHERE p.tenant_id = %(tenant)s AND p.id = m.profile_id AND {HERE_M} AND {ZONE_OF} = %(zone)s
"""
SPEAK: Final = f"UPDATE moving SET skip_sends = '' WHERE {HERE} AND skip_sends <> ''"
# A group that failed is halved until whoever is to blame stands alone.
HALVE: Final = f"""
WITH line AS (
    SELECT run_id, row_number() OVER (ORDER BY spot, run_id) <= %(half)s AS is_first FROM moving WHERE {HERE}
), cut AS (
    UPDATE moving AS m SET part = CASE WHEN is_first THEN %(first)s ELSE %(second)s END
    FROM line WHERE m.run_id = line.run_id
    RETURNING m.part, m.spot
)
SELECT part, array_agg(DISTINCT spot ORDER BY spot), count(*) FROM cut GROUP BY part ORDER BY part
"""
FAIL: Final = f"""
UPDATE moving SET state = 'FAILED', reason = 'STEP_FAILED', outcome = 'FAILED',
       detail = jsonb_build_object('error', %(error)s::text) WHERE {HERE}
"""
PASS: Final = (
    f"UPDATE moving SET way = %(way)s, outcome = %(outcome)s, detail = %(detail)s::jsonb WHERE {HERE}"
)
PARK: Final = f"UPDATE moving AS m SET state = 'PARK', arrived_at = %(now)s, due_at = {{due}} WHERE {HERE_M}"
END: Final = (
    f"UPDATE moving AS m SET state = 'EXITED', reason = {{reason}}, outcome = 'EXITED' WHERE {HERE_M}"
)
# Along the way that was chosen; null leads to the end. One row in the log for each step that was left (who ends is
# logged too), one counter for all of them. One statement: `moving` grows by a row with each update of a pass. A way
# is the next step and its spot; `{of_spot}` finds those of the spot where there are several.
ADVANCE: Final = """
WITH gone AS (
    UPDATE moving
    SET step = COALESCE(%(ways)s::jsonb {of_spot} -> way ->> 0, step), moves = moves + 1, resumes = false,
        spot = COALESCE((%(ways)s::jsonb {of_spot} -> way ->> 1)::int, spot), outcome = NULL, detail = NULL,
        arrived_at = NULL, part = 0, way = NULL,
        state = CASE WHEN state <> 'GO' THEN state
                     WHEN %(ways)s::jsonb {of_spot} -> way ->> 0 IS NULL THEN 'COMPLETED' ELSE 'GO' END
    WHERE outcome IS NOT NULL AND spot = ANY(%(spots)s::int[])
    RETURNING old.run_id, old.moves, old.journey_id, old.version_id, old.step, old.outcome, old.detail
), logged AS (
    INSERT INTO journeys_steplog (tenant_id, run_id, move, version_id, step, outcome, at, detail)
    SELECT %(tenant)s, run_id, moves, version_id, step, outcome, %(now)s, detail FROM gone
), counted AS (
    INSERT INTO journeys_stepcounter (tenant_id, journey_id, version_id, step, outcome, day, count)
    SELECT %(tenant)s, journey_id, version_id, step, outcome, %(day)s, count(*) FROM gone
    GROUP BY journey_id, version_id, step, outcome
)
SELECT count(*) FROM gone
"""
# Whoever was at a step so often goes round in a circle; few get so far that their log is asked.
TOO_OFTEN: Final = f"""
UPDATE moving AS m SET state = 'FAILED', reason = 'TOO_MANY_VISITS', outcome = 'FAILED'
WHERE {HERE_M} AND NOT m.resumes AND m.moves >= %(most)s AND %(most)s <= (
    SELECT count(*) FROM journeys_steplog AS l
    WHERE l.tenant_id = %(tenant)s AND l.run_id = m.run_id AND l.step = m.step)
"""
# Each run is written once, at its stop.
WRITE: Final = """
UPDATE journeys_run AS r
SET step = m.step, moves = m.moves, sent = m.sent, arrived_at = m.arrived_at, due_at = m.due_at,
    status = CASE WHEN m.state = 'HOLD' THEN 'HELD' ELSE 'WAITING' END,
    hold = CASE WHEN m.state = 'HOLD' THEN m.hold WHEN m.skip_sends <> '' THEN 'SKIP'
                WHEN m.reason = 'RESTRICTED' THEN 'REST' ELSE '' END
FROM moving AS m
WHERE r.id = m.run_id AND r.tenant_id = %(tenant)s AND m.state IN ('PARK', 'HOLD')
"""
FINISH: Final = """
WITH over AS (
    DELETE FROM journeys_run AS r USING moving AS m
    WHERE r.id = m.run_id AND r.tenant_id = %(tenant)s AND m.state IN ('COMPLETED', 'EXITED', 'FAILED')
    RETURNING r.id, r.journey_id, r.profile_id, r.origin_profile_id, r.key, r.entered_at, m.version_id, m.step, m.moves,
              m.sent, m.state, m.reason
)
INSERT INTO journeys_runended (tenant_id, id, journey_id, version_id, profile_id, origin_profile_id, key, step, moves,
                               sent, entered_at, ended_at, status, reason)
SELECT %(tenant)s, id, journey_id, version_id, profile_id, origin_profile_id, key, step, moves, sent, entered_at,
       %(now)s, state, reason
FROM over
"""
DROP_SUBSCRIPTIONS: Final = """
DELETE FROM journeys_subscription AS s USING moving AS m
WHERE s.tenant_id = %(tenant)s AND s.run_id = m.run_id AND m.state IN ('COMPLETED', 'EXITED', 'FAILED')
"""
TELL_ENDED: Final = """
INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
SELECT %(tenant)s, CASE WHEN m.state = 'COMPLETED' THEN 'journey.completed' ELSE 'journey.exited' END, m.profile_id,
       jsonb_build_object('journeyId', m.journey_id, 'runId', m.run_id, 'versionId', m.version_id,
                          'reason', NULLIF(m.reason, ''))
FROM moving AS m WHERE m.state IN ('COMPLETED', 'EXITED', 'FAILED')
"""

# --- Ending and waking from outside: `ending` (run_id, reason, detail) is staged by the caller.
# First of all: what a pass that has them at this moment plans for them is to be seen, and taken back.
LOCK_ENDING: Final = """
SELECT FROM journeys_run AS r WHERE r.tenant_id = %(tenant)s AND r.id IN (SELECT run_id FROM ending)
ORDER BY r.id FOR UPDATE
"""
END_RUNS: Final = """
WITH over AS (
    DELETE FROM journeys_run AS r USING ending AS e
    WHERE r.tenant_id = %(tenant)s AND r.id = e.run_id
    RETURNING r.*, e.reason, e.detail
), unsubscribed AS (
    DELETE FROM journeys_subscription WHERE tenant_id = %(tenant)s AND run_id IN (SELECT run_id FROM ending)
), logged AS (
    INSERT INTO journeys_steplog (tenant_id, run_id, move, version_id, step, outcome, at, detail)
    SELECT %(tenant)s, id, moves, version_id, step, 'EXITED', %(now)s,
           jsonb_build_object('reason', reason) || COALESCE(detail, '{}') FROM over
), told AS (
    INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
    SELECT %(tenant)s, 'journey.exited', profile_id,
           jsonb_build_object('journeyId', journey_id, 'runId', id, 'versionId', version_id, 'reason', reason)
    FROM over
)
INSERT INTO journeys_runended (tenant_id, id, journey_id, version_id, profile_id, origin_profile_id, key, step, moves,
                               sent, entered_at, ended_at, status, reason)
SELECT %(tenant)s, id, journey_id, version_id, profile_id, origin_profile_id, key, step, moves, sent, entered_at,
       %(now)s, 'EXITED', reason
FROM over RETURNING id, journey_id, profile_id
"""
# Messages of ended runs that were not handed over are taken back: of steps they left, and of the one they wait at; that
# one has no row in the step log yet. OFFSET 0 makes the ledger be looked up by its key, however many run at once.
# In a trial nobody hands over: what was due by `left_by` has left.
TAKE_BACK: Final = f"""{CALL_OFF}
FROM (
    SELECT found.id FROM ending AS e CROSS JOIN LATERAL (
        SELECT 'journey:' || l.run_id || ':' || l.step || ':' || l.move AS key FROM journeys_steplog AS l
        WHERE l.tenant_id = %(tenant)s AND l.run_id = e.run_id AND l.outcome = 'PLANNED'
        UNION ALL
        SELECT 'journey:' || r.id || ':' || r.step || ':' || r.moves FROM journeys_run AS r
        WHERE r.tenant_id = %(tenant)s AND r.id = e.run_id
        OFFSET 0
    ) AS k CROSS JOIN LATERAL (
        SELECT f.id FROM messaging_delivery AS f
        WHERE f.tenant_id = %(tenant)s AND f.key = k.key OFFSET 0
    ) AS found
) AS mine
WHERE d.tenant_id = %(tenant)s AND d.id = mine.id AND {MAY_BE_CALLED_OFF}
  AND (%(left_by)s::timestamptz IS NULL OR d.status <> 'PLANNED' OR d.due_at > %(left_by)s)
"""
# A wait whose date has changed begins anew: a moment that has passed is then as by the choice of the step.
WAIT_ANEW: Final = """
UPDATE journeys_run AS r SET due_at = %(now)s, arrived_at = NULL
WHERE r.tenant_id = %(tenant)s AND r.id = ANY(%(runs)s) AND r.status = 'WAITING' AND r.due_at > %(now)s
"""
WAKE: Final = """
UPDATE journeys_run AS r SET due_at = %(now)s
WHERE r.tenant_id = %(tenant)s AND r.id = ANY(%(runs)s) AND r.status = 'WAITING' AND r.due_at > %(now)s
"""
