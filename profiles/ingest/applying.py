"""Applying decoded events: who, then what; bookkeeping in memory between the loads and the writes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from events.log import LogEntry
from profiles.club import Club
from profiles.effects.drafts import Subject
from profiles.identity import Claim, Directory, Holding, Person
from profiles.ingest import statements as sql
from profiles.ingest.counter_deltas import Tally
from profiles.ingest.decoding import ClaimedRow, ReadyEvent
from profiles.ingest.once import Telling, load_tellings, take_once
from profiles.ingest.people import load_directory, needs_exclusive_lock
from profiles.ingest.work import IdentifierIds, Recorded, StatedFact, Work
from profiles.ingest.writing import write
from profiles.log_kinds import LogKind
from profiles.privacy.suppression import claims_of_erased, settle_skipped
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import current_tenant_id

# What staff enter themselves (`profiles.editing`) has no row in the inbox, and is checked there.
EDIT = "crm.edit"
Answer = tuple[int, UUID | None, int | None]


class Told(NamedTuple):
    """What came of events.

    The answers (inbox id, profile id, activity id), who is new, the tags that customers did not have, what was left.
    """

    answers: list[Answer]
    new_ids: set[UUID]
    added_tags: dict[UUID, set[str]]
    left: list[ReadyEvent]


def apply_events(club: Club, events: Sequence[ReadyEvent], now: datetime) -> list[Answer]:
    """Apply events in the given order; returns (inbox id, profile id, activity id) for each.

    Needs an open transaction and the club's scope. Waits for the tenant's identity lock: one at a time decides who is
    who, so that two workers who meet the same new person end with one profile; the keys are unique all the same.
    """
    lock_tenant(AdvisoryLock.IDENTITY)
    return _apply(club, events, now, only_settled=False).answers


def apply_in_parts(club: Club, events: Sequence[ReadyEvent], now: datetime, size: int) -> Iterator[Told]:
    """The same as `apply_events`, so many at a time, and what came of each part: what is known is loaded once for all.

    For many events of which most are about people of their own: while PostgreSQL stores one part
    (`pipelined_statements`), the next is decided.
    """
    lock_tenant(AdvisoryLock.IDENTITY)
    with connection.cursor() as cursor:
        directory, claims = _load(cursor, club, events, now)
        events, claims = _drop_erased_subjects(cursor, directory, events, claims)
        unknown = {
            key for group in claims for claim in group for key in claim.keys if not directory.rows(key)
        }
        ids = IdentifierIds()
        ids.draw(cursor, len(unknown))
        for start in range(0, len(events), size):
            part = slice(start, start + size)
            yield _decide_and_write(cursor, Work(club, now, directory, ids), events[part], claims[part])
            directory.mark_stored()


def apply_settled_events(
    club: Club, events: Sequence[ReadyEvent], now: datetime
) -> tuple[list[Answer], list[ReadyEvent]]:
    """Apply the events about people who are known by every key; returns the answers and the events left over.

    Such events change nobody's identity, so that several workers apply them side by side, under the shared lock. What
    is left over needs `apply_events` in another transaction.
    """
    lock_tenant(AdvisoryLock.IDENTITY, shared=True)
    told = _apply(club, events, now, only_settled=True)
    return told.answers, told.left


def _apply(club: Club, events: Sequence[ReadyEvent], now: datetime, *, only_settled: bool) -> Told:
    with connection.cursor() as cursor:
        directory, claims = _load(cursor, club, events, now)
        left: list[ReadyEvent] = []
        if only_settled:
            unsettled = needs_exclusive_lock(directory, claims)
            left = [event for event, is_left in zip(events, unsettled, strict=True) if is_left]
            claims = [group for group, is_left in zip(claims, unsettled, strict=True) if not is_left]
            events = [event for event, is_left in zip(events, unsettled, strict=True) if not is_left]
        else:
            events, claims = _drop_erased_subjects(cursor, directory, events, claims)
        told = _decide_and_write(cursor, Work(club, now, directory), events, claims)
    return told._replace(left=left)


def _load(
    cursor: Any, club: Club, events: Sequence[ReadyEvent], now: datetime
) -> tuple[Directory, list[list[Claim]]]:
    """What is known of the people of events, and what each event claims about them."""
    claims = [[_claim(event.row, subject) for subject in event.effect.subjects] for event in events]
    cursor.execute(sql.PLAN_FOR_BATCHES)
    return load_directory(cursor, club.id, [claim for group in claims for claim in group], now), claims


def _decide_and_write(
    cursor: Any, work: Work, events: Sequence[ReadyEvent], claims: Sequence[Sequence[Claim]]
) -> Told:
    recorded_already = _recorded_already(cursor, work.club.id, [event.row for event in events])
    work.tellings = load_tellings(cursor, work.club.id, events, claims)
    for event, group in zip(events, claims, strict=True):
        is_repeat = (event.row.source, event.row.event_id) in recorded_already
        _take(work, event, group, is_repeat=is_repeat)
    added_tags = write(cursor, work)
    new_ids = {person.id for person in work.directory.new_people()}
    return Told([_answer(work, event.row) for event in events], new_ids, added_tags, [])


def _drop_erased_subjects(
    cursor: Any, directory: Directory, events: Sequence[ReadyEvent], claims: list[list[Claim]]
) -> tuple[list[ReadyEvent], list[list[Claim]]]:
    """Without what is about somebody who was erased: such an event is skipped, such a partner is left out."""
    erased = claims_of_erased(directory, claims)
    if not erased:
        return list(events), claims
    kept: list[tuple[ReadyEvent, list[Claim]]] = []
    skipped: list[int] = []
    for event, group in zip(events, claims, strict=True):
        if event.row.type != EDIT and group and id(group[0]) in erased:
            skipped.append(event.row.id)
            continue
        living = [
            place for place, claim in enumerate(group) if event.row.type == EDIT or id(claim) not in erased
        ]
        event.effect.subjects = [event.effect.subjects[place] for place in living]
        kept.append((event, [group[place] for place in living]))
    settle_skipped(cursor, current_tenant_id(), skipped)
    return [event for event, _ in kept], [group for _, group in kept]


def _claim(row: ClaimedRow, subject: Subject) -> Claim:
    return Claim(
        keys=subject.keys,
        name=subject.name,
        birth=subject.birth,
        source=row.source,
        event_id=row.event_id,
        occurred_at=row.occurred_at,
    )


def _recorded_already(cursor: Any, tenant_id: UUID, rows: Iterable[ClaimedRow]) -> set[tuple[str, str]]:
    """Of the replayed events those whose timeline rows exist: they must not count twice."""
    replayed = [(row.source, row.event_id) for row in rows if row.was_processed]
    if not replayed:
        return set()
    sql.REPLAYED_EVENT.fill(cursor, replayed)
    cursor.execute(sql.RECORDED_ALREADY, [tenant_id])
    return set(cursor.fetchall())


def _take(work: Work, event: ReadyEvent, claims: Sequence[Claim], *, is_repeat: bool) -> None:
    """Resolve one event's people and note down all it does to them."""
    slot = 0
    concerned: set[Person] = set()
    for subject, claim in zip(event.effect.subjects, claims, strict=True):
        people_before = len(work.directory.people)
        holding = work.directory.resolve(claim)
        person = holding.person.root
        if person in concerned:
            # Somebody who is on their own booking, under another key, is not invited to it.
            continue
        concerned.add(person)
        is_first_sight = person.is_new and len(work.directory.people) > people_before
        if subject.if_new is not None and is_first_sight:
            subject.activities.append(subject.if_new)
        # Also with nothing to count: the tally is what locks the profile's row, in a fixed order.
        tally = work.tallies.get(holding)
        if tally is None:
            tally = work.tallies[holding] = Tally()
        keys: list[UUID | None] = []
        if is_repeat:
            subject.activities.clear()
        else:
            keys = take_once(work.tellings, event.row, claim, subject)
            tally.rung = max(tally.rung, subject.rung)
            tally.add_marks(subject.marks)
            tally.add_activities(subject, event.row.occurred_at, work.now)
        _state(work, holding, subject, event.row)
        if subject.tags:
            work.tags.setdefault(holding, set()).update(subject.tags)
        first: Recorded | None = None
        for draft, key in zip(subject.activities, keys, strict=True):
            recorded = Recorded(event.row, slot, holding, draft, key)
            _record(work, recorded, subject)
            first = first or recorded
            slot += 1
        work.firsts.setdefault(event.row.id, (person, first))
        if subject.erasure_reason is not None:
            work.erasures.append((person, event.row, subject.erasure_reason))
    if event.effect.competition is not None and not is_repeat:
        work.log_entries.append(LogEntry(LogKind.COMPETITION_CHANGED, None, event.effect.competition))


