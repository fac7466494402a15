"""How long answers to requests with an `Idempotency-Key` are kept; see `tenants.api.idempotency`."""

from datetime import datetime, timedelta

from tenants.models import IdempotencyRecord
from tenants.scope import all_tenants

KEPT_FOR = timedelta(hours=24)


def prune_idempotency_records(now: datetime) -> int:
    """Delete the answers of all tenants that are older than KEPT_FOR; how many there were."""
    with all_tenants():
        deleted, _ = IdempotencyRecord.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    return deleted
