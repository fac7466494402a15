import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DueDay",
            fields=[
                ("profile_id", models.UUIDField(primary_key=True, serialize=False)),
                ("due_on", models.DateField()),
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
                "indexes": [models.Index(fields=["tenant", "due_on"], name="segments_dueday_due_idx")],
            },
        ),
        migrations.CreateModel(
            name="Refresh",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("segment_id", models.UUIDField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("RUNNING", "Running"),
                            ("DONE", "Done"),
                            ("FAILED", "Failed"),
                        ],
                        default="WAITING",
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("SCHEDULE", "It is time"),
                            ("EDIT", "The rule was changed"),
                            ("PERSON", "Somebody asked for it"),
                        ],
                        max_length=10,
                    ),
                ),
                ("version", models.IntegerField(help_text="Of the rule; empty until it starts.", null=True)),
                ("attempts", models.IntegerField(db_default=0)),
                ("leased_until", models.DateTimeField(null=True)),
                ("joined", models.IntegerField(db_default=0)),
                ("left", models.IntegerField(db_default=0)),
                ("error", models.TextField(blank=True, db_default="")),
                ("requested_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
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
                        condition=models.Q(("status__in", ("WAITING", "RUNNING"))),
                        fields=["tenant", "id"],
                        name="segments_refresh_due_idx",
                    ),
                    models.Index(fields=["tenant", "segment_id", "-id"], name="segments_refresh_latest_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ("WAITING", "RUNNING"))),
                        fields=("tenant", "segment_id"),
                        name="segments_refresh_open_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["WAITING", "RUNNING", "DONE", "FAILED"])),
                        name="segments_refresh_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__in", ["SCHEDULE", "EDIT", "PERSON"])),
                        name="segments_refresh_reason_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=60)),
                ("rule", models.JSONField(null=True)),
                ("filters", models.JSONField(default=dict, help_text="The list's drop-downs by parameter.")),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("sort", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("place", models.IntegerField(default=100)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                        models.F("tenant"),
                        models.F("owner"),
                        django.db.models.functions.text.Lower("name"),
                        name="segments_savedview_name_uq",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="segments_savedview_name_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("club_id", models.TextField(blank=True, db_default="")),
                ("name", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True, db_default="")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("DYNAMIC", "By a rule"),
                            ("STATIC", "A fixed list"),
                            ("SMART", "By a model's output"),
                            ("IMPORT", "From an import"),
                        ],
                        default="DYNAMIC",
                        max_length=10,
                    ),
                ),
                ("criteria", models.JSONField(null=True)),
                ("version", models.IntegerField(default=1)),
                ("refreshed_version", models.IntegerField(db_default=0)),
                (
                    "refresh_frequency",
                    models.CharField(
                        choices=[
                            ("MANUAL", "Only when asked for"),
                            ("HOURLY", "Every hour"),
                            ("DAILY", "Every day"),
                        ],
                        default="DAILY",
                        max_length=10,
                    ),
                ),
                ("last_refreshed_at", models.DateTimeField(null=True)),
                ("member_count", models.IntegerField(db_default=0)),
                (
                    "member_sum",
                    models.BigIntegerField(db_default=0, help_text="Exclusive or of the members' hashes."),
                ),
                (
                    "compared_xid",
                    models.BigIntegerField(
                        help_text="No transaction before this one was running when everybody was last compared.",
                        null=True,
                    ),
                ),
                (
                    "compared_at",
                    models.DateTimeField(
                        help_text="When everybody was last compared with the members themselves.", null=True
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("is_system", models.BooleanField(default=False, help_text="Came with the product.")),
                ("template", models.CharField(blank=True, db_default="", max_length=40)),
                ("refresh_error", models.TextField(blank=True, db_default="")),
                ("messaging_segment_id", models.TextField(null=True)),
                ("last_synced_at", models.DateTimeField(null=True)),
                ("sync_error", models.TextField(blank=True, db_default="")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("created_by_name", models.TextField(blank=True, db_default="")),
                ("deleted_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                    models.UniqueConstraint(fields=("tenant", "id"), name="segments_segment_tenant_uq"),
                    models.UniqueConstraint(
                        models.F("tenant"),
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("deleted_at__isnull", True)),
                        name="segments_segment_name_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="segments_segment_name_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ["DYNAMIC", "STATIC", "SMART", "IMPORT"])),
                        name="segments_segment_type_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("refresh_frequency__in", ["MANUAL", "HOURLY", "DAILY"])),
                        name="segments_segment_frequency_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("criteria__isnull", False), ("type__in", ("DYNAMIC", "SMART"))),
                            models.Q(("criteria__isnull", True), ("type__in", ("STATIC", "IMPORT"))),
                            _connector="OR",
                        ),
                        name="segments_segment_rule_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("member_count__gte", 0), ("refreshed_version__gte", 0), ("version__gte", 1)
                        ),
                        name="segments_segment_counts_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SegmentMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "segment_id",
                        "profile_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("segment_id", models.UUIDField()),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                ("joined_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    models.Index(fields=["tenant", "profile_id"], name="segments_member_profile_idx"),
                    models.Index(
                        condition=models.Q(("origin_profile_id", models.F("profile_id")), _negated=True),
                        fields=["tenant", "origin_profile_id"],
                        name="segments_member_origin_idx",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SegmentTransition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("segment_id", models.UUIDField()),
                ("profile_id", models.UUIDField()),
                ("is_join", models.BooleanField()),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("CHANGE", "Something about the person changed"),
                            ("TIME", "Time passed"),
                            ("REFRESH", "Everybody was compared with the rule"),
                            ("MERGE", "Two customers were merged"),
                            ("UNMERGE", "A merge was taken back"),
                            ("MANUAL", "By hand"),
                            ("IMPORT", "By an import"),
                        ],
                        max_length=10,
                    ),
                ),
                ("rule", models.JSONField(null=True)),
                ("version", models.IntegerField(help_text="Of the segment's rule.")),
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
                    models.Index(
                        fields=["tenant", "segment_id", "-at"], name="segments_transition_latest_idx"
                    ),
                    models.Index(
                        fields=["tenant", "profile_id", "-at"], name="segments_transition_person_idx"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "cause__in",
                                ["CHANGE", "TIME", "REFRESH", "MERGE", "UNMERGE", "MANUAL", "IMPORT"],
                            )
                        ),
                        name="segments_transition_cause_ck",
                    )
                ],
            },
        ),
    ]
