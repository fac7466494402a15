"""Liveness touches nothing; readiness asks what a request needs and says what is missing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from redis.exceptions import ConnectionError as RedisConnectionError

from crm_platform import health
from events import log
from events.log import LogEntry
from events.models import Consumer
from events.transports.heartbeat import HEARTBEAT_KEY, Heartbeat
from profiles.log_kinds import LogKind
from tenants.redis_client import redis_client
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.events.logbook import Reader


def failing(error: Exception) -> Callable[[], dict[str, Any]]:
    def ask() -> dict[str, Any]:
        raise error

    return ask


def test_liveness_answers_without_the_database(client: Client) -> None:
    # No database mark: a query would fail this test.
    answer = client.get("/livez")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db
def test_readiness_times_every_probe(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ok"
    assert {"database", "redis"} <= set(body["probes"])
    assert all(probe["ok"] and probe["milliseconds"] >= 0 for probe in body["probes"].values())
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("database", OperationalError("connection to server at 10.0.0.7, user secret, failed")),
        ("redis", RedisConnectionError("secret:6379 refused")),
    ],
)
def test_readiness_is_503_with_the_failed_probe_and_without_the_drivers_message(
    name: str, error: Exception, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [probe for probe in health.PROBES if probe.name != name]
    monkeypatch.setattr(health, "PROBES", [*others, health.Probe(name, failing(error))])

    answer = client.get("/readyz")

    assert answer.status_code == 503
    body = answer.json()
    assert body["status"] == "unavailable"
    assert body["probes"][name]["ok"] is False
    assert body["probes"][name]["error"] == type(error).__name__
    assert all(probe["ok"] for other, probe in body["probes"].items() if other != name)
    assert "secret" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("own_consumers")
def test_a_consumer_that_is_behind_is_reported_and_stops_nothing(fairview: Club, client: Client) -> None:
    Reader().register("late-reader")
    Consumer.objects.update(is_paused=True)
    with tenant_scope(fairview.tenant), transaction.atomic():
        log.append([LogEntry(LogKind.PROFILE_CREATED, None, {})])

    answer = client.get("/readyz")

    assert answer.status_code == 200
    late = answer.json()["probes"]["consumers"]["lag"]["late-reader"]
    assert late == {"entries": 1, "seconds": late["seconds"], "tenants": 1, "paused": True, "stopped": 0}


def heartbeat(**values: Any) -> str:
    fields: dict[str, Any] = {
        "at": timezone.now(), "host": "h", "process_id": 1, "queue": "crm-events", "jobs": 0, "accepted": 0,
        "duplicates": 0, "dead_letters": 0, "in_hand": 0, "waiting": 0, "is_database_away": False,
    }  # fmt: skip
    return Heartbeat(**(fields | values)).text()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "found"),
    [
        (None, {"reading": False, "note": "Nobody has read the queue in the last 10 s."}),
        (heartbeat(waiting=7), {"reading": True, "waiting": 7}),
        (
            heartbeat(is_database_away=True),
            {"reading": False, "note": "The reader of the queue waits for the database."},
        ),
    ],
    ids=["nobody", "reading", "waiting"],
)
def test_the_reader_of_the_queue_is_reported_and_stops_nothing(
    said: str | None, found: dict[str, Any], client: Client
) -> None:
    redis_client().delete(HEARTBEAT_KEY)
    if said is not None:
        redis_client().set(HEARTBEAT_KEY, said, ex=5)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    queue = answer.json()["probes"]["queue"]
    assert {name: queue.get(name) for name in found} == found
    redis_client().delete(HEARTBEAT_KEY)


@pytest.mark.django_db
def test_the_database_probe_is_one_round_trip(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    connection.ensure_connection()

    with django_assert_num_queries(1):
        assert health.ask_database() == {}


def test_a_probe_that_calls_by_address_is_answered(client: Client) -> None:
    # An allowed host is checked for every other page.
    assert client.get("/livez", headers={"Host": "10.1.2.3:8000"}).status_code == 200
    assert client.get("/admin/login/", headers={"Host": "10.1.2.3:8000"}).status_code == 400


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_pages_are_read_only(path: str, client: Client) -> None:
    assert client.post(path).status_code == 405
