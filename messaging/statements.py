"""The SQL of planning: who gets a message, by which way and when, and who does not and why.

One statement decides about all candidates at once. It is put together from parts, because most clubs have no caps, most
sends one channel, and what is not asked need not be computed. Parts see `%(…)s` parameters; numbers of caps are ints.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# What callers fill; see `messaging.planning`. `position` decides who of a family gets the one copy.
CANDIDATES: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS send_candidate (
    profile_id uuid NOT NULL, key text NOT NULL, channels text[] NOT NULL DEFAULT '{}',
    message_ids uuid[] NOT NULL DEFAULT '{}', due_at timestamptz, expires_at timestamptz, zone text,
    occurrence text NOT NULL DEFAULT '', variant text NOT NULL DEFAULT '', variables jsonb,
    skip_reason text NOT NULL DEFAULT '', position bigint NOT NULL DEFAULT 0,
    delivery_id bigint, defers_quiet boolean, defers_cap boolean, deferrals smallint NOT NULL DEFAULT 0
) ON COMMIT DELETE ROWS;
DELETE FROM send_candidate
"""
CYCLES: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS quiet_cycle (
    zone text NOT NULL, loud_from timestamptz NOT NULL, quiet_from timestamptz NOT NULL,
    quiet_until timestamptz NOT NULL, next_quiet_from timestamptz NOT NULL
) ON COMMIT DELETE ROWS;
DELETE FROM quiet_cycle
"""
COPY_CYCLES: Final = "COPY quiet_cycle FROM STDIN"
LOOK: Final = """
SELECT count(*), max(cardinality(channels)), min(COALESCE(due_at, %(now)s)), max(COALESCE(due_at, %(now)s)),
       array_agg(DISTINCT zone) FILTER (WHERE zone IS NOT NULL),
       EXISTS (SELECT FROM messaging_delivery WHERE tenant_id = %(tenant)s AND source_id = %(source_id)s)
