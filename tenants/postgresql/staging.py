"""Rows on their way into a set-based statement.

PostgreSQL refuses `COPY FROM` into a table under a row level security policy, so rows are copied into a temporary
table of the connection and moved on from there by `INSERT … SELECT` or `UPDATE … FROM`. Measured on 2,000 rows of
a timeline: 25 µs a row against 29 µs through a JSON parameter and 53 µs through array parameters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StagingTable:
    """A temporary table: its name and its columns as SQL, and whether `places` may note where rows lie."""

    name: str
    columns: str
    has_places: bool = False

    def fill(self, cursor: Any, rows: Iterable[Sequence[Any]]) -> None:
        """Replace the table's content; needs an open transaction, at whose end the rows vanish."""
        place = ", place tid" if self.has_places else ""
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {self.name} ({self.columns}{place}) ON COMMIT DELETE ROWS;"
            f"DELETE FROM {self.name}"
        )
        names = ", ".join(column.split()[0] for column in self.columns.split(","))
        cursor.copy_rows(f"COPY {self.name} ({names}) FROM STDIN", rows)
