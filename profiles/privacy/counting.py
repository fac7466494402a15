"""What an erasure would do, counted in the background for the page that asks whether it is meant; and the erasure.

The count is the erasure itself, taken back, so that its figures are exact. A page only asks for either and reads the
row: somebody with forty merged records takes longer than anybody waits for an answer.
"""

import json
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from events.debounce import enqueue_debounced, enqueue_on_commit
from events.leases import LeasedTable
from profiles.errors import CustomerNotFound
from profiles.models import ErasureCount, ErasureReason, ErasureReceipt
from profiles.privacy.erasing import erase_customer
from profiles.reading import get_customer
from tenants.actors import Actor, acting_as, actor_of_user, current_actor
from tenants.models import User

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
    _ask(profile_id, reason="", user=None)


def ask_for_erasure(profile_id: UUID, *, reason: str, user: User) -> None:
    """Have the customer erased in the background, by this member of staff. Raises CustomerNotFound."""
    _ask(profile_id, reason=reason, user=user)


def _ask(profile_id: UUID, *, reason: str, user: User | None) -> None:
    survivor = get_customer(profile_id)
    with transaction.atomic():
        waiting = ErasureCount.objects.select_for_update().filter(
            profile_id=survivor.pk, status=ErasureCount.Status.WAITING
        )
        if not reason and waiting.exclude(reason="").exists():
            # They are being erased, which is not to be taken back by a look at what would go.
            return
        wanted = {
            "status": ErasureCount.Status.WAITING,
            "asked_at": timezone.now(),
            "attempts": 0,
            "reason": reason,
            "asked_by_user": None if user is None else user.pk,
        }
        ErasureCount.objects.update_or_create(
            profile_id=survivor.pk,
            defaults=wanted,
            create_defaults={"tenant_id": survivor.tenant_id, **wanted},
        )
        enqueue_on_commit(COUNT_ERASURES, str(survivor.tenant_id))


def count_of(profile_id: UUID) -> ErasureCount | None:
    """What was counted of this survivor, or is being counted; None where nobody asked."""
    found: ErasureCount | None = ErasureCount.objects.filter(profile_id=profile_id).first()
    return found


def is_erased(profile_id: UUID) -> bool:
    """Whether this customer was erased."""
    return ErasureReceipt.objects.filter(profile_id=profile_id).exists()


def count_erasures() -> None:
    """Count for all who were asked about in the open scope's tenant, and erase those who are to be."""
    while claims := COUNTS.claim(most=1):
        (row,) = ErasureCount.objects.filter(pk=claims[0].key)
        try:
            if row.reason:
                # Its row goes with the person.
                with acting_as(_actor(row.asked_by_user)):
                    erase_customer(row.profile_id, reason=row.reason)
                continue
            done = erase_customer(row.profile_id, reason=ErasureReason.POPIA.value, dry_run=True)
        except CustomerNotFound:
            COUNTS.end(claims, sets="status = 'FAILED'")
            continue
        counts = {model: acts for model, acts in done.counts.items() if model != ErasureCount._meta.label}
        # Whoever confirmed the erasure meanwhile is not answered with figures.
        COUNTS.end(
            claims,
            sets="status = CASE row.reason WHEN '' THEN 'DONE' ELSE 'WAITING' END, counts = %(counts)s,"
            " people = %(people)s",
            counts=json.dumps(counts),
            people=len(done.profile_ids),
        )


def _actor(user_id: int | None) -> Actor:
    user = None if user_id is None else User.objects.filter(pk=user_id).first()
    return current_actor() if user is None else actor_of_user(user)


def sweep_counts() -> None:
    """Wake the clubs whose count a worker left behind."""
    for tenant_id in COUNTS.tenants_with_work():
        enqueue_debounced(COUNT_ERASURES, str(tenant_id))
