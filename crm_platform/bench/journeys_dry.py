"""The trial over the past: a year of a small club, a quarter of a large one."""

import time
from collections.abc import Iterator
from typing import Any, Final

from crm_platform.bench.database import Connection, expect, settle
from crm_platform.bench.figures import Figure, duration
from crm_platform.bench.journeys_setup import RULE, clear
from crm_platform.bench.setting import Setting
from journeys.replaying import dry_run
from tenants.models import Tenant

SMALL: Final = 10_000
LARGE: Final = 100_000
SMALL_MS: Final = 30_000.0
LARGE_MS: Final = 60_000.0
# A booking of each of so many people every 30 days, at any hour of the day, and a round for half of them.
LIVE_THROUGH: Final = """
INSERT INTO profiles_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, type, category, source,
                               source_event_id, title, metadata)
SELECT 800000000000 + row_number() OVER (), p.tenant_id, p.id, p.id, d.at + k.after, k.type, 'GOLF', 'teetime',
       k.type || d.at || p.id, k.type, jsonb_build_object('id', 'b' || n || p.id, 'clubId', 'fv')
FROM (SELECT id, tenant_id FROM profiles_customerprofile WHERE tenant_id = %(tenant)s ORDER BY id LIMIT %(people)s) AS p
CROSS JOIN generate_series(0, %(days)s / 30 - 1) AS n
CROSS JOIN LATERAL (SELECT now() - make_interval(days => 30 * n + 15) - random() * interval '15 days' AS at
                    WHERE p.id IS NOT NULL) AS d
CROSS JOIN (VALUES ('TEETIME_BOOKED', interval '0'), ('ROUND_COMPLETED', interval '2 days')) AS k(type, after)
WHERE k.type = 'TEETIME_BOOKED' OR n %% 2 = 0
"""


def measure(setting: Setting, connection: Connection, tenant: Tenant) -> Iterator[Figure]:
    """Eight steps; in proportion where there are fewer people."""
    for most, days, bar in ((SMALL, 360, SMALL_MS), (LARGE, 90, LARGE_MS)):
        people = min(most, setting.sizes.people)
        clear(connection)
        connection.execute("TRUNCATE profiles_activity CASCADE")
        connection.execute(LIVE_THROUGH, {"tenant": tenant.pk, "people": people, "days": days})
        settle(connection, "profiles_activity")
        setting.reporter.note(f"{days} days of {people:,} people")
        began = time.perf_counter()
        result = dry_run(_definition(), days=days + 1)
        took = (time.perf_counter() - began) * 1000
        expect("entered", result.entered, people)
        words = f"dry run of 8 steps, {days} days of {people:,} people who book each month"
        yield duration("journeys", words, took, most_ms=bar * people / most)
    connection.execute("TRUNCATE profiles_activity CASCADE")


def _definition() -> dict[str, Any]:
    def wait(name: str, days: int, to: str | None) -> dict[str, Any]:
        return {
            "id": name, "kind": "WAIT", "until": {"mode": "DURATION", "amount": days, "unit": "DAYS"},
            "ways": {"next": to},
        }  # fmt: skip

    def mail(name: str, to: str | None) -> dict[str, Any]:
        return {"id": name, "kind": "SEND", "subject": "Hello", "text": "Hello", "ways": {"next": to}}

    played = {
        "id": "played", "kind": "WAIT_UNTIL", "event": {"event": "ROUND_COMPLETED"},
        "timeout": {"amount": 5, "unit": "DAYS"}, "ways": {"happened": "ask", "timeout": "second"},
    }  # fmt: skip
    steps = [
        wait("day", 1, "first"), mail("first", "played"), played,
        {"id": "ask", "kind": "CONDITION", "rule": RULE, "ways": {"yes": "tag", "no": "second"}},
        {"id": "tag", "kind": "UPDATE", "addTags": ["played"], "ways": {"next": "second"}},
        mail("second", "more"), wait("more", 3, "third"), mail("third", None),
    ]  # fmt: skip
    # Everybody enters once, and is refused with every other booking.
    trigger = {"kind": "EVENT", "event": "TEETIME_BOOKED"}
    return {"triggers": [trigger], "start": "day", "steps": steps}
