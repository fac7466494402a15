"""The role as which the programs log in: it owns nothing and can see nothing but a tenant's rows."""

from typing import Any, Final

from django.conf import settings
from django.db import ProgrammingError
from django.db.transaction import atomic
from psycopg import sql

from tenants.postgresql.base import ALL_TENANTS_ROLE, APP_ROLE

# Roles are of the whole cluster, in which several databases may be migrated at once.
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('crm roles'))"
KNOWN: Final = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)"
FORBIDDEN: Final = "42501"
ATTRIBUTES: Final = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT"
# What a program asks for when it connects and a pooler does not hand on. Of the time limits the longest that any has.
SESSION: Final = {
    "statement_timeout": "900s",
    "idle_in_transaction_session_timeout": "300s",
    "client_connection_check_interval": "5s",
}
# Who waits for whom, and since when, of the whole cluster; only maintenance works as this role.
STATISTICS: Final = f"""
DO $$ BEGIN
    GRANT pg_read_all_stats TO {ALL_TENANTS_ROLE};
EXCEPTION WHEN insufficient_privilege THEN NULL;  -- the owner is no superuser: sessions are then told without details
END $$
"""


def ensure_login(connection: Any) -> None:
    """Make the login of the connection's settings, or give it its password again; works as the owner.

    It inherits `crm_app`, so that row level security holds whatever a session forgets; `crm_all` it must ask for. An
    owner who may not make roles has them made by an administrator (docs/operations.md); then nothing is changed, and
    crm.E014 says when the login does not work.
    """
    address = connection.settings_dict
    login, owner = address["USER"], address["OWNER"]["USER"]
    if not login or login == owner:
        return  # crm.E012 says so
    try:
        _make(connection, login)
    except ProgrammingError as error:
        if getattr(error.__cause__, "sqlstate", "") != FORBIDDEN:
            raise


def _make(connection: Any, login: str) -> None:
    address = connection.settings_dict
    with atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(KNOWN, [login])
        act = "ALTER" if cursor.fetchone()[0] else "CREATE"
        for statement in _statements(act, login, address["PASSWORD"], address["NAME"]):
            cursor.execute(statement)
        cursor.execute(STATISTICS)


def _statements(act: str, login: str, password: str, database: str) -> list[sql.Composed]:
    role = sql.Identifier(login)
    secret = sql.SQL(" PASSWORD {}").format(sql.Literal(password)) if password else sql.SQL("")
    names = {
        "role": role,
        "database": sql.Identifier(database),
        "schema": sql.Identifier(settings.CRM_DATABASE_SCHEMA),
        "app": sql.Identifier(APP_ROLE),
        "everything": sql.Identifier(ALL_TENANTS_ROLE),
    }
    texts = [
        "GRANT {app} TO {role} WITH INHERIT TRUE, SET TRUE",
        "GRANT {everything} TO {role} WITH INHERIT FALSE, SET TRUE",
        "ALTER ROLE {role} IN DATABASE {database} SET search_path = {schema}, public",
        *(
            f"ALTER ROLE {{role}} IN DATABASE {{database}} SET {name} = '{value}'"
            for name, value in SESSION.items()
        ),
    ]
    made = sql.SQL(f"{act} ROLE {{}} {ATTRIBUTES}").format(role) + secret
    return [made, *(sql.SQL(text).format(**names) for text in texts)]
