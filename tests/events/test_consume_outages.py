"""PostgreSQL or Redis goes away while jobs flow: nothing is lost, nothing is completed too early."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection

from crm_platform.embedded.redis import EmbeddedRedis, free_port
from events.transports.bullmq import EventsQueue
from events.transports.consuming import QueueConsumer
from tests.events.envelopes import event
from tests.events.queueing import EAGER, Job, base, consume, counts, inbox_ids, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fairview")]
DONE = {"wait": 0, "active": 0, "failed": 0}


@contextmanager
def maintenance() -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection of the server's owner to another database than the one of the test."""
    ours = connection.settings_dict
    with psycopg.connect(
        host=ours["HOST"],
        port=ours["PORT"] or None,
        user=ours["OWNER"]["USER"],
        dbname="postgres",
        autocommit=True,
    ) as other:
        yield other


@contextmanager
def database_away() -> Iterator[None]:
    """Nobody gets into the test's database, and whoever is in is thrown out."""
    name = connection.settings_dict["NAME"]
    with maintenance() as owner:
        owner.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            yield
        finally:
            owner.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def ends_of_locks(client: "redis.Redis") -> list[float]:
    """When each lock of a job runs out, in milliseconds of our clock."""
    now = time.time() * 1000
    return [now + left for key in client.keys(base() + "*:lock") if (left := client.pttl(key)) > 0]


async def all_locked(client: "redis.Redis", number: int) -> list[float]:
    """Wait until so many jobs are locked; returns when the locks run out."""
    while len(ends := ends_of_locks(client)) < number:
        await asyncio.sleep(0.01)
    return ends


def test_jobs_wait_locked_until_the_database_is_back(
    redis_server: "redis.Redis", caplog: pytest.LogCaptureFixture
) -> None:
    publish(*(Job("event", event(id=f"before-{n}")) for n in range(20)))
    jobs = [Job("event", event(id=f"while-{n}")) for n in range(30)]

    async def outage(reader: QueueConsumer) -> None:
        while reader.tally.jobs < 20:
            await asyncio.sleep(0.01)
        with database_away():
            await asyncio.to_thread(publish, *jobs)
            first = await all_locked(redis_server, 30)
            # Their time runs down until somebody renews it.
            while min(ends_of_locks(redis_server)) <= max(first):
                await asyncio.sleep(0.05)
            assert counts(redis_server) == {**DONE, "active": 30, "completed": 20}
            assert len(ends_of_locks(redis_server)) == 30

    with caplog.at_level(logging.WARNING, logger="events"):
        tally = consume(50, meanwhile=outage, pace=replace(EAGER, lock_seconds=3.0))
    connection.close()

    assert (tally.accepted, tally.duplicates) == (50, 0)
    assert sorted(inbox_ids()) == sorted(
        [f"before-{n}" for n in range(20)] + [f"while-{n}" for n in range(30)]
    )
    assert counts(redis_server) == {**DONE, "completed": 50}
    said = [record.getMessage() for record in caplog.records if record.name == "events.transports.peers"]
    assert len(said) == 2
    assert said[0].startswith("waiting for PostgreSQL: ")
    assert said[1].startswith("PostgreSQL works again after ")


def test_a_consumer_that_is_told_to_stop_leaves_what_it_cannot_store(redis_server: "redis.Redis") -> None:
    publish(*(Job("event", event(id=f"e-{n}")) for n in range(5)))

    async def stop(reader: QueueConsumer) -> None:
        while not reader._database.is_away:
            await asyncio.sleep(0.01)
        reader.stop()

    with database_away():
        tally = consume(5, meanwhile=stop)
    connection.close()
    assert tally.jobs == 0
    assert counts(redis_server)["completed"] == 0

    assert consume(5).accepted == 5


def test_jobs_go_on_when_redis_is_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    server = EmbeddedRedis(tmp_path, port=port)
    total = 3000

    async def outage(reader: QueueConsumer) -> None:
        while reader.tally.jobs < 500:
            await asyncio.sleep(0.001)
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        await asyncio.sleep(0.6)
        # Not in another thread: the server would end with it.
        server.start()
        done = reader.tally.jobs
        while reader.tally.jobs == done:
            await asyncio.sleep(0.01)
        # What was completed but not yet acknowledged comes twice: only an empty queue is the end.
        while counts(client)["wait"] + counts(client)["active"]:
            await asyncio.sleep(0.01)

    server.start()
    client = redis.Redis.from_url(server.url)
    try:
        publish(*(Job("event", event(id=f"e-{n}")) for n in range(total)), url=server.url)
        client.config_set("appendfsync", "always")
        with caplog.at_level(logging.WARNING, logger="events"):
            tally = consume(total, url=server.url, meanwhile=outage)
        left = counts(client)
        client.close()
    finally:
        server.stop()

    assert sorted(inbox_ids()) == sorted(f"e-{n}" for n in range(total))
    assert tally.accepted == total
    assert {**left, "completed": 0} == {**DONE, "completed": 0}
    said = [record.getMessage() for record in caplog.records if record.name == "events.transports.peers"]
    assert [line.split(":")[0].split(" after")[0] for line in said] == [
        "waiting for Redis",
        "Redis works again",
    ]


def test_a_frozen_consumer_does_not_keep_its_jobs(redis_server: "redis.Redis") -> None:
    publish(*(Job("event", event(id=f"e-{n}")) for n in range(10)))

    async def freeze() -> None:
        queue = EventsQueue(
            settings.REDIS_URL,
            settings.CRM_EVENTS_QUEUE,
            prefix=settings.CRM_BULLMQ_PREFIX,
            lock_seconds=0.3,
            stalled_seconds=0.1,
        )
        assert len((await queue.take(limit=10, max_bytes=1_000_000)).jobs) == 10
        await queue.close()

    asyncio.run(freeze())
    for _ in range(20):
        redis_server.hincrby(base() + "1", "stc", 1)

    assert consume(10).accepted == 10
    assert counts(redis_server) == {**DONE, "completed": 10}
