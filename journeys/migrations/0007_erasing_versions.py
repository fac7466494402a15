"""An erasure may take a name out of a published version, and nothing else may change one."""

from django.db import migrations

ERASABLE = """
CREATE OR REPLACE FUNCTION journeys_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('crm.erasing', true) = 'on'
        AND (NEW.tenant_id, NEW.id, NEW.journey_id, NEW.number, NEW.published_at)
            = (OLD.tenant_id, OLD.id, OLD.journey_id, OLD.number, OLD.published_at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
IMMUTABLE = """
CREATE OR REPLACE FUNCTION journeys_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    """Replaces the function of the trigger."""

    dependencies = [("journeys", "0006_holds_and_marks")]

    operations = [migrations.RunSQL(ERASABLE, IMMUTABLE)]
