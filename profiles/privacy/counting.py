"""What an erasure would do, counted in the background for the page that asks whether it is meant.

The count is the erasure itself, taken back, so that its figures are exact. A page only asks for it and reads the row.
"""

import json
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from events.debounce import enqueue_debounced, enqueue_on_commit
from events.leases import LeasedTable
from profiles.errors import CustomerNotFound
from profiles.models import ErasureCount, ErasureReason
from profiles.privacy.erasing import erase_customer
from profiles.reading import get_customer

COUNT_ERASURES: Final = "profiles.count_erasures"
COUNTS: Final = LeasedTable(
    "profiles_erasurecount",
    waits="row.status = 'WAITING'",
    seconds=600,
    most_attempts=3,
    given_up="status = 'FAILED'",
)


def ask_for_count(profile_id: UUID) -> None:
    """Have it counted what erasing the customer would do, or count it anew. Raises CustomerNotFound."""
    survivor = get_customer(profile_id)
    with transaction.atomic():
        ErasureCount.objects.update_or_create(
            profile_id=survivor.pk,
            defaults={"status": ErasureCount.Status.WAITING, "asked_at": timezone.now(), "attempts": 0},
            create_defaults={"tenant_id": survivor.tenant_id},
        )
        enqueue_on_commit(COUNT_ERASURES, str(survivor.tenant_id))


def count_of(profile_id: UUID) -> ErasureCount | None:
    """What was counted of this survivor, or is being counted; None where nobody asked."""
    found: ErasureCount | None = ErasureCount.objects.filter(profile_id=profile_id).first()
    return found


def count_erasures() -> None:
    """Count for all who were asked about in the open scope's tenant."""
    while claims := COUNTS.claim(most=1):
        (row,) = ErasureCount.objects.filter(pk=claims[0].key).values_list("profile_id", flat=True)
        try:
            done = erase_customer(row, reason=ErasureReason.POPIA.value, dry_run=True)
        except CustomerNotFound:
            COUNTS.end(claims, sets="status = 'FAILED'")
            continue
        counts = {model: acts for model, acts in done.counts.items() if model != ErasureCount._meta.label}
        COUNTS.end(
            claims,
            sets="status = 'DONE', counts = %(counts)s, people = %(people)s",
            counts=json.dumps(counts),
            people=len(done.profile_ids),
        )


def sweep_counts() -> None:
    """Wake the clubs whose count a worker left behind."""
    for tenant_id in COUNTS.tenants_with_work():
        enqueue_debounced(COUNT_ERASURES, str(tenant_id))
