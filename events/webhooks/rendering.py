"""From a delivery to the bytes that are sent: nothing is copied, the envelope is made anew each time."""

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from events import outbound
from events.consumers import Entry
from events.models import DomainLogEntry, WebhookDelivery
from events.outbound import Envelope
from events.webhooks.payloads import trial_envelope
from tenants.directory import tenant_by_id
from tenants.scope import current_tenant_id

logger = logging.getLogger(__name__)
NOTHING_TO_TELL: Final = (
    "What it told of was erased, must rest, or is no longer kept: there is nothing to send."
)


def envelopes_of(deliveries: Sequence[WebhookDelivery]) -> Mapping[int, Envelope | None]:
    """Delivery → what would be sent now, None where nothing may be; of deliveries of the open scope."""
    entries = _entries(deliveries)
    told = _render(list(entries.values()))
    return {delivery.pk: _envelope(delivery, entries, told) for delivery in deliveries}


def _envelope(
    delivery: WebhookDelivery, entries: Mapping[int, Entry], told: Mapping[int, Envelope | None]
) -> Envelope | None:
    if delivery.log_id is None:
        return trial_envelope(
            event_id=delivery.event_id, tenant_id=delivery.tenant_id, at=delivery.occurred_at
        )
    entry = entries.get(delivery.log_id)
    # Another one under the same number, where the database was made anew.
    if entry is None or outbound.event_id(entry) != delivery.event_id:
        return None
    return told[entry.id]


def _entries(deliveries: Sequence[WebhookDelivery]) -> dict[int, Entry]:
    """One query for all; entries that are gone are missing."""
    kinds = outbound.types()
    ids = [delivery.log_id for delivery in deliveries if delivery.log_id is not None]
    rows = DomainLogEntry.objects.filter(pk__in=ids, kind__in=list(kinds)) if ids else []
    return {
        row.pk: Entry(str(row.xid), row.pk, row.tenant_id, row.kind, row.profile_id, row.data, row.at)
        for row in rows
    }


def _render(entries: Sequence[Entry]) -> dict[int, Envelope | None]:
    """Log id → envelope; an entry that cannot be told does not stop the others."""
    if not entries:
        return {}
    tenant = tenant_by_id(current_tenant_id())
    try:
        return dict(zip((entry.id for entry in entries), outbound.render(tenant, entries), strict=True))
    except Exception as error:  # recorded; told apart one by one
        if len(entries) == 1:
            logger.exception("event cannot be told", extra={"log_id": entries[0].id}, exc_info=error)
            return {entries[0].id: None}
    made: dict[int, Envelope | None] = {}
    for entry in entries:
        made |= _render([entry])
    return made
