"""The consumer that scores whoever was touched, within seconds of the commit."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from events import consumers
from events.consumers import Entry
from events.models import LogKind
from profiles.scoring.people import score_customers
from tenants.scope import tenant_scope

NAME: Final = "scoring"
KINDS: Final = (
    LogKind.PROFILE_CREATED,
    LogKind.PROFILE_CHANGED,
    LogKind.PROFILE_MERGED,
    LogKind.PROFILE_UNMERGED,
    LogKind.ACTIVITY_RECORDED,
)
# Who is touched often is scored once a batch.
BATCH_SIZE: Final = 2_000


def register() -> None:
    """Declare the consumer."""
    consumers.register(NAME, kinds=[kind.value for kind in KINDS], handle=follow, batch_size=BATCH_SIZE)


def follow(entries: Sequence[Entry]) -> None:
    """Score everybody whom the entries concern; idempotent, because the same history has the same scores."""
    touched: dict[UUID, set[UUID]] = {}
    for entry in entries:
        touched.setdefault(entry.tenant_id, set()).update(_concerned(entry))
    for tenant_id, ids in touched.items():
        with tenant_scope(tenant_id):
            score_customers(sorted(ids))


def _concerned(entry: Entry) -> list[UUID]:
    others = [entry.data[name] for name in ("loserId", "restoredId") if name in entry.data]
    return [*([entry.profile_id] if entry.profile_id else []), *map(UUID, others)]
