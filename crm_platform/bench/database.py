"""Plain connections as the role that logs in: it owns the tables, so that no policy stands in its way."""

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg

from crm_platform import env
from crm_platform.bench.figures import BenchError

CONNECT_TIMEOUT_SECONDS = 10

Connection = psycopg.Connection[tuple[Any, ...]]


def connect(url: str = "") -> Connection:
    """A connection in autocommit mode, by default to the database of this process' environment."""
    address = env.parse_database_url(url or env.database_url())
    return psycopg.connect(
        host=address.host or None,
        port=address.port or None,
        dbname=address.name,
        user=address.user or None,
        password=address.password or None,
        options=f"-c search_path={address.schema},public",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        autocommit=True,
        application_name="crm-bench",
        # libpq's own parameters, such as sslmode
        **address.options,  # type: ignore[arg-type]
    )


def one_row(
    connection: Connection, statement: LiteralString, parameters: Sequence[Any] = ()
) -> tuple[Any, ...]:
    """The first row of an answer; raises BenchError where there is none."""
    row = connection.execute(statement, parameters).fetchone()
    if row is None:
        raise BenchError(f"No answer to: {' '.join(statement.split())}")
    return row


def settle(connection: Connection, *tables: LiteralString) -> None:
    """Statistics and visibility maps as autovacuum would have made them, and no checkpoint left over from loading."""
    for table in tables:
        connection.execute(f"VACUUM (ANALYZE) {table}")
    try:
        connection.execute("CHECKPOINT")
    except psycopg.errors.InsufficientPrivilege:
        return  # a hosted server has its own idea of when


def expect(what: str, found: Any, expected: Any) -> None:
    """Raise BenchError unless a count is what it must be: a fast wrong answer is no figure."""
    if found != expected:
        raise BenchError(f"{what}: {found:,} instead of {expected:,}.")