def _record(work: Work, recorded: Recorded, subject: Subject) -> None:
    """Note a row of the timeline, and that it happened where it happens once."""
    work.activities.append(recorded)
    if recorded.once_key is not None:
        telling = Telling(recorded.id, recorded.row.occurred_at, subject.marks.value_cents)
        work.tellings.known[recorded.once_key] = telling


def _state(work: Work, holding: Holding, subject: Subject, row: ClaimedRow) -> None:
    """Note the facts under the record that stated them; of one batch only the newest of each is written."""
    for draft in subject.facts:
        key = (id(holding), draft.field, row.source, draft.rank)
        rival = work.facts.get(key)
        if rival is None or (row.occurred_at, row.event_id) > (rival.occurred_at, rival.event_id):
            work.facts[key] = StatedFact(
                holding, row.source, draft.field, draft.value, draft.rank, row.occurred_at, row.event_id
            )
    if subject.links is True and (holding.linked_at is None or row.occurred_at > holding.linked_at):
        holding.linked_at, holding.is_changed = row.occurred_at, True
    elif subject.links is False and (holding.unlinked_at is None or row.occurred_at > holding.unlinked_at):
        holding.unlinked_at, holding.is_changed = row.occurred_at, True


def _answer(work: Work, row: ClaimedRow) -> tuple[int, UUID | None, int | None]:
    person, recorded = work.firsts.get(row.id, (None, None))
    return row.id, person.root.profile_id if person else None, recorded.id if recorded else None
