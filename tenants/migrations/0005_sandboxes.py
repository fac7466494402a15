"""Clubs for trying out, of which nothing leaves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """All clubs so far are real ones."""

    dependencies = [("tenants", "0004_keys_bound_to_sources")]

    operations = [
        migrations.AddField(
            "tenant",
            "is_sandbox",
            models.BooleanField(
                default=False,
                db_default=False,
                editable=False,
                help_text="For trying out: nothing it sends reaches anybody. Said when it is made, and never changed.",
            ),
        )
    ]
