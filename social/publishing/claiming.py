"""Taking due targets, one at a time, with a lease.

Not a `LeasedTable`: a claim looks at all clubs, for the one with the fewest under way, and a target that was left is
asked about instead of tried again.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from social.models import Target
from social.publishing import statements as sql
from tenants.postgresql.commits import without_waiting
from tenants.scope import all_tenants

# Longer than a step can take: connecting, an upload, the answer. Renewed with each step.
LEASE: Final = timedelta(seconds=150)
# A look is some reads: whoever has not ended them by then is dead.
LOOK_LEASE: Final = timedelta(seconds=90)
# Targets under way at once, of all clubs: half the threads of the worker that waits for other people's servers.
MOST_UNDERWAY: Final = 6
# So many workers may die at a target, one after the other; the next one would die as well.
MOST_LOST: Final = 5
# Accounts that a claim looks at before it says that nothing is left.
MOST_ACCOUNTS: Final = 24


class LeaseLost(Exception):
    """Another worker has the target by now."""


class Claim(NamedTuple):
    """A target that is ours until the lease ends."""

    target_id: UUID
    tenant_id: UUID
    lease: UUID


def count_due(now: datetime | None = None, *, most: int = MOST_UNDERWAY) -> int:
    """How many targets could be taken now, counted up to `most`."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(
            sql.COUNT_DUE, {"now": now or timezone.now(), "most": most, "most_lost": MOST_LOST - 1}
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def claim(now: datetime | None = None, *, most: int = MOST_UNDERWAY) -> Claim | None:
    """Take the next due target, of the club and account with the fewest under way; None: nothing is due, or enough is.

    What too many workers died at is left to `failures.give_up_deadly`.
    """
    now, lease = now or timezone.now(), uuid4()
    values: dict[str, Any] = {"now": now, "lease": lease, "until": now + LEASE, "look_until": now + LOOK_LEASE,
                              "most": most, "accounts": MOST_ACCOUNTS, "most_lost": MOST_LOST - 1}  # fmt: skip
    # Not waited for: the word before a call that publishes is, and the log has one order.
    with all_tenants(), without_waiting(), connection.cursor() as cursor:
        cursor.execute(sql.CLAIM, values)
        row = cursor.fetchone()
    return Claim(row[0], row[1], lease) if row else None


def keep(target: Target, lease: UUID) -> None:
    """Prolong the lease; raises LeaseLost."""
    mine = Target.objects.filter(pk=target.pk, lease=lease)
    if not mine.update(leased_until=timezone.now() + LEASE):
        raise LeaseLost


def deadly(now: datetime | None = None) -> list[tuple[UUID, UUID]]:
    """Targets at which too many workers died, one after the other: (tenant, target)."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(sql.DEADLY, {"now": now or timezone.now(), "most_lost": MOST_LOST - 1})
        return [(tenant_id, target_id) for tenant_id, target_id in cursor.fetchall()]
