"""Emptying the database after a test that committed: only what holds rows, where few rows are held.

Django truncates every table of the project, which costs a quarter of a second whatever a test wrote.
"""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import TransactionTestCase

from tenants.postgresql.base import as_owner

# Larger tables are truncated: deleted rows would stay in the file and in the eyes of the next test's planner.
MOST_BYTES = 1024 * 1024
USED = """
SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
WHERE oid = ANY(%s::regclass[]) AND (reltuples >= 0 OR pg_table_size(oid) > 0)
"""
FORGET = """
DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'crm'::regnamespace)
"""
# What `migrate` derives from the code: Django empties these too and then fills them again.
DERIVED = {ContentType._meta.db_table, Permission._meta.db_table}

_django_teardown: Any = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def install() -> None:
    """Let each transactional test end with this way of emptying."""
    TransactionTestCase._fixture_teardown = _teardown  # type: ignore[attr-defined]


def empty() -> None:
    """Delete every row outside of a test."""
    _teardown(TransactionTestCase())


def freshen() -> None:
    """Give every empty table new files, without the pages, dead rows and statistics that tests before left."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(USED, [_tables()])
        (used,) = cursor.fetchone()
        if used is not None:
            cursor.execute(f"TRUNCATE {used} CASCADE")
        cursor.execute(FORGET)


def _teardown(case: Any) -> None:
    """Delete the few rows; where there are many, or the owner is no superuser, do as Django does."""
    with as_owner():
        connection.close()
        is_empty = _delete_rows()
        connection.close()
    if not is_empty:
        _django_teardown(case)


def _delete_rows() -> bool:
    """Delete every row; False, and nothing done, where that is not the cheaper way or not allowed."""
    with connection.cursor() as cursor:
        names = [connection.ops.quote_name(table) for table in _tables()]
        cursor.execute("SELECT " + ", ".join(f"EXISTS (SELECT FROM {name})" for name in names))
        held = [name for name, holds_rows in zip(names, cursor.fetchone(), strict=True) if holds_rows]
        cursor.execute(
            "SELECT rolsuper, (SELECT coalesce(max(pg_total_relation_size(name::regclass)), 0) <= %s"
            " FROM unnest(%s::text[]) AS name) FROM pg_roles WHERE rolname = current_user",
            [MOST_BYTES, held],
        )
        if not all(cursor.fetchone()):
            return False
        # One message is one transaction. Foreign keys and the triggers of append-only tables stay silent.
        cursor.execute(
            ";".join(
                ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name in held)]
            )
        )
    return True


def _tables() -> list[str]:
    """The tables of the models, in no order."""
    every = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [table for table in every if table not in DERIVED]
