"""No hot statement of the ingestion depends on fresh statistics.

A club that nobody has seen has just got 30,000 events. Nobody analyses its tables: either nothing in the database was
ever analysed, or only the clubs that were there before. What each statement reads for a small batch must then be
about the batch, and not about the club.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
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
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.crm_platform.statement_plans import Scan, watched_statements
from tests.events.logbook import settle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_server")]
EVENTS: Final = 30_000
PEOPLE: Final = 1_200
KNOWN_PEOPLE: Final = 300
# Small beside the club, so that reading the club stands out.
BATCH: Final = 150
# Of the facts and keys of people a batch needs some dozen each.
MOST_ROWS: Final = 1_000
# One row found by an index takes some four pages; a row of a table with texts up to three more.
MOST_PAGES: Final = 15
PAGES_OF_ROW: Final = 3
TABLES: Final = """
SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'r'
"""


@pytest.fixture
def nobody_analyses() -> Iterator[None]:
    """Statistics are as in a new database, and stay so."""
    as_superuser("ALTER TABLE {} SET (autovacuum_enabled = off)")
    as_superuser("SELECT pg_clear_relation_stats('crm', '{}')")
    as_superuser("DELETE FROM pg_statistic WHERE starelid = '{}'::regclass")
    yield
    as_superuser("ALTER TABLE {} RESET (autovacuum_enabled)")


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
    for start in range(0, len(told), 2_000):
        part = [{**event, "tenantId": tenant.slug} for event in told[start : start + 2_000]]
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
    assert sum(process_batch(club, min(events, 2_000)) for _ in range(max(events // 2_000, 1))) == events


def scans_of_a_batch(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> list[Scan]:
    """Apply a small batch and let every consumer hear of it."""
    read_log(tenant)
    with watched_statements(monkeypatch) as scans:
        work_off(tenant, BATCH)
        settle()
        read_log(tenant)
    assert {"events_inboxevent", "profiles_identifier", "events_domainlogentry"} <= {
        scan.table for scan in scans.found
    }
    return scans.found


def is_about_the_club(scan: Scan) -> bool:
    """Whether it read more than a batch can have to do with."""
    return scan.loops * scan.rows > MOST_ROWS or scan.pages > MOST_PAGES + PAGES_OF_ROW * scan.rows


@pytest.mark.usefixtures("nobody_analyses")
@pytest.mark.parametrize("are_others_known", [False, True])
def test_no_statement_reads_the_whole_of_a_club_that_statistics_do_not_know(
    fairview: Club, kingsmere: Club, monkeypatch: pytest.MonkeyPatch, *, are_others_known: bool
) -> None:
    consumers.ensure_positions()
    if are_others_known:
        with tenant_scope(kingsmere.tenant):
            take_in(kingsmere.tenant, people=KNOWN_PEOPLE, events=2_000)
            work_off(kingsmere.tenant, 2_000)
            read_log(kingsmere.tenant)
        as_superuser("ANALYZE {}")
    take_in(fairview.tenant, people=PEOPLE, events=EVENTS)

    with tenant_scope(fairview.tenant):
        work_off(fairview.tenant, 2_000)
        scans = scans_of_a_batch(fairview.tenant, monkeypatch)  # people who are new
        work_off(fairview.tenant, 2_000)
        scans += scans_of_a_batch(fairview.tenant, monkeypatch)  # what they did

    found = [str(scan) for scan in scans if is_about_the_club(scan)]
    assert not found, "\n".join(found)
