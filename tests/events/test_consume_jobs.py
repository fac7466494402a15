"""Jobs of the queue become rows: all shapes, good and bad, each exactly once."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from bullmq import FlowProducer
from django.conf import settings
from django.db import connection
from pytest_django import Settings

from events.models import Door, InboxEvent
from events.transports.consuming import QueueConsumer
from events.transports.heartbeat import HEARTBEAT_KEY, read_heartbeat
from events.transports.queue_intake import take_in
from events.transports.queued_jobs import QueuedJob
from tenants.postgresql.base import as_owner
from tenants.redis_client import redis_client
from tenants.scope import all_tenants
from tests.cast import Club
from tests.events.contract import contract_lines, refused_lines
from tests.events.envelopes import event
from tests.events.queueing import (
    EAGER,
    Job,
    base,
    consume,
    consumer,
    counts,
    inbox_ids,
    letters,
    publish,
    publish_text,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fairview", "redis_server"),
]
NOTHING_LEFT = {"wait": 0, "active": 0, "failed": 0}
# A rule of the database that one event breaks, as a defect of ours would.
FORBID = "ALTER TABLE events_inboxevent ADD CONSTRAINT poison CHECK (event_id <> 'poison')"
ALLOW = "ALTER TABLE events_inboxevent DROP CONSTRAINT poison"


def in_database(statement: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(statement)


def inbox() -> list[InboxEvent]:
    with all_tenants():
        return list(InboxEvent.objects.order_by("pk"))


def test_each_of_the_three_shapes_becomes_an_event(fairview: Club, redis_server: "redis.Redis") -> None:
    wrapped = {"eventId": "m-1", "tenantId": "fairview", "payload": {"contactId": "c-1", "messageId": "x"}}
    bare = {"tenantId": str(fairview.tenant.pk), "contactId": "c-1", "emailOptIn": True}
    publish(
        Job("anything", event(id="e-1")),
        Job("message.sent", wrapped),
        Job("contactPreference.updated", bare, {"jobId": "pref-1"}),
    )

    tally = consume(3)

    assert (tally.accepted, tally.duplicates, tally.dead_letters) == (3, 0, 0)
    assert [(row.event_id, row.type, row.priority, row.door) for row in inbox()] == [
        ("e-1", "teetime.score.posted", 3, Door.QUEUE),
        ("m-1", "messaging.message.sent", 2, Door.QUEUE),
        ("pref-1", "messaging.contactPreference.updated", 1, Door.QUEUE),
    ]
    assert counts(redis_server) == {**NOTHING_LEFT, "completed": 3}


def test_every_event_of_the_contract_is_accepted(redis_server: "redis.Redis") -> None:
    published = [json.loads(line) for line in contract_lines()]
    publish(*(Job(each["type"], each) for each in published))

    tally = consume(len(published))

    assert tally.accepted == len({(each.get("source"), each["id"]) for each in published})
    assert tally.dead_letters == 0
    assert [row.envelope for row in inbox()] == published


def test_every_refused_line_becomes_a_dead_letter_with_its_code(redis_server: "redis.Redis") -> None:
    lines = refused_lines()
    for line in lines:
        publish_text(line.line.encode(), client=redis_server)

    tally = consume(len(lines))

    refused = [line for line in lines if not line.expect.startswith("DEAD:")]
    assert [letter.code for letter in letters()] == [line.expect for line in refused]
    assert tally.accepted == len(lines) - len(refused)
    assert counts(redis_server) == {**NOTHING_LEFT, "completed": tally.accepted}


POISON = [
    (b'"text"', "INVALID_JSON"),
    (b"[1, 2]", "INVALID_ENVELOPE"),
    (b"null", "INVALID_ENVELOPE"),
    (b"7", "INVALID_ENVELOPE"),
    (b"", "INVALID_JSON"),
    (b"{", "INVALID_JSON"),
    (b"\xff\xfe\x00", "INVALID_JSON"),
    (b'{"id": "a\x00b"}', "INVALID_JSON"),
    (json.dumps(event(payload={"id": "a\x00b"})).encode(), "INVALID_ENVELOPE"),
    (json.dumps(event(payload={"id": "\ud800"})).encode(), "INVALID_ENVELOPE"),
    (json.dumps(event(payload={"n": float("nan")})).encode(), "INVALID_JSON"),
    (json.dumps(event(payload={"n": "x" * 10_000_000})).encode(), "INVALID_ENVELOPE"),
    (b"[" * 100_000, "INVALID_ENVELOPE"),
    (json.dumps(event(tenantId="nobody")).encode(), "UNKNOWN_TENANT"),
    (json.dumps(event(source="elsewhere")).encode(), "UNKNOWN_SOURCE"),
    (json.dumps(event(timestamp="9999-12-31T23:59:59Z")).encode(), "INVALID_TIMESTAMP"),
]


def test_what_is_no_event_becomes_a_dead_letter_and_leaves_the_queue(redis_server: "redis.Redis") -> None:
    for text, _ in POISON:
        publish_text(text, client=redis_server)
    publish(Job("event", event(id="neighbour")))

    tally = consume(len(POISON) + 1)

    kept = [text[:400_000].decode(errors="backslashreplace").replace("\x00", "\\x00") for text, _ in POISON]
    assert [letter.code for letter in letters()] == [code for _, code in POISON]
    assert [letter.body for letter in letters()] == [text[:100_000] for text in kept]
    assert all(letter.message for letter in letters())
    assert (tally.accepted, tally.dead_letters) == (1, len(POISON))
    assert inbox_ids() == ["neighbour"]
    assert counts(redis_server) == {**NOTHING_LEFT, "completed": 1}


def test_a_dead_letter_belongs_to_the_club_that_it_names(fairview: Club) -> None:
    publish(Job("event", event(id="")), Job("event", event(id="", tenantId="nobody")))

    consume(2)

    assert [letter.tenant_id for letter in letters()] == [fairview.tenant.pk, None]


def test_a_job_without_data_or_with_an_odd_name_is_a_dead_letter_too(redis_server: "redis.Redis") -> None:
    gone, _ = publish(Job("event", event()), Job("name\x00" + "x" * 500, {"tenantId": "fairview"}))
    redis_server.hdel(base() + gone, "data", "name", "opts", "timestamp")

    tally = consume(2)

    assert tally.dead_letters == 2
    assert [letter.code for letter in letters()] == ["INVALID_ENVELOPE", "INVALID_ENVELOPE"]
    assert letters()[1].job_name == ("name\\x00" + "x" * 500)[:300]
    assert counts(redis_server) == {**NOTHING_LEFT, "completed": 0}


def test_the_same_event_in_two_jobs_is_one_row(redis_server: "redis.Redis") -> None:
    publish(Job("event", event(id="twice")), Job("event", event(id="twice")), Job("event", event(id="once")))

    tally = consume(3)

    assert (tally.accepted, tally.duplicates) == (2, 1)
    assert inbox_ids() == ["twice", "once"]


def test_a_refused_job_that_comes_again_is_one_letter_until_its_number_means_another_job(
    redis_server: "redis.Redis",
) -> None:
    spoilt = Job("event", {"nothing": 1}, {"timestamp": 1_772_352_000_000})
    publish(spoilt)
    consume(1)
    redis_server.flushdb()
    publish(spoilt)
    consume(1)
    redis_server.flushdb()
    publish(Job("event", {"nothing": 1}, {"timestamp": 1_772_352_000_001}))
    consume(1)

    assert [letter.job_id for letter in letters()] == ["bullmq:1:1772352000000", "bullmq:1:1772352000001"]


def test_a_corrected_job_may_have_the_id_of_the_one_that_was_refused() -> None:
    publish(Job("event", event(timestamp="yesterday"), {"jobId": "job-1"}))
    consume(1)

    publish(Job("event", event(id="corrected"), {"jobId": "job-1"}))
    consume(1)

    assert inbox_ids() == ["corrected"]


def test_an_event_that_the_database_will_not_have_stands_alone(redis_server: "redis.Redis") -> None:
    in_database(FORBID)
    try:
        publish(*(Job("event", event(id=f"e-{n}" if n != 5 else "poison")) for n in range(9)))

        tally = consume(9)
    finally:
        in_database(ALLOW)

    assert (tally.accepted, tally.dead_letters) == (8, 1)
    assert inbox_ids() == [f"e-{n}" for n in range(9) if n != 5]
    assert [(letter.code, json.loads(letter.body)["id"]) for letter in letters()] == [
        ("INVALID_ENVELOPE", "poison")
    ]


def test_a_job_on_which_our_own_code_fails_stands_alone_too() -> None:
    odd: Any = "not a time"  # As a defect of ours would have it.
    bare = {"tenantId": "fairview", "contactId": "c-1"}
    jobs = [_queued(b"1", event(id="e-1")), _queued(b"2", bare)._replace(timestamp_ms=odd)]

    taken_in = take_in(jobs, queue="crm-events", now=datetime.now(UTC))

    assert (taken_in.accepted, set(taken_in.dead_letters)) == (1, {b"2"})
    assert inbox_ids() == ["e-1"]
    assert letters()[0].message.endswith("(TypeError).")


def test_names_in_any_script_arrive_as_they_were_sent() -> None:
    payload = {"id": "p-1", "name": "محمد", "surname": "O’Brien 🏌️", "homeClubName": "Zürich"}
    publish(Job("event", event(type="teetime.player.created", payload=payload)))

    consume(1)

    assert inbox()[0].envelope["payload"] == payload


def test_urgent_delayed_and_paused_jobs_are_bullmqs_business(redis_server: "redis.Redis") -> None:
    publish(Job("event", event(id="last"), {"priority": 9}), Job("event", event(id="first")))
    publish(Job("event", event(id="later"), {"delay": 300}))
    redis_server.hset(base() + "meta", "paused", 1)

    async def resume(reader: QueueConsumer) -> None:
        await asyncio.sleep(0.3)
        assert reader.tally.jobs == 0
        redis_server.hdel(base() + "meta", "paused")

    began = datetime.now(UTC)
    consume(3, meanwhile=resume)

    assert set(inbox_ids()) == {"first", "last", "later"}
    assert inbox_ids().index("first") < inbox_ids().index("last")
    assert (inbox()[0].received_at - began).total_seconds() > 0.25


def test_the_sender_decides_what_is_kept_of_completed_jobs(redis_server: "redis.Redis") -> None:
    publish(
        Job("event", event(id="e-1"), {"jobId": "gone", "removeOnComplete": True}),
        Job("event", event(id="e-2"), {"jobId": "kept", "removeOnComplete": {"age": 60}}),
        Job("event", event(id="e-3"), {"jobId": "ours"}),
    )

    consume(3)

    assert redis_server.zrange(base() + "completed", 0, -1) == [b"kept", b"ours"]
    assert redis_server.hget(base() + "ours", "returnvalue") == b'"accepted"'
    assert redis_server.hget(base() + "ours", "atm") == b"1"


def test_calls_are_those_that_the_official_port_makes() -> None:
    calls: dict[str, Any] = {}

    def record(name: str) -> Any:
        async def call(*, keys: Any, args: Any, client: Any = None) -> None:
            calls[name] = [len(keys), *keys, *args]

        return call

    async def compare() -> None:
        queue = consumer()._queue
        worker = queue._worker
        scripts = worker.scripts
        scripts.commands = {name: record(name) for name in ("moveToActive", "moveToFinished")}
        await scripts.moveToActive(worker.id, worker.opts)
        ours = list(queue._activation())
        assert _without_time(ours) == _without_time(calls["moveToActive"])

        job = type("Job", (), {"id": "7", "queue": worker, "attempts": 1, "attemptsMade": 0, "opts": {}})()
        await scripts.moveToCompleted(job, "accepted", 100, worker.id, fetchNext=False)
        ours = list(queue._completion(_queued(b"7"), is_dead=False))
        assert _without_time(ours) == _without_time(calls["moveToFinished"])
        await queue.close()

    asyncio.run(compare())


def _queued(key: bytes, data: object = None) -> QueuedJob:
    return QueuedJob(key, "event", json.dumps(data).encode(), 1, {})


def _without_time(call: list[Any]) -> list[bytes]:
    texts = [part if isinstance(part, bytes) else str(part).encode() for part in call]
    return [part for part in texts if not (part.isdigit() and len(part) == 13)]


def test_the_consumer_tells_how_it_is_doing() -> None:
    publish(Job("event", event()), Job("event", {"nothing": 1}))
    assert read_heartbeat() is None

    async def wait_for_beat(reader: QueueConsumer) -> None:
        while reader.tally.jobs < 2:
            await asyncio.sleep(0.01)
        await reader._beat()

    consume(2, meanwhile=wait_for_beat)

    heartbeat = read_heartbeat()
    assert heartbeat is not None
    assert (heartbeat.queue, heartbeat.jobs, heartbeat.accepted, heartbeat.dead_letters) == (
        settings.CRM_EVENTS_QUEUE,
        2,
        1,
        1,
    )
    assert (heartbeat.in_hand, heartbeat.waiting, heartbeat.is_database_away) == (0, 0, False)
    assert 0 < redis_client().ttl(HEARTBEAT_KEY) <= 10


def test_large_jobs_are_taken_a_few_at_a_time(redis_server: "redis.Redis") -> None:
    text = json.dumps(event(payload={"n": "x" * 3_000_000})).encode()
    for _ in range(5):
        publish_text(text, client=redis_server)

    async def take() -> list[int]:
        queue = consumer()._queue
        sizes = []
        while taken := (await queue.take(limit=100, max_bytes=EAGER.batch_bytes)).jobs:
            sizes.append(len(taken))
        await queue.close()
        return sizes

    assert asyncio.run(take()) == [2, 2, 1]


def test_by_setting_the_job_of_a_dead_letter_fails_with_its_reason(
    redis_server: "redis.Redis", settings: Settings
) -> None:
    settings.CRM_FAIL_DEAD_JOBS = True
    publish(
        Job("event", event(id="good")),
        Job("event", event(tenantId="nobody"), {"jobId": "strange"}),
        Job("event", event(timestamp="9999-12-31T23:59:59Z"), {"jobId": "gone", "removeOnFail": True}),
    )

    tally = consume(3)

    assert (tally.accepted, tally.dead_letters, len(letters())) == (1, 2, 2)
    assert counts(redis_server) == {"wait": 0, "active": 0, "completed": 1, "failed": 1}
    failed: Any = redis_server.hget(base() + "strange", "failedReason")
    assert failed.decode().startswith("UNKNOWN_TENANT tenantId tenantId names no club")
    assert redis_server.exists(base() + "gone") == 0


def test_a_failed_job_fails_the_parent_that_asked_for_it(
    redis_server: "redis.Redis", settings: Settings
) -> None:
    settings.CRM_FAIL_DEAD_JOBS = True

    async def flow() -> None:
        producer = FlowProducer({"connection": settings.REDIS_URL, "prefix": settings.CRM_BULLMQ_PREFIX})
        child = {
            "name": "event",
            "queueName": settings.CRM_EVENTS_QUEUE,
            "data": event(tenantId="nobody"),
            "opts": {"jobId": "child", "failParentOnFailure": True},
        }
        parent = {"name": "sum", "queueName": "sums", "data": {}, "opts": {"jobId": "parent"}}
        try:
            await producer.add({**parent, "children": [child]})
        finally:
            await producer.close()

    asyncio.run(flow())
    consume(1)

    reason: Any = redis_server.hget(f"{settings.CRM_BULLMQ_PREFIX}:sums:parent", "failedReason")
    deferred: Any = redis_server.hget(f"{settings.CRM_BULLMQ_PREFIX}:sums:parent", "defa")
    assert "child" in (reason or deferred).decode()
