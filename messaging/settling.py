"""What became uncertain is asked about, and what waits for another decision is decided about."""

import logging
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from messaging import planning
from messaging import send_statements as sql
from messaging.announcing import Changed, announce
from messaging.gateway import Outage, Refused, Unclear, gateway
from messaging.models import Delivery, MessageClass, Source
from messaging.models.policy import policy_of, sends_mails_itself
from messaging.planning import OnCap, OnQuiet, Sending
from messaging.sending import Result, finish
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
# So many workers may die at a message, one after the other; so many calls may break off with it.
MOST_LOST: Final = 5
MOST_UNCLEAR: Final = 20


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

    What it has is handed over. What it never heard of goes back to the queue, once a call cannot be under way any more;
    so do mails of our own that were never begun. What goes wrong each time is given up in the end (ADR 102).
    """
    by_mail = sends_mails_itself(tenant, policy_of(tenant))
    with transaction.atomic(), connection.cursor() as cursor:
        parameters: Any = {"tenant": tenant.pk, "most": ASKED_AT_ONCE, "lease": ASK_LEASE, "by_mail": by_mail}
        cursor.execute(sql.ASK, parameters)
        rows = [Asked(*row) for row in cursor.fetchall()]
    keys = [one.key for one in rows if not one.is_unbegun_mail]
    known = gateway().look_up(str(tenant.pk), keys) if keys else {}
    results = [_answered(one, known.get(one.key), believed_after) for one in rows]
    finish([result for result in results if result.status != "UNKNOWN"])
    _ask_again(tenant, [result.id for result in results if result.status == "UNKNOWN"])
    return len(rows)


class Asked(NamedTuple):
    """A row whose fate is unknown, and since when."""

    id: int
    key: str
    lost_workers: int
    unclear_calls: int
    is_unbegun_mail: bool
    age: timedelta


def _answered(one: Asked, found: dict[str, Any] | None, believed_after: timedelta) -> Result:
    if found is not None:
        return Result(one.id, "HANDED_OVER", service_id=str(found.get("messageId") or "")[:100])
    if one.age < believed_after and not one.is_unbegun_mail:
        return Result(one.id, "UNKNOWN")
    if one.lost_workers >= MOST_LOST:
        return Result(
            one.id, "FAILED", "DEADLY", error=f"{MOST_LOST} workers in a row died while they sent it."
        )
    if one.unclear_calls >= MOST_UNCLEAR:
        return Result(one.id, "FAILED", "NO_ANSWER", error="The service never took it.")
    return Result(one.id, "PLANNED", error="It never left.")


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


def decide_deferred(tenant: Tenant, *, trial: UUID | None = None, now: datetime | None = None) -> int:
    """Decide anew about what is due again, source by source; returns how many rows.

    `trial`: only what this source of a trial has deferred, as of `now`; nobody is told.
    """
    touched = 0
    for _ in range(MOST_GROUPS):
        with transaction.atomic(), connection.cursor() as cursor:
            parameters: dict[str, Any] = {"tenant": tenant.pk, "now": now, "trial": trial}
            cursor.execute(sql.DEFERRED, parameters)
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
                is_trial=trial is not None,
            )
            planning.open_candidates(cursor)
            parameters |= {"source_id": source_id, "message_class": message_class}
            parameters |= {"one_per_mailbox": one_per_mailbox}
            cursor.execute(sql.STAGE_DEFERRED, parameters)
            rows = [Changed(*row) for row in planning.replan(cursor, sending, now=now)]
            if not rows:
                break  # somebody else is at them
            if trial is None:
                announce(row for row in rows if row.status == "SKIPPED")
            touched += len(rows)
    return touched
