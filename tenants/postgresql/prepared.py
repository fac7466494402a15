"""SELECTs that PostgreSQL parses and plans once a connection: the ones that callers wait for.

Planning a look-up by key costs the server twice what the look-up costs. A statement of this kind is prepared where a
connection needs it first and run by its name from then on, in one message with the scope. That takes a session of
one's own, so that behind a pooler, and within a transaction, it is sent as it is, like any other (ADR 113).
"""

from hashlib import blake2b
from typing import Final

from psycopg import errors

# The session is another one, or was reset, or a migration changed a column's type.
LOST: Final = (
    errors.InvalidSqlStatementName,
    errors.DuplicatePreparedStatement,
    errors.FeatureNotSupported,
)


class Prepared(str):
    """A SELECT with `%s` for each parameter; PostgreSQL finds the types out from where they stand."""

    __slots__ = ("preparing", "running")

    def __init__(self, text: str) -> None:
        name = f"crm_{blake2b(text.encode(), digest_size=8).hexdigest()}"
        numbers = tuple(f"${number}" for number in range(1, text.count("%s") + 1))
        self.preparing: Final = f"PREPARE {name} AS {text % numbers}".encode()
        self.running: Final = f"EXECUTE {name}(".encode()


class PreparedStatements:
    """What one connection has prepared."""

    def __init__(self, *, are_kept: bool) -> None:
        # Whether the next statement comes to the session that prepared the last one.
        self.are_kept = are_kept
        self.known: set[str] = set()
