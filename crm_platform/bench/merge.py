"""Merging a golfer with a very long timeline into another, and taking it back."""

import time
from statistics import median
from typing import Final, LiteralString
from uuid import UUID

from crm_platform.bench.database import Connection, connect, expect, one_row, settle
from crm_platform.bench.figures import Figure, duration
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.setting import Setting
from profiles.merging.actions import merge_profiles
from profiles.unmerging import unmerge_profiles
from tenants.models import Tenant
from tenants.scope import tenant_scope

MOST_MS: Final = 2_000
# Two years of a timeline, of one person.
FILL: Final[LiteralString] = """
INSERT INTO profiles_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, slot, type, category,
                               channel, source, source_event_id, title, metadata)
SELECT (1000000000 + i) * 256, %(tenant)s, %(person)s, %(person)s,
       now() - make_interval(secs => 63072000.0 * i / %(total)s::float8), 0, 'ROUND_COMPLETED', 'GOLF', 'TEETIME',
       'teetime', 'long-' || i, 'Completed a round at Fairview', '{"clubName": "Fairview"}'
FROM generate_series(1, %(total)s::bigint) AS i
"""
MOVE: Final[LiteralString] = "UPDATE profiles_activity SET profile_id = %s WHERE profile_id = %s"


def run(setting: Setting) -> list[Figure]:
    """The median of some rounds; the baseline is a bare UPDATE of the same rows by the owner."""
    sizes = setting.sizes
    tenant = make_tenant()
    load_people(tenant, sizes.people, setting.reporter)
    with connect() as connection:
        winner, loser = (
            row[0]
            for row in connection.execute(
                "SELECT id FROM profiles_customerprofile ORDER BY id LIMIT 2"
            ).fetchall()
        )
        connection.execute(FILL, {"tenant": tenant.pk, "person": loser, "total": sizes.activities})
        settle(connection)
        merged, unmerged, bare = _rounds(setting, connection, tenant, winner, loser)
    words = f"{sizes.activities:,} activities"
    return [
        duration("merge", f"merge, {words}", merged, baseline_ms=bare, most_ms=MOST_MS),
        duration("merge", f"unmerge, {words}", unmerged, baseline_ms=bare, most_ms=MOST_MS),
    ]


def _rounds(
    setting: Setting, connection: Connection, tenant: Tenant, winner: UUID, loser: UUID
) -> tuple[float, float, float]:
    """Medians in milliseconds: merging, taking back, the bare way."""
    merges: list[float] = []
    unmerges: list[float] = []
    bares: list[float] = []
    with (
        setting.reporter.bar("merging and taking back", setting.sizes.rounds) as report,
        tenant_scope(tenant),
    ):
        for done in range(setting.sizes.rounds):
            began = time.perf_counter()
            merge_profiles(winner, loser)
            merges.append(_since(began))
            _expect(connection, winner, setting.sizes.activities)
            began = time.perf_counter()
            unmerge_profiles(loser)
            unmerges.append(_since(began))
            _expect(connection, loser, setting.sizes.activities)
            began = time.perf_counter()
            connection.execute(MOVE, [winner, loser])
            bares.append(_since(began))
            connection.execute(
                "UPDATE profiles_activity SET profile_id = origin_profile_id WHERE profile_id = %s", [winner]
            )
            settle(connection, "profiles_activity")
            report(done + 1)
    return median(merges), median(unmerges), median(bares)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _expect(connection: Connection, holder: UUID, least: int) -> None:
    (count,) = one_row(connection, "SELECT count(*) FROM profiles_activity WHERE profile_id = %s", [holder])
    expect("activities with whom they belong to", count >= least, True)
