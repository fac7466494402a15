"""Merging and unmerging, as staff, API and commands ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from events import log
from events.log import LogEntry
from profiles import cache
from profiles.desk_rows import NAMELESS, Deed, names_of, tell_each
from profiles.errors import CustomerNotFound, NothingToUnmerge, SameCustomer
from profiles.golden_rows.recomputing import Touched, recompute_golden_rows
from profiles.log_kinds import LogKind
from profiles.merging.cannot_link import forbid_link
from profiles.merging.reassignment import AUTOMATIC, BY_PERSON, Author, NewMerge, reassign_rows, record_merges
from profiles.models import CustomerProfile, ProfileMerge, ProfileStatus
from profiles.reading import get_customer
from tenants.action_log import log_action, log_actions
from tenants.actors import Actor, current_actor
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.postgresql.plans import PLAN_FOR_BATCHES, any_club
from tenants.scope import current_tenant_id


@dataclass(frozen=True, slots=True)
class MergeOutcome:
    """Who survives, who was merged into them, and which of the survivor's fields changed (API names)."""

    merge_id: int
    winner_id: UUID
    loser_id: UUID
    changes: list[str]


@dataclass(frozen=True, slots=True)
class UnmergeOutcome:
    """Who stands for themselves again, and whom they had been merged into."""

    merge_id: int
    winner_id: UUID
    restored_id: UUID


@any_club()
def merge_profiles(winner_id: UUID, loser_id: UUID, *, reason: str = "") -> MergeOutcome:
    """Make two customers one; the id of a customer who was merged before means their survivor.

    Everything of the loser moves to the winner and can come back (`unmerging.unmerge_profiles`). Consent answers of
    both count, so that it can only narrow. One transaction under the tenant's identity lock. Raises CustomerNotFound,
    SameCustomer.
    """
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        winner, loser = get_customer(winner_id), get_customer(loser_id)
        if winner.pk == loser.pk:
            raise SameCustomer
        evidence = {"reason": reason} if reason else {}
        [outcome] = merge_many([NewMerge(winner.pk, loser.pk, BY_PERSON, evidence)], reason=reason)
    if outcome is None:
        raise SameCustomer
    return outcome


