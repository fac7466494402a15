"""Writing what a batch gathered, in the order in which rows refer to each other."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from events import log
from events.log import LogEntry
from profiles import cache
from profiles.claims import KeyLink
from profiles.counter_deltas import NOTHING_ADDED, CounterDelta
from profiles.golden_rows.recomputing import Touched, recompute_golden_rows
from profiles.ingest import statements as sql
from profiles.ingest.batch_changes import BatchChanges, StatedFact
from profiles.ingest.new_profiles import insert_new_profiles
from profiles.ingest.once_activities import write_amended
from profiles.log_kinds import LogKind
from profiles.merging.reassignment import NewMerge, reassign_rows, record_merges
from profiles.vocabulary import CRM_RECORD, STAGE_LADDER
from tenants.postgresql.places import update_by_place


def write(cursor: Any, batch: BatchChanges) -> dict[UUID, set[str]]:
    """Store everything; returns the tags that profiles did not have. Needs the tenant's scope and its identity lock."""
    new_profiles = insert_new_profiles(cursor, batch)
    _write_identifiers(cursor, batch)
    _merge_people(cursor, batch)
    _write_facts(cursor, batch)
    _write_activities(cursor, batch)
    write_amended(cursor, batch.club.id, batch.once_activities)
    # A cursor of its own, because its answer is heard last: until then nobody waits for it (`pipelined_statements`).
    with connection.cursor() as counted:
        is_tallied = _write_counter_deltas(counted, batch)
        added_tags = _add_tags(cursor, batch)
        rekeyed = {person.root.profile_id for person in batch.rekeyed}
        touched = Touched(_stated_fields(batch), rekeyed, added_tags.keys(), new_profiles)
        changes = recompute_golden_rows(cursor, batch.club.id, touched)
        moved = _finish_counter_deltas(cursor, counted, batch) if is_tallied else set()
    for profile_id in added_tags.keys() - new_profiles:
        changes.setdefault(profile_id, []).append("tags")
    _write_candidates(cursor, batch)
    _write_erasures(cursor, batch)
    _log(cursor, batch, new_profiles, changes, moved)
    losers = {merge.loser.id for merge in batch.identity_map.merges}
    cache.forget({link.person.root.profile_id for link in batch.counter_deltas} | set(changes) | losers)
    return added_tags


def _origin(batch: BatchChanges, link: KeyLink) -> UUID:
    """The profile an identifier was born with; one that was merged before it was ever stored does not count."""
    person = batch.identity_map.people.get(link.origin_id)
    return person.root.id if person is not None and person.is_new else link.origin_id


def _write_identifiers(cursor: Any, batch: BatchChanges) -> None:
    new = [one for one in batch.identity_map.links() if one.id is None]
    changed = [one for one in batch.identity_map.links() if one.is_changed and one.id is not None]
    if new:
        for link, identifier_id in zip(new, batch.ids.take(cursor, len(new)), strict=True):
            link.id = identifier_id
            # The platform's own record of somebody known shows nowhere; all else does.
            if link.key.kind != CRM_RECORD or link.person.is_new:
                batch.rekeyed.add(link.person)
        sql.NEW_IDENTIFIER.fill(cursor, (_identifier_row(batch, link) for link in new))
    # In reverse, because the link kept by one merge may be the one dropped by a later merge.
    for gone, kept in reversed(batch.identity_map.duplicate_links):
        gone.id = kept.id
    if changed:
        batch.rekeyed |= {link.person for link in changed}
        changed.sort(key=lambda one: one.id or 0)
        sql.CHANGED_IDENTIFIER.fill(
            cursor, ((one.id, one.is_shared, one.linked_at, one.unlinked_at) for one in changed)
        )
        # Before the insert: a key must be shared before a second person may hold it.
        update_by_place(
            cursor,
            sql.UPDATE_IDENTIFIERS,
            [batch.club.id],
            staging=sql.CHANGED_IDENTIFIER,
            table="profiles_identifier",
            key="id",
            tenant_id=batch.club.id,
        )
    if new:
        cursor.execute(sql.INSERT_IDENTIFIERS, [batch.club.id])


def _identifier_row(batch: BatchChanges, link: KeyLink) -> tuple[Any, ...]:
    return (
        link.id,
        link.person.root.profile_id,
        _origin(batch, link),
        link.key.kind,
        link.key.value,
        link.confidence,
        link.source,
        link.event_id,
        link.is_shared,
        link.linked_at,
        link.unlinked_at,
    )


