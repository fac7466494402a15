"""Refreshes that failed: when they are tried again by themselves, and what staff read about it.

The refreshes themselves are the record: failures in a row since the last one that ended well, or since somebody asked
for one. Each failure waits longer than the one before, the last wait repeats, so that a segment whose rule cannot be
answered costs one attempt a day and one whose database was away comes back by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from tenants.scope import current_tenant_id

RETRY_DELAYS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(days=1),
)
FAILED_WORDS: Final = "The last refresh failed; the members may be out of date."
# A lateral of the segment `s`: failures in a row and the last of them. Reads as many rows as there are delays.
FAILURES: Final = f"""
LATERAL (
    WITH latest AS (
        SELECT r.id, r.status, r.reason, r.finished_at FROM segments_refresh AS r
        WHERE r.tenant_id = s.tenant_id AND r.segment_id = s.id AND r.status IN ('DONE', 'FAILED')
        ORDER BY r.id DESC LIMIT {len(RETRY_DELAYS)})
    SELECT count(*) AS failures, max(latest.finished_at) AS failed_at FROM latest
    WHERE latest.status = 'FAILED'
      AND latest.id > COALESCE((SELECT max(done.id) FROM latest AS done WHERE done.status = 'DONE'), 0)
      AND latest.id >= COALESCE((SELECT max(asked.id) FROM latest AS asked WHERE asked.reason <> 'SCHEDULE'), 0)
) AS failed
"""
NEXT_TRY: Final = "failed.failed_at + (%(delays)s::interval[])[failed.failures]"
TROUBLES: Final = f"""
SELECT s.id, failed.failures, failed.failed_at, {NEXT_TRY}
FROM segments_segment AS s CROSS JOIN {FAILURES}
WHERE s.tenant_id = %(tenant)s AND s.id = ANY(%(segments)s) AND s.refresh_error <> '' AND failed.failures > 0
"""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A segment whose refreshes fail; `failures` counts those in a row, up to the number of delays."""

    failures: int
    failed_at: datetime
    next_try_at: datetime


def troubles_of(segment_ids: Sequence[UUID]) -> dict[UUID, Trouble]:
    """Of those segments of the open scope whose last refresh failed: how often, and when the next try is due."""
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "segments": list(segment_ids),
        "delays": list(RETRY_DELAYS),
    }
    with connection.cursor() as cursor:
        cursor.execute(TROUBLES, values)
        return {segment_id: Trouble(*rest) for segment_id, *rest in cursor.fetchall()}
