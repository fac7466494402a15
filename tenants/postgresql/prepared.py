"""SELECTs that PostgreSQL parses and plans once a connection: the ones that callers wait for.

Planning a look-up by key costs the server twice what the look-up costs. A statement of this kind is prepared where a
connection needs it first and run by its name from then on, in one message with the scope. That takes a session of
one's own, so that behind a pooler, and within a transaction, it is sent as it is, like any other (ADR 113).
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

from django.db import connection
from psycopg import errors
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus

# The session is another one, or was reset, or a migration changed a column's type.
LOST: Final = (
    errors.InvalidSqlStatementName,
    errors.DuplicatePreparedStatement,
    errors.FeatureNotSupported,
)


class Prepared(str):
    """A SELECT with `%s` for each parameter; PostgreSQL finds the types out from where they stand.

    `read_prepared` runs it.
    """

    __slots__ = ("preparing", "running")

    def __init__(self, text: str) -> None:
        name = f"crm_{blake2b(text.encode(), digest_size=8).hexdigest()}"
        numbers = tuple(f"${number}" for number in range(1, text.count("%s") + 1))
        self.preparing: Final = f"PREPARE {name} AS {text % numbers}".encode()
        self.running: Final = f"EXECUTE {name}(".encode()


def read_prepared(statement: Prepared, *values: Any) -> list[tuple[Any, ...]]:
    """All rows under the open scope; the statement is run by its name, or sent as it is where nothing is kept."""
    wrapper: Any = connection
    rows: list[tuple[Any, ...]] = wrapper.read(statement, values)
    return rows


class PreparedStatements:
    """What one connection has prepared, and how its answers are read.

    psycopg's generators and cursors cost as much as the server's own work. libpq answers with the last result of a
    message, or with the error that ended it.
    """

    def __init__(self, connection: Any, *, are_kept: bool) -> None:
        """`are_kept`: whether the next statement comes to the session that prepared the last one."""
        self.are_kept = are_kept
        self._connection = connection
        self._writer: Any = Transformer(connection)
        # With the number of columns that the reader knows to read.
        self._readers: dict[Prepared, tuple[Any, int]] = {}

    def message(self, scope: str, statement: Prepared, values: Sequence[Any]) -> bytes:
        """What is sent to run a statement under a scope; raises ProgrammingError for what is no value."""
        literal = self._writer.as_literal
        return b"%b%b%b)" % (
            scope.encode(),
            statement.running,
            b",".join([literal(value) for value in values]),
        )

    def rows(self, statement: Prepared, message: bytes) -> list[tuple[Any, ...]]:
        """Prepare the statement where that was not done, send the message, and read the answer; raises LOST."""
        if statement not in self._readers:
            self._answer(statement.preparing, ExecStatus.COMMAND_OK)
            self._readers[statement] = (Transformer(self._connection), -1)
        answer = self._answer(message, ExecStatus.TUPLES_OK)
        reader, columns = self._readers[statement]
        if columns == answer.nfields:
            # As they were: PostgreSQL refuses to run a statement whose columns have become others.
            reader.set_pgresult(answer, set_loaders=False)
        else:
            reader.set_pgresult(answer)
            self._readers[statement] = (reader, answer.nfields)
        rows: list[tuple[Any, ...]] = reader.load_rows(0, answer.ntuples, tuple)
        return rows

    def _answer(self, message: bytes, wanted: ExecStatus) -> Any:
        result = self._connection.pgconn.exec_(message)
        if result.status != wanted:
            raise errors.error_from_result(result, encoding=self._writer.encoding)
        return result
