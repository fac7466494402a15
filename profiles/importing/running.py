"""Bringing in the rows that the check let through, a chunk a transaction: customers and the marks on rows together."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from profiles.club import Club
from profiles.cycle_search import without_cycle_search
from profiles.effects.drafts import Effect
from profiles.importing import statements as sql
from profiles.importing.checking import ERASED
from profiles.importing.columns import Target
from profiles.importing.subjects import (
    SOURCE,
    event_id_of,
    keys_of_values,
    moment_of,
    record_of,
    subject_of_row,
)
from profiles.ingest.applying import apply_and_tell
from profiles.ingest.decoding import ClaimedRow, ReadyEvent
from profiles.models import ImportOutcome, MemberImport
from tenants.postgresql.locks import AdvisoryLock, lock_tenant

CHUNK: Final = 2_000
TYPE: Final = "crm.import"


class FileRow(NamedTuple):
    """A row on its way in: its line in the file, field → value in normal form, and what of it is news.

    Of a customer whom the check knew only what differs is stated: what they have from elsewhere stays from there.
    """

    line: int
    values: dict[str, Any]
    is_known: bool
    changed: set[str]


def run_chunk(club: Club, member_import: MemberImport, after_line: int) -> tuple[int, int]:
    """Bring in the next rows behind a line; returns how many, and the last line (the given one: none is left).

    One transaction under the tenant's identity lock; a row that was brought in is never taken again.
    """
    wanted = [ImportOutcome.CREATE.value, ImportOutcome.UPDATE.value]
    if member_import.takes_conflicts:
        wanted.append(ImportOutcome.CONFLICT.value)
    with without_cycle_search(), transaction.atomic(), connection.cursor() as cursor:
        lock_tenant(AdvisoryLock.IDENTITY)
        cursor.execute(sql.TAKE_ROWS, [club.id, member_import.pk, after_line, wanted, CHUNK])
        rows = {
            row_id: FileRow(line, orjson.loads(values), is_known, set(changed))
            for row_id, line, values, is_known, changed in cursor.fetchall()
        }
        if not rows:
            return 0, after_line
        _apply(cursor, club, member_import, rows)
    return len(rows), max(row.line for row in rows.values())


def _apply(cursor: Any, club: Club, member_import: MemberImport, rows: Mapping[int, FileRow]) -> None:
    """Apply rows (by their ids) and settle them."""
    events = [_event(member_import, row_id, row) for row_id, row in rows.items()]
    # Of several rows about one person the later one counts, of several from the old system the newer.
    events.sort(key=lambda event: (event.row.occurred_at, event.row.event_id))
    told = apply_and_tell(club, events, timezone.now())
    person_of = {-number: profile_id for number, profile_id, _ in told.answers if profile_id is not None}
    _keep_births(cursor, club.id, person_of, rows, told.new_ids)
    unseen = set(told.new_ids)
    sql.APPLIED_ROW.fill(
        cursor,
        [
            (row_id, *_settled(person_of.get(row_id), row.values, unseen, told.added_tags))
            for row_id, row in rows.items()
        ],
    )
    cursor.execute(sql.SETTLE_ROWS, [club.id])


def _event(member_import: MemberImport, row_id: int, row: FileRow) -> ReadyEvent:
    line, values = row.line, row.values
    record = record_of(member_import, line, values)
    subject = subject_of_row(
        record, values, keys_of_values(values), only=row.changed if row.is_known else None
    )
    moment = moment_of(member_import, values, member_import.started_at or timezone.now())
    # Below zero, where the inbox has no numbers: the row is none of its events.
    claimed = ClaimedRow(-row_id, SOURCE, event_id_of(member_import.pk, line), TYPE, moment, 0, False, "{}")
    return ReadyEvent(claimed, Effect(subjects=[subject]))


def _settled(
    profile_id: UUID | None, values: Mapping[str, Any], unseen: set[UUID], added: Mapping[UUID, set[str]]
) -> tuple[str, str, UUID | None, bool, list[str]]:
    """Outcome, reason, customer, whether they are new by this row, the tags that it brought."""
    if profile_id is None:
        return ImportOutcome.ERROR.value, ERASED, None, False, []
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
