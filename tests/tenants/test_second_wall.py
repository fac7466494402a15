"""The second wall fails closed: whatever a session forgets, the tables answer with nothing."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.db.transaction import TransactionManagementError
from psycopg import sql as composed

from tenants.checks import check_functions, check_login
from tenants.postgresql.base import as_owner
from tenants.postgresql.locks import AdvisoryLock, lock_tenant, try_lock
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.cast import Club
from tests.tenants.records import TABLE, keys_by_sql, record

COUNT = f"SELECT count(*) FROM {TABLE}"
FORGETTING = ["RESET ROLE", "RESET ALL", "DISCARD ALL", "SET SESSION AUTHORIZATION DEFAULT", "SET ROLE NONE"]


@pytest.fixture
def two_clubs(transactional_db: None) -> tuple[UUID, UUID]:
    """Two committed tenants with one committed row each."""
    first, second = factories.tenant("first"), factories.tenant("second")
    record(first, key="of first")
    record(second, key="of second")
    return first.pk, second.pk


@pytest.fixture
def session(two_clubs: tuple[UUID, UUID]) -> Iterator[psycopg.Connection[Any]]:
    """A bare session of the program's login, as an injected statement would have it."""
    address = connection.settings_dict
    with psycopg.connect(
        host=address["HOST"], dbname=address["NAME"], user=address["USER"], autocommit=True
    ) as opened:
        yield opened


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_program_logs_in_as_a_role_that_owns_nothing(db: None) -> None:
    assert check_login(None, databases=["default"]) == []
    assert check_login(None, databases=None) == []


@pytest.mark.parametrize("statement", FORGETTING)
def test_a_session_that_forgot_everything_sees_nothing(
    session: psycopg.Connection[Any], statement: str
) -> None:
    session.execute(statement)

    assert session.execute(COUNT).fetchone() == (0,)
    assert session.execute("SELECT count(*) FROM profiles_customerprofile").fetchone() == (0,)


@pytest.mark.parametrize("statement", FORGETTING)
def test_the_product_goes_on_in_a_session_that_forgot_everything(
    two_clubs: tuple[UUID, UUID], statement: str
) -> None:
    run(statement)

    assert keys_by_sql() == []
    with tenant_scope(two_clubs[0]):
        assert keys_by_sql() == ["of first"]
        with transaction.atomic():
            assert keys_by_sql() == ["of first"]
    with all_tenants():
        assert keys_by_sql() == ["of first", "of second"]
    assert keys_by_sql() == []


def test_what_is_said_in_one_transaction_is_gone_with_the_next(
    session: psycopg.Connection[Any], two_clubs: Any
) -> None:
    """A pooler in transaction mode gives the next transaction to somebody else."""
    with session.transaction():
        session.execute("SELECT set_config('crm.tenant_id', %s, true)", [str(two_clubs[0])])
        assert session.execute(COUNT).fetchone() == (1,)

    assert session.execute(COUNT).fetchone() == (0,)


def test_a_session_of_the_login_finds_the_tables_without_being_told_where(
    session: psycopg.Connection[Any],
) -> None:
    assert session.execute("SHOW search_path").fetchone() == (f"{settings.CRM_DATABASE_SCHEMA}, public",)


def test_a_session_that_asks_for_no_time_limits_has_them(session: psycopg.Connection[Any]) -> None:
    """As a pooler opens it, which hands on nothing of what a program asks for."""
    shown = {
        name: session.execute(f"SHOW {name}").fetchone()
        for name in (
            "statement_timeout",
            "idle_in_transaction_session_timeout",
            "client_connection_check_interval",
        )
    }

    assert shown == {
        "statement_timeout": ("15min",),
        "idle_in_transaction_session_timeout": ("5min",),
        "client_connection_check_interval": ("5s",),
    }


def test_the_login_may_make_nothing_in_the_schema_and_change_no_function(
    session: psycopg.Connection[Any],
) -> None:
    for statement in (
        "CREATE TABLE crm.mine (id int)",
        f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY",
        f"DROP POLICY {TABLE}_tenant_rls ON {TABLE}",
        "CREATE ROLE another",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement)


def test_the_check_names_a_login_that_is_above_the_policies(db: None) -> None:
    with as_owner():
        login = connection.settings_dict["USER"]
        for attribute, problem in (
            ("SUPERUSER", "is a superuser"),
            ("BYPASSRLS", "bypasses row level security"),
        ):
            run(f"ALTER ROLE {login} {attribute}")
            found = check_login(None, databases=["default"])
            run(f"ALTER ROLE {login} NOSUPERUSER NOBYPASSRLS")
            assert [error.id for error in found] == ["crm.E012"]
            assert problem in found[0].msg


