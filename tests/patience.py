"""How long a test waits for what comes by itself: no longer than it takes, and long where the machine is busy."""

import time
from collections.abc import Callable
from typing import Final

# Beside other tests an import of the product may take a minute; only what hangs comes to this limit.
PATIENCE_SECONDS: Final = 600
POLL_SECONDS: Final = 0.005


def wait_until(is_so: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Return as soon as something is so; fails when it does not come true."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(POLL_SECONDS)
