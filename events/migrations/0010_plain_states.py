"""States have plain words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Words only; no row is read or written."""

    dependencies = [
        ("events", "0009_endpoint_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="inboxevent",
            name="status",
            field=models.CharField(
                choices=[
                    ("PENDING", "Waiting"),
                    ("PROCESSING", "Being processed"),
                    ("SUCCESS", "Done"),
                    ("FAILED", "Failed, will be tried again"),
                    ("SKIPPED", "Skipped"),
                    ("DEAD", "Could not be applied"),
                ],
                db_default="PENDING",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="parkedentry",
            name="status",
            field=models.CharField(
                choices=[("PARKED", "Set aside"), ("RETRIED", "Retried"), ("DISCARDED", "Discarded")],
                default="PARKED",
                max_length=10,
            ),
        ),
    ]
