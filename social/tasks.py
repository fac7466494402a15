"""Celery entries of this app."""

from typing import Final

from celery import shared_task

from events.debounce import clear_debounce, enqueue_debounced
from social import measuring, series, warning
from social.promoting import event_pictures, log_consumer, running
from social.publishing import claiming, comments
from social.publishing.deadly import give_up_deadly
from social.publishing.leftovers import clear_drafts
from social.publishing.working import drain
from social.tokens import keep_alive
from tenants.actors import acting_as, program

PUBLISH: Final = "social.publish"
TURN_SECONDS: Final = 15.0


@shared_task(name="social.sweep_publishing")
def sweep_publishing() -> None:
    """Send as many workers as there is work for; idempotent, because claims are."""
    give_up_deadly()
    for slot in range(claiming.count_due() or comments.is_any_due()):
        enqueue_debounced(PUBLISH, str(slot))


@shared_task(name=PUBLISH)
def publish(slot: str) -> None:
    """Work on due targets for a bounded turn; idempotent by leases, steps and attempts."""
    clear_debounce(PUBLISH, slot)
    with acting_as(program(PUBLISH)):
        drain(TURN_SECONDS)


@shared_task(name="social.measure")
def measure() -> None:
    """Ask for the numbers that are due; idempotent by the time of the next asking."""
    with acting_as(program("social.measure")):
        measuring.measure_due()


@shared_task(name="social.warn")
def warn() -> None:
    """Renew tokens ahead of their end, write to admins about accounts that end, take drafts back.

    Idempotent by marks on the account and by steps.
    """
    with acting_as(program("social.warn")):
        keep_alive()
        warning.warn_admins()
        clear_drafts()


@shared_task(name="social.promote")
def promote() -> None:
    """Settle changes of events, bring due touches on, go on with series; idempotent by the rows' own states."""
    with acting_as(program("social.promote")):
        log_consumer.settle_changes()
        running.run_touches()
        running.complete_over()
        series.extend_series()


@shared_task(name="social.fetch_pictures")
def fetch_pictures() -> None:
    """Fetch the pictures that events bring; idempotent by a lease in the row of the plan."""
    with acting_as(program("social.fetch_pictures")):
        event_pictures.fetch_due()
