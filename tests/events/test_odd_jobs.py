"""Jobs whose own fields are odd are dead letters; delayed and scheduled ones come when they are due."""

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
import redis.asyncio as asyncio_redis
from bullmq import Queue
from django.conf import settings

from events.models import InboxEvent
from events.transports.consuming import QueueConsumer
from events.transports.queued_jobs import wanted_kept
from tenants.scope import all_tenants
from tests.events.envelopes import event
from tests.events.queueing import Job, base, consume, counts, inbox_ids, letters, publish

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fairview", "redis_server"),
]
BARE = {"tenantId": "fairview", "contactId": "c-1", "emailOptIn": True}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("opts", b'{"jobId": "\xed\xa0\xbd", "removeOnComplete": true}'),
        ("opts", b'["removeOnComplete"]'),
        ("opts", b"7"),
        ("opts", b""),
        ("timestamp", b"1" * 4301),
        ("timestamp", b"9" * 30),
    ],
)
def test_an_odd_job_is_a_dead_letter_and_stops_nobody(
    redis_server: "redis.Redis", field: str, value: bytes
) -> None:
    odd, _ = publish(Job("event", event(id="odd")), Job("event", event(id="next")))
    redis_server.hset(base() + odd, field, value)

    tally = consume(2)

    assert (tally.accepted, tally.dead_letters) == (1, 1)
    assert inbox_ids() == ["next"]
    assert [letter.code for letter in letters()] == ["INVALID_ENVELOPE"]
    assert counts(redis_server)["active"] == 0


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"removeOnComplete": "yes"}, {"count": 5}),
        ({"removeOnComplete": {"age": "1h"}}, {"count": 5}),
        ({"removeOnComplete": None}, {"count": 5}),
        ({"removeOnComplete": {"age": 60}}, {"age": 60}),
        ({"removeOnComplete": False}, {"count": -1}),
    ],
)
def test_odd_wishes_about_completed_jobs_are_passed_over(
    options: dict[str, Any], kept: dict[str, int]
) -> None:
    assert wanted_kept(options, "removeOnComplete", otherwise=5) == kept


def dated() -> list[datetime]:
    with all_tenants():
        return [row.occurred_at for row in InboxEvent.objects.order_by("pk")]


def test_a_delayed_job_is_dated_when_it_is_due() -> None:
    began = time.time()
    publish(Job("contactPreference.updated", BARE, {"jobId": "later", "delay": 700}))

    consume(1)

    (at,) = dated()
    assert 0.7 <= at.timestamp() - began < 1.5


def test_a_job_that_was_promoted_is_not_dated_in_the_future(redis_server: "redis.Redis") -> None:
    publish(Job("contactPreference.updated", BARE, {"jobId": "later", "delay": 3_600_000}))
    redis_server.zrem(base() + "delayed", "later")
    redis_server.lpush(base() + "wait", "later")

    consume(1)

    assert dated()[0] <= datetime.now(UTC)


def schedule(repeat: dict[str, Any]) -> None:
    """Make a job scheduler, as another service does."""

    async def add() -> None:
        client = asyncio_redis.from_url(settings.REDIS_URL, decode_responses=True)
        queue = Queue(settings.CRM_EVENTS_QUEUE, {"connection": client, "prefix": settings.CRM_BULLMQ_PREFIX})
        try:
            await queue.upsertJobScheduler("nightly", repeat, "contactPreference.updated", BARE)
        finally:
            await client.aclose()

    asyncio.run(add())


@pytest.mark.parametrize("repeat", [{"every": 200, "limit": 5}, {"pattern": "* * * * * *", "limit": 3}])
def test_a_job_scheduler_runs_to_its_limit(redis_server: "redis.Redis", repeat: dict[str, Any]) -> None:
    schedule(repeat)

    async def a_moment_more(reader: QueueConsumer) -> None:
        while reader.tally.jobs < repeat["limit"]:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)

    tally = consume(repeat["limit"], meanwhile=a_moment_more)

    assert tally.accepted == repeat["limit"]
    ids = inbox_ids()
    due = [int(each.rpartition(":")[2]) / 1000 for each in ids]
    assert due == sorted(set(due))
    assert [at.timestamp() for at in dated()] == pytest.approx(due, abs=0.002)
    assert redis_server.zcard(base() + "delayed") == 0


