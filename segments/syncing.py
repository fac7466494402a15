"""A segment as a list of the Messaging service: what differs is pushed, numbered; on doubt all of it is compared.

On the list stand the contacts of members who may be contacted by at least one channel. What the list holds by our own
account is a table; the checksum that the service answers says whether it agrees.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from messaging.gateway import Gateway, Outage, Refused, Unclear, gateway
from segments.actions import get_segment
from segments.models import Segment
from segments.statements import ELIGIBLE
from tenants.postgresql.staging import StagingTable
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)
MOST_CHANGES: Final = 1_000
# Not the next number: somebody pushed in between. The next time starts from what is there then.
CONFLICT: Final = 409
LISTED: Final = StagingTable("listed_contact", "contact_id text, is_added boolean")
DIFFERENCE: Final = f"""
WITH wanted AS (
    SELECT DISTINCT p.messaging_contact_id AS contact_id FROM segments_segmentmember AS m
    JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = m.profile_id
    WHERE m.tenant_id = %(tenant)s AND m.segment_id = %(segment)s AND {ELIGIBLE}
      AND p.messaging_contact_id IS NOT NULL
      AND (p.email_opt_in OR p.sms_opt_in OR p.push_opt_in OR p.whatsapp_opt_in)
)
SELECT COALESCE(w.contact_id, l.contact_id), l.contact_id IS NULL
FROM wanted AS w
FULL JOIN (SELECT contact_id FROM segments_listedcontact
           WHERE tenant_id = %(tenant)s AND segment_id = %(segment)s) AS l ON l.contact_id = w.contact_id
WHERE w.contact_id IS NULL OR l.contact_id IS NULL
ORDER BY 1
"""
NOTE_ADDED: Final = """
INSERT INTO segments_listedcontact (tenant_id, segment_id, contact_id)
SELECT %(tenant)s, %(segment)s, contact_id FROM listed_contact WHERE is_added
ON CONFLICT (segment_id, contact_id) DO NOTHING
"""
NOTE_REMOVED: Final = """
DELETE FROM segments_listedcontact AS l USING listed_contact AS c
WHERE NOT c.is_added AND l.tenant_id = %(tenant)s AND l.segment_id = %(segment)s AND l.contact_id = c.contact_id
"""
HELD: Final = (
    "SELECT contact_id FROM segments_listedcontact WHERE tenant_id = %(tenant)s AND segment_id = %(segment)s"
)
FORGET: Final = "DELETE FROM segments_listedcontact WHERE tenant_id = %(tenant)s AND segment_id = %(segment)s"
# Those that are synced already; also of segments that are switched off, because consents and erasures go on.
BEHIND: Final = """
SELECT s.tenant_id, s.id FROM segments_segment AS s
WHERE s.messaging_segment_id IS NOT NULL AND s.deleted_at IS NULL
  AND (s.last_synced_at IS NULL OR s.last_synced_at < now() - interval '15 minutes')
ORDER BY s.last_synced_at NULLS FIRST LIMIT 200
"""


def checksum(contacts: Iterable[str]) -> str:
    """As the contract says: the sum of the first 8 bytes of SHA-256 of each, modulo 2^64, in 16 hex digits."""
    total = sum(int.from_bytes(hashlib.sha256(one.encode()).digest()[:8], "big") for one in contacts)
    return f"{total % 2**64:016x}"


# Of segments that were deleted since.
LEFT_OVER: Final = """
SELECT tenant_id, id FROM segments_segment WHERE messaging_segment_id IS NOT NULL AND deleted_at IS NOT NULL
ORDER BY deleted_at LIMIT 200
"""


def sync_segment(segment_id: UUID, using: Gateway | None = None) -> Segment:
    """Bring the service's list up to date; what goes wrong stands in `sync_error`, in words.

    Speaks to the service outside any transaction; idempotent, because a delta has a number and sets are compared.
    """
    segment = get_segment(segment_id)
    try:
        _sync(segment, using or gateway())
    except (Outage, Unclear) as error:
        logger.warning("list not synced", extra={"segment": str(segment.pk), "why": type(error).__name__})
        _note(segment, sync_error="The Messaging service does not answer; this is tried again by itself.")
    except Refused as error:
        if error.status == CONFLICT:
            logger.info("another worker pushes the same list", extra={"segment": str(segment.pk)})
            return segment
        _note(segment, sync_error=f"The Messaging service refuses the list: {error.message}"[:500])
    segment.refresh_from_db()
    return segment


def drop_list(segment_id: UUID, using: Gateway | None = None) -> bool:
    """Forget the list of a deleted segment, there and here; False where the service cannot be asked now. Idempotent."""
    segment = Segment.objects.get(pk=segment_id)
    try:
        (using or gateway()).delete_list(str(segment.tenant_id), str(segment.pk))
    except (Outage, Unclear, Refused) as error:
        logger.warning("list not dropped", extra={"segment": str(segment.pk), "why": type(error).__name__})
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FORGET, _values(segment))
        _note(segment, messaging_segment_id=None)
    return True


def _sync(segment: Segment, service: Gateway) -> None:
    tenant, list_id = str(segment.tenant_id), str(segment.pk)
    state = service.put_list(tenant, list_id, segment.name)
    if state["checksum"] != checksum(_held(segment)):
        _take_over(segment, service)
    sequence = int(state["sequence"])
    for some in _batches(_difference(segment)):
        sequence += 1
        state = service.push_delta(
            tenant,
            list_id,
            sequence=sequence,
            add=[contact for contact, is_added in some if is_added],
            remove=[contact for contact, is_added in some if not is_added],
        )
        _hold(segment, some)
    if state["checksum"] != checksum(_held(segment)):
        raise Unclear("The list does not hold what was pushed.")
    _note(segment, messaging_segment_id=list_id, last_synced_at=timezone.now(), sync_error="")


def _take_over(segment: Segment, service: Gateway) -> None:
    """Our account is wrong: hold what the list says, so that the difference is the true one."""
    contacts: list[str] = []
    after: str | None = ""
    while after is not None:
        page = service.members(str(segment.tenant_id), str(segment.pk), after)
        contacts += page["contactIds"]
        after = page["next"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FORGET, _values(segment))
        LISTED.fill(cursor, [(contact, True) for contact in contacts])
        cursor.execute(NOTE_ADDED, _values(segment))


def _difference(segment: Segment) -> list[tuple[str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCE, _values(segment))
        return list(cursor.fetchall())


def _held(segment: Segment) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(HELD, _values(segment))
        return [contact for (contact,) in cursor.fetchall()]


def _hold(segment: Segment, changes: Sequence[tuple[str, bool]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        LISTED.fill(cursor, changes)
        cursor.execute(NOTE_ADDED, _values(segment))
        cursor.execute(NOTE_REMOVED, _values(segment))


def _batches(changes: list[tuple[str, bool]]) -> Iterator[list[tuple[str, bool]]]:
    for start in range(0, len(changes), MOST_CHANGES):
        yield changes[start : start + MOST_CHANGES]


def _values(segment: Segment) -> dict[str, Any]:
    return {"tenant": segment.tenant_id, "segment": segment.pk}


def _note(segment: Segment, **values: Any) -> None:
    Segment.objects.filter(pk=segment.pk).update(**values)


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
