"""Moving people through journeys, against bare SQL that writes the same rows."""

import time
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from crm_platform.bench.database import Connection, connect, settle
from crm_platform.bench.figures import Figure, rate
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.setting import Setting
from journeys import lifecycle
from journeys.engine.passing import move_due
from journeys.models import Journey
from tenants.models import Tenant
from tenants.scope import tenant_scope

MIXED_TARGET: Final = 8_000.0
QUIET_TARGET: Final = 15_000.0
RULE: Final = {
    "combinator": "AND",
    "rules": [
        {"field": "email", "operator": "isNotNull"},
        {"field": "lifetimeValue", "operator": "gte", "value": 0},
    ],
}
FILL: Final = """
INSERT INTO journeys_run (tenant_id, due_at, arrived_at, entered_at, version_id, moves, sent, journey_id, profile_id,
                          origin_profile_id, status, hold, step, key)
SELECT %(tenant)s, now() - interval '1 second', now() - interval '1 day', now() - interval '1 day', %(version)s, 0, 0,
       %(journey)s, id, id, 'WAITING', '', 'first', ''
FROM profiles_customerprofile WHERE tenant_id = %(tenant)s
"""
# What each step leaves, and one update of the run for four of them.
BARE: Final = """
WITH due AS MATERIALIZED (
    SELECT id, version_id FROM journeys_run WHERE tenant_id = %(tenant)s AND status = 'WAITING' AND due_at <= now()
    ORDER BY due_at LIMIT 2000 FOR UPDATE SKIP LOCKED
), logged AS (
    INSERT INTO journeys_steplog (tenant_id, run_id, move, version_id, step, outcome, at)
    SELECT %(tenant)s, id, 1000 + n, version_id, 'bare', 'next', now() FROM due, generate_series(1, 4) AS n
)
UPDATE journeys_run AS r SET step = 'last', moves = 4, due_at = now() + interval '30 days', arrived_at = now()
FROM due WHERE r.id = due.id
"""


def run(setting: Setting) -> list[Figure]:
    """Everybody waits at a first step and is due; each goes through three steps to a wait of 30 days."""
    tenant = make_tenant()
    load_people(tenant, setting.sizes.people, setting.reporter, with_history=False)
    figures = []
    with connect() as connection, tenant_scope(tenant):
        for name, sends, target in (("25 % SEND", True, MIXED_TARGET), ("no SEND", False, QUIET_TARGET)):
            journey = _journey(name, sends)
            bare = _timed(setting, connection, tenant, journey, bare=True)
            found = _timed(setting, connection, tenant, journey, bare=False)
            words = f"steps of {setting.sizes.people:,} runs, {name}"
            figures.append(rate("journeys", words, found, "/s", baseline=bare, least=target))
    return figures


def _journey(name: str, sends: bool) -> Journey:
    second: dict[str, Any] = {
        "id": "second",
        "kind": "CONDITION",
        "rule": RULE,
        "ways": {"yes": "third", "no": "third"},
    }
    split = {
        "id": "third", "kind": "SPLIT", "ways": {"a": "fourth", "b": "fourth"},
        "branches": [{"id": "a", "name": "A", "weight": 1}, {"id": "b", "name": "B", "weight": 1}],
    }  # fmt: skip
    fourth: dict[str, Any] = (
        {"id": "fourth", "kind": "SEND", "subject": "Hello", "text": "Hello", "messageClass": "TRANSACTIONAL"}
        if sends
        else {"id": "fourth", "kind": "GOAL"}
    )
    month = {"mode": "DURATION", "amount": 30, "unit": "DAYS"}
    first = {"id": "first", "kind": "WAIT", "until": month, "ways": {"next": "second"}}
    last = {"id": "last", "kind": "WAIT", "until": month, "ways": {"next": None}}
    definition = {
        "triggers": [{"kind": "MANUAL"}],
        "start": "first",
        "steps": [first, second, split, {**fourth, "ways": {"next": "last"}}, last],
    }
    journey = lifecycle.create_journey(name=name, definition=definition)
    lifecycle.publish(journey.pk)
    journey.refresh_from_db()
    return journey


def _timed(
    setting: Setting, connection: Connection, tenant: Tenant, journey: Journey, *, bare: bool
) -> float:
    """Steps a second."""
    values: dict[str, UUID | int | None] = {
        "tenant": tenant.pk,
        "version": journey.version_id,
        "journey": journey.pk,
    }
    for table in ("journeys_run", "journeys_steplog", "journeys_steptally", "messaging_delivery"):
        connection.execute(f"TRUNCATE {table} CASCADE".encode())
    connection.execute(FILL, values)
    settle(connection, "journeys_run", "journeys_steplog")
    setting.reporter.note("bare SQL" if bare else f"the engine, {journey.name}")
    began = time.perf_counter()
    if bare:
        while connection.execute(BARE, values).rowcount:
            pass
        return 4 * setting.sizes.people / (time.perf_counter() - began)
    steps = move_due(now=timezone.now(), seconds=3600)
    return steps / (time.perf_counter() - began)
