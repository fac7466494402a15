"""The SQL of sending: which sources have something due, claiming, what came of it."""

from typing import Final

from tenants.postgresql.staging import StagingTable

# From one source to the next over the claim's index, so that the cost follows the sources and not the rows.
LANES: Final = """
WITH RECURSIVE lane AS (
    (SELECT tenant_id, source_id, due_at FROM messaging_delivery WHERE status = 'PLANNED'
     ORDER BY tenant_id, source_id, due_at LIMIT 1)
    UNION ALL
    SELECT further.* FROM lane CROSS JOIN LATERAL (
        SELECT d.tenant_id, d.source_id, d.due_at FROM messaging_delivery AS d
        WHERE d.status = 'PLANNED' AND (d.tenant_id, d.source_id) > (lane.tenant_id, lane.source_id)
        ORDER BY d.tenant_id, d.source_id, d.due_at LIMIT 1) AS further
)
SELECT lane.tenant_id, lane.source_id FROM lane
JOIN tenants_tenant AS t ON t.id = lane.tenant_id AND t.is_active
WHERE lane.due_at <= clock_timestamp()
  AND NOT EXISTS (SELECT FROM messaging_sendhold AS h
                  WHERE h.tenant_id = lane.tenant_id AND h.source_id = lane.source_id)
"""
# A held source is asked about again at each claim: a pause takes effect within one batch. From the mark on, because
# what lies before it in the index is dead and would be walked over again each time. What came too late ends here; what
# would be handed over in quiet hours is decided about anew. Of rows at which a worker died or a call broke off nobody
# knows which one was at fault: after the first time they are claimed in small companies, then alone (ADR 102).
CLAIM: Final = """
WITH due AS MATERIALIZED (
    SELECT d.id, d.due_at, d.lost_workers + d.unclear_calls AS doubt,
           CASE WHEN d.expires_at < clock_timestamp() THEN 'SKIPPED'
                WHEN d.good_until <= clock_timestamp() THEN 'DEFERRED' ELSE 'CLAIMED' END AS becomes
    FROM messaging_delivery AS d
    WHERE d.tenant_id = %(tenant)s AND d.source_id = %(source_id)s AND d.status = 'PLANNED'
      AND (d.due_at, d.id) > (%(mark_due)s, %(mark_id)s) AND d.due_at <= clock_timestamp()
      AND d.channel <> ALL(%(resting)s)
      AND NOT EXISTS (SELECT FROM messaging_sendhold AS h
                      WHERE h.tenant_id = %(tenant)s AND h.source_id = %(source_id)s)
    ORDER BY d.due_at, d.id LIMIT %(most)s FOR UPDATE OF d SKIP LOCKED
), company AS (
    SELECT id, becomes, max(doubt) OVER line AS doubt, row_number() OVER line AS place
    FROM due WINDOW line AS (ORDER BY due_at, id)
)
UPDATE messaging_delivery AS d
SET status = due.becomes, service_id = '', reason = CASE due.becomes WHEN 'SKIPPED' THEN 'EXPIRED' ELSE '' END,
    leased_until = CASE due.becomes WHEN 'CLAIMED' THEN clock_timestamp() + %(lease)s END,
    attempts = d.attempts + 1, mailbox = CASE due.becomes WHEN 'CLAIMED' THEN d.mailbox END,
    history = d.history || jsonb_build_object('at', clock_timestamp(), 'status', due.becomes)
FROM company AS due
WHERE d.tenant_id = %(tenant)s AND d.id = due.id
  AND due.place <= CASE due.doubt WHEN 0 THEN %(most)s WHEN 1 THEN %(few)s ELSE 1 END
RETURNING d.id, d.due_at, d.status
"""
# By the way of the row, as it is now.
ADDRESS: Final = """CASE d.channel WHEN 'EMAIL' THEN p.email WHEN 'PUSH' THEN p.messaging_contact_id
                        ELSE p.phone_number END"""
