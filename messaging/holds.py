"""Keeping a source's messages where they are, letting them go, and calling off what has not been sent."""

from uuid import UUID

from django.db import connection
from django.utils import timezone

from messaging.models import SendHold
from tenants.actors import current_actor
from tenants.scope import current_tenant_id

LONGEST_REASON = 200
# A claimed message is on its way, and of an unknown one somebody must still ask.
CANCEL = """
UPDATE messaging_delivery
SET status = 'SKIPPED', reason = 'CANCELLED', mailbox = NULL, leased_until = NULL,
    history = history || jsonb_build_object('at', now(), 'status', 'SKIPPED', 'reason', 'CANCELLED')
WHERE tenant_id = %s AND source_id = %s AND status IN ('PLANNED', 'DEFERRED') AND (%s = '' OR occurrence = %s)
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
    """Call off what is planned, of one occurrence or of all; returns how many messages."""
    with connection.cursor() as cursor:
        cursor.execute(CANCEL, [current_tenant_id(), source_id, occurrence, occurrence])
        return int(cursor.rowcount)
