"""Bringing in the rows that the check let through, a chunk a transaction: customers and the marks on rows together."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from profiles.club import Club
from profiles.effects.drafts import Effect
from profiles.exchange.importing import statements as sql
from profiles.exchange.importing.checking import ERASED
from profiles.exchange.importing.subjects import (
    SOURCE,
    event_id_of,
    keys_of_values,
    moment_of,
    record_of,
    subject_of_row,
)
from profiles.exchange.importing.targets import Target
from profiles.ingest.applying import apply_in_parts
from profiles.ingest.decoding import EventHeader, ReadyEvent
from profiles.models import ImportOutcome, MemberImport
from tenants.pacing import Pace
from tenants.postgresql.locks import AdvisoryLock, lock_tenant

# Rows a transaction, under the identity lock: events of the club wait for it, and all readers of the log. Rows a
# part: what is decided while the last part is stored.
CHUNK, LEAST_CHUNK, MOST_CHUNK = 1_250, 500, 5_000
LONGEST_CHUNK: Final = timedelta(milliseconds=700)
PART: Final = 2_500


class FileRow(NamedTuple):
    """A row on its way in: its line in the file, field → value in normal form, and what of it is news.

    Of a customer whom the check knew only what differs is stated: what they have from elsewhere stays from there.
    """

    line: int
    values: dict[str, Any]
    is_known: bool
    changed: set[str]


class _Ready(NamedTuple):
    """Rows by their ids, and what they say as events, whose numbers are those ids below zero."""

    rows: dict[int, FileRow]
    events: list[ReadyEvent]
    last_line: int


def run_chunks(club: Club, member_import: MemberImport) -> Iterator[int]:
    """Bring in the rows that the check let through; yields how many, after each chunk.

    A chunk is a transaction under the tenant's identity lock; a row that was brought in is never taken again. The next
    chunk is made ready while PostgreSQL is still storing the last.
    """
    pace = Pace(CHUNK, least=LEAST_CHUNK, most=MOST_CHUNK, longest=LONGEST_CHUNK)
    with connection.cursor() as cursor:
        _say_take(cursor, club, member_import, after_line=0, most=pace.size)
        ready = _make_ready(cursor, member_import)
    while ready.rows:
        began = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor, connection.cursor() as ahead:
            lock_tenant(AdvisoryLock.IDENTITY)
            cursor.execute(sql.LOCK_ROWS, [club.id, list(ready.rows)])
            waiting = {row_id for (row_id,) in cursor.fetchall()}
            _say_take(ahead, club, member_import, ready.last_line, pace.size)
            events = [event for event in ready.events if -event.header.id in waiting]
            _apply(cursor, club, {row_id: ready.rows[row_id] for row_id in waiting}, events)
            ready = _make_ready(ahead, member_import)
        pace.took(time.monotonic() - began)
        yield len(waiting)


def _say_take(cursor: Any, club: Club, member_import: MemberImport, after_line: int, most: int) -> None:
    wanted = [ImportOutcome.CREATE.value, ImportOutcome.UPDATE.value]
    if member_import.takes_conflicts:
        wanted.append(ImportOutcome.CONFLICT.value)
    cursor.execute(sql.TAKE_ROWS, [club.id, member_import.pk, after_line, wanted, most])


def _make_ready(cursor: Any, member_import: MemberImport) -> _Ready:
    rows = {
        row_id: FileRow(line, orjson.loads(values), is_known, set(changed))
        for row_id, line, values, is_known, changed in cursor.fetchall()
    }
    events = [_event(member_import, row_id, row) for row_id, row in rows.items()]
    # Of several rows about one person the later one counts, of several from the old system the newer.
    events.sort(key=lambda event: (event.header.occurred_at, event.header.event_id))
    return _Ready(rows, events, max((row.line for row in rows.values()), default=0))


def _apply(cursor: Any, club: Club, rows: dict[int, FileRow], events: list[ReadyEvent]) -> None:
    """Apply rows and settle them; of those that nothing came of the people were erased."""
    for result in apply_in_parts(club, events, timezone.now(), PART):
        person_of = {
            -number: profile_id for number, profile_id, _ in result.results if profile_id is not None
        }
        _keep_births(cursor, club.id, person_of, rows, result.new_ids)
        unseen = set(result.new_ids)
        settled = [
            (row_id, *_settled(profile_id, rows.pop(row_id).values, unseen, result.added_tags))
            for row_id, profile_id in person_of.items()
        ]
        _store_settled(cursor, club.id, settled)
    _store_settled(
        cursor, club.id, [(row_id, ImportOutcome.ERROR.value, ERASED, None, False, []) for row_id in rows]
    )


def _store_settled(cursor: Any, tenant_id: UUID, settled: Sequence[tuple[Any, ...]]) -> None:
    if settled:
        sql.APPLIED_ROW.fill(cursor, settled)
        cursor.execute(sql.SETTLE_ROWS, [tenant_id])


def _event(member_import: MemberImport, row_id: int, row: FileRow) -> ReadyEvent:
    line, values = row.line, row.values
    record = record_of(member_import, line, values)
    subject = subject_of_row(
        record, values, keys_of_values(values), only=row.changed if row.is_known else None
    )
    moment = moment_of(member_import, values, member_import.started_at or timezone.now())
    # Below zero, where no event has its number: rows make nothing in the timeline.
    header = EventHeader(-row_id, SOURCE, event_id_of(member_import.pk, line), moment)
    return ReadyEvent(header, Effect(subjects=[subject]))


def _settled(
    profile_id: UUID, values: Mapping[str, Any], unseen: set[UUID], added: Mapping[UUID, set[str]]
) -> tuple[str, str, UUID, bool, list[str]]:
    """Outcome, reason, customer, whether they are new by this row, the tags that it brought."""
    tags = sorted(added.get(profile_id, set()).intersection(values.get(Target.TAGS, ())))
    if profile_id in unseen:
        unseen.discard(profile_id)
        return ImportOutcome.CREATE.value, "", profile_id, True, tags
    return ImportOutcome.UPDATE.value, "", profile_id, False, tags


def _keep_births(
    cursor: Any,
    tenant_id: UUID,
    person_of: Mapping[int, UUID],
    rows: Mapping[int, FileRow],
    new_ids: set[UUID],
) -> None:
    """A new customer whom the old system knew is as old as that system says."""
    stated = {
        profile_id: rows[row_id].values[Target.CREATED_AT]
        for row_id, profile_id in person_of.items()
        if profile_id in new_ids and Target.CREATED_AT in rows[row_id].values
    }
    if stated:
        sql.BORN_PROFILE.fill(cursor, stated.items())
        cursor.execute(sql.SET_BIRTHS, [tenant_id])
