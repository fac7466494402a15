"""Waiting until the inbox has been worked off, and working it off here where nobody else does."""

import time
from collections.abc import Callable, Collection
from typing import Final
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

from events.debounce import PROCESS_INBOX, enqueue_debounced
from events.models import CLAIMABLE_STATUSES, InboxEvent
from tenants.redis_client import RedisError
from tenants.scope import all_tenants

POLL_SECONDS: Final = 0.5
# What is left after a turn of our own waits for its next attempt.
OWN_POLL_SECONDS: Final = 0.1
PING_SECONDS: Final = 1.0


def pending(tenant_ids: Collection[UUID]) -> int:
    """How many events of the tenants wait, those that failed and will be tried again included."""
    with all_tenants():
        waiting = InboxEvent.objects.filter(tenant_id__in=tenant_ids, status__in=CLAIMABLE_STATUSES)
        return waiting.count()


def has_worker() -> bool:
    """Whether a Celery worker answers."""
    try:
        return bool(current_app.control.ping(timeout=PING_SECONDS))
    except (OperationalError, RedisError, OSError):
        return False


def wait_until_drained(
    tenant_ids: Collection[UUID], *, in_this_process: bool, on_progress: Callable[[int], None]
) -> None:
    """Return when nothing of the tenants waits any more; `on_progress` is told how many still do."""
    if in_this_process:
        # The worker does this when it starts; only then the tasks are known by their names.
        current_app.loader.import_default_modules()
    while left := pending(tenant_ids):
        on_progress(left)
        for tenant_id in tenant_ids:
            if in_this_process:
                # By its name, because what the inbox leads to is the business of the floors above.
                current_app.tasks[PROCESS_INBOX](str(tenant_id))
            else:
                enqueue_debounced(PROCESS_INBOX, str(tenant_id))
        time.sleep(OWN_POLL_SECONDS if in_this_process else POLL_SECONDS)
    on_progress(0)
