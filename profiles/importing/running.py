"""Bringing in the rows that the check let through, a chunk a transaction: customers and the marks on rows together."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from events import log
from events.log import Happening
from events.models import LogKind
from profiles import cache
from profiles.club import Club
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

CHUNK: Final = 1_000
TYPE: Final = "crm.import"


def run_chunk(club: Club, member_import: MemberImport, after_line: int) -> tuple[int, int]:
    """Bring in the next rows behind a line; returns how many, and the last line (the given one: none is left).

    One transaction under the tenant's identity lock; a row that was brought in is never taken again.
    """
    wanted = [ImportOutcome.CREATE.value, ImportOutcome.UPDATE.value]
    if member_import.takes_conflicts:
        wanted.append(ImportOutcome.CONFLICT.value)
    with transaction.atomic(), connection.cursor() as cursor:
        lock_tenant(AdvisoryLock.IDENTITY)
        cursor.execute(sql.TAKE_ROWS, [club.id, member_import.pk, after_line, wanted, CHUNK])
        rows = [(line, orjson.loads(values)) for line, values in cursor.fetchall()]
        if not rows:
            return 0, after_line
        _apply(cursor, club, member_import, rows)
    return len(rows), rows[-1][0]


def _apply(
    cursor: Any, club: Club, member_import: MemberImport, rows: Sequence[tuple[int, dict[str, Any]]]
) -> None:
    """Apply rows and settle them."""
    cursor.execute(sql.NEXT_NUMBERS, [len(rows)])
    numbered = {number: row for (number,), row in zip(cursor.fetchall(), rows, strict=True)}
    events = [_event(member_import, number, line, values) for number, (line, values) in numbered.items()]
    # Of several rows about one person the later one counts, of several from the old system the newer.
    events.sort(key=lambda event: (event.row.occurred_at, event.row.id))
    told = apply_and_tell(club, events, timezone.now())
    person_of = {number: profile_id for number, profile_id, _ in told.answers if profile_id is not None}
    wanted: dict[UUID, set[str]] = {}
    for number, profile_id in person_of.items():
        wanted.setdefault(profile_id, set()).update(numbered[number][1].get(Target.TAGS, ()))
    added = _add_tags(cursor, club.id, {one: tags for one, tags in wanted.items() if tags}, told.new_ids)
    _keep_births(cursor, club.id, person_of, numbered, told.new_ids)
    unseen = set(told.new_ids)
    settled: list[tuple[Any, ...]] = []
    for number, (line, values) in numbered.items():
        settled.append((line, *_settled(person_of.get(number), values, unseen, added)))
    sql.APPLIED_ROW.fill(cursor, settled)
    cursor.execute(sql.SETTLE_ROWS, [club.id, member_import.pk])


def _event(member_import: MemberImport, number: int, line: int, values: Mapping[str, Any]) -> ReadyEvent:
    subject = subject_of_row(record_of(member_import, line, values), values, keys_of_values(values))
    moment = moment_of(member_import, values, member_import.started_at or timezone.now())
    row = ClaimedRow(number, SOURCE, event_id_of(member_import.pk, line), TYPE, moment, 0, False, "{}")
    return ReadyEvent(row, Effect(subjects=[subject]))


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


def _add_tags(
    cursor: Any, tenant_id: UUID, wanted: Mapping[UUID, set[str]], new_ids: set[UUID]
) -> dict[UUID, set[str]]:
    """Give customers tags; returns those that they did not have."""
    if not wanted:
        return {}
    sql.TAGGED_PROFILE.fill(cursor, ((one, sorted(tags)) for one, tags in sorted(wanted.items())))
    cursor.execute(sql.ADD_TAGS, [tenant_id])
    added = {profile_id: wanted[profile_id] - set(before) for profile_id, before in cursor.fetchall()}
    cursor.execute(sql.SHARE_ADDED_TAGS, [tenant_id])
    log.append(
        Happening(LogKind.PROFILE_CHANGED, profile_id, {"changes": ["tags"]})
        for profile_id in added.keys() - new_ids
    )
    cache.forget(added)
    return added


def _keep_births(
    cursor: Any,
    tenant_id: UUID,
    person_of: Mapping[int, UUID],
    numbered: Mapping[int, tuple[int, Mapping[str, Any]]],
    new_ids: set[UUID],
) -> None:
    """A new customer whom the old system knew is as old as that system says."""
    stated = {
        profile_id: numbered[number][1][Target.CREATED_AT]
        for number, profile_id in person_of.items()
        if profile_id in new_ids and Target.CREATED_AT in numbered[number][1]
    }
    if stated:
        sql.BORN_PROFILE.fill(cursor, stated.items())
        cursor.execute(sql.SET_BIRTHS, [tenant_id])
