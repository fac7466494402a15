from django.db import migrations

import tenants.row_isolation

# Who looks for what is due walks over the dead entries of the index, 130 ms for a million, held snapshots or not, until
# they are vacuumed. By default that waits until a fifth of the ledger is dead, of ten million rows two million.
VACUUM_SOONER = "ALTER TABLE messaging_delivery SET (autovacuum_vacuum_scale_factor = 0.05)"
VACUUM_AS_USUAL = "ALTER TABLE messaging_delivery RESET (autovacuum_vacuum_scale_factor)"


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_row_isolation"),
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
        tenants.row_isolation.IsolateTenantRows("SyncedList"),
        tenants.row_isolation.IsolateTenantRows("SyncedMember"),
        migrations.RunSQL(VACUUM_SOONER, VACUUM_AS_USUAL),
    ]