FROM send_candidate
"""
ANALYZE: Final = "ANALYZE send_candidate"
# Until the transaction ends, so that the sorts of a large plan keep out of files: a ninth less processor time.
ROOM: Final = "SET LOCAL work_mem = '64MB'"
REPEATS: Final = "SELECT EXISTS (SELECT FROM send_candidate GROUP BY profile_id HAVING count(*) > 1)"

# From the few restrictions to their people, whatever the planner is told.
_PEOPLE: Final = """
WITH restricted AS MATERIALIZED (
    SELECT DISTINCT COALESCE(p.merged_into_id, p.id) AS profile_id
    FROM profiles_processingrestriction AS r
    JOIN profiles_customerprofile AS p ON p.tenant_id = r.tenant_id AND p.id = r.profile_id
    WHERE r.tenant_id = %(tenant)s
), person AS (
    SELECT row_number() OVER () AS nr, c.*, p.status AS person_status, p.email, p.phone_number, p.messaging_contact_id,
           p.email_opt_in, p.sms_opt_in, p.push_opt_in, p.whatsapp_opt_in, r.profile_id IS NOT NULL AS is_restricted,
           COALESCE(c.zone, %(club_zones)s::jsonb ->> p.home_club_id, %(zone)s) AS at_zone,
           GREATEST(COALESCE(c.due_at, %(now)s), %(now)s) AS wanted_at,
           COALESCE(c.defers_quiet, %(defers_quiet)s) AS may_defer_quiet,
           COALESCE(c.defers_cap, %(defers_cap)s) AS may_defer_cap
    FROM send_candidate AS c
    JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = c.profile_id
    LEFT JOIN restricted AS r ON r.profile_id = p.id
)"""
_NO_QUIET: Final = """, timed AS (
    SELECT person.*, wanted_at AS planned_at, false AS is_quiet, NULL::timestamptz AS good_until FROM person
)"""
_QUIET: Final = """, timed AS (
    SELECT person.*,
           CASE WHEN wanted_at >= q.quiet_from THEN q.quiet_until ELSE wanted_at END AS planned_at,
           COALESCE(wanted_at >= q.quiet_from, false) AS is_quiet,
           CASE WHEN wanted_at >= q.quiet_from THEN q.next_quiet_from ELSE q.quiet_from END AS good_until
    FROM person LEFT JOIN quiet_cycle AS q
      ON q.zone = person.at_zone AND wanted_at >= q.loud_from AND wanted_at < q.quiet_until
)"""
# What each person has already had that day and week, once for all their channels.
_HAD: Final = """, burdened AS (
    SELECT timed.*, had.* FROM timed CROSS JOIN LATERAL (
        SELECT (timed.planned_at AT TIME ZONE timed.at_zone)::date AS here
    ) AS local CROSS JOIN LATERAL (
        SELECT local.here::timestamp AT TIME ZONE timed.at_zone AS starts,
               (local.here + 1)::timestamp AT TIME ZONE timed.at_zone AS ends,
               date_trunc('week', local.here::timestamp) AT TIME ZONE timed.at_zone AS monday,
               (date_trunc('week', local.here::timestamp) + interval '7 days') AT TIME ZONE timed.at_zone AS next_monday
    ) AS day CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE d.due_at >= day.starts AND d.due_at < day.ends) AS any_day,
               count(*) AS any_week {channel_counts}
        FROM messaging_delivery AS d
        WHERE d.tenant_id = %(tenant)s AND d.profile_id = timed.profile_id AND d.due_at >= day.monday
          AND d.due_at < day.next_monday
          AND d.status IN ('PLANNED', 'CLAIMED', 'HANDED_OVER', 'DELIVERED', 'BOUNCED', 'UNKNOWN')
          AND d.source <> 'TEST' AND d.message_class <> ALL(%(exempt)s) AND d.id IS DISTINCT FROM timed.delivery_id
    ) AS had
)"""
_CHANNEL_COUNTS: Final = """,
               count(*) FILTER (WHERE d.channel = '{channel}' AND d.due_at >= day.starts AND d.due_at < day.ends)
                   AS day_{name},
               count(*) FILTER (WHERE d.channel = '{channel}') AS week_{name}"""
_WAYS: Final = """, way AS (
    SELECT t.nr, w.channel, w.message_id, w.preference, hashtextextended(w.address, 0) AS address_hash,
           {had_columns}
           CASE WHEN t.skip_reason <> '' THEN t.skip_reason
                WHEN t.person_status = 'DELETED' THEN 'ERASED'
                WHEN t.person_status = 'MERGED' THEN 'MERGED'
                WHEN t.is_restricted THEN 'RESTRICTED'
                WHEN w.channel IS NULL OR w.message_id IS NULL THEN 'NO_CHANNEL'
                WHEN COALESCE(w.address, '') = '' THEN 'NO_ADDRESS'
                WHEN %(needs_consent)s AND NOT w.consents THEN 'CONSENT'
                WHEN s.kind = 'COMPLAINT' THEN 'COMPLAINT'
                WHEN s.kind IS NOT NULL THEN 'BOUNCE'
                WHEN t.is_quiet AND NOT t.may_defer_quiet THEN 'QUIET_HOURS'
                WHEN t.planned_at > t.expires_at THEN CASE WHEN t.is_quiet THEN 'QUIET_HOURS' ELSE 'EXPIRED' END
                {capped}
           END AS blocked
    FROM {people} AS t
    LEFT JOIN LATERAL (
        SELECT u.channel, u.message_id, u.preference,
               CASE u.channel WHEN 'EMAIL' THEN t.email WHEN 'PUSH' THEN t.messaging_contact_id ELSE t.phone_number END
                   AS address,
               CASE u.channel WHEN 'EMAIL' THEN t.email_opt_in WHEN 'SMS' THEN t.sms_opt_in
                              WHEN 'PUSH' THEN t.push_opt_in WHEN 'WHATSAPP' THEN t.whatsapp_opt_in END AS consents
        FROM unnest(t.channels, t.message_ids) WITH ORDINALITY AS u(channel, message_id, preference)
    ) AS w ON true
    LEFT JOIN messaging_suppression AS s
      ON s.tenant_id = %(tenant)s AND s.channel = w.channel AND s.mailbox = hashtextextended(w.address, 0)
     AND (s.kind <> 'SOFT_BOUNCE' OR s.strikes >= 3) AND (s.until IS NULL OR s.until > t.planned_at)
)"""
_ONE_WAY: Final = """, chosen AS (
    SELECT t.*, w.channel, w.message_id, w.address_hash, w.blocked, NULL::jsonb AS tried {had_names}
    FROM timed AS t JOIN way AS w ON w.nr = t.nr
)"""
_BEST_WAY: Final = """, best AS (
    SELECT DISTINCT ON (nr) * FROM (
        SELECT way.*, jsonb_object_agg(channel, blocked) FILTER (WHERE blocked IS NOT NULL AND channel IS NOT NULL)
                          OVER (PARTITION BY nr) AS tried
        FROM way) AS way
    ORDER BY nr, blocked IS NOT NULL, preference
), chosen AS (
    SELECT t.*, w.channel, w.message_id, w.address_hash, w.blocked, w.tried {had_names}
    FROM timed AS t JOIN best AS w ON w.nr = t.nr
)"""
_NO_CAPS: Final = """, capped AS (
    SELECT chosen.*, blocked AS held, false AS is_full_week FROM chosen
)"""
# Of a plan in which nobody stands twice only what somebody had before counts: four sorts of wide rows less.
_CAPS_ONCE: Final = """, capped AS (
    SELECT chosen.*, blocked AS held,
           COALESCE(had_channel_week >= {channel_week}, false) OR COALESCE(had_any_week >= {any_week}, false)
               AS is_full_week
    FROM chosen
)"""
# Those of the same plan count as well, in order of position.
_CAPS: Final = """, ranked AS (
    SELECT chosen.*,
           had_channel_day + row_number() OVER (
               PARTITION BY profile_id, channel, (planned_at AT TIME ZONE at_zone)::date, blocked IS NULL
               ORDER BY position, nr) AS channel_day,
           had_channel_week + row_number() OVER (
               PARTITION BY profile_id, channel, date_trunc('week', planned_at AT TIME ZONE at_zone), blocked IS NULL
               ORDER BY position, nr) AS channel_week,
           had_any_day + row_number() OVER (
               PARTITION BY profile_id, (planned_at AT TIME ZONE at_zone)::date, blocked IS NULL
               ORDER BY position, nr) AS any_day,
           had_any_week + row_number() OVER (
               PARTITION BY profile_id, date_trunc('week', planned_at AT TIME ZONE at_zone), blocked IS NULL
               ORDER BY position, nr) AS any_week
    FROM chosen
), capped AS (
    SELECT ranked.*,
           CASE WHEN blocked IS NULL AND (
                COALESCE(channel_day > {channel_day}, false) OR COALESCE(channel_week > {channel_week}, false)
                OR COALESCE(any_day > {any_day}, false) OR COALESCE(any_week > {any_week}, false))
                THEN 'CAP' ELSE blocked END AS held,
           COALESCE(channel_week > {channel_week}, false) OR COALESCE(any_week > {any_week}, false) AS is_full_week
    FROM ranked
)"""
# Materialized: the verdict is named many times below, and would be computed, mailbox and all, for each of them.
_EVERY_MAILBOX: Final = """, final AS MATERIALIZED (
    SELECT capped.*, held AS verdict, NULL::bigint AS mailbox FROM capped
)"""
_ONE_MAILBOX: Final = """, final AS MATERIALIZED (
    SELECT mailed.*, address_hash AS mailbox,
           CASE WHEN held IS NULL AND (nth > 1 {taken}) THEN 'SAME_MAILBOX' ELSE held END AS verdict
    FROM (
        SELECT capped.*, row_number() OVER (
                   PARTITION BY occurrence, address_hash, held IS NULL ORDER BY position, nr) AS nth
        FROM capped
    ) AS mailed
)"""
_TAKEN: Final = """OR EXISTS (
    SELECT FROM messaging_delivery AS d
    WHERE d.tenant_id = %(tenant)s AND d.source_id = %(source_id)s AND d.occurrence = mailed.occurrence
      AND d.mailbox = mailed.address_hash AND d.id IS DISTINCT FROM mailed.delivery_id)"""
# A capped message that may wait is decided about again in the morning of the next day, or of the next Monday.
_DECISION: Final = """, settled AS (
    SELECT final.*, retry.at AS retry_at,
           CASE WHEN verdict IS NULL THEN 'PLANNED'
                WHEN verdict = 'CAP' AND may_defer_cap AND deferrals < %(most_deferrals)s
                     AND (expires_at IS NULL OR retry.at <= expires_at) THEN 'DEFERRED'
                ELSE 'SKIPPED' END AS status
    FROM final CROSS JOIN LATERAL (
        SELECT ((CASE WHEN is_full_week
                      THEN (date_trunc('week', planned_at AT TIME ZONE at_zone) + interval '7 days')::date
                      ELSE (planned_at AT TIME ZONE at_zone)::date + 1 END)
                + %(morning)s::time) AT TIME ZONE at_zone AS at
    ) AS retry
), decided AS (
    SELECT settled.*,
           CASE WHEN status = 'DEFERRED' THEN retry_at ELSE planned_at END AS final_due_at,
           CASE WHEN status = 'PLANNED' THEN '' ELSE verdict END AS reason,
           deferrals + (status = 'DEFERRED' OR is_quiet AND status = 'PLANNED')::int AS deferred,
           jsonb_strip_nulls(jsonb_build_object(
               'at', %(now)s::timestamptz, 'status', status, 'reason', NULLIF(verdict, ''), 'ways', tried)) AS said
    FROM settled
)"""
_INSERT: Final = """, written AS (
    INSERT INTO messaging_delivery (
        tenant_id, key, source, source_id, occurrence, variant, profile_id, origin_profile_id, message_class, channel,
        message_id, variables, mailbox, status, reason, zone, due_at, expires_at, good_until, defers_quiet, defers_cap,
        one_per_mailbox, deferrals, planned_at, history)
    SELECT %(tenant)s, key, %(source)s, %(source_id)s, occurrence, variant, profile_id, profile_id, %(message_class)s,
           COALESCE(channel, ''), message_id, variables, CASE WHEN status = 'PLANNED' THEN mailbox END, status, reason,
           at_zone, final_due_at, expires_at, CASE WHEN status = 'PLANNED' THEN good_until END, may_defer_quiet,
           may_defer_cap, %(one_per_mailbox)s, deferred, %(now)s, jsonb_build_array(said)
    FROM decided ORDER BY position, nr
    ON CONFLICT ON CONSTRAINT messaging_delivery_key_uq DO NOTHING
    RETURNING status, reason, channel
)
SELECT status, reason, channel, count(*) FROM written GROUP BY status, reason, channel"""
# The same decision about rows that are there already.
_UPDATE: Final = """, written AS (
    UPDATE messaging_delivery AS d
    SET status = w.status, reason = w.reason, due_at = w.final_due_at, deferrals = w.deferred,
        mailbox = CASE WHEN w.status = 'PLANNED' THEN w.mailbox END,
        good_until = CASE WHEN w.status = 'PLANNED' THEN w.good_until END, history = d.history || w.said
    FROM decided AS w
    WHERE d.tenant_id = %(tenant)s AND d.id = w.delivery_id AND d.status = 'DEFERRED'
    RETURNING d.id, d.key, d.source, d.source_id, d.occurrence, d.variant, d.profile_id, d.channel, d.status, d.reason
)
SELECT * FROM written"""
_LOOK_ONLY: Final = """
SELECT status, reason, COALESCE(channel, ''), count(*) FROM decided GROUP BY status, reason, channel"""
_EACH: Final = """
SELECT key, profile_id, status, reason, COALESCE(channel, ''), final_due_at, tried FROM decided ORDER BY position, nr"""
ENDINGS: Final[Mapping[str, str]] = {
    "INSERT": _INSERT,
    "UPDATE": _UPDATE,
    "COUNT": _LOOK_ONLY,
    "EACH": _EACH,
}


@dataclass(frozen=True, slots=True)
class Caps:
    """How many a day and week: by channel, and over all channels."""

    channels: Mapping[str, tuple[int | None, int | None]]
    any_day: int | None = None
    any_week: int | None = None

    def of(self, span: int) -> str:
        """An SQL expression of the channel's cap: span 0 a day, 1 a week."""
        cases = " ".join(
            f"WHEN '{channel}' THEN {int(spans[span])}"  # type: ignore[arg-type]
            for channel, spans in self.channels.items()
            if spans[span] is not None
        )
        return f"CASE channel {cases} END" if cases else "NULL::int"


