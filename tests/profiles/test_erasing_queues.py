"""What an erasure leaves in no queue: job ids, delayed jobs, BullMQ's stream, and Redis that was away."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from crm_platform.embedded import EmbeddedRedis
from crm_platform.embedded.redis import free_port
from profiles.models import CustomerProfile, ErasureReceipt
from profiles.privacy import queues
from profiles.privacy.erasing import erase_customer
from profiles.privacy.person_patterns import Traits
from tenants.redis_client import redis_client
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.patience import wait_until
from tests.profiles.records import profile
from tests.profiles.stories import member, tell

EMAIL = "zeb.quack@example.com"


@pytest.fixture
def zeb(fairview: Club) -> CustomerProfile:
    tell(fairview.tenant, member(1, firstName="Zeb", lastName="Quack", email=EMAIL))
    with tenant_scope(fairview.tenant):
        found: CustomerProfile = CustomerProfile.objects.get()
        return found


def _job(server: Any, job_id: str, data: object, **fields: str) -> str:
    key = f"{django_settings.CRM_BULLMQ_PREFIX}:{django_settings.CRM_EVENTS_QUEUE}:{job_id}"
    server.hset(key, mapping={"data": json.dumps(data), "name": "x", "timestamp": "1", **fields})
    return key


def _prefix() -> str:
    return f"{django_settings.CRM_BULLMQ_PREFIX}:{django_settings.CRM_EVENTS_QUEUE}:"


@pytest.mark.django_db(transaction=True)
def test_job_ids_delayed_jobs_and_the_stream_forget_the_person(
    fairview: Club, zeb: CustomerProfile, redis_server: Any
) -> None:
    named = _job(redis_server, f"welcome-{EMAIL}", {}, finishedOn="5")
    redis_server.zadd(f"{_prefix()}completed", {f"welcome-{EMAIL}": 5})
    linked = _job(
        redis_server, "linked", {"url": "https://x.example/?friend=zeb.quack%40example.com"}, finishedOn="5"
    )
    delayed = _job(redis_server, "later", {"payload": {"email": EMAIL}}, delay="9000")
    redis_server.zadd(f"{_prefix()}delayed", {"later": 9000})
    waiting = _job(redis_server, "now", {"payload": {"email": EMAIL}})
    redis_server.rpush(f"{_prefix()}wait", "now")
    other = _job(redis_server, "other", {"payload": {"email": "ann@example.com"}}, finishedOn="5")
    redis_server.xadd(f"{_prefix()}events", {"event": "completed", "jobId": f"welcome-{EMAIL}"})
    redis_server.xadd(f"{_prefix()}events", {"event": "completed", "jobId": "other"})

    with tenant_scope(fairview.tenant):
        erase_customer(zeb.pk, reason="popia_erasure")

    assert [redis_server.exists(key) for key in (named, linked, delayed, waiting, other)] == [0, 0, 0, 1, 1]
    assert redis_server.zcard(f"{_prefix()}delayed") == 0
    assert redis_server.zcard(f"{_prefix()}completed") == 0
    assert [fields[b"jobId"] for _, fields in redis_server.xrange(f"{_prefix()}events")] == [b"other"]


@pytest.mark.django_db(transaction=True)
def test_an_erasure_is_finished_once_redis_is_back(
    fairview: Club, zeb: CustomerProfile, redis_server: Any, settings: Any
) -> None:
    done = _job(redis_server, "done", {"payload": {"email": EMAIL}}, finishedOn="5")
    there = django_settings.REDIS_URL

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_client.cache_clear()
    with tenant_scope(fairview.tenant):
        erase_customer(zeb.pk, reason="popia_erasure")
        kept = ErasureReceipt.objects.get().queue_search
    assert queues.finish_all() == 1
    settings.REDIS_URL = there
    redis_client.cache_clear()
    still_there = redis_server.exists(done)
    waiting = queues.finish_all()

    assert kept
    assert not re.search("quack|zeb", kept, re.IGNORECASE)
    assert (still_there, waiting, redis_server.exists(done)) == (1, 0, 0)
    with tenant_scope(fairview.tenant):
        assert ErasureReceipt.objects.get().queue_search == ""


@pytest.mark.django_db(transaction=True)
def test_a_receipt_that_cannot_be_read_holds_up_no_other(
    fairview: Club, zeb: CustomerProfile, redis_server: Any
) -> None:
    with tenant_scope(fairview.tenant):
        broken = ErasureReceipt.objects.create(
            tenant=fairview.tenant, profile_id=profile(fairview.tenant).pk, reason="popia_erasure", counts={},
            hash="0" * 64, erased_by_kind="USER", erased_by_id="1", erased_by_name="A", erased_at=timezone.now(),
            queue_search="sealed with another key",
        )  # fmt: skip
        erase_customer(zeb.pk, reason="popia_erasure")
        readable = ErasureReceipt.objects.exclude(pk=broken.pk).get()
        queues.remember(readable, [zeb.pk], Traits(frozenset(), frozenset(), frozenset()))

    assert queues.finish_all() == 1

    with tenant_scope(fairview.tenant):
        left = ErasureReceipt.objects.exclude(queue_search="").values_list("pk", flat=True)
        assert list(left) == [broken.pk]


@pytest.mark.django_db(transaction=True)
def test_no_file_of_redis_holds_the_person(
    fairview: Club, zeb: CustomerProfile, settings: Any, tmp_path: Path
) -> None:
    with EmbeddedRedis(tmp_path / "redis", port=free_port()) as server:
        settings.REDIS_URL = server.url
        redis_client.cache_clear()
        client: Any = redis_client()
        # Else the file would hide what it holds; and what was once dumped is a file as well.
        client.config_set("rdbcompression", "no")
        client.config_set("appendfsync", "always")
        _job(client, f"welcome-{EMAIL}", {"payload": {"email": EMAIL}}, finishedOn="5")
        client.zadd(f"{_prefix()}completed", {f"welcome-{EMAIL}": 5})
        client.xadd(f"{_prefix()}events", {"event": "completed", "jobId": f"welcome-{EMAIL}"})
        before = _bytes_of(tmp_path)
        with tenant_scope(fairview.tenant):
            erase_customer(zeb.pk, reason="popia_erasure")
        wait_until(lambda: not client.info("persistence")["aof_rewrite_in_progress"])
        wait_until(lambda: EMAIL.encode() not in _bytes_of(tmp_path))
    redis_client.cache_clear()

    assert EMAIL.encode() in before


def _bytes_of(folder: Path) -> bytes:
    """All files of a folder, one behind the other."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
