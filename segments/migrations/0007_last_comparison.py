from django.db import migrations, models


class Migration(migrations.Migration):
    """When everybody was last compared with the members themselves; empty: the next refresh does."""

    dependencies = [("segments", "0006_sums_of_members")]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="compared_at",
            field=models.DateTimeField(
                help_text="When everybody was last compared with the members themselves.", null=True
            ),
        ),
    ]
