"""Making all search documents of a club anew: after an upgrade that finds people by more than before."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from profiles.golden_rows.recomputing import store_documents
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.postgresql.plans import PLAN_FOR_BATCHES
from tenants.scope import current_tenant_id

# Nobody is taken in while one chunk is written, a fraction of a second.
CHUNK: Final = 1000
FIRST: Final = UUID(int=0)
COUNT: Final = """
SELECT count(*) FROM profiles_customerprofile WHERE tenant_id = %s AND status IN ('ACTIVE', 'INACTIVE')
"""
NEXT: Final = """
SELECT id FROM profiles_customerprofile
WHERE tenant_id = %s AND id > %s AND status IN ('ACTIVE', 'INACTIVE') ORDER BY id LIMIT %s
"""


def rebuild_documents(report: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Write the words of all customers of the open scope, chunk by chunk; returns how many there were.

    `report` is told how many are done, and of how many. May be stopped and run again, and runs beside all other work.
    """
    tenant_id = current_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [tenant_id])
        (total,) = cursor.fetchone()
    done, last = 0, FIRST
    while ids := _store_next(tenant_id, last):
        done, last = done + len(ids), ids[-1]
        report(done, total)
    return done


def _store_next(tenant_id: UUID, last: UUID) -> list[UUID]:
    """One transaction: who is new meanwhile has the greatest id, or documents of their own already."""
    with transaction.atomic(), connection.cursor() as cursor:
        lock_tenant(AdvisoryLock.IDENTITY)
        cursor.execute(NEXT, [tenant_id, last, CHUNK])
        ids = [profile_id for (profile_id,) in cursor.fetchall()]
        cursor.execute(PLAN_FOR_BATCHES)
        store_documents(cursor, tenant_id, ids)
    return ids
