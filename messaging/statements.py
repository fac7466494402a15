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
    source_id uuid, delivery_id bigint, defers_quiet boolean, defers_cap boolean, deferrals smallint NOT NULL DEFAULT 0,
    person_status text, email text, phone_number text, messaging_contact_id text, email_opt_in boolean,
    sms_opt_in boolean, push_opt_in boolean, whatsapp_opt_in boolean, home_club_id text
) ON COMMIT DELETE ROWS;
DELETE FROM send_candidate
"""
# Who reads the people anyway writes down what is to be known of them, all or none: a large plan then reads them once.
PERSON: Final = (
    "person_status, email, phone_number, messaging_contact_id, email_opt_in, sms_opt_in, push_opt_in, whatsapp_opt_in,"
    " home_club_id"
)
OF_PERSON: Final = PERSON.replace("person_status", "status")
CYCLES: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS quiet_cycle (
    zone text NOT NULL, loud_from timestamptz NOT NULL, quiet_from timestamptz NOT NULL,
    quiet_until timestamptz NOT NULL, next_quiet_from timestamptz NOT NULL
) ON COMMIT DELETE ROWS;
DELETE FROM quiet_cycle
"""
# One after the other, as they stand.
LOCK: Final = "SELECT pg_advisory_xact_lock(%s, hashtext(whom)) FROM unnest(%s::text[]) AS whom"
COPY_CYCLES: Final = "COPY quiet_cycle FROM STDIN"
LOOK: Final = """
SELECT count(*), max(cardinality(channels)), min(COALESCE(due_at, %(now)s)), max(COALESCE(due_at, %(now)s)),
       bool_and(person_status IS NOT NULL),
       EXISTS (SELECT FROM messaging_delivery WHERE tenant_id = %(tenant)s AND source_id = ANY(%(sources)s::uuid[]))
FROM send_candidate
"""
ZONES: Final = "SELECT zone FROM send_candidate WHERE zone IS NOT NULL GROUP BY zone"
ANALYZE: Final = "ANALYZE send_candidate (profile_id)"
# Until the transaction ends, so that the sorts of a large plan keep out of files: a ninth less processor time.
ROOM: Final = "SET LOCAL work_mem = '64MB'"
REPEATS: Final = "SELECT EXISTS (SELECT FROM send_candidate GROUP BY profile_id HAVING count(*) > 1)"

