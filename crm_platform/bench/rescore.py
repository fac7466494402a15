"""Scoring everybody of a large club, against the same SQL as one would write it by hand."""

import time
from collections.abc import Callable
from typing import Any, Final, LiteralString

from crm_platform.bench.database import Connection, connect, expect, one_row, settle
from crm_platform.bench.figures import Figure, duration
from crm_platform.bench.indexes import built_afterwards
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.progress import Report
from crm_platform.bench.setting import Setting
from profiles.scoring import statements as sql
from profiles.scoring.people import Scorer
from profiles.scoring.rules import DEFAULT_RULES
from profiles.scoring.runs import score_everybody
from tenants.models import Tenant
from tenants.scope import tenant_scope

# For the million people with twenty million activities of the requirement; less for fewer.
MOST_MS: Final = 90_000
PEOPLE, ACTIVITIES = 1_000_000, 20_000_000
CHUNK: Final = 250_000
TABLES: Final = (
    "profiles_customerprofile",
    "profiles_activity",
    "profiles_profilescore",
    "profiles_scorehistory",
)
NUMBERED: Final = """
CREATE TEMPORARY TABLE numbered AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM profiles_customerprofile
"""
# Two years of everybody's rows, mixed by time as they come in life.
FILL: Final[LiteralString] = """
INSERT INTO profiles_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, recorded_at, slot, type,
                               category, channel, source, source_event_id, title, metadata)
SELECT (%(base)s + i) * 256, %(tenant)s, p.id, p.id, at, at, 0, kind.type, kind.category, kind.channel, kind.source,
       'bench-' || i, kind.title,
       jsonb_build_object('messageId', 'm-' || i / 5, 'clubName', 'Fairview', 'campaignId', 'c-' || i %% 97)
       || CASE kind.category WHEN 'PAYMENT' THEN jsonb_build_object('paymentId', 'p-' || i, 'amountCents', i %% 90000)
                             ELSE '{}' END
FROM generate_series(%(start)s::bigint, %(end)s::bigint) AS i
CROSS JOIN LATERAL (SELECT now() - make_interval(secs => 63072000.0 * (1 - i / %(total)s::float8)) AS at) AS moment
JOIN numbered AS p ON p.n = {whose}
JOIN (VALUES (0, 'MESSAGE_DELIVERED', 'COMMUNICATION', 'EMAIL', 'messaging', 'Received an e-mail'),
             (1, 'EMAIL_OPENED', 'COMMUNICATION', 'EMAIL', 'messaging', 'Opened an e-mail'),
             (2, 'MESSAGE_DELIVERED', 'COMMUNICATION', 'EMAIL', 'messaging', 'Received an e-mail'),
             (3, 'TEETIME_BOOKED', 'BOOKING', 'TEETIME', 'teetime', 'Booked 4-ball at Fairview, Sat 14 March 07:30'),
             (4, 'ROUND_COMPLETED', 'GOLF', 'TEETIME', 'teetime', 'Completed a round: 84'),
             (5, 'PAYMENT_RECEIVED', 'PAYMENT', 'CLUB', 'scl', 'Paid R 1,500.00 by card'),
             (6, 'EMAIL_CLICKED', 'COMMUNICATION', 'EMAIL', 'messaging', 'Clicked a link in an e-mail'),
             (7, 'PAYMENT_FAILED', 'PAYMENT', 'CLUB', 'scl', 'Payment of R 150.00 failed: card declined'),
             (8, 'RESERVATION_CREATED', 'FACILITY', 'FACILITY', 'facilities', 'Reserved a cart'),
             (9, 'COMPLAINT_OPENED', 'FEEDBACK', 'FEEDBACK', 'feedback', 'Complained: greens'))
     AS kind (n, type, category, channel, source, title)
     ON kind.n = CASE WHEN i %% 1000 = 7 THEN 9 WHEN i %% 100 = 33 THEN 7
                      ELSE i %% 31 %% 9 - (i %% 31 %% 9 = 7)::int END
"""
PASSED: Final[LiteralString] = "SELECT setval(pg_get_serial_sequence('events_inboxevent', 'id'), %(last)s)"
# Everybody as often.
EVENLY: Final[LiteralString] = "(i * 7919 + i / %(people)s) %% %(people)s"
FIGURES: Final[LiteralString] = """
UPDATE profiles_customerprofile AS p SET last_activity_at = a.last_at, lifetime_value_cents = a.value_cents
FROM (SELECT profile_id, max(occurred_at) AS last_at,
             COALESCE(sum((metadata ->> 'amountCents')::bigint) FILTER (WHERE type = 'PAYMENT_RECEIVED'), 0)
                 AS value_cents
      FROM profiles_activity GROUP BY profile_id) AS a
WHERE p.id = a.profile_id
"""


