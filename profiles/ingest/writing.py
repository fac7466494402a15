"""Writing what a batch gathered, in the order in which rows refer to each other."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from events import log
from events.log import LogEntry
from profiles import cache
from profiles.identity import Holding
from profiles.ingest import statements as sql
from profiles.ingest.counter_deltas import Tally
from profiles.ingest.new_profiles import insert_new_profiles
from profiles.ingest.once import write_amended
from profiles.ingest.restating import Touched, recompute_golden_rows
from profiles.ingest.work import StatedFact, Work
from profiles.log_kinds import LogKind
from profiles.merging.reassignment import NewMerge, reassign_rows, record_merges
from profiles.models.identity import CRM_RECORD
from profiles.models.profile import STAGE_LADDER


def write(cursor: Any, work: Work) -> dict[UUID, set[str]]:
    """Store everything; returns the tags that profiles did not have. Needs the tenant's scope and its identity lock."""
    newborn = insert_new_profiles(cursor, work)
    _write_identifiers(cursor, work)
    _merge_people(cursor, work)
    _write_facts(cursor, work)
    _write_activities(cursor, work)
    write_amended(cursor, work.club.id, work.tellings)
    # A cursor of its own, because its answer is heard last: until then nobody waits for it (`pipelined_statements`).
    with connection.cursor() as tallied:
        is_tallied = _write_tallies(tallied, work)
        added_tags = _add_tags(cursor, work)
        rekeyed = {person.root.profile_id for person in work.rekeyed}
        touched = Touched(_stated_fields(work), rekeyed, added_tags.keys(), newborn)
        changes = recompute_golden_rows(cursor, work.club.id, touched)
        moved = _finish_tallies(cursor, tallied, work) if is_tallied else set()
    for profile_id in added_tags.keys() - newborn:
        changes.setdefault(profile_id, []).append("tags")
    _write_candidates(cursor, work)
    _write_erasures(cursor, work)
    _log(cursor, work, newborn, changes, moved)
    losers = {merge.loser.id for merge in work.directory.merges}
    cache.forget({holding.person.root.profile_id for holding in work.tallies} | set(changes) | losers)
    return added_tags


def _origin(work: Work, holding: Holding) -> UUID:
    """The profile an identifier was born with; one that was merged before it was ever stored does not count."""
    person = work.directory.people.get(holding.origin_id)
    return person.root.id if person is not None and person.is_new else holding.origin_id


def _write_identifiers(cursor: Any, work: Work) -> None:
    new = [one for one in work.directory.holdings() if one.id is None]
    changed = [one for one in work.directory.holdings() if one.is_changed and one.id is not None]
    if new:
        for holding, identifier_id in zip(new, work.ids.take(cursor, len(new)), strict=True):
            holding.id = identifier_id
            # The platform's own record of somebody known shows nowhere; all else does.
            if holding.key.kind != CRM_RECORD or holding.person.is_new:
                work.rekeyed.add(holding.person)
        sql.NEW_IDENTIFIER.fill(cursor, (_identifier_row(work, holding) for holding in new))
    # The last first: what stands for another may be stood for itself.
    for gone, kept in reversed(work.directory.twins):
        gone.id = kept.id
    if changed:
        work.rekeyed |= {holding.person for holding in changed}
        changed.sort(key=lambda one: one.id or 0)
        sql.CHANGED_IDENTIFIER.fill(
            cursor, ((one.id, one.is_shared, one.linked_at, one.unlinked_at) for one in changed)
        )
        # Before the insert: a key must be shared before a second person may hold it.
        cursor.execute(sql.UPDATE_IDENTIFIERS, [work.club.id])
    if new:
        cursor.execute(sql.INSERT_IDENTIFIERS, [work.club.id])


def _identifier_row(work: Work, holding: Holding) -> tuple[Any, ...]:
    return (
        holding.id,
        holding.person.root.profile_id,
        _origin(work, holding),
        holding.key.kind,
        holding.key.value,
        holding.confidence,
        holding.source,
        holding.event_id,
        holding.is_shared,
        holding.linked_at,
        holding.unlinked_at,
    )


def _merge_people(cursor: Any, work: Work) -> None:
    """Move what the losers had to the winners; whoever stands for an identity may be somebody else then."""
    merges = [
        NewMerge(merge.winner.id, merge.loser.id, evidence=merge.evidence) for merge in work.directory.merges
    ]
    if not merges:
        return
    record_merges(cursor, work.club.id, merges)
    survivor_of = reassign_rows(
        cursor, work.club.id, {one for merge in merges for one in (merge.winner_id, merge.loser_id)}
    )
    for person in work.directory.people.values():
        person.profile_id = survivor_of.get(person.id, person.profile_id)
    work.rekeyed |= {merge.winner for merge in work.directory.merges}


def _write_facts(cursor: Any, work: Work) -> None:
    if not work.facts:
        return
    sql.NEW_FACT.fill(
        cursor,
        (
            (
                fact.holding.person.root.profile_id,
                fact.holding.id,
                fact.field,
                fact.source,
                fact.rank,
                orjson.dumps(fact.value).decode(),
                fact.occurred_at,
                fact.event_id,
            )
            # In a fixed order, so that two batches with the same facts cannot wait for each other.
            for fact in sorted(_newest(work), key=lambda one: (one.holding.id, one.field, one.rank))
        ),
    )
    cursor.execute(sql.UPSERT_FACTS, [work.club.id])


