"""What the HTTP door does with a body: a verdict for each event, one insert for all that are good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from events.envelope import Received, receive
from events.inbox import accept
from events.models import Door
from events.refusals import EnvelopeRefused, Refusal
from tenants.callers import Caller
from tenants.expiring_cache import ExpiringCache
from tenants.models import TenantName

NAMES_SECONDS: Final = 5.0
UNKNOWN_TENANT_MESSAGE: Final = "There is no such tenant among yours; send the UUID, slug or slug alias of one that is."

_names: ExpiringCache[frozenset[UUID], dict[str, UUID]] = ExpiringCache(max_entries=1_000)


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that was not taken: its place in the batch and why."""

    index: int
    code: str
    message: str
    field: str

    def as_fields(self) -> dict[str, Any]:
        """For the answer; an empty field means the event as a whole."""
        fields: dict[str, Any] = {"index": self.index, "code": self.code, "message": self.message}
        return {**fields, "field": self.field} if self.field else fields


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a batch."""

    accepted: int
    duplicates: int
    rejected: list[Refused]

    def as_fields(self) -> dict[str, Any]:
        """For the answer."""
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": [refused.as_fields() for refused in self.rejected],
        }


def take_in(items: Sequence[object], *, caller: Caller, now: datetime) -> Verdict:
    """Accept what is good among the items of a body; when it returns they are committed.

    A tenant must be among the caller's; a foreign one sounds like one that does not exist.
    """
    names = _tenant_names(caller)
    good: list[tuple[UUID, Received]] = []
    rejected: list[Refused] = []
    for index, item in enumerate(items):
        try:
            received = receive(item, now=now)
            tenant_id = names.get(received.envelope.tenant_key.strip().lower())
            if tenant_id is None:
                raise EnvelopeRefused(Refusal.UNKNOWN_TENANT, UNKNOWN_TENANT_MESSAGE, "tenantId")
        except EnvelopeRefused as refused:
            rejected.append(Refused(index, refused.code.value, refused.message, refused.field))
        else:
            good.append((tenant_id, received))
    if not good:
        return Verdict(0, 0, rejected)
    stored = accept(good, door=Door.HTTP)
    return Verdict(stored.accepted, stored.duplicates, rejected)


def _tenant_names(caller: Caller) -> dict[str, UUID]:
    """Every name of the caller's active tenants: one query, however many names a batch tries."""
    names = _names.get(caller.tenant_ids)
    if names is None:
        owned = TenantName.objects.filter(tenant_id__in=caller.tenant_ids, tenant__is_active=True)
        names = dict(owned.values_list("name", "tenant_id"))
        names |= {str(tenant_id): tenant_id for tenant_id in set(names.values())}
        _names.put(caller.tenant_ids, names, seconds=NAMES_SECONDS)
    return names
