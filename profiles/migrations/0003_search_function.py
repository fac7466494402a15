"""Search behind a function of the owner.

Full text operators are not leakproof: under row level security they would become a filter over all rows of the
tenant. The function reads past the policy, and lets nobody ask for another tenant than the one in scope.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION profiles_search(wanted_tenant uuid, query tsquery, most integer)
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
    SELECT profile_id
    FROM profiles_searchdocument
    WHERE document @@ query
      AND tenant_id = wanted_tenant
      AND wanted_tenant = NULLIF(current_setting('crm.tenant_id', true), '')::uuid
    LIMIT most
$$;
REVOKE ALL ON FUNCTION profiles_search(uuid, tsquery, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION profiles_search(uuid, tsquery, integer) TO crm_app, crm_all;
"""


class Migration(migrations.Migration):
    """One function."""

    dependencies = [("profiles", "0002_row_isolation")]

    operations = [
        migrations.RunSQL(CREATE, "DROP FUNCTION profiles_search(uuid, tsquery, integer)"),
    ]