def _newest(work: Work) -> Iterable[StatedFact]:
    """Of several facts of one record the newest: a key may have had two rows until its holders were found to be one."""
    if not work.directory.twins:
        return work.facts.values()
    newest: dict[tuple[Any, ...], StatedFact] = {}
    for fact in sorted(work.facts.values(), key=lambda one: (one.occurred_at, one.event_id)):
        newest[fact.holding.id, fact.field, fact.source, fact.rank] = fact
    return newest.values()


def _stated_fields(work: Work) -> dict[UUID, set[str]]:
    fields: dict[UUID, set[str]] = {}
    for fact in work.facts.values():
        fields.setdefault(fact.holding.person.root.profile_id, set()).add(fact.field)
    return fields


def _write_activities(cursor: Any, work: Work) -> None:
    if not work.activities:
        return
    sql.NEW_ACTIVITY.fill(
        cursor,
        (
            (
                one.id,
                one.holding.person.root.profile_id,
                _origin(work, one.holding),
                one.row.occurred_at,
                one.slot,
                one.draft.type,
                one.draft.category.value,
                one.draft.channel,
                one.row.source,
                one.row.event_id,
                one.draft.title,
                orjson.dumps(one.draft.metadata).decode(),
                one.once_key,
            )
            for one in work.activities
        ),
    )
    cursor.execute(sql.INSERT_ACTIVITIES, [work.club.id])


def _write_tallies(cursor: Any, work: Work) -> bool:
    """Add the figures up per surviving profile; returns whether there is an answer for `_finish_tallies`."""
    by_profile: dict[UUID, Tally] = {}
    for holding, tally in work.tallies.items():
        if holding.person.root.is_new:
            continue
        profile_id = holding.person.root.profile_id
        known = by_profile.get(profile_id)
        by_profile[profile_id] = tally if known is None else known.plus(tally)
    if not by_profile:
        return False
    # In a fixed order, as every other writer of profiles does.
    ordered = sorted(by_profile.items(), key=lambda item: item[0].int)
    sql.TALLY.fill(cursor, (tally.row(profile_id) for profile_id, tally in ordered))
    cursor.execute(sql.ADD_TALLIES, [[stage.value for stage in STAGE_LADDER], work.club.id])
    return True


def _finish_tallies(cursor: Any, tallied: Any, work: Work) -> set[UUID]:
    """Add them up per side of the merged as well; returns whose stage moved."""
    told = tallied.fetchall()
    _write_shares(cursor, work, {profile_id for profile_id, _, has_shares in told if has_shares})
    return {profile_id for profile_id, is_moved, _ in told if is_moved}


def _write_shares(cursor: Any, work: Work, merged: set[UUID]) -> None:
    if not merged:
        return
    by_origin: dict[UUID, Tally] = {}
    for holding, tally in work.tallies.items():
        if holding.person.root.profile_id in merged:
            origin = _origin(work, holding)
            known = by_origin.get(origin)
            by_origin[origin] = tally if known is None else known.plus(tally)
    ordered = sorted(by_origin.items(), key=lambda item: item[0].int)
    sql.SHARE.fill(cursor, (tally.row(profile_id) for profile_id, tally in ordered))
    cursor.execute(sql.ADD_SHARES, [work.club.id])


def _add_tags(cursor: Any, work: Work) -> dict[UUID, set[str]]:
    """Give stored customers tags; returns those that they did not have, and all of new customers."""
    wanted: dict[UUID, set[str]] = {}
    added: dict[UUID, set[str]] = {}
    for holding, tags in work.tags.items():
        person = holding.person.root
        (added if person.is_new else wanted).setdefault(person.profile_id, set()).update(tags)
    if wanted:
        sql.TAGGED_PROFILE.fill(cursor, ((one, sorted(tags)) for one, tags in sorted(wanted.items())))
        cursor.execute(sql.ADD_TAGS, [work.club.id])
        added |= {profile_id: wanted[profile_id] - set(before) for profile_id, before in cursor.fetchall()}
        cursor.execute(sql.ADD_SHARED_TAGS, [work.club.id])
    return added


def _write_candidates(cursor: Any, work: Work) -> None:
    pairs: dict[tuple[UUID, UUID], tuple[Any, ...]] = {}
    for candidate in work.directory.candidates:
        one, other = sorted((candidate.one.root.id, candidate.other.root.id))
        if one != other:
            pairs.setdefault(
                (one, other), (one, other, candidate.reason, orjson.dumps(candidate.evidence).decode())
            )
    if pairs:
        sql.NEW_CANDIDATE.fill(cursor, pairs.values())
        cursor.execute(sql.INSERT_CANDIDATES, [work.club.id])


def _write_erasures(cursor: Any, work: Work) -> None:
    if not work.erasures:
        return
    sql.NEW_ERASURE.fill(
        cursor,
        ((person.root.profile_id, row.source, row.event_id, reason) for person, row, reason in work.erasures),
    )
    cursor.execute(sql.INSERT_ERASURES, [work.club.id])
    work.log_entries += [
        LogEntry(LogKind.PRIVACY_REQUESTED, person.root.profile_id, {"kind": "ERASURE", "reason": reason})
        for person, _, reason in work.erasures
    ]


def _log(
    cursor: Any, work: Work, new_ids: Iterable[UUID], changes: dict[UUID, list[str]], moved: set[UUID]
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
        for merge in work.directory.merges
    ]
    people += [
        LogEntry(LogKind.PROFILE_CHANGED, profile_id, {"changes": sorted(set(names))})
        for profile_id, names in changes.items()
        if names
    ]
    log.append(people + work.log_entries)
    if work.activities:
        cursor.execute(sql.LOG_ACTIVITIES, [work.club.id])
        log.wake_consumers()
