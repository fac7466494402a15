"""Looking whether there is something to read costs a look into the index, however long the log is."""

from typing import Any, Final

import pytest
from django.db import connection

from events import consumers
from events.consumers import ahead, positions
from journeys.engine.sending import CHANGING, ENDING, UNHEARD
from tenants.postgresql.base import as_owner
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.crm_platform.statement_plans import Scan, watched_statements

ENTRIES: Final = 20_000
MOST_ROWS: Final = 10
MOST_PAGES: Final = 10
# By a transaction that is long over.
FILL: Final = """
INSERT INTO events_domainlogentry (tenant_id, kind, data, xid)
SELECT %s, 'profile.changed', '{}', '3' FROM generate_series(1, %s)
"""
# Everybody has read all of it.
READ_ALL: Final = """
UPDATE events_consumerposition SET cluster = events_cluster(), last_xid = '3',
    last_id = (SELECT max(id) FROM events_domainlogentry)
"""


def is_about_the_log(scan: Scan) -> bool:
    """Whether it read more than the place where somebody stands."""
    return scan.table == "events_domainlogentry" and (
        scan.loops * scan.rows > MOST_ROWS or scan.loops * scan.pages > MOST_PAGES
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("fresh_tables")
def test_whoever_has_read_everything_does_not_read_the_log_to_know_it(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumers.ensure_positions()
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(FILL, [fairview.tenant.pk, ENTRIES])
        cursor.execute(READ_ALL)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE events_domainlogentry")

    with watched_statements(monkeypatch) as scans:
        lagging = [*positions.lagging(), *positions.lagging(fairview.tenant.pk)]
        is_ahead = ahead.clubs_ahead()
        with tenant_scope(fairview.tenant), connection.cursor() as cursor:
            values: dict[str, Any] = {
                "tenant": fairview.tenant.pk,
                "until": "2030-01-01",
                "kinds": [*ENDING, *CHANGING],
            }
            cursor.execute(UNHEARD, values)
            is_unheard = cursor.fetchone()[0]

    assert (lagging, is_ahead, is_unheard) == ([], [], False)
    assert scans.statements >= 4
    found = [str(scan) for scan in scans.found if is_about_the_log(scan)]
    assert not found, "\n".join(found)