@any_club()
def merge_many(merges: Sequence[NewMerge], *, reason: str = "") -> list[MergeOutcome | None]:
    """Many merges in one transaction, set-based; an answer for each, None where the two are one already, or gone.

    A kind of AUTOMATIC counts as made by the rules of identity. Takes the tenant's identity lock.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lock_tenant(AdvisoryLock.IDENTITY)
        tenant_id = current_tenant_id()
        between = _losing_once(_between_survivors(merges))
        chosen = [one for one in between if one is not None]
        if not chosen:
            return [None] * len(merges)
        merge_ids = record_merges(cursor, tenant_id, chosen, _author(reason))
        sides = {side for one in chosen for side in (one.winner_id, one.loser_id)}
        survivor_of, changes = rehome(cursor, tenant_id, sides)
        outcomes = [
            MergeOutcome(merge_id, survivor_of[one.winner_id], one.loser_id, changes.get(one.winner_id, []))
            for merge_id, one in zip(merge_ids, chosen, strict=True)
        ]
        log.append(
            [
                *(
                    LogEntry(
                        LogKind.PROFILE_MERGED,
                        outcome.winner_id,
                        {"loserId": str(outcome.loser_id), "evidence": dict(one.evidence)},
                    )
                    for one, outcome in zip(chosen, outcomes, strict=True)
                ),
                *changed_entries(changes),
            ]
        )
        log_actions(
            "customer.merged",
            subject_kind="customer",
            subjects=[
                (outcome.winner_id, {"other": str(outcome.loser_id), "merge": outcome.merge_id})
                for outcome in outcomes
            ],
        )
        by_hand = [outcome for one, outcome in zip(chosen, outcomes, strict=True) if one.kind == BY_PERSON]
        names = names_of(outcome.loser_id for outcome in by_hand)
        tell_each(
            [
                Deed(
                    outcome.winner_id,
                    f"merged {names.get(outcome.loser_id, NAMELESS)} into this customer",
                    {"other": str(outcome.loser_id), "merge": outcome.merge_id},
                )
                for outcome in by_hand
            ],
            "MERGED",
        )
    answers = iter(outcomes)
    return [None if one is None else next(answers) for one in between]


def _between_survivors(merges: Sequence[NewMerge]) -> list[NewMerge | None]:
    """The same merges, as each of them finds the two after those before it; None where nothing is left to merge."""
    named = {side for one in merges for side in (one.winner_id, one.loser_id)}
    rows = CustomerProfile.objects.filter(pk__in=named).exclude(status=ProfileStatus.DELETED)
    stands_for = {pk: merged or pk for pk, merged in rows.values_list("pk", "merged_into_id")}

    def now(profile_id: UUID) -> UUID | None:
        found = stands_for.get(profile_id)
        while found is not None and stands_for.get(found, found) != found:
            found = stands_for[found]
        return found

    found: list[NewMerge | None] = []
    for one in merges:
        winner, loser = now(one.winner_id), now(one.loser_id)
        if winner is None or loser is None or winner == loser:
            found.append(None)
            continue
        # Between the two that are named, so that each merge of a chain can be taken back by itself. A loser loses once:
        # where the named one has lost before, the other one loses to it.
        if one.loser_id != loser and one.winner_id == winner:
            found.append(NewMerge(one.loser_id, winner, one.kind, one.evidence))
            stands_for[winner] = loser
        else:
            found.append(NewMerge(one.winner_id, loser, one.kind, one.evidence))
            stands_for[loser] = winner
    return found


def _losing_once(merges: list[NewMerge | None]) -> list[NewMerge | None]:
    """A profile loses once in each layer: where a survivor has lost to its own younger self, that one loses instead."""
    losers = {one.loser_id for one in merges if one is not None}
    lost = set(
        ProfileMerge.objects.filter(loser_id__in=losers, unmerged_at=None).values_list("loser_id", "kind")
    )
    return [
        NewMerge(one.winner_id, _younger_self(one), one.kind, one.evidence)
        if one is not None and (one.loser_id, one.kind) in lost
        else one
        for one in merges
    ]


def _younger_self(merge: NewMerge) -> UUID:
    """One of those who stand together with the loser and have not lost in this layer; there is always one."""
    lost = ProfileMerge.objects.filter(kind=merge.kind, unmerged_at=None).values("loser_id")
    together = CustomerProfile.objects.filter(merged_into_id=merge.loser_id).exclude(pk__in=lost)
    found: UUID = together.order_by("pk").values_list("pk", flat=True)[0]
    return found


@any_club()
def undo_merge(profile_id: UUID, *, merge_id: int | None = None) -> UnmergeOutcome:
    """Take back the merge by which this profile was merged into another; the newest by a person, else by the rules.

    Both sides get back what they had, and what came since goes to the side whose identifier brought it. A merge that
    the rules made is remembered as wrong: the two are kept apart from now on. `merge_id` names one merge of several.
    Raises CustomerNotFound, NothingToUnmerge.
    """
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        profile: CustomerProfile | None = CustomerProfile.objects.filter(pk=profile_id).first()
        if profile is None:
            raise CustomerNotFound
        survivor_id = profile.merged_into_id or profile.pk
        merge = _merge_to_undo(profile, survivor_id, merge_id)
        actor = current_actor()
        ProfileMerge.objects.filter(pk=merge.pk).update(
            unmerged_at=Now(), unmerged_by=actor.user, unmerged_by_name=actor.name
        )
        with connection.cursor() as cursor:
            survivor_of, changes = rehome(
                cursor, profile.tenant_id, {survivor_id, merge.winner_id, merge.loser_id}
            )
        winner_id, loser_id = survivor_of[merge.winner_id], survivor_of[merge.loser_id]
        if merge.kind == AUTOMATIC and winner_id != loser_id:
            forbid_link(loser_id, winner_id)
        restored_id = winner_id if loser_id == survivor_id else loser_id
        log.append(
            [
                LogEntry(
                    LogKind.PROFILE_UNMERGED,
                    survivor_id,
                    {"restoredId": str(restored_id), "by": _public_id(actor)},
                ),
                *changed_entries(changes),
            ]
        )
        log_action(
            "customer.unmerged",
            subject_kind="customer",
            subject_id=survivor_id,
            details={"other": str(restored_id), "merge": merge.pk},
        )
        names = names_of((survivor_id, restored_id))
        tell_each(
            [
                Deed(
                    one,
                    f"took back the merge with {names.get(other, NAMELESS)}",
                    {"other": str(other), "merge": merge.pk},
                )
                for one, other in ((survivor_id, restored_id), (restored_id, survivor_id))
            ],
            "UNMERGED",
        )
    return UnmergeOutcome(merge.pk, survivor_id, restored_id)


def _merge_to_undo(profile: CustomerProfile, survivor_id: UUID, merge_id: int | None) -> ProfileMerge:
    """The standing merge that is meant; one that is named must be among those who stand together with the profile."""
    standing = ProfileMerge.objects.filter(loser_id=profile.pk, unmerged_at=None)
    if merge_id is not None:
        together = CustomerProfile.objects.filter(Q(pk=survivor_id) | Q(merged_into_id=survivor_id)).values(
            "pk"
        )
        standing = ProfileMerge.objects.filter(pk=merge_id, unmerged_at=None, loser_id__in=together)
    merges: list[ProfileMerge] = sorted(standing, key=lambda one: (one.kind == BY_PERSON, one.pk))
    if not merges:
        raise NothingToUnmerge
    return merges[-1]


def rehome(cursor: Any, tenant_id: UUID, seeds: set[UUID]) -> tuple[dict[UUID, UUID], dict[UUID, list[str]]]:
    """Move the rows and compute the golden rows of the survivors anew; who survives for whom, what changed.

    Needs a transaction, the scope and the identity lock alone.
    """
    cursor.execute(PLAN_FOR_BATCHES)
    survivor_of = reassign_rows(cursor, tenant_id, seeds)
    changes = recompute_golden_rows(cursor, tenant_id, Touched(rekeyed=set(survivor_of.values())))
    cache.forget(survivor_of)
    return survivor_of, changes


def changed_entries(changes: dict[UUID, list[str]]) -> list[LogEntry]:
    """What the log says of the survivors whose golden rows changed."""
    return [
        LogEntry(LogKind.PROFILE_CHANGED, profile_id, {"changes": sorted(names)})
        for profile_id, names in changes.items()
        if names
    ]


def _public_id(actor: Actor) -> str:
    """Who it was, as other services know them."""
    return (actor.user.auth_user_id or str(actor.user.pk)) if actor.user else actor.name


def _author(reason: str) -> Author:
    actor = current_actor()
    return Author(user_id=actor.user.pk if actor.user else None, name=actor.name, reason=reason)
