import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AppPause",
            fields=[
                ("family", models.CharField(max_length=10, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
                ("reason", models.CharField(max_length=40)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("family__in", ["META", "X"])), name="social_pause_family_ck"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "network",
                    models.CharField(
                        choices=[("FACEBOOK", "Facebook"), ("INSTAGRAM", "Instagram"), ("TWITTER", "X")],
                        max_length=10,
                    ),
                ),
                (
                    "login",
                    models.CharField(
                        blank=True,
                        choices=[("", "By its network"), ("INSTAGRAM", "By Instagram itself")],
                        default="",
                        max_length=9,
                    ),
                ),
                ("account_id", models.CharField(max_length=64)),
                ("account_name", models.CharField(max_length=200)),
                ("username", models.CharField(blank=True, max_length=100)),
                ("parent_account_id", models.CharField(blank=True, max_length=64)),
                (
                    "person_id",
                    models.CharField(
                        blank=True, help_text="Who gave consent, by the network's id.", max_length=64
                    ),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ACTIVE", "Connected"),
                            ("NEEDS_RECONNECT", "Connect again"),
                            ("DISCONNECTED", "Disconnected"),
                        ],
                        default="ACTIVE",
                        max_length=16,
                    ),
                ),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        help_text="Why it needs somebody; see social.networks.errors.",
                        max_length=40,
                    ),
                ),
                ("access_sealed", models.TextField(blank=True)),
                ("refresh_sealed", models.TextField(blank=True)),
                ("access_expires_at", models.DateTimeField(null=True)),
                ("data_access_expires_at", models.DateTimeField(null=True)),
                ("renewing_until", models.DateTimeField(null=True)),
                ("renewals", models.PositiveIntegerField(default=0)),
                ("closed_until", models.DateTimeField(null=True)),
                ("closed_reason", models.CharField(blank=True, max_length=40)),
                ("quota_total", models.PositiveIntegerField(null=True)),
                ("quota_used", models.PositiveIntegerField(null=True)),
                ("quota_read_at", models.DateTimeField(null=True)),
                (
                    "warned_at",
                    models.DateTimeField(
                        help_text="When the club's admins were written to about its end.", null=True
                    ),
                ),
                ("connected_by_name", models.CharField(blank=True, max_length=250)),
                ("connected_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                        fields=("tenant", "network", "account_id"), name="social_connection_account_uq"
                    ),
                    models.UniqueConstraint(fields=("tenant", "id"), name="social_connection_tenant_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("network__in", ["FACEBOOK", "INSTAGRAM", "TWITTER"])),
                        name="social_connection_network_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["ACTIVE", "NEEDS_RECONNECT", "DISCONNECTED"])),
                        name="social_connection_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("login", ""),
                            models.Q(
                                ("login", "INSTAGRAM"), ("network", "INSTAGRAM"), ("parent_account_id", "")
                            ),
                            _connector="OR",
                        ),
                        name="social_connection_login_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "ACTIVE"), _negated=True),
                            models.Q(("access_sealed", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="social_connection_token_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "DISCONNECTED"), _negated=True),
                            models.Q(("access_sealed", ""), ("refresh_sealed", "")),
                            _connector="OR",
                        ),
                        name="social_connection_forgotten_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("competition_key", models.CharField(max_length=200)),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                ("entered_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
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
                "indexes": [models.Index(fields=["tenant", "profile_id"], name="social_entrant_profile_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "competition_key", "profile_id", "origin_profile_id"),
                        name="social_entrant_person_uq",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Media",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(choices=[("IMAGE", "Picture"), ("VIDEO", "Video")], max_length=5)),
                ("name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=40)),
                ("storage_key", models.CharField(max_length=120)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("duration_ms", models.PositiveIntegerField(null=True)),
                ("details", models.JSONField(default=dict, help_text="What the probe of a video found.")),
                ("alt_text", models.CharField(blank=True, max_length=1000)),
                ("created_by_name", models.CharField(blank=True, max_length=250)),
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
                "indexes": [models.Index(fields=["tenant", "-created_at"], name="social_media_newest_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="social_media_tenant_uq"),
                    models.UniqueConstraint(fields=("tenant", "sha256"), name="social_media_content_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["IMAGE", "VIDEO"])), name="social_media_kind_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("height__gt", 0), ("size__gt", 0), ("width__gt", 0)),
                        name="social_media_extent_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("duration_ms", None), ("kind", "IMAGE")),
                            models.Q(("duration_ms__gt", 0), ("kind", "VIDEO")),
                            _connector="OR",
                        ),
                        name="social_media_duration_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OAuthState",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("state_hash", models.CharField(max_length=64)),
                ("session_hash", models.CharField(max_length=64)),
                (
                    "family",
                    models.CharField(
                        help_text="META (one consent serves Facebook and Instagram), INSTAGRAM or X.",
                        max_length=10,
                    ),
                ),
                ("verifier_sealed", models.TextField(blank=True)),
                ("redirect_uri", models.TextField()),
                ("started_by_name", models.CharField(blank=True, max_length=250)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
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
                    models.UniqueConstraint(fields=("state_hash",), name="social_oauth_state_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("family__in", ["META", "INSTAGRAM", "X"])),
                        name="social_oauth_family_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state_hash__regex", "^[0-9a-f]{64}$")),
                        name="social_oauth_hash_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Post",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("text", models.TextField(blank=True)),
                ("link", models.TextField(blank=True)),
                ("utm_campaign", models.CharField(blank=True, max_length=100)),
                ("first_comment", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("IN_REVIEW", "Waits for approval"),
                            ("SCHEDULED", "Scheduled"),
                            ("PUBLISHING", "Going out"),
                            ("PUBLISHED", "Published"),
                            ("FAILED", "Failed"),
                            ("UNKNOWN", "Being checked"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="DRAFT",
                        max_length=12,
                    ),
                ),
                ("scheduled_at", models.DateTimeField(null=True)),
                ("late_after_minutes", models.PositiveIntegerField(default=60)),
                ("is_evergreen", models.BooleanField(default=False)),
                ("repeats", models.CharField(blank=True, max_length=60)),
                ("repeats_until", models.DateTimeField(null=True)),
                ("series_id", models.UUIDField(null=True)),
                ("promotion_id", models.UUIDField(null=True)),
                ("campaign_id", models.UUIDField(null=True)),
                ("is_duplicate_allowed", models.BooleanField(default=False)),
                ("review_note", models.TextField(blank=True)),
                ("approved_by_name", models.CharField(blank=True, max_length=250)),
                ("created_by_id", models.CharField(blank=True, max_length=250)),
                ("created_by_name", models.CharField(blank=True, max_length=250)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    models.Index(fields=["tenant", "scheduled_at"], name="social_post_calendar_idx"),
                    models.Index(fields=["tenant", "-created_at"], name="social_post_newest_idx"),
                    models.Index(
                        condition=models.Q(("promotion_id__isnull", False)),
                        fields=["tenant", "promotion_id"],
                        name="social_post_promotion_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="social_post_tenant_uq"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "DRAFT",
                                    "IN_REVIEW",
                                    "SCHEDULED",
                                    "PUBLISHING",
                                    "PUBLISHED",
                                    "FAILED",
                                    "UNKNOWN",
                                    "CANCELLED",
                                ],
                            )
                        ),
                        name="social_post_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["DRAFT", "IN_REVIEW", "CANCELLED"]),
                            ("scheduled_at__isnull", False),
                            _connector="OR",
                        ),
                        name="social_post_time_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("repeats", ""), ("repeats_until__isnull", False), _connector="OR"
                        ),
                        name="social_post_series_ends_ck",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("series_id__isnull", False)),
                        fields=("tenant", "series_id", "scheduled_at"),
                        name="social_post_series_uq",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PostMedia",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "media",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="social.media",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="media",
                        to="social.post",
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
                "indexes": [models.Index(fields=["tenant", "media"], name="social_postmedia_media_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "post", "position"), name="social_postmedia_position_uq"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PostVariant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "network",
                    models.CharField(
                        choices=[("FACEBOOK", "Facebook"), ("INSTAGRAM", "Instagram"), ("TWITTER", "X")],
                        max_length=10,
                    ),
                ),
                ("text", models.TextField()),
                (
                    "post",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variants",
                        to="social.post",
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
                        fields=("tenant", "post", "network"), name="social_variant_network_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("network__in", ["FACEBOOK", "INSTAGRAM", "TWITTER"])),
                        name="social_variant_network_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Promotion",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "source_type",
                    models.CharField(
                        choices=[
                            ("COMPETITION", "Competition"),
                            ("CLUB_EVENT", "Club event"),
                            ("SPECIAL", "Special"),
                        ],
                        max_length=11,
                    ),
                ),
                ("source_id", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Waits for approval"),
                            ("ACTIVE", "Running"),
                            ("PAUSED", "Paused"),
                            ("COMPLETED", "Over"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="DRAFT",
                        max_length=9,
                    ),
                ),
                (
                    "facts",
                    models.JSONField(
                        default=dict, help_text="The event as the plan knows it, by the payload's names."
                    ),
                ),
                ("channels", models.JSONField(default=list)),
                ("reminder_days", models.JSONField(default=list)),
                ("template", models.JSONField(default=dict, help_text="The words of each kind of touch.")),
                ("segment_id", models.UUIDField(null=True)),
                ("connection_ids", models.JSONField(default=list)),
                (
                    "audience",
                    models.JSONField(
                        default=dict,
                        help_text="Whom it writes to beside the event's own rules: membershipTiers, membershipStatuses.",
                    ),
                ),
                (
                    "picture_id",
                    models.UUIDField(help_text="A picture of the library that its posts show.", null=True),
                ),
                (
                    "picture_is_chosen",
                    models.BooleanField(
                        default=False,
                        help_text="Staff chose the picture, or none: the event's own is not fetched.",
                    ),
                ),
                (
                    "picture_due_at",
                    models.DateTimeField(help_text="When the event's own picture is fetched.", null=True),
                ),
                ("picture_tries", models.PositiveSmallIntegerField(default=0)),
                (
                    "picture_problem",
                    models.CharField(
                        blank=True, help_text="Why the event's own picture is missing.", max_length=300
                    ),
                ),
                ("announce_at", models.DateTimeField(null=True)),
                ("starts_at", models.DateTimeField(null=True)),
                ("closes_at", models.DateTimeField(null=True)),
                ("max_entries", models.PositiveIntegerField(null=True)),
                ("entered", models.PositiveIntegerField(default=0)),
                (
                    "band",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="How many handicap bands have been invited."
                    ),
                ),
                ("is_full", models.BooleanField(default=False)),
                ("runs_by_itself", models.BooleanField(default=False)),
                ("pending", models.JSONField(default=dict)),
                ("pending_since", models.DateTimeField(null=True)),
                ("history", models.JSONField(default=list)),
                ("approved_by_name", models.CharField(blank=True, max_length=250)),
                ("created_by_name", models.CharField(blank=True, max_length=250)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                        condition=models.Q(("pending_since__isnull", False)),
                        fields=["pending_since"],
                        name="social_promotion_pending_idx",
                    ),
                    models.Index(
                        condition=models.Q(("picture_due_at__isnull", False)),
                        fields=["picture_due_at"],
                        name="social_promotion_picture_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="social_promotion_tenant_uq"),
                    models.UniqueConstraint(
                        fields=("tenant", "source_type", "source_id"), name="social_promotion_source_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source_type__in", ["COMPETITION", "CLUB_EVENT", "SPECIAL"])),
                        name="social_promotion_source_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["DRAFT", "ACTIVE", "PAUSED", "COMPLETED", "CANCELLED"])
                        ),
                        name="social_promotion_status_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QueueSlot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField(help_text="0 is Monday.")),
                ("minute_of_day", models.PositiveSmallIntegerField()),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slots",
                        to="social.connection",
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
                        fields=("tenant", "connection", "weekday", "minute_of_day"),
                        name="social_slot_time_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minute_of_day__lt", 1440), ("weekday__lte", 6)),
                        name="social_slot_time_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Target",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("WAITING", "Waiting"),
                            ("HELD", "Late: asks you"),
                            ("PUBLISHING", "Going out"),
                            ("PUBLISHED", "Published"),
                            ("FAILED", "Failed"),
                            ("UNKNOWN", "Being checked"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="DRAFT",
                        max_length=10,
                    ),
                ),
                ("planned_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("lease", models.UUIDField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("lost_workers", models.PositiveSmallIntegerField(default=0)),
                ("looks", models.PositiveSmallIntegerField(default=0)),
                ("asks_human", models.BooleanField(default=False)),
                ("seen", models.JSONField(default=list)),
                ("network_post_id", models.CharField(max_length=100, null=True)),
                ("permalink", models.TextField(blank=True)),
                ("published_at", models.DateTimeField(null=True)),
                ("deleted_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=40)),
                ("problem_code", models.CharField(blank=True, max_length=40)),
                ("problem_text", models.TextField(blank=True)),
                ("comment_id", models.CharField(blank=True, max_length=100)),
                (
                    "said",
                    models.TextField(blank=True, help_text="The words as they went out, tokens filled in."),
                ),
                (
                    "shown",
                    models.TextField(
                        blank=True, help_text="What the network shows, where somebody changed it there."
                    ),
                ),
                ("comment_due_at", models.DateTimeField(null=True)),
                ("comment_tries", models.PositiveSmallIntegerField(default=0)),
                ("metrics_due_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="targets",
                        to="social.connection",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="targets",
                        to="social.post",
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
                        condition=models.Q(("status__in", ["WAITING", "PUBLISHING", "UNKNOWN"])),
                        fields=["due_at", "tenant"],
                        name="social_target_due_idx",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["WAITING", "PUBLISHING", "UNKNOWN"])),
                        fields=["tenant", "connection", "due_at", "id"],
                        name="social_target_lane_idx",
                    ),
                    models.Index(
                        condition=models.Q(("leased_until__isnull", False)),
                        fields=["leased_until"],
                        name="social_target_lease_idx",
                    ),
                    models.Index(
                        condition=models.Q(("metrics_due_at__isnull", False)),
                        fields=["metrics_due_at"],
                        name="social_target_metrics_idx",
                    ),
                    models.Index(
                        condition=models.Q(("comment_due_at__isnull", False)),
                        fields=["comment_due_at"],
                        name="social_target_comment_idx",
                    ),
                    models.Index(
                        fields=["tenant", "connection", "-published_at"], name="social_target_account_idx"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "id"), name="social_target_tenant_uq"),
                    models.UniqueConstraint(
                        fields=("tenant", "post", "connection"), name="social_target_connection_uq"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("network_post_id__isnull", False)),
                        fields=("tenant", "connection", "network_post_id"),
                        name="social_target_bound_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "DRAFT",
                                    "WAITING",
                                    "HELD",
                                    "PUBLISHING",
                                    "PUBLISHED",
                                    "FAILED",
                                    "UNKNOWN",
                                    "CANCELLED",
                                ],
                            )
                        ),
                        name="social_target_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "PUBLISHED"), _negated=True),
                            models.Q(("network_post_id__isnull", False), ("published_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="social_target_published_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "FAILED"), _negated=True),
                            models.Q(("problem", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="social_target_reason_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "PUBLISHING"), ("status", "UNKNOWN"), ("lease", None), _connector="OR"
                        ),
                        name="social_target_lease_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("UPLOAD", "Bring the file"),
                            ("CONTAINER", "Prepare"),
                            ("DRAFT", "Make a draft"),
                            ("COMMIT", "Publish"),
                            ("COMMENT", "First comment"),
                            ("CLEAR", "Take the draft back"),
                        ],
                        max_length=9,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("request_hash", models.CharField(max_length=64)),
                ("handle", models.CharField(max_length=200)),
                ("data", models.JSONField(default=dict)),
                ("done_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                (
                    "target",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="social.target",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "target", "kind", "position"), name="social_step_position_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["UPLOAD", "CONTAINER", "DRAFT", "COMMIT", "COMMENT", "CLEAR"])
                        ),
                        name="social_step_kind_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("handle", ""), _negated=True), name="social_step_handle_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MetricSample",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("version", models.CharField(help_text="Of the network's API.", max_length=10)),
                ("views", models.PositiveIntegerField(null=True)),
                ("reach", models.PositiveIntegerField(null=True)),
                ("likes", models.PositiveIntegerField(null=True)),
                ("comments", models.PositiveIntegerField(null=True)),
                ("shares", models.PositiveIntegerField(null=True)),
                ("clicks", models.PositiveIntegerField(null=True)),
                ("saves", models.PositiveIntegerField(null=True)),
                ("raw", models.JSONField(default=dict, help_text="By the network's own names.")),
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
                (
                    "target",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="samples",
                        to="social.target",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "target", "at"), name="social_sample_moment_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version", ""), _negated=True), name="social_sample_version_ck"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("UPLOAD", "Bring the file"),
                            ("CONTAINER", "Prepare"),
                            ("DRAFT", "Make a draft"),
                            ("COMMIT", "Publish"),
                            ("COMMENT", "First comment"),
                            ("CLEAR", "Take the draft back"),
                        ],
                        max_length=9,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("lease", models.UUIDField()),
                ("marker", models.TextField(blank=True)),
                ("said", models.TextField(blank=True)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("STARTED", "Under way"),
                            ("SUCCEEDED", "Done"),
                            ("REFUSED", "Refused"),
                            ("NOT_SENT", "Not sent"),
                            ("UNKNOWN", "No clear answer"),
                        ],
                        default="STARTED",
                        max_length=9,
                    ),
                ),
                ("status_code", models.PositiveSmallIntegerField(null=True)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("trace", models.CharField(blank=True, max_length=100)),
                ("message", models.TextField(blank=True)),
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
                (
                    "target",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="social.target",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "target", "started_at"], name="social_attempt_target_idx")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["STARTED", "SUCCEEDED", "REFUSED", "NOT_SENT", "UNKNOWN"])
                        ),
                        name="social_attempt_outcome_ck",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "COMMIT"), ("outcome__in", ["STARTED", "UNKNOWN"])),
                        fields=("tenant", "target"),
                        name="social_attempt_open_commit_uq",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Touch",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("key", models.CharField(max_length=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ANNOUNCE", "Announcement"),
                            ("REMINDER", "Reminder"),
                            ("LAST_PLACES", "Last places"),
                            ("FULL", "Full: waiting list"),
                            ("RESULTS", "Results"),
                            ("CORRECTION", "Correction"),
                            ("CANCELLATION", "Cancellation"),
                        ],
                        max_length=12,
                    ),
                ),
                ("channel", models.CharField(help_text="POST, EMAIL, SMS, PUSH or WHATSAPP.", max_length=8)),
                (
                    "anchor",
                    models.CharField(
                        help_text="publish, closes, starts, fixed (a time of staff), or when: something happens.",
                        max_length=10,
                    ),
                ),
                ("offset_days", models.SmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PLANNED", "Planned"),
                            ("DONE", "Done"),
                            ("DROPPED", "Dropped"),
                            ("CANCELLED", "Taken back"),
                        ],
                        default="PLANNED",
                        max_length=9,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField(blank=True)),
                ("post_id", models.UUIDField(null=True)),
                ("campaign_id", models.UUIDField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "promotion",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="touches",
                        to="social.promotion",
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
                        condition=models.Q(("status", "PLANNED")),
                        fields=["due_at"],
                        name="social_touch_due_idx",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "promotion", "key"), name="social_touch_key_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "ANNOUNCE",
                                    "REMINDER",
                                    "LAST_PLACES",
                                    "FULL",
                                    "RESULTS",
                                    "CORRECTION",
                                    "CANCELLATION",
                                ],
                            )
                        ),
                        name="social_touch_kind_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["PLANNED", "DONE", "DROPPED", "CANCELLED"])),
                        name="social_touch_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["POST", "EMAIL", "SMS", "PUSH", "WHATSAPP"])),
                        name="social_touch_channel_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClubApp",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("family", models.CharField(max_length=10)),
                ("client_id", models.CharField(max_length=200)),
                ("secret_sealed", models.TextField()),
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
                    models.UniqueConstraint(fields=("tenant", "family"), name="social_clubapp_family_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("family__in", ["META", "INSTAGRAM", "X"])),
                        name="social_clubapp_family_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("client_id", ""), _negated=True),
                            models.Q(("secret_sealed", ""), _negated=True),
                        ),
                        name="social_clubapp_whole_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Competition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("facts", models.JSONField(default=dict)),
                ("log_id", models.BigIntegerField(default=0)),
                ("is_cancelled", models.BooleanField(default=False)),
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
                    models.UniqueConstraint(fields=("tenant", "key"), name="social_competition_key_uq")
                ],
            },
        ),
    ]
