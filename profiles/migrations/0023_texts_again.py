"""The index of texts is made anew by its background task: it knows names run together, and between marks of HTML, by now.

Until then a search reads the texts themselves.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("profiles", "0022_erasure_waits")]

    operations = [
        migrations.RunSQL(
            "TRUNCATE profiles_textblock, profiles_staleblock, profiles_textmark", migrations.RunSQL.noop
        ),
    ]
