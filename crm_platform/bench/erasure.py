"""Erasing people in a large club, while another club's events come in."""

import time
from typing import Any, Final
from uuid import UUID

from django.db import connection as product

from crm_platform.bench.crowd import load_crowd
from crm_platform.bench.database import Connection, connect, expect, settle
from crm_platform.bench.figures import Figure, duration, rate
from crm_platform.bench.indexes import built_afterwards
from crm_platform.bench.neighbour import Neighbour
from crm_platform.bench.people import make_tenant
from crm_platform.bench.processes import Processes
from crm_platform.bench.setting import Setting
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.privacy.erasing import erase_customer
from profiles.privacy.text_index import index_texts
from tenants.models import Tenant
from tenants.scope import tenant_scope

MOST_MS: Final = 5_000.0
MOST_LAG_MS: Final = 1_000.0
RATE: Final = 20
MERGED: Final = 40
CHUNK: Final = 100_000
SETTLE_SECONDS: Final = 3.0
NUMBERED: Final = """
CREATE TEMPORARY TABLE numbered AS
SELECT row_number() OVER (ORDER BY id) AS n, id, first_name, last_name, email, teetime_player_id
FROM profiles_customerprofile WHERE tenant_id = %s;
"""
# Bookings of everybody by turns, each with a partner whose name and address stand in it.
EVENTS: Final = """
INSERT INTO events_inboxevent (tenant_id, source, event_id, type, occurred_at, received_at, door, priority, status,
                               attempts, processed_at, profile_id, envelope)
SELECT %(tenant)s, 'teetime', 'b-' || e.n, 'teetime.booking.created', e.at, e.at, 'FILE', 4, 'SUCCESS', 1, e.at, p.id,
       jsonb_build_object(
           'id', gen_random_uuid(), 'type', 'teetime.booking.created', 'version', '1.0', 'timestamp', e.at,
           'tenantId', 'bench', 'source', 'teetime',
           'identity', jsonb_build_object('teetimePlayerId', p.teetime_player_id, 'email', p.email),
           'payload', jsonb_build_object(
               'id', 'b' || e.n, 'playerId', p.teetime_player_id, 'clubName', 'Fairview Golf Club', 'teeTime', e.at,
               'amountCents', 45000, 'currency', 'ZAR', 'holes', 18, 'players', jsonb_build_array(
                   jsonb_build_object('name', p.first_name || ' ' || p.last_name, 'email', p.email),
                   jsonb_build_object('name', o.first_name || ' ' || o.last_name, 'email', o.email))))
FROM (SELECT n, now() - n * interval '30 seconds' AS at FROM generate_series(%(first)s::bigint, %(last)s) AS n) AS e
JOIN numbered AS p ON p.n = 1 + e.n %% %(people)s
JOIN numbered AS o ON o.n = 1 + (e.n * 7919 + 11) %% %(people)s
"""
ACTIVITIES: Final = """
INSERT INTO profiles_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, slot, type, category, channel,
                               source, source_event_id, title, metadata)
SELECT i.id * 256 + s.slot, i.tenant_id, i.profile_id, i.profile_id, i.occurred_at, s.slot, 'TEETIME_BOOKED', 'BOOKING',
       '', 'teetime', i.event_id, 'Booked a tee time',
       jsonb_build_object('clubName', 'Fairview Golf Club', 'players', i.envelope #> '{payload,players}')
FROM events_inboxevent AS i
CROSS JOIN LATERAL generate_series(0, %(most)s - 1) AS s (slot)
WHERE i.tenant_id = %(tenant)s AND i.id BETWEEN %(first)s AND %(last)s
  AND s.slot < CASE WHEN i.id %% 2 = 0 THEN %(most)s ELSE %(least)s END
"""
LOG: Final = """
INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
SELECT tenant_id, 'activity.recorded', profile_id,
       jsonb_build_object('activityId', id, 'type', type, 'occurredAt', occurred_at)
FROM profiles_activity WHERE tenant_id = %(tenant)s ORDER BY id DESC LIMIT %(most)s
"""


