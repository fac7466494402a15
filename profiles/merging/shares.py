"""Changing what the sides of a merged customer bring, where a person changes the customer as a whole."""

from uuid import UUID

from django.db import connection

from tenants.scope import current_tenant_id

# A tag that is taken away is taken from every side; a new one belongs to the survivor's own.
SHARE_TAGS = """
UPDATE profiles_profileshare AS s
SET tags = ARRAY(
    SELECT DISTINCT tag FROM unnest(
        CASE WHEN s.profile_id = %(profile)s THEN s.tags || %(tags)s::text[] ELSE s.tags END) AS tag
    WHERE tag = ANY(%(tags)s::text[])
      AND (s.profile_id <> %(profile)s OR tag = ANY(s.tags) OR NOT EXISTS (
            SELECT FROM profiles_profileshare AS other
            JOIN profiles_customerprofile AS p ON p.tenant_id = other.tenant_id AND p.id = other.profile_id
            WHERE other.tenant_id = %(tenant)s AND p.merged_into_id = %(profile)s AND tag = ANY(other.tags)))
    ORDER BY tag)
WHERE s.tenant_id = %(tenant)s
  AND s.profile_id IN (SELECT p.id FROM profiles_customerprofile AS p
                       WHERE p.tenant_id = %(tenant)s AND (p.id = %(profile)s OR p.merged_into_id = %(profile)s))
"""


def share_tags(profile_id: UUID, tags: list[str]) -> None:
    """After a survivor's tags were set; nothing for a customer into whom nobody was merged. Needs the identity lock."""
    with connection.cursor() as cursor:
        cursor.execute(SHARE_TAGS, {"tenant": current_tenant_id(), "profile": profile_id, "tags": tags})
