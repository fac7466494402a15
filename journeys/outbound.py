"""What other services are told: who entered a journey, finished it, left it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from events import outbound
from events.consumers import Entry
from events.iso_time import utc_text
from journeys.models import JourneyVersion
from profiles.restricting import restricted_among
from tenants.models import Tenant

VERSION = "1.0"


def render(tenant: Tenant, entries: Sequence[Entry]) -> list[dict[str, Any] | None]:
    """`crm.journey.*` for each entry; None where the use of the person's data is restricted."""
    versions = {int(entry.data["versionId"]) for entry in entries}
    numbers = dict(JourneyVersion.objects.filter(pk__in=versions).values_list("pk", "number"))
    people: set[UUID] = {entry.profile_id for entry in entries if entry.profile_id is not None}
    restricted = restricted_among(people)
    return [
        None
        if entry.profile_id in restricted
        else _envelope(entry, numbers.get(int(entry.data["versionId"])))
        for entry in entries
    ]


def _envelope(entry: Entry, version: int | None) -> dict[str, Any]:
    payload = {
        "journeyId": entry.data["journeyId"],
        "version": version,
        "customerId": str(entry.profile_id),
        "reason": entry.data.get("reason"),
    }
    return {
        "id": outbound.event_id(entry),
        "type": outbound.types()[entry.kind],
        "version": VERSION,
        "timestamp": utc_text(entry.at),
        "tenantId": str(entry.tenant_id),
        "source": "crm",
        "payload": {name: value for name, value in payload.items() if value is not None},
    }
