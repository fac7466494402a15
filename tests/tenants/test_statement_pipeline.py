"""Statements that a thread carries out: the same effects, in the same order, and no error is lost."""

from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from psycopg import Connection

from crm_platform.bench.database import connect
from tenants.models import IdempotencyRecord
from tenants.postgresql.staging import StagingTable
from tenants.postgresql.statement_pipeline import pipelined_statements
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.tenants.records import TABLE, keys_by_sql, record, unsaved_record

LETTERS = StagingTable("letters", "place integer, letter text")


def test_answers_come_as_ever(fairview: Club) -> None:
    with tenant_scope(fairview.tenant), pipelined_statements(), transaction.atomic():
        with connection.cursor() as cursor:
            LETTERS.fill(cursor, enumerate("abc"))
            cursor.execute("UPDATE letters SET letter = upper(letter) WHERE place > %s", [0])
            assert cursor.rowcount == 2
            cursor.execute("SELECT letter FROM letters ORDER BY place")
            assert cursor.description is not None
            assert cursor.fetchone() == ("a",)
            assert cursor.fetchmany(1) == [("B",)]
            assert list(cursor) == [("C",)]
        record(fairview.tenant, key="by the ORM")
        assert IdempotencyRecord.objects.get().key == "by the ORM"


def test_a_block_in_a_block_is_the_outer_one(db: None) -> None:
    with pipelined_statements(), transaction.atomic(), connection.cursor() as cursor:
        with pipelined_statements():
            cursor.execute("SELECT 1")
        LETTERS.fill(cursor, enumerate("a"))
        cursor.execute("SELECT letter FROM letters")

        assert cursor.fetchall() == [("a",)]


@pytest.mark.django_db(transaction=True)
def test_rows_that_nobody_could_read_afterwards_are_not_staged() -> None:
    """Outside a transaction the rows are gone with the statement that brought them."""
    with connection.cursor() as cursor, pytest.raises(RuntimeError, match="within a transaction"):
        LETTERS.fill(cursor, enumerate("abc"))
    with (
        pipelined_statements(),
        connection.cursor() as cursor,
        pytest.raises(RuntimeError, match="within a transaction"),
    ):
        LETTERS.fill(cursor, enumerate("abc"))


def test_an_answer_is_its_own_statement_s_whatever_was_said_since(db: None) -> None:
    with (
        pipelined_statements(),
        transaction.atomic(),
        connection.cursor() as one,
        connection.cursor() as other,
    ):
        one.execute("SELECT 1")
        other.execute("SELECT 2")
        other.execute("SELECT 3")

        assert (one.fetchall(), other.fetchall()) == ([(1,)], [(3,)])


def test_a_statement_runs_in_the_scope_in_which_it_was_said(fairview: Club, kingsmere: Club) -> None:
    record(fairview.tenant, key="ours"), record(kingsmere.tenant, key="theirs")
    ask = "SELECT key FROM tenants_idempotencyrecord"

    with (
        pipelined_statements(),
        transaction.atomic(),
        connection.cursor() as one,
        connection.cursor() as other,
    ):
        with tenant_scope(fairview.tenant):
            one.execute(ask)
        with tenant_scope(kingsmere.tenant):
            other.execute(ask)
        assert (one.fetchall(), other.fetchall()) == ([("ours",)], [("theirs",)])


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_statement_without_an_answer(fairview: Club) -> None:
    lock = "SELECT pg_advisory_xact_lock(4711)"
    with connect() as elsewhere, tenant_scope(fairview.tenant), pipelined_statements():
        elsewhere.execute(lock)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '20s'")
            cursor.execute(lock)
            # Had it been waited for, nobody would ever come here.
            elsewhere.rollback()
            cursor.execute("SELECT 'got it'")
            assert cursor.fetchall() == [("got it",)]


@pytest.mark.django_db(transaction=True)
def test_an_error_shows_at_the_commit_and_nothing_is_stored(fairview: Club) -> None:
    twice = record(fairview.tenant, key="twice")

    @transaction.atomic
    def say_it_twice() -> None:
        unsaved_record(fairview.tenant, key="before").save()
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {TABLE} SELECT * FROM {TABLE} WHERE key = 'twice'")
            cursor.execute(f"UPDATE {TABLE} SET key = 'after'")

    with tenant_scope(fairview.tenant), pipelined_statements():
        with pytest.raises(IntegrityError, match="duplicate key"):
            say_it_twice()
        # And the connection goes on.
        assert keys_by_sql() == [twice.key]


def test_an_error_shows_at_each_answer_until_the_savepoint_is_undone(db: None) -> None:
    with pipelined_statements(), transaction.atomic(), connection.cursor() as cursor:
        LETTERS.fill(cursor, enumerate("ab"))
        savepoint = transaction.savepoint()
        cursor.execute("DELETE FROM letters")
        cursor.execute("SELECT 1 / 0")
        for _ in range(2):
            with pytest.raises(DataError, match="division by zero"):
                cursor.fetchall()
        cursor.execute("SELECT count(*) FROM letters")
        with pytest.raises(DataError, match="division by zero"):
            cursor.fetchall()
        transaction.savepoint_rollback(savepoint)

        # What was said before the savepoint stands, what came after is undone.
        cursor.execute("SELECT letter FROM letters ORDER BY place")
        assert cursor.fetchall() == [("a",), ("b",)]


@pytest.mark.django_db(transaction=True)
def test_a_python_error_undoes_what_was_said(fairview: Club) -> None:
    @transaction.atomic
    def stumble() -> None:
        unsaved_record(fairview.tenant).save()
        raise ZeroDivisionError

    with tenant_scope(fairview.tenant), pipelined_statements():
        with pytest.raises(ZeroDivisionError):
            stumble()
        assert keys_by_sql() == []


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_dies_is_noticed_and_replaced(fairview: Club) -> None:
    @transaction.atomic
    def die(elsewhere: Connection[Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            elsewhere.execute("SELECT pg_terminate_backend(%s, 5000)", cursor.fetchone())
        unsaved_record(fairview.tenant).save()

    with tenant_scope(fairview.tenant):
        with connect() as elsewhere, pipelined_statements(), pytest.raises(OperationalError):
            die(elsewhere)
        connection.close_if_unusable_or_obsolete()
        assert keys_by_sql() == []
