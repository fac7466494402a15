"""Posts at which every worker died: nobody takes them any more, and staff are told."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from social.models import Target, TargetStatus
from social.networks.errors import verdict
from social.publishing import claiming, settling
from social.publishing.states import doubt, fail
from tenants.one_by_one import one_by_one
from tenants.scope import tenant_scope

# What may be out is looked at once more each day: whatever killed the workers may have been mended.
LOOK_AGAIN: Final = timedelta(days=1)


def give_up_deadly(now: datetime | None = None) -> int:
    """End what too many workers died at, or ask a human where it may be out; returns how many."""
    return len(one_by_one(claiming.deadly(now), _give_up, what="giving up a post"))


def _give_up(deadly: tuple[UUID, UUID]) -> None:
    tenant_id, target_id = deadly
    with tenant_scope(tenant_id):
        target = Target.objects.select_related("post__tenant", "connection").get(pk=target_id)
        if target.lease is None:
            return
        if target.status == TargetStatus.UNKNOWN or settling.open_attempt(target):
            said = verdict("WORKER_DIED_LOOKING")
            doubt(target, timezone.now() + LOOK_AGAIN, lease=target.lease, asks_human=True,
                  problem=said.meaning.name, lost_workers=claiming.MOST_LOST - 1)  # fmt: skip
        else:
            fail(target, verdict("WORKER_DIED"), lease=target.lease)
