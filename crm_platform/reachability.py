"""Can the two servers be used? Asked over plain connections, before anything else depends on the answer."""

import time

import psycopg
import redis

from crm_platform import env

CONNECT_TIMEOUT_SECONDS = 5
POLL_SECONDS = 0.5
REQUIRED_POSTGRES = 180000
EVICTING_IS_OFF = "noeviction"


def open_database(address: env.DatabaseAddress | None = None) -> psycopg.Connection[tuple[object, ...]]:
    """A connection outside Django, in the schema of the address (the owner's); raises psycopg.Error."""
    address = address or env.owner_address()
    return psycopg.connect(
        host=address.host or None,
        port=address.port or None,
        dbname=address.name,
        user=address.user or None,
        password=address.password or None,
        options=f"-c search_path={address.schema},public",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        autocommit=True,
        # libpq's own parameters, such as sslmode
        **address.options,  # type: ignore[arg-type]
    )


def database_problem() -> str | None:
    """Why the database cannot be used, in one line; None when it can."""
    try:
        with open_database() as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        return " ".join(str(error).split())
    if version < REQUIRED_POSTGRES:
        return f"it is PostgreSQL {version // 10000}, and 18 or newer is needed."
    return None


def login_problem() -> str | None:
    """Why the programs cannot log in to a database that is there, in one line; None when they can."""
    try:
        open_database(env.program_address()).close()
    except psycopg.Error as error:
        return " ".join(str(error).split())
    return None


def is_migrated() -> bool:
    """Whether the tables exist; raises psycopg.Error when the database cannot be asked."""
    with open_database() as connection:
        row = connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
    return bool(row and row[0])


def redis_problem() -> str | None:
    """Why Redis cannot be used, in one line; None when it can."""
    try:
        with _redis() as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return " ".join(str(error).split())
    return None


def redis_eviction_policy() -> str:
    """`maxmemory-policy` where there is a memory limit; `noeviction` otherwise, and if it does not say."""
    try:
        with _redis() as client:
            answers = client.config_get("maxmemory*")
    except redis.RedisError:  # hosted servers often forbid CONFIG
        return EVICTING_IS_OFF
    if int(answers.get("maxmemory", 0)) == 0:
        return EVICTING_IS_OFF
    return str(answers.get("maxmemory-policy", EVICTING_IS_OFF))


def wait_for_database(*, seconds: float) -> str | None:
    """Like `database_problem`, but with patience for a server that is just starting or recovering."""
    deadline = time.monotonic() + seconds
    while (problem := database_problem()) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return problem


def _redis() -> "redis.Redis":
    return redis.Redis.from_url(
        env.redis_url(), decode_responses=True, socket_timeout=2, socket_connect_timeout=2
    )
