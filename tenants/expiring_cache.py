"""A small cache inside the process for what every request asks again: tenants, keys, tokens.

Nothing here is shared between processes, so an entry must live only as long as it may be wrong.
"""

from threading import Lock
from time import monotonic
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_caches: list["ExpiringCache[Any, Any]"] = []


class ExpiringCache(Generic[K, V]):
    """At most `max_entries` values, each until its time is up; the oldest entry makes room for a new one.

    Reading takes no lock: a dictionary look-up is atomic, and a stale answer is no worse than a slow clock.
    """

    def __init__(self, *, max_entries: int) -> None:
        self._max_entries = max_entries
        self._entries: dict[K, tuple[float, V]] = {}
        self._lock = Lock()
        _caches.append(self)

    def get(self, key: K) -> V | None:
        """The value, or None when there is none or its time is up."""
        entry = self._entries.get(key)
        if entry is None or entry[0] <= monotonic():
            return None
        return entry[1]

    def put(self, key: K, value: V, *, seconds: float) -> None:
        """Keep a value for so many seconds (counted by the monotonic clock)."""
        with self._lock:
            self._entries.pop(key, None)
            while len(self._entries) >= self._max_entries:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = (monotonic() + seconds, value)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


def clear_all_caches() -> None:
    """Forget everything that this process has cached: for tests and after restoring a backup."""
    for cache in _caches:
        cache.clear()
