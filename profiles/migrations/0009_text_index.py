import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import events.models.log
import tenants.row_isolation


def tenant():
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
    )


def number():
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0008_changes_label"),
        ("tenants", "0002_row_isolation"),
    ]

    operations = [
        migrations.CreateModel(
            name="ErasureCount",
            fields=[
                ("id", number()),
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
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("leased_until", models.DateTimeField(null=True)),
                ("attempts", models.SmallIntegerField(db_default=0)),
                ("tenant", tenant()),
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
                ],
            },
        ),
        migrations.CreateModel(
            name="TextBlock",
            fields=[
                ("id", number()),
                ("model", models.CharField(max_length=60)),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                (
                    "tokens",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
                ),
                ("is_stale", models.BooleanField(db_default=False)),
                ("tenant", tenant()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "model", "last_id"), name="profiles_textblock_last_uq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_id__lte", models.F("last_id"))),
                        name="profiles_textblock_order_ck",
                    ),
                ],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["tokens"], gin_pending_list_limit=256, name="profiles_textblock_tokens_idx"
                    ),
                    models.Index(
                        condition=models.Q(("is_stale", True)),
                        fields=["tenant", "id"],
                        name="profiles_textblock_stale_idx",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TextMark",
            fields=[
                ("id", number()),
                ("model", models.CharField(max_length=60)),
                ("indexed_to", models.BigIntegerField(db_default=0)),
                ("seen_to", models.BigIntegerField(db_default=0)),
                (
                    "seen_xid",
                    events.models.log.TransactionIdField(
                        db_default=models.Value("0", output_field=events.models.log.TransactionIdField())
                    ),
                ),
                ("tenant", tenant()),
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
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("source", "crm")),
                fields=["tenant", "id"],
                name="profiles_activity_own_idx",
            ),
        ),
        tenants.row_isolation.IsolateTenantRows(model_name="ErasureCount"),
        tenants.row_isolation.IsolateTenantRows(model_name="TextBlock"),
        tenants.row_isolation.IsolateTenantRows(model_name="TextMark"),
        migrations.RunSQL(
            sql=(
                "ALTER TABLE profiles_erasurecount ADD CONSTRAINT profiles_erasurecount_profile_fk"
                " FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id)"
                " DEFERRABLE INITIALLY IMMEDIATE"
            ),
            reverse_sql="ALTER TABLE profiles_erasurecount DROP CONSTRAINT profiles_erasurecount_profile_fk",
        ),
        # `@>` is not leakproof: under row level security PostgreSQL would read all blocks of the tenant. The tenant is
        # compared as text, so that no other index than that of the tokens answers.
        migrations.RunSQL(
            sql="""
CREATE FUNCTION profiles_text_blocks(wanted_tenant uuid, queries integer[], tokens integer[])
RETURNS TABLE (first_id bigint, last_id bigint, model character varying)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 200
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    looked_for integer[];
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('crm.tenant_id', true), '')::uuid THEN
        RETURN;
    END IF;
    FOR looked_for IN
        SELECT array_agg(q.token) FROM unnest(queries, profiles_text_blocks.tokens) AS q (query, token) GROUP BY q.query
    LOOP
        RETURN QUERY
        SELECT b.first_id, b.last_id, b.model FROM profiles_textblock AS b
        WHERE b.tokens @> looked_for AND b.tenant_id::text = wanted_tenant::text;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION profiles_text_blocks(uuid, integer[], integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION profiles_text_blocks(uuid, integer[], integer[]) TO crm_app, crm_all;
""",
            reverse_sql="DROP FUNCTION profiles_text_blocks(uuid, integer[], integer[])",
        ),
        tenants.row_isolation.ConfineDefinerFunction("profiles_text_blocks(uuid, integer[], integer[])"),
    ]
