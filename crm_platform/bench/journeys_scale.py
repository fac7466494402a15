"""What must not grow: batches under a held snapshot, a step with four times as many who wait, a look for nobody."""

import time
from collections.abc import Iterator
from typing import Final

from django.utils import timezone

from crm_platform.bench.database import Connection, connect
from crm_platform.bench.figures import Figure, duration, percentile, rate
from crm_platform.bench.journeys_setup import fill, mixed_journey
from crm_platform.bench.setting import Setting
from journeys.engine.passing import EPOCH, one_pass
from journeys.models import Journey
from tenants.models import Tenant

BATCH: Final = 1000
# The first and the last so many passes are compared, by their medians.
ENDS: Final = 5
SLOWER: Final = 1.3
DEARER: Final = 1.5
TIMES_MORE: Final = 4
IDLE_MS: Final = 1.0
FAR: Final = 30 * 86_400.0
MAKE_DUE: Final = """
UPDATE journeys_run SET due_at = now() - interval '1 second'
WHERE id IN (SELECT id FROM journeys_run WHERE tenant_id = %(tenant)s ORDER BY md5(id::text) LIMIT %(most)s)
"""


def measure(setting: Setting, connection: Connection, tenant: Tenant) -> Iterator[Figure]:
    """Passes of a thousand runs each."""
    journey = mixed_journey("Scale", sends=False)
    yield _held_snapshot(setting, connection, tenant, journey)
    yield from _growth(setting, connection, tenant, journey)


def _passes(tenant: Tenant, *, most: int) -> list[float]:
    """Seconds of each full pass, from a low-water mark on."""
    took, low = [], EPOCH
    for _ in range(most):
        began = time.perf_counter()
        passed = one_pass(tenant, now=timezone.now(), low=low, limit=BATCH)
        if passed.runs < BATCH:
            break
        took.append(time.perf_counter() - began)
        low = passed.low
    return took


def _held_snapshot(setting: Setting, connection: Connection, tenant: Tenant, journey: Journey) -> Figure:
    fill(connection, tenant, journey, after=-60.0, spread=50.0)
    with connect() as other:
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT count(*) FROM journeys_run")
        took = _passes(tenant, most=50)
        other.execute("ROLLBACK")
    setting.reporter.note(f"{len(took)} passes of {BATCH} runs with a snapshot held")
    took = took[1:]  # the first prepares caches
    last, first = percentile(took[-ENDS:], 0.5), percentile(took[:ENDS], 0.5)
    words = f"last pass of {len(took) * BATCH * 4:,} steps with a snapshot held, against the first"
    return duration("journeys", words, last * 1000, baseline_ms=first * 1000, most_ms=SLOWER * first * 1000)


def _growth(setting: Setting, connection: Connection, tenant: Tenant, journey: Journey) -> list[Figure]:
    people = setting.sizes.people
    sample = min(max(people // 4, BATCH), 20_000)
    cost = {}
    for keys in (1, TIMES_MORE):
        fill(connection, tenant, journey, after=FAR, keys=keys)
        connection.execute(MAKE_DUE, {"tenant": tenant.pk, "most": sample})
        setting.reporter.note(f"{keys * people:,} live runs")
        took = _passes(tenant, most=100)
        cost[keys] = percentile(took, 0.5)
    idle = []
    for _ in range(200):
        began = time.perf_counter()
        one_pass(tenant, now=timezone.now())
        idle.append(time.perf_counter() - began)
    words = f"steps with {TIMES_MORE * people:,} live runs, against {people:,}"
    per_second = {keys: BATCH * 4 / seconds for keys, seconds in cost.items()}
    return [
        rate("journeys", words, per_second[TIMES_MORE], "/s", baseline=per_second[1], least_share=1 / DEARER),
        duration("journeys", "a pass over nobody, p50", percentile(idle, 0.5) * 1000, most_ms=IDLE_MS),
    ]
