"""How long the domain log is kept."""

import logging
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events.consumers import registry
from tenants.models import Tenant
from tenants.scope import tenant_scope

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(days=30)
# What a consumer has not read by then is lost to it: a reader that stands must not keep the log for ever.
MOST_KEPT: Final = timedelta(days=90)
CHUNK: Final = 10_000
# The oldest entries of each cluster by the index; of those what is old enough and has been passed, or is older than
# anybody may ask for. Numbers of `id` go on from cluster to cluster, and so say who has passed another cluster's.
PRUNE = """
WITH RECURSIVE clusters AS (
    (SELECT cluster FROM events_domainlogentry WHERE tenant_id = %(tenant)s ORDER BY cluster LIMIT 1)
    UNION ALL
    SELECT (SELECT l.cluster FROM events_domainlogentry AS l
            WHERE l.tenant_id = %(tenant)s AND l.cluster > c.cluster ORDER BY l.cluster LIMIT 1)
    FROM clusters AS c WHERE c.cluster IS NOT NULL
), oldest AS (
    SELECT l.id FROM clusters AS c CROSS JOIN LATERAL (
        SELECT l.id, l.cluster, l.xid, l.at FROM events_domainlogentry AS l
        WHERE l.tenant_id = %(tenant)s AND l.cluster = c.cluster ORDER BY l.xid, l.id LIMIT %(chunk)s) AS l
    WHERE l.at < %(kept)s
      AND (l.at < %(most_kept)s OR NOT EXISTS (
        SELECT FROM events_consumerposition AS p
        WHERE p.tenant_id = %(tenant)s AND p.consumer = ANY(%(holders)s)
          AND NOT CASE WHEN p.cluster = l.cluster THEN (l.xid, l.id) <= (p.last_xid, p.last_id)
                       ELSE l.id <= p.last_id END))
)
DELETE FROM events_domainlogentry AS l USING oldest WHERE l.tenant_id = %(tenant)s AND l.id = oldest.id
"""


def prune() -> int:
    """Delete entries older than KEPT, in short transactions; returns how many.

    Entries that a consumer has not read yet are kept until MOST_KEPT. Consumers that speak to a peer keep nothing
    beyond KEPT: a queue that nobody reads must not let the log grow.
    """
    return sum(_prune(tenant_id) for tenant_id in Tenant.objects.values_list("pk", flat=True))


def _prune(tenant_id: UUID) -> int:
    now, total = timezone.now(), 0
    holders = [name for name, consumer in registry.registrations().items() if consumer.send is None]
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "kept": now - KEPT,
        "most_kept": now - MOST_KEPT,
        "holders": holders,
    }
    while True:
        with tenant_scope(tenant_id), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PRUNE, {**values, "chunk": CHUNK})
            deleted = int(cursor.rowcount)
        total += deleted
        if deleted < CHUNK:
            return total
