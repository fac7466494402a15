"""Members and their history are checked against their parents once a statement, not once a row.

The foreign keys stay written down, not enforced. What they did is done by triggers of the same names: whoever is named
must be there, and whoever is named cannot be deleted. A segment is held until the transaction ends (`FOR KEY SHARE`). Of
people not each is held, which would write to as many rows: both sides take the tenant's lock of members, which writers
of members hold anyway, so that neither can miss what the other one has not committed yet.
"""

from django.db import migrations

# `AdvisoryLock.SEGMENTS` of each club that is written.
LOCKED = "PERFORM pg_advisory_xact_lock(50, hashtext(club::text)) FROM (SELECT DISTINCT tenant_id AS club FROM {rows}) AS c;"
# Table of children, column, table of parents, how a parent is held.
KEYS = [
    ("segments_segmentmember", "segment", "segments_segment", "row"),
    ("segments_segmentmember", "profile", "profiles_customerprofile", "lock"),
    ("segments_segmenttransition", "segment", "segments_segment", "row"),
]
CHECK = """
ALTER TABLE {child} ALTER CONSTRAINT {child}_{name}_fk NOT ENFORCED;
CREATE FUNCTION {child}_{name}_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing uuid;
BEGIN
    {lock_of_written}
    SELECT named.id INTO missing
    FROM (SELECT DISTINCT tenant_id, {name}_id AS id FROM written ORDER BY {name}_id) AS named
    LEFT JOIN LATERAL (
        SELECT parent.id FROM {parent} AS parent
        WHERE parent.tenant_id = named.tenant_id AND parent.id = named.id OFFSET 0 {held}) AS held ON TRUE
    WHERE held.id IS NULL;
    IF FOUND THEN
        RAISE foreign_key_violation USING TABLE = '{child}', CONSTRAINT = '{child}_{name}_fk',
            MESSAGE = 'a row of "{child}" violates foreign key constraint "{child}_{name}_fk"',
            DETAIL = format('%s is not present in table "{parent}".', missing);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER {child}_{name}_fk AFTER INSERT ON {child}
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION {child}_{name}_held();
CREATE TRIGGER {child}_{name}_fk_moved AFTER UPDATE ON {child}
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION {child}_{name}_held();
CREATE FUNCTION {child}_{name}_named() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE named uuid;
BEGIN
    {lock_of_gone}
    SELECT gone.id INTO named FROM gone CROSS JOIN LATERAL (
        SELECT FROM {child} AS child WHERE child.tenant_id = gone.tenant_id AND child.{name}_id = gone.id
        LIMIT 1) AS kept
    LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING TABLE = '{child}', CONSTRAINT = '{child}_{name}_fk',
            MESSAGE = 'a deletion from "{parent}" violates foreign key constraint "{child}_{name}_fk" on "{child}"',
            DETAIL = format('%s is still named by table "{child}".', named);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER {child}_{name}_named AFTER DELETE ON {parent}
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION {child}_{name}_named();
"""
UNDO = """
DROP FUNCTION {child}_{name}_named() CASCADE;
DROP FUNCTION {child}_{name}_held() CASCADE;
ALTER TABLE {child} ALTER CONSTRAINT {child}_{name}_fk ENFORCED;
"""


def _by_statement(child: str, name: str, parent: str, holding: str) -> migrations.RunSQL:
    names = {"child": child, "name": name, "parent": parent}
    is_locked = holding == "lock"
    names["held"] = "" if is_locked else "FOR KEY SHARE"
    names |= {
        f"lock_of_{rows}": LOCKED.format(rows=rows) if is_locked else "" for rows in ("written", "gone")
    }
    return migrations.RunSQL(CHECK.format(**names), UNDO.format(**names))


class Migration(migrations.Migration):
    """Alters two tables without reading them."""

    dependencies = [("segments", "0002_row_isolation"), ("profiles", "0002_row_isolation")]

    operations = [_by_statement(*key) for key in KEYS]
