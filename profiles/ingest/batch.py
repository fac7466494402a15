"""One batch of the inbox: claim it, apply it, commit; when it fails, find the culprit."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from profiles.club import Club
from profiles.ingest import statements as sql
from profiles.ingest.applying import EventResult, apply_events, apply_resolved_events
from profiles.ingest.decoding import ClaimedRow, DeadEvent, ReadyEvent, read_event
from tenants.gc_pause import gc_paused
from tenants.models import Tenant
from tenants.pacing import Pace
from tenants.postgresql.locks import AdvisoryLock
from tenants.postgresql.places import update_by_place
from tenants.postgresql.plans import PLAN_AFTER_PLACES, PLAN_BY_PLACES, any_club
from tenants.postgresql.statement_pipeline import pipelined_statements
from tenants.scope import current_tenant_id

logger = logging.getLogger(__name__)

# COPY bypasses Django's translation of the driver's errors.
DATABASE_AWAY = (OperationalError, psycopg.OperationalError)

# Large enough to pay for its statements, small enough that a transaction stays well under a second.
BATCH_SIZE = 2000
# A claim takes no more than this of stored envelopes into memory (they are compressed, some four to one).
MOST_BYTES = 16 * 1024 * 1024
# A task gives way to other tenants after this long; a batch is never cut.
TURN_SECONDS = 0.5
# Of this process: what a batch takes depends on the machine more than on the club.
_pace = Pace(BATCH_SIZE, least=250, most=BATCH_SIZE, longest=timedelta(seconds=TURN_SECONDS))
# Of fewer events, handing statements from thread to thread takes longer than waiting for them does.
WORTH_PIPELINING = 50
MAX_ATTEMPTS = 3
RETRY_DELAYS_SECONDS = (1, 2, 4)
LONGEST_ERROR = 2000


class SettlingError(RuntimeError):
    """A claimed row of the inbox was not where it had been claimed."""


def process_turn(*, seconds: float = TURN_SECONDS, batch_size: int = BATCH_SIZE) -> bool:
    """Work through the open scope's inbox for at most so long; returns whether something may be left.

    Raises OperationalError when the database is away: nothing was committed, so nothing is lost.
    """
    club = Club.of(Tenant.objects.get(pk=current_tenant_id()))
    began = time.monotonic()
    while (started := time.monotonic()) < began + seconds:
        if not process_batch(club, min(_pace.size, batch_size), waits_for_slot=True):
            return False
        _pace.took(time.monotonic() - started)
    return True


def process_pending(*, batch_size: int = BATCH_SIZE) -> int:
    """Work the open scope's inbox off completely, in this process; returns how many events were taken."""
    club = Club.of(Tenant.objects.get(pk=current_tenant_id()))
    total = 0
    while taken := process_batch(club, batch_size):
        total += taken
    return total


@any_club()
def process_batch(club: Club, size: int, *, waits_for_slot: bool = False) -> int:
    """Claim up to `size` due events and apply them; returns how many were claimed.

    Backfill is claimed when nothing else waits; with `waits_for_slot` only where fewer workers than
    CRM_BACKFILL_WORKERS are at any tenant's backfill, so that one of them is always free for what happens now.

    One transaction for the events about people who are known, side by side with other workers; one more, alone, for
    those that may change who is who. A failure rolls its transaction back; then the rows are halved until the event
    that fails stands alone. That one gets an attempt and a delay, its neighbours are applied.
    """
    claimed: list[ClaimedRow] = []
    left: list[ReadyEvent] = []
    has_slot = False
    try:
        with transaction.atomic(), gc_paused():
            claimed, has_slot = _claim_due(club, size, waits_for_slot=waits_for_slot)
            left = _apply_shared(club, claimed)
    except DATABASE_AWAY:
        raise
    except (
        Exception
    ) as error:  # whatever one event provokes must not stop the others; it is recorded on the row
        if not claimed:
            raise
        _isolate(club, [row.id for row in claimed], error)
        return len(claimed)
    if left:
        _apply_left(club, left, {row.id: row.place for row in claimed}, keeps_slot=has_slot)
    return len(claimed)


def _apply_left(
    club: Club, events: Sequence[ReadyEvent], places: Mapping[int, str], *, keeps_slot: bool
) -> None:
    """Apply read events alone, in another transaction, as far as nobody has touched their rows; isolate what fails.

    A row that has been written since stands at another place. It is as due as before, and is read anew when it is
    claimed. `keeps_slot`: a slot of backfill is taken again, or this worker would wait for the exclusive lock without
    one, and so in the end all of them. Whoever took it in the moment between is one more for this batch.
    """
    ids = [event.header.id for event in events]
    try:
        with (
            pipelined_statements() if len(ids) >= WORTH_PIPELINING else nullcontext(),
            transaction.atomic(),
            gc_paused(),
            connection.cursor() as cursor,
        ):
            if keeps_slot:
                _take_slot(cursor)
            cursor.execute(sql.CLAIM_AGAIN, [club.id, ids])
            held = dict(cursor.fetchall())
            ready = [one for one in events if held.get(one.header.id) == places[one.header.id]]
            _apply_alone(cursor, club, held, ready, [])
    except DATABASE_AWAY:
        raise
    except Exception as error:  # same reason as in process_batch
        _isolate(club, ids, error)


def _apply_chosen(club: Club, ids: Sequence[int]) -> None:
    """Apply these rows in one transaction, as far as nobody else has taken them; isolate what fails."""
    try:
        with transaction.atomic(), gc_paused(), connection.cursor() as cursor:
            rows = _claim(sql.CLAIM_CHOSEN, [club.id, list(ids)])
            ready, dead = _read(club, rows)
            _apply_alone(cursor, club, {row.id: row.place for row in rows}, ready, dead)
    except DATABASE_AWAY:
        raise
    except Exception as error:  # same reason as in process_batch
        _isolate(club, ids, error)


