"""One owner per data folder: whoever holds the lock may start servers in it and stop left-overs."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_platform.embedded.process import ServerError

LOCK_NAME = "owner.lock"


@contextmanager
def claimed(data_dir: Path) -> Iterator[Path]:
    """Hold the data folder; yields it. Raises ServerError while another program holds it.

    The kernel gives the lock back when this process ends, however it ends.
    """
    run_dir = data_dir / "run"
    run_dir.mkdir(parents=True, exist_ok=True)
    close_to_others(data_dir)
    with (run_dir / LOCK_NAME).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            raise ServerError(
                f"The platform already runs on {data_dir} (process {owner}). Stop that one first, "
                "or start this one beside it with other CRM_DATA_DIR, PORT and REDIS_PORT."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield data_dir


def close_to_others(data_dir: Path) -> None:
    """Nobody else reads queues, logs, keys and media.

    Where root runs this, PostgreSQL runs as somebody else and has to pass through the folder; it may not list it.
    """
    data_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)
    for name in ("redis", "log", "run", "keys", "media"):
        folder = data_dir / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