# What is said of most is made once. From the few restrictions to their people, whatever the planner is told.
_PEOPLE: Final = """
WITH plain AS MATERIALIZED (
    SELECT jsonb_build_array(jsonb_build_object('at', %(now)s::timestamptz, 'status', 'PLANNED')) AS said
), restricted AS MATERIALIZED (
    SELECT DISTINCT COALESCE(p.merged_into_id, p.id) AS profile_id
    FROM profiles_processingrestriction AS r
    JOIN profiles_customerprofile AS p ON p.tenant_id = r.tenant_id AND p.id = r.profile_id
    WHERE r.tenant_id = %(tenant)s
), person AS (
    SELECT c.ctid AS nr, c.profile_id, c.key, c.channels, c.message_ids, c.expires_at, c.occurrence, c.variant,
           c.variables, c.skip_reason, c.position, c.delivery_id, c.deferrals, {person},
           COALESCE(c.source_id, %(source_id)s::uuid) AS source_id,
           r.profile_id IS NOT NULL AS is_restricted,
           COALESCE(c.zone, %(club_zones)s::jsonb ->> {home_club}, %(zone)s) AS at_zone,
           GREATEST(COALESCE(c.due_at, %(now)s), %(now)s) AS wanted_at,
           COALESCE(c.defers_quiet, %(defers_quiet)s) AS may_defer_quiet,
           COALESCE(c.defers_cap, %(defers_cap)s) AS may_defer_cap
    FROM send_candidate AS c {people}
    LEFT JOIN restricted AS r ON r.profile_id = c.profile_id
)"""
_KNOWN: Final = {
    "{person}": "c." + PERSON.replace(", home_club_id", "").replace(", ", ", c."),
    "{home_club}": "c.home_club_id",
    "{people}": "",
}
_LOOKED_UP: Final = {
    "{person}": "p."
    + OF_PERSON.replace(", home_club_id", "")
    .replace(", ", ", p.")
    .replace("status", "status AS person_status", 1),
    "{home_club}": "p.home_club_id",
    "{people}": "JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = c.profile_id",
}
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
# What somebody had lately, once for all their channels: one look into the index a person, whatever the planner is told.
# Days and weeks of their own clocks are worked out only for those who had anything.
_HAD: Final = """, recent AS MATERIALIZED (
    SELECT timed.nr, had.* FROM timed CROSS JOIN LATERAL (
        SELECT d.due_at AS had_at, d.channel AS had_channel FROM messaging_delivery AS d
        WHERE d.tenant_id = %(tenant)s AND d.profile_id = timed.profile_id
          AND d.due_at >= %(earliest)s AND d.due_at < %(latest)s
          AND d.status IN ('PLANNED', 'CLAIMED', 'HANDED_OVER', 'DELIVERED', 'BOUNCED', 'UNKNOWN')
          AND d.source <> 'TEST' AND d.message_class <> ALL(%(exempt)s) AND d.id IS DISTINCT FROM timed.delivery_id
        OFFSET 0
    ) AS had
), had AS MATERIALIZED (
    SELECT timed.nr,
           count(*) FILTER (WHERE had_at >= day.starts AND had_at < day.ends) AS any_day,
           count(*) AS any_week {channel_counts}
    FROM recent JOIN timed ON timed.nr = recent.nr CROSS JOIN LATERAL (
        SELECT (timed.planned_at AT TIME ZONE timed.at_zone)::date AS here
    ) AS local CROSS JOIN LATERAL (
        SELECT local.here::timestamp AT TIME ZONE timed.at_zone AS starts,
               (local.here + 1)::timestamp AT TIME ZONE timed.at_zone AS ends,
               date_trunc('week', local.here::timestamp) AT TIME ZONE timed.at_zone AS monday,
               (date_trunc('week', local.here::timestamp) + interval '7 days') AT TIME ZONE timed.at_zone AS next_monday
    ) AS day
    WHERE had_at >= day.monday AND had_at < day.next_monday
    GROUP BY timed.nr
), burdened AS (
    SELECT timed.*, COALESCE(any_day, 0) AS any_day, COALESCE(any_week, 0) AS any_week {channel_columns}
    FROM timed LEFT JOIN had ON had.nr = timed.nr
)"""
_CHANNEL_COUNTS: Final = """,
               count(*) FILTER (WHERE had_channel = '{channel}' AND had_at >= day.starts AND had_at < day.ends)
                   AS day_{name},
               count(*) FILTER (WHERE had_channel = '{channel}') AS week_{name}"""
_CHANNEL_COLUMNS: Final = """,
           COALESCE(day_{name}, 0) AS day_{name}, COALESCE(week_{name}, 0) AS week_{name}"""
_ADDRESS: Final = """
               CASE u.channel WHEN 'EMAIL' THEN t.email WHEN 'PUSH' THEN t.messaging_contact_id ELSE t.phone_number END
                   AS address,
               CASE u.channel WHEN 'EMAIL' THEN t.email_opt_in WHEN 'SMS' THEN t.sms_opt_in
                              WHEN 'PUSH' THEN t.push_opt_in WHEN 'WHATSAPP' THEN t.whatsapp_opt_in END AS consents"""
# What is to be said of a way to somebody; the person is `t`, the way `w`.
_VERDICT: Final = """w.channel, w.message_id, hashtextextended(w.address, 0) AS address_hash,
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
           END AS blocked"""
_SUPPRESSED: Final = """LEFT JOIN messaging_suppression AS s
      ON s.tenant_id = %(tenant)s AND s.channel = w.channel AND s.mailbox = hashtextextended(w.address, 0)
     AND (s.kind <> 'SOFT_BOUNCE' OR s.strikes >= 3) AND (s.until IS NULL OR s.until > t.planned_at)"""
