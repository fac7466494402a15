"""An erasure that staff confirmed waits beside the count of what it would do."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("profiles", "0021_note_updated_at")]

    operations = [
        migrations.AddField(
            model_name="erasurecount",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("gdpr_erasure", "Asked under the GDPR"),
                    ("popia_erasure", "Asked under POPIA"),
                    ("source_deleted", "Deleted in the source"),
                ],
                db_default="",
                help_text="Why the person is to be erased; empty: it is only counted.",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="erasurecount",
            name="asked_by_user",
            field=models.BigIntegerField(help_text="Who confirmed the erasure.", null=True),
        ),
        migrations.AddConstraint(
            model_name="erasurecount",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["", "gdpr_erasure", "popia_erasure", "source_deleted"])),
                name="profiles_erasurecount_reason_ck",
            ),
        ),
    ]