def _number(value: int | None) -> str:
    return "NULL::int" if value is None else str(int(value))


def decision(
    *,
    ending: str,
    caps: Caps | None,
    has_quiet_hours: bool,
    many_ways: bool,
    one_mailbox: bool,
    taken: bool,
    repeats: bool,
) -> str:
    """The statement that decides, put together for what this plan asks.

    `many_ways`: somebody may be reached over several channels. `taken`: the source has rows that may hold a mailbox.
    `repeats`: somebody stands among the candidates more than once.
    """
    parts = [_PEOPLE, _QUIET if has_quiet_hours else _NO_QUIET, _ways(caps)]
    names = _HAD_NAMES if caps else ""
    parts.append((_BEST_WAY if many_ways else _ONE_WAY).replace("{had_names}", names))
    parts.append(_with_caps(caps, repeats=repeats))
    parts.append(_ONE_MAILBOX.replace("{taken}", _TAKEN if taken else "") if one_mailbox else _EVERY_MAILBOX)
    return "".join([*parts, _DECISION, ENDINGS[ending]])


_HAD_NAMES: Final = ", w.had_channel_day, w.had_channel_week, w.had_any_day, w.had_any_week"
_HAD_COLUMNS: Final = """{channel_day} AS had_channel_day, {channel_week} AS had_channel_week,
           t.any_day AS had_any_day, t.any_week AS had_any_week,"""