def _merge_people(cursor: Any, batch: BatchChanges) -> None:
    """Move what the losers had to the winners; whoever stands for an identity may be somebody else then."""
    merges = [
        NewMerge(merge.winner.id, merge.loser.id, evidence=merge.evidence)
        for merge in batch.identity_map.merges
    ]
    if not merges:
        return
    record_merges(cursor, batch.club.id, merges)
    survivor_of = reassign_rows(
        cursor, batch.club.id, {one for merge in merges for one in (merge.winner_id, merge.loser_id)}
    )
    for person in batch.identity_map.people.values():
        person.profile_id = survivor_of.get(person.id, person.profile_id)
    batch.rekeyed |= {merge.winner for merge in batch.identity_map.merges}


def _write_facts(cursor: Any, batch: BatchChanges) -> None:
    if not batch.facts:
        return
    sql.NEW_FACT.fill(
        cursor,
        (
            (
                fact.link.person.root.profile_id,
                fact.link.id,
                fact.field,
                fact.source,
                fact.rank,
                orjson.dumps(fact.value).decode(),
                fact.occurred_at,
                fact.event_id,
                fact.sequence,
                fact.arrival,
            )
            # In a fixed order, so that two batches with the same facts cannot wait for each other.
            for fact in sorted(_newest(batch), key=lambda one: (one.link.id, one.field, one.rank))
        ),
    )
    cursor.execute(sql.UPSERT_FACTS, [batch.club.id])


def _newest(batch: BatchChanges) -> Iterable[StatedFact]:
    """Of several facts of one record the newest: a key may have had two rows until its holders were found to be one."""
    if not batch.identity_map.duplicate_links:
        return batch.facts.values()
    newest: dict[tuple[Any, ...], StatedFact] = {}
    for fact in sorted(batch.facts.values(), key=lambda one: one.order):
        newest[fact.link.id, fact.field, fact.source, fact.rank] = fact
    return newest.values()


def _stated_fields(batch: BatchChanges) -> dict[UUID, set[str]]:
    fields: dict[UUID, set[str]] = {}
    for fact in batch.facts.values():
        fields.setdefault(fact.link.person.root.profile_id, set()).add(fact.field)
    return fields


def _write_activities(cursor: Any, batch: BatchChanges) -> None:
    if not batch.activities:
        return
    sql.NEW_ACTIVITY.fill(
        cursor,
        (
            (
                one.id,
                one.link.person.root.profile_id,
                _origin(batch, one.link),
                one.header.occurred_at,
                one.slot,
                one.draft.type,
                one.draft.category.value,
                one.draft.channel,
                one.header.source,
                one.header.event_id,
                one.draft.title,
                orjson.dumps(one.draft.metadata).decode(),
                one.once_key,
            )
            for one in batch.activities
        ),
    )
    cursor.execute(sql.INSERT_ACTIVITIES, [batch.club.id])


def _write_counter_deltas(cursor: Any, batch: BatchChanges) -> bool:
    """Add the figures up per surviving profile; returns whether there is an answer for `_finish_counter_deltas`."""
    by_profile: dict[UUID, CounterDelta] = {}
    for link, delta in batch.counter_deltas.items():
        # What adds nothing writes nothing: nobody would learn of it from the log.
        if link.person.root.is_new or delta == NOTHING_ADDED:
            continue
        profile_id = link.person.root.profile_id
        known = by_profile.get(profile_id)
        by_profile[profile_id] = delta if known is None else known.plus(delta)
    if not by_profile:
        return False
    # In a fixed order, as every other writer of profiles does.
    ordered = sorted(by_profile.items(), key=lambda item: item[0].int)
    sql.COUNTER_DELTA.fill(cursor, (delta.row(profile_id) for profile_id, delta in ordered))
    update_by_place(
        cursor,
        sql.ADD_COUNTER_DELTAS,
        [[stage.value for stage in STAGE_LADDER], batch.club.id],
        staging=sql.COUNTER_DELTA,
        table="profiles_customerprofile",
        key="profile_id",
        tenant_id=batch.club.id,
    )
    return True


