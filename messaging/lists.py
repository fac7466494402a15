"""Keeping a segment's list at the Messaging service current: numbered deltas, never the whole list.

Only people who are a contact there and agreed to some channel are told of. What was pushed is kept in a mirror: a
delta is a difference of two sets in SQL. Where the service's count or checksum says otherwise, the mirror is read anew
from the service and the difference is pushed again.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from messaging.gateway import Outage, Refused, Unclear, gateway
from messaging.models import SyncedList, SyncedMember
from tenants.scope import current_tenant_id

MOST_CHANGES: Final = 1000
MOST_RECONCILIATIONS: Final = 2
CONFLICT: Final = 409
AWAY: Final = "The Messaging service does not answer; this is tried again by itself."
# `{members}` selects profile ids of the open scope's tenant.
WANTED: Final = """
SELECT DISTINCT p.messaging_contact_id AS contact_id FROM profiles_customerprofile AS p
WHERE p.tenant_id = %(tenant)s AND p.messaging_contact_id IS NOT NULL AND p.status IN ('ACTIVE', 'INACTIVE')
  AND (p.email_opt_in OR p.sms_opt_in OR p.push_opt_in OR p.whatsapp_opt_in)
  AND NOT EXISTS (SELECT FROM profiles_processingrestriction AS r
                  JOIN profiles_customerprofile AS q ON q.tenant_id = r.tenant_id AND q.id = r.profile_id
                  WHERE r.tenant_id = %(tenant)s AND COALESCE(q.merged_into_id, q.id) = p.id)
  AND p.id IN ({members})
"""
DIFFERENCE: Final = f"""
WITH wanted AS MATERIALIZED ({WANTED})
SELECT COALESCE(w.contact_id, there.contact_id), there.contact_id IS NULL
FROM wanted AS w
FULL JOIN (SELECT contact_id FROM messaging_syncedmember
           WHERE tenant_id = %(tenant)s AND list_id = %(list_id)s) AS there ON there.contact_id = w.contact_id
WHERE w.contact_id IS NULL OR there.contact_id IS NULL
ORDER BY 1
"""


class SyncProblem(Exception):
    """The list could not be brought up to date; the text is for staff."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did: contacts added and removed, members now, whether the service had to be asked for its own."""

    added: int
    removed: int
    members: int
    reconciled: bool


def checksum(contact_ids: Iterable[str]) -> str:
    """The sum of the contacts' hashes (first 8 bytes of SHA-256) modulo 2^64, in 16 hex digits."""
    total = sum(int.from_bytes(hashlib.sha256(one.encode()).digest()[:8], "big") for one in contact_ids)
    return f"{total % 2**64:016x}"


def sync_list(
    list_id: str, name: str, *, members: str, parameters: Mapping[str, Any] | None = None
) -> Synced:
    """Bring the list up to date with the profiles that `members` selects.

    `members` is SQL of ours (`SELECT profile_id FROM segments_segmentmember WHERE …`), `parameters` its values;
    `%(tenant)s` and `%(list_id)s` are given. Speaks to the service, so call it outside any transaction, in the tenant's
    scope. Raises SyncProblem, which also stands in `SyncedList.problem`.
    """
    try:
        done = _Sync(list_id, name, members, dict(parameters or {})).run()
    except (Outage, Unclear) as problem:
        raise _noted(list_id, AWAY) from problem
    except Refused as refused:
        raise _noted(list_id, f"The Messaging service refuses the list: {refused.message}") from refused
    SyncedList.objects.filter(list_id=list_id).update(
        members=done.members, synced_at=timezone.now(), problem=""
    )
    return done


def drop_list(list_id: str) -> None:
    """Forget the list there and here; idempotent. Raises SyncProblem."""
    try:
        gateway().delete_list(str(current_tenant_id()), list_id)
    except (Outage, Unclear, Refused) as problem:
        raise _noted(
            list_id, f"The list could not be deleted at the Messaging service: {problem}"
        ) from problem
    with transaction.atomic():
        SyncedMember.objects.filter(list_id=list_id).delete()
        SyncedList.objects.filter(list_id=list_id).delete()


def _noted(list_id: str, words: str) -> SyncProblem:
    SyncedList.objects.filter(list_id=list_id).update(problem=words[:300])
    return SyncProblem(words)


