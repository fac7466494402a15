from django.db import migrations

import tenants.row_isolation
from tenants.postgresql.touching import touched_on_update

# Table, what it refers to, column, the table referred to: always with the tenant.
REFERENCES = [
    ("social_postvariant", "social_variant_post_fk", "post_id", "social_post"),
    ("social_postmedia", "social_postmedia_post_fk", "post_id", "social_post"),
    ("social_postmedia", "social_postmedia_media_fk", "media_id", "social_media"),
    ("social_queueslot", "social_queueslot_connection_fk", "connection_id", "social_connection"),
    ("social_target", "social_target_post_fk", "post_id", "social_post"),
    ("social_target", "social_target_connection_fk", "connection_id", "social_connection"),
    ("social_step", "social_step_target_fk", "target_id", "social_target"),
    ("social_attempt", "social_attempt_target_fk", "target_id", "social_target"),
    ("social_metricsample", "social_metricsample_target_fk", "target_id", "social_target"),
    ("social_touch", "social_touch_promotion_fk", "promotion_id", "social_promotion"),
]
MODELS = [
    "Connection",
    "OAuthState",
    "Media",
    "Post",
    "PostVariant",
    "PostMedia",
    "QueueSlot",
    "Target",
    "Step",
    "Attempt",
    "MetricSample",
    "Competition",
    "Entrant",
    "Promotion",
    "Touch",
    "ClubApp",
]


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_row_isolation"),
        ("social", "0001_initial"),
    ]

    operations = [
        *(tenants.row_isolation.IsolateTenantRows(model_name=name) for name in MODELS),
        *(
            migrations.RunSQL(
                sql=f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, {column}) "
                f"REFERENCES {parent} (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE",
                reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, column, parent in REFERENCES
        ),
        touched_on_update("social_promotion"),
    ]
