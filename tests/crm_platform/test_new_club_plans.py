"""No hot statement of the ingestion depends on fresh statistics.

A club that nobody has seen has just got 30,000 events. Nobody analyses its tables: either nothing in the database was
ever analysed, or only the clubs that were there before. What each statement reads for a small batch must then be
about the batch, and not about the club.
"""

from typing import Final

import pytest

from events import consumers
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.crm_platform.new_club import analyse, nobody_analyses, read_log, take_in, work_off
from tests.crm_platform.statement_plans import Scan, watched_statements
from tests.events.logbook import settle

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_tables", "redis_server"),
]
EVENTS: Final = 30_000
PEOPLE: Final = 1_200
KNOWN_PEOPLE: Final = 300
# Small beside the club, so that reading the club stands out.
BATCH: Final = 150
# Of the facts and keys of people a batch needs some dozen each.
MOST_ROWS: Final = 1_000
# One row found by an index takes some four pages; a row of a table with texts up to three more, and of a queue those
# that left it shortly before.
MOST_PAGES: Final = 15
PAGES_OF_ROW: Final = 6


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


@pytest.mark.parametrize("are_others_known", [False, True])
def test_no_statement_reads_the_whole_of_a_club_that_statistics_do_not_know(
    fairview: Club, kingsmere: Club, monkeypatch: pytest.MonkeyPatch, *, are_others_known: bool
) -> None:
    consumers.ensure_positions()
    scans: list[Scan] = []
    with nobody_analyses():
        if are_others_known:
            with tenant_scope(kingsmere.tenant):
                take_in(kingsmere.tenant, people=KNOWN_PEOPLE, events=2_000)
                work_off(kingsmere.tenant, 2_000)
                read_log(kingsmere.tenant)
            analyse()
        take_in(fairview.tenant, people=PEOPLE, events=EVENTS)

        with tenant_scope(fairview.tenant):
            work_off(fairview.tenant, 2_000)
            scans += scans_of_a_batch(fairview.tenant, monkeypatch)  # people who are new
            work_off(fairview.tenant, 2_000)
            scans += scans_of_a_batch(fairview.tenant, monkeypatch)  # what they did

    found = [str(scan) for scan in scans if is_about_the_club(scan)]
    assert not found, "\n".join(found)
