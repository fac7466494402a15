"""Watching the inbox from outside, cheaply, and checking in the end that nothing is missing."""

import time
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from crm_platform.bench.database import Connection, expect, one_row
from crm_platform.bench.figures import BenchError
from crm_platform.bench.mix import Made
from crm_platform.bench.progress import Report

POLL_SECONDS: Final = 0.02
# So long without any event getting done means that nobody works.
PATIENCE_SECONDS: Final = 60.0
# One look into the index of what waits.
FIRST_WAITING: Final = """
SELECT id FROM events_inboxevent
WHERE tenant_id = %s AND status IN ('PENDING', 'FAILED') ORDER BY priority, id LIMIT 1
"""

ACTIVITIES: Final = """
SELECT count(*) FROM profiles_activity AS a JOIN events_inboxevent AS i ON i.id = a.id / 256 WHERE i.id > %s
"""


def last_id(connection: Connection) -> int:
    """The newest row's id; 0 for none."""
    (newest,) = one_row(connection, "SELECT coalesce(max(id), 0) FROM events_inboxevent")
    return int(newest)


def wait_until_done(connection: Connection, tenant_id: UUID, after: int, report: Report) -> float:
    """Wait until nothing waits any more; returns the moment by `time.perf_counter`. Raises BenchError on standstill."""
    best, moved_at = after, time.monotonic()
    while True:
        row = connection.execute(FIRST_WAITING, [tenant_id]).fetchone()
        if row is None:
            return time.perf_counter()
        if row[0] > best:
            best, moved_at = row[0], time.monotonic()
            report(best - after - 1)
        elif time.monotonic() - moved_at > PATIENCE_SECONDS:
            raise BenchError("Nobody works the inbox off.")
        time.sleep(POLL_SECONDS)


def check_done(connection: Connection, after: int, made: Iterable[Made], *, people: int) -> None:
    """Every event applied once, to somebody known: events, timelines, money, profiles; raises BenchError."""
    events = activities = value_cents = 0
    for one in made:
        events += 1
        activities += one.activities
        value_cents += one.value_cents
    (found,) = one_row(
        connection, "SELECT count(*) FROM events_inboxevent WHERE id > %s AND status = 'SUCCESS'", [after]
    )
    expect("events with SUCCESS", found, events)
    (found,) = one_row(connection, ACTIVITIES, [after])
    expect("rows of timelines", found, activities)
    (found,) = one_row(
        connection, "SELECT coalesce(sum(lifetime_value_cents), 0) FROM profiles_customerprofile"
    )
    expect("cents of lifetime value", int(found), value_cents)
    (found,) = one_row(connection, "SELECT count(*) FROM profiles_customerprofile")
    expect("profiles", found, people)
