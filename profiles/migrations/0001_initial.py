import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import events.models.log
import profiles.ids
import profiles.vocabulary


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0002_row_isolation"),
    ]

    operations = [
        # Before the index that uses it.
        migrations.RunSQL(
            sql="\nCREATE FUNCTION profiles_note_words(tenant uuid, body text) RETURNS tsvector\nLANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT\nAS $$\n    SELECT COALESCE(array_to_tsvector(array_agg(DISTINCT\n        left(right(replace(tenant::text, '-', ''), 8) || '/' || word, 100))), ''::tsvector)\n    FROM regexp_split_to_table(\n        regexp_replace(\n            normalize(casefold(normalize(translate(body, '''’‘ʼ`´', ''), NFKD) COLLATE \"pg_unicode_fast\"), NFKD),\n            '[\\u0300-\\u036f\\u0591-\\u05bd\\u064b-\\u065f\\u0670]', '', 'g') COLLATE \"pg_unicode_fast\",\n        '[^[:alnum:]]+') AS word\n    WHERE word <> ''\n$$;\nREVOKE ALL ON FUNCTION profiles_note_words(uuid, text) FROM PUBLIC;\nGRANT EXECUTE ON FUNCTION profiles_note_words(uuid, text) TO crm_app, crm_all;\n",
            reverse_sql="DROP FUNCTION profiles_note_words(uuid, text)",
        ),
        migrations.CreateModel(
            name="ProcessingRestriction",
            fields=[
                ("profile_id", models.UUIDField(primary_key=True, serialize=False)),
                ("restricted_by_name", models.TextField(blank=True, db_default="")),
                ("restricted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProfileShare",
            fields=[
                ("profile_id", models.UUIDField(primary_key=True, serialize=False)),
                ("lifetime_value_cents", models.BigIntegerField()),
                ("stage_reached", models.SmallIntegerField()),
                ("tags", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("created_at", models.DateTimeField()),
                ("last_activity_at", models.DateTimeField(null=True)),
                ("last_activity_type", models.TextField()),
                ("last_booking_at", models.DateTimeField(null=True)),
                ("last_email_open_at", models.DateTimeField(null=True)),
                ("last_email_click_at", models.DateTimeField(null=True)),
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
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("slot", models.SmallIntegerField(db_default=0)),
                ("type", models.CharField(max_length=40)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("MEMBERSHIP", "Membership"),
                            ("PAYMENT", "Payments"),
                            ("BOOKING", "Bookings"),
                            ("GOLF", "Golf"),
                            ("COMMUNICATION", "Messages"),
                            ("CONSENT", "Consent"),
                            ("FEEDBACK", "Feedback"),
                            ("FACILITY", "Facilities"),
                            ("CAMPAIGN", "Campaigns"),
                            ("JOURNEY", "Journeys"),
                            ("SOCIAL", "Social"),
                            ("NOTE", "Notes"),
                            ("IDENTITY", "Changes"),
                        ],
                        max_length=15,
                    ),
                ),
                ("channel", models.CharField(blank=True, db_default="", max_length=10)),
                ("source", models.CharField(max_length=20)),
                ("source_event_id", models.CharField(max_length=200)),
                ("title", models.TextField()),
                ("metadata", models.JSONField(db_default=models.Value({}, output_field=models.JSONField()))),
                (
                    "once_key",
                    models.UUIDField(help_text="What happens once, whoever tells it how often.", null=True),
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
                        fields=["tenant", "profile_id", "-occurred_at", "-id"],
                        name="profiles_activity_timeline_idx",
                    ),
                    models.Index(
                        condition=models.Q(("type__in", ["COMPLAINT_OPENED", "COMPLAINT_CLOSED"])),
                        fields=["tenant", "profile_id"],
                        name="profiles_activity_plaint_idx",
                    ),
                    models.Index(
                        condition=models.Q(("metadata__has_key", "utm")),
                        fields=["tenant", "occurred_at"],
                        name="profiles_activity_utm_idx",
                    ),
                    models.Index(
                        condition=models.Q(("source", "crm")),
                        fields=["tenant", "id"],
                        name="profiles_activity_own_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "source", "source_event_id", "slot"),
                        name="profiles_activity_event_uq",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("once_key__isnull", False)),
                        fields=("tenant", "once_key"),
                        name="profiles_activity_once_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "category__in",
                                [
                                    "MEMBERSHIP",
                                    "PAYMENT",
                                    "BOOKING",
                                    "GOLF",
                                    "COMMUNICATION",
                                    "CONSENT",
                                    "FEEDBACK",
                                    "FACILITY",
                                    "CAMPAIGN",
                                    "JOURNEY",
                                    "SOCIAL",
                                    "NOTE",
                                    "IDENTITY",
                                ],
                            )
                        ),
                        name="profiles_activity_category_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slot__range", (0, 255))), name="profiles_activity_slot_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkAct",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(max_length=40)),
                ("title", models.TextField()),
                ("data", models.JSONField(default=dict)),
                (
                    "chosen",
                    models.IntegerField(
                        help_text="How many it was about; those whom it changed have a row each."
                    ),
                ),
                ("by_name", models.TextField(default="")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("undone_at", models.DateTimeField(null=True)),
                ("undone_by_name", models.TextField(db_default="", default="")),
                (
                    "by",
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
                "indexes": [models.Index(fields=["tenant", "-at"], name="profiles_bulkact_latest_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="profiles_bulkact_tenant_uq")
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkActChange",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "act_id", "profile_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("act_id", models.UUIDField()),
                ("profile_id", models.UUIDField()),
                ("made_id", models.UUIDField(null=True)),
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
                    models.Index(fields=["tenant", "profile_id"], name="profiles_bulkchange_person_idx")
                ],
            },
        ),
        migrations.CreateModel(
            name="CannotLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_key", models.TextField()),
                ("second_key", models.TextField()),
                ("decided_by_name", models.TextField(db_default="")),
                ("decided_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    models.Index(fields=["tenant", "second_key"], name="profiles_cannotlink_second_idx")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "first_key", "second_key"), name="profiles_cannotlink_pair_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_key__lt", models.F("second_key"))),
                        name="profiles_cannotlink_order_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ColumnChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("header", models.TextField(help_text="Folded: lower-case letters and digits.")),
                ("target", models.CharField(blank=True, max_length=20)),
                ("chosen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                        fields=("tenant", "header"), name="profiles_columnchoice_header_uq"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerProfile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=profiles.ids.new_profile_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ACTIVE", "Active"),
                            ("INACTIVE", "Inactive"),
                            ("MERGED", "Merged into another"),
                            ("DELETED", "Deleted"),
                        ],
                        default=profiles.vocabulary.ProfileStatus["ACTIVE"],
                        max_length=10,
                    ),
                ),
                (
                    "merged_into_id",
                    models.UUIDField(
                        help_text="Who stands for it, all standing merges considered.", null=True
                    ),
                ),
                (
                    "identity_id",
                    models.UUIDField(
                        help_text="Who would stand for it if people had merged nobody; empty: itself.",
                        null=True,
                    ),
                ),
                (
                    "has_shares",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Others were merged into it: see ProfileShare.",
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("created_source", models.CharField(default="crm", max_length=20)),
                (
                    "version",
                    models.IntegerField(
                        default=1, help_text="Goes up with each change; the ETag of the API."
                    ),
                ),
                ("auth_user_id", models.TextField(null=True)),
                ("email", models.TextField(null=True)),
                ("phone_number", models.TextField(null=True)),
                ("scl_member_id", models.BigIntegerField(null=True)),
                ("teetime_player_id", models.TextField(null=True)),
                ("messaging_contact_id", models.TextField(null=True)),
                ("external_ids", models.JSONField(default=dict)),
                ("first_name", models.TextField(default="")),
                ("last_name", models.TextField(default="")),
                ("display_name", models.TextField(default="")),
                ("date_of_birth", models.DateField(null=True)),
                ("gender", models.TextField(default="")),
                ("postcode", models.TextField(db_default="", default="")),
                ("country", models.TextField(default="")),
                ("language", models.TextField(default="")),
                (
                    "lifecycle_stage",
                    models.CharField(
                        choices=[
                            ("SUBSCRIBER", "Subscriber"),
                            ("LEAD", "Lead"),
                            ("PROSPECT", "Prospect"),
                            ("CUSTOMER", "Customer"),
                            ("MEMBER", "Member"),
                            ("ADVOCATE", "Advocate"),
                            ("CHURNED", "Churned"),
                        ],
                        default=profiles.vocabulary.LifecycleStage["SUBSCRIBER"],
                        max_length=10,
                    ),
                ),
                (
                    "stage_reached",
                    models.SmallIntegerField(
                        default=0, help_text="Highest rank in STAGE_LADDER ever reached."
                    ),
                ),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("engagement_score", models.SmallIntegerField(null=True)),
                ("engagement_score_at", models.DateTimeField(null=True)),
                ("churn_risk_score", models.SmallIntegerField(null=True)),
                ("churn_risk_score_at", models.DateTimeField(null=True)),
                ("lifetime_value_cents", models.BigIntegerField(default=0)),
                ("last_activity_at", models.DateTimeField(null=True)),
                ("last_activity_type", models.TextField(default="")),
                ("activity_count_30d", models.IntegerField(default=0)),
                ("activity_count_90d", models.IntegerField(default=0)),
                ("booking_count_30d", models.IntegerField(default=0)),
                ("last_booking_at", models.DateTimeField(null=True)),
                ("last_email_open_at", models.DateTimeField(null=True)),
                ("last_email_click_at", models.DateTimeField(null=True)),
                ("handicap_tenths", models.SmallIntegerField(null=True)),
                ("handicap_updated_at", models.DateTimeField(null=True)),
                ("home_club_id", models.TextField(default="")),
                ("home_club_name", models.TextField(default="")),
                ("membership_tier", models.TextField(default="")),
                ("membership_status", models.TextField(default="")),
                ("member_since", models.DateField(null=True)),
                ("membership_expiry", models.DateField(null=True)),
                ("email_opt_in", models.BooleanField(default=False)),
                ("sms_opt_in", models.BooleanField(default=False)),
                ("push_opt_in", models.BooleanField(default=False)),
                ("whatsapp_opt_in", models.BooleanField(default=False)),
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
                    models.Index(fields=["tenant", "-created_at", "-id"], name="profiles_profile_newest_idx"),
                    models.Index(
                        condition=models.Q(("merged_into_id__isnull", False)),
                        fields=["tenant", "merged_into_id"],
                        name="profiles_profile_merged_idx",
                    ),
                    models.Index(
                        condition=models.Q(("status", "ACTIVE")),
                        fields=["tenant", "email_opt_in", "sms_opt_in", "push_opt_in", "whatsapp_opt_in"],
                        name="profiles_profile_agreed_idx",
                    ),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True,
                        fields=["updated_at"],
                        name="profiles_profile_updated_idx",
                        pages_per_range=8,
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="profiles_profile_tenant_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["ACTIVE", "INACTIVE", "MERGED", "DELETED"])),
                        name="profiles_profile_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "lifecycle_stage__in",
                                [
                                    "SUBSCRIBER",
                                    "LEAD",
                                    "PROSPECT",
                                    "CUSTOMER",
                                    "MEMBER",
                                    "ADVOCATE",
                                    "CHURNED",
                                ],
                            )
                        ),
                        name="profiles_profile_stage_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stage_reached__range", (0, 5))),
                        name="profiles_profile_stage_reached_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("merged_into_id__isnull", False),
                                ("status", profiles.vocabulary.ProfileStatus["MERGED"]),
                            ),
                            models.Q(
                                models.Q(
                                    ("status", profiles.vocabulary.ProfileStatus["MERGED"]), _negated=True
                                ),
                                ("merged_into_id__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="profiles_profile_merged_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("engagement_score__isnull", True),
                            ("engagement_score__range", (0, 100)),
                            _connector="OR",
                        ),
                        name="profiles_profile_engagement_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("churn_risk_score__isnull", True),
                            ("churn_risk_score__range", (0, 100)),
                            _connector="OR",
                        ),
                        name="profiles_profile_churn_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phone_number__isnull", True),
                            ("phone_number__regex", "^\\+[1-9][0-9]{6,14}$"),
                            _connector="OR",
                        ),
                        name="profiles_profile_phone_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("activity_count_30d__gte", 0),
                            ("activity_count_90d__gte", 0),
                            ("booking_count_30d__gte", 0),
                        ),
                        name="profiles_profile_counts_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DuplicateModel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=40)),
                (
                    "parameters",
                    models.JSONField(help_text="Of each level of each comparison: m and u probability."),
                ),
                ("trained_on", models.IntegerField(help_text="How many customers there were.")),
                ("trained_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                        fields=("tenant", "version"), name="profiles_dupmodel_version_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("trained_on__gte", 0)), name="profiles_dupmodel_trained_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DuplicatePair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_profile_id", models.UUIDField()),
                ("second_profile_id", models.UUIDField()),
                ("match_weight", models.FloatField()),
                ("probability", models.FloatField()),
                ("comparisons", models.JSONField()),
                (
                    "is_certain",
                    models.BooleanField(
                        help_text="Nothing speaks against it: it may be merged without a person."
                    ),
                ),
                ("model_version", models.CharField(max_length=40)),
                ("found_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    models.Index(fields=["tenant", "second_profile_id"], name="profiles_duppair_second_idx")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "first_profile_id", "second_profile_id"),
                        name="profiles_duppair_pair_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_profile_id__lt", models.F("second_profile_id"))),
                        name="profiles_duppair_order_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("probability__range", (0, 1))),
                        name="profiles_duppair_probability_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DuplicateRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("RUNNING", "Running"), ("DONE", "Done"), ("FAILED", "Failed")],
                        default="RUNNING",
                        max_length=10,
                    ),
                ),
                (
                    "is_full",
                    models.BooleanField(
                        help_text="Every pair was compared, not only those with a changed side."
                    ),
                ),
                ("backend", models.CharField(max_length=10)),
                ("model_version", models.CharField(default="", max_length=40)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "looked_since",
                    models.DateTimeField(help_text="Empty: everybody was looked at.", null=True),
                ),
                ("looked_until", models.DateTimeField(help_text="Changes up to this moment were seen.")),
                (
                    "figures",
                    models.JSONField(
                        default=dict, help_text="Customers, changed ones, pairs compared, found, queued."
                    ),
                ),
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
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "DONE")),
                        fields=["tenant", "-looked_until"],
                        name="profiles_duprun_done_idx",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["RUNNING", "DONE", "FAILED"])),
                        name="profiles_duprun_status_ck",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "RUNNING")),
                        fields=("tenant",),
                        name="profiles_duprun_running_uq",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ErasureCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile_id", models.UUIDField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("WAITING", "Being counted"),
                            ("DONE", "Counted"),
                            ("FAILED", "Could not be counted"),
                        ],
                        default="WAITING",
                        max_length=10,
                    ),
                ),
                ("counts", models.JSONField(default=dict, help_text="Table → act → rows.")),
                ("people", models.IntegerField(default=1, help_text="Profiles that go together.")),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("gdpr_erasure", "Asked under the GDPR"),
                            ("popia_erasure", "Asked under POPIA"),
                            ("source_deleted", "Deleted in the source"),
                        ],
                        db_default="",
                        help_text="Why the person is to be erased; empty: it is only counted.",
                        max_length=20,
                    ),
                ),
                ("asked_by_user", models.BigIntegerField(help_text="Who confirmed the erasure.", null=True)),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("leased_until", models.DateTimeField(null=True)),
                ("attempts", models.SmallIntegerField(db_default=0)),
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
                        fields=("tenant", "profile_id"), name="profiles_erasurecount_person_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["WAITING", "DONE", "FAILED"])),
                        name="profiles_erasurecount_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason__in", ["", "gdpr_erasure", "popia_erasure", "source_deleted"])
                        ),
                        name="profiles_erasurecount_reason_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ErasureReceipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile_id", models.UUIDField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("gdpr_erasure", "Asked under the GDPR"),
                            ("popia_erasure", "Asked under POPIA"),
                            ("source_deleted", "Deleted in the source"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "counts",
                    models.JSONField(help_text="Table → rows that were deleted, anonymised or blanked."),
                ),
                (
                    "hash",
                    models.CharField(
                        help_text="SHA-256 over all the other columns but the id.", max_length=64
                    ),
                ),
                ("erased_by_kind", models.CharField(max_length=10)),
                ("erased_by_id", models.CharField(max_length=250)),
                ("erased_by_name", models.CharField(max_length=250)),
                ("erased_at", models.DateTimeField()),
                (
                    "queue_search",
                    models.TextField(
                        blank=True,
                        db_default="",
                        help_text="What is still to be found in Redis, encrypted; empty once it was. No part of the hash.",
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
                        fields=("tenant", "profile_id"), name="profiles_receipt_profile_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason__in", ["gdpr_erasure", "popia_erasure", "source_deleted"])
                        ),
                        name="profiles_receipt_reason_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hash__regex", "^[0-9a-f]{64}$")), name="profiles_receipt_hash_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile_id", models.UUIDField()),
                ("identifier_id", models.BigIntegerField()),
                ("field", models.CharField(max_length=30)),
                ("source", models.CharField(max_length=20)),
                ("rank", models.SmallIntegerField()),
                ("value", models.JSONField(null=True)),
                ("occurred_at", models.DateTimeField()),
                ("event_id", models.CharField(max_length=200)),
                (
                    "sequence",
                    models.BigIntegerField(
                        db_default=0, help_text="The sender's count of events of one instant."
                    ),
                ),
                (
                    "arrival",
                    models.BigIntegerField(db_default=0, help_text="The event's number in the inbox."),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "indexes": [models.Index(fields=["tenant", "profile_id"], name="profiles_fact_profile_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "identifier_id", "field", "source", "rank"),
                        name="profiles_fact_record_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rank__range", (0, 2))), name="profiles_fact_rank_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Household",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.TextField(blank=True, db_default="")),
                ("formed_by_name", models.TextField(blank=True, db_default="")),
                ("formed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    models.UniqueConstraint(fields=("tenant", "id"), name="profiles_household_tenant_uq")
                ],
            },
        ),
        migrations.CreateModel(
            name="HouseholdMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("household_id", models.UUIDField()),
                ("profile_id", models.UUIDField()),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[("GUARDIAN", "Parent or guardian"), ("CHILD", "Child")],
                        db_default="",
                        default="",
                        max_length=10,
                    ),
                ),
                ("is_payer", models.BooleanField(db_default=False, default=False)),
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
                    models.Index(fields=["tenant", "household_id"], name="profiles_member_household_idx")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "profile_id"), name="profiles_member_profile_uq"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_payer", True)),
                        fields=("tenant", "household_id"),
                        name="profiles_member_payer_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["", "GUARDIAN", "CHILD"])),
                        name="profiles_member_role_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "CHILD"), _negated=True), ("is_payer", False), _connector="OR"
                        ),
                        name="profiles_member_child_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sclMemberId", "sclMemberId"),
                            ("teetimePlayerId", "teetimePlayerId"),
                            ("messagingContactId", "messagingContactId"),
                            ("authUserId", "authUserId"),
                            ("mcaV1ZaId", "mcaV1ZaId"),
                            ("mcaV1UkId", "mcaV1UkId"),
                            ("golfRsaId", "golfRsaId"),
                            ("cdhId", "cdhId"),
                            ("memberNumber", "memberNumber"),
                            ("email", "email"),
                            ("phoneNumber", "phoneNumber"),
                            ("crmRecordId", "crmRecordId"),
                        ],
                        max_length=20,
                    ),
                ),
                ("value", models.TextField()),
                ("confidence", models.SmallIntegerField()),
                ("source", models.CharField(max_length=20)),
                ("event_id", models.CharField(max_length=200)),
                (
                    "is_shared",
                    models.BooleanField(
                        default=False, help_text="Several people have it, so it identifies none of them."
                    ),
                ),
                (
                    "linked_at",
                    models.DateTimeField(help_text="When the owning service last confirmed it.", null=True),
                ),
                (
                    "unlinked_at",
                    models.DateTimeField(help_text="When the owning service last deleted it.", null=True),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "indexes": [models.Index(fields=["tenant", "profile_id"], name="profiles_key_profile_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_shared", False)),
                        fields=("tenant", "kind", "value"),
                        name="profiles_identifier_key_uq",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "kind", "value", "origin_profile_id"),
                        name="profiles_identifier_holder_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "sclMemberId",
                                    "teetimePlayerId",
                                    "messagingContactId",
                                    "authUserId",
                                    "mcaV1ZaId",
                                    "mcaV1UkId",
                                    "golfRsaId",
                                    "cdhId",
                                    "memberNumber",
                                    "email",
                                    "phoneNumber",
                                    "crmRecordId",
                                ],
                            )
                        ),
                        name="profiles_identifier_kind_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value", ""), _negated=True), name="profiles_identifier_value_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence__range", (0, 100))),
                        name="profiles_identifier_confidence_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("import_id", models.UUIDField()),
                ("line", models.IntegerField(help_text="Its line in the file.")),
                (
                    "cells",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("is_heading", models.BooleanField(default=False)),
                ("values", models.JSONField(help_text="Field → value in normal form.", null=True)),
                (
                    "remarks",
                    models.JSONField(
                        default=list, help_text="Field and words: what was left aside, what its owner keeps."
                    ),
                ),
                (
                    "is_partial",
                    models.BooleanField(default=False, help_text="Something of it could not be taken."),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("CREATE", "New customer"),
                            ("UPDATE", "Changes a customer"),
                            ("UNCHANGED", "No change"),
                            ("CONFLICT", "Contradicts what is known"),
                            ("ERROR", "Cannot be taken"),
                            ("SKIPPED", "No customer: a heading or a sum"),
                        ],
                        max_length=9,
                        null=True,
                    ),
                ),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "changes",
                    models.JSONField(default=list, help_text="Field, before, after; as the check found it."),
                ),
                ("profile_id", models.UUIDField(null=True)),
                (
                    "stage_before",
                    models.SmallIntegerField(
                        help_text="The stage rank of a known customer at the check.", null=True
                    ),
                ),
                ("is_created", models.BooleanField(default=False)),
                (
                    "added_tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("applied_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
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
                        fields=["tenant", "import_id", "outcome", "line"],
                        name="profiles_importrow_outcome_idx",
                    ),
                    models.Index(fields=["tenant", "profile_id"], name="profiles_importrow_person_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "import_id", "line"), name="profiles_importrow_line_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__isnull", True),
                            (
                                "outcome__in",
                                ["CREATE", "UPDATE", "UNCHANGED", "CONFLICT", "ERROR", "SKIPPED"],
                            ),
                            _connector="OR",
                        ),
                        name="profiles_importrow_outcome_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("undone_at__isnull", True), ("applied_at__isnull", False), _connector="OR"
                        ),
                        name="profiles_importrow_undone_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListLayout",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
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
                    models.UniqueConstraint(fields=("tenant", "user"), name="profiles_listlayout_user_uq")
                ],
            },
        ),
        migrations.CreateModel(
            name="MemberImport",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("SPREADSHEET", "Spreadsheet"),
                            ("mca-za", "Old system, South Africa"),
                            ("mca-uk", "Old system, United Kingdom"),
                        ],
                        default="SPREADSHEET",
                        max_length=12,
                    ),
                ),
                ("file_name", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("MAPPING", "Columns to be confirmed"),
                            ("CHECKING", "Being checked"),
                            ("CHECKED", "Ready to start"),
                            ("RUNNING", "Being brought in"),
                            ("DONE", "Done"),
                            ("UNDOING", "Being taken back"),
                            ("UNDONE", "Taken back"),
                            ("FAILED", "Failed"),
                        ],
                        default="MAPPING",
                        max_length=10,
                    ),
                ),
                ("header", models.JSONField(help_text="Names of the columns, in their order.")),
                ("notes", models.JSONField(default=list, help_text="What was found out about the file.")),
                (
                    "targets",
                    models.JSONField(help_text="For each column the field it goes to; empty: left out."),
                ),
                ("takes_conflicts", models.BooleanField(default=False)),
                ("total", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                (
                    "counts",
                    models.JSONField(
                        default=dict, help_text="Outcome → rows, of the check and then of the run."
                    ),
                ),
                ("error", models.TextField(blank=True, default="")),
                (
                    "leased_until",
                    models.DateTimeField(help_text="A worker is at it until then, or died.", null=True),
                ),
                (
                    "attempts",
                    models.SmallIntegerField(
                        db_default=0, help_text="Workers that began since the last progress."
                    ),
                ),
                ("made_by_name", models.TextField(blank=True, db_default="")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "made_by",
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
                "indexes": [models.Index(fields=["tenant", "-made_at"], name="profiles_import_newest_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="profiles_import_tenant_uq"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "MAPPING",
                                    "CHECKING",
                                    "CHECKED",
                                    "RUNNING",
                                    "DONE",
                                    "UNDOING",
                                    "UNDONE",
                                    "FAILED",
                                ],
                            )
                        ),
                        name="profiles_import_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("form__in", ["SPREADSHEET", "mca-za", "mca-uk"])),
                        name="profiles_import_form_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("done__gte", 0), ("total__gte", 0)),
                        name="profiles_import_progress_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                ("body", models.TextField()),
                ("is_pinned", models.BooleanField(default=False)),
                ("author_name", models.TextField(default="")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "author",
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
                        fields=["tenant", "profile_id", "-is_pinned", "-created_at"],
                        name="profiles_note_profile_idx",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        models.Func(
                            models.F("tenant"),
                            models.F("body"),
                            function="profiles_note_words",
                            output_field=django.contrib.postgres.search.SearchVectorField(),
                        ),
                        gin_pending_list_limit=256,
                        name="profiles_note_words_idx",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("body", ""), _negated=True), name="profiles_note_body_ck"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PrivacyRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(choices=[("ERASURE", "Erasure"), ("ACCESS", "Access")], max_length=10),
                ),
                ("reason", models.TextField(blank=True, default="")),
                ("source", models.CharField(max_length=20)),
                ("source_event_id", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("DONE", "Done"), ("REJECTED", "Rejected")],
                        default="OPEN",
                        max_length=10,
                    ),
                ),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("closed_at", models.DateTimeField(null=True)),
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
                        condition=models.Q(("status", "OPEN")),
                        fields=("tenant", "profile_id", "kind"),
                        name="profiles_privacy_open_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["OPEN", "DONE", "REJECTED"])),
                        name="profiles_privacy_status_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileMerge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("winner_id", models.UUIDField()),
                ("loser_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("AUTOMATIC", "By the rules of identity"), ("PERSON", "By a person")],
                        db_default="AUTOMATIC",
                        max_length=10,
                    ),
                ),
                ("evidence", models.JSONField(default=dict)),
                ("reason", models.TextField(blank=True, db_default="")),
                ("merged_by_name", models.TextField(blank=True, db_default="")),
                ("merged_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("unmerged_by_name", models.TextField(blank=True, db_default="")),
                ("unmerged_at", models.DateTimeField(null=True)),
                (
                    "merged_by",
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
                (
                    "unmerged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "winner_id"], name="profiles_merge_winner_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("unmerged_at__isnull", True)),
                        fields=("tenant", "loser_id", "kind"),
                        name="profiles_merge_loser_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["AUTOMATIC", "PERSON"])),
                        name="profiles_merge_kind_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("winner_id", models.F("loser_id")), _negated=True),
                        name="profiles_merge_two_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileScore",
            fields=[
                ("profile_id", models.UUIDField(primary_key=True, serialize=False)),
                ("engagement", models.SmallIntegerField()),
                ("churn_risk", models.SmallIntegerField()),
                (
                    "components",
                    models.JSONField(help_text="0 to 100 for engagement, severities 0 to 1 for churn."),
                ),
                (
                    "inputs",
                    models.JSONField(
                        help_text="Figures that stay true while nothing happens: moments, not days ago."
                    ),
                ),
                ("lifecycle_stage", models.CharField(max_length=10)),
                ("value_at_risk_cents", models.BigIntegerField(help_text="Lifetime value times churn risk.")),
                ("rules_version", models.IntegerField()),
                ("scored_at", models.DateTimeField()),
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
                        condition=models.Q(("churn_risk__gte", 40)),
                        fields=["tenant", "-value_at_risk_cents", "profile_id"],
                        name="profiles_score_risk_idx",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("engagement__range", (0, 100))),
                        name="profiles_score_engagement_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("churn_risk__range", (0, 100))), name="profiles_score_churn_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewCandidate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_profile_id", models.UUIDField()),
                ("second_profile_id", models.UUIDField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("SHARED_KEY", "Same e-mail or phone, but the rest disagrees or is missing"),
                            ("CAP_EXCEEDED", "Would have two ids of one service"),
                            ("DUPLICATE", "Found by the search for duplicates"),
                        ],
                        max_length=20,
                    ),
                ),
                ("evidence", models.JSONField(default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OPEN", "To be reviewed"),
                            ("MERGED", "Merged"),
                            ("KEPT_APART", "Kept apart"),
                            ("HOUSEHOLD", "Same household, kept apart"),
                            ("SKIPPED", "Skipped"),
                        ],
                        default="OPEN",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_name", models.TextField(blank=True, db_default="")),
                (
                    "merge_id",
                    models.BigIntegerField(help_text="The merge by which it was decided.", null=True),
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
                    models.Index(fields=["tenant", "second_profile_id"], name="profiles_candidate_second_idx")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "first_profile_id", "second_profile_id"),
                        name="profiles_candidate_pair_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["OPEN", "MERGED", "KEPT_APART", "HOUSEHOLD", "SKIPPED"])
                        ),
                        name="profiles_candidate_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__in", ["SHARED_KEY", "CAP_EXCEEDED", "DUPLICATE"])),
                        name="profiles_candidate_reason_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_profile_id__lt", models.F("second_profile_id"))),
                        name="profiles_candidate_order_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoreDue",
            fields=[
                ("profile_id", models.UUIDField(primary_key=True, serialize=False)),
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
                    models.Index(fields=["tenant", "profile_id"], name="profiles_scoredue_tenant_idx")
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoreHistory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile_id", models.UUIDField()),
                ("day", models.DateField()),
                ("engagement", models.SmallIntegerField()),
                ("churn_risk", models.SmallIntegerField()),
                ("components", models.JSONField()),
                ("inputs", models.JSONField()),
                ("rules_version", models.IntegerField()),
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
                        fields=("tenant", "profile_id", "day"), name="profiles_scohistory_day_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("churn_risk__range", (0, 100)), ("engagement__range", (0, 100))),
                        name="profiles_scohistory_range_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoreRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(help_text="On the club's clock.")),
                ("rules_version", models.IntegerField()),
                (
                    "tier_order",
                    models.JSONField(help_text="Of the club, since it decides what a downgrade is."),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("RUNNING", "Running"), ("DONE", "Done"), ("FAILED", "Failed")],
                        default="RUNNING",
                        max_length=10,
                    ),
                ),
                ("total", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                (
                    "changed",
                    models.IntegerField(
                        default=0, help_text="Customers whose scores or figures were not right any more."
                    ),
                ),
                (
                    "is_history_backfilled",
                    models.BooleanField(
                        db_default=False, help_text="Who had no past then has got one from their timeline."
                    ),
                ),
                (
                    "done_until",
                    models.UUIDField(help_text="Everybody up to this id has been scored.", null=True),
                ),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "leased_until",
                    models.DateTimeField(help_text="A worker is at it until then, or died.", null=True),
                ),
                (
                    "attempts",
                    models.SmallIntegerField(
                        db_default=0, help_text="Workers that began since the last progress."
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True)),
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
                "indexes": [models.Index(fields=["tenant", "-id"], name="profiles_scorun_newest_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["RUNNING", "DONE", "FAILED"])),
                        name="profiles_scorun_status_ck",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "RUNNING")),
                        fields=("tenant",),
                        name="profiles_scorun_running_uq",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoringRules",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.IntegerField()),
                ("rules", models.JSONField()),
                ("made_by_name", models.TextField(blank=True, db_default="")),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "version"), name="profiles_scorules_version_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)), name="profiles_scorules_version_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                ("profile_id", models.UUIDField(primary_key=True, serialize=False)),
                ("document", django.contrib.postgres.search.SearchVectorField()),
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
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["document"], gin_pending_list_limit=256, name="profiles_search_document_idx"
                    ),
                    models.Index(fields=["tenant", "-profile_id"], name="profiles_search_newest_idx"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StageChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile_id", models.UUIDField()),
                ("stage_before", models.CharField(max_length=10, null=True)),
                (
                    "stage_after",
                    models.CharField(
                        choices=[
                            ("SUBSCRIBER", "Subscriber"),
                            ("LEAD", "Lead"),
                            ("PROSPECT", "Prospect"),
                            ("CUSTOMER", "Customer"),
                            ("MEMBER", "Member"),
                            ("ADVOCATE", "Advocate"),
                            ("CHURNED", "Churned"),
                        ],
                        max_length=10,
                    ),
                ),
                ("changed_at", models.DateTimeField()),
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
                        fields=["tenant", "profile_id", "-changed_at"], name="profiles_stagechange_way_idx"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "stage_after__in",
                                [
                                    "SUBSCRIBER",
                                    "LEAD",
                                    "PROSPECT",
                                    "CUSTOMER",
                                    "MEMBER",
                                    "ADVOCATE",
                                    "CHURNED",
                                ],
                            )
                        ),
                        name="profiles_stagechange_stage_ck",
                    )
                ],
            },
        ),
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
        migrations.CreateModel(
            name="SuppressedKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_hash", models.CharField(max_length=64)),
                ("suppressed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    models.UniqueConstraint(fields=("tenant", "key_hash"), name="profiles_suppressed_key_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("key_hash__regex", "^[0-9a-f]{64}$")),
                        name="profiles_suppressed_hash_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TagColour",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tag", models.TextField()),
                ("hue", models.SmallIntegerField()),
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
                    models.UniqueConstraint(fields=("tenant", "tag"), name="profiles_tagcolour_tag_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("hue__range", (0, 11))), name="profiles_tagcolour_hue_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TextBlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.CharField(max_length=60)),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                (
                    "tokens",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
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
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["tokens"], gin_pending_list_limit=256, name="profiles_textblock_tokens_idx"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "model", "last_id"), name="profiles_textblock_last_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_id__lte", models.F("last_id"))),
                        name="profiles_textblock_order_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TextMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.CharField(max_length=60)),
                ("indexed_to", models.BigIntegerField(db_default=0)),
                ("seen_to", models.BigIntegerField(db_default=0)),
                (
                    "seen_xid",
                    events.models.log.TransactionIdField(
                        db_default=models.Value("0", output_field=events.models.log.TransactionIdField())
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
                    models.UniqueConstraint(fields=("tenant", "model"), name="profiles_textmark_model_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("indexed_to__lte", models.F("seen_to"))),
                        name="profiles_textmark_order_ck",
                    ),
                ],
            },
        ),
    ]
