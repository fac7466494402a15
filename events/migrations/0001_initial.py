import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import events.models.log

# Constant for as long as a server lives, so that it is evaluated once a statement and not once a row.
CLUSTER = """
CREATE FUNCTION events_cluster() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog AS 'SELECT system_identifier FROM pg_control_system()'
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(CLUSTER, "DROP FUNCTION events_cluster()"),
        migrations.CreateModel(
            name="Consumer",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("is_paused", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("url", models.TextField()),
                ("description", models.CharField(blank=True, default="", max_length=200)),
                (
                    "event_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), size=None
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("ENABLED", "Enabled"), ("DISABLED", "Disabled")],
                        default="ENABLED",
                        max_length=10,
                    ),
                ),
                (
                    "disabled_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not disabled"),
                            ("STAFF", "Switched off by hand"),
                            ("FAILING", "Nothing got through for three days"),
                            ("GONE", "The receiver said that it is gone (410)"),
                            ("DELETED", "Deleted"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("disabled_at", models.DateTimeField(null=True)),
                ("sealed_secret", models.TextField(help_text="Encrypted, see tenants.encryption.")),
                ("sealed_old_secret", models.TextField(blank=True, default="")),
                ("old_secret_until", models.DateTimeField(null=True)),
                (
                    "failing_since",
                    models.DateTimeField(help_text="The first failure since the last success.", null=True),
                ),
                ("last_success_at", models.DateTimeField(null=True)),
                ("consecutive_failures", models.PositiveSmallIntegerField(default=0)),
                ("backoff_until", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("is_slow", models.BooleanField(db_default=False, help_text="The last batch took seconds.")),
                ("created_by_name", models.CharField(max_length=250)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    models.UniqueConstraint(fields=("tenant", "id"), name="events_endpoint_tenant_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["ENABLED", "DISABLED"])),
                        name="events_endpoint_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("disabled_reason__in", ["", "STAFF", "FAILING", "GONE", "DELETED"])
                        ),
                        name="events_endpoint_reason_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("disabled_at", None), ("disabled_reason", ""), ("status", "ENABLED")),
                            models.Q(
                                ("disabled_at__isnull", False),
                                models.Q(("status", "ENABLED"), _negated=True),
                                models.Q(("disabled_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="events_endpoint_disabled_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("event_types__len__gt", 0)), name="events_endpoint_types_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "log_id",
                    models.BigIntegerField(
                        help_text="The entry of the domain log; empty: a test event.", null=True
                    ),
                ),
                (
                    "event_id",
                    models.CharField(
                        help_text="The header webhook-id, the same at each attempt.", max_length=100
                    ),
                ),
                ("event_type", models.CharField(max_length=100)),
                ("occurred_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Waiting"),
                            ("DELIVERED", "Delivered"),
                            ("FAILED", "Failed"),
                            ("DROPPED", "Not sent"),
                        ],
                        db_default="PENDING",
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField(null=True)),
                (
                    "leased_until",
                    models.DateTimeField(help_text="Somebody is sending it until then.", null=True),
                ),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(
                        db_default=0, help_text="Since it was made or replayed."
                    ),
                ),
                ("last_status_code", models.PositiveSmallIntegerField(null=True)),
                ("last_error", models.TextField(blank=True, db_default="")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="events.webhookendpoint",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "PENDING")),
                        fields=["endpoint", "due_at"],
                        name="events_delivery_claim_idx",
                    ),
                    models.Index(fields=["endpoint", "-id"], name="events_delivery_newest_idx"),
                    models.Index(
                        condition=models.Q(("status__in", ["FAILED", "DROPPED"])),
                        fields=["endpoint", "-id"],
                        name="events_delivery_trouble_idx",
                    ),
                    models.Index(fields=["tenant", "created_at"], name="events_delivery_age_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "event_id"), name="events_delivery_event_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["PENDING", "DELIVERED", "FAILED", "DROPPED"])),
                        name="events_delivery_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_at__isnull", False), ("ended_at", None), ("status", "PENDING")),
                            models.Q(
                                models.Q(("status", "PENDING"), _negated=True),
                                ("due_at", None),
                                ("ended_at__isnull", False),
                                ("leased_until", None),
                            ),
                            _connector="OR",
                        ),
                        name="events_delivery_due_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("succeeded", models.BooleanField()),
                ("duration_ms", models.PositiveIntegerField()),
                ("status_code", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.TextField(blank=True, default="", help_text="The first kilobyte.")),
                ("error", models.TextField(blank=True, default="")),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="events.webhookdelivery",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="events.webhookendpoint",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["delivery", "id"], name="events_attempt_delivery_idx"),
                    models.Index(fields=["endpoint", "at"], name="events_attempt_endpoint_idx"),
                ],
            },
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
        migrations.CreateModel(
            name="DeadLetter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("queue", models.CharField(max_length=100)),
                ("job_id", models.CharField(max_length=300)),
                ("job_name", models.CharField(max_length=300)),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("INVALID_JSON", "Not JSON"),
                            ("INVALID_ENVELOPE", "Malformed envelope"),
                            ("INVALID_TIMESTAMP", "Unusable timestamp"),
                            ("UNKNOWN_TENANT", "Unknown tenant"),
                            ("UNKNOWN_SOURCE", "Unknown source"),
                            ("FOREIGN_SOURCE", "Source of another service"),
                            ("ID_REUSED", "Another event has this id"),
                        ],
                        max_length=20,
                    ),
                ),
                ("field", models.CharField(blank=True, default="", max_length=200)),
                ("message", models.TextField()),
                ("body", models.TextField(help_text="What the job held, cut after 100,000 characters.")),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "handled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "-id"], name="events_deadletter_tenant_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("queue", "job_id", "code", "message"), name="events_deadletter_job_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "code__in",
                                [
                                    "INVALID_JSON",
                                    "INVALID_ENVELOPE",
                                    "INVALID_TIMESTAMP",
                                    "UNKNOWN_TENANT",
                                    "UNKNOWN_SOURCE",
                                    "FOREIGN_SOURCE",
                                    "ID_REUSED",
                                ],
                            )
                        ),
                        name="events_deadletter_code_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DomainLogEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "xid",
                    events.models.log.TransactionIdField(
                        db_default=models.Func(function="pg_current_xact_id"), editable=False
                    ),
                ),
                (
                    "cluster",
                    models.BigIntegerField(db_default=models.Func(function="events_cluster"), editable=False),
                ),
                ("kind", models.CharField(max_length=60)),
                ("profile_id", models.UUIDField(null=True)),
                ("data", models.JSONField(db_default=models.Value({}, output_field=models.JSONField()))),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "cluster", "xid", "id"], name="events_log_position_idx")
                ],
            },
        ),
        migrations.CreateModel(
            name="InboxEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=20)),
                ("event_id", models.CharField(max_length=200)),
                (
                    "type",
                    models.CharField(
                        help_text="Canonical name where the catalogue knows the type.", max_length=100
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "door",
                    models.CharField(
                        choices=[
                            ("HTTP", "POST /api/v1/events"),
                            ("QUEUE", "BullMQ queue"),
                            ("FILE", "File"),
                        ],
                        max_length=5,
                    ),
                ),
                (
                    "priority",
                    models.SmallIntegerField(help_text="1 at once, 2 normal, 3 batched, 4 backfill."),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Waiting"),
                            ("PROCESSING", "Being processed"),
                            ("SUCCESS", "Done"),
                            ("FAILED", "Failed, will be tried again"),
                            ("SKIPPED", "Skipped"),
                            ("DEAD", "Could not be applied"),
                        ],
                        db_default="PENDING",
                        max_length=10,
                    ),
                ),
                ("attempts", models.SmallIntegerField(db_default=0)),
                (
                    "due_at",
                    models.DateTimeField(help_text="Not before this time; empty: at once.", null=True),
                ),
                (
                    "error_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "None"),
                            ("UNKNOWN_TYPE", "Unknown event type"),
                            ("INVALID_PAYLOAD", "Payload does not fit its type"),
                            ("NO_IDENTITY", "No person given"),
                            ("PROCESSING_FAILED", "Processing failed"),
                            ("ERASED_PERSON", "About somebody who was erased"),
                        ],
                        db_default="",
                        max_length=20,
                    ),
                ),
                ("error_field", models.CharField(blank=True, db_default="", max_length=200)),
                ("error_message", models.TextField(blank=True, db_default="")),
                (
                    "remarks",
                    models.JSONField(
                        help_text="What was left aside though the event was applied: field, text.", null=True
                    ),
                ),
                ("processed_at", models.DateTimeField(null=True)),
                ("profile_id", models.UUIDField(null=True)),
                ("activity_id", models.BigIntegerField(null=True)),
                ("envelope", models.JSONField(help_text="The event as it came, or as staff repaired it.")),
                (
                    "original_envelope",
                    models.JSONField(help_text="As it came, where staff repaired it.", null=True),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ("PENDING", "FAILED"))),
                        fields=["tenant", "priority", "id"],
                        name="events_inbox_claim_idx",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ("DEAD", "FAILED"))),
                        fields=["tenant", "status", "-id"],
                        name="events_inbox_trouble_idx",
                    ),
                    models.Index(
                        condition=models.Q(("profile_id__isnull", False)),
                        fields=["profile_id"],
                        name="events_inbox_person_idx",
                    ),
                    models.Index(
                        condition=models.Q(("original_envelope__isnull", False)),
                        fields=["tenant", "id"],
                        name="events_inbox_repaired_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "source", "event_id"), name="events_inbox_event_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["PENDING", "PROCESSING", "SUCCESS", "FAILED", "SKIPPED", "DEAD"])
                        ),
                        name="events_inbox_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__range", (1, 4))), name="events_inbox_priority_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "DEAD"), _negated=True),
                            models.Q(("error_code", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="events_inbox_dead_reason_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ParkedEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("consumer", models.CharField(max_length=40)),
                ("log_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=60)),
                ("profile_id", models.UUIDField(null=True)),
                ("data", models.JSONField()),
                ("at", models.DateTimeField()),
                ("error", models.TextField()),
                (
                    "status",
                    models.CharField(
                        choices=[("PARKED", "Set aside"), ("RETRIED", "Retried"), ("DISCARDED", "Discarded")],
                        default="PARKED",
                        max_length=10,
                    ),
                ),
                ("parked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("resolved_at", models.DateTimeField(null=True)),
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
                "indexes": [models.Index(fields=["tenant", "-id"], name="events_parked_tenant_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("consumer", "log_id"), name="events_parked_entry_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["PARKED", "RETRIED", "DISCARDED"])),
                        name="events_parked_status_ck",
                    ),
                ],
            },
        ),
    ]
