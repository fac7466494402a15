from django.db import migrations, models


class Migration(migrations.Migration):
    """Figures by which a refresh sees that nothing differs; the first comparison of each segment fills them."""

    dependencies = [("segments", "0005_lists_kept_by_messaging")]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="compared_xid",
            field=models.BigIntegerField(
                help_text="No transaction before this one was running when everybody was last compared.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="segment",
            name="member_sum",
            field=models.BigIntegerField(db_default=0, help_text="Exclusive or of the members' hashes."),
        ),
    ]
