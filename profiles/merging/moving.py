"""What a merge and an unmerge do with the rows of each declared table."""

from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps

from profiles.merging import statements as sql
from tenants.declarations import every, resolve
from tenants.extension import MergeBy, Move, Table
from tenants.postgresql.tables import table_name


def move_rows(cursor: Any, tenant_id: UUID) -> None:
    """Let each table follow `merge_member`: first those that move by the rule, then the others."""
    tables: list[Table] = every("tables")
    for table in tables:
        if isinstance(table.merge, Move):
            cursor.execute(_move(table), {"tenant": tenant_id})
    for table in tables:
        if isinstance(table.merge, MergeBy):
            resolve(table.merge.call)(cursor, tenant_id)


def move_facts(cursor: Any, tenant_id: UUID) -> None:
    """Facts follow the identifier with which they came."""
    cursor.execute(sql.MOVE_FACTS, {"tenant": tenant_id})


def drop_documents(cursor: Any, tenant_id: UUID) -> None:
    """Whoever stands for nobody is not found."""
    cursor.execute(sql.DROP_DOCUMENTS, {"tenant": tenant_id})


@cache
def _move(table: Table) -> str:
    """The statement that moves the table's rows."""
    name, rule = table_name(table), table.merge
    statement = sql.MOVE.format(table=name)
    if not isinstance(rule, Move) or not rule.unique:
        return statement
    same = " ".join(f"AND other.{column} IS NOT DISTINCT FROM moved.{column}" for column in rule.unique)
    return statement + sql.UNLESS_TAKEN.format(
        table=name,
        moved_key=_key(table, "moved"),
        other_key=_key(table, "other"),
        among_moved=rule.among.format(row="moved"),
        among_other=rule.among.format(row="other"),
        same=same,
    )


def _key(table: Table, alias: str) -> str:
    """The primary key as one value, of however many columns."""
    model: Any = apps.get_model(table.model)
    return f"({', '.join(f'{alias}.{field.column}' for field in model._meta.pk_fields)})"
