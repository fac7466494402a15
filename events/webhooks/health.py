"""How endpoints did in the last day, and how much waits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from events.webhooks import statements as sql
from tenants.scope import current_tenant_id

HOURS: Final = 24


@dataclass(slots=True)
class Health:
    """Attempts by hour, the latest last; deliveries that wait, and those that failed."""

    succeeded: list[int] = field(default_factory=lambda: [0] * HOURS)
    failed: list[int] = field(default_factory=lambda: [0] * HOURS)
    waiting_count: int = 0
    failed_count: int = 0


def health_of(endpoint_ids: Collection[UUID]) -> Mapping[UUID, Health]:
    """The health of these endpoints of the open scope; two queries for all."""
    health = {endpoint_id: Health() for endpoint_id in endpoint_ids}
    parameters: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "endpoints": list(endpoint_ids),
        "hours": HOURS,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.HEALTH, parameters)
        for endpoint_id, hour, succeeded, failed in cursor.fetchall():
            health[endpoint_id].succeeded[int(hour)] = succeeded
            health[endpoint_id].failed[int(hour)] = failed
        cursor.execute(sql.COUNTS, parameters)
        for endpoint_id, waiting, failed in cursor.fetchall():
            health[endpoint_id].waiting_count, health[endpoint_id].failed_count = waiting, failed
    return health
