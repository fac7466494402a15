"""The way out to BullMQ: jobs with stable ids, and patience when nobody takes them."""

import json
import time
from typing import Any

import pytest
import redis
from django.conf import settings
from pytest_django import Settings

from crm_platform.embedded.redis import free_port
from events.consumers import PeerAway
from events.transports import outbound_queue
from events.transports.outbound_queue import publish
from tests.events.envelopes import event
from tests.events.queueing import base, counts

OUT = settings.CRM_OUTBOUND_QUEUE


def envelopes(*ids: str) -> list[dict[str, Any]]:
    return [event(id=each, type="crm.profile.updated", source="crm", payload={"n": each}) for each in ids]


def jobs(client: "redis.Redis") -> list[tuple[str, str, dict[str, Any]]]:
    """Id, name and data of the jobs that wait, oldest first."""
    ids: list[Any] = list(reversed(client.lrange(base(OUT) + "wait", 0, -1)))
    found: list[dict[Any, Any]] = [client.hgetall(base(OUT) + each.decode()) for each in ids]
    return [
        (each.decode(), job[b"name"].decode(), json.loads(job[b"data"]))
        for each, job in zip(ids, found, strict=True)
    ]


def test_envelopes_become_jobs_in_their_order(redis_server: "redis.Redis") -> None:
    sent = envelopes(*(f"crm-{n}" for n in range(450)))

    publish(sent)

    assert jobs(redis_server) == [(each["id"], "crm.profile.updated", each) for each in sent]


def test_what_is_published_again_is_the_same_job(redis_server: "redis.Redis") -> None:
    publish(envelopes("crm-1", "crm-2"))
    publish(envelopes("crm-2", "crm-3"))

    assert [job[0] for job in jobs(redis_server)] == ["crm-1", "crm-2", "crm-3"]


def test_nothing_to_publish_needs_no_redis(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"

    publish([])


def test_an_unreachable_redis_is_said_at_once(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    began = time.monotonic()

    with pytest.raises(PeerAway, match="Redis does not take jobs: ConnectionError"):
        publish(envelopes("crm-1"))

    assert time.monotonic() - began < 30


def test_a_queue_that_nobody_reads_is_not_filled_for_ever(
    redis_server: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound_queue, "MOST_WAITING", 3)
    publish(envelopes("crm-1", "crm-2", "crm-3"))

    with pytest.raises(PeerAway, match=f"Nobody reads the queue {OUT}: 3 jobs wait"):
        publish(envelopes("crm-4"))

    assert counts(redis_server, OUT)["wait"] == 3
