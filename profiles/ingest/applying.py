"""Applying decoded events: who, then what; bookkeeping in memory between the loads and the writes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import compress
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from events.log import LogEntry
from profiles.births import distinctive
from profiles.claims import Claim, KeyLink, Person
from profiles.club import Club
from profiles.counter_deltas import CounterDelta
from profiles.effects.drafts import Subject
from profiles.effects.remarks import id_given_twice
from profiles.identity import IdentityMap
from profiles.ingest import statements as sql
from profiles.ingest.batch_changes import BatchChanges, IdentifierIds, Recorded, StatedFact
from profiles.ingest.decoding import EventHeader, ReadyEvent
from profiles.ingest.once_activities import OnceActivity, load_once_activities, take_once
from profiles.ingest.people import load_identity_map, needs_exclusive_lock
from profiles.ingest.reexamining import crowd_of, reexamine
from profiles.ingest.rejoining import rejoin
from profiles.ingest.settling import settle
from profiles.ingest.writing import write
from profiles.log_kinds import LogKind
from profiles.suppression import claims_of_erased, settle_skipped
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.postgresql.plans import PLAN_FOR_BATCHES
from tenants.scope import current_tenant_id

EventResult = tuple[int, UUID | None, int | None]


class BatchResult(NamedTuple):
    """The result of events that were applied together.

    `results`: (event id, profile id, activity id) for each; `new_ids`: the profiles that were made; `added_tags`: the
    tags that customers did not have; `deferred`: events that need the exclusive lock.
    """

    results: list[EventResult]
    new_ids: set[UUID]
    added_tags: dict[UUID, set[str]]
    deferred: list[ReadyEvent]


def apply_events(club: Club, events: Sequence[ReadyEvent], now: datetime) -> list[EventResult]:
    """Apply events in the given order; returns (inbox id, profile id, activity id) for each.

    Needs an open transaction and the club's scope. Waits for the tenant's identity lock: one at a time decides who is
    who, so that two workers who meet the same new person end with one profile; the keys are unique all the same.
    """
    lock_tenant(AdvisoryLock.IDENTITY)
    return _apply(club, events, now, only_resolved=False).results


def apply_in_parts(
    club: Club, events: Sequence[ReadyEvent], now: datetime, size: int
) -> Iterator[BatchResult]:
    """The same as `apply_events`, `size` events at a time; yields the result of each part and loads all people once.

    For many events of which most are about people of their own: while PostgreSQL stores one part
    (`pipelined_statements`), the next is decided.
    """
    lock_tenant(AdvisoryLock.IDENTITY)
    with connection.cursor() as cursor:
        identity_map, claims = _load(cursor, club, events, now)
        events, claims = _drop_erased_subjects(cursor, identity_map, events, claims)
        unknown = {
            key for group in claims for claim in group for key in claim.keys if not identity_map.rows(key)
        }
        ids = IdentifierIds()
        ids.draw(cursor, len(unknown))
        for start in range(0, len(events), size):
            part = slice(start, start + size)
            yield _decide_and_write(
                cursor, BatchChanges(club, now, identity_map, ids), events[part], claims[part]
            )
            identity_map.mark_stored()
        _look_again(cursor, club, identity_map)


def apply_resolved_events(
    club: Club, events: Sequence[ReadyEvent], now: datetime
) -> tuple[list[EventResult], list[ReadyEvent]]:
    """Apply the events about people who are known by every key; returns the results and the deferred events.

    Such events change nobody's identity, so several workers apply them side by side, under the shared lock. Deferred
    events need `apply_events` in another transaction.
    """
    lock_tenant(AdvisoryLock.IDENTITY, shared=True)
    result = _apply(club, events, now, only_resolved=True)
    return result.results, result.deferred


def _apply(club: Club, events: Sequence[ReadyEvent], now: datetime, *, only_resolved: bool) -> BatchResult:
    with connection.cursor() as cursor:
        identity_map, claims = _load(cursor, club, events, now, with_traits=not only_resolved)
        deferred: list[ReadyEvent] = []
        if only_resolved:
            is_deferred = needs_exclusive_lock(identity_map, claims)
            deferred = list(compress(events, is_deferred))
            is_resolved = [not flag for flag in is_deferred]
            events, claims = list(compress(events, is_resolved)), list(compress(claims, is_resolved))
        else:
            events, claims = _drop_erased_subjects(cursor, identity_map, events, claims)
        result = _decide_and_write(cursor, BatchChanges(club, now, identity_map), events, claims)
        if not only_resolved:
            _look_again(cursor, club, identity_map)
    return result._replace(deferred=deferred)


def _look_again(cursor: Any, club: Club, identity_map: IdentityMap) -> None:
    """Bring what addresses of several people joined to where it would be, had all been known from the start."""
    shared = identity_map.newly_shared
    found = {key: crowd_of(identity_map.rows(key), identity_map.newcomers.get(key, ())) for key in shared}
    crowds = {key: crowd for key, crowd in found.items() if crowd is not None}
    reexamine(cursor, club, shared, crowds)
    rejoin(cursor, club, identity_map.newly_united)
    looked_at = shared | identity_map.newly_united | identity_map.addresses_of_grown()
    settle(cursor, club, looked_at - crowds.keys())


def _load(
    cursor: Any, club: Club, events: Sequence[ReadyEvent], now: datetime, *, with_traits: bool = True
) -> tuple[IdentityMap, list[list[Claim]]]:
    """What is known of the people of events, and what each event claims about them."""
    claims = [[_claim(event.header, subject) for subject in event.effect.subjects] for event in events]
    cursor.execute(PLAN_FOR_BATCHES)
    flat = [claim for group in claims for claim in group]
    return load_identity_map(cursor, club, flat, now, with_traits=with_traits), claims


def _decide_and_write(
    cursor: Any, batch: BatchChanges, events: Sequence[ReadyEvent], claims: Sequence[Sequence[Claim]]
) -> BatchResult:
    recorded_already = _recorded_already(cursor, batch.club.id, [event.header for event in events])
    batch.once_activities = load_once_activities(cursor, batch.club.id, events, claims)
    for event, group in zip(events, claims, strict=True):
        is_repeat = (event.header.source, event.header.event_id) in recorded_already
        _take(batch, event, group, is_repeat=is_repeat)
    _tell_defects(batch.identity_map, events)
    added_tags = write(cursor, batch)
    new_ids = {person.id for person in batch.identity_map.new_people()}
    return BatchResult([_result(batch, event.header) for event in events], new_ids, added_tags, [])


def _tell_defects(identity_map: IdentityMap, events: Iterable[ReadyEvent]) -> None:
    """Remark on the events that showed that an id is two people's."""
    if identity_map.given_twice:
        for event in events:
            key = identity_map.given_twice.pop((event.header.source, event.header.event_id), None)
            if key is not None:
                event.remarks = [*event.remarks, id_given_twice(key.kind)]


