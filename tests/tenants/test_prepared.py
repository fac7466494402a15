"""Statements that a connection prepares: the same rows behind the same walls, whatever becomes of the session."""

from typing import Any
from uuid import UUID

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tenants.postgresql.prepared import Prepared, read_prepared
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.pooler import is_pooled, pooled
from tests.tenants.records import TABLE, record
from tests.tenants.test_second_wall import FORGETTING

KEYS = Prepared(f"SELECT key FROM {TABLE} WHERE response_status = %s ORDER BY key")
RUNS = "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE %s"


@pytest.fixture
def two_clubs(transactional_db: None) -> tuple[UUID, UUID]:
    """Two committed tenants with one committed row each, on a new connection."""
    first, second = factories.tenant("first"), factories.tenant("second")
    record(first, key="of first")
    record(second, key="of second")
    connection.close()
    return first.pk, second.pk


def keys() -> list[str]:
    return [key for (key,) in read_prepared(KEYS, 201)]


def rows(statement: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def runs() -> list[int]:
    """How often the session ran the statement by its name; empty where it did not prepare it."""
    return [times for (times,) in rows(RUNS, f"%{TABLE} WHERE response_status%")]


def check_walls(first: UUID, second: UUID) -> None:
    """Each scope sees its own rows, one after the other on the same connection."""
    for _ in range(7):  # the sixth time PostgreSQL may keep a plan for good
        assert keys() == []
        with tenant_scope(first):
            assert keys() == ["of first"]
        with all_tenants():
            assert keys() == ["of first", "of second"]
        with tenant_scope(second):
            assert keys() == ["of second"]


def test_a_statement_is_prepared_once_and_run_by_its_name_behind_both_walls(
    two_clubs: tuple[UUID, UUID],
) -> None:
    check_walls(*two_clubs)

    assert runs() == [28]


def test_within_a_transaction_it_is_sent_as_it_is(two_clubs: tuple[UUID, UUID]) -> None:
    for club, key in zip(two_clubs, ("of first", "of second"), strict=True):
        with transaction.atomic(), tenant_scope(club):
            assert keys() == [key]

    assert runs() == []


def test_behind_a_pooler_nothing_is_prepared(two_clubs: tuple[UUID, UUID]) -> None:
    with pooled():
        assert is_pooled()
        check_walls(*two_clubs)
        assert runs() == []
    assert not is_pooled()
    check_walls(*two_clubs)
    assert runs() == [28]


@pytest.mark.parametrize("forgetting", [*FORGETTING, "DEALLOCATE ALL"])
def test_a_session_that_forgot_everything_answers_as_before(
    two_clubs: tuple[UUID, UUID], forgetting: str
) -> None:
    check_walls(*two_clubs)

    with connection.cursor() as cursor:
        cursor.execute(forgetting)

    check_walls(*two_clubs)


def test_somebody_elses_statement_of_the_same_name_is_not_run(two_clubs: tuple[UUID, UUID]) -> None:
    """As in a session that a pooler handed on, and that nobody told from one's own."""
    name = KEYS.running.removeprefix(b"EXECUTE ").removesuffix(b"(").decode()
    with connection.cursor() as cursor:
        cursor.execute(f"PREPARE {name} AS SELECT 'theirs'::text WHERE 201 = $1")

    check_walls(*two_clubs)


@pytest.mark.django_db(transaction=True)
def test_a_column_whose_type_a_migration_changed_is_read() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE numbers AS SELECT 7 AS number")
    statement = Prepared("SELECT number FROM numbers WHERE number::text = %s")
    assert read_prepared(statement, "7") == [(7,)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE numbers ALTER number TYPE text")

    assert read_prepared(statement, "7") == [("7",)]
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_what_the_server_refuses_is_raised_as_for_any_statement() -> None:
    statement = Prepared("SELECT 1 / %s")

    with pytest.raises(DataError, match="division by zero"):
        read_prepared(statement, 0)

    assert read_prepared(statement, 1) == [(1,)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("value", ["it's", "back\\slash", "100 %", "$1", "'); SELECT 1; --", "ä\n", None])
def test_values_stay_values(value: str | None) -> None:
    assert read_prepared(Prepared("SELECT %s::text, 'so'"), value) == [(value, "so")]


@pytest.mark.django_db(transaction=True)
def test_it_counts_among_the_statements_and_is_shown() -> None:
    with CaptureQueriesContext(connection) as captured:
        read_prepared(Prepared("SELECT %s::int"), 5)

    assert [query["sql"] for query in captured.captured_queries] == [
        f"EXECUTE {Prepared('SELECT %s::int').running.decode().removeprefix('EXECUTE ')}5)"
    ]


@pytest.mark.django_db(transaction=True)
def test_whoever_watches_statements_sees_it() -> None:
    seen: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    statement = Prepared("SELECT %s::int + 1")
    with connection.execute_wrapper(watch):
        assert read_prepared(statement, 5) == [(6,)]

    assert seen == [statement]


def test_a_statement_of_the_same_name_with_other_columns_is_read_as_it_is(
    two_clubs: tuple[UUID, UUID],
) -> None:
    check_walls(*two_clubs)
    name = KEYS.running.removeprefix(b"EXECUTE ").removesuffix(b"(").decode()

    with connection.cursor() as cursor:
        cursor.execute(f"DEALLOCATE {name}")
        cursor.execute(f"PREPARE {name} AS SELECT 'one'::text, 2, now() > now() WHERE 201 = $1")

    assert read_prepared(KEYS, 201) == [("one", 2, False)]
