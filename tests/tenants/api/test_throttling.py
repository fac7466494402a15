"""Limits a minute: counted over all processes, cheap in each, absent without Redis."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
import redis
from django.test import Client

from tenants.api import throttling
from tenants.api.throttling import EVENTS, READ, WRITE, RateLimitedError, RateLimiter, charge
from tenants.callers import Caller, CallerKind
from tenants.models import IdempotencyRecord
from tenants.redis_client import redis_client
from tenants.scope import all_tenants
from tests import factories
from tests.cast import Club

NOON = 1_800_000_000.0 - 1_800_000_000.0 % 60


@pytest.fixture(autouse=True)
def _limits(settings: Any, redis_server: "redis.Redis", one_minute: None) -> None:
    settings.CRM_RATE_LIMITS = {"read": 20, "write": 3, "events": 1000}


@pytest.fixture
def no_redis(settings: Any) -> Iterator[None]:
    """An address where nobody listens."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_client.cache_clear()
    yield
    redis_client.cache_clear()


def caller(subject: str = "user:anna", limit: int | None = None) -> Caller:
    return Caller(CallerKind.TOKEN, subject, "Anna", frozenset(), frozenset(), rate_limit_per_minute=limit)


def passes(
    limiter: RateLimiter, times: int, *, limit: int = 20, subject: str = "a", now: float = NOON, cost: int = 1
) -> int:
    """How many of so many requests get through."""
    return sum(
        limiter.take(subject=subject, rate_class=READ, limit=limit, cost=cost, now=now) for _ in range(times)
    )


def test_a_minute_has_exactly_its_limit(redis_server: "redis.Redis") -> None:
    assert passes(RateLimiter(), 50) == 20


def test_the_next_minute_begins_anew(redis_server: "redis.Redis") -> None:
    limiter = RateLimiter()

    assert passes(limiter, 30, now=NOON) == 20
    assert passes(limiter, 30, now=NOON + 59.9) == 0
    assert passes(limiter, 30, now=NOON + 60) == 20


def test_a_minute_that_begins_meanwhile_in_another_thread_refuses_nobody(redis_server: "redis.Redis") -> None:
    class Hurried(RateLimiter):
        """Another thread spends of the next minute right after this one has looked."""

        def _spend(self, key: tuple[str, str], minute: int, cost: int) -> bool:
            had = super()._spend(key, minute, cost)
            super()._spend(("b", READ), minute + 1, 0)
            return had

    assert passes(Hurried(), 30) == 20


def test_two_processes_share_one_limit(redis_server: "redis.Redis") -> None:
    one, other = RateLimiter(), RateLimiter()

    through = sum(passes(limiter, 1, limit=100) for _ in range(100) for limiter in (one, other))

    # Both lease five at a time, so that at most one lease is left over in one of them.
    assert 95 <= through <= 100


def test_callers_and_classes_do_not_share(redis_server: "redis.Redis") -> None:
    limiter = RateLimiter()

    assert passes(limiter, 30, subject="a") == 20
    assert passes(limiter, 30, subject="b") == 20
    assert limiter.take(subject="a", rate_class=WRITE, limit=1, cost=1, now=NOON)


def leased(redis_server: "redis.Redis", subject: str = "a") -> int:
    """How much of the minute the processes have asked Redis for; each question adds to it."""
    return int(redis_server.get(f"crm:rate:read:{subject}:{int(NOON // 60)}") or 0)


def test_most_requests_need_no_round_trip(redis_server: "redis.Redis") -> None:
    limiter = RateLimiter()

    steps = set()
    for _ in range(1000):
        assert passes(limiter, 1, limit=1000) == 1
        steps.add(leased(redis_server))

    assert sorted(steps) == list(range(50, 1001, 50))


def test_who_used_a_minute_up_asks_no_more(redis_server: "redis.Redis") -> None:
    limiter = RateLimiter()
    passes(limiter, 21)
    before = leased(redis_server)

    assert passes(limiter, 500) == 0

    assert leased(redis_server) == before


def test_counts_do_not_stay_in_redis(redis_server: "redis.Redis") -> None:
    passes(RateLimiter(), 1)

    (key,) = redis_server.keys("crm:rate:*")
    assert 0 < redis_server.ttl(key) <= 120