def _drop_erased_subjects(
    cursor: Any, identity_map: IdentityMap, events: Sequence[ReadyEvent], claims: list[list[Claim]]
) -> tuple[list[ReadyEvent], list[list[Claim]]]:
    """Drop subjects that were erased: an event about one is skipped, a partner on a booking is left out."""
    erased = claims_of_erased(identity_map, claims)
    if not erased:
        return list(events), claims
    kept: list[tuple[ReadyEvent, list[Claim]]] = []
    skipped: list[int] = []
    for event, group in zip(events, claims, strict=True):
        if not event.header.is_by_staff and group and id(group[0]) in erased:
            skipped.append(event.header.id)
            continue
        living = [
            place for place, claim in enumerate(group) if event.header.is_by_staff or id(claim) not in erased
        ]
        event.effect.subjects = [event.effect.subjects[place] for place in living]
        kept.append((event, [group[place] for place in living]))
    settle_skipped(cursor, current_tenant_id(), skipped)
    return [event for event, _ in kept], [group for _, group in kept]


def _claim(header: EventHeader, subject: Subject) -> Claim:
    return Claim(
        keys=subject.keys,
        name=subject.name,
        birth=distinctive(subject.birth),
        source=header.source,
        event_id=header.event_id,
        occurred_at=header.occurred_at,
    )