def test_a_scheduler_that_cannot_go_on_stops_nobody(redis_server: "redis.Redis") -> None:
    odd, _ = publish(Job("contactPreference.updated", BARE, {"jobId": "x"}), Job("event", event(id="next")))
    options = {"repeat": {"pattern": "no pattern"}}
    redis_server.hset(base() + odd, mapping={"rjk": "broken", "opts": json.dumps(options)})

    assert consume(2).accepted == 2


@pytest.mark.parametrize("parent", [b"no JSON", b"5"])
def test_a_job_whose_parent_cannot_be_read_ends_and_does_not_come_for_ever(
    redis_server: "redis.Redis", parent: bytes
) -> None:
    odd, _ = publish(Job("event", event(id="odd")), Job("event", event(id="next")))
    redis_server.hset(base() + odd, "parent", parent)

    async def until_it_ends(_: QueueConsumer) -> None:
        while counts(redis_server)["completed"] < 2:
            await asyncio.sleep(0.01)

    consume(2, meanwhile=until_it_ends)

    assert inbox_ids() == ["odd", "next"]
    assert counts(redis_server)["active"] == 0


def consume_until(client: "redis.Redis", **wanted: int) -> None:
    """Run a consumer until so many jobs are in these states."""

    async def they_are(_: QueueConsumer) -> None:
        while any(counts(client)[state] != count for state, count in wanted.items()):
            await asyncio.sleep(0.01)

    consume(0, meanwhile=they_are)


@pytest.mark.parametrize("value", ["many", "", "1.5", "9" * 30])
@pytest.mark.parametrize("field", ["ats", "atm", "stc"])
def test_a_count_that_is_no_number_stops_nobody(redis_server: "redis.Redis", field: str, value: str) -> None:
    odd, _ = publish(Job("event", event(id="odd")), Job("event", event(id="next")))
    redis_server.hset(base() + odd, field, value)

    consume_until(redis_server, completed=2, active=0)

    assert sorted(inbox_ids()) == ["next", "odd"]


def test_lost_jobs_are_given_back_past_one_that_cannot_be_counted(redis_server: "redis.Redis") -> None:
    ids = publish(*(Job("event", event(id=f"lost-{number}")) for number in range(6)))
    for each in ids:
        redis_server.lrem(base() + "wait", 0, each)
        redis_server.lpush(base() + "active", each)
        redis_server.sadd(base() + "stalled", each)
        redis_server.hset(base() + each, "stc", "often")

    consume_until(redis_server, completed=6, active=0)

    assert len(inbox_ids()) == 6


def test_a_job_that_is_no_hash_stops_nobody(redis_server: "redis.Redis") -> None:
    odd, _ = publish(Job("event", event(id="odd")), Job("event", event(id="next")))
    redis_server.delete(base() + odd)
    redis_server.set(base() + odd, "no hash")

    consume_until(redis_server, completed=1, active=0, wait=0)

    assert inbox_ids() == ["next"]


@pytest.mark.parametrize("suffix", [":dependencies", ":unsuccessful"])
def test_a_job_that_waits_for_what_is_no_set_ends(redis_server: "redis.Redis", suffix: str) -> None:
    (odd,) = publish(Job("event", event(id="odd")))
    redis_server.set(base() + odd + suffix, "no set")

    consume_until(redis_server, completed=1, active=0)

    assert inbox_ids() == ["odd"]


@pytest.mark.parametrize(("field", "value"), [("parentKey", "nobody"), ("deid", "x")])
def test_a_job_that_cannot_be_ended_is_stored_and_never_comes_again(
    redis_server: "redis.Redis", field: str, value: str
) -> None:
    odd, _ = publish(Job("event", event(id="odd")), Job("event", event(id="next")))
    redis_server.hset(base() + odd, field, value)
    redis_server.hset(base() + "dn:x", "opts", "no JSON")

    consume_until(redis_server, completed=1, active=0, wait=0)

    assert sorted(inbox_ids()) == ["next", "odd"]
    assert redis_server.exists(base() + odd + ":lock") == 0
