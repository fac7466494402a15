"""Rows of one club for that club; children refer to (tenant, parent); a published version never changes.

But for an erasure, which may take a name out of it (ADR 99)."""

from django.db import migrations

from tenants.postgresql.touching import touched_on_update
from tenants.row_isolation import IsolateTenantRows

MODELS = (
    "Journey",
    "JourneyVersion",
    "JourneyDraft",
    "DraftRevision",
    "JourneySecret",
    "Run",
    "RunData",
    "RunEnded",
    "StepLog",
    "StepCounter",
    "Subscription",
    "WebhookCall",
    "EntryRefusal",
    "Holdout",
    "Conversion",
    "ScoreLatch",
    "TriggerMark",
    "MovePlan",
    "MovedRun",
    "Task",
    "Trial",
    "MorningMail",
)
# table, name, column, parent
FOREIGN_KEYS = (
    ("journeys_journeyversion", "journey", "journey_id", "journeys_journey"),
    ("journeys_journeydraft", "journey", "journey_id", "journeys_journey"),
    ("journeys_draftrevision", "journey", "journey_id", "journeys_journey"),
    ("journeys_journey", "version", "version_id", "journeys_journeyversion"),
    ("journeys_run", "profile", "profile_id", "profiles_customerprofile"),
    ("journeys_run", "journey", "journey_id", "journeys_journey"),
    ("journeys_runended", "journey", "journey_id", "journeys_journey"),
    ("journeys_holdout", "journey", "journey_id", "journeys_journey"),
    ("journeys_conversion", "journey", "journey_id", "journeys_journey"),
    ("journeys_entryrefusal", "journey", "journey_id", "journeys_journey"),
    ("journeys_scorelatch", "journey", "journey_id", "journeys_journey"),
    ("journeys_triggermark", "journey", "journey_id", "journeys_journey"),
    ("journeys_moveplan", "journey", "journey_id", "journeys_journey"),
    ("journeys_movedrun", "plan", "plan_id", "journeys_moveplan"),
    ("journeys_task", "profile", "profile_id", "profiles_customerprofile"),
    ("journeys_trial", "journey", "journey_id", "journeys_journey"),
)
# The live table: every stop of a run is an update of two indexed columns.
STORAGE = """
ALTER TABLE journeys_run SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05);
"""
IMMUTABLE = """
CREATE FUNCTION journeys_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('crm.erasing', true) = 'on'
        AND (NEW.tenant_id, NEW.id, NEW.journey_id, NEW.number, NEW.published_at)
            = (OLD.tenant_id, OLD.id, OLD.journey_id, OLD.number, OLD.published_at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER journeys_version_immutable BEFORE UPDATE ON journeys_journeyversion
    FOR EACH ROW EXECUTE FUNCTION journeys_version_is_immutable();
"""
MUTABLE = """
DROP TRIGGER journeys_version_immutable ON journeys_journeyversion;
DROP FUNCTION journeys_version_is_immutable();
"""


def _foreign_key(table: str, name: str, column: str, parent: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        sql=f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_fk FOREIGN KEY (tenant_id, {column})"
        f" REFERENCES {parent} (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE",
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}_fk",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_row_isolation"),
        ("journeys", "0001_initial"),
        ("profiles", "0002_row_isolation"),
    ]

    operations = [
        *(IsolateTenantRows(model_name=name) for name in MODELS),
        *(_foreign_key(*row) for row in FOREIGN_KEYS),
        migrations.RunSQL(STORAGE, "ALTER TABLE journeys_run RESET (fillfactor)"),
        migrations.RunSQL(IMMUTABLE, MUTABLE),
        touched_on_update("journeys_task"),
    ]
