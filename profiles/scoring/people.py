"""Scoring a chunk of people: measure, store what differs, tell who is in danger."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events import log
from events.log import LogEntry
from profiles import cache
from profiles.log_kinds import LogKind
from profiles.scoring import statements as sql
from profiles.scoring.rules import Rules
from profiles.scoring.versions import current_rules
from tenants.directory import tenant_by_id
from tenants.models import Tenant
from tenants.postgresql.commits import ASYNC_COMMIT
from tenants.postgresql.plans import any_club
from tenants.scope import current_tenant_id

# Somebody whose profile moves under our hands again and again is noted for the next turn.
ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Scorer:
    """How and when to score: one club's rules and tiers, and one clock for everybody."""

    tenant: Tenant
    rules: Rules
    rules_version: int
    now: datetime

    @classmethod
    def of_scope(cls, now: datetime | None = None) -> Self:
        """For the open scope's club, by its newest rules."""
        tenant = tenant_by_id(current_tenant_id())
        version, rules = current_rules()
        return cls(tenant, rules, version, now or timezone.now())

    @any_club()
    def score(self, ids: Collection[UUID]) -> int:
        """Score these customers; returns how many had other scores or figures before.

        In one transaction, which waits for nobody's hold on a customer: who is held is scored by the next turn of
        `score_touched`. Those who were merged or erased lose their scores.
        """
        if not ids:
            return 0
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.FORGET_RETIRED, self.values(ids=list(ids)))
            return self._score(cursor, sql.SOME, {"ids": list(ids)}, ATTEMPTS)

    def score_range(self, after: UUID | None, until: UUID) -> int:
        """Score everybody whose id lies above `after` and up to `until`; as `score`."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ASYNC_COMMIT)
            return self._score(cursor, sql.RANGE, {"after": after or UUID(int=0), "until": until}, ATTEMPTS)

    def _score(self, cursor: Any, chosen: str, values: dict[str, Any], attempts: int) -> int:
        values = self.values(**values)
        sql.SCORED.fill(cursor, ())
        cursor.execute(sql.PLAN_TO_MEASURE)
        cursor.execute(sql.measure(self.rules, chosen), values)
        cursor.execute(sql.PLAN_TO_STORE)
        cursor.execute(sql.STORE_PROFILES, values)
        stored = cursor.fetchall()
        changed = {profile_id for profile_id, _ in stored}
        if changed:
            log.wake_consumers()
        cursor.execute(sql.MOVED_ON, values)
        moved_on = [profile_id for (profile_id,) in cursor.fetchall() if profile_id not in changed]
        if moved_on:
            cursor.execute(sql.DROP_MOVED, {"ids": moved_on})
        cursor.execute(sql.DROP_SAME, values)
        cursor.execute(sql.STORE_REASONS, values)
        log.append(
            LogEntry(LogKind.CHURN_RISK_HIGH, profile_id, {})
            for profile_id, is_crossing in stored
            if is_crossing
        )
        cache.forget(changed)
        if moved_on and attempts > 1:
            return len(changed) + self._score(cursor, sql.SOME, {"ids": moved_on}, attempts - 1)
        if moved_on:
            cursor.execute(sql.NOTE_DUE, {"tenant": self.tenant.pk, "ids": moved_on})
        return len(changed)

    def values(self, **more: Any) -> dict[str, Any]:
        """The parameters of the statements."""
        return {
            "tenant": self.tenant.pk,
            "tiers": self.tiers,
            "rules": self.rules_version,
            "now": self.now,
            "day": self.now.astimezone(self.tenant.zone).date(),
            **{f"d{days}": self.now - timedelta(days=days) for days in (30, 90, 120)},
            **more,
        }

    @property
    def tiers(self) -> list[str]:
        """The club's tiers, the highest first."""
        return [str(tier) for tier in self.tenant.tier_order]


def score_customers(ids: Collection[UUID], *, now: datetime | None = None) -> int:
    """Score these customers of the open scope now; returns how many changed."""
    return Scorer.of_scope(now).score(ids)
