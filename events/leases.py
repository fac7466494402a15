"""Work that is a row: claimed for a while, renewed by whoever works on it, given up after too many attempts.

A table of work has the columns `leased_until` (a time, null: nobody is at it) and `attempts` (a number). Whoever claims
rows is at them until the lease ends; a worker that dies loses its lease, and another one goes on. The lease itself is
the token: only who still holds it may renew it or say how the work ended.

Tenants have turns: a sweep wakes one short task for each tenant that has something due (`tenants_with_work`), a task
claims a bounded number of rows, and a tenant with more to do goes to the back of the queue.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from tenants.scope import all_tenants, current_tenant_id

FREE: Final = "(row.leased_until IS NULL OR row.leased_until <= clock_timestamp())"
# Materialised, because a sub-select that is run again for each row would take others than those it locked.
CLAIM: Final = """
WITH due AS MATERIALIZED (
    SELECT row.{key} FROM {table} AS row
    WHERE row.tenant_id = %(tenant)s AND {waits} AND {free} {narrowed}
    ORDER BY {order} LIMIT %(most)s FOR UPDATE OF row SKIP LOCKED
)
UPDATE {table} AS row
SET leased_until = clock_timestamp() + %(seconds)s, attempts = row.attempts + 1{sets}
FROM due WHERE row.tenant_id = %(tenant)s AND row.{key} = due.{key}
RETURNING row.{key}, row.leased_until, row.attempts
"""
RENEW: Final = """
UPDATE {table} AS row SET leased_until = clock_timestamp() + %(seconds)s
WHERE row.tenant_id = %(tenant)s AND row.{key} = ANY(%(keys)s) AND row.leased_until = ANY(%(leases)s)
RETURNING row.{key}, row.leased_until, row.attempts
"""
END: Final = """
UPDATE {table} AS row SET leased_until = NULL{sets}
WHERE row.tenant_id = %(tenant)s AND row.{key} = ANY(%(keys)s) AND row.leased_until = ANY(%(leases)s)
RETURNING row.{key}
"""
GIVE_UP: Final = """
UPDATE {table} AS row SET leased_until = NULL{sets}
WHERE row.tenant_id = %(tenant)s AND {waits} AND {free} AND row.attempts >= %(most)s
RETURNING row.{key}
"""
TENANTS_WITH_WORK: Final = """
SELECT t.id FROM tenants_tenant AS t
WHERE t.is_active AND EXISTS (SELECT FROM {table} AS row WHERE row.tenant_id = t.id AND {waits} AND {free})
ORDER BY t.id
"""


class Claim(NamedTuple):
    """A row that is ours until `leased_until`; `attempts` counts this one."""

    key: Any
    leased_until: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class LeasedTable:
    """How one table's rows are claimed.

    `waits`: the condition (alias `row`) of rows that somebody should work on, such as
    `row.status = 'PLANNED' AND row.due_at <= now()`; give it an index that leads with the tenant. `order`: who comes
    first. `claimed`: assignments at the claim (`status = 'CLAIMED'`). `most_attempts`: a row that was claimed so often
    and never ended is given up with the assignments `given_up`.
    """

    table: str
    waits: str
    order: str = "row.id"
    seconds: float = 120
    claimed: str = ""
    most_attempts: int | None = None
    given_up: str = ""
    key: str = "id"

    def claim(self, *, most: int, only: Collection[Any] | None = None, **values: Any) -> list[Claim]:
        """Claim up to `most` rows of the open scope's tenant, or among `only` these; none that others work on.

        Rows that used up their attempts are given up first. `values`: parameters of `waits`. Order is not kept.
        """
        if self.most_attempts is not None:
            self.give_up(**values)
        narrowed = "" if only is None else f"AND row.{self.key} = ANY(%(only)s)"
        rows = self._run(
            CLAIM, narrowed=narrowed, sets=_also(self.claimed), most=most, only=list(only or ()), **values
        )
        return [Claim(*row) for row in rows]

    def claim_one(self, key: Any, **values: Any) -> Claim | None:
        """Claim this row; None when somebody is at it, or nothing is to be done."""
        return next(iter(self.claim(most=1, only=[key], **values)), None)

    def renew(self, claims: Sequence[Claim]) -> list[Claim]:
        """Hold rows for another while; those that were lost meanwhile are missing from the answer."""
        return [Claim(*row) for row in self._run(RENEW, **_held(claims))]

    def end(self, claims: Sequence[Claim], *, sets: str, **values: Any) -> set[Any]:
        """Say how the work ended, by assignments (`status = 'DONE'`); returns the keys that were still ours."""
        return {key for (key,) in self._run(END, sets=_also(sets), **_held(claims), **values)}

    def give_up(self, **values: Any) -> list[Any]:
        """End rows whose attempts are used up and whose last worker is gone; returns their keys."""
        rows = self._run(GIVE_UP, sets=_also(self.given_up), most=self.most_attempts, **values)
        return [key for (key,) in rows]

    def tenants_with_work(self, **values: Any) -> list[UUID]:
        """The active tenants for which somebody could claim something now."""
        with all_tenants(), connection.cursor() as cursor:
            cursor.execute(self._sql(TENANTS_WITH_WORK), values or None)
            return [tenant_id for (tenant_id,) in cursor.fetchall()]

    def _sql(self, statement: str, **parts: str) -> str:
        mine = {
            "table": self.table,
            "key": self.key,
            "waits": f"({self.waits})",
            "order": self.order,
            "free": FREE,
        }
        return statement.format(**mine, **parts)

    def _run(self, statement: str, *, narrowed: str = "", sets: str = "", **values: Any) -> list[Any]:
        given = {"tenant": current_tenant_id(), "seconds": timedelta(seconds=self.seconds), **values}
        with connection.cursor() as cursor:
            cursor.execute(self._sql(statement, narrowed=narrowed, sets=sets), given)
            return list(cursor.fetchall())


def _also(assignments: str) -> str:
    return f", {assignments}" if assignments else ""


def _held(claims: Sequence[Claim]) -> dict[str, Any]:
    return {"keys": [claim.key for claim in claims], "leases": [claim.leased_until for claim in claims]}
