"""System checks of tenant isolation."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, connections

from tenants.models.base import TenantModel

# Platform tables that hold a tenant id but are read before any scope is open: who may enter which tenant.
UNISOLATED_TABLES = frozenset({"tenants_tenantname", "tenants_membership", "tenants_apikey_tenants"})
UNPROTECTED = """
SELECT c.relname
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
WHERE a.attname = 'tenant_id' AND NOT a.attisdropped
  AND NOT (c.relrowsecurity AND EXISTS (
        SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = c.relname || '_tenant_rls'))
ORDER BY c.relname
"""


def unprotected_tables(alias: str = "default") -> list[str]:
    """Tables with a tenant_id but without the tenant policy, other than the named exceptions."""
    with connections[alias].cursor() as cursor:
        cursor.execute(UNPROTECTED)
        return [name for (name,) in cursor.fetchall() if name not in UNISOLATED_TABLES]


@register(Tags.database)
def check_row_isolation(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """crm.E010: every table of tenant data has row level security.

    A database that cannot be asked is the business of crm.E002.
    """
    if not databases:
        return []
    try:
        return [message for alias in databases for message in _unprotected_messages(alias)]
    except OperationalError:
        return []


def _unprotected_messages(alias: str) -> list[CheckMessage]:
    return [
        Error(
            f"Table {table} holds tenant data but has no row level security policy.",
            hint=f"Add tenants.row_isolation.IsolateTenantRows for the model of {table} to its migration.",
            id="crm.E010",
        )
        for table in unprotected_tables(alias)
    ]


@register(Tags.models)
def check_tenant_models(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """crm.E011: a model with a tenant derives from TenantModel, so that its reads are scoped."""
    return [
        Error(
            f"{model._meta.label} has a tenant but does not derive from TenantModel.",
            hint="Derive it from tenants.models.TenantModel.",
            id="crm.E011",
        )
        for model in apps.get_models()
        if any(field.name == "tenant" for field in model._meta.local_fields)
        and not issubclass(model, TenantModel)
        and model._meta.db_table not in UNISOLATED_TABLES
    ]
