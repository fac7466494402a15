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
            name="Campaign",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("club_id", models.TextField(blank=True, default="")),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True, default="")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("ONE_TIME", "Once"),
                            ("RECURRING", "Again and again"),
                            ("TRIGGERED", "When something happens"),
                            ("JOURNEY", "Part of a journey"),
                        ],
                        default="ONE_TIME",
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("SCHEDULED", "Scheduled"),
                            ("ACTIVE", "Being sent"),
                            ("PAUSED", "Paused"),
                            ("COMPLETED", "Completed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="DRAFT",
                        max_length=10,
                    ),
                ),
                ("version", models.IntegerField(default=1)),
                (
                    "segment_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "excluded_segment_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "excluded_campaign_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "rule",
                    models.JSONField(blank=True, help_text="A rule tree besides the segments.", null=True),
                ),
                ("hold_out_percent", models.SmallIntegerField(default=0)),
                (
                    "channels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), blank=True, default=list, size=None
                    ),
                ),
                ("email_template_id", models.CharField(blank=True, default="", max_length=200)),
                ("sms_template_id", models.CharField(blank=True, default="", max_length=200)),
                ("push_template_id", models.CharField(blank=True, default="", max_length=200)),
                ("whatsapp_template_id", models.CharField(blank=True, default="", max_length=200)),
                ("content", models.JSONField(blank=True, default=dict)),
                ("is_transactional", models.BooleanField(default=False)),
                ("scheduled_at", models.DateTimeField(null=True)),
                ("timezone", models.CharField(max_length=64)),
                (
                    "window",
                    models.CharField(
                        choices=[
                            ("TOGETHER", "Everybody at the same moment"),
                            ("OWN_ZONE", "Everybody at that hour of their own clock"),
                            ("BEST_HOUR", "Everybody at the hour at which they read"),
                            ("SPREAD", "Spread evenly over some hours"),
                        ],
                        default="TOGETHER",
                        max_length=10,
                    ),
                ),
                ("spread_minutes", models.IntegerField(default=0)),
                ("recur_pattern", models.CharField(blank=True, default="", max_length=100)),
                ("recur_end_at", models.DateTimeField(null=True)),
                ("trigger_event", models.CharField(blank=True, default="", max_length=100)),
                (
                    "trigger_where",
                    models.JSONField(
                        blank=True, default=dict, help_text="Payload field → the value that it must have."
                    ),
                ),
                ("trigger_delay_minutes", models.IntegerField(default=0)),
                (
                    "trigger_cap_days",
                    models.IntegerField(
                        default=1, help_text="Each person at most once in so many days; 0: each time."
                    ),
                ),
                (
                    "winner_metric",
                    models.CharField(
                        choices=[
                            ("OPENS", "Opened by people"),
                            ("CLICKS", "Clicked"),
                            ("CONVERSIONS", "Reached the goal"),
                            ("REVENUE", "Money brought"),
                        ],
                        default="CLICKS",
                        max_length=12,
                    ),
                ),
                (
                    "test_percent",
                    models.SmallIntegerField(
                        default=100, help_text="So many take part; 100: no rest to wait."
                    ),
                ),
                ("test_minutes", models.IntegerField(default=240)),
                (
                    "goal",
                    models.CharField(
                        choices=[
                            ("NONE", "Nothing that can be counted"),
                            ("BOOKED", "Book a tee time or facility"),
                            ("ENTERED", "Enter a competition"),
                            ("RENEWED", "Renew the membership"),
                            ("PAID", "Pay"),
                        ],
                        default="NONE",
                        max_length=10,
                    ),
                ),
                ("goal_days", models.SmallIntegerField(default=7)),
                ("started_at", models.DateTimeField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
                (
                    "pause_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not paused"),
                            ("PERSON", "Paused by hand"),
                            ("ERRORS", "Too many messages failed"),
                            ("LATE", "Found too long after its hour"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("pause_note", models.CharField(blank=True, default="", max_length=300)),
                ("archived_at", models.DateTimeField(null=True)),
                ("created_by_name", models.CharField(default="", max_length=250)),
                ("approval_asked_at", models.DateTimeField(null=True)),
                ("approved_version", models.IntegerField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("approved_by_name", models.CharField(blank=True, default="", max_length=250)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "approval_asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                "indexes": [
                    models.Index(
                        fields=["tenant", "-created_at", "-id"], name="campaigns_campaign_newest_idx"
                    ),
                    models.Index(
                        condition=models.Q(("status", "ACTIVE"), ("type", "TRIGGERED")),
                        fields=["tenant", "trigger_event"],
                        name="campaigns_campaign_event_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="campaigns_campaign_tenant_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="campaigns_campaign_name_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ["ONE_TIME", "RECURRING", "TRIGGERED", "JOURNEY"])),
                        name="campaigns_campaign_type_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                ["DRAFT", "SCHEDULED", "ACTIVE", "PAUSED", "COMPLETED", "CANCELLED"],
                            )
                        ),
                        name="campaigns_campaign_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("channels__contained_by", ["EMAIL", "SMS", "PUSH", "WHATSAPP", "SOCIAL"])
                        ),
                        name="campaigns_campaign_way_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("window__in", ["TOGETHER", "OWN_ZONE", "BEST_HOUR", "SPREAD"]),
                            ("spread_minutes__range", (0, 10080)),
                        ),
                        name="campaigns_campaign_window_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("goal__in", ["NONE", "BOOKED", "ENTERED", "RENEWED", "PAID"])),
                        name="campaigns_campaign_goal_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("goal_days__range", (1, 90))), name="campaigns_campaign_days_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hold_out_percent__range", (0, 50))),
                        name="campaigns_campaign_holdout_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("winner_metric__in", ["OPENS", "CLICKS", "CONVERSIONS", "REVENUE"]),
                            ("test_percent__range", (1, 100)),
                            ("test_minutes__range", (1, 20160)),
                        ),
                        name="campaigns_campaign_test_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("trigger_delay_minutes__range", (0, 43200)),
                            ("trigger_cap_days__range", (0, 365)),
                        ),
                        name="campaigns_campaign_trigger_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "DRAFT"), ("scheduled_at__isnull", False), _connector="OR"
                        ),
                        name="campaigns_campaign_hour_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "DRAFT"),
                            models.Q(("type", "RECURRING"), _negated=True),
                            models.Q(("recur_pattern", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="campaigns_campaign_recur_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "DRAFT"),
                            models.Q(("type", "TRIGGERED"), _negated=True),
                            models.Q(("trigger_event", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="campaigns_campaign_event_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("pause_reason__in", ["PERSON", "ERRORS", "LATE"]), ("status", "PAUSED")
                            ),
                            models.Q(models.Q(("status", "PAUSED"), _negated=True), ("pause_reason", "")),
                            _connector="OR",
                        ),
                        name="campaigns_campaign_pause_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("completed_at__isnull", False), ("status__in", ["COMPLETED", "CANCELLED"])
                            ),
                            models.Q(
                                models.Q(("status__in", ["COMPLETED", "CANCELLED"]), _negated=True),
                                ("completed_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="campaigns_campaign_end_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at__isnull", True), ("approved_version__isnull", True)),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("approved_version__isnull", False),
                                ("approved_version__lte", models.F("version")),
                            ),
                            _connector="OR",
                        ),
                        name="campaigns_campaign_approval_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignAct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("act", models.CharField(max_length=30)),
                ("from_status", models.CharField(blank=True, default="", max_length=10)),
                ("to_status", models.CharField(blank=True, default="", max_length=10)),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("actor_name", models.CharField(max_length=250)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acts",
                        to="campaigns.campaign",
                    ),
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
                    models.Index(fields=["tenant", "campaign", "-id"], name="campaigns_act_campaign_idx")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("act", ""), _negated=True), name="campaigns_act_named_ck"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignConversion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("occurrence", models.CharField(max_length=80)),
                ("variant", models.CharField(blank=True, db_default="", max_length=40)),
                ("channel", models.CharField(blank=True, db_default="", max_length=10)),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                ("activity_id", models.BigIntegerField()),
                (
                    "goal",
                    models.CharField(
                        choices=[
                            ("NONE", "Nothing that can be counted"),
                            ("BOOKED", "Book a tee time or facility"),
                            ("ENTERED", "Enter a competition"),
                            ("RENEWED", "Renew the membership"),
                            ("PAID", "Pay"),
                        ],
                        max_length=10,
                    ),
                ),
                ("amount_cents", models.BigIntegerField(db_default=0)),
                ("at", models.DateTimeField()),
                ("is_held_out", models.BooleanField(db_default=False)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversions",
                        to="campaigns.campaign",
                    ),
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
                        fields=["tenant", "campaign", "occurrence", "at"], name="campaigns_conversion_of_idx"
                    ),
                    models.Index(fields=["tenant", "profile_id"], name="campaigns_conversion_who_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_held_out", False)),
                        fields=("tenant", "activity_id"),
                        name="campaigns_conversion_act_uq",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "campaign", "activity_id"), name="campaigns_conversion_campaign_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("goal__in", ["NONE", "BOOKED", "ENTERED", "RENEWED", "PAID"])),
                        name="campaigns_conversion_goal_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("occurrence", models.CharField(max_length=80)),
                ("variant", models.CharField(blank=True, db_default="", max_length=40)),
                ("channel", models.CharField(blank=True, db_default="", max_length=10)),
                ("handed_over", models.IntegerField(db_default=0)),
                ("delivered", models.IntegerField(db_default=0)),
                ("bounced", models.IntegerField(db_default=0)),
                ("failed", models.IntegerField(db_default=0)),
                ("opened", models.IntegerField(db_default=0, help_text="By people.")),
                ("machine_opened", models.IntegerField(db_default=0)),
                ("clicked", models.IntegerField(db_default=0)),
                ("unsubscribed", models.IntegerField(db_default=0)),
                ("complained", models.IntegerField(db_default=0)),
                ("replied", models.IntegerField(db_default=0)),
                ("converted", models.IntegerField(db_default=0)),
                ("revenue_cents", models.BigIntegerField(db_default=0)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="counts",
                        to="campaigns.campaign",
                    ),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "campaign", "occurrence", "variant", "channel"),
                        name="campaigns_count_cell_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("clicked__gte", 0),
                            ("converted__gte", 0),
                            ("delivered__gte", 0),
                            ("handed_over__gte", 0),
                            ("opened__gte", 0),
                        ),
                        name="campaigns_count_positive_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("occurrence", models.CharField(max_length=80)),
                ("variant", models.CharField(blank=True, db_default="", max_length=40)),
                ("url", models.CharField(max_length=1000)),
                ("clicks", models.IntegerField(db_default=0)),
                ("machine_clicks", models.IntegerField(db_default=0)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="campaigns.campaign",
                    ),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "campaign", "occurrence", "variant", "url"),
                        name="campaigns_link_cell_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("clicks__gte", 0), ("machine_clicks__gte", 0)),
                        name="campaigns_link_positive_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignOccurrence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.IntegerField()),
                ("hour", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting for its hour"),
                            ("LATE", "Found late: a person must decide"),
                            ("TESTING", "The test is under way, the rest waits"),
                            ("SENDING", "Planned and being sent"),
                            ("COMPLETED", "Completed"),
                            ("CANCELLED", "Called off"),
                            ("FAILED", "Could not be planned"),
                        ],
                        default="WAITING",
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("attempts", models.SmallIntegerField(default=0)),
                ("last_error", models.TextField(blank=True, default="")),
                (
                    "is_released",
                    models.BooleanField(
                        default=False, help_text="A person said: send it although it is late."
                    ),
                ),
                ("audience", models.IntegerField(default=0)),
                ("planned", models.IntegerField(default=0)),
                ("skipped", models.IntegerField(default=0)),
                ("reasons", models.JSONField(default=dict, help_text="Why people were left out → how many.")),
                (
                    "forgiven",
                    models.IntegerField(default=0, help_text="Failures that a person has seen and let pass."),
                ),
                ("planned_at", models.DateTimeField(null=True)),
                ("decide_at", models.DateTimeField(null=True)),
                ("winner", models.CharField(blank=True, default="", max_length=1)),
                ("verdict", models.JSONField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="occurrences",
                        to="campaigns.campaign",
                    ),
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
                        condition=models.Q(("status__in", ["WAITING", "TESTING", "SENDING"])),
                        fields=["due_at"],
                        name="campaigns_occurrence_due_idx",
                    ),
                    models.Index(fields=["tenant", "hour"], name="campaigns_occurrence_hour_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "campaign", "number"), name="campaigns_occurrence_number_uq"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "campaign", "hour"), name="campaigns_occurrence_hour_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                ["WAITING", "LATE", "TESTING", "SENDING", "COMPLETED", "CANCELLED", "FAILED"],
                            )
                        ),
                        name="campaigns_occurrence_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("due_at__isnull", False), ("status__in", ("WAITING", "TESTING", "SENDING"))
                            ),
                            models.Q(
                                models.Q(("status__in", ("WAITING", "TESTING", "SENDING")), _negated=True),
                                ("due_at", None),
                                ("leased_until", None),
                            ),
                            _connector="OR",
                        ),
                        name="campaigns_occurrence_due_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("audience__gte", 0), ("planned__gte", 0), ("skipped__gte", 0)),
                        name="campaigns_occurrence_counts_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "TESTING"), _negated=True),
                            ("decide_at__isnull", False),
                            _connector="OR",
                        ),
                        name="campaigns_occurrence_test_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("winner", ""), ("verdict__isnull", False), _connector="OR"),
                        name="campaigns_occurrence_winner_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignRecount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("occurrence", models.CharField(max_length=80)),
                ("noted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
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
                "indexes": [models.Index(fields=["noted_at"], name="campaigns_recount_due_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "campaign", "occurrence"), name="campaigns_recount_once_uq"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignVariant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("label", models.CharField(max_length=1)),
                ("weight", models.SmallIntegerField(default=1)),
                ("content", models.JSONField(blank=True, default=dict)),
                (
                    "channels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), blank=True, default=list, size=None
                    ),
                ),
                ("template_ids", models.JSONField(blank=True, default=dict)),
                ("delay_minutes", models.IntegerField(default=0)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variants",
                        to="campaigns.campaign",
                    ),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "campaign", "label"), name="campaigns_variant_label_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("label__regex", "^[A-Z]$")), name="campaigns_variant_label_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weight__range", (1, 100))), name="campaigns_variant_weight_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("channels__contained_by", ["EMAIL", "SMS", "PUSH", "WHATSAPP", "SOCIAL"])
                        ),
                        name="campaigns_variant_way_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("delay_minutes__range", (0, 10080))),
                        name="campaigns_variant_delay_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TriggeredPerson",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                ("activity_id", models.BigIntegerField()),
                ("due_at", models.DateTimeField()),
                ("planned_at", models.DateTimeField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
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
                        condition=models.Q(("planned_at", None)),
                        fields=["tenant", "campaign", "due_at"],
                        name="campaigns_triggered_due_idx",
                    ),
                    models.Index(
                        fields=["tenant", "profile_id", "campaign", "-due_at"],
                        name="campaigns_triggered_cap_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "campaign", "activity_id"), name="campaigns_triggered_event_uq"
                    )
                ],
            },
        ),
    ]
