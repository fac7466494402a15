"""Sending: one worker process and two, rendering included, to a service that answers at once; clubs side by side."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

import requests
from django.db import connection as product_connection
from django.db import transaction

from crm_platform import env
from crm_platform.bench.campaign_people import fill
from crm_platform.bench.database import Connection, expect, one_row, settle
from crm_platform.bench.figures import BenchError, Figure, duration, rate
from crm_platform.bench.people import make_tenant
from crm_platform.bench.setting import Setting
from crm_platform.embedded.process import launch_command
from crm_platform.embedded.redis import free_port
from messaging import planning
from messaging.models import MessageClass, Source
from messaging.planning import Sending
from messaging.texts import keep_message
from tenants.models import Tenant
from tenants.scope import tenant_scope

LEAST_A_MINUTE: Final = {1: 60_000.0, 2: 100_000.0}
MOST_FAIR: Final = 1.5
SMALL_CLUBS: Final = 10
POLL_SECONDS: Final = 0.02
PATIENCE_SECONDS: Final = 3600.0
# What `messaging.send_due` does, without a pause between.
WORKER: Final = """
import django; django.setup()
import time
from messaging.sending import send_due
while True:
    if not send_due().settled:
        time.sleep(0.02)
"""
SUBJECT: Final = "{{ firstName }}, {{ club.name }} opens on Saturday"
BODY: Final = """Dear {{ firstName | default: "golfer" }},
{% if membershipTier == "Gold" %}as a Gold member you start first.{% else %}come and play.{% endif %}
Your home club: {{ homeClubName | default: "ours" }}. Book: https://club.example/book?day=saturday
"""
STAGE: Final = """
INSERT INTO send_candidate (profile_id, key, channels, message_ids, position)
SELECT id, %(source)s || ':' || id, ARRAY['EMAIL'], ARRAY[%(message)s::uuid], row_number() OVER ()
FROM profiles_customerprofile WHERE tenant_id = %(tenant)s LIMIT %(most)s
"""
HOLD: Final[LiteralString] = "INSERT INTO messaging_sendhold (tenant_id, source_id) VALUES (%s, %s)"
LEFT: Final[LiteralString] = """
SELECT EXISTS (SELECT FROM messaging_delivery WHERE tenant_id = ANY(%s) AND status = 'PLANNED')
    OR EXISTS (SELECT FROM messaging_delivery WHERE tenant_id = ANY(%s) AND status = 'CLAIMED')
"""


@dataclass(slots=True)
class Worker:
    """A process that sends."""

    process: "subprocess.Popen[bytes]"

    @property
    def kilobytes(self) -> int:
        """Its memory now; 0 where the system does not say."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


@contextmanager
def service(setting: Setting) -> Iterator[str]:
    """The service, listening; its address is in the environment."""
    port = free_port()
    command = [sys.executable, str(Path(__file__).with_name("campaign_service.py")), str(port)]
    process = subprocess.Popen(launch_command(command, death_signal=signal.SIGTERM))
    url = f"http://127.0.0.1:{port}"
    os.environ["CRM_MESSAGING_URL"] = url
    try:
        for _ in range(1200):
            try:
                requests.get(url, timeout=2)
                break
            except requests.RequestException:
                time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()


@contextmanager
def workers(count: int) -> Iterator[list[Worker]]:
    """So many processes that send what is due."""
    started = [
        Worker(
            subprocess.Popen(
                launch_command([sys.executable, "-c", WORKER], death_signal=signal.SIGTERM),
                cwd=env.PROJECT_DIR,
            )
        )
        for _ in range(count)
    ]
    try:
        yield started
    finally:
        for one in started:
            one.process.kill()
            one.process.wait()


def plan_for(tenant: Tenant, most: int, *, held_by: Connection | None = None) -> UUID:
    """A message to so many people of the club, due now; returns its source. `held_by`: held until it is released."""
    source = uuid4()
    if held_by is not None:
        held_by.execute(HOLD, [tenant.pk, source])
    with tenant_scope(tenant), transaction.atomic(), product_connection.cursor() as cursor:
        message = keep_message(channel="EMAIL", subject=SUBJECT, body=BODY, utm={"utm_source": "crm"})
        planning.open_candidates(cursor)
        values: dict[str, Any] = {
            "source": str(source),
            "message": message.pk,
            "tenant": tenant.pk,
            "most": most,
        }
        cursor.execute(STAGE, values)
        outcome = planning.plan(
            cursor,
            Sending(
                source=Source.CAMPAIGN,
                source_id=source,
                message_class=MessageClass.MARKETING,
                one_per_mailbox=False,
            ),
        )
    expect("candidates", outcome.written, most)
    return source


