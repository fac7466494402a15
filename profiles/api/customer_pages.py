"""Orders of the customer list, places in it, and the choice of fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from profiles.models import CustomerProfile
from profiles.models.profile import ANYBODY
from profiles.reading import CustomerFilter
from profiles.representation import COLUMNS, row_fields
from tenants.api.cursors import decode_cursor, encode_cursor
from tenants.api.errors import InvalidParameterError
from tenants.api.pagination import count_rows
from tenants.postgresql.everybody import by_pages

# Fields that no row leaves empty, so that every row has a place.
_COLUMNS: Final = {"createdAt": "created_at", "updatedAt": "updated_at"}
SORTS: Final = tuple(f"{sign}{name}" for name in _COLUMNS for sign in ("", "-"))
SEARCHED: Final = "A search has an order of its own: use skip."
DEFAULT_SORT: Final = "-createdAt"


@dataclass(frozen=True, slots=True)
class Order:
    """By which column, which way; the id decides between equals."""

    name: str

    @property
    def column(self) -> str:
        """The column of the table."""
        return _COLUMNS[self.name.removeprefix("-")]

    @property
    def is_descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.name.startswith("-")

    def sorted(self, customers: QuerySet[CustomerProfile]) -> QuerySet[CustomerProfile]:
        """In this order."""
        sign = "-" if self.is_descending else ""
        return customers.order_by(f"{sign}{self.column}", f"{sign}id")

    def after(self, customers: QuerySet[CustomerProfile], cursor: str) -> QuerySet[CustomerProfile]:
        """Those behind the place; raises InvalidParameterError."""
        name, moment, key = decode_cursor(cursor, (str, datetime, UUID))
        if name != self.name:
            raise InvalidParameterError(
                "cursor", "This cursor belongs to another order of the list.", code="INVALID_CURSOR"
            )
        step = "lt" if self.is_descending else "gt"
        beyond = Q(**{f"{self.column}__{step}": moment}) | Q(**{self.column: moment, f"id__{step}": key})
        # The first condition is what the index understands.
        return customers.filter(Q(**{f"{self.column}__{step}e": moment}) & beyond)

    def place_of(self, fields: Mapping[str, Any]) -> str:
        """The cursor behind a row."""
        return encode_cursor(self.name, fields[self.name.removeprefix("-")], fields["id"])


@dataclass(frozen=True, slots=True)
class Places:
    """Customers in an order, and places in it; a search has an order of its own, and no places. Rows are of COLUMNS."""

    rows: QuerySet[CustomerProfile]
    order: Order | None

    def after(self, cursor: str) -> QuerySet[Any]:
        """The rows behind a place; raises InvalidParameterError."""
        if self.order is None:
            raise InvalidParameterError("cursor", SEARCHED)
        return self.order.after(self.rows, cursor).values_list(*COLUMNS)

    def place_of(self, row: Any) -> str | None:
        """The cursor behind a row."""
        return self.order.place_of(row_fields(row)) if self.order else None


def places_of(customers: QuerySet[CustomerProfile], sort: str | None, *, is_search: bool) -> Places:
    """The customers of `list_customers` in the wanted order; raises InvalidParameterError."""
    if is_search:
        if sort is not None:
            raise InvalidParameterError("sort", SEARCHED)
        return Places(customers, None)
    order = read_order(sort)
    return Places(order.sorted(customers), order)


def counter_of(chosen: CustomerFilter) -> Callable[[QuerySet[Any]], int]:
    """What counts the customers of `list_customers`; those of a brought filter by pages, or those an index names."""
    return _count_by_pages if chosen.brought else count_rows


def _count_by_pages(customers: QuerySet[Any]) -> int:
    with by_pages():
        return customers.order_by().filter(created_at__gte=ANYBODY).count()


def read_order(text: str | None) -> Order:
    """The order that a query asks for; raises InvalidParameterError."""
    if text is not None and text not in SORTS:
        raise InvalidParameterError("sort", f"Choose one of {', '.join(SORTS)}.")
    return Order(text or DEFAULT_SORT)
