"""One Redis client per process, with short time-outs: Redis only ever makes things faster, never decides them."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

__all__ = ["RedisError", "redis_client", "server_run_id"]

TIMEOUT_SECONDS = 0.5
_run_id = b""


def _on_connect(connection: Any) -> None:
    """Learn with every new connection which run of the server answers; a restart drops all connections."""
    global _run_id  # noqa: PLW0603 - one server per process
    connection.on_connect()
    connection.send_command("INFO", "server")
    answer = connection.read_response(disable_decoding=True)
    # RESP3 may hand the text over as a verbatim string, with its kind in front.
    for line in bytes(answer).splitlines():
        if line.startswith(b"run_id:"):
            _run_id = line.removeprefix(b"run_id:").strip()


@lru_cache(maxsize=1)
def redis_client() -> "Redis":
    """The shared client; calls raise RedisError within a second when Redis is away."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        redis_connect_func=_on_connect,
        # A connection that the server dropped (it was restarted) is opened anew once, at once.
        retry=Retry(NoBackoff(), 1),
    )


def server_run_id() -> bytes:
    """The run of the Redis server that answered last; changes with each start of the server."""
    return _run_id