class _Sync:
    def __init__(self, list_id: str, name: str, members: str, parameters: dict[str, Any]) -> None:
        self.tenant_id, self.list_id = current_tenant_id(), list_id
        self.difference = DIFFERENCE.replace("{members}", members)
        self.parameters: Any = {"tenant": self.tenant_id, "list_id": list_id, **parameters}
        self.row, _ = SyncedList.objects.get_or_create(
            tenant_id=self.tenant_id, list_id=list_id, defaults={"name": name}
        )
        SyncedList.objects.filter(pk=self.row.pk).update(name=name)
        self.name, self.added, self.removed = name, 0, 0

    def run(self) -> Synced:
        tenant = str(self.tenant_id)
        there: Mapping[str, Any] = gateway().put_list(tenant, self.list_id, self.name)
        reconciled = False
        for _ in range(MOST_RECONCILIATIONS):
            if self._is_mirrored(there):
                there = self._push() or there
            if self._is_mirrored(there):
                return Synced(self.added, self.removed, int(there["count"]), reconciled)
            reconciled = True
            there = self._reconcile()
        there = self._push() or there
        if not self._is_mirrored(there):
            raise SyncProblem(self._disagreement())
        return Synced(self.added, self.removed, int(there["count"]), reconciled)

    def _disagreement(self) -> str:
        words = "The Messaging service and the CRM do not agree about this list; it is tried again with the next sync."
        SyncedList.objects.filter(pk=self.row.pk).update(problem=words)
        return words

    def _is_mirrored(self, there: Mapping[str, Any]) -> bool:
        contacts = SyncedMember.objects.filter(list_id=self.list_id).values_list("contact_id", flat=True)
        return bool(there["sequence"] == self.row.sequence and there["checksum"] == checksum(contacts))

    def _push(self) -> Mapping[str, Any] | None:
        """Push the difference, numbered; None where there was none. Of another number nothing is known to be there."""
        there: Mapping[str, Any] | None = None
        difference = self._changes()
        for start in range(0, len(difference), MOST_CHANGES):
            changes = difference[start : start + MOST_CHANGES]
            add = [contact_id for contact_id, is_new in changes if is_new]
            remove = [contact_id for contact_id, is_new in changes if not is_new]
            try:
                there = gateway().push_delta(
                    str(self.tenant_id), self.list_id, sequence=self.row.sequence + 1, add=add, remove=remove
                )
            except Refused as refused:
                if refused.status == CONFLICT:
                    return {"sequence": refused.fields.get("sequence", -1), "checksum": "", "count": 0}
                raise
            self._keep(add, remove)
        return there

    def _changes(self) -> list[tuple[str, bool]]:
        with connection.cursor() as cursor:
            cursor.execute(self.difference, self.parameters)
            return list(cursor.fetchall())

    def _keep(self, add: list[str], remove: list[str]) -> None:
        with transaction.atomic():
            SyncedMember.objects.bulk_create(
                [SyncedMember(tenant_id=self.tenant_id, list_id=self.list_id, contact_id=one) for one in add],
                ignore_conflicts=True,
            )
            SyncedMember.objects.filter(list_id=self.list_id, contact_id__in=remove).delete()
            self.row.sequence += 1
            SyncedList.objects.filter(pk=self.row.pk).update(sequence=self.row.sequence)
        self.added += len(add)
        self.removed += len(remove)

    def _reconcile(self) -> Mapping[str, Any]:
        """Make the mirror what the service says it has."""
        tenant, found, after = str(self.tenant_id), set[str](), ""
        while True:
            page = gateway().members(tenant, self.list_id, after)
            found.update(page["contactIds"])
            if not page["next"]:
                break
            after = page["next"]
        there = gateway().put_list(tenant, self.list_id, self.name)
        with transaction.atomic():
            SyncedMember.objects.filter(list_id=self.list_id).delete()
            SyncedMember.objects.bulk_create(
                (
                    SyncedMember(tenant_id=self.tenant_id, list_id=self.list_id, contact_id=one)
                    for one in sorted(found)
                ),
                ignore_conflicts=True,
                batch_size=5 * MOST_CHANGES,
            )
            self.row.sequence = int(there["sequence"])
            SyncedList.objects.filter(pk=self.row.pk).update(sequence=self.row.sequence)
        return there
