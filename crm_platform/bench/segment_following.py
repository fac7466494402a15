"""How soon an event moves somebody in or out, with many segments, and what following them costs ingestion."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson
import uvloop
from django.db import connection as product_connection
from django.utils import timezone

from crm_platform.bench import inbox
from crm_platform.bench.database import Connection, connect, expect, settle
from crm_platform.bench.figures import BenchError, Figure, duration, percentile
from crm_platform.bench.mix import mixed_events
from crm_platform.bench.people import envelope, player_id_of
from crm_platform.bench.processes import Processes
from crm_platform.bench.queueing import OPTIONS, open_queue
from crm_platform.bench.segment_club import all_of, leaf, make_segment, many_rules
from crm_platform.bench.segment_refreshes import TABLES, refresh_now
from crm_platform.bench.setting import Setting
from events.consumers import ensure_positions
from events.transports.files import FileDoor, Reject
from segments.models import Segment
from tenants.models import Tenant
from tenants.scope import tenant_scope

SEGMENTS: Final = 200
MOST_P95_MS: Final = 2_000.0
# Ingestion may take so much longer.
MOST_SLOWER: Final = 1.15
WATCHED_A_SECOND: Final = 10
WARM_UP_SECONDS: Final = 3
PAUSE_SECONDS: Final = 0.01
# On an overbooked machine it is a bad figure, not an error.
PATIENCE_SECONDS: Final = 600.0
# No event of the mixed stream says so.
RARE_HANDICAP: Final = 53.9
# What the first refreshes told is no part of the measurement.
READ_ALL: Final[LiteralString] = """
UPDATE events_consumerposition SET cluster = events_cluster(), last_xid = pg_snapshot_xmin(pg_current_snapshot()),
    last_id = (SELECT COALESCE(max(id), 0) FROM events_domainlogentry)
