"""When it was changed last; rows that stand there already were changed when they were made."""

from django.db import migrations, models
from django.db.models.functions import Now

from tenants.postgresql.touching import touched_on_update


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0007_erasing_versions"),
        ("tenants", "0007_touch_updated_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="updated_at",
            field=models.DateTimeField(db_default=Now()),
        ),
        migrations.RunSQL("UPDATE journeys_task SET updated_at = created_at", migrations.RunSQL.noop),
        touched_on_update("journeys_task"),
    ]
