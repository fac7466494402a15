"""Celery entries of this app, and the sweep that finds work whose wake-up was lost."""

import logging
from uuid import UUID

from celery import shared_task
from django.db import connection

from events import consumers
from events.consumers import reading
from events.debounce import PROCESS_INBOX, READ_LOG, RUN_CONSUMER, clear_debounce, enqueue_debounced
from events.retention import prune
from events.webhooks import delivering, pruning
from events.webhooks.planning import DELIVER
from tenants.actors import acting_as, program
from tenants.postgresql.sessions import long_transactions
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)

TENANTS_WITH_WORK = """
SELECT t.id FROM tenants_tenant AS t
WHERE EXISTS (SELECT FROM events_inboxevent AS i
              WHERE i.tenant_id = t.id AND i.status IN ('PENDING', 'FAILED')
                AND (i.due_at IS NULL OR i.due_at <= now()))
"""


@shared_task(name=READ_LOG)
def read_log(tenant_id: str) -> None:
    """Let a tenant's consumers read on; idempotent by their positions, which move with their effects."""
    clear_debounce(READ_LOG, tenant_id)
    reading.read_on(UUID(tenant_id))


@shared_task(name=RUN_CONSUMER)
def run_consumer(argument: str) -> None:
    """Let one consumer read on at one tenant; idempotent by its position, which moves with its effects."""
    clear_debounce(RUN_CONSUMER, argument)
    reading.run_alone(argument)


@shared_task(name="events.sweep")
def sweep() -> None:
    """Wake whatever has work; idempotent, because waking is."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(TENANTS_WITH_WORK)
        for (tenant_id,) in cursor.fetchall():
            enqueue_debounced(PROCESS_INBOX, str(tenant_id))
    consumers.ensure_positions()
    for tenant_id in {tenant_id for _, tenant_id in consumers.lagging()}:
        enqueue_debounced(READ_LOG, str(tenant_id))


@shared_task(name="events.name_long_transactions")
def name_long_transactions() -> None:
    """Say in the log who has had a transaction open for minutes; reads only."""
    for one in long_transactions():
        logger.warning(
            "a transaction is open for long, and readers of the log may wait for it: %s", one.words
        )


@shared_task(name="events.prune_log")
def prune_log() -> None:
    """Drop log entries that every consumer has read and that are past their keeping; idempotent."""
    prune()


@shared_task(name=DELIVER)
def deliver_webhooks(endpoint_id: str) -> None:
    """Send what is due to one endpoint, for a bounded turn; idempotent by leases, and for the receiver by its ids."""
    clear_debounce(DELIVER, endpoint_id)
    with acting_as(program(DELIVER)):
        more = delivering.deliver_due(UUID(endpoint_id))
    if more:
        enqueue_debounced(DELIVER, endpoint_id)


@shared_task(name="events.sweep_webhooks")
def sweep_webhooks() -> None:
    """Wake every endpoint that has something due; idempotent, because waking is."""
    for endpoint_id in delivering.waiting():
        enqueue_debounced(DELIVER, str(endpoint_id))


@shared_task(name="events.prune_webhooks")
def prune_webhooks() -> None:
    """Take away what is left of deleted endpoints; idempotent."""
    pruning.prune()
