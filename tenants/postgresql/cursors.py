"""Cursors that say for which tenant their statements run."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from io import BytesIO
from typing import Any

from psycopg import ClientCursor, Copy
from psycopg.copy import FileWriter
from psycopg.sql import Composable

from tenants.postgresql.plans import planned
from tenants.postgresql.statement_pipeline import StatementPipeline


def _check_transaction(cursor: Any) -> None:
    """Outside a transaction what is staged would be gone before the next statement: none would say so."""
    if not cursor.connection.crm_wrapper.in_atomic_block:
        raise RuntimeError("Rows are copied within a transaction only: open one with transaction.atomic().")


def _text(query: Any, cursor: Any) -> str:
    """The statement as text, however it was composed, and as it is planned: none may go without its scope."""
    if isinstance(query, Composable):
        return planned(query.as_string(cursor))
    return planned(query.decode() if isinstance(query, bytes) else str(query))


class ScopedCursor(ClientCursor[Any]):
    """A cursor that puts the scope in front of each statement that needs it."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Run one statement under the open scope."""
        wrapper: Any = self.connection.crm_wrapper  # type: ignore[attr-defined]
        prefix, text = wrapper.scope_prefix(), _text(query, self)
        if not prefix:
            return super().execute(text, params, **options)
        try:
            super().execute(prefix + text, params, **options)
        except BaseException:
            # A value that cannot be adapted fails before anything is sent, and the transaction lives on untold.
            wrapper.forget_scope()
            raise
        self.nextset()
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """Run a statement many times; needs an open transaction, in which the scope is sent first."""
        self.connection.crm_wrapper.send_scope()  # type: ignore[attr-defined]
        super().executemany(query, params_seq, **options)

    def copy_rows(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """COPY … FROM STDIN with these rows; needs an open transaction."""
        _check_transaction(self)
        with self.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def copy(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """COPY; the scope is sent as a statement of its own, so this too needs a transaction."""
        self.connection.crm_wrapper.send_scope()  # type: ignore[attr-defined]
        return super().copy(statement, params, **options)


class PipelinedCursor(ScopedCursor):
    """A scoped cursor that submits its statements to a thread (`tenants.postgresql.statement_pipeline`)."""

    def __init__(self, connection: Any, pipeline: StatementPipeline) -> None:
        super().__init__(connection)
        self._pipeline = pipeline
        self._submitted: Future[None] | None = None

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Submit one statement under the open scope; whoever asks for its answer waits for it."""
        prefix = self.connection.crm_wrapper.scope_prefix()  # type: ignore[attr-defined]
        text = _text(query, self)
        self._submitted = self._pipeline.submit(lambda: self._execute(prefix, text, params, options))
        if self.connection.crm_wrapper.queries_logged:  # type: ignore[attr-defined]
            # Django writes down what the cursor has sent.
            self._submitted.result()
        return self

    def _execute(self, prefix: str, text: str, params: Any, options: dict[str, Any]) -> None:
        if not prefix:
            ClientCursor.execute(self, text, params, **options)
            return
        ClientCursor.execute(self, prefix + text, params, **options)
        ClientCursor.nextset(self)

    def copy_rows(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Write the rows down now, and have them copied."""
        _check_transaction(self)
        text = BytesIO()
        with Copy(ClientCursor(self.connection), writer=FileWriter(text)) as copy:
            for row in rows:
                copy.write_row(row)
        prefix = self.connection.crm_wrapper.scope_prefix()  # type: ignore[attr-defined]
        self._submitted = self._pipeline.submit(lambda: self._copy(prefix, statement, text.getvalue()))

    def _copy(self, prefix: str, statement: str, text: bytes) -> None:
        if prefix:
            ClientCursor.execute(self, prefix)
        with ClientCursor.copy(self, statement) as copy:
            copy.write(text)

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """As `ScopedCursor`, after all that was submitted."""
        self._pipeline.flush()
        super().executemany(query, params_seq, **options)

    def copy(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """As `ScopedCursor`, after all that was submitted."""
        self._pipeline.flush()
        return super().copy(statement, params, **options)

    def fetchone(self) -> Any:
        """The answer's next row."""
        self._pipeline.flush(self._submitted)
        return super().fetchone()

    def fetchmany(self, size: int = 0) -> list[Any]:
        """The answer's next rows."""
        self._pipeline.flush(self._submitted)
        return super().fetchmany(size)

    def fetchall(self) -> list[Any]:
        """All of the answer."""
        self._pipeline.flush(self._submitted)
        return super().fetchall()

    def __iter__(self) -> Any:
        self._pipeline.flush(self._submitted)
        return super().__iter__()

    def nextset(self) -> bool | None:
        """The answer to the next statement of several."""
        self._pipeline.flush(self._submitted)
        return super().nextset()

    @property
    def rowcount(self) -> int:
        """Rows that the statement changed or found."""
        self._pipeline.flush(self._submitted)
        return super().rowcount

    @property
    def description(self) -> Any:
        """The answer's columns."""
        self._pipeline.flush(self._submitted)
        return super().description

    def close(self) -> None:
        """Close after all that was submitted."""
        self._pipeline.submit(super().close)
