from django.db import migrations

import tenants.row_isolation


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0001_initial"),
        ("profiles", "0002_row_isolation"),
    ]

    operations = [
        tenants.row_isolation.IsolateTenantRows("Message"),
        tenants.row_isolation.IsolateTenantRows("Delivery"),
        tenants.row_isolation.IsolateTenantRows("SendHold"),
        tenants.row_isolation.IsolateTenantRows("SendPolicy"),
        tenants.row_isolation.IsolateTenantRows("Suppression"),
        migrations.RunSQL(
            sql="""ALTER TABLE messaging_delivery ADD CONSTRAINT messaging_delivery_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE messaging_delivery DROP CONSTRAINT messaging_delivery_profile_fk",
        ),
    ]
