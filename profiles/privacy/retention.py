"""How long a club keeps what: periods of its own, applied in short transactions."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.utils import timezone

from profiles.errors import InvalidFields
from tenants.action_log import log_action
from tenants.declarations import from_the_top
from tenants.directory import forget_tenants
from tenants.extension import Period
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope

logger = logging.getLogger(__name__)
CHUNK: Final = 5_000
# In the action log, beside the rows by period: the periods that could not be applied.
FAILED: Final = "notApplied"
MOST_COUNTED: Final = 100_000
# In the club's settings, under this name: what is kept → days; left out or null: the default.
SETTING: Final = "retentionDays"
FEWEST_DAYS: Final = 30
MOST_DAYS: Final = 36_500


def periods() -> dict[str, Period]:
    """Name → period, of all apps: those of the highest floor first."""
    return {period.name: period for period in from_the_top("periods")}


def days_of(tenant: Tenant, period: Period) -> int | None:
    """How many days the tenant keeps it; None: for ever. What cannot be meant counts as the default."""
    given: Any = tenant.settings.get(SETTING, {})
    value = given.get(period.name) if isinstance(given, dict) else None
    if isinstance(value, int) and not isinstance(value, bool) and FEWEST_DAYS <= value <= MOST_DAYS:
        return value
    return period.default_days


def check_periods(days: Mapping[str, int | None]) -> None:
    """Raise InvalidFields where a period cannot be meant; None is the default."""
    problems = dict.fromkeys(days.keys() - periods().keys(), "There is no such period.")
    for name in days.keys() & periods().keys():
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
        before = {name: days_of(tenant, periods()[name]) for name in days}
        kept: Any = tenant.settings.get(SETTING)
        kept = {**(kept if isinstance(kept, dict) else {}), **days}
        tenant.settings = {
            **tenant.settings,
            SETTING: {name: value for name, value in kept.items() if value is not None},
        }
        changed = sorted(name for name in days if days_of(tenant, periods()[name]) != before[name])
        if changed:
            tenant.save(update_fields=["settings"])
            details = {name: days_of(tenant, periods()[name]) for name in changed}
            log_action("retention.changed", subject_kind="tenant", subject_id=tenant.pk, details=details)
            transaction.on_commit(forget_tenants)
    return tenant


def count_past(tenant_id: UUID, days: Mapping[str, int | None]) -> dict[str, int]:
    """How many rows would go by these periods (None: the default), each counted up to MOST_COUNTED."""
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        for period in periods().values():
            kept = days.get(period.name) or period.default_days
            if kept is not None:
                before = timezone.now() - timedelta(days=kept)
                cursor.execute(period.count, {"tenant": tenant_id, "before": before, "chunk": MOST_COUNTED})
                counts[period.name] = cursor.fetchone()[0]
    return counts


def apply_retention(tenant: Tenant) -> dict[str, int]:
    """Delete or blank what is past its period, chunk by chunk, each its own transaction; returns rows by period.

    Each period stands alone. Idempotent: it goes by age. What was done, and which periods failed, stands in the action
    log.
    """
    counts: dict[str, int] = {}
    failed: list[str] = []
    for period in periods().values():
        days = days_of(tenant, period)
        if days is not None and not _ended(tenant, period, days, counts):
            failed.append(period.name)
    told: dict[str, Any] = {**counts, FAILED: failed} if failed else dict(counts)
    if told:
        with tenant_scope(tenant):
            log_action("retention.applied", subject_kind="tenant", subject_id=tenant.pk, details=told)
    return counts


def _ended(tenant: Tenant, period: Period, days: int, counts: dict[str, int]) -> bool:
    """Whether the period was applied; where not, the log says why, and the next night tries again."""
    try:
        _end(tenant, period, days, counts)
    except SoftTimeLimitExceeded:
        # The night is over for all of them.
        raise
    except Exception:
        # Whatever is wrong with one table, the others have their turn.
        if not connection.is_usable():
            raise
        logger.exception(
            "a period was not applied", extra={"period": period.name, "tenant_id": str(tenant.pk)}
        )
        return False
    return True


def _end(tenant: Tenant, period: Period, days: int, counts: dict[str, int]) -> None:
    """Chunk by chunk; adds to the counts what is done, also where a later chunk fails."""
    before = timezone.now() - timedelta(days=days)
    parameters: dict[str, Any] = {"tenant": tenant.pk, "before": before, "chunk": CHUNK, "after": 0}
    while True:
        # The running program may not delete from the action log: that is done as `crm_all`.
        scope = all_tenants() if period.is_owners else tenant_scope(tenant)
        with scope, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(period.statement, parameters)
            touched = int(cursor.rowcount)
            if touched and period.keeps_rows:
                parameters["after"] = max(row_id for (row_id,) in cursor.fetchall())
        if touched:
            counts[period.name] = counts.get(period.name, 0) + touched
        if touched < CHUNK:
            return
