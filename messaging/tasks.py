"""Celery entries of this app."""

from celery import shared_task

from events.debounce import clear_debounce, enqueue_debounced
from messaging import sending, settling
from messaging.planning import HANDS, SEND_DUE
from tenants.actors import acting_as, program
from tenants.one_by_one import one_by_one


@shared_task(name=SEND_DUE)
def send_due(hand: str) -> None:
    """Send what is due for a bounded turn; idempotent, because rows are claimed."""
    clear_debounce(SEND_DUE, hand)
    with acting_as(program(SEND_DUE)):
        turn = sending.send_due()
    if turn.settled and not turn.is_away:
        enqueue_debounced(SEND_DUE, hand)


@shared_task(name="messaging.sweep_sends")
def sweep_sends() -> None:
    """Wake the senders where something is due; idempotent, because waking is."""
    if sending.due_lanes():
        for hand in HANDS:
            enqueue_debounced(SEND_DUE, hand)


@shared_task(name="messaging.settle_sends")
def settle_sends() -> None:
    """Ask about what is unknown, decide about what was deferred; idempotent by leases and row locks."""
    with acting_as(program("messaging.settle_sends")):
        one_by_one(settling.unsettled_tenants(), settling.settle_tenant, what="settling sends")
