"""Keeping a source's messages where they are, letting them go, and calling off what has not been sent."""

from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from messaging.models import SendHold
from tenants.actors import current_actor
from tenants.scope import current_tenant_id

LONGEST_REASON = 200
# Takes messages back: what waits ends. A claimed message is on its way, and of an unknown one somebody must still ask:
# such a row only keeps the reason, so that it ends too should it come back to the queue (`send_statements.FINISH`).
# Each CASE looks at the row itself, not at a join, because a row that was waited for is looked at anew. The caller says
# which, of alias d, with `MAY_BE_CALLED_OFF`.
WAITING: Final = "d.status IN ('PLANNED', 'DEFERRED')"
MAY_BE_CALLED_OFF: Final = "d.status IN ('PLANNED', 'DEFERRED', 'CLAIMED', 'UNKNOWN')"
CALL_OFF: Final = f"""
UPDATE messaging_delivery AS d
SET reason = %(reason)s, status = CASE WHEN {WAITING} THEN 'SKIPPED' ELSE d.status END,
    mailbox = CASE WHEN {WAITING} THEN NULL ELSE d.mailbox END,
    leased_until = CASE WHEN {WAITING} THEN NULL ELSE d.leased_until END,
    history = CASE WHEN {WAITING} THEN d.history || jsonb_build_object(
        'at', clock_timestamp(), 'status', 'SKIPPED', 'reason', %(reason)s::text) ELSE d.history END
"""
CANCEL: Final = f"""{CALL_OFF}
WHERE d.tenant_id = %(tenant)s AND d.source_id = %(source_id)s AND {MAY_BE_CALLED_OFF}
  AND (%(occurrence)s = '' OR d.occurrence = %(occurrence)s)
RETURNING d.status = 'SKIPPED'
"""


def hold_source(source_id: UUID, reason: str = "") -> None:
    """Whatever of the source is not claimed stays planned; holding twice is holding once."""
    SendHold.objects.get_or_create(
        tenant_id=current_tenant_id(),
        source_id=source_id,
        defaults={
            "reason": reason[:LONGEST_REASON],
            "held_by_name": current_actor().name,
            "held_at": timezone.now(),
        },
    )


def release_source(source_id: UUID) -> None:
    """Let it go on from where it stood."""
    SendHold.objects.filter(source_id=source_id).delete()


def cancel_source(source_id: UUID, occurrence: str = "") -> int:
    """Call off what is planned, of one occurrence or of all; returns how many messages.

    What is being handed over at this moment may still arrive; where it does not, it is not tried again.
    """
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"tenant": current_tenant_id(), "source_id": source_id}
        cursor.execute(CANCEL, parameters | {"occurrence": occurrence, "reason": "CANCELLED"})
        return sum(has_ended for (has_ended,) in cursor.fetchall())
