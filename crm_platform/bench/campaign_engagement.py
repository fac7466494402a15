"""What readers of a large send do, all within a minute, while another club's events come in at their own pace."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, LiteralString

from django.db import connection as product_connection
from django.utils import timezone

from campaigns.editing import create_campaign
from crm_platform.bench import inbox
from crm_platform.bench.campaign_people import fill
from crm_platform.bench.database import Connection, one_row, settle
from crm_platform.bench.figures import BenchError, Figure, duration, rate
from crm_platform.bench.mix import mixed_events
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.processes import Processes
from crm_platform.bench.setting import Setting
from events.envelope import receive
from events.inbox import accept
from events.models import Door
from tenants.models import Tenant
from tenants.scope import tenant_scope

SECONDS: Final = 60.0
TICK_SECONDS: Final = 0.1
OTHERS_A_SECOND: Final = 200
OTHER_PEOPLE: Final = 5_000
LEAST_SHARE: Final = 0.8
PATIENCE_SECONDS: Final = 900.0
# Of a hundred messages so many are opened, and so many clicked; all are delivered.
OPENED, CLICKED = 40, 10
SENT: Final[LiteralString] = """
INSERT INTO messaging_delivery (tenant_id, key, source, source_id, occurrence, variant, profile_id, origin_profile_id,
                                message_class, channel, message_id, status, zone, due_at, handed_over_at, service_id)
SELECT tenant_id, 'flood:' || id, 'CAMPAIGN', %(campaign)s, '1', 'A', id, id, 'MARKETING', 'EMAIL', gen_random_uuid(),
       'HANDED_OVER', 'Africa/Johannesburg', now(), now(), 'flood-' || phone_number
FROM profiles_customerprofile WHERE tenant_id = %(tenant)s
RETURNING service_id, key
"""
KEYS: Final[LiteralString] = """
INSERT INTO profiles_identifier (tenant_id, profile_id, origin_profile_id, kind, value, confidence, source, event_id,
                                 is_shared)
SELECT tenant_id, id, id, 'phoneNumber', phone_number, 95, 'crm', 'bench', false
FROM profiles_customerprofile WHERE tenant_id = %(tenant)s
"""
COUNTED: Final[LiteralString] = """
SELECT coalesce(sum(delivered), 0), coalesce(sum(opened), 0), coalesce(sum(clicked), 0)
FROM campaigns_campaigncount WHERE tenant_id = %s
"""
WAITED: Final[LiteralString] = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM processed_at - received_at)) * 1000
FROM events_inboxevent WHERE tenant_id = %s AND id > %s
"""


def engagement(setting: Setting, tenant: Tenant, sent: int, connection: Connection) -> list[Figure]:
    """The other club alone for a minute, then beside the flood; counters are compared with what was told."""
    load_people(tenant, OTHER_PEOPLE, setting.reporter)
    flooded = _flooded_club(connection, sent)
    rows = _sent(connection, flooded)
    seconds = SECONDS if sent >= 50_000 else max(SECONDS * sent / 100_000, 2.0)  # noqa: PLR2004 - the full size
    settle(connection)
    with Processes(setting.folder) as processes:
        processes.worker()
        setting.reporter.note("another club alone")
        alone = _others(setting, tenant, connection, seconds, iter(()), run="alone")
        setting.reporter.note(f"the same beside what {sent:,} readers do")
        told = list(_flood(rows, flooded))
        beside = _others(setting, tenant, connection, seconds, _chunks(told, flooded, seconds), run="beside")
        until_right = _await_counters(connection, flooded, told)
    words = f"another club's events beside {len(told):,} of a send of {sent:,} in {seconds:.0f} s"
    return [
        rate("campaigns", words, beside[0], "events/s", baseline=alone[0], least_share=LEAST_SHARE),
        duration(
            "campaigns", "the same, from the door to the timeline, p50", beside[1], baseline_ms=alone[1]
        ),
        duration("campaigns", "counters right after the last event", until_right),
    ]


def _flooded_club(connection: Connection, people: int) -> Tenant:
    tenant = make_tenant("flood")
    fill(connection, tenant.pk, people)
    connection.execute(KEYS, {"tenant": tenant.pk})
    return tenant


def _sent(connection: Connection, tenant: Tenant) -> list[tuple[str, str]]:
    """A campaign that everybody got; returns the service's ids and the keys."""
    connection.execute("TRUNCATE messaging_delivery")
    with tenant_scope(tenant):
        campaign = create_campaign({"name": "Flood", "channels": ["EMAIL"]})
    rows = connection.execute(SENT, {"campaign": campaign.pk, "tenant": tenant.pk}).fetchall()
    return [(service_id, key) for service_id, key in rows]


