import uuid

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import tenants.models.tenant


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined"),
                ),
                (
                    "auth_user_id",
                    models.CharField(
                        blank=True,
                        help_text="How the login service calls this person (claim `sub` of its tokens).",
                        max_length=200,
                        null=True,
                        verbose_name="id at the login service",
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "log-in",
                "verbose_name_plural": "log-ins",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("auth_user_id",), name="tenants_user_auth_user_uq")
                ],
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Tenant",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "slug",
                    models.CharField(
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*$",
                                "Use lower-case letters, digits and single hyphens, as in fairview-east.",
                            )
                        ],
                        verbose_name="short name",
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "time_zone",
                    models.CharField(
                        default="UTC", max_length=64, validators=[tenants.models.tenant.check_time_zone]
                    ),
                ),
                (
                    "default_country",
                    models.CharField(
                        default="ZA",
                        help_text="Two letters; phone numbers without a prefix are read as this country's.",
                        max_length=2,
                        verbose_name="country",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        default="ZAR", help_text="Three letters, as in ZAR or GBP.", max_length=3
                    ),
                ),
                (
                    "locale",
                    models.CharField(
                        default="en_ZA",
                        help_text="How numbers and money are written, as in en_GB.",
                        max_length=16,
                        verbose_name="way of writing",
                    ),
                ),
                (
                    "tier_order",
                    models.JSONField(
                        blank=True, default=list, help_text="Membership tiers, the highest first."
                    ),
                ),
                ("settings", models.JSONField(blank=True, default=dict)),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "is_sandbox",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        editable=False,
                        help_text="For trying out: nothing it sends reaches anybody. Said when it is made, and never changed.",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "club",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("slug",), name="tenants_tenant_slug_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("slug__regex", "^[a-z0-9]+(-[a-z0-9]+)*$")),
                        name="tenants_tenant_slug_shape_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("default_country__regex", "^[A-Z]{2}$")),
                        name="tenants_tenant_country_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                        name="tenants_tenant_currency_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("ADMIN", "Admin"),
                            ("MARKETING_MANAGER", "Marketing manager"),
                            ("STAFF", "Staff"),
                            ("VIEWER", "Viewer"),
                        ],
                        default="STAFF",
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "colleague",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "tenant"), name="tenants_membership_user_tenant_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["ADMIN", "MARKETING_MANAGER", "STAFF", "VIEWER"])),
                        name="tenants_membership_role_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LoggedAction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("hour", models.DateTimeField(null=True)),
                (
                    "actor_kind",
                    models.CharField(
                        choices=[("USER", "Person"), ("API_KEY", "Service"), ("SYSTEM", "Platform")],
                        max_length=10,
                    ),
                ),
                ("actor_id", models.CharField(max_length=250)),
                ("actor_name", models.CharField(max_length=250)),
                (
                    "action",
                    models.CharField(help_text="What was done, as in customer.merged.", max_length=40),
                ),
                (
                    "subject_kind",
                    models.CharField(help_text="To what kind of thing, as in customer.", max_length=20),
                ),
                ("subject_id", models.CharField(blank=True, max_length=64)),
                ("details", models.JSONField(default=dict)),
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
                "verbose_name": "entry",
                "verbose_name_plural": "entries",
                "indexes": [
                    models.Index(fields=["tenant", "-id"], name="tenants_action_newest_idx"),
                    models.Index(fields=["tenant", "subject_id", "-id"], name="tenants_action_subject_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__regex", "^[a-z]+(_[a-z]+)*\\.[a-z]+(_[a-z]+)*$")),
                        name="tenants_action_name_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor_kind__in", ["USER", "API_KEY", "SYSTEM"])),
                        name="tenants_action_actor_ck",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("hour__isnull", False)),
                        fields=("tenant", "actor_id", "action", "subject_id", "hour"),
                        name="tenants_action_hour_uq",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("ADMIN", "Admin"),
                            ("MARKETING_MANAGER", "Marketing manager"),
                            ("STAFF", "Staff"),
                            ("VIEWER", "Viewer"),
                        ],
                        default="STAFF",
                        max_length=20,
                    ),
                ),
                ("issue", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invited_by",
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
                    models.UniqueConstraint(
                        models.F("tenant"),
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(("accepted_at__isnull", True), ("withdrawn_at__isnull", True)),
                        name="tenants_invitation_open_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["ADMIN", "MARKETING_MANAGER", "STAFF", "VIEWER"])),
                        name="tenants_invitation_role_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"
                        ),
                        name="tenants_invitation_end_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("made_at"))),
                        name="tenants_invitation_time_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("caller", models.CharField(max_length=250)),
                ("key", models.CharField(max_length=255)),
                (
                    "request_hash",
                    models.CharField(help_text="SHA-256 over method, path, query and body.", max_length=64),
                ),
                ("method", models.CharField(max_length=7)),
                ("path", models.TextField()),
                ("response_status", models.SmallIntegerField()),
                ("response_body", models.BinaryField()),
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
                "indexes": [models.Index(fields=["created_at"], name="tenants_idempotency_age_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "caller", "key"), name="tenants_idempotency_key_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("key", ""), _negated=True), name="tenants_idempotency_key_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("request_hash__regex", "^[0-9a-f]{64}$")),
                        name="tenants_idempotency_hash_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("response_status__range", (200, 399))),
                        name="tenants_idempotency_status_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Which service uses it, as in “TeeTime production”.", max_length=100
                    ),
                ),
                ("prefix", models.CharField(editable=False, max_length=12)),
                ("key_hash", models.CharField(editable=False, max_length=64)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("crm:read", "Read customers and their timelines"),
                                ("crm:write", "Create and change customers, add notes"),
                                ("crm:admin", "Merge, segments, privacy"),
                                ("crm:campaigns", "Campaigns and journeys"),
                                ("crm:social", "Social publishing"),
                                ("crm:events", "Publish events"),
                            ],
                            max_length=20,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "sources",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("scl", "scl"),
                                ("teetime", "teetime"),
                                ("messaging", "messaging"),
                                ("feedback", "feedback"),
                                ("facilities", "facilities"),
                                ("crm", "crm"),
                            ],
                            max_length=20,
                        ),
                        blank=True,
                        default=list,
                        help_text="The services for which it may publish events.",
                        size=None,
                    ),
                ),
                (
                    "rate_limit_per_minute",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Requests a minute instead of the platform's limits; empty: those.",
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("tenants", models.ManyToManyField(related_name="api_keys", to="tenants.tenant")),
            ],
            options={
                "verbose_name": "API key",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("key_hash",), name="tenants_apikey_hash_uq"),
                    models.CheckConstraint(
                        condition=models.Q(("key_hash__regex", "^[0-9a-f]{64}$")),
                        name="tenants_apikey_hash_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "scopes__contained_by",
                                [
                                    "crm:read",
                                    "crm:write",
                                    "crm:admin",
                                    "crm:campaigns",
                                    "crm:social",
                                    "crm:events",
                                ],
                            )
                        ),
                        name="tenants_apikey_scopes_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "sources__contained_by",
                                ["scl", "teetime", "messaging", "feedback", "facilities", "crm"],
                            )
                        ),
                        name="tenants_apikey_sources_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("scopes__contains", ["crm:events"]), _negated=True),
                            models.Q(("sources", []), _negated=True),
                            _connector="OR",
                        ),
                        name="tenants_apikey_bound_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TenantName",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=63,
                        primary_key=True,
                        serialize=False,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*$",
                                "Use lower-case letters, digits and single hyphens, as in fairview-east.",
                            )
                        ],
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="names", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name__regex", "^[a-z0-9]+(-[a-z0-9]+)*$")),
                        name="tenants_name_shape_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name__length__lte", 63)), name="tenants_name_length_ck"
                    ),
                    models.UniqueConstraint(fields=("name", "tenant"), name="tenants_name_owner_uq"),
                ],
            },
        ),
    ]
