"""Where consumers stand: one position for each consumer and tenant, who lags, and by how much."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from events.consumers import registry
from events.consumers import statements as sql
from events.models import Consumer, ConsumerPosition
from tenants.scope import all_tenants

# Counting goes no further, per tenant: whoever is so far behind is known to be.
MOST_LAG_COUNTED: Final = 10_000
# A consumer whose peer was away is not woken again at once.
PAUSE_AFTER_FAILURE: Final = timedelta(seconds=5)


def ensure_positions() -> None:
    """Make the row of each declared consumer, and one for each tenant; a new one starts at the log's beginning."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(sql.ENSURE_CONSUMERS, {"names": registry.names()})
        cursor.execute(sql.ENSURE_POSITIONS, {"names": registry.names()})


def lagging(tenant_id: UUID | None = None) -> list[tuple[str, UUID]]:
    """The pairs (consumer, tenant) that have something to read, of one tenant or all.

    Without those that are paused, stopped, at work, or failed a moment ago.
    """
    values: dict[str, Any] = {"names": registry.names(), "pause": PAUSE_AFTER_FAILURE, "tenant": tenant_id}
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(sql.LAGGING if tenant_id is None else sql.LAGGING_OF_TENANT, values)
        pairs: list[tuple[str, UUID]] = cursor.fetchall()
    return pairs


def pause(name: str, *, paused: bool) -> bool:
    """Stop a consumer before its next batch at every tenant, or no longer; returns whether there is such a one."""
    return bool(Consumer.objects.filter(name=name).update(is_paused=paused))


def resume(name: str) -> int:
    """Let a consumer that stopped after parked entries go on now, at every tenant; returns at how many."""
    with all_tenants():
        stopped = ConsumerPosition.objects.filter(consumer=name, stopped_at__isnull=False)
        return stopped.update(stopped_at=None, probe_at=None, parked_in_row=0, last_error="", failed_at=None)


@dataclass(frozen=True, slots=True)
class ConsumerLag:
    """How far behind a consumer is.

    `entries`: what waits at all tenants, counted up to MOST_LAG_COUNTED at each; `seconds`: the age of the oldest entry
    that waits anywhere; `tenants`: at how many something waits; `stopped`: at how many the breaker holds it.
    """

    name: str
    is_paused: bool
    moved_at: datetime | None
    last_error: str
    entries: int
    seconds: float
    tenants: int = 0
    stopped: int = 0

    @property
    def words(self) -> str:
        """What it does, for people."""
        return registry.registered(self.name).words or self.name


def lags() -> list[ConsumerLag]:
    """The lag of every declared consumer."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(sql.LAG, {"names": registry.names(), "most": MOST_LAG_COUNTED})
        return [ConsumerLag(*row) for row in cursor.fetchall()]
