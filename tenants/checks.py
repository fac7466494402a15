"""System checks of tenant isolation."""

from collections.abc import Callable, Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, connections

from tenants.models.base import TenantModel
from tenants.postgresql.base import ALL_TENANTS_ROLE, APP_ROLE

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
    return _asked(databases, _unprotected_messages)


def _unprotected_messages(alias: str) -> list[CheckMessage]:
    return [
        Error(
            f"Table {table} holds tenant data but has no row level security policy.",
            hint=f"Add tenants.row_isolation.IsolateTenantRows for the model of {table} to its migration.",
            id="crm.E010",
        )
        for table in unprotected_tables(alias)
    ]


# A function that runs with its owner's rights, and what is wrong with it.
LOOSE_FUNCTIONS = """
SELECT f.oid::regprocedure::text,
       CASE WHEN r.rolsuper THEN 'belongs to the superuser ' || r.rolname
            ELSE 'does not search pg_temp last' END
FROM pg_proc AS f
JOIN pg_namespace AS n ON n.oid = f.pronamespace AND n.nspname = current_schema()
JOIN pg_roles AS r ON r.oid = f.proowner
CROSS JOIN LATERAL (
    SELECT max(setting) FILTER (WHERE setting LIKE 'search_path=%%') AS path FROM unnest(f.proconfig) AS setting
) AS found
WHERE f.prosecdef AND (r.rolsuper OR found.path IS NULL OR found.path !~ ',\\s*"?pg_temp"?$')
ORDER BY 1
"""
# Rights of the role that logged in, whatever it became since; the tables' owner is above their policies.
RIGHTS_OF_LOGIN = """
SELECT CASE WHEN r.rolsuper THEN 'is a superuser'
            WHEN r.rolbypassrls THEN 'bypasses row level security'
            WHEN EXISTS (SELECT FROM pg_class AS c
                         JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = current_schema()
                         WHERE c.relkind IN ('r', 'p') AND pg_has_role(r.oid, c.relowner, 'USAGE'))
            THEN 'owns its tables'
            WHEN pg_has_role(r.oid, '{everything}', 'USAGE') THEN 'inherits {everything}'
       END
FROM pg_roles AS r WHERE r.rolname = session_user
""".replace("{everything}", ALL_TENANTS_ROLE)


@register(Tags.database)
def check_login(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """crm.E012: programs log in as a role that is subject to row level security, whatever a session forgets."""
    return _asked(databases, _login_messages)


@register(Tags.database)
def check_functions(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """crm.E013: no SECURITY DEFINER function lends a superuser's rights, or searches the caller's tables first."""
    return _asked(databases, _function_messages)


def _asked(databases: Sequence[str] | None, ask: Callable[[str], list[CheckMessage]]) -> list[CheckMessage]:
    try:
        return [message for alias in databases or () for message in ask(alias)]
    except OperationalError:
        return []


def _login_messages(alias: str) -> list[CheckMessage]:
    connection: Any = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) = 2 FROM pg_roles WHERE rolname IN (%s, %s)", [APP_ROLE, ALL_TENANTS_ROLE]
        )
        if not cursor.fetchone()[0]:
            return []  # nothing is migrated yet
        cursor.execute(RIGHTS_OF_LOGIN)
        (problem,) = cursor.fetchone()
    if problem is None or connection.is_owners:
        return []
    return [
        Error(
            f"The database role that the programs log in as {problem}: one forgotten SET ROLE would open all tenants.",
            hint="Name the owner in CRM_DATABASE_URL and run `manage.py migrate`, which makes a login of its own; or "
            "give the owner's address as CRM_DATABASE_OWNER_URL and another role in CRM_DATABASE_URL.",
            id="crm.E012",
        )
    ]


def _function_messages(alias: str) -> list[CheckMessage]:
    with connections[alias].cursor() as cursor:
        cursor.execute(LOOSE_FUNCTIONS)
        found = cursor.fetchall()
    return [
        Error(
            f"The SECURITY DEFINER function {name} {problem}.",
            hint="Add tenants.row_isolation.ConfineDefinerFunction to the migration that makes it.",
            id="crm.E013",
        )
        for name, problem in found
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