def sending(setting: Setting, tenant: Tenant, count: int, connection: Connection) -> Iterator[Figure]:
    """Messages a minute, with one worker process and with two, and how much its memory grew meanwhile."""
    with service(setting) as url:
        for processes, least in LEAST_A_MINUTE.items():
            connection.execute("TRUNCATE messaging_delivery, messaging_sendhold")
            plan_for(tenant, count, held_by=connection)
            (planned,) = one_row(
                connection, "SELECT count(*) FROM messaging_delivery WHERE status = 'PLANNED'"
            )
            settle(connection, "messaging_delivery")
            before = _taken(url, tenant)
            with workers(processes) as running:
                _await_idle(running)
                setting.reporter.note(f"sending {planned:,} with {processes}")
                seconds, grown = _timed(connection, [tenant.pk], running)
            expect("messages that the service took", _taken(url, tenant) - before, planned)
            words = f"send {planned:,}, {processes} worker process{'es' if processes > 1 else ''} (memory {grown})"
            yield rate("campaigns", words, planned / seconds * 60, "messages/min", least=least, baseline=None)


def _await_idle(running: Sequence[Worker]) -> None:
    """Until they have set themselves up: their memory stands still."""
    seen, still = 0, 0
    for _ in range(1200):
        now = sum(one.kilobytes for one in running)
        still = still + 1 if now == seen and now else 0
        seen = now
        if still >= 10:  # noqa: PLR2004 - a second
            return
        time.sleep(0.1)


def _timed(connection: Connection, tenant_ids: list[UUID], running: Sequence[Worker]) -> tuple[float, str]:
    """Seconds from the release to the last message, and how the memory of one went from half-way on."""
    connection.execute("DELETE FROM messaging_sendhold")
    began, sizes = time.perf_counter(), []
    while one_row(connection, LEFT, [tenant_ids, tenant_ids])[0]:
        sizes.append(running[0].kilobytes)
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise BenchError("The messages do not get sent.")
        time.sleep(POLL_SECONDS)
    took = time.perf_counter() - began
    first = sizes[len(sizes) // 4] if sizes else 0
    return took, f"{first / 1024:.0f} → {(sizes[-1] if sizes else 0) / 1024:.0f} MiB"


def _taken(url: str, tenant: Tenant) -> int:
    return int(requests.get(url, timeout=10).json().get(str(tenant.pk), 0))


def fairness(setting: Setting, small: int, big: int, connection: Connection) -> list[Figure]:
    """Ten clubs alone, and the same beside one that sends fifty times as much; two worker processes."""
    clubs = [_club(connection, number, small) for number in range(SMALL_CLUBS)]
    giant = _club(connection, SMALL_CLUBS, big)
    settle(connection, "profiles_customerprofile")
    took = {}
    with service(setting):
        for words, extra in (("alone", []), ("beside", [giant])):
            connection.execute("TRUNCATE messaging_delivery, messaging_sendhold")
            for club in [*extra, *clubs]:
                plan_for(club, big if club is giant else small, held_by=connection)
            settle(connection, "messaging_delivery")
            with workers(2) as running:
                _await_idle(running)
                setting.reporter.note(f"ten small clubs {words}")
                took[words], _ = _timed(connection, [club.pk for club in clubs], running)
    words = f"ten clubs send {small:,} each beside one with {big:,}"
    return [fair_figure(words, took["beside"], took["alone"])]


def fair_figure(words: str, beside: float, alone: float) -> Figure:
    """Milliseconds until the small ones are done, against the same alone."""
    return duration(
        "campaigns", words, beside * 1000, baseline_ms=alone * 1000, most_ms=MOST_FAIR * alone * 1000
    )


def _club(connection: Connection, number: int, people: int) -> Tenant:
    tenant = make_tenant(f"fair-{number}")
    fill(connection, tenant.pk, people)
    return tenant
