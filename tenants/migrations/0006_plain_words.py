"""Clubs, colleagues, log-ins and keys are called so on stock pages."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """Words only; no row is read or written."""

    dependencies = [
        ("tenants", "0005_sandboxes"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apikey",
            options={"ordering": ["name"], "verbose_name": "API key"},
        ),
        migrations.AlterModelOptions(
            name="loggedaction",
            options={"verbose_name": "entry", "verbose_name_plural": "entries"},
        ),
        migrations.AlterModelOptions(
            name="membership",
            options={"verbose_name": "colleague"},
        ),
        migrations.AlterModelOptions(
            name="tenant",
            options={"ordering": ["name"], "verbose_name": "club"},
        ),
        migrations.AlterModelOptions(
            name="user",
            options={"verbose_name": "log-in", "verbose_name_plural": "log-ins"},
        ),
        migrations.AlterField(
            model_name="tenant",
            name="default_country",
            field=models.CharField(
                default="ZA",
                help_text="Two letters; phone numbers without a prefix are read as this country's.",
                max_length=2,
                verbose_name="country",
            ),
        ),
        migrations.AlterField(
            model_name="tenant",
            name="is_active",
            field=models.BooleanField(default=True, verbose_name="active"),
        ),
        migrations.AlterField(
            model_name="tenant",
            name="locale",
            field=models.CharField(
                default="en_ZA",
                help_text="How numbers and money are written, as in en_GB.",
                max_length=16,
                verbose_name="way of writing",
            ),
        ),
        migrations.AlterField(
            model_name="tenant",
            name="slug",
            field=models.CharField(
                max_length=63,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z0-9]+(-[a-z0-9]+)*$",
                        "Use lower-case letters, digits and single hyphens, as in fairview-east.",
                    )
                ],
                verbose_name="short name",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="auth_user_id",
            field=models.CharField(
                blank=True,
                help_text="How the login service calls this person (claim `sub` of its tokens).",
                max_length=200,
                null=True,
                verbose_name="id at the login service",
            ),
        ),
    ]