"""
JOINED: Final[LiteralString] = (
    "SELECT profile_id FROM segments_segmentmember WHERE segment_id = %s AND profile_id = ANY(%s)"
)


def measure(setting: Setting, tenant: Tenant) -> Iterator[Figure]:
    """Latency at an even rate with all segments on, then the same file with them and without them."""
    made = [make_segment(tenant, f"Bench {n}", rule) for n, rule in enumerate(many_rules(SEGMENTS - 1))]
    rare = make_segment(tenant, "Rare", all_of(leaf("handicap", "eq", RARE_HANDICAP)))
    setting.reporter.note(f"{SEGMENTS} segments, for the first time")
    # Nobody is moved by anything but events.
    refresh_now(tenant, [*made, rare])
    with connect() as connection:
        settle(connection, *TABLES, "segments_dueday")
        ensure_positions()
        connection.execute(READ_ALL)
    yield _latency(setting, tenant, rare)
    yield _cost(setting, tenant)


def _latency(setting: Setting, tenant: Tenant, rare: UUID) -> Figure:
    with connect() as connection, Processes(setting.folder) as processes:
        after = inbox.last_id(connection)
        rows = connection.execute("SELECT id FROM profiles_customerprofile ORDER BY scl_member_id").fetchall()
        processes.worker()
        processes.consumer()
        settle(connection)
        product_connection.close()
        took = uvloop.run(_Watch(setting, connection, [row[0] for row in rows], rare).run())
        with setting.reporter.bar("events done", 1) as report:
            inbox.wait_until_done(connection, tenant.pk, after, report)
    words = f"event to membership, {setting.sizes.rate} events/s, {SEGMENTS} segments"
    setting.reporter.note(f"p50 {percentile(took, 0.5) * 1000:.0f} ms of {len(took)} watched")
    return duration("segments", f"{words}, p95", percentile(took, 0.95) * 1000, most_ms=MOST_P95_MS)


class _Watch:
    """Publishes on time, some of it events that make somebody join, and looks when they have."""

    def __init__(self, setting: Setting, connection: Connection, ids: Sequence[UUID], rare: UUID) -> None:
        self._setting, self._connection, self._ids, self._rare = setting, connection, ids, rare
        self._published: dict[UUID, float] = {}
        self._took: list[float] = []
        self._is_over = False

    async def run(self) -> list[float]:
        """Seconds from publishing to the committed row of the member."""
        sizes = self._setting.sizes
        self._queue = open_queue()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look())
            await self._publish("w", sizes.rate * WARM_UP_SECONDS, 0)
            self._took.clear()
            first = sizes.rate * WARM_UP_SECONDS
            await self._publish("e", round(sizes.rate * sizes.seconds), first)
            self._is_over = True
        await self._queue.close()
        return self._took

    async def _publish(self, run: str, count: int, first: int) -> None:
        sizes, began = self._setting.sizes, time.perf_counter()
        every = max(sizes.rate // WATCHED_A_SECOND, 1)
        made = mixed_events(count, sizes.people, now=timezone.now(), run=run)
        with self._setting.reporter.bar("publishing", count) as report:
            for number, one in enumerate(made):
                wait = began + number / sizes.rate - time.perf_counter()
                await asyncio.sleep(max(wait, 0))
                event = {**one.event, "timestamp": timezone.now().isoformat()}
                if number % every == 0:
                    event = self._rare_event((first + number) // every, f"{run}-rare-{number}")
                    report(number)
                await self._queue.add(event["type"], event, OPTIONS)

    def _rare_event(self, place: int, event_id: str) -> dict[str, Any]:
        """Of a person who had none before."""
        person = place * 7 % len(self._ids)
        self._published[self._ids[person]] = time.perf_counter()
        player = player_id_of(person)
        payload = {"playerId": player, "newHandicap": RARE_HANDICAP}
        return envelope(
            event_id,
            "teetime.handicap.updated",
            "teetime",
            identity={"teetimePlayerId": player},
            payload=payload,
            at=timezone.now(),
        )

    async def _look(self) -> None:
        while self._published or not self._is_over:
            rows = self._connection.execute(JOINED, [self._rare, list(self._published)]).fetchall()
            now = time.perf_counter()
            for (profile_id,) in rows:
                self._took.append(now - self._published.pop(profile_id))
            if any(now - at > PATIENCE_SECONDS for at in self._published.values()):
                raise BenchError(f"Somebody did not join within {PATIENCE_SECONDS:.0f} s.")
            await asyncio.sleep(PAUSE_SECONDS)


def _cost(setting: Setting, tenant: Tenant) -> Figure:
    """The same load with the segments and without them, in turns, while their reader keeps up behind it."""
    with_them: list[float] = []
    without: list[float] = []
    for turn in range(4):
        is_on = turn % 2 == 1
        with tenant_scope(tenant):
            Segment.objects.update(is_active=is_on)
        product_connection.close()
        (with_them if is_on else without).append(_take_in(setting, tenant, f"t{turn}"))
    bare = min(without)
    words = f"{setting.sizes.events:,} events taken in with {SEGMENTS} segments; without any"
    return duration("segments", words, min(with_them), baseline_ms=bare, most_ms=round(MOST_SLOWER * bare))


def _take_in(setting: Setting, tenant: Tenant, run: str) -> float:
    """Milliseconds from the first line to the last event done."""
    sizes = setting.sizes
    file = setting.folder / f"{run}.ndjson"
    with file.open("wb") as stream:
        for one in mixed_events(sizes.events, sizes.people, now=timezone.now(), run=run):
            stream.write(orjson.dumps(one.event) + b"\n")
    rejects: list[Reject] = []
    door = FileDoor(dry_run=False)
    with connect() as connection, Processes(setting.folder) as processes:
        after = inbox.last_id(connection)
        processes.worker()
        began = time.perf_counter()
        with file.open("rb") as stream:
            door.take(stream, on_reject=rejects.append, on_batch=lambda: None)
        with setting.reporter.bar(f"events done ({run})", sizes.events) as report:
            ended = inbox.wait_until_done(connection, tenant.pk, after, report)
        product_connection.close()
        expect("rejected lines", len(rejects), 0)
    return (ended - began) * 1000
