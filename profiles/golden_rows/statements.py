"""The SQL of golden rows and of the search documents made from them. Every statement works on many customers."""

from profiles.golden_rows.rules import GOLDEN_COLUMNS
from tenants.postgresql.staging import StagingTable

WANTED_PROFILE = StagingTable("wanted_profile", "profile_id uuid")
# --- golden rows
GOLDEN_TYPES = {
    "date_of_birth": "date",
    "member_since": "date",
    "membership_expiry": "date",
    "scl_member_id": "bigint",
    "external_ids": "jsonb",
    "handicap_tenths": "smallint",
    "handicap_updated_at": "timestamptz",
    "email_opt_in": "boolean",
    "sms_opt_in": "boolean",
    "push_opt_in": "boolean",
    "whatsapp_opt_in": "boolean",
}
TYPED_GOLDEN_COLUMNS = ", ".join(f"{column} {GOLDEN_TYPES.get(column, 'text')}" for column in GOLDEN_COLUMNS)
GOLDEN_COLUMN_LIST = ", ".join(GOLDEN_COLUMNS)
GOLDEN = StagingTable("golden", f"profile_id uuid, {TYPED_GOLDEN_COLUMNS}", has_places=True)
CURRENT_GOLDEN = f"""
SELECT p.id, p.stage_reached, p.tags, p.has_shares, {", ".join(f"p.{column}" for column in GOLDEN_COLUMNS)}
FROM wanted_profile AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM profiles_customerprofile AS p
    WHERE p.tenant_id = (SELECT %s::uuid) AND p.id = wanted.profile_id OFFSET 0) AS p
WHERE p.status IN ('ACTIVE', 'INACTIVE')
"""
ALL_FACTS = """
SELECT f.profile_id, f.field, f.value::text, f.rank, f.occurred_at, f.source, f.event_id FROM wanted_profile AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM profiles_fact AS f
    WHERE f.tenant_id = (SELECT %s::uuid) AND f.profile_id = wanted.profile_id OFFSET 0) AS f
"""
WANTED_FIELD = StagingTable("wanted_field", "profile_id uuid, field text")
SOME_FACTS = """
SELECT f.profile_id, f.field, f.value::text, f.rank, f.occurred_at, f.source, f.event_id FROM wanted_field AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM profiles_fact AS f
    WHERE f.tenant_id = (SELECT %s::uuid) AND f.profile_id = wanted.profile_id AND f.field = wanted.field OFFSET 0) AS f
"""
ALL_KEYS = """
SELECT i.profile_id, i.kind, i.value,
       i.unlinked_at IS NULL OR (i.linked_at IS NOT NULL AND i.linked_at > i.unlinked_at),
       -- A key whose holders have become one person since is shared with nobody.
       i.is_shared AND EXISTS (
           SELECT FROM profiles_identifier AS other
           WHERE other.tenant_id = i.tenant_id AND other.kind = i.kind AND other.value = i.value
             AND other.profile_id <> i.profile_id
       ), i.confidence
FROM wanted_profile AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM profiles_identifier AS i
    WHERE i.tenant_id = (SELECT %s::uuid) AND i.profile_id = wanted.profile_id OFFSET 0) AS i
"""
UPDATE_GOLDEN_ROWS = f"""
UPDATE profiles_customerprofile AS p
SET {", ".join(f"{column} = g.{column}" for column in GOLDEN_COLUMNS)}, version = p.version + 1, updated_at = now()
FROM golden AS g
WHERE p.ctid = g.place AND p.tenant_id = (SELECT %s::uuid) AND p.id = g.profile_id
"""
# --- search
# Each of those who were merged is still asked for by their own name, whichever of the names won.
MERGED_NAMES = """
SELECT f.profile_id, f.value #>> '{}' FROM wanted_profile AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM profiles_fact AS f
    WHERE f.tenant_id = (SELECT %s::uuid) AND f.profile_id = wanted.profile_id OFFSET 0) AS f
WHERE f.field IN ('firstName', 'lastName', 'displayName') AND f.value #>> '{}' IS NOT NULL
"""
# A character that is in no word; an array of them would take psycopg as long as all else.
LEXEME_SEPARATOR = "\x1f"
SEARCH_DOCUMENT = StagingTable("search_document", "profile_id uuid, lexemes text")
STORE_DOCUMENTS = f"""
INSERT INTO profiles_searchdocument (tenant_id, profile_id, document)
SELECT %s, profile_id, array_to_tsvector(string_to_array(lexemes, '{LEXEME_SEPARATOR}')) FROM search_document
ON CONFLICT (profile_id) DO UPDATE SET document = excluded.document
"""
