"""The stage reached and the backfill of scores have the field's words."""

from django.db import migrations, models
from django.db.models import Q

RENAME = "ALTER TABLE profiles_customerprofile RENAME CONSTRAINT {} TO {}"
OLD, NEW = "profiles_profile_rung_ck", "profiles_profile_stage_reached_ck"


class Migration(migrations.Migration):
    """Names only; no row is read or written."""

    dependencies = [("profiles", "0015_member_number")]

    operations = [
        migrations.RenameField("scorerun", "has_looked_back", "is_history_backfilled"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(RENAME.format(OLD, NEW), RENAME.format(NEW, OLD))],
            state_operations=[
                migrations.RemoveConstraint("customerprofile", OLD),
                migrations.AddConstraint(
                    "customerprofile",
                    models.CheckConstraint(condition=Q(stage_reached__range=(0, 5)), name=NEW),
                ),
            ],
        ),
        migrations.AlterField(
            "customerprofile",
            "stage_reached",
            models.SmallIntegerField(default=0, help_text="Highest rank in STAGE_LADDER ever reached."),
        ),
        migrations.AlterField(
            "importrow",
            "stage_before",
            models.SmallIntegerField(help_text="The stage rank of a known customer at the check.", null=True),
        ),
    ]