def run(setting: Setting) -> list[Figure]:
    """Each act alone; and what the other club felt all the time."""
    sizes = setting.sizes
    tenant = make_tenant()
    people = load_crowd(tenant, sizes.people, setting.reporter)
    with connect() as connection:
        _load(setting, connection, tenant, people)
    rows, took = _index(tenant)
    figures = [rate("erasure", f"texts indexed in the background, {rows:,} rows", rows / took, "rows/s")]
    with tenant_scope(tenant):
        ids = list(
            CustomerProfile.objects.order_by("pk").values_list("pk", flat=True)[: sizes.rounds + MERGED + 1]
        )
        for loser in ids[1:MERGED]:
            merge_profiles(ids[0], loser)
        many, others = ids[0], ids[MERGED:]
    product.close()
    neighbour = Neighbour(RATE)
    with Processes(setting.folder) as processes:
        processes.worker()
        with neighbour:
            neighbour.wait_until_followed()
            time.sleep(2 * SETTLE_SECONDS)
            alone = neighbour.figures("erasure", "before", most_ms=MOST_LAG_MS)
            neighbour.lags.clear()
            counted = _erase(tenant, others[0], dry_run=True)
            ordinary = [_erase(tenant, one) for one in others[1:]]
            merged = _erase(tenant, many)
    words = f"{sizes.activities:,} activities, {sizes.events:,} events"
    return [
        *figures,
        duration(
            "erasure", f"one erasure, {words}, slowest of {len(ordinary)}", max(ordinary), most_ms=MOST_MS
        ),
        duration("erasure", f"  of {MERGED} merged people with names of their own", merged, most_ms=MOST_MS),
        duration("erasure", "  only counted", counted, most_ms=MOST_MS),
        *alone,
        *neighbour.figures("erasure", "meanwhile", most_ms=MOST_LAG_MS),
    ]


def _load(setting: Setting, connection: Connection, tenant: Tenant, people: int) -> None:
    sizes = setting.sizes
    connection.execute("SET synchronous_commit = off")
    connection.execute("SET log_min_duration_statement = -1")
    connection.execute(NUMBERED, [tenant.pk])
    connection.execute("CREATE INDEX ON numbered (n); ANALYZE numbered")
    values: dict[str, Any] = {"tenant": tenant.pk, "people": people}
    each = sizes.activities / max(sizes.events, 1)
    values |= {"least": int(each), "most": int(each) + (1 if each % 1 else 0)}
    with (
        built_afterwards(connection, "events_inboxevent", "profiles_activity"),
        setting.reporter.bar("loading events and timelines", sizes.events) as report,
    ):
        for first in range(1, sizes.events + 1, CHUNK):
            last = min(first + CHUNK - 1, sizes.events)
            connection.execute(EVENTS, {**values, "first": first, "last": last})
            connection.execute(ACTIVITIES, {**values, "first": first, "last": last})
            report(last)
    connection.execute(LOG, {**values, "most": sizes.events // 4})
    settle(connection, "events_inboxevent", "profiles_activity", "events_domainlogentry")
    (found,) = connection.execute("SELECT count(*) FROM profiles_activity").fetchone() or (0,)
    expect("activities", found, sizes.activities)


def _index(tenant: Tenant) -> tuple[int, float]:
    """Rows that were indexed, and the seconds it took."""
    began = time.perf_counter()
    with tenant_scope(tenant):
        index_texts()
        while index_texts():
            pass
        with product.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM events_inboxevent) + (SELECT count(*) FROM events_domainlogentry)"
            )
            (rows,) = cursor.fetchone()
    return int(rows), time.perf_counter() - began


def _erase(tenant: Tenant, profile_id: UUID, *, dry_run: bool = False) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    with tenant_scope(tenant):
        erase_customer(profile_id, reason="gdpr_erasure", dry_run=dry_run)
    return (time.perf_counter() - began) * 1000
