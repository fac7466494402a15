"""Resolving is one statement, which is prepared: a function hands its whole row over twice. New databases never had it."""

from django.db import migrations

CREATE = """
CREATE FUNCTION profiles_resolve(wanted_tenant uuid, wanted_kind text, wanted_value text)
RETURNS SETOF profiles_customerprofile
LANGUAGE plpgsql STABLE ROWS 1
AS $$
DECLARE
    holders uuid[];
BEGIN
    SELECT array_agg(holder.profile_id) INTO holders
    FROM (
        SELECT DISTINCT key.profile_id FROM profiles_identifier AS key
        WHERE key.tenant_id = wanted_tenant AND key.kind = wanted_kind AND key.value = wanted_value LIMIT 2
    ) AS holder;
    IF cardinality(holders) = 1 THEN
        RETURN QUERY SELECT profile.* FROM profiles_customerprofile AS profile
        WHERE profile.tenant_id = wanted_tenant AND profile.id = holders[1];
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    """Drop the function."""

    dependencies = [("profiles", "0003_texts_in_codes")]

    operations = [migrations.RunSQL("DROP FUNCTION IF EXISTS profiles_resolve(uuid, text, text)", CREATE)]
