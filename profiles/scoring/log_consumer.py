"""Whoever was touched is scored within seconds: the log says whom, a task scores them, each once however often touched.

While a club's inbox is far behind, its scores wait: they would be wrong again with the next batch, and would slow it.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from events.consumers import Entry
from events.debounce import enqueue_debounced, enqueue_on_commit
from events.inbox import is_far_behind
from profiles.scoring.people import score_customers
from profiles.scoring.statements import NOTE_DUE
from tenants.models import Tenant
from tenants.postgresql.plans import any_club
from tenants.scope import all_tenants, tenant_scope

NAME: Final = "scoring"
BATCH_SIZE: Final = 2_000
SCORE_TOUCHED: Final = "profiles.score_touched"
# By their places: rows that were deleted lie about in this table, and each would be looked at once for each person.
TAKE_TOUCHED = """
DELETE FROM profiles_scoredue WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM profiles_scoredue WHERE tenant_id = %s
    ORDER BY profile_id LIMIT %s FOR UPDATE SKIP LOCKED))
RETURNING profile_id
"""
WAITING = """
SELECT t.id FROM tenants_tenant AS t WHERE EXISTS (SELECT FROM profiles_scoredue AS d WHERE d.tenant_id = t.id)
"""


def follow(tenant: Tenant, entries: Sequence[Entry]) -> None:
    """Note whom the entries concern, and let a worker score them after the commit."""
    touched = {profile_id for entry in entries for profile_id in _concerned(entry)}
    if not touched:
        return
    with connection.cursor() as cursor:
        cursor.execute(NOTE_DUE, {"tenant": tenant.pk, "ids": list(touched)})
    enqueue_on_commit(SCORE_TOUCHED, str(tenant.pk))


@any_club()
def score_touched(tenant_id: UUID) -> bool:
    """Score up to BATCH_SIZE of a club's people who wait for it; returns whether more of them may wait.

    In one transaction with taking them off the list, so that nobody is forgotten. False as well while the club's inbox
    is far behind.
    """
    with tenant_scope(tenant_id):
        if is_far_behind():
            return False
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(TAKE_TOUCHED, [tenant_id, BATCH_SIZE])
            ids = sorted(profile_id for (profile_id,) in cursor.fetchall())
            score_customers(ids)
    return len(ids) == BATCH_SIZE


def sweep_waiting() -> None:
    """Wake a worker for each club in which somebody waits; what a lost wake-up or a full inbox left."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(WAITING)
        for (tenant_id,) in cursor.fetchall():
            enqueue_debounced(SCORE_TOUCHED, str(tenant_id))


def _concerned(entry: Entry) -> list[UUID]:
    others = [entry.data[name] for name in ("loserId", "restoredId") if name in entry.data]
    return [*([entry.profile_id] if entry.profile_id else []), *map(UUID, others)]
