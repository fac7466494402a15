"""PostgreSQL and Redis for one test run: started once, shared by all of its processes.

The first process starts throw-away servers, unless `CRM_DATABASE_URL` and `REDIS_URL` name some, and hands
the addresses on through the environment; pytest-xdist's workers inherit them. Each worker has a test database
of its own (pytest-django makes it) and a Redis database of its own.
"""

import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from crm_platform.embedded import EmbeddedPostgres, EmbeddedRedis
from crm_platform.embedded.leftovers import is_running
from crm_platform.embedded.redis import free_port

FOLDER_PREFIX = "crm-test-"
# The address before a worker's own database number is put in.
REDIS_BASE = "CRM_TEST_REDIS_BASE"

_running = ExitStack()


def provide() -> None:
    """Make sure that both servers run and that this process' environment names them."""
    _keep_bytecode()
    if REDIS_BASE not in os.environ:
        _start(_new_folder())
        os.environ[REDIS_BASE] = os.environ["REDIS_URL"]
    base = os.environ[REDIS_BASE]
    os.environ["REDIS_URL"] = redis_url_of_worker(base, os.environ.get("PYTEST_XDIST_WORKER", ""))


def _keep_bytecode() -> None:
    """Let the programs that tests start find the product compiled: a quarter of such a start is compiling."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def stop() -> None:
    """Stop what this process started; harmless in a worker."""
    _running.close()


def redis_url_of_worker(base: str, worker: str) -> str:
    """The base address with the database number of a pytest-xdist worker; never the base's own number.

    Tests empty their database, so they keep off the one a person may be using.
    """
    parts = urlsplit(base)
    first = int(parts.path.lstrip("/") or 0) + 1
    return parts._replace(path=f"/{first + int(worker.removeprefix('gw') or 0)}").geturl()


def _new_folder() -> Path:
    """The run's data folder, removed in the end."""
    _remove_abandoned_folders()
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-"))
    folder.chmod(0o755)  # PostgreSQL may run as another user
    _running.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ["CRM_DATA_DIR"] = str(folder)
    return folder


def _start(folder: Path) -> None:
    """Start the servers that the environment does not name."""
    if not os.environ.get("CRM_DATABASE_URL"):
        postgres = EmbeddedPostgres(folder / "postgres", socket=folder / "socket", durable=False)
        os.environ["CRM_DATABASE_URL"] = _running.enter_context(postgres).url
    if not os.environ.get("REDIS_URL"):
        redis = EmbeddedRedis(folder / "redis", port=free_port(), durable=False)
        os.environ["REDIS_URL"] = _running.enter_context(redis).url


def _remove_abandoned_folders() -> None:
    """Folders of earlier runs that were killed; their name holds the process id."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(FOLDER_PREFIX).partition("-")[0]
        if owner.isdigit() and not is_running(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