def _apply_alone(
    cursor: Any,
    club: Club,
    places: Mapping[int, str],
    ready: Sequence[ReadyEvent],
    dead: Sequence[tuple[Any, ...]],
) -> None:
    """Apply events under the exclusive lock and settle their rows, in the transaction that holds these."""
    applied = apply_events(club, ready, timezone.now()) if ready else []
    _settle(cursor, club.id, places, applied, dead)
    _remark(cursor, club.id, ready)


def _isolate(club: Club, ids: Sequence[int], error: Exception) -> None:
    """Apply the rows of a failed batch in halves; the one that fails by itself is postponed or dead."""
    if len(ids) == 1:
        _postpone(club.id, ids[0], error)
        return
    middle = len(ids) // 2
    _apply_chosen(club, ids[:middle])
    _apply_chosen(club, ids[middle:])


def _postpone(tenant_id: UUID, inbox_id: int, error: Exception) -> None:
    """Count the attempt; try again after a delay, or give up after MAX_ATTEMPTS."""
    message = f"{type(error).__name__}: {error}"[:LONGEST_ERROR].replace("\x00", "")
    delays = list(RETRY_DELAYS_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(sql.POSTPONE, [message, MAX_ATTEMPTS, MAX_ATTEMPTS, delays, inbox_id, tenant_id])
        row = cursor.fetchone()
    logger.error(
        "event failed", exc_info=error, extra={"inbox_id": inbox_id, "status": row[0] if row else None}
    )


def _remark(cursor: Any, tenant_id: UUID, events: Sequence[ReadyEvent]) -> None:
    """Say on the inbox rows what was left aside; most events have nothing to say."""
    remarked = [(one.header.id, orjson.dumps(one.remarks).decode()) for one in events if one.remarks]
    if remarked:
        sql.REMARKED.fill(cursor, remarked)
        update_by_place(
            cursor,
            sql.REMARK,
            [tenant_id],
            staging=sql.REMARKED,
            table="events_inboxevent",
            key="id",
            tenant_id=tenant_id,
        )


def _settle(
    cursor: Any,
    tenant_id: UUID,
    places: Mapping[int, str],
    applied: Sequence[EventResult],
    dead: Sequence[tuple[Any, ...]],
) -> None:
    """Say on the inbox rows what came of them; found by their places, which nobody moves while they are claimed."""
    found = 0
    cursor.execute(PLAN_BY_PLACES)
    for table, statement, settled in (
        (sql.APPLIED, sql.SETTLE_APPLIED, applied),
        (sql.DEAD, sql.SETTLE_DEAD, dead),
    ):
        if settled:
            table.fill(cursor, ((places[one], one, *rest) for one, *rest in settled))
            cursor.execute(statement, [tenant_id])
            found += cursor.rowcount
    cursor.execute(PLAN_AFTER_PLACES)
    if found != len(applied) + len(dead):
        raise SettlingError(f"Of {len(applied) + len(dead)} claimed rows {found} were found again.")


def _claim_due(club: Club, size: int, *, waits_for_slot: bool) -> tuple[list[ClaimedRow], bool]:
    """What happens now, else backfill; and whether this transaction has a slot for it."""
    values = [club.id, size, MOST_BYTES]
    if claimed := _claim(sql.CLAIM_LIVE, values):
        return claimed, False
    if waits_for_slot:
        with connection.cursor() as cursor:
            if not _take_slot(cursor):
                return [], False
    return _claim(sql.CLAIM_BACKFILL, values), waits_for_slot


def _take_slot(cursor: Any) -> bool:
    """Whether one of the places for backfill was free; it is this transaction's until that ends."""
    cursor.execute(sql.TAKE_SLOT, [settings.CRM_BACKFILL_WORKERS, int(AdvisoryLock.BACKFILL)])
    return cursor.fetchone() is not None


def _claim(statement: str, parameters: list[Any]) -> list[ClaimedRow]:
    """Rows locked by this transaction until it ends; another worker skips them."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [ClaimedRow(*row) for row in cursor.fetchall()]


def _apply_shared(club: Club, rows: Sequence[ClaimedRow]) -> list[ReadyEvent]:
    """Apply and settle claimed rows as far as the shared lock allows, in the transaction in which they were claimed.

    Returns the other events; their rows stay as they are.
    """
    ready, dead = _read(club, rows)
    applied: Sequence[EventResult] = []
    left: list[ReadyEvent] = []
    if ready:
        applied, left = apply_resolved_events(club, ready, timezone.now())
    with connection.cursor() as cursor:
        _settle(cursor, club.id, {row.id: row.place for row in rows}, applied, dead)
        waiting = {event.header.id for event in left}
        _remark(cursor, club.id, [event for event in ready if event.header.id not in waiting])
    return left


def _read(club: Club, rows: Iterable[ClaimedRow]) -> tuple[list[ReadyEvent], list[tuple[Any, ...]]]:
    """The events of the rows, in the order in which they are applied, and those that are dead."""
    ready: list[ReadyEvent] = []
    dead: list[tuple[Any, ...]] = []
    for row in rows:
        try:
            ready.append(read_event(row, club))
        except DeadEvent as reason:
            dead.append((row.id, reason.code.value, reason.field, reason.message))
    # Per customer by the time it happened, then by arrival.
    ready.sort(key=lambda event: event.header.order)
    return ready, dead
