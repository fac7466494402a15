"""The SQL of the search for duplicates, on PostgreSQL's side: what is read, and how findings are written back."""

from typing import Final

from tenants.postgresql.staging import StagingTable

# Read through `COPY (…) TO STDOUT`, which respects row level security; the tenant is named for the planner's sake.
# A birth on 1 January is no evidence (`profiles.births`).
PEOPLE: Final = """
SELECT p.id, p.first_name, p.last_name, p.email, p.phone_number,
       CASE WHEN to_char(p.date_of_birth, 'MMDD') <> '0101' THEN p.date_of_birth END, p.gender, p.postcode,
       p.home_club_id, p.handicap_tenths, p.scl_member_id IS NOT NULL, p.teetime_player_id IS NOT NULL,
       p.messaging_contact_id IS NOT NULL, p.auth_user_id,
       coalesce(p.external_ids ->> 'golfRsaId', p.external_ids ->> 'cdhId'), p.updated_at > %(since)s
FROM profiles_customerprofile AS p
WHERE p.tenant_id = %(tenant)s AND p.status IN ('ACTIVE', 'INACTIVE')
"""
ADDRESSES: Final = """
SELECT i.profile_id, i.kind, i.value FROM profiles_identifier AS i
WHERE i.tenant_id = %(tenant)s AND i.kind IN ('email', 'phoneNumber')
"""
# Names that some record gives and the golden row does not show.
OTHER_NAMES: Final = """
SELECT DISTINCT f.profile_id, f.field, f.value #>> '{}'
FROM profiles_fact AS f
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = f.profile_id
WHERE f.tenant_id = %(tenant)s
  AND (f.field = 'firstName' AND f.value #>> '{}' <> p.first_name
       OR f.field = 'lastName' AND f.value #>> '{}' <> p.last_name)
"""

# How many would be read, and how many of them changed.
COUNT: Final = """
SELECT count(*), count(*) FILTER (WHERE updated_at > %(since)s) FROM profiles_customerprofile
WHERE tenant_id = %(tenant)s AND status IN ('ACTIVE', 'INACTIVE')
"""

# --- findings
NEW_DUPLICATE: Final = StagingTable(
    "new_duplicate",
    "first_id uuid, second_id uuid, match_weight float8, probability float8, comparisons jsonb, is_certain boolean",
)
# Somebody may have been merged or erased since the rows were read.
FORGET_GONE: Final = """
DELETE FROM new_duplicate AS d WHERE EXISTS (
    SELECT FROM unnest(ARRAY[d.first_id, d.second_id]) AS side
    LEFT JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = side
    WHERE p.id IS NULL OR p.status NOT IN ('ACTIVE', 'INACTIVE')
)
"""
FORGET_KEPT_APART: Final = """
DELETE FROM new_duplicate AS d WHERE EXISTS (
    SELECT FROM profiles_identifier AS a
    JOIN profiles_identifier AS b ON b.tenant_id = %(tenant)s AND b.profile_id = d.second_id
    JOIN profiles_cannotlink AS k ON k.tenant_id = %(tenant)s
        AND k.first_key = LEAST(a.kind || ':' || a.value, b.kind || ':' || b.value)
        AND k.second_key = GREATEST(a.kind || ':' || a.value, b.kind || ':' || b.value)
    WHERE a.tenant_id = %(tenant)s AND a.profile_id = d.first_id
)
"""
# Pairs that were compared anew, or whose side is gone, and are not found any more.
DELETE_PAIRS: Final = """
DELETE FROM profiles_duplicatepair AS d
USING profiles_customerprofile AS a, profiles_customerprofile AS b
WHERE d.tenant_id = %(tenant)s AND a.tenant_id = %(tenant)s AND b.tenant_id = %(tenant)s
  AND a.id = d.first_profile_id AND b.id = d.second_profile_id
  AND (%(is_full)s OR a.updated_at > %(since)s OR b.updated_at > %(since)s
       OR a.status NOT IN ('ACTIVE', 'INACTIVE') OR b.status NOT IN ('ACTIVE', 'INACTIVE'))
  AND NOT EXISTS (
      SELECT FROM new_duplicate AS n WHERE n.first_id = d.first_profile_id AND n.second_id = d.second_profile_id)
"""
UPSERT_PAIRS: Final = """
INSERT INTO profiles_duplicatepair AS d (tenant_id, first_profile_id, second_profile_id, match_weight, probability,
                                         comparisons, is_certain, model_version)
SELECT %(tenant)s, first_id, second_id, match_weight, probability, comparisons, is_certain, %(version)s
FROM new_duplicate
ON CONFLICT ON CONSTRAINT profiles_duppair_pair_uq DO UPDATE
SET match_weight = excluded.match_weight, probability = excluded.probability, comparisons = excluded.comparisons,
    is_certain = excluded.is_certain, model_version = excluded.model_version
"""
# Only what the search itself brought and nobody decided; what the rules of identity brought is not ours to take back.
DELETE_CANDIDATES: Final = """
DELETE FROM profiles_reviewcandidate AS c
WHERE c.tenant_id = %(tenant)s AND c.reason = 'DUPLICATE' AND c.status = 'OPEN' AND NOT EXISTS (
    SELECT FROM profiles_duplicatepair AS d
    WHERE d.tenant_id = %(tenant)s
      AND d.first_profile_id = c.first_profile_id AND d.second_profile_id = c.second_profile_id)
"""
# One row a pair; what staff decided stays decided. `xmax = 0` tells the new ones.
UPSERT_CANDIDATES: Final = """
INSERT INTO profiles_reviewcandidate AS c (tenant_id, first_profile_id, second_profile_id, reason, evidence, status)
SELECT %(tenant)s, first_id, second_id, 'DUPLICATE',
       jsonb_build_object('probability', round(probability::numeric, 6), 'weight', round(match_weight::numeric, 2)),
       'OPEN'
FROM new_duplicate
ON CONFLICT ON CONSTRAINT profiles_candidate_pair_uq DO UPDATE
SET evidence = c.evidence || excluded.evidence
WHERE c.status = 'OPEN'
RETURNING xmax = 0
"""
# Certain pairs that nobody decided about, whose sides are still what they were.
CERTAIN: Final = """
SELECT c.id
FROM profiles_duplicatepair AS d
JOIN profiles_reviewcandidate AS c ON c.tenant_id = %(tenant)s AND c.status = 'OPEN'
    AND c.first_profile_id = d.first_profile_id AND c.second_profile_id = d.second_profile_id
WHERE d.tenant_id = %(tenant)s AND d.is_certain AND d.probability >= %(least)s
ORDER BY d.match_weight DESC, d.id
LIMIT %(most)s
"""
