"""The index of texts is made anew by its background task: it knows what stands in codes, in links and addresses, by now.

Until then a search reads the texts themselves.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("profiles", "0002_row_isolation")]

    operations = [
        migrations.RunSQL(
            "TRUNCATE profiles_textblock, profiles_staleblock, profiles_textmark", migrations.RunSQL.noop
        ),
    ]
