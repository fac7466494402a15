"""A segment as a list of the Messaging service: `messaging.lists` keeps the list, here stands which and how it went.

On the list stand the contacts of members who may be contacted by at least one channel.
"""

import logging
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from messaging.lists import SyncProblem, drop_list, sync_list
from segments.actions import get_segment
from segments.models import Segment
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)
MEMBERS: Final = (
    "SELECT profile_id FROM segments_segmentmember WHERE tenant_id = %(tenant)s AND segment_id = %(segment)s"
)
# Those that are synced already; also of segments that are switched off, because consents and erasures go on.
BEHIND: Final = """
SELECT s.tenant_id, s.id FROM segments_segment AS s
WHERE s.messaging_segment_id IS NOT NULL AND s.deleted_at IS NULL
  AND (s.last_synced_at IS NULL OR s.last_synced_at < now() - interval '15 minutes')
ORDER BY s.last_synced_at NULLS FIRST LIMIT 200
"""
# Of segments that were deleted since.
LEFT_OVER: Final = """
SELECT tenant_id, id FROM segments_segment WHERE messaging_segment_id IS NOT NULL AND deleted_at IS NOT NULL
ORDER BY deleted_at LIMIT 200
"""


def sync_segment(segment_id: UUID) -> Segment:
    """Bring the service's list up to date; what goes wrong stands in `sync_error`, in words.

    Speaks to the service outside any transaction; idempotent, because a delta has a number and sets are compared.
    """
    segment = get_segment(segment_id)
    list_id = str(segment.pk)
    try:
        sync_list(list_id, segment.name, members=MEMBERS, parameters={"segment": segment.pk})
    except SyncProblem as problem:
        logger.warning("list not synced", extra={"segment": list_id})
        _note(segment, sync_error=str(problem)[:500])
    else:
        _note(segment, messaging_segment_id=list_id, last_synced_at=timezone.now(), sync_error="")
    segment.refresh_from_db()
    return segment


def drop_segments_list(segment_id: UUID) -> bool:
    """Forget the list of a deleted segment, there and here; False where the service cannot be asked now. Idempotent."""
    segment = Segment.objects.get(pk=segment_id)
    try:
        drop_list(str(segment.pk))
    except SyncProblem:
        logger.warning("list not dropped", extra={"segment": str(segment.pk)})
        return False
    _note(segment, messaging_segment_id=None)
    return True


def segments_behind() -> list[tuple[UUID, UUID]]:
    """(tenant, segment) of synced segments that were not looked at for a while."""
    return _found(BEHIND)


def lists_left_over() -> list[tuple[UUID, UUID]]:
    """(tenant, segment) of deleted segments whose list still stands with the service."""
    return _found(LEFT_OVER)


def _found(statement: str) -> list[tuple[UUID, UUID]]:
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _note(segment: Segment, **values: Any) -> None:
    Segment.objects.filter(pk=segment.pk).update(**values)
