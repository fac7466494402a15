"""From PostgreSQL into DuckDB: through our own connection, so that the scope and row level security hold."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction

from profiles.matching.duplicates import statements as sql
from tenants.scope import current_tenant_id

PEOPLE_COLUMNS: Final = {
    "id": "uuid",
    "first_name": "varchar",
    "last_name": "varchar",
    "email": "varchar",
    "phone": "varchar",
    "born": "varchar",
    "gender": "varchar",
    "postcode": "varchar",
    "club": "varchar",
    "handicap": "smallint",
    "is_member": "boolean",
    "is_player": "boolean",
    "is_contact": "boolean",
    "login": "varchar",
    "golf_id": "varchar",
    "is_fresh": "boolean",
}
ADDRESS_COLUMNS: Final = {"id": "uuid", "kind": "varchar", "value": "varchar"}
NAME_COLUMNS: Final = {"id": "uuid", "field": "varchar", "value": "varchar"}
TABLES: Final = (
    ("raw_person", sql.PEOPLE, PEOPLE_COLUMNS),
    ("raw_address", sql.ADDRESSES, ADDRESS_COLUMNS),
    ("raw_name", sql.OTHER_NAMES, NAME_COLUMNS),
)


def extract(duck: Any, folder: Path, since: datetime) -> None:
    """Fill `raw_person`, `raw_address` and `raw_name` of a DuckDB connection with the open scope's customers.

    `since`: who changed later is marked as fresh. The rows pass through files in `folder`, which are gone afterwards.
    """
    parameters = {"tenant": current_tenant_id(), "since": since}
    for table, query, columns in TABLES:
        path = folder / f"{table}.csv"
        try:
            _copy_out(query, parameters, path)
            duck.execute(
                f"CREATE TABLE {table} AS SELECT * FROM read_csv($path, columns = $columns,"
                " header = false, delim = ',', quote = '\"', escape = '\"', auto_detect = false)",
                {"path": str(path), "columns": columns},
            )
        finally:
            path.unlink(missing_ok=True)


def _copy_out(query: str, parameters: Mapping[str, Any], path: Path) -> None:
    """In a transaction of its own, because COPY cannot carry the scope with it; short ones hold nobody back."""
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", parameters) as copy,
        path.open("wb") as file,
    ):
        for block in copy:
            file.write(block)
