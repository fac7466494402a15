"""The index of texts is made anew by its background task: it knows names of scripts without gaps by now.

Until then a search reads the texts themselves.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("profiles", "0005_asked_index")]

    operations = [
        migrations.RunSQL(
            "TRUNCATE profiles_textblock, profiles_staleblock, profiles_textmark", migrations.RunSQL.noop
        ),
    ]
