"""One batch of the inbox: claim it, apply it, commit; when it fails, find the culprit."""

import logging
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from events.models import ErrorCode, InboxStatus
from profiles.club import Club
from profiles.ingest import statements as sql
from profiles.ingest.applying import apply_events
from profiles.ingest.decoding import ClaimedRow, DeadEvent, ReadyEvent, read_event
from tenants.models import Tenant
from tenants.scope import current_tenant_id

logger = logging.getLogger(__name__)

# Large enough to pay for its statements, small enough that a transaction stays well under a second.
BATCH_SIZE = 1000
# A task gives way to other tenants after this long.
TURN_SECONDS = 5.0
MAX_ATTEMPTS = 3
RETRY_DELAYS_SECONDS = (1, 2, 4)
LONGEST_ERROR = 2000


def process_turn(*, seconds: float = TURN_SECONDS, batch_size: int = BATCH_SIZE) -> bool:
    """Work through the open scope's inbox for at most so long; returns whether something may be left.

    Raises OperationalError when the database is away: nothing was committed, so nothing is lost.
    """
    club = Club.of(Tenant.objects.get(pk=current_tenant_id()))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process_batch(club, batch_size) < batch_size:
            return False
    return True


def process_pending(*, batch_size: int = BATCH_SIZE) -> int:
    """Work the open scope's inbox off completely, in this process; returns how many events were taken."""
    club = Club.of(Tenant.objects.get(pk=current_tenant_id()))
    total = 0
    while taken := process_batch(club, batch_size):
        total += taken
    return total


def process_batch(club: Club, size: int) -> int:
    """Claim up to `size` due events and apply them in one transaction; returns how many were claimed.

    A failure rolls the whole batch back; then it is halved until the event that fails stands alone. That one gets
    an attempt and a delay, its neighbours are applied.
    """
    claimed: list[ClaimedRow] = []
    try:
        with transaction.atomic():
            claimed = _claim(sql.CLAIM, [club.id, size])
            _apply(club, claimed)
    except OperationalError:
        raise
    except Exception as error:  # whatever one event provokes must not stop the others; it is recorded on the row
        if not claimed:
            raise
        _isolate(club, [row.id for row in claimed], error)
    return len(claimed)


def _isolate(club: Club, ids: Sequence[int], error: Exception) -> None:
    """Apply the rows of a failed batch in halves; the one that fails by itself is postponed or dead."""
    if len(ids) == 1:
        _postpone(club.id, ids[0], error)
        return
    middle = len(ids) // 2
    for half in (ids[:middle], ids[middle:]):
        try:
            with transaction.atomic():
                _apply(club, _claim(sql.CLAIM_CHOSEN, [club.id, list(half)]))
        except OperationalError:
            raise
        except Exception as narrower:  # same reason as above, one level down
            _isolate(club, half, narrower)


def _postpone(tenant_id: UUID, inbox_id: int, error: Exception) -> None:
    """Count the attempt; try again after a delay, or give up after MAX_ATTEMPTS."""
    message = f"{type(error).__name__}: {error}"[:LONGEST_ERROR].replace("\x00", "")
    delays = list(RETRY_DELAYS_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(sql.POSTPONE, [message, MAX_ATTEMPTS, MAX_ATTEMPTS, delays, inbox_id, tenant_id])
        row = cursor.fetchone()
    logger.error("event failed", exc_info=error, extra={"inbox_id": inbox_id, "status": row[0] if row else None})


def _claim(statement: str, parameters: list[Any]) -> list[ClaimedRow]:
    """Rows locked by this transaction until it ends; another worker skips them."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [ClaimedRow(*row) for row in cursor.fetchall()]


def _apply(club: Club, rows: Sequence[ClaimedRow]) -> None:
    """Decode, apply and settle claimed rows; needs the transaction in which they were claimed."""
    ready: list[ReadyEvent] = []
    outcomes: list[tuple[Any, ...]] = []
    for row in rows:
        try:
            ready.append(read_event(row, club))
        except DeadEvent as dead:
            outcomes.append((row.id, InboxStatus.DEAD.value, None, None, dead.code.value, dead.field, dead.message))
    # Per customer by the time it happened, then by arrival.
    ready.sort(key=lambda event: (event.row.occurred_at, event.row.id))
    if ready:
        applied = apply_events(club, ready, timezone.now())
        outcomes += [
            (inbox_id, InboxStatus.SUCCESS.value, profile_id, activity_id, ErrorCode.NONE.value, "", "")
            for inbox_id, profile_id, activity_id in applied
        ]
    if outcomes:
        with connection.cursor() as cursor:
            sql.OUTCOME.fill(cursor, outcomes)
            cursor.execute(sql.SETTLE, [club.id])
