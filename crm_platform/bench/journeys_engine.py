"""Steps a second, against bare SQL that joins the same people and writes the same rows."""

import time
from collections.abc import Iterator
from typing import Any, Final, LiteralString
from uuid import UUID

from django.utils import timezone

from crm_platform.bench.database import Connection, expect
from crm_platform.bench.figures import Figure, rate
from crm_platform.bench.journeys_setup import fill, mixed_journey
from crm_platform.bench.setting import Setting
from journeys.definition.steps import Send
from journeys.engine.passing import move_due
from journeys.models import Journey
from journeys.versions import definition_of, messages_of
from tenants.models import Tenant

MIXED_TARGET: Final = 8_000.0
QUIET_TARGET: Final = 15_000.0
SHARE: Final = 0.4
STEPS: Final = 4
# One owner of the tables, no policy, no explanation, no decision: people joined, four rows of the log, one update, and
# with a message a row of the ledger with its history.
BARE: Final[LiteralString] = """
WITH due AS MATERIALIZED (
    SELECT r.id, r.version_id, r.journey_id, r.profile_id FROM journeys_run AS r
    WHERE r.tenant_id = %(tenant)s AND r.status = 'WAITING' AND r.due_at <= now()
    ORDER BY r.due_at LIMIT 5000 FOR UPDATE SKIP LOCKED
), asked AS (
    SELECT due.*, p.email_opt_in, hashtextextended(p.email, 0) AS mailbox,
           ('x' || substr(md5(p.id::text), 1, 8))::bit(32)::bigint %% 10000 < 5000 AS is_a
    FROM due JOIN profiles_customerprofile AS p ON p.id = due.profile_id WHERE p.email <> ''
), logged AS (
    INSERT INTO journeys_steplog (tenant_id, run_id, move, version_id, step, outcome, at, detail)
    SELECT %(tenant)s, id, 1000 + n, version_id, 'bare', CASE WHEN is_a THEN 'a' ELSE 'b' END, now(),
           CASE WHEN n = 4 THEN jsonb_build_object('at', now(), 'channel', 'EMAIL') END
    FROM asked, generate_series(1, 4) AS n
), planned AS (
    INSERT INTO messaging_delivery (
        tenant_id, key, source, source_id, occurrence, variant, profile_id, origin_profile_id, message_class, channel,
        message_id, mailbox, status, reason, zone, due_at, defers_quiet, defers_cap, deferrals, planned_at, history)
    SELECT %(tenant)s, 'journey:' || id || ':bare:4', 'JOURNEY', journey_id, 'bare', 'bare', profile_id, profile_id,
           'TRANSACTIONAL', 'EMAIL', %(message)s, mailbox, 'PLANNED', '', 'Africa/Johannesburg', now(), false, false, 0,
           now(),
           jsonb_build_array(jsonb_build_object('at', now(), 'status', 'PLANNED'))
    FROM asked WHERE %(sends)s
)
UPDATE journeys_run AS r SET step = 'last', moves = 4, due_at = now() + interval '30 days', arrived_at = now()
FROM asked WHERE r.id = asked.id
"""


def measure(setting: Setting, connection: Connection, tenant: Tenant) -> Iterator[Figure]:
    """Everybody waits at a first step and is due; each goes through three more to a wait of 30 days."""
    for name, sends, target in (("25 % SEND", True, MIXED_TARGET), ("no SEND", False, QUIET_TARGET)):
        journey = mixed_journey(name, sends=sends)
        bare = _bare(setting, connection, tenant, journey, sends)
        fill(connection, tenant, journey)
        setting.reporter.note(f"the engine, {name}")
        began = time.perf_counter()
        steps = move_due(now=timezone.now(), seconds=3600)
        found = steps / (time.perf_counter() - began)
        expect("steps", steps, STEPS * setting.sizes.people)
        words = f"steps of {setting.sizes.people:,} runs, {name}"
        yield rate("journeys", words, found, "/s", baseline=bare, least=max(target, SHARE * bare))


def _bare(setting: Setting, connection: Connection, tenant: Tenant, journey: Journey, sends: bool) -> float:
    fill(connection, tenant, journey)
    setting.reporter.note("bare SQL")
    values: dict[str, Any] = {"tenant": tenant.pk, "sends": sends, "message": _message(journey)}
    began = time.perf_counter()
    moved = 0
    while count := connection.execute(BARE, values).rowcount:
        moved += count
    took = time.perf_counter() - began
    expect("runs moved by bare SQL", moved, setting.sizes.people)
    return STEPS * moved / took


def _message(journey: Journey) -> UUID | None:
    """What the step that sends would send."""
    step = definition_of(journey.version_id or 0).by_id["fourth"]
    return messages_of(journey.version_id or 0, step)[0][1] if isinstance(step, Send) else None
