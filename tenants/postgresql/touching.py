"""`updated_at`, kept by the database: whichever statement changes a row, programs that ask for changes see it."""

from typing import Final

from django.db.migrations import RunSQL

FUNCTION: Final = "crm_touch_updated_at"
CREATE_FUNCTION: Final = f"""
CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$
"""


def touched_on_update(table: str) -> RunSQL:
    """For migrations: the column `updated_at` of a table follows each change of a row. A row written as it was stays.

    An object in memory keeps the time that it was read with; read it again where the time is told.
    """
    return RunSQL(
        f"CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION {FUNCTION}()",
        f"DROP TRIGGER {table}_touch ON {table}",
    )
