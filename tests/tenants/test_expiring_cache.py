"""The small cache inside the process."""

import pytest

from tenants import expiring_cache
from tenants.expiring_cache import ExpiringCache, clear_all_caches


def test_a_value_is_kept_until_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(expiring_cache, "monotonic", lambda: now)
    cache: ExpiringCache[str, int] = ExpiringCache(max_entries=3)
    cache.put("a", 1, seconds=3)

    now = 102.9
    assert cache.get("a") == 1
    now = 103.0
    assert cache.get("a") is None


def test_the_oldest_makes_room() -> None:
    cache: ExpiringCache[str, int] = ExpiringCache(max_entries=2)
    for number, key in enumerate("abac"):
        cache.put(key, number, seconds=60)

    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (2, None, 3)
    assert len(cache) == 2


def test_a_value_without_time_is_never_seen() -> None:
    cache: ExpiringCache[str, int] = ExpiringCache(max_entries=2)
    cache.put("a", 1, seconds=-1)

    assert cache.get("a") is None


def test_all_caches_can_be_emptied_at_once() -> None:
    cache: ExpiringCache[str, int] = ExpiringCache(max_entries=2)
    cache.put("a", 1, seconds=60)

    clear_all_caches()

    assert cache.get("a") is None
