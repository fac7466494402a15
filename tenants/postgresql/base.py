"""A PostgreSQL backend whose statements say for which tenant they run.

A program logs in as a role that owns nothing and inherits only `crm_app`, for which each tenant table has a policy on
the setting `crm.tenant_id`. So the second wall needs no statement of ours to stand: after RESET ROLE, DISCARD ALL or
another session of a pooler, the tables answer with nothing. The setting is only ever made *transaction-local*, so a
pooled connection cannot carry it over to the next request:

* outside a transaction block the setting travels in the same message as the statement (PostgreSQL runs
  the message as one implicit transaction), which costs no round trip;
* inside a block it is sent with the first statement and again whenever the scope, or a rollback to a
  savepoint, may have changed it.

Inside `all_tenants()` the statements run as `crm_all`, for which the policies let every row through.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any
from uuid import UUID

from django.db.backends.postgresql import base
from psycopg import ClientCursor, adapters
from psycopg.pq import Format

from tenants.postgresql.cursors import PipelinedCursor, ScopedCursor
from tenants.postgresql.prepared import LOST, Prepared, PreparedStatements
from tenants.postgresql.statement_pipeline import StatementPipeline
from tenants.scope import Everything, Scope, ScopeError, current_scope

TIMESTAMPTZ = adapters.types["timestamptz"].oid
# psycopg's compiled loader. Django's is Python and costs 5 µs a value; both give the same instants in UTC.
TIMESTAMPTZ_LOADER: Any = adapters.get_loader(TIMESTAMPTZ, Format.TEXT)
APP_ROLE = "crm_app"
ALL_TENANTS_ROLE = "crm_all"

_as_owner: ContextVar[bool] = ContextVar("crm_as_owner", default=False)


@contextmanager
def as_owner() -> Iterator[None]:
    """Work as the owner of the tables: for migrations, which open their connection inside the block.

    A connection that the program opened may not become the owner: PostgreSQL refuses its next statement.
    """
    token = _as_owner.set(True)
    try:
        yield
    finally:
        _as_owner.reset(token)


def scope_statement(scope: Scope) -> str:
    """The SQL that tells PostgreSQL about the scope until the transaction ends."""
    if isinstance(scope, UUID):
        return f"SELECT set_config('role', '{APP_ROLE}', true), set_config('crm.tenant_id', '{scope}', true);"
    if scope is Everything.ALL_TENANTS:
        return f"SELECT set_config('role', '{ALL_TENANTS_ROLE}', true);"
    return f"SELECT set_config('role', '{APP_ROLE}', true), set_config('crm.tenant_id', '', true);"


# Where the roles are missing, nothing is guarded yet: then there is nothing to see either.
NOTHING_IN_SIGHT = "SELECT set_config('search_path', 'pg_catalog', true);"

_UNKNOWN = object()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper plus the knowledge of what the open transaction has been told."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._told: Any = _UNKNOWN
        # The tenants whose scopes the open transaction has had, and whether it keeps to the one.
        self._had: set[UUID] = set()
        self._is_kept = False
        self._has_roles = False
        # Whether this connection logged in as the owner of the tables.
        self.is_owners = False
        self._is_rolling_back = False
        # See `tenants.postgresql.statement_pipeline`.
        self.pipeline: StatementPipeline | None = None
        # Whether a pooler stands between, which may hand the next transaction to another session.
        self.is_pooled = False
        self.prepared: PreparedStatements | None = None

    def get_connection_params(self) -> dict[str, Any]:
        """The program's own login; inside `as_owner` the owner's."""
        params = super().get_connection_params()
        self.is_owners = _as_owner.get()
        if self.is_owners:
            owner = self.settings_dict["OWNER"]
            for name, value in (("user", owner["USER"]), ("password", owner["PASSWORD"])):
                params.pop(name, None)
                if value:
                    params[name] = value
        return params

    def get_new_connection(self, conn_params: Any) -> Any:
        """Open a connection whose cursors are scoped."""
        connection = super().get_new_connection(conn_params)
        connection.cursor_factory = ScopedCursor
        connection.adapters.register_loader(TIMESTAMPTZ, TIMESTAMPTZ_LOADER)
        connection.crm_wrapper = self
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """A scoped cursor; server-side ones are switched off, since a policy could not follow them."""
        return (
            self.connection.cursor()
            if self.pipeline is None
            else PipelinedCursor(self.connection, self.pipeline)
        )

    def init_connection_state(self) -> None:
        """Become `crm_app`; before the first migration that role does not exist yet.

        A pooler shakes hands in place of the server, so it tells a number of its own. One that hands sessions on as
        they are counts as well: nobody can tell it from the others.
        """
        self._told = _UNKNOWN
        self._end_of_transaction()
        self._has_roles = False
        super().init_connection_state()
        with ClientCursor(self.connection) as cursor:
            cursor.execute(
                "SELECT count(*) = 2, pg_backend_pid() FROM pg_roles WHERE rolname IN (%s, %s)",
                [APP_ROLE, ALL_TENANTS_ROLE],
            )
            self._has_roles, session = cursor.fetchone() or (False, 0)
            if self._has_roles and not self.is_owners:
                cursor.execute(f"SET ROLE {APP_ROLE}")
        self.is_pooled = session != self.connection.info.backend_pid
        self.prepared = PreparedStatements(self.connection, are_kept=not self.is_pooled)
        if not self.get_autocommit():
            self.connection.commit()

    @contextmanager
    def _nodb_cursor(self) -> Iterator[Any]:
        """The cursor that creates and drops test databases, as the owner.

        The whole block is the owner's: a prefix would make DROP DATABASE part of a transaction.
        """
        with as_owner(), super()._nodb_cursor() as cursor:
            yield cursor

    def scope_prefix(self) -> str:
        """The SQL to put in front of the next statement; empty where the transaction knows already."""
        if self._is_rolling_back:
            return ""
        scope, owner = current_scope(), _as_owner.get()
        if not self.in_atomic_block:
            return self._prefix_of_one_statement(scope, owner=owner)
        if (scope, owner) == self._told:
            return ""
        if isinstance(scope, UUID) and self._is_inside():
            if self._is_kept:
                self._check_kept(scope)
            self._had.add(scope)
        self._told = (scope, owner)
        return self._statement(scope, owner=owner)

    def _prefix_of_one_statement(self, scope: Scope, *, owner: bool) -> str:
        """Outside a transaction block; the owner's own connection says all, since its session is no `crm_app`."""
        if owner == self.is_owners and (owner or (scope is None and self._has_roles)):
            return ""
        if isinstance(scope, UUID) and self._has_roles and not owner and not self.is_owners:
            # The login inherits crm_app and nothing else: this is all that is missing, and the cheapest way to say it.
            return f"SET LOCAL crm.tenant_id = '{scope}';"
        return self._statement(scope, owner=owner)

    def _statement(self, scope: Scope, *, owner: bool) -> str:
        if owner:
            role = "none" if self.is_owners else self.settings_dict["OWNER"]["USER"].replace("'", "''")
            return f"SELECT set_config('role', '{role}', true);"
        return scope_statement(scope) if self._has_roles else NOTHING_IN_SIGHT

    def keep_to(self, tenant_id: UUID) -> None:
        """Refuse every other tenant's scope until the open transaction ends, whichever savepoints are rolled back.

        Raises ScopeError where it has had another already.
        """
        if self._is_inside():
            self._check_kept(tenant_id)
            self._had.add(tenant_id)
            self._is_kept = True

    def _check_kept(self, tenant_id: UUID) -> None:
        if self._had - {tenant_id}:
            raise ScopeError("This transaction keeps to another tenant: open one of its own for this one.")

    def _end_of_transaction(self) -> None:
        self._is_kept = False
        self._had.clear()

    def _is_inside(self) -> bool:
        """Whether a block of the product's own is open: a transaction around a whole test is nobody's."""
        return not all(getattr(block, "_from_testcase", False) for block in self.atomic_blocks)

    def read(self, statement: Prepared, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """All rows of a statement under the open scope: run by its name where the session keeps it, else sent as it is.

        By its name it goes past the cursors of Django and psycopg, which cost as much as the server does.
        """
        self.ensure_connection()
        prepared = self.prepared
        # One alone, in a session that keeps what it is told; nobody who wants to see statements is passed by.
        if prepared and prepared.are_kept and self._is_at_rest() and not self.execute_wrappers:
            self.validate_thread_sharing()
            began = monotonic()
            with self.wrap_database_errors:
                message = prepared.message(self.scope_prefix(), statement, values)
                try:
                    rows = prepared.rows(statement, message)
                except LOST:
                    prepared.are_kept = False
                else:
                    self._note(message, began)
                    return rows
        with self.cursor() as cursor:
            cursor.execute(statement, values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _is_at_rest(self) -> bool:
        return not self.in_atomic_block and self.pipeline is None

    def _note(self, message: bytes, began: float) -> None:
        """For Django's log of statements."""
        if self.queries_logged:
            self.queries_log.append({"sql": message.decode(), "time": f"{monotonic() - began:.3f}"})

    def forget_scope(self) -> None:
        """The transaction may not have heard what it was told: tell it again."""
        self._told = _UNKNOWN

    def send_scope(self) -> None:
        """Tell the open transaction its scope now, for statements that cannot carry a prefix."""
        prefix = self.scope_prefix()
        if prefix:
            with ClientCursor(self.connection) as cursor:
                cursor.execute(prefix)

    def _commit(self) -> None:
        if self.pipeline is not None:
            with self.wrap_database_errors:
                self.pipeline.flush()
        self._end_of_transaction()
        super()._commit()  # type: ignore[misc]  # missing in the stubs

    def _rollback(self) -> None:
        if self.pipeline is not None:
            self.pipeline.discard()
        self._end_of_transaction()
        super()._rollback()  # type: ignore[misc]  # missing in the stubs

    def _set_autocommit(self, autocommit: bool) -> None:
        self._told = _UNKNOWN
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # missing in the stubs

    def _savepoint_commit(self, sid: str) -> None:
        super()._savepoint_commit(sid)  # type: ignore[misc]  # missing in the stubs
        if not self._is_inside():
            self._end_of_transaction()

    def _savepoint_rollback(self, sid: str) -> None:
        if self.pipeline is not None:
            self.pipeline.discard()
        # An aborted transaction takes nothing but this statement: the scope must not travel with it.
        self._is_rolling_back = True
        try:
            super()._savepoint_rollback(sid)  # type: ignore[misc]  # missing in the stubs
        finally:
            self._is_rolling_back = False
            self._told = _UNKNOWN
            if not self._is_inside():
                self._end_of_transaction()