def test_a_large_piece_of_work_counts_as_such(redis_server: "redis.Redis") -> None:
    limiter = RateLimiter()

    assert passes(limiter, 1, limit=1000, cost=700) == 1
    assert passes(limiter, 1, limit=1000, cost=700) == 0
    assert passes(limiter, 300, limit=1000, cost=1) == 300
    assert passes(limiter, 1, limit=1000, cost=1) == 0


def test_threads_of_one_process_do_not_take_too_much(redis_server: "redis.Redis") -> None:
    limiter = RateLimiter()
    taken: list[int] = []

    threads = [Thread(target=lambda: taken.append(passes(limiter, 100, limit=200))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(taken) == 200


def test_a_used_up_minute_says_how_long_it_lasts(redis_server: "redis.Redis") -> None:
    for _ in range(3):
        charge(caller(), WRITE)

    with pytest.raises(RateLimitedError) as refusal:
        charge(caller(), WRITE)

    seconds = int(refusal.value.headers["Retry-After"])
    assert 1 <= seconds <= 60
    assert (refusal.value.status, refusal.value.code) == (429, "RATE_LIMITED")
    assert refusal.value.extra == {"class": "write", "limit": 3, "retryAfter": seconds}


def test_a_key_may_have_its_own_limit(redis_server: "redis.Redis") -> None:
    for _ in range(5):
        charge(caller(limit=5), WRITE)

    with pytest.raises(RateLimitedError, match="More than 5 a minute"):
        charge(caller(limit=5), WRITE)


def test_events_count_one_by_one_and_a_keys_own_limit_counts_its_requests(
    redis_server: "redis.Redis",
) -> None:
    charge(caller("key:1", limit=2), EVENTS, cost=600)
    with pytest.raises(RateLimitedError, match="More than 1,000 a minute of class events"):
        charge(caller("key:1", limit=2), EVENTS, cost=600)
    with pytest.raises(RateLimitedError, match="More than 2 a minute of class requests"):
        charge(caller("key:1", limit=2), EVENTS, cost=1)


def test_a_caller_over_the_limit_is_told_when_to_come_back_and_changes_nothing(fairview: Club) -> None:
    client = Client(headers=factories.bearer(fairview.tenant))
    for number in range(3):
        assert client.post("/api/v1/things", {"name": f"n{number}"}, "application/json").status_code == 201

    answer = client.post("/api/v1/things", {"name": "n3"}, "application/json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert client.get("/api/v1/things").status_code == 200
    with all_tenants():
        assert IdempotencyRecord.objects.count() == 3


def test_refused_requests_count_too(fairview: Club) -> None:
    client = Client(headers=factories.bearer(fairview.tenant, scopes=[]))

    statuses = [client.get(f"/api/v1/things?tenantId=guess-{number}").status_code for number in range(25)]

    assert statuses == [403] * 20 + [429] * 5


def test_the_limit_of_a_key_is_read_from_its_row(fairview: Club) -> None:
    client = Client(headers={"X-API-Key": factories.api_key(fairview.tenant, rate_limit_per_minute=2)})

    assert [client.get("/api/v1/things").status_code for _ in range(3)] == [200, 200, 429]


def test_without_redis_everything_passes(no_redis: None, fairview: Club) -> None:
    client = Client(headers=factories.bearer(fairview.tenant))

    answers = [client.post("/api/v1/things", {"name": f"n{n}"}, "application/json") for n in range(10)]

    assert {answer.status_code for answer in answers} == {201}


def test_without_redis_only_one_request_in_seconds_waits_for_it(
    no_redis: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = RateLimiter()
    passes(limiter, 1)
    monkeypatch.setattr(throttling, "redis_client", lambda: pytest.fail("asked again"))

    assert passes(limiter, 1000) == 1000


def test_when_redis_comes_back_the_limit_does_too(
    settings: Any, no_redis: None, redis_server: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = RateLimiter()
    monkeypatch.setattr(throttling, "AWAY_SECONDS", 0.0)
    assert passes(limiter, 100) == 100

    monkeypatch.setattr(throttling, "redis_client", lambda: redis_server)

    assert passes(limiter, 100) <= 20
