"""Events of our own mail server: what readers do with mails that we delivered comes in as Messaging's would."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from events.envelope import receive
from events.inbox import accept
from events.models import Door
from messaging.models import Delivery
from profiles.models import CustomerProfile


def event(
    row: Delivery, profile: CustomerProfile, kind: str, *, mark: str = "", **payload: Any
) -> dict[str, Any]:
    """An envelope `messaging.<kind>` about a row; `mark` tells several of a kind apart."""
    contact = profile.messaging_contact_id
    identity = {"messagingContactId": contact} if contact else {"email": profile.email}
    return {
        "id": f"mail-{row.pk}-{kind}{mark}",
        "type": f"messaging.{kind}",
        "timestamp": timezone.now().isoformat(),
        "tenantId": str(row.tenant_id),
        "source": "messaging",
        "identity": identity,
        "payload": {"messageId": row.service_id or f"mail-{row.pk}", "idempotencyKey": row.key, **payload},
    }


def tell(tenant_id: UUID, envelopes: Iterable[Mapping[str, Any]]) -> None:
    """Put events into the inbox; told twice they are one."""
    now: datetime = timezone.now()
    accept([(tenant_id, receive(dict(one), now=now)) for one in envelopes], door=Door.HTTP)
