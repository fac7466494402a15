"""Trials over the past as jobs, acts of staff on many people under way, the morning mail."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from tenants.row_isolation import IsolateTenantRows


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0003_tenants_of_runs"),
        ("tenants", "0003_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MorningMail",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sent_on", models.DateField(null=True)),
            ],
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
            ],
        ),
        migrations.AddField(
            model_name="moveplan",
            name="act",
            field=models.CharField(
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
        migrations.AddConstraint(
            model_name="moveplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("act__in", ["PUBLISH", "MOVE", "END", "GO"])),
                name="journeys_moveplan_act_ck",
            ),
        ),
        migrations.AddField(
            model_name="morningmail",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        migrations.AddField(
            model_name="morningmail",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="trial",
            name="tenant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        migrations.AddConstraint(
            model_name="morningmail",
            constraint=models.UniqueConstraint(
                fields=("tenant", "user"), name="journeys_morningmail_user_uq"
            ),
        ),
        migrations.AddIndex(
            model_name="trial",
            index=models.Index(
                fields=["tenant", "journey_id", "-made_at"], name="journeys_trial_journey_idx"
            ),
        ),
        migrations.AddIndex(
            model_name="trial",
            index=models.Index(
                condition=models.Q(("status__in", ["PENDING", "RUNNING"])),
                fields=["tenant", "made_at"],
                name="journeys_trial_waiting_idx",
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["PENDING", "RUNNING", "DONE", "FAILED"])),
                name="journeys_trial_status_ck",
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(("days__gte", 1), ("days__lte", 365)), name="journeys_trial_days_ck"
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "DONE"), _negated=True), ("result__isnull", False), _connector="OR"
                ),
                name="journeys_trial_result_ck",
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["PENDING", "RUNNING"])),
                fields=("tenant", "journey_id"),
                name="journeys_trial_active_uq",
            ),
        ),
        IsolateTenantRows(model_name="Trial"),
        IsolateTenantRows(model_name="MorningMail"),
        migrations.RunSQL(
            sql="ALTER TABLE journeys_trial ADD CONSTRAINT journeys_trial_journey_fk FOREIGN KEY (tenant_id, journey_id)"
            " REFERENCES journeys_journey (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE",
            reverse_sql="ALTER TABLE journeys_trial DROP CONSTRAINT journeys_trial_journey_fk",
        ),
    ]