def run(setting: Setting) -> list[Figure]:
    """Nobody has any scores before; the baseline is rolled back, so that both do the same."""
    sizes = setting.sizes
    tenant = make_tenant()
    load_people(tenant, sizes.people, setting.reporter, with_history=False)
    with connect() as connection:
        fill_activities(setting, connection, tenant)
        setting.reporter.note("adding up")
        connection.execute(FIGURES)
        settle(connection, *TABLES)
        bare = _by_hand(setting, connection, tenant)
        first, again = _by_the_product(setting, connection, tenant)
    share = max(sizes.people / PEOPLE, sizes.activities / ACTIVITIES)
    words = f"{sizes.people:,} people, {sizes.activities:,} activities"
    return [
        duration("rescore", words, first, baseline_ms=bare, most_ms=min(MOST_MS * share, 2 * bare)),
        duration("rescore", f"{words}, nothing changed", again),
    ]


def fill_activities(
    setting: Setting, connection: Connection, tenant: Tenant, whose: LiteralString = EVENLY
) -> None:
    """Make the activities; `whose` is SQL for the number of the person who did the `i`-th."""
    total, people = setting.sizes.activities, setting.sizes.people
    (base,) = one_row(connection, "SELECT coalesce(max(id), 0) FROM events_inboxevent")
    connection.execute("SET synchronous_commit = off")
    connection.execute(NUMBERED)
    connection.execute("ANALYZE numbered")
    values: dict[str, Any] = {"base": base, "tenant": tenant.pk, "total": total, "people": people}
    with (
        setting.reporter.bar("making activities", total) as report,
        built_afterwards(connection, "profiles_activity"),
    ):
        for start in range(1, total + 1, CHUNK):
            end = min(start + CHUNK - 1, total)
            statement = FILL.replace("{whose}", whose)
            connection.execute(statement, {**values, "start": start, "end": end})
            report(end)
    # The ids of activities follow from those of the inbox (ADR 8): what comes in later must not meet these.
    connection.execute(PASSED, {"last": base + total})


def _by_hand(setting: Setting, connection: Connection, tenant: Tenant) -> float:
    """One statement for everybody and one for each table, by the owner, with nobody else about."""
    setting.reporter.note("scoring by hand")
    values = _values(tenant)
    began = time.perf_counter()
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL work_mem = '256MB'")
        connection.execute(f"CREATE TEMPORARY TABLE scored ({sql.SCORED.columns}) ON COMMIT DROP")
        connection.execute(sql.measure(DEFAULT_RULES, "true"), values)
        connection.execute(sql.STORE_PROFILES, values)
        connection.execute(sql.STORE_REASONS, values)
        took = (time.perf_counter() - began) * 1000
        (scored,) = one_row(connection, "SELECT count(*) FROM profiles_profilescore")
        expect("people scored by hand", scored, setting.sizes.people)
    settle(connection, *TABLES)
    return took


def _values(tenant: Tenant) -> dict[str, Any]:
    with tenant_scope(tenant):
        return Scorer.of_scope().values()


def _told(report: Report) -> Callable[[int, int], None]:
    return lambda done, _total: report(done)


def _by_the_product(setting: Setting, connection: Connection, tenant: Tenant) -> tuple[float, float]:
    """Milliseconds of the first run, which writes everybody, and of the next one, which finds nothing to write."""
    took = []
    for title in ("scoring", "scoring again"):
        with setting.reporter.bar(title, setting.sizes.people) as report, tenant_scope(tenant):
            began = time.perf_counter()
            done = score_everybody(report=_told(report))
            took.append((time.perf_counter() - began) * 1000)
        expect("people scored", done.done, setting.sizes.people)
        settle(connection, *TABLES)
    (scored,) = one_row(connection, "SELECT count(*) FROM profiles_profilescore")
    expect("people with scores", scored, setting.sizes.people)
    return took[0], took[1]
