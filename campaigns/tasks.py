"""Thin entries of Celery."""

from celery import shared_task

from campaigns.results import recount_due
from campaigns.running import run_due

# So often a turn looks again before it leaves the worker to others.
MOST_TURNS = 20


@shared_task(name="campaigns.run_due", ignore_result=True)
def run_due_campaigns() -> None:
    """Do what is due; idempotent by the leases of occurrences and the keys of the ledger."""
    for _ in range(MOST_TURNS):
        if not run_due():
            return


@shared_task(name="campaigns.recount", ignore_result=True)
def recount_campaigns() -> None:
    """Bring counters up to date; idempotent, because they are made from the ledger each time."""
    for _ in range(MOST_TURNS):
        if not recount_due():
            return
