"""Cached reads are never stale after a commit, whoever dies or goes away in between."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from profiles import cache
from profiles.editing import update_customer
from profiles.errors import CustomerNotFound
from profiles.models import CustomerProfile, new_profile_id
from profiles.reading import read_customer
from tenants import redis_client as client_module
from tenants import redis_connection
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.profiles.records import profile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant(redis_server: "redis.Redis") -> Tenant:
    return factories.tenant()


@pytest.fixture
def person(tenant: Tenant) -> CustomerProfile:
    return profile(tenant, first_name="Old")


def first_name(tenant: Tenant, profile_id: UUID) -> str:
    with tenant_scope(tenant):
        return str(json.loads(read_customer(profile_id))["firstName"])


def rename(person: CustomerProfile, name: str) -> None:
    """A writer as the product has them: update, mark, commit."""
    with tenant_scope(person.tenant_id), transaction.atomic():
        CustomerProfile.objects.filter(pk=person.pk).update(first_name=name)
        cache.forget([person.pk])


def key_of(person: CustomerProfile) -> str:
    return f"crm:profile:{person.tenant_id.hex}:{person.pk.hex}"


def stored(server: "redis.Redis", person: CustomerProfile) -> bytes | None:
    value: bytes | None = server.get(key_of(person))  # type: ignore[assignment]
    return value


def in_another_thread(act: Callable[[], object]) -> None:
    """Run on a connection of its own, to the end."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert failures == []


def break_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise redis.ConnectionError("away")

    for way in ("redis_client", "call", "send"):
        monkeypatch.setattr(cache, way, away)


def test_the_second_read_asks_the_database_nothing(
    tenant: Tenant, person: CustomerProfile, django_assert_num_queries: Any
) -> None:
    first_name(tenant, person.pk)

    with django_assert_num_queries(0):
        assert first_name(tenant, person.pk) == "Old"


def test_after_a_commit_the_new_row_is_read(tenant: Tenant, person: CustomerProfile) -> None:
    first_name(tenant, person.pk)

    rename(person, "New")

    assert first_name(tenant, person.pk) == "New"


def test_until_the_commit_others_read_what_is_committed_and_nothing_is_cached(
    tenant: Tenant, person: CustomerProfile, redis_server: "redis.Redis"
) -> None:
    first_name(tenant, person.pk)
    names: list[str] = []
    with tenant_scope(tenant), transaction.atomic():
        CustomerProfile.objects.filter(pk=person.pk).update(first_name="New")
        cache.forget([person.pk])
        in_another_thread(lambda: names.append(first_name(tenant, person.pk)))
        mark = stored(redis_server, person)

    assert names == ["Old"]
    assert mark is not None
    assert mark.startswith(b"!"), "the reader did not fill the key"
    assert first_name(tenant, person.pk) == "New"


def test_a_reader_that_loaded_before_the_commit_does_not_fill_after_it(
    tenant: Tenant, person: CustomerProfile, redis_server: "redis.Redis"
) -> None:
    def load_then_be_overtaken() -> bytes:
        loaded = b'{"firstName": "Old"}'
        in_another_thread(lambda: rename(person, "New"))
        return loaded

    with tenant_scope(tenant):
        answered = cache.read_through(person.pk, load_then_be_overtaken)

    assert answered == b'{"firstName": "Old"}', "true when it was read"
    assert stored(redis_server, person) is None
    assert first_name(tenant, person.pk) == "New"


def test_of_two_readers_only_the_one_that_marked_the_key_fills_it(
    tenant: Tenant, person: CustomerProfile, redis_server: "redis.Redis"
) -> None:
    inner: list[bytes | None] = []

    def load() -> bytes:
        with tenant_scope(tenant):
            inner.append(cache.read_through(person.pk, lambda: b"second"))
        return b"first"

    with tenant_scope(tenant):
        cache.read_through(person.pk, load)
        assert inner == [b"second"]
        assert cache.read_through(person.pk, lambda: b"third") == b"first"


