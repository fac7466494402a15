"""Erasing a person, with everybody who was merged into them: one plan over all tables, one receipt."""

import hashlib
import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction
from django.utils import timezone

from events import log
from events.identity_hints import IdentityKey
from events.log import LogEntry
from profiles import cache
from profiles.errors import InvalidFields
from profiles.log_kinds import LogKind
from profiles.models import CustomerProfile, ErasureReason, ErasureReceipt, ProfileStatus
from profiles.privacy import statements as sql
from profiles.privacy.mentions import Mentions, blank_mentions, find_late_mentions, find_mentions, lock_events
from profiles.privacy.person_patterns import Traits
from profiles.privacy.queues import finish, remember
from profiles.reading import get_customer
from profiles.suppression import suppress
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.declarations import from_the_top
from tenants.extension import Step
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.postgresql.plans import PLAN_FOR_BATCHES, any_club
from tenants.scope import current_tenant_id

logger = logging.getLogger(__name__)
NOBODY = "nobody"
Counts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was done, or would be: model → act → rows. `receipt` is None in a dry run."""

    profile_id: UUID
    profile_ids: list[UUID]
    counts: Counts
    receipt: ErasureReceipt | None


class _DryRun(Exception):
    """Takes everything back."""


@any_club()
def erase_customer(profile_id: UUID, *, reason: str, dry_run: bool = False) -> Erasure:
    """Erase the customer and all who were merged into them; the id of a merged one means their survivor.

    The search for mentions has a read-only transaction of its own; all acts have one, under the tenant's identity lock.
    A dry run does the same and takes it back, so that its counts are exact. Raises CustomerNotFound, InvalidFields.
    """
    if reason not in ErasureReason.values:
        raise InvalidFields({"reason": f"Choose one of {', '.join(ErasureReason.values)}."})
    while True:
        whom, traits = _whom(get_customer(profile_id).pk)
        mentions = find_mentions(whom, traits)
        done: list[Erasure | None] = []
        try:
            with transaction.atomic():
                done.append(_erase(profile_id, reason, (whom, traits), mentions))
                if dry_run:
                    raise _DryRun
        except _DryRun:
            pass
        # Else who that is changed while the texts were read: search again.
        if done[0] is not None:
            return replace(done[0], receipt=None) if dry_run else done[0]


Whom = tuple[dict[str, Any], Traits]


def _erase(profile_id: UUID, reason: str, searched: Whom, mentions: Mentions) -> Erasure | None:
    """None: the person is not the one whose mentions were searched."""
    with connection.cursor() as cursor:
        # However long a large history takes: whoever asked to be forgotten is not given up half-way.
        cursor.execute("SET LOCAL statement_timeout = 0")
        # What never changes otherwise forgets the person as well (published versions of journeys).
        cursor.execute("SET LOCAL crm.erasing = 'on'")
        cursor.execute(PLAN_FOR_BATCHES)
    lock_events(mentions, waits=True)
    lock_tenant(AdvisoryLock.IDENTITY)
    survivor = get_customer(profile_id)
    parameters, traits = whom = _whom(survivor.pk)
    if whom != searched:
        return None
    ids = parameters["ids"]
    find_late_mentions(mentions, parameters)
    lock_events(mentions, waits=False)
    parameters["nobody"] = _nobody()
    with connection.cursor() as cursor:
        cursor.execute(sql.SERVICE_KEYS, parameters)
        parameters["keys"] = [f"{kind}:{value}" for kind, value in cursor.fetchall()]
        counts = blank_mentions(mentions, parameters)
        for table in from_the_top("tables"):
            parameters["mentioned"] = mentions.of(table.model)
            for step in table.erase:
                _run(cursor, step, parameters, counts.setdefault(table.model, {}))
    _suppress(traits, counts)
    counts = {model: acts for model, acts in sorted(counts.items()) if any(acts.values())}
    receipt = _receipt(survivor.pk, reason, counts)
    log.append(
        LogEntry(LogKind.PROFILE_ERASED, one, {"reason": reason, "erasedAt": receipt.erased_at.isoformat()})
        for one in ids
    )
    log_action(
        "customer.erased",
        subject_kind="customer",
        subject_id=survivor.pk,
        details={"reason": reason, "receipt": receipt.pk, "profiles": len(ids)},
    )
    cache.forget(ids)
    remember(receipt, ids, traits)
    transaction.on_commit(lambda: finish(receipt.pk), robust=True)
    return Erasure(survivor.pk, ids, counts, receipt)


def _whom(survivor_id: UUID) -> Whom:
    """All their profiles, and by what the person is recognised."""
    parameters: dict[str, Any] = {"tenant": current_tenant_id(), "survivor": survivor_id}
    with connection.cursor() as cursor:
        cursor.execute(sql.MERGED_IDS, parameters)
        parameters["ids"] = sorted(row[0] for row in cursor.fetchall())
    return parameters, Traits.load(parameters)


def _nobody() -> UUID:
    """The tenant's row for what erased people paid; it was never anybody's."""
    tenant_id = current_tenant_id()
    found, _ = CustomerProfile.objects.get_or_create(
        id=uuid5(tenant_id, NOBODY), defaults={"tenant_id": tenant_id, "status": ProfileStatus.DELETED}
    )
    nobody: UUID = found.pk
    return nobody


def _run(cursor: Any, step: Step, parameters: dict[str, Any], counts: dict[str, int]) -> None:
    cursor.execute(step.statement, parameters)
    counts[step.act] = counts.get(step.act, 0) + int(cursor.rowcount)


def _suppress(traits: Traits, counts: Counts) -> None:
    """Keys that others hold as well stay theirs."""
    added = suppress(IdentityKey(*key) for key in traits.keys)
    counts["profiles.SuppressedKey"] = {"remembered as hashes": added}


def _receipt(profile_id: UUID, reason: str, counts: Counts) -> ErasureReceipt:
    actor = current_actor()
    receipt = ErasureReceipt(
        tenant_id=current_tenant_id(),
        profile_id=profile_id,
        reason=reason,
        counts=counts,
        erased_by_kind=actor.kind.value,
        erased_by_id=actor.id[:250],
        erased_by_name=actor.name[:250],
        erased_at=timezone.now(),
    )
    receipt.hash = receipt_hash(receipt)
    receipt.save(force_insert=True)
    return receipt


def receipt_hash(receipt: ErasureReceipt) -> str:
    """SHA-256 over the receipt's content as canonical JSON: keys sorted, no spaces."""
    content = {
        "tenantId": str(receipt.tenant_id),
        "profileId": str(receipt.profile_id),
        "reason": receipt.reason,
        "counts": receipt.counts,
        "erasedBy": [receipt.erased_by_kind, receipt.erased_by_id, receipt.erased_by_name],
        "erasedAt": _instant(receipt.erased_at),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def erasure_fields(done: Erasure) -> dict[str, Any]:
    """What was done, or would be, by its names in the API."""
    return {
        "customerId": done.profile_id,
        "profileIds": done.profile_ids,
        "counts": done.counts,
        "receipt": None if done.receipt is None else receipt_fields(done.receipt),
    }


def receipt_fields(receipt: ErasureReceipt) -> dict[str, Any]:
    """The receipt by its names in the API."""
    return {
        "id": receipt.pk,
        "customerId": receipt.profile_id,
        "reason": receipt.reason,
        "counts": receipt.counts,
        "hash": receipt.hash,
        "erasedBy": receipt.erased_by_name,
        "erasedAt": receipt.erased_at,
    }
