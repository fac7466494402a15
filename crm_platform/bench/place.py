"""Where benchmarks run: a database of their own, a Redis of their own, and servers where there are none."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from psycopg import sql

from crm_platform import env
from crm_platform.bench.database import connect
from crm_platform.bench.figures import BenchError
from crm_platform.embedded import EmbeddedPostgres, EmbeddedRedis
from crm_platform.embedded.leftovers import is_running
from crm_platform.embedded.redis import free_port
from crm_platform.reachability import database_problem

FOLDER_PREFIX = "crm-bench-"
DATABASE_PREFIX = "crm_bench_"
# What the caller's installation may have been told does not count here: Redis is our own, and so are its queues.
OWN_SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "crm_platform.settings",
    "CRM_LOG_LEVEL": "WARNING",
    "CRM_DEBUG": "false",
    "CRM_EVENTS_QUEUE": "",
    "CRM_OUTBOUND_QUEUE": "",
    "CRM_OUTBOUND_READERS": "",
    "CRM_BULLMQ_PREFIX": "",
    "CRM_CELERY_PREFIX": "",
    "CRM_ALLOWED_HOSTS": "",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder for files and logs, and the address of the server on which databases may be made."""

    folder: Path
    server_url: str


@contextmanager
def bench_place() -> Iterator[Place]:
    """The server of `CRM_DATABASE_URL`, or the embedded one if it runs, or else one started for this run.

    Raises BenchError when an address is set and nobody answers there, ServerError when no server can be started.
    """
    with ExitStack() as stack:
        _remove_abandoned_folders()
        folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        problem = database_problem()
        if problem is None:
            yield Place(folder, env.database_url())
            return
        if env.text("CRM_DATABASE_URL"):
            raise BenchError(f"The server of CRM_DATABASE_URL cannot be used: {problem}")
        postgres = EmbeddedPostgres(folder / "postgres", socket=folder / "socket")
        stack.enter_context(postgres)
        yield Place(folder, postgres.url)


def _remove_abandoned_folders() -> None:
    """Folders of runs that were killed; their name holds the process id."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(FOLDER_PREFIX).partition("-")[0]
        if owner.isdigit() and not is_running(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def bench_environment(place: Place, benchmark: str) -> Iterator[dict[str, str]]:
    """A new database and an empty Redis, as a complete environment; both are gone in the end."""
    folder = place.folder / benchmark
    folder.mkdir()
    with ExitStack() as stack:
        url = stack.enter_context(_database(place.server_url))
        redis = stack.enter_context(EmbeddedRedis(folder / "redis", port=free_port()))
        yield env.environment(
            CRM_DATABASE_URL=url, REDIS_URL=redis.url, CRM_DATA_DIR=str(folder), **OWN_SETTINGS
        )


@contextmanager
def _database(server_url: str) -> Iterator[str]:
    """A new database on the server, dropped in the end with everybody in it."""
    name = DATABASE_PREFIX + secrets.token_hex(4)
    try:
        # Inside, for whoever is stopped between the making and the next line has made one too.
        with connect(server_url) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        with connect(server_url) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
