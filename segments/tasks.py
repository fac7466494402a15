"""Celery entries of this app: parse the id, open the scope, call one function."""

from uuid import UUID

from celery import shared_task

from events.debounce import clear_debounce, enqueue_debounced
from segments import log_consumer, refreshing, syncing
from tenants.one_by_one import one_by_one
from tenants.scope import tenant_scope

REFRESH = "segments.refresh"
MOVE_DUE = "segments.move_due"


@shared_task(name="segments.tend")
def tend() -> None:
    """Ask for what is due and wake a worker for each club that has work; idempotent, because waking is."""
    refreshing.request_due()
    for tenant_id in refreshing.tenants_with_refreshes():
        enqueue_debounced(REFRESH, str(tenant_id))
    for tenant_id in log_consumer.tenants_with_due():
        enqueue_debounced(MOVE_DUE, str(tenant_id))


@shared_task(name=REFRESH, soft_time_limit=3300, time_limit=3600)
def refresh(tenant_id: str) -> None:
    """Do the refreshes that wait in one club; idempotent by their rows' status and lease."""
    clear_debounce(REFRESH, tenant_id)
    with tenant_scope(UUID(tenant_id)):
        refreshing.refresh_waiting()


@shared_task(name=MOVE_DUE)
def move_due(tenant_id: str) -> None:
    """Move the people of one club whose day has come; idempotent by the row that says so."""
    clear_debounce(MOVE_DUE, tenant_id)
    if log_consumer.move_due(UUID(tenant_id)):
        enqueue_debounced(MOVE_DUE, tenant_id)


@shared_task(name="segments.sync_lists")
def sync_lists() -> None:
    """Bring lists that stand with the Messaging service up to date, one task each; idempotent by comparing sets.

    Those of deleted segments are dropped.
    """
    for tenant_id, segment_id in syncing.segments_behind():
        sync_list.delay(str(tenant_id), str(segment_id))
    one_by_one(syncing.lists_left_over(), _drop_list, what="dropping a list")


def _drop_list(left: tuple[UUID, UUID]) -> None:
    tenant_id, segment_id = left
    with tenant_scope(tenant_id):
        syncing.drop_segments_list(segment_id)


@shared_task(name="segments.sync_list")
def sync_list(tenant_id: str, segment_id: str) -> None:
    """Bring one list up to date; idempotent by the numbers of its deltas."""
    with tenant_scope(UUID(tenant_id)):
        syncing.sync_segment(UUID(segment_id))
