"""Liveness and readiness.

`/livez` touches nothing: it fails only when the process itself is stuck. `/readyz` asks what a request needs.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from events.consumers import lags
from events.transports.heartbeat import EXPIRES_SECONDS, read_heartbeat
from tenants.postgresql.sessions import long_transactions
from tenants.redis_client import redis_client

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# What a probe may find wrong; anything else is a bug and belongs into the error log.
EXPECTED_ERRORS = (DatabaseError, RedisError, OSError)


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that a request needs; `ask` returns details or raises one of EXPECTED_ERRORS."""

    name: str
    ask: Callable[[], dict[str, Any]]


def ask_database() -> dict[str, Any]:
    """One round trip."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}


def ask_redis() -> dict[str, Any]:
    """A ping of the server itself: a cache that fell back to memory would look healthy."""
    redis_client().ping()
    return {}


def ask_consumers() -> dict[str, Any]:
    """How far each consumer of the domain log is behind. A late one is reported, and does not stop requests."""
    return {
        "lag": {
            lag.name: {
                "entries": lag.entries,
                "seconds": round(lag.seconds, 1),
                "tenants": lag.tenants,
                "paused": lag.is_paused,
                "stopped": lag.stopped,
            }
            for lag in lags()
        }
    }


def ask_queue_reader() -> dict[str, Any]:
    """Whether somebody reads the queue of events. Requests do without: it is reported, and stops nothing."""
    heartbeat = read_heartbeat()
    if heartbeat is None:
        return {"reading": False, "note": f"Nobody has read the queue in the last {EXPIRES_SECONDS} s."}
    if heartbeat.is_database_away:
        return {"reading": False, "note": "The reader of the queue waits for the database."}
    return {"reading": True, "waiting": heartbeat.waiting}


def ask_transactions() -> dict[str, Any]:
    """Transactions open for minutes, of the whole cluster: all consumers wait for them. Reported, stops no request."""
    return {"long": [one._asdict() for one in long_transactions()]}


PROBES: list[Probe] = [
    Probe("database", ask_database),
    Probe("redis", ask_redis),
    Probe("consumers", ask_consumers),
    Probe("queue", ask_queue_reader),
    Probe("transactions", ask_transactions),
]


class HealthMiddleware:
    """Answers the two paths before any other middleware looks at the request.

    Orchestrators and load balancers call by address, which is not among the allowed hosts.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The health page, or whatever the rest of the platform answers."""
        view = PAGES.get(request.path_info)
        return view(request) if view else self._get_response(request)


@require_safe
@never_cache
def livez(request: HttpRequest) -> HttpResponseBase:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponseBase:
    """200 when every probe passes, else 503; each probe with its time and what it found."""
    results = {probe.name: _result(probe) for probe in PROBES}
    is_ready = all(result["ok"] for result in results.values())
    body = {"status": "ok" if is_ready else "unavailable", "probes": results}
    return JsonResponse(body, status=200 if is_ready else 503)


PAGES: dict[str, GetResponse] = {"/livez": livez, "/readyz": readyz}


def _result(probe: Probe) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        found = {"ok": True, **probe.ask()}
    except EXPECTED_ERRORS as error:
        # The class only: messages of drivers name hosts and users, and anybody may read this page.
        found = {"ok": False, "error": type(error).__name__}
    return {**found, "milliseconds": round((time.perf_counter() - began) * 1000, 1)}
