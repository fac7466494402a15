"""No work of the product depends on statistics that know the club.

Another club has done all of it and was analysed. Then this one comes in: of its tenant the planner expects one row,
and may take any index that begins with it. What each statement reads must be about the people it is for.
"""

from collections.abc import Callable
from typing import Final

import pytest

from events import consumers
from messaging.sandbox.server import Sandbox
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.crm_platform import club_work
from tests.crm_platform.new_club import analyse, nobody_analyses, read_log, take_in, work_off
from tests.crm_platform.statement_plans import Scan, watched_statements
from tests.messaging.conftest import sandbox as sandbox  # noqa: PLC0414 - a fixture

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_tables", "redis_server"),
    pytest.mark.slow,
]
EVENTS: Final = 16_000
PEOPLE: Final = 1_500
KNOWN_EVENTS: Final = 4_000
KNOWN_PEOPLE: Final = 400
# Somebody has some twenty facts and a dozen activities.
MOST_ROWS_EACH: Final = 25
# Settings and definitions of a club, and what waits in a queue.
MOST_ROWS: Final = 500
# In this order, and for how many people each is.
WORK: Final[tuple[tuple[Callable[[Tenant, int], None], int], ...]] = (
    (club_work.refresh_segments, PEOPLE),
    (club_work.enrol_everybody, PEOPLE),
    (club_work.take_few_events, 200),
    (club_work.move_runs, PEOPLE),
    (club_work.plan_campaign, PEOPLE),
    (club_work.send, PEOPLE),
    (club_work.merge_and_part, 3),
    (club_work.read, 25),
    (club_work.export, PEOPLE),
    (club_work.import_and_take_back, club_work.ROWS),
    (club_work.score, PEOPLE),
    (club_work.take_batch, PEOPLE),
    # The texts of all others are searched for the person.
    (club_work.erase, PEOPLE),
)


def test_no_work_reads_the_whole_of_a_club_that_statistics_do_not_know(
    fairview: Club, kingsmere: Club, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumers.ensure_positions()
    found: list[str] = []
    with nobody_analyses():
        with tenant_scope(kingsmere.tenant):
            come_in(kingsmere.tenant, people=KNOWN_PEOPLE, events=KNOWN_EVENTS)
            for work, _ in WORK:
                work(kingsmere.tenant, KNOWN_PEOPLE)
        analyse()
        with tenant_scope(fairview.tenant):
            come_in(fairview.tenant, people=PEOPLE, events=EVENTS)
            for work, people in WORK:
                with watched_statements(monkeypatch) as scans:
                    work(fairview.tenant, PEOPLE)
                assert scans.found
                found += [f"{work.__name__}: {scan}" for scan in scans.found if is_too_much(scan, people)]
    assert not found, "\n".join(found)


def come_in(tenant: Tenant, *, people: int, events: int) -> None:
    """Let a club come in with all its events."""
    take_in(tenant, people=people, events=events)
    work_off(tenant, events)
    read_log(tenant)


def is_too_much(scan: Scan, people: int) -> bool:
    """Whether it read more than these people can have to do with."""
    return scan.loops * scan.rows > MOST_ROWS + MOST_ROWS_EACH * people
