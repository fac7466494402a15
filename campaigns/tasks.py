"""Thin entries of Celery."""

from celery import shared_task

from campaigns.running import run_due

# So often a turn looks again before it leaves the worker to others.
MOST_TURNS = 20


@shared_task(name="campaigns.run_due", ignore_result=True)
def run_due_campaigns() -> None:
    """Do what is due; idempotent by the leases of occurrences and the keys of the ledger."""
    for _ in range(MOST_TURNS):
        if not run_due():
            return
