"""The roles of the program, and the rule that a tenant's slug is one of its names."""

from django.db import migrations

from tenants.row_isolation import CreateRoles


class Migration(migrations.Migration):
    """Roles first: later tables get their rights by default."""

    dependencies = [("tenants", "0001_initial")]

    operations = [
        CreateRoles(),
        migrations.RunSQL(
            """
            ALTER TABLE tenants_tenant ADD CONSTRAINT tenants_tenant_slug_fk
                FOREIGN KEY (slug, id) REFERENCES tenants_tenantname (name, tenant_id)
                DEFERRABLE INITIALLY DEFERRED
            """,
            "ALTER TABLE tenants_tenant DROP CONSTRAINT tenants_tenant_slug_fk",
        ),
    ]
