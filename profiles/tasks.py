"""Celery entries of this app: parse the id, open the scope, call one function."""

from contextlib import suppress
from uuid import UUID

from celery import shared_task

from events.wake import PROCESS_INBOX, awake, wake
from profiles.errors import SearchUnderWay
from profiles.ingest import process_turn
from profiles.windows import recount_windows
from tenants.actors import acting_as, program
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


@shared_task(name="profiles.find_duplicates")
def find_duplicates() -> None:
    """Start the search for duplicates of each tenant, one task each, so that none waits for another's size."""
    for tenant in Tenant.objects.filter(is_active=True):
        find_duplicates_of.delay(str(tenant.pk))


@shared_task(name="profiles.find_duplicates_of", soft_time_limit=3300, time_limit=3600)
def find_duplicates_of(tenant_id: str) -> None:
    """Search one tenant for duplicates; idempotent, because what was compared since the last change is left out."""
    from profiles.duplicates.searching import find_duplicates  # noqa: PLC0415 - Splink and DuckDB, 70 MB

    with (
        tenant_scope(UUID(tenant_id)),
        acting_as(program("profiles.find_duplicates")),
        suppress(SearchUnderWay),
    ):
        find_duplicates()
