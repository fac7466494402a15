"""What a worker does when there is something in a tenant's log.

All consumers of the tenant read in one task, each behind those it comes after: one wake-up for an entry, however many
consumers there are. Who speaks to a peer, and who has a lot to catch up with, gets a task of its own, so that the
others do not wait for it.
"""

import logging
from typing import Final
from uuid import UUID

from celery import current_app
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError

from events.consumers import positions, registry
from events.consumers.running import run
from events.debounce import READ_LOG, RUN_CONSUMER, claim_debounce, enqueue_debounced

logger = logging.getLogger(__name__)

# An entry cannot be read as long as an older transaction runs anywhere in the cluster: look again soon.
AGAIN_AFTER_SECONDS: Final = 0.25


def read_on(tenant_id: UUID) -> None:
    """Let everyone who lags at this tenant read a batch, or start them on their own."""
    lagging = {name for name, _ in positions.lagging(tenant_id)}
    for name, consumer in registry.registrations().items():
        if name not in lagging and not lagging.intersection(consumer.after):
            continue
        if consumer.send is not None or _run(name, tenant_id, batches=1):
            enqueue_debounced(RUN_CONSUMER, f"{name}:{tenant_id}")
    if {name for name, _ in positions.lagging(tenant_id)} - _on_their_own():
        _look_again(tenant_id)


def run_alone(argument: str) -> None:
    """A task's work: the consumer and tenant of `name:tenant`."""
    name, _, tenant = argument.rpartition(":")
    tenant_id = UUID(tenant)
    if name not in registry.registrations():
        return
    if _run(name, tenant_id):
        enqueue_debounced(RUN_CONSUMER, argument)
    elif any(name in consumer.after for consumer in registry.registrations().values()):
        enqueue_debounced(READ_LOG, tenant)


def _run(name: str, tenant_id: UUID, **options: int) -> bool:
    """As `run`; an error of the database is one consumer's, and is tried again by the sweep."""
    try:
        return run(name, tenant_id, **options)
    except DatabaseError:
        logger.exception("consumer %s failed", name)
        connection.close_if_unusable_or_obsolete()
        return False


def _on_their_own() -> set[str]:
    return {name for name, consumer in registry.registrations().items() if consumer.send is not None}


def _look_again(tenant_id: UUID) -> None:
    try:
        if claim_debounce(READ_LOG, str(tenant_id)):
            current_app.send_task(READ_LOG, [str(tenant_id)], countdown=AGAIN_AFTER_SECONDS, retry=False)
    except OperationalError:
        logger.debug("the sweep will look again")
