"""Functions that run with the rights of `crm_all`, after a dump was restored without its owners."""

from typing import Any, Final

from django.db import ProgrammingError
from django.db.transaction import atomic

from tenants.postgresql.base import ALL_TENANTS_ROLE
from tenants.postgresql.login import FORBIDDEN

# As `row_isolation.CONFINE`: the new owner needs CREATE on the schema at this moment only.
HAND_OVER: Final = f"""
DO $$ DECLARE found regprocedure; BEGIN
    FOR found IN
        SELECT f.oid FROM pg_proc AS f
        WHERE f.pronamespace = current_schema()::regnamespace AND f.prosecdef
          AND f.proowner <> to_regrole('{ALL_TENANTS_ROLE}')
    LOOP
        EXECUTE format('GRANT CREATE ON SCHEMA %I TO {ALL_TENANTS_ROLE}', current_schema());
        EXECUTE format('ALTER FUNCTION %s OWNER TO {ALL_TENANTS_ROLE}', found);
        EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM {ALL_TENANTS_ROLE}', current_schema());
    END LOOP;
END $$
"""
BORROW: Final = f"""
DO $$ BEGIN
    IF to_regrole('{ALL_TENANTS_ROLE}') IS NOT NULL AND NOT pg_has_role(current_user, '{ALL_TENANTS_ROLE}', 'SET') THEN
        EXECUTE format('GRANT {ALL_TENANTS_ROLE} TO %I', current_user);
    END IF;
END $$
"""


def hand_over_functions(connection: Any) -> None:
    """Let every SECURITY DEFINER function of the schema belong to `crm_all`; works as the owner of the tables.

    `pg_restore --no-owner` leaves them to whoever restored. Where the owner may not do this, nothing is changed, and
    crm.E013 says so if it matters.
    """
    try:
        with atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(BORROW)
            cursor.execute(HAND_OVER)
    except ProgrammingError as error:
        if getattr(error.__cause__, "sqlstate", "") != FORBIDDEN:
            raise