def _flood(rows: list[tuple[str, str]], tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Delivered, opened, clicked: as the service tells it."""
    now = timezone.now()
    kinds = (("message.delivered", 100), ("email.opened", OPENED), ("email.clicked", CLICKED))
    for kind, share in kinds:
        for number, (service_id, key) in enumerate(rows):
            if number % 100 < share:
                yield _event(kind, service_id, key, tenant, now)


def _event(kind: str, service_id: str, key: str, tenant: Tenant, at: datetime) -> dict[str, Any]:
    payload = {"messageId": service_id, "idempotencyKey": key, "channel": "EMAIL"}
    payload |= {"url": "https://club.example/book"} if kind == "email.clicked" else {}
    return {
        "id": f"{service_id}-{kind}",
        "type": f"messaging.{kind}",
        "version": "1.0",
        "timestamp": at.isoformat(),
        "tenantId": tenant.slug,
        "source": "messaging",
        "identity": {"phoneNumber": service_id.removeprefix("flood-")},
        "payload": payload,
    }


Chunk = list[tuple[Any, Any]]


def _chunks(told: list[dict[str, Any]], tenant: Tenant, seconds: float) -> Iterator[Chunk]:
    """The flood parted into what comes in each tick."""
    size = max(round(len(told) * TICK_SECONDS / seconds), 1)
    now = timezone.now()
    ready = [(tenant.pk, receive(event, now=now)) for event in told]
    for start in range(0, len(ready), size):
        yield ready[start : start + size]


def _others(
    setting: Setting,
    tenant: Tenant,
    connection: Connection,
    seconds: float,
    flood: Iterator[Chunk],
    *,
    run: str,
) -> tuple[float, float]:
    """The other club's events at their pace; returns how many a second were done, and the median wait in ms."""
    count = round(OTHERS_A_SECOND * seconds)
    now = timezone.now()
    made = mixed_events(count, OTHER_PEOPLE, now=now, run=run)
    mine = [(tenant.pk, receive(one.event, now=now)) for one in made]
    after = inbox.last_id(connection)
    with _poured(flood):
        began = time.perf_counter()
        _paced(mine, round(OTHERS_A_SECOND * TICK_SECONDS), began)
        with setting.reporter.bar("events done", count) as report:
            ended = inbox.wait_until_done(connection, tenant.pk, after, report)
    (waited,) = one_row(connection, WAITED, [tenant.pk, after])
    return count / (ended - began), float(waited)


def _paced(events: Chunk, size: int, began: float) -> None:
    """So many at each tick; a tick that took longer is not made up for by a burst."""
    for tick, start in enumerate(range(0, len(events), size), start=1):
        accept(events[start : start + size], door=Door.HTTP)
        time.sleep(max(began + tick * TICK_SECONDS - time.perf_counter(), 0))


@contextmanager
def _poured(flood: Iterator[Chunk]) -> Iterator[None]:
    """The flood comes by a door of its own, so that taking it in is no part of the others' pace."""

    def pour() -> None:
        began = time.perf_counter()
        try:
            for tick, chunk in enumerate(flood, start=1):
                accept(chunk, door=Door.HTTP)
                time.sleep(max(began + tick * TICK_SECONDS - time.perf_counter(), 0))
        finally:
            product_connection.close()

    with ThreadPoolExecutor(1) as pool:
        poured = pool.submit(pour)
        yield
        poured.result()


def _await_counters(connection: Connection, tenant: Tenant, told: list[dict[str, Any]]) -> float:
    """Milliseconds until the report says what happened; raises BenchError when it never does."""
    wanted = tuple(
        sum(event["type"] == f"messaging.{kind}" for event in told)
        for kind in ("message.delivered", "email.opened", "email.clicked")
    )
    began = time.perf_counter()
    found: tuple[int, ...] = ()
    while time.perf_counter() - began < PATIENCE_SECONDS:
        found = tuple(int(value) for value in one_row(connection, COUNTED, [tenant.pk]))
        if found == wanted:
            return (time.perf_counter() - began) * 1000
        if any(have > want for have, want in zip(found, wanted, strict=True)):
            break
        time.sleep(0.2)
    raise BenchError(f"Delivered, opened and clicked are counted as {found} instead of {wanted}.")
