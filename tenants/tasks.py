"""Celery entries of the ground floor."""

from celery import shared_task
from django.utils import timezone

from tenants.idempotency_retention import prune_idempotency_records


@shared_task(name="tenants.prune_idempotency_records", ignore_result=True)
def prune_idempotency_records_task() -> int:
    """Delete stored answers that nobody may ask for any more. Idempotent: it deletes by age."""
    return prune_idempotency_records(timezone.now())