# What is needed to write to them, and whether one still may; last of that whether a copy may have gone to the same
# mailbox or person since: their address is another one now, or another record was joined with theirs. Read by the
# claim's own transaction, so that their status need not be asked: asked for it, PostgreSQL may walk over the index of
# leases, and over all that is dead in it.
LOAD: Final = """
SELECT d.id, d.key, d.source, d.source_id, d.profile_id, d.channel, d.message_id, d.message_class, d.variables::text,
       d.attempts, d.leased_until,
       {address},
       CASE WHEN p.status = 'DELETED' THEN 'ERASED'
            WHEN r.profile_id IS NOT NULL THEN 'RESTRICTED'
            WHEN COALESCE({address}, '') = '' THEN 'NO_ADDRESS'
            WHEN (d.message_class = 'MARKETING' OR %(needs_consent)s) AND NOT CASE d.channel
                WHEN 'EMAIL' THEN p.email_opt_in WHEN 'SMS' THEN p.sms_opt_in WHEN 'PUSH' THEN p.push_opt_in
                WHEN 'WHATSAPP' THEN p.whatsapp_opt_in END THEN 'CONSENT'
            WHEN s.kind = 'COMPLAINT' THEN 'COMPLAINT'
            WHEN s.kind IS NOT NULL THEN 'BOUNCE' ELSE '' END,
       d.one_per_mailbox AND (COALESCE(d.mailbox <> hashtextextended({address}, 0), false) OR EXISTS (
           SELECT FROM profiles_customerprofile AS q WHERE q.tenant_id = d.tenant_id AND q.merged_into_id = p.id)),
       {columns}
FROM messaging_delivery AS d
JOIN profiles_customerprofile AS p ON p.tenant_id = d.tenant_id AND p.id = d.profile_id
LEFT JOIN (
    SELECT DISTINCT COALESCE(q.merged_into_id, q.id) AS profile_id FROM profiles_processingrestriction AS pr
    JOIN profiles_customerprofile AS q ON q.tenant_id = pr.tenant_id AND q.id = pr.profile_id
    WHERE pr.tenant_id = %(tenant)s) AS r ON r.profile_id = p.id
LEFT JOIN messaging_suppression AS s
  ON s.tenant_id = d.tenant_id AND s.channel = d.channel AND (s.kind <> 'SOFT_BOUNCE' OR s.strikes >= 3)
 AND s.mailbox = hashtextextended(
        {address}, 0)
 AND (s.until IS NULL OR s.until > clock_timestamp())
WHERE d.tenant_id = %(tenant)s AND d.id = ANY(%(ids)s)
ORDER BY d.due_at, d.id
"""
# Of those whose address is another one than was planned for, or with whom another record was joined: who got a copy
# already under the other record, or whose mailbox somebody has; the first of the others takes the mailbox that is
# theirs now. Asked for as a range in order, as in planning.
TWICE: Final = f"""
WITH doubtful AS MATERIALIZED (
    SELECT d.id, d.profile_id, d.source_id, d.occurrence, hashtextextended({ADDRESS}, 0) AS box
    FROM messaging_delivery AS d JOIN profiles_customerprofile AS p ON p.tenant_id = d.tenant_id AND p.id = d.profile_id
    WHERE d.tenant_id = %(tenant)s AND d.id = ANY(%(ids)s)
), ranked AS (
    SELECT o.*, row_number() OVER (PARTITION BY source_id, occurrence, box ORDER BY id) AS nth,
           (SELECT d.id FROM messaging_delivery AS d
            WHERE d.tenant_id = %(tenant)s AND d.source_id = o.source_id AND d.occurrence = o.occurrence
              AND d.mailbox >= o.box AND d.mailbox <= o.box AND d.id <> o.id
            ORDER BY d.mailbox LIMIT 1) IS NOT NULL AS is_taken,
           EXISTS (SELECT FROM (SELECT * FROM messaging_delivery AS m
                                WHERE m.tenant_id = %(tenant)s AND m.profile_id = o.profile_id OFFSET 0) AS d
                   WHERE d.source_id = o.source_id AND d.occurrence = o.occurrence AND d.id <> o.id
                     AND (d.status IN ('HANDED_OVER', 'DELIVERED', 'BOUNCED', 'UNKNOWN')
                          OR d.status = 'CLAIMED' AND d.id < o.id)) AS has_copy
    FROM doubtful AS o
), judged AS (
    SELECT id, box, CASE WHEN has_copy THEN 'MERGED' WHEN is_taken OR nth > 1 THEN 'SAME_MAILBOX' ELSE '' END AS reason
    FROM ranked
)
UPDATE messaging_delivery AS d SET mailbox = CASE judged.reason WHEN '' THEN judged.box END
FROM judged WHERE d.tenant_id = %(tenant)s AND d.id = judged.id
RETURNING d.id, judged.reason
"""
RESULT: Final = StagingTable(
    "send_result", "id bigint, status text, reason text, service_id text, error text, wait interval"
)
# Word from the service may have been faster than this: then only its id is noted. What was called off meanwhile
# (a reason stands in a row that is under way) does not go back to the queue. Of a row that is
# still CLAIMED a worker says it, which lives; the sweep says it of the others, and nothing is counted anew.
# The status is compared as an expression, so that the rows are found by their numbers and not by the index of leases:
# where somebody holds a snapshot that is full of dead entries.
FINISH: Final = """
UPDATE messaging_delivery AS d
SET status = CASE WHEN r.status = 'PLANNED' AND d.reason <> '' THEN 'SKIPPED' ELSE r.status END,
    reason = CASE WHEN r.status IN ('PLANNED', 'UNKNOWN') AND d.reason <> '' THEN d.reason ELSE r.reason END,
    error = r.error,
    service_id = CASE WHEN r.service_id <> '' THEN r.service_id ELSE d.service_id END,
    handed_over_at = CASE WHEN r.status = 'HANDED_OVER' THEN clock_timestamp() ELSE d.handed_over_at END,
    leased_until = CASE WHEN r.status = 'UNKNOWN' THEN clock_timestamp() + r.wait END,
    due_at = CASE WHEN r.status = 'PLANNED' THEN clock_timestamp() + r.wait ELSE d.due_at END,
    expires_at = CASE WHEN r.status = 'PLANNED' AND d.expires_at < clock_timestamp() + r.wait
                      THEN clock_timestamp() + r.wait ELSE d.expires_at END,
    mailbox = CASE WHEN r.status = 'SKIPPED' OR r.status = 'PLANNED' AND d.reason <> '' THEN NULL ELSE d.mailbox END,
    lost_workers = CASE WHEN d.status = 'CLAIMED' THEN 0 ELSE d.lost_workers END,
    unclear_calls = CASE WHEN d.status <> 'CLAIMED' THEN d.unclear_calls
                         WHEN r.status = 'UNKNOWN' THEN d.unclear_calls + 1 ELSE 0 END,
    history = d.history || jsonb_strip_nulls(jsonb_build_object(
        'at', clock_timestamp(), 'status', r.status, 'reason', NULLIF(r.reason, ''), 'error', NULLIF(r.error, '')))
        || CASE WHEN r.status = 'PLANNED' AND d.reason <> '' THEN jsonb_build_array(jsonb_build_object(
               'at', clock_timestamp(), 'status', 'SKIPPED', 'reason', d.reason)) ELSE '[]' END
FROM send_result AS r
WHERE d.tenant_id = %s AND d.id = r.id AND d.status || '' IN ('CLAIMED', 'UNKNOWN')
RETURNING d.id, d.key, d.source, d.source_id, d.occurrence, d.variant, d.profile_id, d.channel, d.status, d.reason
"""
# Before each mail of our own, whose server cannot be asked afterwards: only what is still ours is sent.
BEGIN_MAIL: Final = """
UPDATE messaging_delivery SET service_id = %(mail_id)s, leased_until = clock_timestamp() + %(lease)s
WHERE tenant_id = %(tenant)s AND id = %(id)s AND status = 'CLAIMED' AND leased_until = %(leased_until)s AND reason = ''
"""
NOTE_ID: Final = """
UPDATE messaging_delivery AS d SET service_id = r.service_id FROM send_result AS r
WHERE d.tenant_id = %s AND d.id = r.id AND d.service_id = '' AND r.service_id <> '' AND d.reason <> 'ERASED'
"""
CHANGED: Final = """
SELECT id, key, source, source_id, occurrence, variant, profile_id, channel, status, reason FROM messaging_delivery
WHERE tenant_id = %s AND id = ANY(%s)
"""
# --- the sweep
UNSETTLED: Final = """
SELECT t.id FROM tenants_tenant AS t
WHERE EXISTS (SELECT FROM messaging_delivery AS d WHERE d.tenant_id = t.id AND d.status IN ('CLAIMED', 'UNKNOWN')
                AND d.leased_until <= clock_timestamp())
   OR EXISTS (SELECT FROM messaging_delivery AS d WHERE d.tenant_id = t.id AND d.status = 'DEFERRED'
                AND d.due_at <= clock_timestamp())
"""
# A worker that died: whether it had handed over, nobody knows.
LOST: Final = """
UPDATE messaging_delivery AS d
SET status = 'UNKNOWN', error = 'The worker that sent it died.', leased_until = clock_timestamp(),
    lost_workers = d.lost_workers + 1,
    history = d.history || jsonb_build_object('at', clock_timestamp(), 'status', 'UNKNOWN')
WHERE d.tenant_id = %s AND d.status = 'CLAIMED' AND d.leased_until <= clock_timestamp()
RETURNING id, key, source, source_id, occurrence, variant, profile_id, channel, status, reason
"""
# A mail of our own has its Message-ID from the moment it is begun: one without never left.
ASK: Final = """
WITH asked AS MATERIALIZED (
    SELECT d.id FROM messaging_delivery AS d
    WHERE d.tenant_id = %(tenant)s AND d.status = 'UNKNOWN' AND d.leased_until <= clock_timestamp()
      AND (d.channel <> 'EMAIL' OR d.service_id = '' OR NOT %(by_mail)s)
    ORDER BY d.leased_until LIMIT %(most)s FOR UPDATE OF d SKIP LOCKED
)
UPDATE messaging_delivery AS d SET leased_until = clock_timestamp() + %(lease)s
FROM asked WHERE d.tenant_id = %(tenant)s AND d.id = asked.id
RETURNING d.id, d.key, d.lost_workers, d.unclear_calls, %(by_mail)s AND d.channel = 'EMAIL',
          clock_timestamp() - (d.history -> -1 ->> 'at')::timestamptz
"""
DEFERRED: Final = """
SELECT source, source_id, message_class, defers_quiet, defers_cap, one_per_mailbox FROM messaging_delivery
WHERE tenant_id = %(tenant)s AND status = 'DEFERRED' AND due_at <= COALESCE(%(now)s, clock_timestamp())
  AND (%(trial)s::uuid IS NULL OR source_id = %(trial)s)
ORDER BY due_at LIMIT 1
"""
STAGE_DEFERRED: Final = """
INSERT INTO send_candidate (profile_id, key, channels, message_ids, due_at, expires_at, zone, occurrence, variant,
                            delivery_id, defers_quiet, defers_cap, deferrals, position)
SELECT d.profile_id, d.key, ARRAY[d.channel], ARRAY[d.message_id], d.due_at, d.expires_at, d.zone, d.occurrence,
       d.variant, d.id, d.defers_quiet, d.defers_cap, d.deferrals, d.id
FROM messaging_delivery AS d
WHERE d.tenant_id = %(tenant)s AND d.status = 'DEFERRED' AND d.due_at <= COALESCE(%(now)s, clock_timestamp())
  AND d.source_id = %(source_id)s AND d.message_class = %(message_class)s AND d.one_per_mailbox = %(one_per_mailbox)s
ORDER BY d.due_at LIMIT 5000 FOR UPDATE OF d SKIP LOCKED
"""
