"""What the parts of the journeys benchmark share: a journey, people who wait at its first step, empty tables."""

from typing import Any, Final

from crm_platform.bench.database import Connection, settle
from journeys import lifecycle
from journeys.models import Journey
from tenants.models import Tenant

RULE: Final = {
    "combinator": "AND",
    "rules": [
        {"field": "email", "operator": "isNotNull"},
        {"field": "lifetimeValue", "operator": "gte", "value": 0},
    ],
}
MONTH: Final = {"mode": "DURATION", "amount": 30, "unit": "DAYS"}
TABLES: Final = (
    "journeys_run", "journeys_runended", "journeys_rundata", "journeys_steplog", "journeys_stepcounter",
    "journeys_subscription", "journeys_entryrefusal", "journeys_conversion", "journeys_moveplan", "journeys_movedrun",
    "messaging_delivery",
)  # fmt: skip
# Everybody waits at the first step; `after` seconds from now, `spread` over so many more. Several `keys` a person.
FILL: Final = """
INSERT INTO journeys_run (tenant_id, due_at, arrived_at, entered_at, version_id, moves, sent, journey_id, profile_id,
                          origin_profile_id, status, hold, step, key)
SELECT %(tenant)s, now() + make_interval(secs => %(after)s::float8 + random() * %(spread)s::float8),
       now() - interval '1 day', now() - interval '1 day', %(version)s, 0, 0, %(journey)s, p.id, p.id, 'WAITING', '',
       'first', CASE k WHEN 1 THEN '' ELSE k::text END
FROM generate_series(1, %(keys)s::int) AS k
CROSS JOIN (SELECT id FROM profiles_customerprofile WHERE tenant_id = %(tenant)s) AS p
"""


def mixed_journey(name: str, *, sends: bool, triggers: list[dict[str, Any]] | None = None) -> Journey:
    """A wait, a condition, a split, a message (or a goal), a wait: four steps from stop to stop."""
    ask: dict[str, Any] = {
        "id": "second", "kind": "CONDITION", "rule": RULE, "ways": {"yes": "third", "no": "third"},
    }  # fmt: skip
    split = {
        "id": "third", "kind": "SPLIT", "ways": {"a": "fourth", "b": "fourth"},
        "branches": [{"id": "a", "name": "A", "weight": 1}, {"id": "b", "name": "B", "weight": 1}],
    }  # fmt: skip
    fourth: dict[str, Any] = (
        {"id": "fourth", "kind": "SEND", "subject": "Hello", "text": "Hello", "messageClass": "TRANSACTIONAL"}
        if sends
        else {"id": "fourth", "kind": "GOAL"}
    )
    first = {"id": "first", "kind": "WAIT", "until": MONTH, "ways": {"next": "second"}}
    last = {"id": "last", "kind": "WAIT", "until": MONTH, "ways": {"next": None}}
    steps = [first, ask, split, {**fourth, "ways": {"next": "last"}}, last]
    return started(name, steps, triggers or [{"kind": "MANUAL"}])


def started(name: str, steps: list[dict[str, Any]], triggers: list[dict[str, Any]], **fields: Any) -> Journey:
    """A published journey that begins with the first of the steps."""
    definition = {"triggers": triggers, "start": steps[0]["id"], "steps": steps, **fields}
    journey = lifecycle.create_journey(name=name, definition=definition)
    lifecycle.publish(journey.pk)
    journey.refresh_from_db()
    return journey


def fill(
    connection: Connection,
    tenant: Tenant,
    journey: Journey,
    *,
    after: float = -1.0,
    spread: float = 0.0,
    keys: int = 1,
) -> None:
    """Empty the tables, and let everybody wait."""
    clear(connection)
    values: dict[str, Any] = {
        "tenant": tenant.pk, "version": journey.version_id, "journey": journey.pk, "after": after, "spread": spread,
        "keys": keys,
    }  # fmt: skip
    connection.execute(FILL, values)
    settle(connection, "journeys_run", "journeys_steplog")


def clear(connection: Connection) -> None:
    """Nobody is or was in any journey."""
    for table in TABLES:
        connection.execute(f"TRUNCATE {table} CASCADE".encode())
