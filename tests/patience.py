"""How long a test waits for what comes by itself: no longer than it takes, and long where the machine is busy."""

import time
from collections.abc import Callable
from typing import Final

from tenants import jwks, redis_client

# Beside other tests an import of the product may take a minute; only what hangs comes to this limit.
PATIENCE_SECONDS: Final = 600
POLL_SECONDS: Final = 0.005


class CacheClock:
    """The clock of the caches in this process: it stands still, so that no entry expires under a slow test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """What time it is."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.now += seconds


def install() -> None:
    """Let this process wait for its servers; in life it goes on without slow ones, which few tests are about."""
    redis_client.TIMEOUT_SECONDS = PATIENCE_SECONDS
    jwks.CONNECT_SECONDS = jwks.READ_SECONDS = PATIENCE_SECONDS


def wait_until(is_so: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Return as soon as something is so; fails when it does not come true."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(POLL_SECONDS)
