"""Celery entries of this app: parse the id, open the scope, call one function."""

from uuid import UUID

from celery import shared_task

from events.wake import PROCESS_INBOX, awake, wake
from profiles.ingest import process_turn
from profiles.windows import recount_windows
from tenants.models import Tenant
from tenants.scope import tenant_scope


@shared_task(name=PROCESS_INBOX)
def process_inbox(tenant_id: str) -> None:
    """Apply what waits in one tenant's inbox, for a bounded turn; idempotent by the status of the inbox rows.

    A tenant with more to do goes to the back of the queue, so that it never starves another.
    """
    awake(PROCESS_INBOX, tenant_id)
    with tenant_scope(UUID(tenant_id)):
        more = process_turn()
    if more:
        wake(PROCESS_INBOX, tenant_id)


@shared_task(name="profiles.decay_activity_windows")
def decay_activity_windows() -> None:
    """Recount the 30 and 90 day figures that time has made wrong; idempotent by the day they were counted for."""
    for tenant in Tenant.objects.filter(is_active=True):
        with tenant_scope(tenant):
            recount_windows()
