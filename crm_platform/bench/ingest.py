"""How fast events become customers: through the file door, two or more workers at it, all that ingestion does on."""

import gc
import time
from pathlib import Path

import orjson
from django.db import connection as product_connection
from django.utils import timezone

from crm_platform.bench import bare_copy, inbox
from crm_platform.bench.database import Connection, connect, expect, settle
from crm_platform.bench.figures import Figure, rate
from crm_platform.bench.mix import Made, mixed_events
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.processes import Processes
from crm_platform.bench.processor_time import ProcessorTime
from crm_platform.bench.setting import Setting
from events.transports.files import FileDoor, Reject
from tenants.models import Tenant

LEAST_RATE = 8_000
LEAST_SHARE = 0.30


def run(setting: Setting) -> list[Figure]:
    """Measure the product, then the bare way with the rows that the product made of the same events."""
    sizes = setting.sizes
    tenant = make_tenant()
    load_people(tenant, sizes.people, setting.reporter)
    file, made = _write_events(setting)
    with connect() as connection:
        after = inbox.last_id(connection)
        with Processes(setting.folder) as processes:
            processes.worker()
            settle(connection)
            used = ProcessorTime(connection, processes.sessions)
            seconds = _measure(setting, connection, tenant, file, after)
            setting.reporter.note(used.told(sizes.events))
        inbox.check_done(connection, after, made, people=sizes.people)
        bare_seconds = bare_copy.measure(connection, after, setting.reporter)
    product, bare = sizes.events / seconds, sizes.events / bare_seconds
    return [
        rate(
            "ingest",
            "events, file to finished profiles",
            product,
            "events/s",
            baseline=bare,
            least=LEAST_RATE,
        ),
        rate(
            "ingest",
            "the same as a share of bare COPY, join, insert, update",
            product,
            "events/s",
            baseline=bare,
            least_share=LEAST_SHARE,
        ),
    ]


def _write_events(setting: Setting) -> tuple[Path, list[Made]]:
    """The file, and what is in it."""
    sizes = setting.sizes
    file = setting.folder / "events.ndjson"
    with setting.reporter.bar("writing events", 1):
        made = list(mixed_events(sizes.events, sizes.people, now=timezone.now()))
        with file.open("wb") as stream:
            stream.writelines(orjson.dumps(one.event) + b"\n" for one in made)
    return file, made


def _measure(setting: Setting, connection: Connection, tenant: Tenant, file: Path, after: int) -> float:
    """Seconds from the first line read to the last event done."""
    count = setting.sizes.events
    rejects: list[Reject] = []
    door = FileDoor(dry_run=False)
    gc.collect()
    with setting.reporter.bar("events through the door", count) as report, file.open("rb") as stream:
        began = time.perf_counter()
        door.take(stream, on_reject=rejects.append, on_batch=lambda: report(door.summary.lines))
        accepted_at = time.perf_counter()
    with setting.reporter.bar("events done", count) as report:
        ended = inbox.wait_until_done(connection, tenant.pk, after, report)
    product_connection.close()
    expect("rejected lines", len(rejects), 0)
    expect("accepted events", door.summary.accepted, count)
    setting.reporter.note(
        f"{count:,} events accepted in {accepted_at - began:.1f} s, done in {ended - began:.1f} s"
    )
    return ended - began
