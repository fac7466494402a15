from django.db import migrations

import tenants.row_isolation


def _child_of_profile(table: str) -> migrations.RunSQL:
    """A row belongs to the tenant of the profile that it names."""
    return migrations.RunSQL(
        sql=(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_profile_fk FOREIGN KEY (tenant_id, profile_id)"
            " REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE"
        ),
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {table}_profile_fk",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0002_row_isolation"),
        ("sample", "0001_initial"),
    ]

    operations = [
        tenants.row_isolation.IsolateTenantRows(model_name="LostItem"),
        tenants.row_isolation.IsolateTenantRows(model_name="LastSeen"),
        _child_of_profile("sample_lostitem"),
        _child_of_profile("sample_lastseen"),
    ]
