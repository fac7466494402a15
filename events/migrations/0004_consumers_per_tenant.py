"""Positions per consumer and tenant, and the identity of the cluster in which an entry was appended."""

import django.db.models.deletion
from django.db import migrations, models

import events.models.log
import tenants.row_isolation

# Constant for as long as a server lives, so that it is evaluated once a statement and not once a row.
CLUSTER = """
CREATE FUNCTION events_cluster() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog AS 'SELECT system_identifier FROM pg_control_system()'
"""
COPY_POSITIONS = """
INSERT INTO events_consumerposition (tenant_id, consumer, cluster, last_xid, last_id, moved_at)
SELECT t.id, c.name, events_cluster(), c.last_xid, c.last_id, c.moved_at
FROM events_consumer AS c CROSS JOIN tenants_tenant AS t
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0003_inbox_remarks")]

    operations = [
        migrations.RunSQL(CLUSTER, "DROP FUNCTION events_cluster()"),
        migrations.AddField(
            model_name="domainlogentry",
            name="cluster",
            field=models.BigIntegerField(db_default=models.Func(function="events_cluster"), editable=False),
        ),
        migrations.AlterField(
            model_name="domainlogentry", name="kind", field=models.CharField(max_length=60)
        ),
        migrations.AlterField(model_name="parkedentry", name="kind", field=models.CharField(max_length=60)),
        migrations.RemoveIndex(model_name="domainlogentry", name="events_log_cursor_idx"),
        migrations.AddIndex(
            model_name="domainlogentry",
            index=models.Index(fields=["tenant", "cluster", "xid", "id"], name="events_log_position_idx"),
        ),
        migrations.CreateModel(
            name="ConsumerPosition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("consumer", models.CharField(max_length=40)),
                ("cluster", models.BigIntegerField(db_default=0)),
                (
                    "last_xid",
                    events.models.log.TransactionIdField(
                        db_default=models.Value("0", output_field=events.models.log.TransactionIdField())
                    ),
                ),
                ("last_id", models.BigIntegerField(db_default=0)),
                ("moved_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True, db_default="")),
                ("failed_at", models.DateTimeField(null=True)),
                ("parked_in_row", models.IntegerField(db_default=0)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("probe_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "consumer"), name="events_consumer_position_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stopped_at__isnull", True), ("probe_at__isnull", False), _connector="OR"
                        ),
                        name="events_consumer_position_stop_ck",
                    ),
                ],
            },
        ),
        migrations.RunSQL(COPY_POSITIONS, migrations.RunSQL.noop),
        tenants.row_isolation.IsolateTenantRows("ConsumerPosition"),
        migrations.RemoveField(model_name="consumer", name="last_xid"),
        migrations.RemoveField(model_name="consumer", name="last_id"),
        migrations.RemoveField(model_name="consumer", name="moved_at"),
        migrations.RemoveField(model_name="consumer", name="last_error"),
        migrations.RemoveField(model_name="consumer", name="failed_at"),
    ]
