"""What a club feels while another one brings in a large file, and then a spreadsheet of members.

The small club's events are published to the queue evenly and watched in the API, as `freshness` does, while the large
club's file of people whom nobody knows goes through the file door. Then the large club imports a workbook, and the
small club's consumers are watched.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import uvloop
from django.db import connection as product
from django.utils import timezone

from crm_platform.bench import inbox
from crm_platform.bench.database import connect, expect, one_row, settle
from crm_platform.bench.figures import BenchError, Figure, duration, percentile, rate
from crm_platform.bench.freshness import MOST_P99_MS, WARM_UP_SECONDS, Watch
from crm_platform.bench.http_load import Site
from crm_platform.bench.imports import HEADER, import_rows
from crm_platform.bench.mix import mixed_events
from crm_platform.bench.neighbour import Neighbour
from crm_platform.bench.newclub import JOINED, new_people
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.processes import Processes
from crm_platform.bench.reading import UNLIMITED
from crm_platform.bench.setting import Setting
from crm_platform.embedded.redis import free_port
from crm_platform.supervisor import programs
from profiles.exchange.exporting.workbook import workbook
from profiles.exchange.importing.jobs import choose_columns, start_import
from profiles.exchange.importing.opening import open_import
from profiles.models import ImportStatus
from tenants.api_keys import issue_key
from tenants.models import Scope, Tenant
from tenants.scope import tenant_scope

LARGE: Final = "large"
# Of the file's events so many are needed to make one person known.
EVENTS_A_PERSON: Final = 10
# Of the workbook: as many rows as a quarter of the file's events.
ROWS_SHARE: Final = 4
IMPORT_PATIENCE_SECONDS: Final = 900.0
MOST_LAG_MS: Final = 2_000.0


def run(setting: Setting) -> list[Figure]:
    """Both at once, first the file, then the workbook."""
    sizes = setting.sizes
    small = make_tenant()
    load_people(small, sizes.people, setting.reporter)
    large = make_tenant(LARGE)
    file, count = _write_file(setting)
    now = timezone.now()
    warm = list(mixed_events(round(sizes.rate * WARM_UP_SECONDS), sizes.people, now=now, run="w"))
    made = list(mixed_events(round(sizes.rate * sizes.seconds), sizes.people, now=now))
    key = issue_key(name="bench", tenants=[small], scopes=[Scope.READ], rate_limit_per_minute=UNLIMITED)
    site = Site(free_port(), {"X-API-Key": key.plain})
    neighbour = Neighbour(sizes.rate)
    with connect() as connection, Processes(setting.folder) as processes:
        rows = connection.execute(
            "SELECT id FROM profiles_customerprofile WHERE tenant_id = %s ORDER BY scl_member_id", [small.pk]
        ).fetchall()
        settle(connection)
        after = inbox.last_id(connection)
        processes.web(site.port)
        processes.worker()
        processes.consumer()
        began = time.perf_counter()
        processes.start(programs.manage("file", "ingest_events", str(file)))
        seen = uvloop.run(Watch(site, [str(row[0]) for row in rows], setting).run(warm, made))
        with setting.reporter.bar("events of the large club done", count) as report:
            ended = _wait_for(connection, large, count, after, report)
        lags = _import(setting, large, neighbour)
    title = f"{sizes.rate} events/s beside another club's file of {count:,}, publish to visible in the API"
    return [
        rate("neighbours", "the file, beginning to end", count / (ended - began), "events/s"),
        *(
            duration("neighbours", f"{title}, p{share}", percentile(seen.seconds, share / 100) * 1000)
            for share in (50, 95)
        ),
        duration("neighbours", f"{title}, p99", percentile(seen.seconds, 0.99) * 1000, most_ms=MOST_P99_MS),
        *lags,
    ]


def _write_file(setting: Setting) -> tuple[Path, int]:
    """People whom nobody knows, then what they did; all of the large club."""
    sizes, now = setting.sizes, timezone.now()
    people = max(sizes.events // EVENTS_A_PERSON, 1)
    file, count = setting.folder / "large.ndjson", 0

    def events() -> Iterator[dict[str, Any]]:
        yield from new_people(people, now - JOINED)
        yield from (one.event for one in mixed_events(sizes.events - 3 * people, people, now=now))

    with file.open("wb") as stream:
        for event in events():
            stream.write(orjson.dumps({**event, "tenantId": LARGE}) + b"\n")
            count += 1
    return file, count


def _wait_for(connection: Any, large: Tenant, count: int, after: int, report: Any) -> float:
    """Wait until the whole file was taken in and applied."""
    taken_in = 0
    while taken_in < count:
        inbox.wait_until_done(connection, large.pk, after, report)
        (taken_in,) = one_row(
            connection, "SELECT count(*) FROM events_inboxevent WHERE tenant_id = %s", [large.pk]
        )
    ended = inbox.wait_until_done(connection, large.pk, after, report)
    (failed,) = one_row(
        connection,
        "SELECT count(*) FROM events_inboxevent WHERE tenant_id = %s AND status <> 'SUCCESS'",
        [large.pk],
    )
    expect("events without SUCCESS", failed, 0)
    return ended


def _import(setting: Setting, large: Tenant, neighbour: Neighbour) -> list[Figure]:
    """The workbook by the running workers, while the neighbour's consumers are watched."""
    rows = max(setting.sizes.events // ROWS_SHARE, 1)
    content = b"".join(workbook(HEADER, import_rows(0, rows)))
    with tenant_scope(large):
        member_import, guesses = open_import("members.xlsx", content)
        with neighbour:
            choose_columns(member_import, [guess.target.value for guess in guesses])
            _await(member_import, ImportStatus.CHECKED)
            start_import(member_import, takes_conflicts=True)
            _await(member_import, ImportStatus.DONE)
    product.close()
    words = f"while one club imports {rows:,} people"
    return neighbour.figures("neighbours", words, most_ms=MOST_LAG_MS)


def _await(member_import: Any, wanted: ImportStatus) -> None:
    deadline = time.monotonic() + IMPORT_PATIENCE_SECONDS
    while member_import.status != wanted:
        if member_import.status == ImportStatus.FAILED or time.monotonic() > deadline:
            raise BenchError(f"The import stands at {member_import.status}: {member_import.error}")
        time.sleep(0.2)
        member_import.refresh_from_db()
