from django.db import migrations

import tenants.row_isolation
from tenants.postgresql.touching import touched_on_update


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0001_initial"),
    ]

    operations = [
        tenants.row_isolation.IsolateTenantRows(
            model_name="CustomerProfile",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="Identifier",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="Fact",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="Activity",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="Note",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="PrivacyRequest",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="SearchDocument",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ProfileMerge",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ReviewCandidate",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_customerprofile ADD CONSTRAINT profiles_customerprofile_merged_into_fk FOREIGN KEY (tenant_id, merged_into_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="""ALTER TABLE profiles_customerprofile DROP CONSTRAINT profiles_customerprofile_merged_into_fk""",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_identifier ADD CONSTRAINT profiles_identifier_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_identifier DROP CONSTRAINT profiles_identifier_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_fact ADD CONSTRAINT profiles_fact_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_fact DROP CONSTRAINT profiles_fact_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_activity ADD CONSTRAINT profiles_activity_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_activity DROP CONSTRAINT profiles_activity_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_note ADD CONSTRAINT profiles_note_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_note DROP CONSTRAINT profiles_note_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_privacyrequest ADD CONSTRAINT profiles_privacyrequest_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_privacyrequest DROP CONSTRAINT profiles_privacyrequest_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_searchdocument ADD CONSTRAINT profiles_searchdocument_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_searchdocument DROP CONSTRAINT profiles_searchdocument_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_profilemerge ADD CONSTRAINT profiles_profilemerge_winner_fk FOREIGN KEY (tenant_id, winner_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_profilemerge DROP CONSTRAINT profiles_profilemerge_winner_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_profilemerge ADD CONSTRAINT profiles_profilemerge_loser_fk FOREIGN KEY (tenant_id, loser_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_profilemerge DROP CONSTRAINT profiles_profilemerge_loser_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_reviewcandidate ADD CONSTRAINT profiles_reviewcandidate_first_profile_fk FOREIGN KEY (tenant_id, first_profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="""ALTER TABLE profiles_reviewcandidate DROP CONSTRAINT profiles_reviewcandidate_first_profile_fk""",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_reviewcandidate ADD CONSTRAINT profiles_reviewcandidate_second_profile_fk FOREIGN KEY (tenant_id, second_profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="""ALTER TABLE profiles_reviewcandidate DROP CONSTRAINT profiles_reviewcandidate_second_profile_fk""",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_fact ADD CONSTRAINT profiles_fact_identifier_fk FOREIGN KEY (identifier_id) REFERENCES profiles_identifier (id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_fact DROP CONSTRAINT profiles_fact_identifier_fk",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ProfileShare",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="CannotLink",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_profileshare ADD CONSTRAINT profiles_profileshare_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_profileshare DROP CONSTRAINT profiles_profileshare_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_customerprofile ADD CONSTRAINT profiles_customerprofile_identity_fk FOREIGN KEY (tenant_id, identity_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_customerprofile DROP CONSTRAINT profiles_customerprofile_identity_fk",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="Household",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="HouseholdMember",
        ),
        migrations.RunSQL(
            sql="""
            ALTER TABLE profiles_householdmember
                ADD CONSTRAINT profiles_householdmember_profile_fk FOREIGN KEY (tenant_id, profile_id)
                    REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE,
                ADD CONSTRAINT profiles_householdmember_household_fk FOREIGN KEY (tenant_id, household_id)
                    REFERENCES profiles_household (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE
            """,
            reverse_sql="""
            ALTER TABLE profiles_householdmember
                DROP CONSTRAINT profiles_householdmember_household_fk,
                DROP CONSTRAINT profiles_householdmember_profile_fk
            """,
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="DuplicateModel",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="DuplicateRun",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="DuplicatePair",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_duplicatepair ADD CONSTRAINT profiles_duplicatepair_first_profile_fk FOREIGN KEY (tenant_id, first_profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_duplicatepair DROP CONSTRAINT profiles_duplicatepair_first_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_duplicatepair ADD CONSTRAINT profiles_duplicatepair_second_profile_fk FOREIGN KEY (tenant_id, second_profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="""ALTER TABLE profiles_duplicatepair DROP CONSTRAINT profiles_duplicatepair_second_profile_fk""",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ProfileScore",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ScoreHistory",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ScoreRun",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ScoringRules",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="StageChange",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_profilescore ADD CONSTRAINT profiles_profilescore_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_profilescore DROP CONSTRAINT profiles_profilescore_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_scorehistory ADD CONSTRAINT profiles_scorehistory_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_scorehistory DROP CONSTRAINT profiles_scorehistory_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_stagechange ADD CONSTRAINT profiles_stagechange_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_stagechange DROP CONSTRAINT profiles_stagechange_profile_fk",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ScoreDue",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_scoredue ADD CONSTRAINT profiles_scoredue_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_scoredue DROP CONSTRAINT profiles_scoredue_profile_fk",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ErasureReceipt",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="SuppressedKey",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ProcessingRestriction",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_erasurereceipt ADD CONSTRAINT profiles_receipt_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_erasurereceipt DROP CONSTRAINT profiles_receipt_profile_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_processingrestriction ADD CONSTRAINT profiles_restriction_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_processingrestriction DROP CONSTRAINT profiles_restriction_profile_fk",
        ),
        migrations.RunSQL(
            sql="""
CREATE FUNCTION profiles_search(
    wanted_tenant uuid, ways text[], closenesses integer[], enough integer[], narrow tsquery[], whole tsquery[],
    most integer)
RETURNS TABLE (profile_id uuid, closeness integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 200
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off
SET enable_sort = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    ids uuid[] := '{}';
    ranks integer[] := '{}';
    more uuid[];
    found_so_far integer := 0;
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('crm.tenant_id', true), '')::uuid THEN
        RETURN;
    END IF;
    FOR step IN 1 .. cardinality(ways) LOOP
        CONTINUE WHEN found_so_far >= enough[step];
        IF ways[step] = 'newest' THEN
            SELECT array_agg(f.profile_id) INTO more FROM (
                SELECT d.profile_id FROM (
                    SELECT s.profile_id, s.document FROM profiles_searchdocument AS s
                    WHERE s.tenant_id = wanted_tenant ORDER BY s.profile_id DESC LIMIT 5000) AS d
                WHERE d.document @@ whole[step] LIMIT most) AS f;
        ELSIF ways[step] = 'index' THEN
            SELECT array_agg(f.profile_id) INTO more FROM (
                SELECT d.profile_id FROM (
                    SELECT s.profile_id, s.document FROM profiles_searchdocument AS s
                    WHERE s.document @@ narrow[step] AND s.tenant_id::text = wanted_tenant::text LIMIT 10 * most) AS d
                WHERE d.document @@ whole[step] LIMIT most) AS f;
        ELSE
            SELECT array_agg(f.profile_id) INTO more FROM (
                SELECT n.profile_id FROM (
                    SELECT s.profile_id, profiles_note_words(s.tenant_id, s.body) AS words FROM profiles_note AS s
                    WHERE profiles_note_words(s.tenant_id, s.body) @@ narrow[step] AND s.tenant_id::text = wanted_tenant::text
                    LIMIT most) AS n
                CROSS JOIN LATERAL (
                    SELECT s.document FROM profiles_searchdocument AS s WHERE s.profile_id = n.profile_id OFFSET 0) AS d
                WHERE (d.document || n.words) @@ whole[step]) AS f;
        END IF;
        IF more IS NOT NULL THEN
            ids := ids || more;
            ranks := ranks || array_fill(closenesses[step], ARRAY[cardinality(more)]);
            SELECT count(DISTINCT each) INTO found_so_far FROM unnest(ids) AS each;
        END IF;
    END LOOP;
    RETURN QUERY SELECT f.id, min(f.rank) FROM unnest(ids, ranks) AS f (id, rank) GROUP BY f.id;
END
$$;
REVOKE ALL ON FUNCTION
    profiles_search(uuid, text[], integer[], integer[], tsquery[], tsquery[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    profiles_search(uuid, text[], integer[], integer[], tsquery[], tsquery[], integer) TO crm_app, crm_all;
""",
            reverse_sql="""DROP FUNCTION profiles_search(uuid, text[], integer[], integer[], tsquery[], tsquery[], integer)""",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="MemberImport",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ImportRow",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ColumnChoice",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_importrow ADD CONSTRAINT profiles_importrow_import_fk FOREIGN KEY (tenant_id, import_id) REFERENCES profiles_memberimport (tenant_id, id) ON DELETE CASCADE""",
            reverse_sql="ALTER TABLE profiles_importrow DROP CONSTRAINT profiles_importrow_import_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE profiles_importrow ADD CONSTRAINT profiles_importrow_profile_fk FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE profiles_importrow DROP CONSTRAINT profiles_importrow_profile_fk",
        ),
        tenants.row_isolation.ConfineDefinerFunction(
            "profiles_search(uuid, text[], integer[], integer[], tsquery[], tsquery[], integer)"
        ),
        tenants.row_isolation.IsolateTenantRows(model_name="ListLayout"),
        tenants.row_isolation.IsolateTenantRows(model_name="TagColour"),
        tenants.row_isolation.IsolateTenantRows(model_name="BulkAct"),
        tenants.row_isolation.IsolateTenantRows(model_name="BulkActChange"),
        migrations.RunSQL(
            sql=(
                "ALTER TABLE profiles_bulkactchange ADD CONSTRAINT profiles_bulkactchange_act_fk"
                " FOREIGN KEY (tenant_id, act_id) REFERENCES profiles_bulkact (tenant_id, id)"
                " DEFERRABLE INITIALLY IMMEDIATE"
            ),
            reverse_sql="ALTER TABLE profiles_bulkactchange DROP CONSTRAINT profiles_bulkactchange_act_fk",
        ),
        migrations.RunSQL(
            sql=(
                "ALTER TABLE profiles_bulkactchange ADD CONSTRAINT profiles_bulkactchange_profile_fk"
                " FOREIGN KEY (tenant_id, profile_id) REFERENCES profiles_customerprofile (tenant_id, id)"
                " DEFERRABLE INITIALLY IMMEDIATE"
            ),
            reverse_sql="ALTER TABLE profiles_bulkactchange DROP CONSTRAINT profiles_bulkactchange_profile_fk",
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
        tenants.row_isolation.IsolateTenantRows(model_name="StaleBlock"),
        touched_on_update("profiles_note"),
    ]
