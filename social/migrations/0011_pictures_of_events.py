from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("social", "0010_pictures_of_plans"),
        ("tenants", "0006_plain_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="promotion",
            name="audience",
            field=models.JSONField(
                default=dict,
                help_text="Whom it writes to beside the event's own rules: membershipTiers, membershipStatuses.",
            ),
        ),
        migrations.AddField(
            model_name="promotion",
            name="picture_due_at",
            field=models.DateTimeField(help_text="When the event's own picture is fetched.", null=True),
        ),
        migrations.AddField(
            model_name="promotion",
            name="picture_is_chosen",
            field=models.BooleanField(
                default=False, help_text="Staff chose the picture, or none: the event's own is not fetched."
            ),
        ),
        migrations.AddField(
            model_name="promotion",
            name="picture_problem",
            field=models.CharField(
                blank=True, help_text="Why the event's own picture is missing.", max_length=300
            ),
        ),
        migrations.AddField(
            model_name="promotion",
            name="picture_tries",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name="promotion",
            index=models.Index(
                condition=models.Q(("picture_due_at__isnull", False)),
                fields=["picture_due_at"],
                name="social_promotion_picture_idx",
            ),
        ),
    ]
