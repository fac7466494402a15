import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Conversion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("journey_id", models.UUIDField()),
                (
                    "subject",
                    models.CharField(choices=[("RUN", "Run"), ("HOLDOUT", "Held out")], max_length=7),
                ),
                ("subject_id", models.BigIntegerField()),
                ("profile_id", models.UUIDField()),
                ("activity_id", models.BigIntegerField(null=True)),
                ("value_cents", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField()),
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
                    models.Index(fields=["tenant", "journey_id", "at"], name="journeys_conversion_at_idx")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "subject", "subject_id"), name="journeys_conversion_subject_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("subject__in", ["RUN", "HOLDOUT"])),
                        name="journeys_conversion_subject_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DraftRevision",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("journey_id", models.UUIDField()),
                ("number", models.IntegerField()),
                ("definition", models.JSONField()),
                ("act", models.TextField(default="")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("made_by_name", models.TextField(blank=True, default="")),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "journey_id", "number"), name="journeys_draftrevision_number_uq"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EntryRefusal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("journey_id", models.UUIDField()),
                ("profile_id", models.UUIDField()),
                ("key", models.TextField(blank=True, default="")),
                ("reason", models.CharField(max_length=30)),
                ("cause", models.CharField(max_length=20)),
                ("detail", models.JSONField(null=True)),
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
                        fields=["tenant", "profile_id", "journey_id", "-at"],
                        name="journeys_refusal_person_idx",
                    ),
                    models.Index(fields=["tenant", "journey_id", "at"], name="journeys_refusal_journey_idx"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Holdout",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("journey_id", models.UUIDField()),
                ("profile_id", models.UUIDField()),
                ("key", models.TextField(blank=True, default="")),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "journey_id", "profile_id", "key"),
                        name="journeys_holdout_person_uq",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Journey",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True, default="")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("ACTIVE", "Active"),
                            ("PAUSED", "Paused"),
                            ("ARCHIVED", "Archived"),
                        ],
                        default="DRAFT",
                        max_length=10,
                    ),
                ),
                ("version_id", models.BigIntegerField(null=True)),
                ("template", models.CharField(blank=True, default="", max_length=40)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("created_by_name", models.TextField(blank=True, default="")),
                ("activated_at", models.DateTimeField(null=True)),
                ("paused_at", models.DateTimeField(null=True)),
                (
                    "queues_entries",
                    models.BooleanField(
                        default=True, help_text="While paused, entries wait (at most 7 days)."
                    ),
                ),
                (
                    "submitted_at",
                    models.DateTimeField(
                        help_text="Waits for a second person's approval since then.", null=True
                    ),
                ),
                ("submitted_by_id", models.BigIntegerField(null=True)),
                ("submitted_by_name", models.TextField(blank=True, default="")),
                (
                    "scanned_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        help_text="Dates and schedules were looked at until then.",
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
                    models.UniqueConstraint(fields=("tenant", "id"), name="journeys_journey_tenant_uq"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "ARCHIVED"), _negated=True),
                        fields=("tenant", "name"),
                        name="journeys_journey_name_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["DRAFT", "ACTIVE", "PAUSED", "ARCHIVED"])),
                        name="journeys_journey_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="journeys_journey_name_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["DRAFT", "ARCHIVED"]),
                            ("version_id__isnull", False),
                            _connector="OR",
                        ),
                        name="journeys_journey_version_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JourneyDraft",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("journey_id", models.UUIDField()),
                ("definition", models.JSONField()),
                ("position", models.IntegerField(default=0)),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_by_name", models.TextField(blank=True, default="")),
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
                    models.UniqueConstraint(fields=("tenant", "journey_id"), name="journeys_draft_journey_uq")
                ],
            },
        ),
        migrations.CreateModel(
            name="JourneySecret",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("sealed", models.TextField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("created_by_name", models.TextField(blank=True, default="")),
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
                    models.UniqueConstraint(fields=("tenant", "name"), name="journeys_secret_name_uq")
                ],
            },
        ),
        migrations.CreateModel(
            name="JourneyVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("journey_id", models.UUIDField()),
                ("number", models.IntegerField()),
                ("definition", models.JSONField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("published_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("published_by_name", models.TextField(blank=True, default="")),
                ("note", models.TextField(blank=True, default="")),
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
                    models.UniqueConstraint(fields=("tenant", "id"), name="journeys_version_tenant_uq"),
                    models.UniqueConstraint(
                        fields=("tenant", "journey_id", "number"), name="journeys_version_number_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="journeys_version_number_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MorningMail",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sent_on", models.DateField(null=True)),
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
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "user"), name="journeys_morningmail_user_uq")
                ],
            },
        ),
        migrations.CreateModel(
            name="MovedRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("plan_id", models.UUIDField()),
                ("run_id", models.BigIntegerField()),
                ("version_id", models.BigIntegerField()),
                ("step", models.CharField(max_length=40)),
                ("due_at", models.DateTimeField(null=True)),
                ("arrived_at", models.DateTimeField(null=True)),
                ("status", models.CharField(max_length=9)),
                ("hold", models.CharField(blank=True, default="", max_length=7)),
                ("moves", models.IntegerField()),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "plan_id", "run_id"), name="journeys_movedrun_run_uq"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MovePlan",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("journey_id", models.UUIDField()),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("PUBLISH", "Moved to a new version"),
                            ("MOVE", "Moved to another step"),
                            ("END", "Ended"),
                            ("GO", "Let go on"),
                        ],
                        default="PUBLISH",
                        max_length=7,
                    ),
                ),
                ("to_version_id", models.BigIntegerField()),
                ("choices", models.JSONField(default=dict)),
                ("moved", models.IntegerField(default=0)),
                ("returned", models.IntegerField(null=True)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("made_by_name", models.TextField(blank=True, default="")),
                ("undone_at", models.DateTimeField(null=True)),
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
                "indexes": [
                    models.Index(
                        fields=["tenant", "journey_id", "-made_at"], name="journeys_moveplan_journey_idx"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="journeys_moveplan_tenant_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("act__in", ["PUBLISH", "MOVE", "END", "GO"])),
                        name="journeys_moveplan_act_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField(null=True)),
                ("arrived_at", models.DateTimeField(null=True)),
                ("entered_at", models.DateTimeField()),
                ("version_id", models.BigIntegerField()),
                ("moves", models.IntegerField(default=0)),
                ("sent", models.SmallIntegerField(default=0)),
                ("journey_id", models.UUIDField()),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("HELD", "Held"),
                            ("SUSPENDED", "Suspended by a merge"),
                        ],
                        default="WAITING",
                        max_length=9,
                    ),
                ),
                (
                    "hold",
                    models.CharField(
                        choices=[
                            ("", "Not held"),
                            ("PAUSED", "The journey is paused"),
                            ("OVERDUE", "Too late: staff decide"),
                            ("FLOOD", "One of many overdue messages: staff decide"),
                            ("SKIP", "Goes on without the messages up to the next wait"),
                            ("GO", "Goes on now: a colleague ended the wait"),
                            ("REST", "Looked at again each hour: the data must rest"),
                        ],
                        default="",
                        max_length=7,
                    ),
                ),
                ("step", models.CharField(max_length=40)),
                ("key", models.CharField(blank=True, default="", max_length=200)),
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
                        condition=models.Q(("status", "WAITING")),
                        fields=["tenant", "due_at"],
                        name="journeys_run_due_idx",
                    ),
                    models.Index(fields=["tenant", "profile_id"], name="journeys_run_profile_idx"),
                    models.Index(fields=["tenant", "version_id", "step"], name="journeys_run_step_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["WAITING", "HELD", "SUSPENDED"])),
                        name="journeys_run_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "WAITING"), _negated=True),
                            ("due_at__isnull", False),
                            _connector="OR",
                        ),
                        name="journeys_run_due_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hold__in", ["PAUSED", "OVERDUE", "FLOOD"]), ("status", "HELD")),
                            models.Q(
                                models.Q(("status", "HELD"), _negated=True),
                                ("hold__in", ["", "SKIP", "GO", "REST"]),
                            ),
                            _connector="OR",
                        ),
                        name="journeys_run_hold_ck",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "SUSPENDED"), _negated=True),
                        fields=("tenant", "journey_id", "profile_id", "key"),
                        name="journeys_run_live_uq",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RunData",
            fields=[
                ("run_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("profile_id", models.UUIDField()),
                ("cause", models.CharField(max_length=20)),
                ("event_type", models.CharField(blank=True, default="", max_length=40)),
                ("event_id", models.BigIntegerField(help_text="The activity that started it.", null=True)),
                ("data", models.JSONField(default=dict)),
                ("variables", models.JSONField(default=dict)),
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
                "indexes": [
                    models.Index(fields=["tenant", "profile_id"], name="journeys_rundata_profile_idx")
                ],
            },
        ),
        migrations.CreateModel(
            name="RunEnded",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("journey_id", models.UUIDField()),
                ("version_id", models.BigIntegerField()),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                ("key", models.CharField(blank=True, default="", max_length=200)),
                ("step", models.CharField(max_length=40)),
                ("moves", models.IntegerField()),
                ("sent", models.SmallIntegerField(default=0)),
                ("entered_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "status",
                    models.CharField(
                        choices=[("COMPLETED", "Completed"), ("EXITED", "Left"), ("FAILED", "Failed")],
                        max_length=9,
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=60)),
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
                        fields=["tenant", "profile_id", "journey_id", "-ended_at"],
                        name="journeys_runended_profile_idx",
                    ),
                    models.Index(
                        fields=["tenant", "journey_id", "-ended_at", "-id"],
                        name="journeys_runended_journey_idx",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["COMPLETED", "EXITED", "FAILED"])),
                        name="journeys_runended_status_ck",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoreLatch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("journey_id", models.UUIDField()),
                ("profile_id", models.UUIDField()),
                ("trigger", models.SmallIntegerField()),
                ("fired_at", models.DateTimeField()),
                ("is_armed", models.BooleanField(default=False)),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "journey_id", "profile_id", "trigger"),
                        name="journeys_scorelatch_person_uq",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StepCounter",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("journey_id", models.UUIDField()),
                ("version_id", models.BigIntegerField()),
                ("step", models.CharField(max_length=40)),
                ("outcome", models.CharField(max_length=40)),
                ("day", models.DateField()),
                ("count", models.IntegerField()),
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
                "indexes": [
                    models.Index(fields=["tenant", "journey_id", "day"], name="journeys_stepcounter_day_idx")
                ],
            },
        ),
        migrations.CreateModel(
            name="StepLog",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("run_id", models.BigIntegerField()),
                ("move", models.IntegerField()),
                ("version_id", models.BigIntegerField()),
                ("step", models.CharField(max_length=40)),
                ("outcome", models.CharField(max_length=40)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("detail", models.JSONField(null=True)),
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
                        fields=("tenant", "run_id", "move"), name="journeys_steplog_move_uq"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("run_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("profile_id", models.UUIDField()),
                (
                    "types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("key", models.CharField(blank=True, default="", max_length=200)),
                ("since", models.DateTimeField()),
                ("has_condition", models.BooleanField(default=False)),
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
                "indexes": [
                    models.Index(fields=["tenant", "profile_id"], name="journeys_subscription_who_idx")
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                ("title", models.CharField(max_length=200)),
                ("reason", models.TextField(blank=True, default="")),
                ("due_on", models.DateField()),
                ("snoozed_until", models.DateField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("CLOSED", "Closed")], default="OPEN", max_length=6
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CALLED", "Called"),
                            ("PROMISED", "Promised to stay"),
                            ("LOST", "Lost"),
                            ("DONE", "Done"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("note", models.TextField(blank=True, default="")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("PERSON", "A colleague"),
                            ("JOURNEY", "A journey"),
                            ("SLIPPING", "Slipping away"),
                        ],
                        default="PERSON",
                        max_length=8,
                    ),
                ),
                ("source_key", models.CharField(blank=True, default="", max_length=120)),
                (
                    "value_cents",
                    models.BigIntegerField(
                        default=0, help_text="What the customer was worth when it was made."
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("created_by_name", models.TextField(blank=True, default="")),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by_name", models.TextField(blank=True, default="")),
                (
                    "owner",
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "OPEN")),
                        fields=["tenant", "due_on"],
                        name="journeys_task_open_idx",
                    ),
                    models.Index(
                        fields=["tenant", "profile_id", "-created_at"], name="journeys_task_profile_idx"
                    ),
                    models.Index(
                        condition=models.Q(("status", "CLOSED")),
                        fields=["tenant", "closed_at"],
                        name="journeys_task_closed_idx",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True), name="journeys_task_title_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["OPEN", "CLOSED"])), name="journeys_task_status_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["PERSON", "JOURNEY", "SLIPPING"])),
                        name="journeys_task_source_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("outcome", ""), ("status", "OPEN")),
                            models.Q(
                                ("closed_at__isnull", False),
                                ("outcome__in", ["CALLED", "PROMISED", "LOST", "DONE"]),
                                ("status", "CLOSED"),
                            ),
                            _connector="OR",
                        ),
                        name="journeys_task_outcome_ck",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("source_key", ""), _negated=True),
                        fields=("tenant", "source_key"),
                        name="journeys_task_source_uq",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Trial",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("journey_id", models.UUIDField()),
                ("definition", models.JSONField()),
                ("days", models.SmallIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Waits"),
                            ("RUNNING", "Runs"),
                            ("DONE", "Done"),
                            ("FAILED", "Failed"),
                        ],
                        default="PENDING",
                        max_length=7,
                    ),
                ),
                ("progress", models.SmallIntegerField(default=0, help_text="Per cent.")),
                ("result", models.JSONField(null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("made_by_name", models.TextField(blank=True, default="")),
                ("ended_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("attempts", models.SmallIntegerField(default=0)),
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
                        fields=["tenant", "journey_id", "-made_at"], name="journeys_trial_journey_idx"
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["PENDING", "RUNNING"])),
                        fields=["tenant", "made_at"],
                        name="journeys_trial_waiting_idx",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["PENDING", "RUNNING", "DONE", "FAILED"])),
                        name="journeys_trial_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days__gte", 1), ("days__lte", 365)),
                        name="journeys_trial_days_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "DONE"), _negated=True),
                            ("result__isnull", False),
                            _connector="OR",
                        ),
                        name="journeys_trial_result_ck",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["PENDING", "RUNNING"])),
                        fields=("tenant", "journey_id"),
                        name="journeys_trial_active_uq",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TriggerMark",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("journey_id", models.UUIDField()),
                ("occurrence", models.CharField(max_length=40)),
                ("outcome", models.CharField(max_length=20)),
                ("count", models.IntegerField(default=0)),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "journey_id", "occurrence"), name="journeys_triggermark_once_uq"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookCall",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("run_id", models.BigIntegerField()),
                ("move", models.IntegerField()),
                ("version_id", models.BigIntegerField()),
                ("step", models.CharField(max_length=40)),
                ("body", models.JSONField(default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[("PENDING", "Pending"), ("DONE", "Done"), ("FAILED", "Failed")],
                        default="PENDING",
                        max_length=7,
                    ),
                ),
                ("attempts", models.SmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("give_up_at", models.DateTimeField()),
                ("leased_until", models.DateTimeField(null=True)),
                ("answer", models.JSONField(null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "PENDING")),
                        fields=["tenant", "due_at"],
                        name="journeys_webhookcall_due_idx",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "run_id", "move"), name="journeys_webhookcall_move_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["PENDING", "DONE", "FAILED"])),
                        name="journeys_webhookcall_status_ck",
                    ),
                ],
            },
        ),
    ]
