"""Second chances for accepted events: replaying them, repairing what they say, skipping them.

Replaying is harmless: facts converge, and the ingestion sees by `processed_at` that an event came by before
and does not count its activities again.
"""

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from events.admission import tenant_of
from events.catalogue.registry import NORMAL, canonical
from events.debounce import PROCESS_INBOX, enqueue_on_commit
from events.desk_log import log_if_of_a_club
from events.envelope import receive
from events.models import ErrorCode, InboxEvent, InboxStatus
from tenants.errors import ConflictError, InvalidError, NotFoundError
from tenants.models import User

logger = logging.getLogger(__name__)

CHUNK: Final = 5000
# An event that waits for its first attempt needs no second one.
REPLAYABLE: Final = (InboxStatus.DEAD, InboxStatus.FAILED, InboxStatus.SKIPPED, InboxStatus.SUCCESS)
# What was applied cannot be made undone by saying something else.
REPAIRABLE: Final = (InboxStatus.DEAD, InboxStatus.FAILED, InboxStatus.SKIPPED)
SKIPPABLE: Final = (InboxStatus.DEAD, InboxStatus.FAILED)
FRESH: Final[Mapping[str, Any]] = {
    "status": InboxStatus.PENDING,
    "attempts": 0,
    "due_at": None,
    "error_code": "",
    "error_field": "",
    "error_message": "",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Events to replay; what is None or empty does not narrow the choice. `since` is the time of receipt."""

    statuses: Collection[str] = (InboxStatus.DEAD,)
    ids: Collection[int] = ()
    type: str | None = None
    code: str | None = None
    since: datetime | None = None

    def rows(self) -> QuerySet[InboxEvent]:
        """The rows chosen, of the open scope."""
        rows = InboxEvent.objects.filter(status__in=[one for one in self.statuses if one in REPLAYABLE])
        # What was erased has no content any more.
        rows = rows.exclude(error_code=ErrorCode.ERASED_PERSON)
        if self.ids:
            rows = rows.filter(pk__in=self.ids)
        if self.type:
            known = canonical(self.type)
            rows = rows.filter(type=known.name if known else self.type)
        if self.code:
            rows = rows.filter(error_code=self.code)
        if self.since:
            rows = rows.filter(received_at__gte=self.since)
        return rows


def replay(selection: Selection) -> Counter[UUID]:
    """Let the chosen events of the open scope be processed anew, with all attempts; returns how many per tenant.

    In transactions of at most CHUNK rows; each changes only what still is as it was chosen.
    """
    replayed: Counter[UUID] = Counter()
    last = 0
    while chunk := list(
        selection.rows().filter(pk__gt=last).order_by("pk").values_list("pk", "tenant_id")[:CHUNK]
    ):
        last = chunk[-1][0]
        tenants = {tenant_id for _, tenant_id in chunk}
        with transaction.atomic():
            for tenant_id in sorted(tenants):
                ids = [row_id for row_id, owner in chunk if owner == tenant_id]
                replayed[tenant_id] += selection.rows().filter(pk__in=ids).update(**FRESH)
                enqueue_on_commit(PROCESS_INBOX, str(tenant_id))
    log_if_of_a_club("event.replayed", replayed.total())
    return +replayed


def repair_event(row_id: int, envelope: Mapping[str, Any], *, by: User) -> None:
    """Let an event that could not be applied say something else, and process it anew.

    The first original stays in `original_envelope`. Id, source and tenant must stay. Works in the open scope.
    Raises EnvelopeRefused, InvalidError, NotFoundError, and ConflictError when the event is not waiting for
    repair.
    """
    row = _row(row_id)
    received = receive(dict(envelope), now=timezone.now())
    repaired = received.envelope
    for field, is_same in (
        ("id", repaired.id == row.event_id),
        ("source", repaired.source == row.source),
        ("tenantId", tenant_of(repaired) == row.tenant_id),
    ):
        if not is_same:
            raise InvalidError(f"{field} must stay as it is: it says which event this is.", field=field)
    known = canonical(repaired.type)
    changes: dict[str, Any] = {
        **FRESH,
        "envelope": dict(envelope),
        "original_envelope": Coalesce(F("original_envelope"), F("envelope")),
        "type": repaired.type,
        "occurred_at": repaired.occurred_at,
        # Somebody waits for it, even if it came with a backfill.
        "priority": known.priority if known else NORMAL,
    }
    with transaction.atomic():
        _change(row, REPAIRABLE, changes)
        enqueue_on_commit(PROCESS_INBOX, str(row.tenant_id))
        log_if_of_a_club("event.repaired", 1, row_id)
    logger.info("event repaired", extra={"inbox_id": row_id, "user_id": by.pk})


def skip_event(row_id: int, *, by: User) -> None:
    """Give an event up that could not be applied; its reason stays readable. Works in the open scope.

    Raises NotFoundError, and ConflictError when the event has not failed.
    """
    with transaction.atomic():
        _change(_row(row_id), SKIPPABLE, {"status": InboxStatus.SKIPPED, "due_at": None})
        log_if_of_a_club("event.skipped", 1, row_id)
    logger.info("event skipped", extra={"inbox_id": row_id, "user_id": by.pk})


def _row(row_id: int) -> InboxEvent:
    row: InboxEvent | None = InboxEvent.objects.filter(pk=row_id).first()
    if row is None:
        raise NotFoundError("There is no such event.")
    return row


def _change(row: InboxEvent, statuses: Collection[str], changes: Mapping[str, Any]) -> None:
    """Change a row that still has one of the statuses."""
    if InboxEvent.objects.filter(pk=row.pk, status__in=statuses).update(**changes) == 0:
        status = InboxEvent.objects.values_list("status", flat=True).get(pk=row.pk)
        allowed = ", ".join(statuses)
        raise ConflictError(
            f"The event is {status}; this is possible only for {allowed}.", code="WRONG_STATUS"
        )