_FIRST_WAY: Final = """, first AS {materialized} (
    SELECT t.*, {verdict}
    FROM {people} AS t CROSS JOIN LATERAL (
        SELECT u.channel, t.message_ids[1] AS message_id, {address}
        FROM (SELECT t.channels[1] AS channel) AS u
    ) AS w {suppressed}
)"""
_ONE_WAY: Final = """, chosen AS (
    SELECT {columns}, f.channel, f.message_id, f.address_hash, {first_had} f.blocked, NULL::jsonb AS tried
    FROM first AS f
)"""
# The other ways of those alone who cannot be reached by the one that they prefer: they are few. No way leads to whoever
# the caller, or something about the person, keeps it from.
_BEST_WAY: Final = """, other AS MATERIALIZED (
    SELECT t.nr, w.preference, {verdict}
    FROM first AS t CROSS JOIN LATERAL (
        SELECT u.channel, u.message_id, u.preference, {address}
        FROM unnest(t.channels, t.message_ids) WITH ORDINALITY AS u(channel, message_id, preference)
        WHERE u.preference > 1
    ) AS w {suppressed}
    WHERE t.blocked NOT IN ('ERASED', 'MERGED', 'RESTRICTED') AND t.skip_reason = ''
), others AS (
    SELECT nr, min(preference) FILTER (WHERE blocked IS NULL) AS place,
           jsonb_object_agg(channel, blocked) FILTER (WHERE blocked IS NOT NULL AND channel IS NOT NULL) AS tried
    FROM other GROUP BY nr
), chosen AS (
    SELECT {columns}, COALESCE(o.channel, f.channel) AS channel, COALESCE(o.message_id, f.message_id) AS message_id,
           CASE WHEN o.nr IS NULL THEN f.address_hash ELSE o.address_hash END AS address_hash, {had_names}
           CASE WHEN o.nr IS NULL THEN f.blocked END AS blocked,
           CASE WHEN f.channel IS NOT NULL AND f.skip_reason = ''
                     AND f.blocked NOT IN ('ERASED', 'MERGED', 'RESTRICTED')
                THEN jsonb_build_object(f.channel, f.blocked) || COALESCE(a.tried, '{}') END AS tried
    FROM first AS f LEFT JOIN others AS a ON a.nr = f.nr
    LEFT JOIN other AS o ON o.nr = a.nr AND o.preference = a.place
)"""
# What the later parts name of a person.
_NAMES: Final = (
    "nr, profile_id, key, source_id, occurrence, variant, variables, position, delivery_id, deferrals, expires_at,"
    " at_zone, may_defer_quiet, may_defer_cap, planned_at, is_quiet, good_until"
)
_COLUMNS: Final = "f." + _NAMES.replace(", ", ", f.")
_NO_CAPS: Final = """, capped AS MATERIALIZED (
    SELECT chosen.*, blocked AS held, false AS is_full_week FROM chosen
)"""
# Of a plan in which nobody stands twice only what somebody had before counts: four sorts of wide rows less.
_CAPS_ONCE: Final = """, capped AS MATERIALIZED (
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
), capped AS MATERIALIZED (
    SELECT ranked.*,
           CASE WHEN blocked IS NULL AND (
                COALESCE(channel_day > {channel_day}, false) OR COALESCE(channel_week > {channel_week}, false)
                OR COALESCE(any_day > {any_day}, false) OR COALESCE(any_week > {any_week}, false))
                THEN 'CAP' ELSE blocked END AS held,
           COALESCE(channel_week > {channel_week}, false) OR COALESCE(any_week > {any_week}, false) AS is_full_week
    FROM ranked
)"""
# Materialized: the verdict is named many times below, and would be computed for each of them.
_EVERY_MAILBOX: Final = """, final AS MATERIALIZED (
    SELECT capped.*, held AS verdict, NULL::bigint AS mailbox FROM capped
)"""
# Of the few who share a mailbox only the first gets a copy; found among narrow rows, so that no wide ones are sorted.
_ONE_MAILBOX: Final = """, double AS MATERIALIZED (
    SELECT nr FROM (
        SELECT nr, row_number() OVER (PARTITION BY address_hash, occurrence, source_id ORDER BY position, nr) AS nth
        FROM capped WHERE held IS NULL AND address_hash IN (
            SELECT address_hash FROM capped WHERE held IS NULL GROUP BY address_hash HAVING count(*) > 1)
    ) AS line WHERE nth > 1
), final AS MATERIALIZED (
    SELECT mailed.*, address_hash AS mailbox,
           CASE WHEN held IS NULL AND (double.nr IS NOT NULL {taken}) THEN 'SAME_MAILBOX' ELSE held END AS verdict
    FROM capped AS mailed LEFT JOIN double ON double.nr = mailed.nr
)"""
# Asked for as a range in order: that only the index of mailboxes has. Where the statistics are older than the rows, all
# indexes look alike for an equal value, and the source's messages of the day would be read for each person.
_TAKEN: Final = """OR (
    SELECT true FROM messaging_delivery AS d
    WHERE d.tenant_id = %(tenant)s AND d.source_id = mailed.source_id AND d.occurrence = mailed.occurrence
      AND d.mailbox >= mailed.address_hash AND d.mailbox <= mailed.address_hash
      AND d.id IS DISTINCT FROM mailed.delivery_id
    ORDER BY d.mailbox LIMIT 1) IS NOT NULL"""
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
           CASE WHEN verdict IS NULL AND tried IS NULL THEN (SELECT said FROM plain)
                ELSE jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
                    'at', %(now)s::timestamptz, 'status', status, 'reason', verdict, 'ways', tried))) END AS said
    FROM settled
)"""
_INSERT: Final = """, written AS (
    INSERT INTO messaging_delivery (
        tenant_id, key, source, source_id, occurrence, variant, profile_id, origin_profile_id, message_class, channel,
        message_id, variables, mailbox, status, reason, zone, due_at, expires_at, good_until, defers_quiet, defers_cap,
        one_per_mailbox, deferrals, planned_at, history)
    SELECT %(tenant)s, key, %(source)s, source_id, occurrence, variant, profile_id, profile_id, %(message_class)s,
           COALESCE(channel, ''), message_id, variables, CASE WHEN status = 'PLANNED' THEN mailbox END, status, reason,
           at_zone, final_due_at, expires_at, CASE WHEN status = 'PLANNED' THEN good_until END, may_defer_quiet,
           may_defer_cap, %(one_per_mailbox)s, deferred, %(now)s, said
    FROM decided {in_order}
    RETURNING status, reason, channel, due_at
)
SELECT status, reason, channel, count(*), min(due_at), max(due_at) FROM written GROUP BY status, reason, channel"""
# Of a plan whose keys are new nobody looks for them, and its candidates stand in order.
_IN_ORDER: Final = "ORDER BY position, nr ON CONFLICT ON CONSTRAINT messaging_delivery_key_uq DO NOTHING"
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
    known: bool,
    new_keys: bool,
) -> str:
    """The statement that decides, put together for what this plan asks.

    `many_ways`: somebody may be reached over several channels. `taken`: the source has rows that may hold a mailbox.
    `repeats`: somebody stands among the candidates more than once. `known`: what is asked of people stands there too.
    `new_keys`: none of the keys can be in the ledger, and the candidates were filled in order.
    """
    people = _PEOPLE
    for name, text in (_KNOWN if known else _LOOKED_UP).items():
        people = people.replace(name, text)
    parts = [people, _QUIET if has_quiet_hours else _NO_QUIET, _ways(caps, many_ways=many_ways)]
    parts.append(_with_caps(caps, repeats=repeats))
    parts.append(_ONE_MAILBOX.replace("{taken}", _TAKEN if taken else "") if one_mailbox else _EVERY_MAILBOX)
    ending = ENDINGS[ending].replace("{in_order}", "" if new_keys else _IN_ORDER)
    return "".join([*parts, _DECISION, ending])


_HAD_NAMES: Final = ("had_channel_day", "had_channel_week", "had_any_day", "had_any_week")
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


def _ways(caps: Caps | None, *, many_ways: bool) -> str:
    """Which way each person is to be reached, or why by none."""
    burden, verdict = "", _fill(_VERDICT, had_columns="", capped="")
    people, had_names, first_had = "timed", "", ""
    if caps is not None:
        day, week = _had(caps, "day"), _had(caps, "week")
        names = [(one, one.lower()) for one in caps.channels]
        burden = _fill(
            _HAD,
            channel_counts="".join(_CHANNEL_COUNTS.format(channel=one, name=name) for one, name in names),
            channel_columns="".join(_CHANNEL_COLUMNS.format(name=name) for _, name in names),
        )
        verdict = _fill(
            _VERDICT,
            had_columns=_fill(_HAD_COLUMNS, channel_day=day, channel_week=week),
            capped=_filled(_fill(_CAPPED, had_day=day, had_week=week), caps, "w.channel"),
        )
        people = "burdened"
        had_names = "".join(
            f"CASE WHEN o.nr IS NULL THEN f.{name} ELSE o.{name} END AS {name}, " for name in _HAD_NAMES
        )
        first_had = "".join(f"f.{name}, " for name in _HAD_NAMES)
    parts = {
        "verdict": verdict,
        "first_had": first_had,
        "address": _ADDRESS,
        "suppressed": _SUPPRESSED,
        "people": people,
    }
    parts |= {
        "materialized": "MATERIALIZED" if many_ways else "",
        "columns": _COLUMNS,
        "had_names": had_names,
    }
    return burden + _fill(_FIRST_WAY + (_BEST_WAY if many_ways else _ONE_WAY), **parts)


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
