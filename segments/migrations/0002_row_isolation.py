from django.db import migrations

import tenants.row_isolation

TABLES = ["Segment", "SegmentMember", "SegmentTransition", "Refresh", "DueDay", "SavedView"]


def _child_of_segment(table: str) -> migrations.RunSQL:
    """A foreign key of (tenant, segment): a child cannot belong to another tenant than its segment."""
    name = f"{table}_segment_fk"
    return migrations.RunSQL(
        sql=(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, segment_id)"
            " REFERENCES segments_segment (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE"
        ),
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def _child_of_profile(table: str) -> migrations.RunSQL:
    """The same of (tenant, profile)."""
    name = f"{table}_profile_fk"
    return migrations.RunSQL(
        sql=(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, profile_id)"
            " REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE"
        ),
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_row_isolation"),
        ("profiles", "0002_row_isolation"),
        ("segments", "0001_initial"),
    ]

    operations = [
        *(tenants.row_isolation.IsolateTenantRows(model_name=name) for name in TABLES),
        _child_of_segment("segments_segmentmember"),
        _child_of_segment("segments_segmenttransition"),
        _child_of_segment("segments_refresh"),
        _child_of_profile("segments_segmentmember"),
        _child_of_profile("segments_dueday"),
    ]
