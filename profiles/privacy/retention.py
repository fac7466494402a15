"""How long a club keeps what: periods of its own, applied in short transactions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from profiles.errors import InvalidFields
from tenants.action_log import log_action
from tenants.directory import forget_tenants
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope

CHUNK: Final = 5_000
MOST_COUNTED: Final = 100_000
# In the club's settings, under this name: what is kept → days; left out or null: the default.
SETTING: Final = "retentionDays"
FEWEST_DAYS: Final = 30
MOST_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True)
class Period:
    """One kind of data: its name in the settings, how long it is kept by default (None: for ever), what ends it.

    `past` selects the ids of rows past their period (`%(tenant)s`, `%(before)s`); `end` does away with those that stand
    in `past`, a chunk at a time, so that none is found twice.
    """

    name: str
    label: str
    explained: str
    default_days: int | None
    past: str
    end: str
    is_owners: bool = False

    @property
    def statement(self) -> str:
        """Ends at most `%(chunk)s` rows."""
        return f"WITH past AS ({self.past} LIMIT %(chunk)s) {self.end}"

    @property
    def count(self) -> str:
        """How many rows are past their period, counted up to `%(chunk)s`."""
        return f"SELECT count(*) FROM ({self.past} LIMIT %(chunk)s) AS past"


PERIODS: Final = (
    # Payments stay: accounting law outlasts any period of the club.
    Period(
        "activities",
        "Activities",
        "Rows of the timelines are deleted; payments stay for accounting.",
        None,
        """
        SELECT id FROM profiles_activity
        WHERE tenant_id = %(tenant)s AND occurred_at < %(before)s AND category <> 'PAYMENT'
        """,
        "DELETE FROM profiles_activity WHERE id IN (SELECT id FROM past)",
    ),
    Period(
        "notes",
        "Notes",
        "What staff wrote about customers is deleted.",
        None,
        "SELECT id FROM profiles_note WHERE tenant_id = %(tenant)s AND created_at < %(before)s",
        "DELETE FROM profiles_note WHERE id IN (SELECT id FROM past)",
    ),
    # The row stays, so that the same event is still known as taken. Dead letters wait for staff.
    Period(
        "inboxPayloads",
        "Events as they came",
        "Their content goes; the event is still known as taken.",
        365,
        """
        SELECT id FROM events_inboxevent
        WHERE tenant_id = %(tenant)s AND received_at < %(before)s AND status IN ('SUCCESS', 'SKIPPED')
          AND envelope <> '{"expired": true}'
        """,
        """
        UPDATE events_inboxevent SET envelope = '{"expired": true}', original_envelope = NULL
        WHERE id IN (SELECT id FROM past)
        """,
    ),
    Period(
        "handledLetters",
        "Dead letters that were handled",
        "They are deleted.",
        90,
        "SELECT id FROM events_deadletter WHERE tenant_id = %(tenant)s AND handled_at < %(before)s",
        "DELETE FROM events_deadletter WHERE id IN (SELECT id FROM past)",
    ),
    # As long as the domain log, from which they are made.
    Period(
        "webhookDeliveries",
        "Deliveries of webhooks",
        "They are deleted with their attempts.",
        30,
        "SELECT id FROM events_webhookdelivery WHERE tenant_id = %(tenant)s AND created_at < %(before)s",
        """, attempts AS (
            DELETE FROM events_webhookattempt WHERE delivery_id IN (SELECT id FROM past)
        )
        DELETE FROM events_webhookdelivery WHERE id IN (SELECT id FROM past)
        """,
    ),
    # With its rows goes the possibility to take an import back. One at work waits.
    Period(
        "imports",
        "Imports",
        "Their rows are deleted; they can then no longer be taken back.",
        180,
        """
        SELECT id FROM profiles_memberimport
        WHERE tenant_id = %(tenant)s AND made_at < %(before)s
          AND status NOT IN ('CHECKING', 'RUNNING', 'UNDOING')
        """,
        "DELETE FROM profiles_memberimport WHERE id IN (SELECT id FROM past)",
    ),
    Period(
        "actionLog",
        "Action log",
        "Who saw, changed and exported what is deleted.",
        1095,
        "SELECT id FROM tenants_loggedaction WHERE tenant_id = %(tenant)s AND at < %(before)s",
        "DELETE FROM tenants_loggedaction WHERE id IN (SELECT id FROM past)",
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


def check_periods(days: Mapping[str, int | None]) -> None:
    """Raise InvalidFields where a period cannot be meant; None is the default."""
    problems = dict.fromkeys(days.keys() - BY_NAME.keys(), "There is no such period.")
    for name in days.keys() & BY_NAME.keys():
        value = days[name]
        if value is not None and not FEWEST_DAYS <= value <= MOST_DAYS:
            problems[name] = (
                f"Write whole days from {FEWEST_DAYS} to {MOST_DAYS:,}, or nothing for the default."
            )
    if problems:
        raise InvalidFields(problems)


def set_periods(tenant_id: UUID, days: Mapping[str, int | None]) -> Tenant:
    """Store a club's periods, None for the default; the next night goes by them. Raises InvalidFields."""
    check_periods(days)
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
        before = {name: days_of(tenant, BY_NAME[name]) for name in days}
        kept: Any = tenant.settings.get(SETTING)
        kept = {**(kept if isinstance(kept, dict) else {}), **days}
        tenant.settings = {
            **tenant.settings,
            SETTING: {name: value for name, value in kept.items() if value is not None},
        }
        changed = sorted(name for name in days if days_of(tenant, BY_NAME[name]) != before[name])
        if changed:
            tenant.save(update_fields=["settings"])
            details = {name: days_of(tenant, BY_NAME[name]) for name in changed}
            log_action("retention.changed", subject_kind="tenant", subject_id=tenant.pk, details=details)
            transaction.on_commit(forget_tenants)
    return tenant


def count_past(tenant_id: UUID, days: Mapping[str, int | None]) -> dict[str, int]:
    """How many rows would go by these periods (None: the default), each counted up to MOST_COUNTED."""
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        for period in PERIODS:
            kept = days.get(period.name) or period.default_days
            if kept is not None:
                before = timezone.now() - timedelta(days=kept)
                cursor.execute(period.count, {"tenant": tenant_id, "before": before, "chunk": MOST_COUNTED})
                counts[period.name] = cursor.fetchone()[0]
    return counts


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
