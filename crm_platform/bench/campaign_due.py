"""Finding what is due in a large ledger, while somebody holds a snapshot: the last batches as fast as the first."""

import time
from statistics import median
from typing import Any, Final, LiteralString
from uuid import uuid4

from django.db import connection as product_connection

from crm_platform.bench.database import Connection, connect, expect, one_row, settle
from crm_platform.bench.figures import Figure, duration
from crm_platform.bench.indexes import built_afterwards
from crm_platform.bench.processor_time import seconds_of
from crm_platform.bench.setting import Setting
from messaging.composing import Composer
from messaging.models.policy import policy_of
from messaging.sending import BATCH, Lane, claim, due_lanes
from messaging.texts import keep_message
from tenants.models import Tenant
from tenants.scope import tenant_scope

MOST_SLOWER: Final = 1.3
# So many batches at either end are compared.
ENDS: Final = 10
# One in ten rows waits, the others ended long ago; everybody of the club in turn.
FILL: Final[LiteralString] = """
INSERT INTO messaging_delivery (tenant_id, key, source, source_id, profile_id, origin_profile_id, message_class,
                                channel, message_id, status, zone, due_at, handed_over_at, planned_at, history)
SELECT %(tenant)s, 'due:' || i, 'CAMPAIGN', %(source)s, p.id, p.id, 'MARKETING', 'EMAIL', %(message)s,
       CASE WHEN i > %(ended)s THEN 'PLANNED' ELSE 'DELIVERED' END, 'Africa/Johannesburg',
       now() - interval '1 hour' + (i - %(ended)s) * interval '1 microsecond',
       CASE WHEN i <= %(ended)s THEN now() - interval '1 day' END, now() - interval '1 day', '[]'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i
JOIN bench_numbered AS p ON p.nr = i %% %(people)s
"""
NUMBERED: Final[LiteralString] = """
CREATE UNLOGGED TABLE bench_numbered AS
SELECT row_number() OVER () - 1 AS nr, id FROM profiles_customerprofile WHERE tenant_id = %s
"""
CHUNK: Final = 500_000


def due(setting: Setting, tenant: Tenant, rows: int, waiting: int, connection: Connection) -> list[Figure]:
    """Claim everything that waits, batch by batch, and look for what is due in the end."""
    connection.execute("TRUNCATE messaging_delivery")
    lane = _lane(setting, tenant, rows, waiting, connection)
    settle(connection, "messaging_delivery")
    took, used = [], [seconds_of(_server())]
    with connect() as holder, tenant_scope(tenant):
        holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        one_row(holder, "SELECT count(*) FROM tenants_tenant")
        setting.reporter.note(f"claiming {waiting:,} of {rows:,}")
        claimed = 0
        while True:
            began = time.perf_counter()
            taken, _ = claim(lane, BATCH)
            if not taken:
                break
            claimed += taken
            took.append((time.perf_counter() - began) * 1000)
            used.append(seconds_of(_server()))
        began = time.perf_counter()
        left = due_lanes()
        looking = (time.perf_counter() - began) * 1000
    expect("rows claimed", claimed, waiting)
    expect("lanes left", len(left), 0)
    ends = min(ENDS, max(len(took) // 3, 1))
    # The first of all compiles plans and fills caches.
    first, last = median(took[1 : ends + 1] or took), median(took[-ends:])
    words = f"claim 500 of {rows:,} rows, a snapshot held: the last batches, against the first"
    return [
        duration("campaigns", words, last, baseline_ms=first, most_ms=MOST_SLOWER * first),
        *_processor_time(used),
        duration("campaigns", f"see that nothing of {rows:,} rows is due any more", looking),
    ]


def _server() -> int:
    """The process of the database that serves the claims."""
    return int(product_connection.connection.info.backend_pid)


def _processor_time(used: list[float]) -> list[Figure]:
    """The last tenth of the batches against the first, whatever else was waited for; nothing where nobody tells."""
    batches = max((len(used) - 1) // 10, 1)
    first, last = (1000 * (used[end] - used[end - batches]) / batches for end in (batches, -1))
    if not first:
        return []
    words = "the same, processor time of the database: a batch of the last tenth, against the first tenth"
    return [duration("campaigns", words, last, baseline_ms=first, most_ms=MOST_SLOWER * first)]


def _lane(setting: Setting, tenant: Tenant, rows: int, waiting: int, connection: Connection) -> Lane:
    source = uuid4()
    with tenant_scope(tenant):
        message = keep_message(channel="EMAIL", subject="Hello", body="Hello {{ firstName }}")
        policy = policy_of(tenant)
    connection.execute(NUMBERED, [tenant.pk])
    connection.execute("ANALYZE bench_numbered")
    (people,) = one_row(connection, "SELECT count(*) FROM bench_numbered")
    values: dict[str, Any] = {"tenant": tenant.pk, "source": source, "message": message.pk, "people": people}
    values |= {"ended": rows - waiting}
    connection.execute("SET synchronous_commit = off")
    bar, bare = (
        setting.reporter.bar("filling the ledger", rows),
        built_afterwards(connection, "messaging_delivery"),
    )
    with bar as report, bare:
        for start in range(1, rows + 1, CHUNK):
            last = min(start + CHUNK - 1, rows)
            connection.execute(FILL, values | {"first": start, "last": last})
            report(last)
    return Lane(tenant, policy, Composer(tenant, policy), source)
