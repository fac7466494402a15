"""Migration operations that make the roles and put row level security on tenant tables.

The policy compares `tenant_id` with a sub-select, so that PostgreSQL reads the setting once a query and
not once a row. `uuid =` is leakproof: indexes that lead with `tenant_id` keep working under the policy.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from tenants.postgresql.base import ALL_TENANTS_ROLE, APP_ROLE

CREATE_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this cluster was faster
END $$;
"""
# Role membership lives in a table shared by the whole cluster, which two migrations may update at once.
GRANT_ROLE = """
DO $$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('crm roles'));
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
       AND NOT pg_has_role(current_user, '{role}', 'SET') THEN
        EXECUTE format('GRANT {role} TO %I', current_user);
    END IF;
END $$;
"""
GRANTS = """
DO $$ BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', current_schema());
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO {role}', current_schema());
    EXECUTE format('GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA %I TO {role}', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I
                    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I
                    GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role}', current_schema());
END $$;
"""
REVOKES = """
DO $$ BEGIN
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I REVOKE ALL ON TABLES FROM {role}', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I REVOKE ALL ON SEQUENCES FROM {role}', current_schema());
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM {role}', current_schema());
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %I FROM {role}', current_schema());
    EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM {role}', current_schema());
END $$;
"""
ISOLATE = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {table}_tenant_rls ON {table} TO {app}
    USING (tenant_id = (SELECT NULLIF(current_setting('crm.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('crm.tenant_id', true), '')::uuid));
CREATE POLICY {table}_all_rls ON {table} TO {everything} USING (true) WITH CHECK (true);
"""
# The owner of a function needs CREATE on its schema at this moment only.
CONFINE = """
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION {function} SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO {everything}', current_schema());
    ALTER FUNCTION {function} OWNER TO {everything};
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM {everything}', current_schema());
END $$;
"""
UNISOLATE = """
DROP POLICY {table}_all_rls ON {table};
DROP POLICY {table}_tenant_rls ON {table};
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
"""


class _StatelessOperation(Operation):
    """An operation that changes the database but not Django's model state."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing to change in the model state."""


class CreateRoles(_StatelessOperation):
    """Make the roles `crm_app` and `crm_all` and give them the tables of the schema, later ones included.

    Needs CREATEROLE (or roles made beforehand by an administrator and granted to the migrating user).
    Reversing revokes the rights but keeps the roles: other databases of the cluster may use them.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Create, grant membership to the migrating user, grant the tables."""
        for role in (APP_ROLE, ALL_TENANTS_ROLE):
            for statement in (CREATE_ROLE, GRANT_ROLE, GRANTS):
                schema_editor.execute(statement.replace("{role}", role), params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Revoke what was granted."""
        for role in (APP_ROLE, ALL_TENANTS_ROLE):
            schema_editor.execute(REVOKES.replace("{role}", role), params=None)

    def describe(self) -> str:
        """Shown by `migrate --plan`."""
        return "Create the database roles crm_app and crm_all"


class IsolateTenantRows(_StatelessOperation):
    """Row level security for the table of one tenant model; every new tenant table needs one of these."""

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Positional argument only."""
        return (self.__class__.__name__, [self.model_name], {})

    def _execute(self, sql: str, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: Any) -> None:
        table = state.apps.get_model(app_label, self.model_name)._meta.db_table
        schema_editor.execute(sql.format(table=table, app=APP_ROLE, everything=ALL_TENANTS_ROLE), params=None)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Enable row level security and create both policies."""
        self._execute(ISOLATE, app_label, schema_editor, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Drop both policies and disable row level security."""
        self._execute(UNISOLATE, app_label, schema_editor, from_state)

    def describe(self) -> str:
        """Shown by `migrate --plan`."""
        return f"Isolate the tenants' rows of {self.model_name}"


class ConfineDefinerFunction(_StatelessOperation):
    """Make a SECURITY DEFINER function safe to call for anybody who may send SQL.

    It runs as `crm_all`, which no policy holds back and which is no superuser, and looks into the session's temporary
    schema last: a temporary table of the caller's can no longer stand for one of ours. Check crm.E013 wants this for
    each such function. `function` is its signature: `name(type, type)`.
    """

    def __init__(self, function: str) -> None:
        self.function = function

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Positional argument only."""
        return (self.__class__.__name__, [self.function], {})

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Pin the search path, and hand the function to `crm_all`."""
        schema_editor.execute(
            CONFINE.format(function=self.function, everything=ALL_TENANTS_ROLE), params=None
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Back to the migrating user, who may drop it."""
        schema_editor.execute(f"ALTER FUNCTION {self.function} OWNER TO CURRENT_USER", params=None)

    def describe(self) -> str:
        """Shown by `migrate --plan`."""
        return f"Confine the function {self.function}"
