"""The function by which tables keep `updated_at`."""

from django.db import migrations

from tenants.postgresql.touching import CREATE_FUNCTION, FUNCTION


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0006_plain_words"),
    ]

    operations = [
        migrations.RunSQL(CREATE_FUNCTION, f"DROP FUNCTION {FUNCTION}()"),
    ]
