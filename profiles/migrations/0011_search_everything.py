"""Search over tags, clubs and notes too, with slips of the finger, by bounded steps.

As before the function reads past the policy, because full text operators are not leakproof, and lets nobody ask for
another tenant than the one in scope. Documents made before are completed by `manage.py rebuild_search`.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

# As `profiles.normalise.folded` and `profiles.search_documents` have it: without apostrophes and accents, cut at 100.
NOTE_WORDS = r"""
CREATE FUNCTION profiles_note_words(tenant uuid, body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
    SELECT COALESCE(array_to_tsvector(array_agg(DISTINCT
        left(right(replace(tenant::text, '-', ''), 8) || '/' || word, 100))), ''::tsvector)
    FROM regexp_split_to_table(
        regexp_replace(
            normalize(casefold(normalize(translate(body, '''’‘ʼ`´', ''), NFKD) COLLATE "pg_unicode_fast"), NFKD),
            '[\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670]', '', 'g') COLLATE "pg_unicode_fast",
        '[^[:alnum:]]+') AS word
    WHERE word <> ''
$$;
REVOKE ALL ON FUNCTION profiles_note_words(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION profiles_note_words(uuid, text) TO crm_app, crm_all;
"""
# Steps by position; each only while fewer than `enough` were found. A step returns at most `most`, and reads of what
# the index finds ten times as many; of the newest documents 5,000.
#
# Which index is read is not left to the planner. Among many matches with a LIMIT, with old statistics, or while GIN has
# a long list of pending entries (whose pages it counts), any other index of the tenant can look cheaper, and then the
# whole club is filtered. So the tenant is compared as text where words are looked up, which no other index answers;
# nothing may be sorted, so that the newest are read in the order of theirs; and notes lead to documents, one by one.
CREATE = """
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
"""
DROP = "DROP FUNCTION profiles_search(uuid, text[], integer[], integer[], tsquery[], tsquery[], integer)"

# Every search reads the pending entries of the index one by one: at the usual 4 MB that alone takes too long.
PENDING = "ALTER INDEX profiles_search_document_idx SET (gin_pending_list_limit = 256)"


class Migration(migrations.Migration):
    """Two functions, two indexes and a limit; the old function stays for processes of the version before."""

    dependencies = [("profiles", "0010_privacy")]

    operations = [
        migrations.RunSQL(NOTE_WORDS, "DROP FUNCTION profiles_note_words(uuid, text)"),
        migrations.RunSQL(CREATE, DROP),
        migrations.AddIndex(
            model_name="note",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    models.F("tenant"),
                    models.F("body"),
                    function="profiles_note_words",
                    output_field=django.contrib.postgres.search.SearchVectorField(),
                ),
                gin_pending_list_limit=256,
                name="profiles_note_words_idx",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(PENDING, PENDING.replace("SET (", "RESET (").replace(" = 256", ""))
            ],
            state_operations=[
                migrations.RemoveIndex(model_name="searchdocument", name="profiles_search_document_idx"),
                migrations.AddIndex(
                    model_name="searchdocument",
                    index=django.contrib.postgres.indexes.GinIndex(
                        fields=["document"], gin_pending_list_limit=256, name="profiles_search_document_idx"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=models.Index(fields=["tenant", "-profile_id"], name="profiles_search_newest_idx"),
        ),
    ]
