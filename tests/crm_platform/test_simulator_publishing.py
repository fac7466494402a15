"""Live events as jobs: the three shapes that services use, and patience while Redis is away."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import LazySettings

from crm_platform.embedded import EmbeddedRedis
from crm_platform.embedded.redis import free_port
from crm_platform.simulator import publishing
from crm_platform.simulator.publishing import job_of, publish_all
from events.bullmq_jobs import envelope_from_job
from events.catalogue.registry import canonical
from events.envelope import parse_envelope
from tests.crm_platform.simulated import UNTIL, events
from tests.patience import PATIENCE_SECONDS, wait_until


def shape(data: dict[str, Any]) -> str:
    if "type" in data:
        return "envelope"
    return "wrapped" if "payload" in data else "bare"


def test_every_job_is_read_back_as_its_event() -> None:
    for event in events():
        job = job_of(event)

        added_ms = job.options["timestamp"]
        raw = envelope_from_job(job.name, job.data, job.options["jobId"], added_ms)

        read, meant = parse_envelope(raw, now=UNTIL), parse_envelope(event, now=UNTIL)
        assert (read.id, read.type, read.tenant_key, read.source) == (
            meant.id,
            meant.type,
            meant.tenant_key,
            meant.source,
        )
        assert read.occurred_at == meant.occurred_at
        assert read.payload.items() >= meant.payload.items()


def test_all_three_shapes_are_used_but_only_messaging_has_habits_of_its_own() -> None:
    shapes = Counter((job_of(event).data.get("source"), shape(job_of(event).data)) for event in events())
    own_names = {job_of(event).name for event in events() if shape(job_of(event).data) in {"wrapped", "bare"}}

    assert {kind for _, kind in shapes} == {"envelope", "wrapped", "bare"}
    assert not [name for name in own_names if name.startswith("messaging.")]
    assert all(canonical(f"messaging.{name}") or canonical(name) for name in own_names)


def event_at(moment: datetime, number: int) -> dict[str, Any]:
    return {
        "id": f"e-{number}",
        "type": "feedback.voted",
        "timestamp": moment.isoformat(),
        "tenantId": "fairview",
        "payload": {"featureId": "f-1"},
    }


def waiting(url: str) -> list[str]:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return list(reversed(client.lrange("bull:crm-events:wait", 0, -1)))


def test_events_are_added_in_order_and_not_before_their_time(
    redis_server: "redis.Redis", settings: LazySettings
) -> None:
    now = datetime.now(UTC)
    moments = [now - timedelta(hours=1), now, now + timedelta(seconds=0.6)]

    publish_all(event_at(moment, number) for number, moment in enumerate(moments))

    assert datetime.now(UTC) >= moments[-1]
    assert waiting(settings.REDIS_URL) == ["e-0", "e-1", "e-2"]


def test_the_same_event_again_is_the_same_job(redis_server: "redis.Redis", settings: LazySettings) -> None:
    event = event_at(datetime.now(UTC), 1)

    publish_all([event, event])

    assert waiting(settings.REDIS_URL) == ["e-1"]


def test_it_waits_for_redis_says_so_and_resumes(
    tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    monkeypatch.setattr(publishing, "RETRY_SECONDS", 0.1)
    began = threading.Event()

    def told() -> Iterator[dict[str, Any]]:
        for number in range(3):
            began.set()
            yield event_at(datetime.now(UTC), number)

    publisher = threading.Thread(target=publish_all, args=(told(),), daemon=True)
    publisher.start()
    assert began.wait(PATIENCE_SECONDS)
    wait_until(lambda: "waiting for Redis" in caplog.text)
    with EmbeddedRedis(tmp_path, port=port, durable=False):
        publisher.join(PATIENCE_SECONDS)

        assert not publisher.is_alive()
        assert waiting(settings.REDIS_URL) == ["e-0", "e-1", "e-2"]
    text = caplog.text
    assert "waiting for Redis" in text
    assert "Redis works again" in text
