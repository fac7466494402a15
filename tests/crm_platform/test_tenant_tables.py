"""For every table of tenants' data, generated: another club's rows can neither be read nor touched nor written.

A row is made up from the table's columns, with its other constraints out of the way: that they hold is tested
elsewhere, and here only the second wall shall stand.
"""

from typing import Final
from uuid import UUID

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

from tenants.models import Tenant, TenantModel
from tenants.postgresql.base import as_owner
from tenants.scope import tenant_scope
from tests.cast import Club

TABLES: Final = sorted(
    model._meta.db_table
    for model in apps.get_models()
    if issubclass(model, TenantModel) and model._meta.managed
)
CONSTRAINTS: Final = """
SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'f')
"""
REQUIRED: Final = """
SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute AS a
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'tenant_id'
  AND a.attnotnull AND d.oid IS NULL AND a.attidentity = '' AND a.attgenerated = ''
"""
VALUES: Final = {
    "uuid": "gen_random_uuid()",
    "jsonb": "'{}'",
    "boolean": "false",
    "bytea": "''",
    "date": "'2026-03-01'",
    "interval": "'1 day'",
    "inet": "'::1'",
    "tsvector": "''",
    "xid8": "'1'",
    "timestamp with time zone": "'2026-03-01 08:15:00+00'",
    "time without time zone": "'08:15'",
}
NUMBERS: Final = {"integer", "bigint", "smallint", "numeric", "double precision", "real"}


def test_there_are_tables_to_look_at() -> None:
    assert len(TABLES) > 30


@pytest.mark.parametrize("table", TABLES)
def test_no_row_of_another_club_is_seen_touched_or_written(
    table: str, fairview: Club, kingsmere: Club
) -> None:
    with as_owner():
        insert = made_up(table)
        run(insert, fairview.tenant.pk)

    assert visible(table, fairview.tenant, fairview.tenant) >= 1
    assert visible(table, kingsmere.tenant, fairview.tenant) == 0
    for statement in (f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}"):
        assert touched(f"{statement} WHERE tenant_id = %s", kingsmere.tenant, fairview.tenant.pk) == 0
    assert touched(insert, kingsmere.tenant, fairview.tenant.pk) == 0
    assert visible(table, fairview.tenant, fairview.tenant) >= 1


def made_up(table: str) -> str:
    """A statement that inserts a row of the tenant that is its parameter; drops what would refuse it."""
    with connection.cursor() as cursor:
        # Deferred checks of what the test has made so far, which keep a table from being altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(CONSTRAINTS, [table])
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(REQUIRED, [table])
        columns = cursor.fetchall()
    names = ", ".join(["tenant_id", *(f'"{name}"' for name, _ in columns)])
    values = ", ".join(["%s", *(value_of(kind) for _, kind in columns)])
    return f"INSERT INTO {table} ({names}) VALUES ({values})"


def value_of(kind: str) -> str:
    """Some value of the type."""
    if kind.endswith("[]"):
        return f"'{{}}'::{kind}"
    if kind in NUMBERS:
        return "1"
    return VALUES.get(kind, "'x'")


def run(statement: str, *parameters: UUID) -> int:
    """Rows that the statement touches."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def visible(table: str, looker: Tenant, owner: Tenant) -> int:
    """How many rows of the owner the looker sees."""
    with tenant_scope(looker), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", [owner.pk])
        return int(cursor.fetchone()[0])


def touched(statement: str, actor: Tenant, *parameters: UUID) -> int:
    """Rows that the actor touches; a refusal by the wall, or for want of the right, is none."""
    try:
        with tenant_scope(actor), transaction.atomic():
            return run(statement, *parameters)
    except ProgrammingError as error:
        if "row-level security" in str(error) or "permission denied" in str(error):
            return 0
        raise