def _recorded_already(cursor: Any, tenant_id: UUID, headers: Iterable[EventHeader]) -> set[tuple[str, str]]:
    """Of the replayed events those whose timeline rows exist: they must not count twice."""
    replayed = [(header.source, header.event_id) for header in headers if header.is_replayed]
    if not replayed:
        return set()
    sql.REPLAYED_EVENT.fill(cursor, replayed)
    cursor.execute(sql.RECORDED_ALREADY, [tenant_id])
    return set(cursor.fetchall())


def _take(batch: BatchChanges, event: ReadyEvent, claims: Sequence[Claim], *, is_repeat: bool) -> None:
    """Resolve one event's people and note down all it does to them."""
    slot = 0
    concerned: set[Person] = set()
    for subject, claim in zip(event.effect.subjects, claims, strict=True):
        people_before = len(batch.identity_map.people)
        link = batch.identity_map.resolve(claim)
        person = link.person.root
        if person in concerned:
            # Somebody who is on their own booking, under another key, is not invited to it.
            continue
        concerned.add(person)
        is_first_sight = person.is_new and len(batch.identity_map.people) > people_before
        if subject.if_new is not None and is_first_sight:
            subject.activities.append(subject.if_new)
        # Also with nothing to count: the delta is what locks the profile's row, in a fixed order.
        delta = batch.counter_deltas.get(link)
        if delta is None:
            delta = batch.counter_deltas[link] = CounterDelta()
        keys: list[UUID | None] = []
        if is_repeat:
            subject.activities.clear()
        else:
            people = batch.identity_map.people
            keys = take_once(batch.once_activities, event.header, subject, (claim, person), people)
            delta.stage_rank = max(delta.stage_rank, subject.stage_rank)
            delta.add_figures(subject.figures)
            delta.add_activities(subject, event.header.occurred_at, batch.now)
        _state(batch, link, subject, event.header)
        if subject.tags:
            batch.tags.setdefault(link, set()).update(subject.tags)
        first: Recorded | None = None
        for draft, key in zip(subject.activities, keys, strict=True):
            recorded = Recorded(event.header, slot, link, draft, key)
            _record(batch, recorded, subject)
            first = first or recorded
            slot += 1
        batch.firsts.setdefault(event.header.id, (person, first))
        if subject.erasure_reason is not None:
            batch.erasures.append((person, event.header, subject.erasure_reason))
    if event.effect.competition is not None and not is_repeat:
        batch.log_entries.append(LogEntry(LogKind.COMPETITION_CHANGED, None, event.effect.competition))


def _record(batch: BatchChanges, recorded: Recorded, subject: Subject) -> None:
    """Note a row of the timeline, and that it happened where it happens once."""
    batch.activities.append(recorded)
    if recorded.once_key is not None:
        once_activity = OnceActivity(
            recorded.id,
            recorded.link.person.root.profile_id,
            recorded.header.occurred_at,
            subject.figures.value_cents,
        )
        batch.once_activities.known[recorded.once_key] = once_activity


def _state(batch: BatchChanges, link: KeyLink, subject: Subject, header: EventHeader) -> None:
    """Note the facts under the record that stated them; of one batch only the newest of each is written."""
    for draft in subject.facts:
        key = (id(link), draft.field, header.source, draft.rank)
        rival = batch.facts.get(key)
        if rival is None or header.order > rival.order:
            batch.facts[key] = StatedFact(
                link,
                header.source,
                draft.field,
                draft.value,
                draft.rank,
                header.occurred_at,
                header.event_id,
                header.sequence,
                header.id,
            )
    if subject.links is True and (link.linked_at is None or header.occurred_at > link.linked_at):
        link.linked_at, link.is_changed = header.occurred_at, True
    elif subject.links is False and (link.unlinked_at is None or header.occurred_at > link.unlinked_at):
        link.unlinked_at, link.is_changed = header.occurred_at, True


def _result(batch: BatchChanges, header: EventHeader) -> tuple[int, UUID | None, int | None]:
    person, recorded = batch.firsts.get(header.id, (None, None))
    return header.id, person.root.profile_id if person else None, recorded.id if recorded else None
