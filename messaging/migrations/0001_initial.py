import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import messaging.models.policy


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SendPolicy",
            fields=[
                (
                    "tenant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tenants.tenant",
                    ),
                ),
                ("caps", models.JSONField(blank=True, default=dict)),
                (
                    "exempt_classes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=15),
                        blank=True,
                        default=messaging.models.policy.exempt_by_default,
                        size=None,
                    ),
                ),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_until", models.TimeField(blank=True, null=True)),
                ("club_zones", models.JSONField(blank=True, default=dict)),
                ("rates", models.JSONField(blank=True, default=dict)),
                (
                    "needs_consent_always",
                    models.BooleanField(
                        default=True,
                        help_text="Also messages about bookings and payments go only to those who opted in.",
                    ),
                ),
                ("sender_name", models.CharField(blank=True, default="", max_length=100)),
                ("sender_email", models.CharField(blank=True, default="", max_length=254)),
                ("reply_to", models.CharField(blank=True, default="", max_length=254)),
                ("sms_sender", models.CharField(blank=True, default="", max_length=20)),
                (
                    "backend",
                    models.CharField(
                        choices=[
                            ("MESSAGING", "The Messaging service"),
                            ("MAIL", "Our own mail server (SMTP); only e-mail"),
                        ],
                        default="MESSAGING",
                        max_length=10,
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("quiet_from__isnull", True), ("quiet_until__isnull", True)),
                            models.Q(
                                ("quiet_from__isnull", False),
                                ("quiet_until__isnull", False),
                                models.Q(("quiet_from", models.F("quiet_until")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="messaging_policy_quiet_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exempt_classes__contained_by", ["MARKETING", "TRANSACTIONAL"])),
                        name="messaging_policy_exempt_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("backend__in", ["MESSAGING", "MAIL"])),
                        name="messaging_policy_backend_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("CAMPAIGN", "Campaign"),
                            ("JOURNEY", "Journey"),
                            ("PERSON", "Written by hand"),
                            ("TEST", "Test"),
                        ],
                        max_length=10,
                    ),
                ),
                ("source_id", models.UUIDField(db_default=uuid.UUID("00000000-0000-0000-0000-000000000000"))),
                ("occurrence", models.CharField(blank=True, db_default="", max_length=80)),
                ("variant", models.CharField(blank=True, db_default="", max_length=40)),
                ("profile_id", models.UUIDField()),
                ("origin_profile_id", models.UUIDField()),
                (
                    "message_class",
                    models.CharField(
                        choices=[
                            ("MARKETING", "Marketing"),
                            ("TRANSACTIONAL", "About a booking, a payment or a membership"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("EMAIL", "E-mail"),
                            ("SMS", "SMS"),
                            ("PUSH", "Push"),
                            ("WHATSAPP", "WhatsApp"),
                        ],
                        db_default="",
                        max_length=10,
                    ),
                ),
                ("message_id", models.UUIDField(null=True)),
                ("variables", models.JSONField(null=True)),
                ("mailbox", models.BigIntegerField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PLANNED", "Planned"),
                            ("DEFERRED", "Deferred"),
                            ("CLAIMED", "Being sent"),
                            ("HANDED_OVER", "Sent"),
                            ("DELIVERED", "Delivered"),
                            ("BOUNCED", "Bounced"),
                            ("FAILED", "Failed"),
                            ("SKIPPED", "Not sent"),
                            ("UNKNOWN", "Unknown"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, db_default="", max_length=40)),
                ("zone", models.CharField(max_length=64)),
                ("due_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("good_until", models.DateTimeField(null=True)),
                ("defers_quiet", models.BooleanField(db_default=True)),
                ("defers_cap", models.BooleanField(db_default=False)),
                ("one_per_mailbox", models.BooleanField(db_default=True)),
                ("deferrals", models.SmallIntegerField(db_default=0)),
                ("attempts", models.SmallIntegerField(db_default=0)),
                ("lost_workers", models.SmallIntegerField(db_default=0)),
                ("unclear_calls", models.SmallIntegerField(db_default=0)),
                ("leased_until", models.DateTimeField(null=True)),
                ("service_id", models.CharField(blank=True, db_default="", max_length=100)),
                ("error", models.CharField(blank=True, db_default="", max_length=300)),
                ("planned_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("handed_over_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("bounced_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(null=True)),
                ("machine_opened_at", models.DateTimeField(null=True)),
                ("clicked_at", models.DateTimeField(null=True)),
                ("replied_at", models.DateTimeField(null=True)),
                ("unsubscribed_at", models.DateTimeField(null=True)),
                ("complained_at", models.DateTimeField(null=True)),
                ("history", models.JSONField(db_default=models.Value([], output_field=models.JSONField()))),
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
                        fields=["tenant", "source_id", "due_at", "id"],
                        name="messaging_delivery_claim_idx",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["CLAIMED", "UNKNOWN"])),
                        fields=["status", "leased_until"],
                        name="messaging_delivery_lease_idx",
                    ),
                    models.Index(
                        condition=models.Q(("status", "DEFERRED")),
                        fields=["due_at"],
                        name="messaging_delivery_defer_idx",
                    ),
                    models.Index(
                        fields=["tenant", "profile_id", "-due_at"], name="messaging_delivery_profile_idx"
                    ),
                    models.Index(
                        fields=["tenant", "source_id", "occurrence", "id"],
                        name="messaging_delivery_source_idx",
                    ),
                    models.Index(
                        condition=models.Q(("service_id", ""), _negated=True),
                        fields=["tenant", "service_id"],
                        name="messaging_delivery_service_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "key"), name="messaging_delivery_key_uq"),
                    models.UniqueConstraint(
                        condition=models.Q(("mailbox__isnull", False)),
                        fields=("tenant", "source_id", "occurrence", "mailbox"),
                        name="messaging_delivery_mailbox_uq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("key", ""), _negated=True), name="messaging_delivery_key_ck"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["CAMPAIGN", "JOURNEY", "PERSON", "TEST"])),
                        name="messaging_delivery_source_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "PLANNED",
                                    "DEFERRED",
                                    "CLAIMED",
                                    "HANDED_OVER",
                                    "DELIVERED",
                                    "BOUNCED",
                                    "FAILED",
                                    "SKIPPED",
                                    "UNKNOWN",
                                ],
                            )
                        ),
                        name="messaging_delivery_status_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("message_class__in", ["MARKETING", "TRANSACTIONAL"])),
                        name="messaging_delivery_class_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "SKIPPED"),
                            models.Q(
                                ("channel__in", ["EMAIL", "SMS", "PUSH", "WHATSAPP"]),
                                ("message_id__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="messaging_delivery_way_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "SKIPPED"), _negated=True),
                            models.Q(models.Q(("reason", ""), _negated=True), ("mailbox__isnull", True)),
                            _connector="OR",
                        ),
                        name="messaging_delivery_skipped_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "CLAIMED"), _negated=True),
                            ("leased_until__isnull", False),
                            _connector="OR",
                        ),
                        name="messaging_delivery_lease_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["HANDED_OVER", "DELIVERED"]), _negated=True),
                            ("handed_over_at__isnull", False),
                            _connector="OR",
                        ),
                        name="messaging_delivery_sent_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at__isnull", True),
                            ("status", "SKIPPED"),
                            ("expires_at__gte", models.F("due_at")),
                            models.Q(("status", "PLANNED"), _negated=True),
                            _connector="OR",
                        ),
                        name="messaging_delivery_expiry_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("EMAIL", "E-mail"),
                            ("SMS", "SMS"),
                            ("PUSH", "Push"),
                            ("WHATSAPP", "WhatsApp"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(blank=True, db_default="", max_length=200)),
                ("template_id", models.CharField(blank=True, db_default="", max_length=200)),
                ("subject", models.TextField(blank=True, db_default="")),
                ("body", models.TextField(blank=True, db_default="")),
                ("html", models.TextField(blank=True, db_default="")),
                ("utm", models.JSONField(db_default=models.Value({}, output_field=models.JSONField()))),
                ("fingerprint", models.CharField(max_length=64)),
                ("profile_id", models.UUIDField(null=True)),
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("profile_id__isnull", False)),
                        fields=["tenant", "profile_id"],
                        name="messaging_message_profile_idx",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "fingerprint"), name="messaging_message_content_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["EMAIL", "SMS", "PUSH", "WHATSAPP"])),
                        name="messaging_message_channel_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("template_id", ""), _negated=True),
                            models.Q(("body", ""), _negated=True),
                            models.Q(("html", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="messaging_message_says_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fingerprint__regex", "^[0-9a-f]{64}$")),
                        name="messaging_message_hash_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SendHold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source_id", models.UUIDField()),
                ("reason", models.CharField(blank=True, db_default="", max_length=200)),
                ("held_by_name", models.CharField(blank=True, db_default="", max_length=250)),
                ("held_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    models.UniqueConstraint(fields=("tenant", "source_id"), name="messaging_hold_source_uq")
                ],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("EMAIL", "E-mail"),
                            ("SMS", "SMS"),
                            ("PUSH", "Push"),
                            ("WHATSAPP", "WhatsApp"),
                        ],
                        max_length=10,
                    ),
                ),
                ("mailbox", models.BigIntegerField(help_text="hashtextextended(address, 0)")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("BOUNCE", "It does not exist"),
                            ("SOFT_BOUNCE", "It was full or away several times"),
                            ("COMPLAINT", "The reader reported us"),
                        ],
                        max_length=12,
                    ),
                ),
                ("strikes", models.SmallIntegerField(db_default=1)),
                ("until", models.DateTimeField(null=True)),
                ("noted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                        fields=("tenant", "channel", "mailbox"), name="messaging_suppression_mailbox_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["BOUNCE", "SOFT_BOUNCE", "COMPLAINT"])),
                        name="messaging_suppression_kind_ck",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["EMAIL", "SMS", "PUSH", "WHATSAPP"])),
                        name="messaging_suppression_channel_ck",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncedList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("list_id", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=200)),
                ("sequence", models.BigIntegerField(db_default=0)),
                ("members", models.IntegerField(db_default=0)),
                ("synced_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, db_default="", max_length=300)),
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
                    models.UniqueConstraint(fields=("tenant", "list_id"), name="messaging_list_name_uq")
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncedMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("list_id", models.CharField(max_length=100)),
                ("contact_id", models.TextField()),
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
                        fields=("tenant", "list_id", "contact_id"), name="messaging_listmember_contact_uq"
                    )
                ],
            },
        ),
    ]
