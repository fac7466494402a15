"""Counters of steps have the field's name."""

from django.db import migrations

RENAME_POLICY = "ALTER POLICY {0}_{2}_rls ON journeys_stepcounter RENAME TO {1}_{2}_rls"
OLD, NEW = "journeys_steptally", "journeys_stepcounter"


class Migration(migrations.Migration):
    dependencies = [("journeys", "0004_trials_and_acts")]

    operations = [
        migrations.RenameModel("StepTally", "StepCounter"),
        migrations.RenameIndex(
            "StepCounter", new_name="journeys_stepcounter_day_idx", old_name="journeys_steptally_journey_idx"
        ),
        *(
            migrations.RunSQL(RENAME_POLICY.format(OLD, NEW, kind), RENAME_POLICY.format(NEW, OLD, kind))
            for kind in ("tenant", "all")
        ),
    ]
