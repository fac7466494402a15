"""How long a club keeps what: periods of its own, applied in short transactions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from tenants.action_log import log_action
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope

CHUNK: Final = 5_000
# In the club's settings, under this name: what is kept → days; left out or null: the default.
SETTING: Final = "retentionDays"
FEWEST_DAYS: Final = 30
MOST_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True)
class Period:
    """One kind of data: its name in the settings, how long it is kept by default (None: for ever), what ends it.

    `statement` sees `%(tenant)s`, `%(before)s` and `%(chunk)s` and touches at most a chunk of rows, none twice.
    """

    name: str
    default_days: int | None
    statement: str
    is_owners: bool = False


PERIODS: Final = (
    # Payments stay: accounting law outlasts any period of the club.
    Period(
        "activities",
        None,
        """
        DELETE FROM profiles_activity WHERE id IN (
            SELECT id FROM profiles_activity
            WHERE tenant_id = %(tenant)s AND occurred_at < %(before)s AND category <> 'PAYMENT' LIMIT %(chunk)s)
        """,
    ),
    Period(
        "notes",
        None,
        """
        DELETE FROM profiles_note WHERE id IN (
            SELECT id FROM profiles_note WHERE tenant_id = %(tenant)s AND created_at < %(before)s LIMIT %(chunk)s)
        """,
    ),
    # The row stays, so that the same event is still known as taken. Dead letters wait for staff.
    Period(
        "inboxPayloads",
        365,
        """
        UPDATE events_inboxevent SET envelope = '{"expired": true}', original_envelope = NULL
        WHERE id IN (
            SELECT id FROM events_inboxevent
            WHERE tenant_id = %(tenant)s AND received_at < %(before)s AND status IN ('SUCCESS', 'SKIPPED')
              AND envelope <> '{"expired": true}' LIMIT %(chunk)s)
        """,
    ),
    Period(
        "handledLetters",
        90,
        """
        DELETE FROM events_deadletter WHERE id IN (
            SELECT id FROM events_deadletter
            WHERE tenant_id = %(tenant)s AND handled_at < %(before)s LIMIT %(chunk)s)
        """,
    ),
    # As long as the domain log, from which they are made.
    Period(
        "webhookDeliveries",
        30,
        """
        WITH old AS (
            SELECT id FROM events_webhookdelivery
            WHERE tenant_id = %(tenant)s AND created_at < %(before)s LIMIT %(chunk)s
        ), attempts AS (
            DELETE FROM events_webhookattempt WHERE delivery_id IN (SELECT id FROM old)
        )
        DELETE FROM events_webhookdelivery WHERE id IN (SELECT id FROM old)
        """,
    ),
    # With its rows goes the possibility to take an import back. One at work waits.
    Period(
        "imports",
        180,
        """
        DELETE FROM profiles_memberimport WHERE id IN (
            SELECT id FROM profiles_memberimport
            WHERE tenant_id = %(tenant)s AND made_at < %(before)s
              AND status NOT IN ('CHECKING', 'RUNNING', 'UNDOING') LIMIT %(chunk)s)
        """,
    ),
    Period(
        "actionLog",
        1095,
        """
        DELETE FROM tenants_loggedaction WHERE id IN (
            SELECT id FROM tenants_loggedaction
            WHERE tenant_id = %(tenant)s AND at < %(before)s LIMIT %(chunk)s)
        """,
        is_owners=True,
    ),
)
BY_NAME: Final[Mapping[str, Period]] = {period.name: period for period in PERIODS}


def days_of(tenant: Tenant, period: Period) -> int | None:
    """How many days the tenant keeps it; None: for ever. What cannot be meant counts as the default."""
    given: Any = tenant.settings.get(SETTING, {})
    value = given.get(period.name) if isinstance(given, dict) else None
    if isinstance(value, int) and not isinstance(value, bool) and FEWEST_DAYS <= value <= MOST_DAYS:
        return value
    return period.default_days


def apply_retention(tenant: Tenant) -> dict[str, int]:
    """Delete or blank what is past its period, chunk by chunk, each its own transaction; returns rows by period.

    Idempotent: it goes by age. What was done stands in the action log.
    """
    counts: dict[str, int] = {}
    for period in PERIODS:
        days = days_of(tenant, period)
        if days is not None:
            done = _end(tenant, period, days)
            if done:
                counts[period.name] = done
    if counts:
        with tenant_scope(tenant):
            log_action("retention.applied", subject_kind="tenant", subject_id=tenant.pk, details=counts)
    return counts


def _end(tenant: Tenant, period: Period, days: int) -> int:
    before = timezone.now() - timedelta(days=days)
    parameters: dict[str, Any] = {"tenant": tenant.pk, "before": before, "chunk": CHUNK}
    total = 0
    while True:
        # The running program may not delete from the action log: that is done as `crm_all`.
        scope = all_tenants() if period.is_owners else tenant_scope(tenant)
        with scope, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(period.statement, parameters)
            touched = int(cursor.rowcount)
        total += touched
        if touched < CHUNK:
            return total
