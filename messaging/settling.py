"""What became uncertain is asked about, and what waits for another decision is decided about."""

import logging
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from messaging import planning
from messaging import send_statements as sql
from messaging.announcing import Changed, announce
from messaging.gateway import Outage, Refused, Unclear, gateway
from messaging.models import Delivery, MessageClass, SendPolicy, Source
from messaging.models.policy import policy_of
from messaging.planning import OnCap, OnQuiet, Sending
from messaging.sending import MOST_ATTEMPTS, Result, finish
from tenants.action_log import log_action
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope

logger = logging.getLogger(__name__)
ASKED_AT_ONCE: Final = 500
ASK_LEASE: Final = timedelta(seconds=60)
ASK_AGAIN: Final = timedelta(seconds=15)
# A call that timed out may still be worked on by the service: only then is "never heard of it" believed.
BELIEVED_AFTER: Final = timedelta(seconds=45)
MOST_GROUPS: Final = 50


def unsettled_tenants() -> list[UUID]:
    """Tenants with a lease that ended, a message to ask about, or a decision to make."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(sql.UNSETTLED)
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def settle(tenant: Tenant, *, believed_after: timedelta = BELIEVED_AFTER) -> int:
    """Settle what is uncertain or deferred in one tenant; returns how many rows were touched."""
    with tenant_scope(tenant):
        touched = _note_lost(tenant)
        touched += decide_deferred(tenant)
        try:
            touched += ask(tenant, believed_after=believed_after)
        except (Outage, Unclear, Refused) as problem:
            logger.warning("what became of messages cannot be asked yet: %s", problem)
    return touched


def settle_tenant(tenant_id: UUID) -> int:
    """The same by the tenant's id."""
    return settle(Tenant.objects.get(pk=tenant_id))


def _note_lost(tenant: Tenant) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.LOST, [tenant.pk])
        rows = [Changed(*row) for row in cursor.fetchall()]
        announce(rows)
    return len(rows)


def ask(tenant: Tenant, *, believed_after: timedelta = BELIEVED_AFTER) -> int:
    """Ask the service by their keys about messages whose fate is unknown; returns how many. Raises as the gateway.

    What it has is handed over. What it never heard of goes back to the queue, once a call cannot be under way any more.
    """
    by_mail = policy_of(tenant).backend == SendPolicy.Backend.MAIL
    with transaction.atomic(), connection.cursor() as cursor:
        parameters: Any = {"tenant": tenant.pk, "most": ASKED_AT_ONCE, "lease": ASK_LEASE, "by_mail": by_mail}
        cursor.execute(sql.ASK, parameters)
        rows = cursor.fetchall()
    if rows:
        known = gateway().look_up(str(tenant.pk), [key for _, key, _, _ in rows])
        results = [
            _answered(row_id, attempts, known.get(key), age, believed_after)
            for row_id, key, attempts, age in rows
        ]
        finish([result for result in results if result.status != "UNKNOWN"])
        _ask_again(tenant, [result.id for result in results if result.status == "UNKNOWN"])
    return len(rows)


def _answered(
    row_id: int, attempts: int, found: dict[str, Any] | None, age: timedelta, believed_after: timedelta
) -> Result:
    if found is not None:
        return Result(row_id, "HANDED_OVER", service_id=str(found.get("messageId") or "")[:100])
    if age < believed_after:
        return Result(row_id, "UNKNOWN")
    if attempts >= MOST_ATTEMPTS:
        return Result(row_id, "FAILED", "NO_ANSWER", error="The service never took it.")
    return Result(row_id, "PLANNED", error="The service never heard of it.")


def _ask_again(tenant: Tenant, ids: list[int]) -> None:
    parameters: Any = {"again": ASK_AGAIN, "tenant": tenant.pk, "ids": ids}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_delivery SET leased_until = clock_timestamp() + %(again)s"
            " WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s) AND status = 'UNKNOWN'",
            parameters,
        )


class HandAnswer(StrEnum):
    """What a person found out about a message whose fate is unknown."""

    SENT = "sent"
    NOT_SENT = "again"
    NEVER = "never"


@transaction.atomic
def settle_by_hand(delivery_id: int, answer: HandAnswer) -> bool:
    """Note what a person found in the mail server's own log; false where the fate is known meanwhile.

    NOT_SENT puts the message back into the queue, NEVER ends it.
    """
    row = Delivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id, status="UNKNOWN").first()
    if row is None:
        return False
    result = {
        HandAnswer.SENT: Result(row.pk, "HANDED_OVER"),
        HandAnswer.NOT_SENT: Result(row.pk, "PLANNED", error="By hand: it never left."),
        HandAnswer.NEVER: Result(row.pk, "FAILED", "NO_ANSWER", error="By hand: not sent again."),
    }[answer]
    finish([result])
    log_action(
        "message.settled",
        subject_kind="customer",
        subject_id=row.profile_id,
        details={"answer": answer.value},
    )
    return True


def ask_soon(delivery_id: int) -> bool:
    """Let the sweep ask the service about an unknown message at once; false where its fate is known meanwhile."""
    rows = Delivery.objects.filter(pk=delivery_id, status="UNKNOWN")
    return rows.update(leased_until=timezone.now()) == 1


def decide_deferred(tenant: Tenant) -> int:
    """Decide anew about what is due again, source by source; returns how many rows."""
    touched = 0
    for _ in range(MOST_GROUPS):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.DEFERRED, [tenant.pk])
            group = cursor.fetchone()
            if group is None:
                break
            source, source_id, message_class, quiet, cap, one_per_mailbox = group
            sending = Sending(
                source=Source(source),
                source_id=source_id,
                message_class=MessageClass(message_class),
                on_quiet=OnQuiet.DEFER if quiet else OnQuiet.SKIP,
                on_cap=OnCap.DEFER if cap else OnCap.SKIP,
                one_per_mailbox=one_per_mailbox,
            )
            planning.open_candidates(cursor)
            parameters: Any = {"tenant": tenant.pk, "source_id": source_id, "message_class": message_class}
            parameters |= {"one_per_mailbox": one_per_mailbox}
            cursor.execute(sql.STAGE_DEFERRED, parameters)
            rows = [Changed(*row) for row in planning.replan(cursor, sending)]
            if not rows:
                break  # somebody else is at them
            announce(row for row in rows if row.status == "SKIPPED")
            touched += len(rows)
    return touched
