"""Blocks to be made anew stand in a table of their own: changing a block enters all its tokens into the index again."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.row_isolation

KEEP_STALE = """
INSERT INTO profiles_staleblock (tenant_id, block_id) SELECT tenant_id, id FROM profiles_textblock WHERE is_stale
"""


class Migration(migrations.Migration):
    """Carries over what is waiting."""

    dependencies = [("profiles", "0018_household_roles"), ("tenants", "0004_keys_bound_to_sources")]

    operations = [
        migrations.CreateModel(
            name="StaleBlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("block_id", models.BigIntegerField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "id"], name="profiles_staleblock_next_idx")],
            },
        ),
        tenants.row_isolation.IsolateTenantRows(model_name="StaleBlock"),
        migrations.RunSQL(KEEP_STALE, migrations.RunSQL.noop),
        migrations.RemoveIndex("textblock", "profiles_textblock_stale_idx"),
        migrations.RemoveField("textblock", "is_stale"),
    ]