_CAPPED: Final = """WHEN COALESCE({had_day} >= {channel_day}, false) OR COALESCE({had_week} >= {channel_week}, false)
                  OR COALESCE(t.any_day >= {any_day}, false)
                  OR COALESCE(t.any_week >= {any_week}, false) THEN 'CAP'"""


def _filled(text: str, caps: Caps, channel: str) -> str:
    values = {
        "{channel_day}": f"({caps.of(0)})".replace("CASE channel", f"CASE {channel}"),
        "{channel_week}": f"({caps.of(1)})".replace("CASE channel", f"CASE {channel}"),
        "{any_day}": _number(caps.any_day),
        "{any_week}": _number(caps.any_week),
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _ways(caps: Caps | None) -> str:
    if caps is None:
        return _fill(_WAYS, had_columns="", capped="", people="timed")
    day, week = _had(caps, "day"), _had(caps, "week")
    counts = "".join(_CHANNEL_COUNTS.format(channel=one, name=one.lower()) for one in caps.channels)
    return _fill(
        _fill(_HAD, channel_counts=counts) + _WAYS,
        had_columns=_fill(_HAD_COLUMNS, channel_day=day, channel_week=week),
        capped=_filled(_fill(_CAPPED, had_day=day, had_week=week), caps, "w.channel"),
        people="burdened",
    )


def _fill(text: str, **parts: str) -> str:
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part)
    return text


def _had(caps: Caps, span: str) -> str:
    """How many of the channel at hand somebody has had; of channels without a cap nobody counts."""
    cases = " ".join(f"WHEN '{one}' THEN t.{span}_{one.lower()}" for one in caps.channels)
    return f"CASE w.channel {cases} ELSE 0 END" if cases else "0::bigint"


def _with_caps(caps: Caps | None, *, repeats: bool) -> str:
    if caps is None:
        return _NO_CAPS
    return _filled(_CAPS if repeats else _CAPS_ONCE, caps, "channel")