def _finish_counter_deltas(cursor: Any, counted: Any, batch: BatchChanges) -> set[UUID]:
    """Add them up per side of the merged as well; returns whose stage moved."""
    result = counted.fetchall()
    _write_shares(cursor, batch, {profile_id for profile_id, _, has_shares in result if has_shares})
    return {profile_id for profile_id, is_moved, _ in result if is_moved}


def _write_shares(cursor: Any, batch: BatchChanges, merged: set[UUID]) -> None:
    if not merged:
        return
    by_origin: dict[UUID, CounterDelta] = {}
    for link, delta in batch.counter_deltas.items():
        if link.person.root.profile_id in merged:
            origin = _origin(batch, link)
            known = by_origin.get(origin)
            by_origin[origin] = delta if known is None else known.plus(delta)
    ordered = sorted(by_origin.items(), key=lambda item: item[0].int)
    sql.SHARE.fill(cursor, (delta.row(profile_id) for profile_id, delta in ordered))
    cursor.execute(sql.ADD_SHARES, [batch.club.id])


def _add_tags(cursor: Any, batch: BatchChanges) -> dict[UUID, set[str]]:
    """Give stored customers tags; returns those that they did not have, and all of new customers."""
    wanted: dict[UUID, set[str]] = {}
    added: dict[UUID, set[str]] = {}
    for link, tags in batch.tags.items():
        person = link.person.root
        (added if person.is_new else wanted).setdefault(person.profile_id, set()).update(tags)
    if wanted:
        sql.TAGGED_PROFILE.fill(cursor, ((one, sorted(tags)) for one, tags in sorted(wanted.items())))
        update_by_place(
            cursor,
            sql.ADD_TAGS,
            [batch.club.id],
            staging=sql.TAGGED_PROFILE,
            table="profiles_customerprofile",
            key="profile_id",
            tenant_id=batch.club.id,
        )
        added |= {profile_id: wanted[profile_id] - set(before) for profile_id, before in cursor.fetchall()}
        cursor.execute(sql.ADD_SHARED_TAGS, [batch.club.id])
    return added


def _write_candidates(cursor: Any, batch: BatchChanges) -> None:
    pairs: dict[tuple[UUID, UUID], tuple[Any, ...]] = {}
    for candidate in batch.identity_map.candidates:
        one, other = sorted((candidate.one.root.id, candidate.other.root.id))
        if one != other:
            pairs.setdefault(
                (one, other), (one, other, candidate.reason, orjson.dumps(candidate.evidence).decode())
            )
    if pairs:
        sql.NEW_CANDIDATE.fill(cursor, pairs.values())
        cursor.execute(sql.INSERT_CANDIDATES, [batch.club.id])


def _write_erasures(cursor: Any, batch: BatchChanges) -> None:
    if not batch.erasures:
        return
    sql.NEW_ERASURE.fill(
        cursor,
        (
            (person.root.profile_id, header.source, header.event_id, reason)
            for person, header, reason in batch.erasures
        ),
    )
    cursor.execute(sql.INSERT_ERASURES, [batch.club.id])
    batch.log_entries += [
        LogEntry(LogKind.PRIVACY_REQUESTED, person.root.profile_id, {"kind": "ERASURE", "reason": reason})
        for person, _, reason in batch.erasures
    ]


def _log(
    cursor: Any,
    batch: BatchChanges,
    new_ids: Iterable[UUID],
    changes: dict[UUID, list[str]],
    moved: set[UUID],
) -> None:
    """What happened, in the order in which a reader should learn it: people first, then what they did."""
    for profile_id in moved:
        changes.setdefault(profile_id, []).append("lifecycleStage")
    people = [LogEntry(LogKind.PROFILE_CREATED, profile_id, {}) for profile_id in new_ids]
    people += [
        LogEntry(
            LogKind.PROFILE_MERGED,
            merge.winner.root.profile_id,
            {"loserId": str(merge.loser.id), "evidence": merge.evidence},
        )
        for merge in batch.identity_map.merges
    ]
    people += [
        LogEntry(LogKind.PROFILE_CHANGED, profile_id, {"changes": sorted(set(names))})
        for profile_id, names in changes.items()
        if names
    ]
    log.append(people + batch.log_entries)
    if batch.activities:
        cursor.execute(sql.LOG_ACTIVITIES, [batch.club.id])
        log.wake_consumers()
