from django.db import migrations

import tenants.row_isolation


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0005_desk"),
    ]

    operations = [
        tenants.row_isolation.IsolateTenantRows(model_name="ListLayout"),
        tenants.row_isolation.IsolateTenantRows(model_name="TagColour"),
        tenants.row_isolation.IsolateTenantRows(model_name="BulkAct"),
        tenants.row_isolation.IsolateTenantRows(model_name="BulkActChange"),
        migrations.RunSQL(
            sql=(
                "ALTER TABLE profiles_bulkactchange ADD CONSTRAINT profiles_bulkactchange_act_fk"
                " FOREIGN KEY (tenant_id, act_id) REFERENCES profiles_bulkact (tenant_id, id)"
                " DEFERRABLE INITIALLY IMMEDIATE"
            ),
            reverse_sql="ALTER TABLE profiles_bulkactchange DROP CONSTRAINT profiles_bulkactchange_act_fk",
        ),
        migrations.RunSQL(
            sql=(
                "ALTER TABLE profiles_bulkactchange ADD CONSTRAINT profiles_bulkactchange_profile_fk"
                " FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id)"
                " DEFERRABLE INITIALLY IMMEDIATE"
            ),
            reverse_sql="ALTER TABLE profiles_bulkactchange DROP CONSTRAINT profiles_bulkactchange_profile_fk",
        ),
    ]
