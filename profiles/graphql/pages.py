"""Pages of lists in GraphQL: by `skip`, or on from the cursor of the page before, as over REST.

What a page knows without counting is told at once; the whole list is counted for whoever asks for `total`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from django.db.models import QuerySet

from profiles.graphql import inputs
from tenants.actors import acting_as, current_actor
from tenants.api.errors import InvalidParameterError
from tenants.api.listing import Order
from tenants.api.pagination import count_rows
from tenants.scope import current_tenant_id, tenant_scope

Rows = QuerySet[Any]
Represent = Callable[[Sequence[Any]], Sequence[Any]]


class Places(Protocol):
    """Where rows stand in the order of their list; raises InvalidParameterError for a cursor of another list."""

    def after(self, cursor: str) -> Rows:
        """The rows behind a place."""

    def place_of(self, row: Any) -> str | None:
        """The cursor behind a row."""


def page_of(
    rows: Rows,
    given: Any,
    represent: Represent,
    places: Places | None = None,
    count: Callable[[Rows], int] = count_rows,
) -> dict[str, Any]:
    """One page of the rows, which bring their order; `given` is a PaginationInput or None, `count` counts all rows.

    Raises InvalidParameterError.
    """
    places = places or Order(rows)
    window = inputs.window_of(given)
    cursor = given.cursor if given is not None else None
    if cursor and window.skip:
        raise InvalidParameterError("skip", "Use either skip or cursor.")
    behind = places.after(cursor) if cursor else rows
    found = list(behind[window.skip : window.skip + window.take + 1])
    has_more, found = len(found) > window.take, found[: window.take]
    is_all_known = not cursor and not has_more and (found or not window.skip)
    return {
        "data": represent(found),
        "meta": {
            "total": window.skip + len(found) if is_all_known else _counter(rows, count),
            "skip": window.skip,
            "take": window.take,
            "hasMore": has_more,
            "nextCursor": places.place_of(found[-1]) if has_more else None,
        },
    }


def _counter(rows: Rows, count: Callable[[Rows], int]) -> Callable[[], int]:
    """Counts the list in the scope of this moment: a resolver of a field below runs after that has been closed."""
    tenant_id, actor = current_tenant_id(), current_actor()

    def counted() -> int:
        with tenant_scope(tenant_id), acting_as(actor):
            return count(rows)

    return counted
