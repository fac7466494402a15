from django.db import migrations

import tenants.row_isolation


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0002_row_isolation"),
    ]

    operations = [
        tenants.row_isolation.ConfineDefinerFunction(
            "profiles_search(uuid, text[], integer[], integer[], tsquery[], tsquery[], integer)"
        ),
    ]
