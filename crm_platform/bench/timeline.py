"""Fifty rows of a person's timeline among ten million, over HTTP."""

from functools import partial
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson

from crm_platform.bench.database import Connection, connect, expect, one_row, settle
from crm_platform.bench.figures import BenchError, Figure
from crm_platform.bench.indexes import built_afterwards
from crm_platform.bench.lookup import evenly
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.plans import check_index_range
from crm_platform.bench.reading import Reads, compare
from crm_platform.bench.setting import Setting
from profiles.timeline import read_timeline
from tenants.models import Tenant

TAKE: Final = 50
CHUNK: Final = 250_000
INDEX: Final = "profiles_activity_timeline_idx"
NUMBERED: Final = """
CREATE TEMPORARY TABLE numbered AS SELECT row_number() OVER () - 1 AS n, id FROM profiles_customerprofile
"""
# As it grows in life: by time, everybody's rows mixed, so that no two rows of a person stand on one page.
FILL: Final[LiteralString] = """
INSERT INTO profiles_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, recorded_at, slot, type,
                               category, channel, source, source_event_id, title, metadata)
SELECT (%(base)s + i) * 256, %(tenant)s, p.id, p.id, at, at, 0, kind.type, kind.category, kind.channel, kind.source,
       'bench-' || i, kind.title,
       jsonb_build_object('messageId', 'm-' || i, 'clubName', 'Fairview', 'reason', NULL, 'campaignId', 'c-' || i %% 97)
FROM generate_series(%(start)s::bigint, %(end)s::bigint) AS i
CROSS JOIN LATERAL (SELECT now() - make_interval(secs => 63072000.0 * (1 - i / %(total)s::float8)) AS at) AS moment
JOIN numbered AS p ON p.n = (i * 7919 + i / %(people)s) %% %(people)s
JOIN (VALUES (0, 'EMAIL_OPENED', 'COMMUNICATION', 'EMAIL', 'messaging', 'Opened an e-mail'),
             (1, 'TEETIME_BOOKED', 'BOOKING', 'TEETIME', 'teetime', 'Booked 4-ball at Fairview, Sat 14 March 07:30'),
             (2, 'PAYMENT_RECEIVED', 'PAYMENT', 'SCL', 'scl', 'Paid R 1,500.00 by card'),
             (3, 'MESSAGE_SENT', 'COMMUNICATION', 'EMAIL', 'messaging', 'Was sent an e-mail'))
     AS kind (n, type, category, channel, source, title) ON kind.n = i %% 4
"""


def run(setting: Setting) -> list[Figure]:
    """Measure the first page of any person's timeline, after a look at its plan."""
    sizes = setting.sizes
    tenant = make_tenant()
    load_people(tenant, sizes.people, setting.reporter, with_history=False)
    with connect() as connection:
        _fill(setting, connection, tenant)
        rows = connection.execute("SELECT id FROM profiles_customerprofile").fetchall()
    people = [profile_id for (profile_id,) in rows]
    _check_plan(setting, tenant, people[0])
    ends = [str(profile_id).encode() for profile_id in people]
    tenant_id = str(tenant.pk).encode()
    # Somebody may have one less than the others.
    check = partial(_check_page, min(TAKE, sizes.activities // sizes.people - 1))
    return compare(
        setting,
        "timeline",
        tenant=tenant,
        bare=Reads(
            "bare view", (b"/customers/%b/%b/activities" % (tenant_id, end) for end in evenly(ends)), check
        ),
        product=[
            Reads(
                f"GET /customers/:id/activities?take={TAKE}, any",
                (b"/api/v1/customers/%b/activities?take=%d" % (end, TAKE) for end in evenly(ends)),
                check,
            )
        ],
    )


def _check_plan(setting: Setting, tenant: Tenant, profile_id: UUID) -> None:
    node = check_index_range(INDEX, tenant, partial(read_timeline, profile_id, take=TAKE))
    setting.reporter.note(
        f"plan under the policy: {node['Node Type']} by {node['Index Name']}, {node['Index Cond']}"
    )


def _check_page(rows: int, path: bytes, body: bytes) -> None:
    """As many rows as there must be, the newest first."""
    times = [row.get("occurredAt") or row["occurred_at"] for row in orjson.loads(body)["data"]]
    if len(times) < rows or times != sorted(times, reverse=True):
        raise BenchError(f"GET {path.decode()} answers {len(times)} rows, or in the wrong order.")


def _fill(setting: Setting, connection: Connection, tenant: Tenant) -> None:
    """Make the activities."""
    total, people = setting.sizes.activities, setting.sizes.people
    (base,) = one_row(connection, "SELECT coalesce(max(id), 0) FROM events_inboxevent")
    (before,) = one_row(connection, "SELECT count(*) FROM profiles_activity")
    connection.execute("SET synchronous_commit = off")
    connection.execute(NUMBERED)
    connection.execute("ANALYZE numbered")
    values: dict[str, Any] = {"base": base, "tenant": tenant.pk, "total": total, "people": people}
    with setting.reporter.bar("making activities", total) as report:
        with built_afterwards(connection, "profiles_activity"):
            for start in range(1, total + 1, CHUNK):
                end = min(start + CHUNK - 1, total)
                connection.execute(FILL, {**values, "start": start, "end": end})
                report(end)
        settle(connection, "profiles_activity")
    (after,) = one_row(connection, "SELECT count(*) FROM profiles_activity")
    expect("activities", after - before, total)
