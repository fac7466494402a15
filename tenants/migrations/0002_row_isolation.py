from django.db import migrations

import tenants.row_isolation
from tenants.postgresql.touching import CREATE_FUNCTION, FUNCTION


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        tenants.row_isolation.CreateRoles(),
        migrations.RunSQL(
            sql="""
            ALTER TABLE tenants_tenant ADD CONSTRAINT tenants_tenant_slug_fk
                FOREIGN KEY (slug, id) REFERENCES tenants_tenantname (name, tenant_id)
                DEFERRABLE INITIALLY DEFERRED
            """,
            reverse_sql="ALTER TABLE tenants_tenant DROP CONSTRAINT tenants_tenant_slug_fk",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="IdempotencyRecord",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="LoggedAction",
        ),
        migrations.RunSQL(
            sql="REVOKE UPDATE, DELETE, TRUNCATE ON tenants_loggedaction FROM crm_app",
            reverse_sql="GRANT UPDATE, DELETE ON tenants_loggedaction TO crm_app",
        ),
        tenants.row_isolation.IsolateTenantRows(model_name="Invitation"),
        migrations.RunSQL(CREATE_FUNCTION, f"DROP FUNCTION {FUNCTION}()"),
    ]
