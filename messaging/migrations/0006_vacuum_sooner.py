from django.db import migrations

# Who looks for what is due walks over the dead entries of the index, 130 ms for a million, held snapshots or not, until
# they are vacuumed. By default that waits until a fifth of the ledger is dead, of ten million rows two million.
SOONER = "ALTER TABLE messaging_delivery SET (autovacuum_vacuum_scale_factor = 0.05)"
AS_USUAL = "ALTER TABLE messaging_delivery RESET (autovacuum_vacuum_scale_factor)"


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0005_lost_workers"),
    ]

    operations = [
        migrations.RunSQL(SOONER, AS_USUAL),
    ]
