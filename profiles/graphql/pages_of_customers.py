"""Customers that stand together in an answer of GraphQL: what hangs below them is read for all at once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

PAGE: Final = "_page"
Row = dict[str, Any]


class CustomersOfPage:
    """The customers that stand together in an answer, and what was read for all of them."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        self.ids = ids
        self.read: dict[str, Mapping[UUID, Any]] = {}


def with_page(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows, each of which knows the others."""
    page = CustomersOfPage([key_of(row) for row in rows])
    for row in rows:
        row[PAGE] = page
    return rows


def key_of(row: Row) -> UUID:
    """Whose row it is."""
    return UUID(str(row["id"]))
