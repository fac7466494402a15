"""A small club beside a large one at work: does it notice? Its events come evenly, its consumers are watched."""

import threading
import time
from types import TracebackType
from typing import Any, Final, Self

import orjson
from django.db import connections
from django.utils import timezone

from crm_platform.bench.database import connect
from crm_platform.bench.figures import Figure, duration, percentile
from crm_platform.bench.people import envelope, make_tenant
from events.consumers import registry
from events.consumers.positions import ensure_positions
from events.debounce import PROCESS_INBOX, enqueue_debounced
from events.envelope import parse_line
from events.inbox import accept
from events.models import Door

SLUG: Final = "neighbour"
SAMPLE_SECONDS: Final = 0.05
START_PATIENCE_SECONDS: Final = 60.0
# A second of small lags: the programs follow.
SAMPLES_OF_CALM: Final = 20
CALM_SECONDS: Final = 0.5
MEMBER: Final = 4711
# The age of the oldest entry that any consumer of the club has still to read.
LAG: Final = """
SELECT COALESCE(max(extract(epoch FROM clock_timestamp() - waiting.at)), 0)::float
FROM events_consumerposition AS p
CROSS JOIN LATERAL (
    SELECT l.at FROM events_domainlogentry AS l
    WHERE l.tenant_id = p.tenant_id AND l.cluster = p.cluster AND (l.xid, l.id) > (p.last_xid, p.last_id)
    ORDER BY l.xid, l.id LIMIT 1) AS waiting
WHERE p.tenant_id = %s AND p.consumer = ANY(%s)
"""


class Neighbour:
    """Inside the block events come in and are watched; then `lags` are seconds, one for each sample."""

    def __init__(self, rate: int) -> None:
        """`rate`: events a second."""
        self._rate = rate
        self._over = threading.Event()
        self.lags: list[float] = []
        self.taken_in = 0
        self.tenant = make_tenant(SLUG)
        # What only speaks to a peer waits for it, whoever is at work.
        self._consumers = [name for name, one in registry.registrations().items() if one.send is None]
        ensure_positions()

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._take_in, self._watch)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_until_followed(self) -> None:
        """Until the programs run: their start is no lag of the product's. Whoever never follows is measured as well."""
        ends = time.monotonic() + START_PATIENCE_SECONDS
        while time.monotonic() < ends and not self._is_followed():
            time.sleep(SAMPLE_SECONDS)
        self.lags.clear()

    def _is_followed(self) -> bool:
        latest = self.lags[-SAMPLES_OF_CALM:]
        return self.taken_in > self._rate and len(latest) == SAMPLES_OF_CALM and max(latest) < CALM_SECONDS

    def figures(self, benchmark: str, words: str, *, most_ms: float) -> list[Figure]:
        """How far the consumers fell behind."""
        title = f"another club's consumers {words}, lag"
        p99, most = percentile(self.lags, 0.99) * 1000, max(self.lags) * 1000
        return [
            duration(benchmark, f"{title}, p99", p99, most_ms=most_ms),
            duration(benchmark, f"{title}, max", most),
        ]

    def _take_in(self) -> None:
        began = time.perf_counter()
        try:
            while not self._over.wait(max(began + self.taken_in / self._rate - time.perf_counter(), 0)):
                event = parse_line(orjson.dumps(self._event(self.taken_in)), now=timezone.now())
                accept([(self.tenant.pk, event)], door=Door.HTTP)
                enqueue_debounced(PROCESS_INBOX, str(self.tenant.pk))
                self.taken_in += 1
        finally:
            connections.close_all()

    def _event(self, number: int) -> dict[str, Any]:
        if number == 0:
            kind, payload = "scl.member.created", {"id": MEMBER, "firstName": "Ann", "lastName": "Other"}
        else:
            kind = "scl.payment.received"
            payload = {"id": f"p{number}", "memberId": MEMBER, "amountCents": 100, "currency": "ZAR"}
        identity = {"sclMemberId": MEMBER}
        now = timezone.now()
        return envelope(f"n-{number}", kind, "scl", identity=identity, payload=payload, at=now)

    def _watch(self) -> None:
        with connect() as connection:
            while not self._over.wait(SAMPLE_SECONDS):
                row = connection.execute(LAG, [self.tenant.pk, self._consumers]).fetchone()
                self.lags.append(float(row[0]) if row else 0.0)