def test_a_writer_that_dies_between_commit_and_unmark_leaves_nothing_stale(
    tenant: Tenant, person: CustomerProfile, redis_server: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    first_name(tenant, person.pk)
    monkeypatch.setattr(cache, "_unmark", lambda keys, mark: None)

    rename(person, "New")

    assert [first_name(tenant, person.pk) for _ in range(2)] == ["New", "New"]
    assert (stored(redis_server, person) or b"").startswith(b"!")
    assert 0 < redis_server.ttl(key_of(person)) <= cache.WRITER_MARK_SECONDS


def test_a_rollback_leaves_the_old_row_readable(tenant: Tenant, person: CustomerProfile) -> None:
    first_name(tenant, person.pk)
    with tenant_scope(tenant), transaction.atomic():
        CustomerProfile.objects.filter(pk=person.pk).update(first_name="New")
        cache.forget([person.pk])
        transaction.set_rollback(True)

    assert first_name(tenant, person.pk) == "Old"


def test_the_first_of_two_writers_does_not_take_the_seconds_mark_away(
    tenant: Tenant, person: CustomerProfile, redis_server: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[tuple[Any, ...]] = []
    unmark = cache._unmark
    monkeypatch.setattr(cache, "_unmark", lambda *arguments: late.append(arguments))
    rename(person, "First")
    with tenant_scope(tenant), transaction.atomic():
        CustomerProfile.objects.filter(pk=person.pk).update(first_name="Second")
        cache.forget([person.pk])
        unmark(*late[0])
        in_another_thread(lambda: first_name(tenant, person.pk))
        mark = stored(redis_server, person)

    assert (mark or b"").startswith(b"!")
    assert first_name(tenant, person.pk) == "Second"


def test_what_a_restarted_redis_remembers_is_not_believed(
    tenant: Tenant, person: CustomerProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_name(tenant, person.pk)
    with monkeypatch.context() as absence:
        break_redis(absence)
        rename(person, "New")

    monkeypatch.setattr(client_module, "_run_id", b"another-run")

    assert first_name(tenant, person.pk) == "New"


def test_a_value_carries_the_run_of_the_server_that_took_it(
    tenant: Tenant, person: CustomerProfile, redis_server: "redis.Redis"
) -> None:
    for _ in range(2):  # the second answer comes after the first was stored
        first_name(tenant, person.pk)

    run: str = redis_server.info("server")["run_id"]
    assert (stored(redis_server, person) or b"").startswith(b"=" + run.encode() + b"{")


def test_with_redis_away_reads_and_writes_go_on(
    tenant: Tenant, person: CustomerProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_redis(monkeypatch)

    assert first_name(tenant, person.pk) == "Old"
    rename(person, "New")
    assert first_name(tenant, person.pk) == "New"


def test_a_server_that_does_not_answer_is_given_up_within_a_second(
    tenant: Tenant, person: CustomerProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_name(tenant, person.pk)
    nowhere = settings.REDIS_URL.rpartition(":")[0] + ":1/0"
    redis_connection.close()
    with monkeypatch.context() as absence:
        absence.setattr(
            redis_connection,
            "redis_client",
            lambda: redis.Redis.from_url(nowhere, socket_connect_timeout=0.5),
        )
        started = time.monotonic()
        name = first_name(tenant, person.pk)
        seconds = time.monotonic() - started

    assert (name, seconds < 30) == ("Old", True)
    assert first_name(tenant, person.pk) == "Old", "and asked again when it is back"


def test_when_redis_fails_only_between_read_and_fill_the_answer_is_given_all_the_same(
    tenant: Tenant, person: CustomerProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load() -> bytes:
        break_redis(monkeypatch)
        return b"loaded"

    with tenant_scope(tenant):
        assert cache.read_through(person.pk, load) == b"loaded"


def test_a_mark_that_could_not_be_set_is_made_up_for_after_the_commit(
    tenant: Tenant, person: CustomerProfile, redis_server: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    first_name(tenant, person.pk)
    with tenant_scope(tenant), transaction.atomic():
        CustomerProfile.objects.filter(pk=person.pk).update(first_name="New")
        with monkeypatch.context() as absence:
            break_redis(absence)
            cache.forget([person.pk])

    assert stored(redis_server, person) is None
    assert first_name(tenant, person.pk) == "New"


def test_another_tenants_customer_is_nobody_although_cached(tenant: Tenant, person: CustomerProfile) -> None:
    first_name(tenant, person.pk)

    for _ in range(2):
        with tenant_scope(factories.tenant()), pytest.raises(CustomerNotFound):
            read_customer(person.pk)


def test_nobody_is_not_remembered(tenant: Tenant) -> None:
    unborn = new_profile_id()
    for _ in range(2):
        with tenant_scope(tenant), pytest.raises(CustomerNotFound):
            read_customer(unborn)

    profile(tenant, id=unborn, first_name="Born")

    assert first_name(tenant, unborn) == "Born"


def test_forgetting_nobody_asks_nothing(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "redis_client", lambda: pytest.fail("asked"))

    with tenant_scope(tenant):
        cache.forget([])


def test_an_edit_is_seen_by_the_next_read(tenant: Tenant, person: CustomerProfile) -> None:
    first_name(tenant, person.pk)

    with tenant_scope(tenant):
        update_customer(person.pk, {"firstName": "New", "tags": ["vip"]})
        answer = json.loads(read_customer(person.pk))

    assert (answer["firstName"], answer["tags"]) == ("New", ["vip"])


def test_where_looks_seldom_find_something_one_read_in_some_looks(
    tenant: Tenant, person: CustomerProfile, redis_server: "redis.Redis"
) -> None:
    def statements(reads: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            for _ in range(reads):
                first_name(tenant, person.pk)
        return len(captured)

    first_name(tenant, person.pk)
    filled = statements(1)
    for _ in range(400):
        cache.worth.note(was_found=False)
    seldom = statements(2 * cache.ONE_LOOK_IN)
    for _ in range(1_000):
        cache.worth.note(was_found=True)
    often = statements(16)

    assert (filled, seldom, often) == (0, 2 * cache.ONE_LOOK_IN - 2, 0)


def test_a_read_that_does_not_look_sees_what_is_committed(tenant: Tenant, person: CustomerProfile) -> None:
    assert first_name(tenant, person.pk) == "Old"
    rename(person, "New")
    for _ in range(400):
        cache.worth.note(was_found=False)

    assert {first_name(tenant, person.pk) for _ in range(9)} == {"New"}
