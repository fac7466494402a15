"""Merging and unmerging, as staff, API and commands ask for it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from events import log
from events.log import Happening
from events.models import LogKind
from profiles import cache
from profiles.errors import CustomerNotFound, NothingToUnmerge, SameCustomer
from profiles.ingest.restating import restate
from profiles.merging.keeping_apart import keep_apart
from profiles.merging.rehoming import AUTOMATIC, BY_PERSON, Author, NewMerge, record_merges, rehome
from profiles.models import CustomerProfile, ProfileMerge
from profiles.reading import get_customer
from tenants.action_log import log_action
from tenants.actors import Actor, current_actor
from tenants.postgresql.locks import AdvisoryLock, lock_tenant


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


def merge_profiles(winner_id: UUID, loser_id: UUID, *, reason: str = "") -> MergeOutcome:
    """Make two customers one; the id of a customer who was merged before means their survivor.

    Everything of the loser moves to the winner and can come back (`unmerge_profiles`). Consent answers of both count,
    so that it can only narrow. One transaction under the tenant's identity lock. Raises CustomerNotFound, SameCustomer.
    """
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        winner, loser = get_customer(winner_id), get_customer(loser_id)
        if winner.pk == loser.pk:
            raise SameCustomer
        evidence = {"reason": reason} if reason else {}
        with connection.cursor() as cursor:
            [merge_id] = record_merges(
                cursor,
                winner.tenant_id,
                [NewMerge(winner.pk, loser.pk, BY_PERSON, evidence)],
                _author(reason),
            )
            _, changes = _rehome(cursor, winner.tenant_id, {winner.pk, loser.pk})
        log.append(
            [
                Happening(
                    LogKind.PROFILE_MERGED, winner.pk, {"loserId": str(loser.pk), "evidence": evidence}
                ),
                *_changed(changes),
            ]
        )
        _note("customer.merged", winner.pk, loser.pk, merge_id)
    return MergeOutcome(merge_id, winner.pk, loser.pk, changes.get(winner.pk, []))


def unmerge_profiles(profile_id: UUID, *, merge_id: int | None = None) -> UnmergeOutcome:
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
        merge = _merge_to_undo(profile_id, merge_id)
        survivor_id = profile.merged_into_id or profile.pk
        actor = current_actor()
        ProfileMerge.objects.filter(pk=merge.pk).update(
            unmerged_at=Now(), unmerged_by=actor.user, unmerged_by_name=actor.name
        )
        with connection.cursor() as cursor:
            survivor_of, changes = _rehome(cursor, profile.tenant_id, {profile.pk})
        if merge.kind == AUTOMATIC:
            keep_apart(*(survivor_of.get(side, side) for side in (merge.loser_id, merge.winner_id)))
        restored_id = survivor_of.get(profile_id, profile_id)
        log.append(
            [
                Happening(
                    LogKind.PROFILE_UNMERGED,
                    survivor_id,
                    {"restoredId": str(restored_id), "by": _public_id(actor)},
                ),
                *_changed(changes),
            ]
        )
        _note("customer.unmerged", survivor_id, restored_id, merge.pk)
    return UnmergeOutcome(merge.pk, survivor_id, restored_id)


def _merge_to_undo(profile_id: UUID, merge_id: int | None) -> ProfileMerge:
    standing = ProfileMerge.objects.filter(loser_id=profile_id, unmerged_at=None)
    if merge_id is not None:
        standing = ProfileMerge.objects.filter(pk=merge_id, unmerged_at=None)
    merges: list[ProfileMerge] = sorted(standing, key=lambda one: (one.kind == BY_PERSON, one.pk))
    if not merges:
        raise NothingToUnmerge
    return merges[-1]


def _rehome(cursor: Any, tenant_id: UUID, seeds: set[UUID]) -> tuple[dict[UUID, UUID], dict[UUID, list[str]]]:
    """Move the rows and compute the golden rows of the survivors anew; who survives for whom, what changed."""
    survivor_of = rehome(cursor, tenant_id, seeds)
    changes = restate(cursor, tenant_id, {}, set(survivor_of.values()))
    cache.forget(survivor_of)
    return survivor_of, changes


def _changed(changes: dict[UUID, list[str]]) -> list[Happening]:
    return [
        Happening(LogKind.PROFILE_CHANGED, profile_id, {"changes": sorted(names)})
        for profile_id, names in changes.items()
        if names
    ]


def _public_id(actor: Actor) -> str:
    """Who it was, as other services know them."""
    return (actor.user.auth_user_id or str(actor.user.pk)) if actor.user else actor.name


def _author(reason: str) -> Author:
    actor = current_actor()
    return Author(user_id=actor.user.pk if actor.user else None, name=actor.name, reason=reason)


def _note(action: str, winner_id: UUID, other_id: UUID, merge_id: int) -> None:
    details = {"other": str(other_id), "merge": merge_id}
    log_action(action, subject_kind="customer", subject_id=winner_id, details=details)