def test_a_composed_statement_carries_the_scope_too(two_clubs: tuple[UUID, UUID]) -> None:
    statement = composed.SQL("SELECT key FROM {}").format(composed.Identifier(TABLE))

    with tenant_scope(two_clubs[0]), connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.fetchall() == [("of first",)]
    with tenant_scope(two_clubs[1]), transaction.atomic(), connection.cursor() as cursor:
        unusual: Any = f"SELECT key FROM {TABLE}".encode()
        cursor.execute(unusual)
        assert cursor.fetchall() == [("of second",)]


def test_a_value_that_cannot_be_sent_leaves_the_scope_right(two_clubs: tuple[UUID, UUID]) -> None:
    first, second = two_clubs

    with transaction.atomic():
        with tenant_scope(first):
            assert keys_by_sql() == ["of first"]
        value: Any = object()
        with tenant_scope(second):
            with pytest.raises(ProgrammingError), connection.cursor() as cursor:
                cursor.execute(f"{COUNT} WHERE key = %s", [value])
            assert keys_by_sql() == ["of second"]


def test_where_the_roles_are_missing_there_is_nothing_to_see(
    two_clubs: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_has_roles", False)

    with tenant_scope(two_clubs[0]):
        with pytest.raises(ProgrammingError, match="does not exist"):
            keys_by_sql()
        with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic():
            keys_by_sql()


def test_a_lock_outside_a_transaction_is_refused(two_clubs: tuple[UUID, UUID]) -> None:
    with tenant_scope(two_clubs[0]):
        with pytest.raises(TransactionManagementError, match="atomic"):
            lock_tenant(AdvisoryLock.IDENTITY)
        with pytest.raises(TransactionManagementError, match="atomic"):
            try_lock(AdvisoryLock.IDEMPOTENCY_KEY, "name")
        with transaction.atomic():
            lock_tenant(AdvisoryLock.IDENTITY)


SEARCH = "profiles_search(%s, '{newest}', '{0}', '{10}', ARRAY['x'::tsquery], ARRAY['x'::tsquery], 10)"


def test_a_temporary_view_never_stands_for_a_table_of_ours(fairview: Club) -> None:
    """A caller's function below such a view would run with the rights of the search's owner."""
    with tenant_scope(fairview.tenant), transaction.atomic():
        run("CREATE FUNCTION pg_temp.evil() RETURNS uuid LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$")
        run(
            "CREATE TEMPORARY VIEW profiles_searchdocument AS SELECT pg_temp.evil() AS tenant_id, "
            "pg_temp.evil() AS profile_id, 'x'::tsvector AS document"
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {SEARCH}", [fairview.tenant.pk])
            assert cursor.fetchall() == []


def test_no_function_lends_the_rights_of_a_superuser(db: None) -> None:
    assert check_functions(None, databases=["default"]) == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("", "belongs to the superuser"),
        ("SET search_path = crm, pg_temp", "belongs to the superuser"),
    ],
)
def test_the_check_names_a_function_that_lends_too_much(db: None, path: str, problem: str) -> None:
    with as_owner():
        run(f"CREATE FUNCTION loose() RETURNS int LANGUAGE sql SECURITY DEFINER {path} AS 'SELECT 1'")

    errors = check_functions(None, databases=["default"])

    assert [error.id for error in errors] == ["crm.E013"]
    assert f"loose() {problem}" in errors[0].msg


def test_the_check_names_a_function_that_searches_temporary_tables_first(db: None) -> None:
    with as_owner():
        run(
            "CREATE FUNCTION loose() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = crm AS 'SELECT 1'"
        )
        run("ALTER FUNCTION loose() OWNER TO crm_all")

    errors = check_functions(None, databases=["default"])

    assert [error.msg for error in errors] == [
        "The SECURITY DEFINER function loose() does not search pg_temp last."
    ]


def test_a_login_that_may_not_become_the_owner_is_refused_as_such(session: psycopg.Connection[Any]) -> None:
    owner = connection.settings_dict["OWNER"]["USER"]
    with as_owner():
        connection.close()
        run(f"REVOKE {owner} FROM {connection.settings_dict['USER']}")
        connection.close()
    try:
        connection.ensure_connection()
        with (
            as_owner(),
            pytest.raises((ProgrammingError, OperationalError), match="permission denied to set role"),
        ):
            run(COUNT)
    finally:
        with as_owner():
            connection.close()
            run(f"GRANT {owner} TO {connection.settings_dict['USER']} WITH INHERIT FALSE, SET TRUE")
            connection.close()
