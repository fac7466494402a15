"""How much a caller may do in a minute.

The count of a minute is kept in Redis, for all processes together. A process takes its share in leases of
many requests, so that most requests cost a dictionary look-up and no round trip. Without Redis everything
passes: the limits protect comfort, not correctness.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final

from django.conf import settings

from tenants.api.errors import ApiError
from tenants.callers import Caller
from tenants.redis_client import RedisError, redis_client

READ: Final = "read"
WRITE: Final = "write"
EVENTS: Final = "events"
CAMPAIGNS: Final = "campaigns"  # setting off what reaches many people: campaigns, journeys
REQUESTS: Final = "requests"

MINUTE_SECONDS = 60
# A lease is this part of the limit: small, so that what one process leaves unused is not missed elsewhere.
LEASES_A_MINUTE = 20
MAX_LEASE = 1_000
# After Redis failed, how long to go on without asking again: a dead host costs its time-out only now and
# then.
AWAY_SECONDS = 5.0


class RateLimitedError(ApiError):
    """The caller's minute is used up."""

    status = 429
    code = "RATE_LIMITED"

    def __init__(self, rate_class: str, limit: int, seconds: int) -> None:
        super().__init__(
            f"More than {limit:,} a minute of class {rate_class}; try again in {seconds} s.",
            extra={"class": rate_class, "limit": limit, "retryAfter": seconds},
            headers={"Retry-After": str(seconds)},
        )


@dataclass(slots=True)
class _Lease:
    left: int = 0
    is_used_up: bool = False


class RateLimiter:
    """The leases of this process for the running minute."""

    def __init__(self) -> None:
        self._minute = 0
        self._leases: dict[tuple[str, str], _Lease] = {}
        # What all processes had taken when this one asked last.
        self._taken: dict[tuple[str, str], int] = {}
        self._lock = Lock()
        self._away_until = 0.0

    def take(self, *, subject: str, rate_class: str, limit: int, cost: int, now: float) -> bool:
        """Take `cost` from the subject's minute; False when there is not that much left.

        `now` is in seconds since 1970: all processes count the same minute by the wall clock.
        """
        minute = int(now // MINUTE_SECONDS)
        key = (subject, rate_class)
        if self._spend(key, minute, cost):
            return True
        with self._lock:
            # Another thread may have begun the next minute since, with no lease at all.
            lease = self._leases.get(key)
            if lease is not None and lease.is_used_up:
                return False
        wanted = max(cost, min(MAX_LEASE, limit // LEASES_A_MINUTE), 1)
        granted = self._ask(key, minute, limit, wanted)
        with self._lock:
            if minute != self._minute:
                # What was granted of the minute that is over cannot be spent in the new one.
                return granted >= cost
            lease = self._leases.setdefault(key, _Lease())
            lease.left += granted
            lease.is_used_up = granted == 0
        return self._spend(key, minute, cost)

    def _spend(self, key: tuple[str, str], minute: int, cost: int) -> bool:
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._leases.clear()
                self._taken.clear()
            lease = self._leases.setdefault(key, _Lease())
            if lease.left < cost:
                return False
            lease.left -= cost
            return True

    def _ask(self, key: tuple[str, str], minute: int, limit: int, wanted: int) -> int:
        """How much of `wanted` the common count still gives; everything while Redis is away."""
        if time.monotonic() < self._away_until:
            return wanted
        name = f"crm:rate:{key[1]}:{key[0]}:{minute}"
        try:
            with redis_client().pipeline(transaction=False) as pipe:
                pipe.incrby(name, wanted)
                pipe.expire(name, 2 * MINUTE_SECONDS)
                total = int(pipe.execute()[0])
        except RedisError:
            self._away_until = time.monotonic() + AWAY_SECONDS
            return wanted
        self._taken[key] = total
        return max(0, min(wanted, limit - (total - wanted)))

    def left(self, *, subject: str, rate_class: str, limit: int) -> int:
        """About how much of the running minute is left; other processes may have taken some since."""
        key = (subject, rate_class)
        with self._lock:
            lease = self._leases.get(key)
            own = lease.left if lease is not None else 0
            return max(0, limit - self._taken.get(key, 0)) + own

    def forget(self) -> None:
        """Drop all leases: for tests."""
        with self._lock:
            self._leases.clear()
            self._away_until = 0.0


limiter = RateLimiter()


def charge(caller: Caller, rate_class: str, cost: int = 1) -> None:
    """Count the work against the caller's minute; raises RateLimitedError when it does not fit.

    A key's own limit counts requests and takes the place of the platform's. Events are counted one by one
    against the platform's limit; there the key's own limit counts in addition, a request at a time.
    """
    for name, limit, is_own in _limits(caller, rate_class):
        _charge(caller, name, limit, 1 if is_own else cost)


def limit_headers(caller: Caller, rate_class: str) -> dict[str, str]:
    """The limit of the class and what is left of it, as draft-ietf-httpapi-ratelimit-headers writes it."""
    limits = list(_limits(caller, rate_class))
    seconds = MINUTE_SECONDS - int(time.time() % MINUTE_SECONDS)
    left = {
        name: limiter.left(subject=caller.subject, rate_class=name, limit=limit) for name, limit, _ in limits
    }
    return {
        "RateLimit-Policy": ", ".join(f'"{name}";q={limit};w={MINUTE_SECONDS}' for name, limit, _ in limits),
        "RateLimit": ", ".join(f'"{name}";r={left[name]};t={seconds}' for name in left),
    }


def _limits(caller: Caller, rate_class: str) -> Iterator[tuple[str, int, bool]]:
    """Which counts a piece of work stands against: name, limit, and whether that is the key's own."""
    own = caller.rate_limit_per_minute
    if own is not None:
        yield REQUESTS if rate_class == EVENTS else rate_class, own, True
    if own is None or rate_class == EVENTS:
        yield rate_class, settings.CRM_RATE_LIMITS[rate_class], False


def _charge(caller: Caller, rate_class: str, limit: int, cost: int) -> None:
    now = time.time()
    if not limiter.take(subject=caller.subject, rate_class=rate_class, limit=limit, cost=cost, now=now):
        seconds = MINUTE_SECONDS - int(now % MINUTE_SECONDS)
        raise RateLimitedError(rate_class, limit, seconds)
