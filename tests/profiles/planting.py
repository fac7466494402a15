"""A name planted in every text of a club: in each column of each table that takes it, in rows about nobody erased."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any, Final
from uuid import UUID, uuid4

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.utils import DataError, InternalError, ProgrammingError
from django.utils import timezone

from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.postgresql.base import as_owner

# As a text, as an entry of a list, in a JSON document.
WAYS: Final = (
    "%(words)s::text",
    "ARRAY[%(words)s::text]",
    "jsonb_build_object('words', %(words)s::text)",
    "jsonb_build_array(%(words)s::text)",
)
# Column → the table to which it refers.
REFERENCES: Final = """
SELECT a.attname, r.relname FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid JOIN pg_class AS r ON r.oid = c.confrelid
JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[cardinality(c.conkey)]
WHERE c.contype = 'f' AND t.relname = %s AND a.attname <> 'tenant_id'
"""
TEXTS: Final = frozenset({"CharField", "TextField", "JSONField", "ArrayField", "SlugField", "EmailField"})


def tables_of_clubs() -> list[type[models.Model]]:
    """Every model with a tenant, of all apps."""
    found = [
        model
        for model in apps.get_models()
        if any(field.attname == "tenant_id" for field in model._meta.concrete_fields) and model._meta.managed
    ]
    return sorted(found, key=lambda model: model._meta.label)


def plant(tenant: Tenant, somebody: UUID, words: str) -> dict[str, list[str]]:
    """Write the words into every column that takes them; returns table → columns.

    Every table gets a row first, about `somebody`, where its constraints let a simple one stand.
    """
    planted: dict[str, list[str]] = {}
    with as_owner(), connection.cursor() as cursor:
        # Some refer to others, which get their row in an earlier turn.
        for model in tables_of_clubs() * 3:
            if not _has_row(cursor, model._meta.db_table, tenant):
                _make_row(cursor, model, tenant, somebody)
        # Published versions of journeys change by an erasure only.
        cursor.execute("SET LOCAL crm.erasing = 'on'")
        for model in tables_of_clubs():
            table = model._meta.db_table
            columns = [column for column in _texts_of(model) if _write(cursor, table, column, tenant, words)]
            if columns:
                planted[model._meta.label] = columns
        cursor.execute("SET LOCAL crm.erasing = 'off'")
    return planted


def _has_row(cursor: Any, table: str, tenant: Tenant) -> bool:
    cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" WHERE tenant_id = %s)', [tenant.pk])
    return bool(cursor.fetchone()[0])


def _make_row(cursor: Any, model: type[models.Model], tenant: Tenant, somebody: UUID) -> bool:
    """A row of the simplest values; several are tried where constraints ask for something."""
    cursor.execute(REFERENCES, [model._meta.db_table])
    parents = dict(cursor.fetchall())
    for attempt in range(4):
        values = {
            field.column: _value(cursor, field, tenant, somebody, attempt=attempt, parents=parents)
            for field in model._meta.concrete_fields
            if not isinstance(field, models.AutoField | models.GeneratedField)
        }
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(["%s"] * len(values))
        try:
            with transaction.atomic():
                cursor.execute(
                    f'INSERT INTO "{model._meta.db_table}" ({names}) OVERRIDING SYSTEM VALUE VALUES ({marks})',
                    list(values.values()),
                )
        except (IntegrityError, DataError, ProgrammingError, InternalError):
            continue
        return True
    return False


def _key_of(cursor: Any, model: Any, tenant: Tenant) -> Any:
    """Of any row of the table, of the club where it has clubs."""
    of_club = (
        "WHERE tenant_id = %s"
        if any(one.column == "tenant_id" for one in model._meta.concrete_fields)
        else ""
    )
    cursor.execute(
        f'SELECT "{model._meta.pk.column}" FROM "{model._meta.db_table}" {of_club} LIMIT 1',
        [tenant.pk] if of_club else [],
    )
    row = cursor.fetchone()
    return row[0] if row else None


def _value(
    cursor: Any, field: Any, tenant: Tenant, somebody: UUID, *, attempt: int, parents: dict[str, str]
) -> Any:
    if field.attname == "tenant_id":
        return tenant.pk
    if field.null and attempt % 2 == 0:
        return None
    if (
        field.attname.endswith(("profile_id", "winner_id", "loser_id"))
        or field.related_model is CustomerProfile
    ):
        return somebody
    if field.is_relation:
        return _key_of(cursor, field.related_model, tenant)
    if field.column in parents:
        model = next(one for one in apps.get_models() if one._meta.db_table == parents[field.column])
        return _key_of(cursor, model, tenant)
    if field.choices:
        return field.choices[min(attempt // 2, len(field.choices) - 1)][0]
    kind = field
    simple: list[tuple[type, Any]] = [
        (models.UUIDField, uuid4()),
        (models.BooleanField, attempt >= 2),
        (models.DateTimeField, timezone.now()),
        (models.DateField, date(2026, 1, 1)),
        (models.TimeField, time(9)),
        (models.JSONField, "{}"),
        (models.BinaryField, b"x"),
        (models.IntegerField, 1),
        (models.FloatField, 0.5),
        (models.DecimalField, 1),
    ]
    for one, value in simple:
        if isinstance(kind, one):
            return value
    return [] if kind.get_internal_type() == "ArrayField" else "x" * min(field.max_length or 1, 1)


def _texts_of(model: type[models.Model]) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if field.get_internal_type() in (
            "CharField",
            "TextField",
            "JSONField",
            "ArrayField",
            "SlugField",
            "EmailField",
        ):
            yield str(field.column)


def _write(cursor: Any, table: str, column: str, tenant: Tenant, words: str) -> bool:
    """Whether the column took the words in a row: as text, as an entry of an array, in a JSON document."""
    for value in WAYS:
        try:
            with transaction.atomic():
                cursor.execute(
                    f'UPDATE "{table}" SET "{column}" = {value} WHERE ctid = (SELECT ctid FROM "{table}"'
                    " WHERE tenant_id = %(tenant)s LIMIT 1)",
                    {"words": words, "tenant": tenant.pk},
                )
                return bool(cursor.rowcount)
        except (IntegrityError, DataError, ProgrammingError, InternalError):
            continue
    return False
