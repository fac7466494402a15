"""What other services are told: who joined and who left a segment."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from events import outbound
from events.consumers import Entry
from events.iso_time import utc_text
from segments.models import Segment
from tenants.models import Tenant

VERSION = "1.0"


def envelopes(tenant: Tenant, entries: Sequence[Entry]) -> list[dict[str, Any] | None]:
    """`crm.segment.membership.changed` for each entry; ids only, at most a thousand."""
    ids = {UUID(entry.data["segmentId"]) for entry in entries}
    names = dict(Segment.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [_envelope(entry, names.get(UUID(entry.data["segmentId"]), "")) for entry in entries]


def _envelope(entry: Entry, name: str) -> dict[str, Any]:
    return {
        "id": outbound.event_id(entry),
        "type": outbound.types()[entry.kind],
        "version": VERSION,
        "timestamp": utc_text(entry.at),
        "tenantId": str(entry.tenant_id),
        "source": "crm",
        "payload": {
            "segmentId": entry.data["segmentId"],
            "segmentName": name,
            "added": entry.data["added"],
            "removed": entry.data["removed"],
            "memberCount": entry.data["memberCount"],
            "at": utc_text(entry.at),
        },
    }
