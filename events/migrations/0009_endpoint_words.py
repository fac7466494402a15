"""Endpoints have the field's words: a lease, a back-off, failures one after the other."""

from django.db import migrations


class Migration(migrations.Migration):
    """Columns are renamed; no row is written anew."""

    dependencies = [("events", "0008_wording")]

    operations = [
        migrations.RenameField("webhookendpoint", "turn_until", "leased_until"),
        migrations.RenameField("webhookendpoint", "resting_until", "backoff_until"),
        migrations.RenameField("webhookendpoint", "failed_waves", "consecutive_failures"),
    ]
