"""Row level security, and the rule that a profile's rows belong to its tenant."""

from django.db import migrations

from tenants.row_isolation import IsolateTenantRows

# (table, column): refers to a profile of the same tenant.
REFERENCES = (
    ("profiles_customerprofile", "merged_into_id"),
    ("profiles_identifier", "profile_id"),
    ("profiles_fact", "profile_id"),
    ("profiles_activity", "profile_id"),
    ("profiles_note", "profile_id"),
    ("profiles_privacyrequest", "profile_id"),
    ("profiles_searchdocument", "profile_id"),
    ("profiles_profilemerge", "winner_id"),
    ("profiles_profilemerge", "loser_id"),
    ("profiles_reviewcandidate", "first_profile_id"),
    ("profiles_reviewcandidate", "second_profile_id"),
)
MODELS = (
    "CustomerProfile",
    "Identifier",
    "Fact",
    "Activity",
    "Note",
    "PrivacyRequest",
    "SearchDocument",
    "ProfileMerge",
    "ReviewCandidate",
)


def constraint(table: str, column: str) -> str:
    """Name of the foreign key of one column."""
    return f"{table}_{column.removesuffix('_id')}_fk"


class Migration(migrations.Migration):
    """Policies, and foreign keys over (tenant, profile) so that no child can point into another tenant."""

    dependencies = [("profiles", "0001_initial"), ("tenants", "0002_roles_and_slugs")]

    operations = [
        *(IsolateTenantRows(model) for model in MODELS),
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {constraint(table, column)} FOREIGN KEY (tenant_id, {column})"
                " REFERENCES profiles_customerprofile (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE",
                f"ALTER TABLE {table} DROP CONSTRAINT {constraint(table, column)}",
            )
            for table, column in REFERENCES
        ),
        migrations.RunSQL(
            "ALTER TABLE profiles_fact ADD CONSTRAINT profiles_fact_identifier_fk"
            " FOREIGN KEY (identifier_id) REFERENCES profiles_identifier (id) DEFERRABLE INITIALLY IMMEDIATE",
            "ALTER TABLE profiles_fact DROP CONSTRAINT profiles_fact_identifier_fk",
        ),
    ]
