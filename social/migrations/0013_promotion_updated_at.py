"""When it was changed last; rows that stand there already were changed when they were made."""

from django.db import migrations, models
from django.db.models.functions import Now

from tenants.postgresql.touching import touched_on_update


class Migration(migrations.Migration):
    dependencies = [
        ("social", "0012_words_of_calls"),
        ("tenants", "0007_touch_updated_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="promotion",
            name="updated_at",
            field=models.DateTimeField(db_default=Now()),
        ),
        migrations.RunSQL("UPDATE social_promotion SET updated_at = created_at", migrations.RunSQL.noop),
        touched_on_update("social_promotion"),
    ]
