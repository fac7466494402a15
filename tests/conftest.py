"""Fixtures of every test. The servers themselves are provided by `tests.settings`."""

import gc
import os
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings
from django.db import connection

from crm_platform.bench import migrating
from profiles import cache
from tenants import expiring_cache
from tenants.api import throttling
from tenants.postgresql.base import as_owner
from tests import examples, flushing, patience, servers

OTHERS_OUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
pytest_plugins = ["tests.cast", "tests.events.logbook"]


def pytest_configure() -> None:
    """Before the first test: empty the database in our own way after each that commits."""
    flushing.install()
    migrating.install()
    examples.load_profile()
    patience.install()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long tests first, in their order: one that began last would be waited for by everybody."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes do not name a test: packed ones carry the second, and workers that differ in a name run nothing."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector need not walk over it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure() -> None:
    """The last thing of a run: stop the servers that it started."""
    servers.stop()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Tests may become the owner on the connection that they share with the product, which in life may not.

    In the end nobody is left in the database: PostgreSQL would wait five seconds for them before it refuses to drop it.
    """
    with django_db_blocker.unblock(), as_owner():
        connection.close()
        with connection.cursor() as cursor:
            login, owner = connection.settings_dict["USER"], connection.settings_dict["OWNER"]["USER"]
            cursor.execute(f"GRANT {owner} TO {login} WITH INHERIT FALSE, SET TRUE")
        connection.close()
    yield
    with django_db_blocker.unblock(), as_owner():
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(OTHERS_OUT)
        connection.close()


@pytest.fixture(autouse=True)
def every_read_looks() -> None:
    """What earlier tests found in Redis, or did not, decides nothing in the next."""
    cache.worth.forget()


@pytest.fixture(autouse=True)
def cache_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> patience.CacheClock:
    """The clock of the caches in this process, but where a person looks at pages, who waits for news."""
    clock = patience.CacheClock()
    if request.node.get_closest_marker("browser") is None:
        monkeypatch.setattr(expiring_cache, "monotonic", clock)
    return clock


@pytest.fixture
def redis_server() -> Iterator["redis.Redis"]:
    """A client of this worker's own Redis database, empty before and after the test."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def fresh_tables(db: None) -> None:
    """Tables as in a new database, for tests of what the planner chooses; before any row is made (`usefixtures`)."""
    flushing.freshen()


@pytest.fixture(scope="session")
def database_environment(django_db_setup: None) -> dict[str, str]:
    """The environment for a real process on the database of the tests, of which it sees what is committed."""
    address = urlsplit(os.environ["CRM_DATABASE_URL"])
    database = address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return {
        **os.environ,
        "CRM_DATABASE_URL": database,
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "crm_platform.settings",
    }


@pytest.fixture
def process_environment(transactional_db: None, database_environment: dict[str, str]) -> dict[str, str]:
    """The environment for a real process (worker, consumer, command) that shall see this test's data."""
    return database_environment.copy()


@pytest.fixture
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The minute of rate limits does not end while the test counts its calls, nor does a pause without Redis."""
    now = time.time()
    monkeypatch.setattr(throttling, "time", SimpleNamespace(time=lambda: now, monotonic=lambda: now))


@pytest.fixture
def one_scoring_worker(settings: Any) -> None:
    """Threads would not see what the test's own transaction made."""
    settings.CRM_SCORING_WORKERS = 1
