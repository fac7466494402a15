from django.db import migrations

import tenants.row_isolation


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0003_savedview"),
    ]

    operations = [
        tenants.row_isolation.IsolateTenantRows(model_name="SavedView"),
    ]
