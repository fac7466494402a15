"""A club that has just come in, and statistics that do not know it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from crm_platform.bench.mix import mixed_events
from crm_platform.bench.newclub import new_people
from events import consumers
from events.consumers import registry
from events.envelope import receive
from events.inbox import accept
from events.models import Door
from profiles.club import Club as ClubRules
from profiles.ingest.batch import process_batch
from tenants.models import Tenant
from tenants.postgresql.base import as_owner
from tests.events.logbook import settle

BATCH: Final = 2_000
TABLES: Final = """
SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'r'
"""


@contextmanager
def nobody_analyses() -> Iterator[None]:
    """Statistics are as in a new database, and stay so."""
    as_superuser("ALTER TABLE {} SET (autovacuum_enabled = off)")
    as_superuser("SELECT pg_clear_relation_stats('crm', '{}')")
    as_superuser("DELETE FROM pg_statistic WHERE starelid = '{}'::regclass")
    try:
        yield
    finally:
        as_superuser("ALTER TABLE {} RESET (autovacuum_enabled)")


def analyse() -> None:
    """Let the planner know whoever is there."""
    as_superuser("ANALYZE {}")


def as_superuser(statement: str) -> None:
    """Run a statement for each table."""
    with as_owner():
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            cursor.execute(";".join(statement.format(name) for (name,) in cursor.fetchall()))
        connection.close()


def take_in(tenant: Tenant, *, people: int, events: int) -> None:
    """Put everybody into the inbox as three services know them, then what they did."""
    now = timezone.now()
    told: list[dict[str, Any]] = list(new_people(people, now - timedelta(days=121)))
    told += [one.event for one in mixed_events(events - len(told), people, now=now)]
    for start in range(0, len(told), BATCH):
        part = [{**event, "tenantId": tenant.slug} for event in told[start : start + BATCH]]
        accept([(tenant.pk, receive(event, now=now)) for event in part], door=Door.HTTP)


def read_log(tenant: Tenant) -> None:
    """Let every consumer read to the end."""
    settle()
    is_busy = True
    while is_busy:
        turns = [consumers.run(name, tenant.pk) for name in registry.registrations()]
        is_busy = any(turns)


def work_off(tenant: Tenant, events: int) -> None:
    """Apply so many events of the inbox."""
    club = ClubRules.of(tenant)
    assert sum(process_batch(club, min(events, BATCH)) for _ in range(max(events // BATCH, 1))) == events
